#!/usr/bin/env python3
"""Checks every Debian row of the catalog against Debian's own index of files, for bullseye, bookworm, trixie and sid.

    python3 tests/catalog/debian_contents.py [--cache DIR] [--mirror URL]

Reads src/catalog/families/*.toml. A row's packages must exist; what the row claims (headers, libraries, tools, start
files, names for pkg-config, whole directories) must lie in the packages or in what they depend on, and headers and libraries where a compiler
looks by itself or in the row's `places`. Prints a line for each thing that is wrong, then one with the numbers.
Exit status: 0 nothing is wrong, 1 something is, 2 the index could not be had.

The index is what apt-file searches: dists/SUITE/COMPONENT/Contents-amd64.gz and Contents-all.gz, with Packages beside.
It is some 200 MB, kept below --cache (default: the user's cache directory). Needs Python 3.11 and nothing else.
"""

import argparse
import fnmatch
import gzip
import lzma
import os
import re
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

SUITES = {"bullseye": "11", "bookworm": "12", "trixie": "13", "sid": "sid"}
COMPONENTS = ["main", "contrib", "non-free"]
FAMILIES = Path(__file__).resolve().parents[2] / "src/catalog/families"
TRIPLET = "x86_64-linux-gnu"
# Where GCC and ld look by themselves (gcc -v, ld --verbose), less the leading slash, as the index has it.
INCLUDE = ["usr/include", f"usr/include/{TRIPLET}"]
LIBRARY = [f"usr/lib/{TRIPLET}", f"lib/{TRIPLET}", "usr/lib", "lib"]
# What is read of the index; R's and nanobind's headers lie below usr/share.
READ = (b"usr/include/", b"usr/share/pkgconfig/", b"usr/lib/", b"lib/", b"usr/bin/", b"bin/", b"usr/sbin/", b"sbin/")
PROGRAM = ["usr/bin", "bin", "usr/sbin", "sbin"]
# The suite's own versions, for placeholders in names and places.
VERSIONS = {
    "bullseye": {"gcc": "10", "llvm": "11", "python": "3.9", "nodot": "39", "pg": "13"},
    "bookworm": {"gcc": "12", "llvm": "14", "python": "3.11", "nodot": "311", "pg": "15"},
    "trixie": {"gcc": "14", "llvm": "19", "python": "3.13", "nodot": "313", "pg": "17"},
    "sid": {"gcc": "16", "llvm": "21", "python": "3.14", "nodot": "314", "pg": "18"},
}
# True, and in no file list.
EXCEPTIONS = {
    ("cudnn", "cudnn.h"): "nvidia-cudnn downloads it when it is installed",
    ("cudnn", "cudnn_version.h"): "nvidia-cudnn downloads it when it is installed",
    ("cudnn", "cudnn"): "nvidia-cudnn downloads it when it is installed",
    ("openblas", "cblas.h"): "an alternatives link, made when libopenblas-dev is configured",
    ("openblas", "blas"): "an alternatives link, made when libopenblas-dev is configured",
    **{
        ("openblas", name): "an alternatives link, made when libopenblas-dev is configured"
        for name in ["openblas", "openblas_config.h", "f77blas.h"]
    },
    ("openblas", "lapack"): "an alternatives link, made when libopenblas-dev is configured",
    ("cblas-reference", "cblas.h"): "an alternatives link, made when libblas-dev is configured",
    ("cblas-reference", "blas"): "an alternatives link, made when libblas-dev is configured",
    ("lapack", "lapack"): "an alternatives link, made when liblapack-dev is configured",
    **{
        ("openmpi", name): "an alternatives link, made when libopenmpi-dev and openmpi-bin are configured"
        for name in ["mpi", "mpicc", "mpicxx", "mpirun"]
    },
    **{
        ("mpich", name): "an alternatives link, made when libmpich-dev is configured" for name in ["mpi", "mpicc"]
    },
    ("openblas", "pkg-config name openblas"): "an alternatives link, made when libopenblas-dev is configured",
    ("openblas", "pkg-config name blas"): "an alternatives link, made when libopenblas-dev is configured",
    ("cblas-reference", "pkg-config name blas"): "an alternatives link, made when libblas-dev is configured",
    ("lapacke", "pkg-config name lapack"): "an alternatives link, made when liblapack-dev is configured",
    ("hdf5", "pkg-config name hdf5"): "an alternatives link, made when libhdf5-dev is configured",
    ("openmpi", "pkg-config name mpi-c"): "an alternatives link, made when libopenmpi-dev is configured",
    ("jni", "javac"): "an alternatives link, made when the JDK is configured",
    **{("autotools", name): "an alternatives link, made when automake is configured" for name in ["automake", "aclocal"]},
    ("mysqlclient", "mysql/mysql.h"): "below a link to a directory that libmariadb-dev-compat brings",
}


