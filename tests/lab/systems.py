"""Systems that are had as images only; and what a system is in the catalog's terms.

A suite with a colon in its name is one of these: `ubuntu:24.04`, `fedora:latest`, any tag of a family below. Which
packages the catalog knows for it is found out as the program does, from the image's own os-release.
"""

import re
import shlex
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

PLATFORMS = Path(__file__).resolve().parents[2] / "src/catalog/platforms.toml"


@dataclass(frozen=True)
class Family:
    """Images of one repository. `tags` are those that are to be run each day."""

    title: str
    image: str
    manager: str
    tags: tuple[str, ...]


FAMILIES = {
    "ubuntu": Family("Ubuntu", "docker.io/library/ubuntu", "apt", ("22.04", "24.04", "26.04")),
    "fedora": Family("Fedora", "docker.io/library/fedora", "dnf", ("latest",)),
    # Rocky's own, for the library's images have no 10.
    "rockylinux": Family("Rocky", "docker.io/rockylinux/rockylinux", "dnf", ("8", "9", "10")),
    "amazonlinux": Family("Amazon Linux", "docker.io/library/amazonlinux", "dnf", ("2023",)),
    "opensuse/leap": Family("openSUSE Leap", "docker.io/opensuse/leap", "zypper", ("15.6", "16.0")),
    "opensuse/tumbleweed": Family("openSUSE Tumbleweed", "docker.io/opensuse/tumbleweed", "zypper", ("latest",)),
    "archlinux": Family("Arch", "docker.io/library/archlinux", "pacman", ("latest",)),
    "alpine": Family("Alpine", "docker.io/library/alpine", "apk", ("latest",)),
}


def listed() -> list[str]:
    """The names of all suites that are to be run."""
    return [f"{name}:{tag}" for name, family in FAMILIES.items() for tag in family.tags]


def family(suite: str) -> Family:
    name = suite.partition(":")[0]
    if name not in FAMILIES:
        sys.exit(f"lab: {suite} is of no family that is known here: {', '.join(FAMILIES)}")
    return FAMILIES[name]


def title(suite: str) -> str:
    """What its results are called: `Ubuntu 24.04`; of what has no other tag than the latest, the name alone."""
    tag = suite.partition(":")[2]
    return family(suite).title if tag == "latest" else f"{family(suite).title} {tag}"


def file_name(suite: str) -> str:
    """A suite's name as a part of a file's name, and of an image's tag."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", suite)


def os_release(text: str) -> dict[str, str]:
    """The assignments of an os-release file."""
    lines = [line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#")]
    return {name.strip(): " ".join(shlex.split(value)[:1]) for name, _, value in lines}


def platform(system: dict[str, str]) -> tuple[str, str]:
    """(the `on` of the catalog's rows, the release that they name), as `Catalog::platform` in src/catalog/mod.rs."""
    rows = tomllib.loads(PLATFORMS.read_text())["platform"]
    identities = [system.get("ID", "linux"), *system.get("ID_LIKE", "").split()]
    own = [row for row in rows if identities[0] in row["ids"]]
    found = own or [row for name in identities for row in rows if name in row["ids"]]
    version = system.get("VERSION_ID", "")
    first_part = version.split(".")[0]
    if not found or (own and first_part not in found[0].get("versions", [first_part])):
        sys.exit(f"lab: {identities[0]} {version} is no platform of the catalog")
    row = found[0]
    releases = row.get("releases", {})
    for codename in ("VERSION_CODENAME", "UBUNTU_CODENAME", "DEBIAN_CODENAME"):
        if system.get(codename) in releases:
            return row["id"], releases[system[codename]]
    if not own or row.get("rolling"):
        version = first_part = ""
    return row["id"], version if version in releases.values() else first_part
