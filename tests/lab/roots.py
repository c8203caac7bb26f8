"""Real Debian roots: made once with debootstrap, handed out in pristine copies, entered as root or as an ordinary user.

Needs root on Linux (mount, chroot, namespaces); no Docker. A copy is an overlay whose upper half lies in memory, so that
it is made and forgotten in milliseconds. Packages that apt fetched are kept for all copies of a suite.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SUITES = {"bullseye": "11", "bookworm": "12", "trixie": "13", "sid": "sid"}
PYTHONS = {"bullseye": "3.9", "bookworm": "3.11", "trixie": "3.13", "sid": "3.14"}
# A compiler and a Python without headers; no recommends, which could bring headers along.
INCLUDE = "gcc,g++,libc6-dev,python3,python3-venv,ca-certificates,make"
# Count up when a root changes, so that older ones are made anew.
RECIPE = "1"
# In seconds: how old a root's index of packages may be.
INDEX_AGE = 6 * 3600
WORK = Path(os.environ.get("PYCC_SHIM_LAB_DIR", Path(tempfile.gettempdir()) / "pycc-shim-lab"))


def enter_namespace() -> None:
    """Goes on in a mount namespace of its own: however the lab ends, no mount outlives it."""
    if os.geteuid() != 0:
        sys.exit("lab: needs root (debootstrap, mount, chroot)")
    if os.environ.get("PYCC_SHIM_LAB_INSIDE") != "1":
        os.environ["PYCC_SHIM_LAB_INSIDE"] = "1"
        command = ["unshare", "--mount", "--propagation", "private", "--", sys.executable, *sys.argv]
        os.execvp(command[0], command)


def run(*command: str, **kwargs) -> subprocess.CompletedProcess:
    return subprocess.run(command, check=True, **kwargs)


def mirror() -> str:
    """This machine's own Debian mirror."""
    chosen = os.environ.get("PYCC_SHIM_E2E_MIRROR")
    if chosen:
        return chosen
    listed = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)"], capture_output=True, text=True)
    found = [line.rstrip("/") for line in listed.stdout.splitlines() if line.rstrip("/").endswith("/debian")]
    if not found:
        sys.exit("lab: apt's sources here name no Debian mirror; set PYCC_SHIM_E2E_MIRROR to one")
    return found[0]