class Index:
    """The files and packages of one suite. Paths have no leading slash."""

    def __init__(self, suite, cache, mirror):
        self.suite = suite
        self.files = {}  # path -> the packages that have it
        self.owned = {}  # package -> its paths
        self.depends = {}  # package -> a list of alternatives each
        self.area = {}  # package -> main, contrib or non-free
        self.provides = {}  # virtual name -> packages
        for component in COMPONENTS:
            base = f"{mirror}/dists/{suite}/{component}"
            packages = lzma.decompress(fetch(f"{base}/binary-amd64/Packages.xz", cache)).decode()
            self.read_packages(packages, component)
            for kind in ["amd64", "all"]:
                self.read_contents(gzip.decompress(fetch(f"{base}/Contents-{kind}.gz", cache)))

    def read_packages(self, text, area):
        for entry in text.split("\n\n"):
            fields = dict(re.findall(r"^([A-Za-z-]+): (.*)$", entry, re.M))
            name = fields.get("Package")
            if not name:
                continue
            self.owned.setdefault(name, [])
            self.area[name] = area
            needed = ", ".join(filter(None, [fields.get("Pre-Depends"), fields.get("Depends")]))
            self.depends[name] = [[bare(one) for one in group.split("|")] for group in needed.split(",") if group.strip()]
            for virtual in fields.get("Provides", "").split(","):
                if virtual.strip():
                    self.provides.setdefault(bare(virtual), []).append(name)

    def read_contents(self, data):
        for line in data.split(b"\n"):
            if not line.startswith(READ) and not (line.startswith(b"usr/share/") and b"/include/" in line):
                continue
            path, _, packages = line.rpartition(b" ")
            path = path.strip().decode(errors="replace")
            for package in packages.decode().split(","):
                name = package.rsplit("/", 1)[-1]
                self.files.setdefault(path, []).append(name)
                self.owned.setdefault(name, []).append(path)

    def closure(self, names):
        """The packages and all that they depend on; of alternatives and virtual packages every one."""
        seen, waiting = set(), list(names)
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            if name not in self.depends:
                waiting.extend(self.provides.get(name, []))
            for group in self.depends.get(name, []):
                # The first alternative is what apt installs where none is there.
                waiting.append(group[0])
        return seen

    def has(self, path, closure):
        """Whether one of the packages has the file; `path` may hold a star."""
        if "*" in path:
            return any(fnmatch.fnmatch(known, path) for package in closure for known in self.owned.get(package, []))
        return any(package in closure for package in self.files.get(path, []))


def bare(dependency):
    """`libc6` of ` libc6:any (>= 2.34) [amd64]`."""
    return re.split(r"[\s(:\[]", dependency.strip(), maxsplit=1)[0]


def fetch(url, cache):
    """The bytes behind an address, from the cache where they are there."""
    file = cache / re.sub(r"[^A-Za-z0-9.-]+", "_", url.split("/dists/", 1)[1])
    if not file.exists():
        with urllib.request.urlopen(url) as answer:
            data = answer.read()
        part = file.with_suffix(file.suffix + ".part")
        part.write_bytes(data)
        part.rename(file)
    return file.read_bytes()


def filled(template, suite):
    """A name or place with the suite's versions; none where a placeholder is left that Debian does not decide."""
    text = template.replace("{triplet}", TRIPLET)
    for name, value in VERSIONS[suite].items():
        text = text.replace("{" + name + "}", value)
    return None if "{" in text else text


def row_for(entries, suite):
    """The first of a component's rows (packages or places) that hold in a suite."""
    on = [entry for entry in entries if entry["on"] == "debian" and not entry.get("offered")]
    return [entry for entry in on if SUITES[suite] in entry.get("releases", [SUITES[suite]])]


