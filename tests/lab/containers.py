"""Systems out of images, by Docker or Podman: the same surface as roots.py, a container for each case.

A suite is an image with a compiler, a Python and an ordinary user in it, made once out of what a registry has. Where no
registry is reached, `imported:trixie` shows that all of this works: a root of roots.py, imported as an image.
"""

import fcntl
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path

import roots
import systems
from managers import PREPARE
from roots import INDEX_AGE, WORK

IMPORTED = "imported"
# Proxies may listen on this machine's own loopback.
NETWORK = ("--network", "host")
# Longer than any case; and what it is asked to end with, for the first process of a container takes no other one.
LIFE = ("sleep", "86400")
END = ("--stop-signal", "SIGKILL")


@functools.cache
def engine() -> str:
    """What is installed here and answers; PYCC_SHIM_LAB_ENGINE chooses where both do."""
    names = [os.environ.get("PYCC_SHIM_LAB_ENGINE", "docker"), "podman"]
    for name in filter(shutil.which, names):
        if subprocess.run([name, "info"], capture_output=True, timeout=60).returncode == 0:
            return name
    sys.exit("lab: neither docker nor podman answers `info` here")


def call(*words: str, **kwargs) -> subprocess.CompletedProcess:
    """An engine's command that must succeed; its output is for whoever catches the error."""
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.run([engine(), *words], check=True, timeout=1800, **output, **kwargs)


class Suite:
    """One system, ready to be copied: `title` is its name in the results, `on` and `release` are the catalog's words."""

    def __init__(self, name: str):
        self.name = name
        self.root = roots.Suite(name.partition(":")[2]) if name.startswith(f"{IMPORTED}:") else None
        self.title = f"{self.root.title}, imported" if self.root else systems.title(name)
        self.manager = "apt" if self.root else systems.family(name).manager
        self.file = systems.file_name(name)
        self.archives = WORK / f"archives-{self.file}"
        self.image = f"localhost/pycc-shim-lab:{self.file}"
        # Only the root that is imported is made with mounts.
        self.mounts = self.root is not None

    def prepare(self) -> None:
        """Makes the image, where it is not there, is of another recipe or has an old index of packages; and asks it
        what it is."""
        self.archives.mkdir(parents=True, exist_ok=True)
        done = WORK / f"image-{self.file}.done"
        recipe = hashlib.sha256((engine() + PREPARE[self.manager]).encode()).hexdigest()
        with open(done.with_suffix(".lock"), "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            is_there = subprocess.run([engine(), "image", "inspect", self.image], capture_output=True).returncode == 0
            is_current = done.exists() and done.read_text() == recipe and time.time() - done.stat().st_mtime < INDEX_AGE
            if not (is_there and is_current):
                try:
                    self.make()
                except subprocess.CalledProcessError as error:
                    sys.exit(f"lab: no image for {self.title}:\n{(error.stdout or b'').decode('utf-8', 'replace')[-2000:] or error}")
                done.write_text(recipe)
        with Copy(self) as copy:
            text = copy.sh("cat /etc/os-release", check=True).stdout.decode()
            self.on, self.release = systems.platform(systems.os_release(text))
            asked = "import sysconfig; print(sysconfig.get_python_version(), sysconfig.get_path('include'))"
            self.python, self.headers = copy.sh(f'python3 -c "{asked}"', check=True).stdout.decode().split()

    def make(self) -> None:
        if self.root:
            base = self.imported(self.root)
        else:
            base = f"{systems.family(self.name).image}:{self.name.partition(':')[2]}"
            call("pull", base)
        name = f"pycc-shim-lab-{uuid.uuid4()}"
        settings = [word for setting in roots.settings("root") for word in ("--env", setting)]
        try:
            call("run", "--name", name, *NETWORK, *settings, base, "/bin/sh", "-ec", PREPARE[self.manager])
            call("commit", name, self.image)
        finally:
            subprocess.run([engine(), "rm", "-f", name], capture_output=True)

    def imported(self, root: roots.Suite) -> str:
        """An image of a root of roots.py."""
        root.prepare()
        image = f"{self.image}-root"
        with subprocess.Popen(["tar", "-C", root.base, "--one-file-system", "-c", "."], stdout=subprocess.PIPE) as tar:
            call("import", "-", image, stdin=tar.stdout)
        if tar.returncode != 0:
            sys.exit(f"lab: {root.base} could not be read")
        return image

    def copy(self, shim: Path | None = None) -> "Copy":
        return Copy(self, shim)


class Copy:
    """A container of a suite's image, gone at the end of `with`."""

    def __init__(self, suite: Suite, shim: Path | None = None):
        self.suite, self.shim = suite, shim
        self.name = f"pycc-shim-lab-{uuid.uuid4()}"

    def __enter__(self) -> "Copy":
        cache = ("--volume", f"{self.suite.archives}:/var/cache/lab")
        call("create", "--name", self.name, *NETWORK, *END, *cache, self.suite.image, *LIFE)
        try:
            if self.shim:
                # Copied: a file that is mounted would lie on a file system of its own, which no installed one does.
                call("cp", str(self.shim), f"{self.name}:/usr/local/bin/pycc-shim")
            call("start", self.name)
            self.cache("for it in /var/cache/lab/*.deb; do [ ! -e $it ] || ln -s $it /var/cache/apt/archives/; done")
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.cache(
            "cd /var/cache/apt/archives; for it in *.deb; do [ -L $it ] || [ ! -e $it ]"
            " || { cp $it /var/cache/lab/$it.$$ && chmod 644 /var/cache/lab/$it.$$ && mv /var/cache/lab/$it.$$ /var/cache/lab/$it; }; done"
        )
        self.remove()

    def cache(self, command: str) -> None:
        """Links to what other containers fetched, and back; apt's alone, for the other managers lock or forget theirs."""
        if self.suite.manager == "apt":
            self.sh(command)

    def remove(self) -> None:
        subprocess.run([engine(), "rm", "-f", self.name], capture_output=True)

    def write(self, path: str, text: str) -> None:
        """A file that everybody may read."""
        command = [engine(), "exec", "--interactive", self.name, "/bin/sh", "-c", 'cat >"$0" && chmod 644 "$0"', path]
        subprocess.run(command, check=True, input=text.encode())

    def sh(self, command: str, user: str = "root", timeout: int = 900, check: bool = False) -> subprocess.CompletedProcess:
        """A line for sh, in a clean environment. Output is bytes; stderr is merged in there, for an engine sends both
        on separately."""
        return subprocess.run(
            [engine(), "exec", "--user", user, self.name, "/usr/bin/env", "-i", *roots.settings(user),
             "/bin/sh", "-c", 'cd; sh -c "$1" 2>&1; exit $?', "sh", command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout, check=check,
        )


AnySuite = roots.Suite | Suite
AnyCopy = roots.Copy | Copy


def suite(name: str) -> AnySuite:
    """`trixie` is a root of roots.py, `ubuntu:24.04` an image, `imported:trixie` both."""
    return Suite(name) if ":" in name else roots.Suite(name)