def proxies() -> dict[str, str]:
    """What lets this machine reach its package sources; values come from here, none is known."""
    wanted = ("_proxy", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_DEFAULT_TIMEOUT")
    return {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy") or name in wanted}


def settings(user: str) -> list[str]:
    """The environment of a line for sh, as words for `env`."""
    values = {
        "HOME": "/root" if user == "root" else f"/home/{user}",
        "USER": user,
        "LANG": "C.UTF-8",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "DEBIAN_FRONTEND": "noninteractive",
        **proxies(),
    }
    return [f"{name}={value}" for name, value in values.items()]


class Suite:
    """One Debian, ready to be copied. `extra` are packages that its root has beside the usual ones."""

    def __init__(self, name: str, variant: str = "", include: str = INCLUDE):
        self.name, self.release, self.python = name, SUITES[name], PYTHONS[name]
        self.title, self.on, self.manager, self.file = f"Debian {self.release}", "debian", "apt", name
        self.headers = f"/usr/include/python{self.python}"
        self.mounts = True
        self.base = WORK / f"base-{name}{variant}"
        self.archives = WORK / f"archives-{name}"
        self.include = include

    def prepare(self) -> None:
        """Makes the root, where it is not there."""
        WORK.mkdir(parents=True, exist_ok=True)
        with open(self.base.with_suffix(".lock"), "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = self.base.with_suffix(".done")
            if not done.exists() or done.read_text() != RECIPE:
                self.make()
                done.write_text(RECIPE)
            elif time.time() - done.stat().st_mtime > INDEX_AGE:
                # What an older index names the mirror may have replaced.
                with Copy(self, lower_only=True) as copy:
                    copy.sh("apt-get update", check=True)
                done.touch()

    def copy(self, shim: Path | None = None) -> "Copy":
        return Copy(self, shim)

    def make(self) -> None:
        self.archives.mkdir(exist_ok=True)
        shutil.rmtree(self.base, ignore_errors=True)
        log = open(self.base.with_suffix(".log"), "w", encoding="utf-8")
        script = ["/usr/share/debootstrap/scripts/sid"] if self.name == "sid" else []
        command = ["debootstrap", "--variant=minbase", f"--include={self.include}", self.name, str(self.base), mirror()]
        run(*command, *script, stdout=log, stderr=log)
        # Without waiting for the disk: what happens here is forgotten anyway.
        (self.base / "etc/dpkg/dpkg.cfg.d/lab").write_text("force-unsafe-io\n")
        # A mirror may be a snapshot, whose index of sid is weeks old.
        apt = ('APT::Install-Recommends "false"', 'APT::Keep-Downloaded-Packages "true"', 'Acquire::Check-Valid-Until "false"')
        (self.base / "etc/apt/apt.conf.d/90lab").write_text("".join(f"{setting};\n" for setting in apt))
        # A chroot starts no services.
        policy = self.base / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        for file in ("etc/pip.conf", "etc/ssl/certs/ca-certificates.crt"):
            if (Path("/") / file).is_file():
                shutil.copy(Path("/") / file, self.base / file)
        run("chroot", str(self.base), "useradd", "-m", "user", stdout=log, stderr=log)
        for package in (self.base / "var/cache/apt/archives").glob("*.deb"):
            package.unlink()
        with Copy(self, lower_only=True) as copy:
            copy.sh("apt-get update", check=True)


class Copy:
    """A copy of a suite's root, gone at the end of `with`. `layers` are trees that lie over the root and below what is
    changed: things too large to be installed into a copy, which lies in memory."""

    def __init__(self, suite: Suite, shim: Path | None = None, lower_only: bool = False, layers: tuple[Path, ...] = ()):
        self.suite, self.shim, self.lower_only, self.layers = suite, shim, lower_only, layers

    def __enter__(self) -> "Copy":
        self.place = Path(tempfile.mkdtemp(prefix="copy-", dir=WORK))
        if self.lower_only:
            self.root = self.suite.base
        else:
            run("mount", "-t", "tmpfs", "tmpfs", str(self.place))
            upper, work, self.root = (self.place / part for part in ("upper", "work", "root"))
            for part in (upper, work, self.root):
                part.mkdir()
            lower = ":".join(str(tree) for tree in (*self.layers, self.suite.base))
            options = f"lowerdir={lower},upperdir={upper},workdir={work}"
            run("mount", "-t", "overlay", "-o", options, "overlay", str(self.root))
        run("mount", "--rbind", "/dev", str(self.root / "dev"))
        # Links to what other copies fetched, for apt locks the directory.
        self.archives = self.root / "var/cache/apt/archives"
        (self.archives / "partial").mkdir(exist_ok=True)
        for package in [] if self.lower_only else self.suite.archives.glob("*.deb"):
            os.symlink(f"/var/cache/lab/{package.name}", self.archives / package.name)
        (self.root / "var/cache/lab").mkdir(exist_ok=True)
        run("mount", "--bind", str(self.suite.archives), str(self.root / "var/cache/lab"))
        if self.shim:
            shutil.copy(self.shim, self.root / "usr/local/bin/pycc-shim")
        return self

    def __exit__(self, *_: object) -> None:
        for package in self.archives.glob("*.deb"):
            if not package.is_symlink():
                new = Path(tempfile.mkstemp(dir=self.suite.archives)[1])
                shutil.copy(package, new)
                new.chmod(0o644)
                new.replace(self.suite.archives / package.name)
        run("umount", str(self.root / "var/cache/lab"))
        run("umount", "-R", str(self.root / "dev"))
        if not self.lower_only:
            run("umount", "-R", str(self.root))
            run("umount", str(self.place))
        self.place.rmdir()

    def write(self, path: str, text: str) -> None:
        """A file that everybody may read."""
        file = self.root / path.lstrip("/")
        file.write_text(text, encoding="utf-8")
        file.chmod(0o644)

    def sh(self, command: str, user: str = "root", timeout: int = 900, check: bool = False) -> subprocess.CompletedProcess:
        """A line for sh, in a clean environment and a process namespace of its own. Output is bytes, stderr merged."""
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")
        return subprocess.run(
            ["unshare", "--pid", "--fork", "--kill-child", f"--mount-proc={self.root}/proc", "chroot",
             f"--userspec={user}:{user}", str(self.root), "/usr/bin/env", "-i", *settings(user),
             "/bin/sh", "-c", 'cd; sh -c "$1"; exit $?', "sh", command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout, check=check,
        )