def check(component, suite, index):
    """The names that a component's row claims in a suite, and which of them are wrong."""
    rows = row_for(component.get("packages", []), suite)
    rows = [row for row in rows if not {"nvidia", "amd", "intel"} & set(row.get("repositories", []))]
    if not rows:
        return 0, []
    packages = [filled(name, suite) for name in rows[0]["names"]]
    if None in packages:
        return 0, []
    wrong = [f"no package {name}" for name in packages if name not in index.depends]
    areas = {index.area.get(name, "main") for name in packages} - {"main"}
    if areas - set(rows[0].get("repositories", [])) - ({"contrib"} if "non-free" in rows[0].get("repositories", []) else set()):
        wrong.append(f"in {' '.join(sorted(areas))}, which the row does not enable")
    closure = index.closure(packages)
    places = row_for(component.get("places", []), suite)

    lacks = set(rows[0].get("lacks", []))

    def off_path(key, name):
        for place in places:
            if name in place.get(key, []) or not place.get("headers") and not place.get("libraries") and key == "headers":
                at = filled(place["at"], suite)
                if at:
                    yield at.lstrip("/")

    def resource_dirs():
        version = VERSIONS[suite]
        yield f"usr/lib/gcc/{TRIPLET}/{version['gcc']}/include"
        yield f"usr/lib/llvm-{version['llvm']}/lib/clang/*/include"
        yield f"usr/include/c++/{version['gcc']}"
        yield f"usr/include/{TRIPLET}/c++/{version['gcc']}"

    claims = 0
    for header in set(component.get("headers", [])) - lacks:
        claims += 1
        special = list(off_path("headers", header))
        where = special or [*INCLUDE, *resource_dirs()]
        if not any(index.has(f"{at}/{header}", closure) for at in where):
            wrong.append(f"header {header}")
        elif special and any(index.has(f"{at}/{header}", closure) for at in INCLUDE):
            wrong.append(f"header {header} needs no place")
    for tree in set(component.get("trees", [])) - lacks:
        claims += 1
        where = list(off_path("headers", tree)) or INCLUDE
        if not any(index.has(f"{at}/{tree}*", closure) for at in where):
            wrong.append(f"tree {tree}")
    for library in set(component.get("libraries", [])) - lacks:
        claims += 1
        name = filled(library, suite)
        special = list(off_path("libraries", library))
        own = [f"usr/lib/gcc/{TRIPLET}/{VERSIONS[suite]['gcc']}", f"usr/lib/llvm-{VERSIONS[suite]['llvm']}/lib"]
        where = special or [*LIBRARY, *own]
        if name and not any(index.has(f"{at}/lib{name}.{end}", closure) for at in where for end in ["so", "a"]):
            wrong.append(f"library {library}")
    for tool in set(component.get("tools", [])) - lacks:
        claims += 1
        if not any(index.has(f"{at}/{tool}", closure) for at in [*PROGRAM, *off_path("tools", tool)]):
            wrong.append(f"tool {tool}")
    for startfile in set(component.get("startfiles", [])) - lacks:
        claims += 1
        where = [*LIBRARY, f"usr/lib/gcc/{TRIPLET}/{VERSIONS[suite]['gcc']}"]
        if not any(index.has(f"{at}/{startfile}", closure) for at in where):
            wrong.append(f"start file {startfile}")
    for name in [name for name in component.get("pkgconfig", []) if f"{name}.pc" not in lacks]:
        claims += 1
        where = [f"usr/lib/{TRIPLET}", "usr/lib", "usr/share"]
        if filled(name, suite) and not any(index.has(f"{at}/pkgconfig/{name}.pc", closure) for at in where):
            wrong.append(f"pkg-config name {name}")
    return claims, wrong


def find_mirror():
    """The repository that this machine's apt uses, else Debian's own."""
    try:
        asked = ["apt-get", "indextargets", "--format", "$(REPO_URI)"]
        said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        said = ""
    found = re.search(r"^https?://\S*/debian/?$", said, re.M)
    return (found.group(0) if found else "http://deb.debian.org/debian").rstrip("/")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    parser.add_argument("--cache", type=Path, default=home / "pycc-shim-contents")
    parser.add_argument("--mirror", default=None)
    arguments = parser.parse_args()
    arguments.cache.mkdir(parents=True, exist_ok=True)
    mirror = arguments.mirror or find_mirror()
    components = []
    for family in sorted(FAMILIES.glob("*.toml")):
        components += tomllib.loads(family.read_text()).get("component", [])
    rows = names = excepted = bad = 0
    for suite in SUITES:
        try:
            index = Index(suite, arguments.cache, mirror)
        except (OSError, urllib.error.URLError) as error:
            print(f"debian_contents: the index of {suite} cannot be had: {error}", file=sys.stderr)
            return 2
        for component in components:
            claims, wrong = check(component, suite, index)
            rows += claims > 0
            names += claims
            for problem in wrong:
                name = problem if problem.startswith("pkg-config") else problem.split(" ", 1)[-1]
                if (component["id"], name) in EXCEPTIONS:
                    excepted += 1
                else:
                    bad += 1
                    print(f"{suite} {component['id']}: {problem}")
    print(f"rows checked: {rows}, names checked: {names}, exceptions: {excepted}, wrong: {bad}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
