"""Real clients, in roots without headers, and without a compiler: see README.md beside this file.

pip builds a well-known package from source below `pycc-shim run`. When that fails, what stands at its end is obeyed as it
is printed; where `run` printed nothing, because no compile came so far, `pycc-shim explain` is asked about the output.
One missing thing hides the next, so this goes on until the build passes or nothing is said.
"""

import re
import time
from dataclasses import dataclass
from pathlib import Path

from catalog import FIX, labelled, unfixed
from containers import AnyCopy, AnySuite
from job import Job
from roots import WORK

ROUNDS = 10
# What counts is that it builds.
QUICK = "export CFLAGS='-O0 -g0'; "
# By their own names too, for what debootstrap installed is never removed as unneeded; the compilers' bases are libgcc's.
NO_COMPILER = (
    "apt-get purge -y $(dpkg-query -W -f '${Package}\\n' | grep -E '^(gcc|g[+][+]|cpp)(-|$)' | grep -v base)"
    " && ! command -v gcc g++ cc c++ x86_64-linux-gnu-gcc"
)
# What pip says about any build that failed, and what says nothing by itself.
HOLLOW = re.compile(
    r"subprocess-exited-with-error|originates from a subprocess|metadata-generation-failed|failed-wheel-build|[Ff]ailed building wheel"
    r"|[Cc]ould not build wheels|Failed to build installable|Encountered error while|exit code: \d+|exit status \d+|^note:|^hint:"
    r"|full log can be found|^pycc-shim|legacy-install-failure|^╰|^Failed to build|^\[end of output|^Traceback"
    r"|failed with exit code|returned non-zero exit status"
)
# What tells of something missing; what tells of an error at all; what may.
TELLING = [
    re.compile(r"not found|could not be found|cannot find|no such file|not installed|are installed|unable to", re.IGNORECASE),
    re.compile(r"\berror: |Error: |ERROR: "),
    re.compile(r"error|required|missing|failed|could not", re.IGNORECASE),
]


@dataclass
class Package:
    """`module` is imported after the build. `before` are settings of its own, `options` pip's. `seconds` is its cap.
    `skipped` says why it is not built at all."""

    requirement: str
    module: str = ""
    before: str = ""
    options: str = ""
    compiler: bool = True
    seconds: int = 600
    skipped: str = ""

    @property
    def title(self) -> str:
        return f"pip: {self.requirement}" + ("" if self.compiler else ", without a compiler")


PACKAGES = [
    Package("psutil", "psutil"),
    Package("cffi", "_cffi_backend"),
    Package("psutil", "psutil", compiler=False),
    Package("cffi", "_cffi_backend", compiler=False),
    Package("lxml", "lxml.etree"),
    Package("Pillow", "PIL._imaging"),
    Package("psycopg2", "psycopg2"),
    Package("mysqlclient", "MySQLdb"),
    Package("python-ldap", "ldap"),
    Package("PyAudio", "pyaudio"),
    Package("pygraphviz", "pygraphviz"),
    Package("h5py", "h5py"),
    Package("mpi4py", "mpi4py.MPI"),
    # The last one whose C part builds without Rust; the newest one needs it.
    Package("cryptography==3.4.8", "cryptography", before="CRYPTOGRAPHY_DONT_BUILD_RUST=1 "),
    Package("cryptography", skipped="where no Rust is, its build fetches one from the network by itself"),
    Package("pycurl", "pycurl"),
    Package("pyodbc", "pyodbc"),
    Package("dbus-python", "dbus"),
    Package("PyGObject", "gi"),
    Package("pycairo", "cairo"),
    Package("pyscard", "smartcard.scard"),
    Package("netifaces", "netifaces"),
    # Later ones have no C of their own.
    Package("python-snappy==0.6.1", "snappy"),
    Package("plyvel", "plyvel"),
    Package("uWSGI"),
    Package("gevent", "gevent"),
    Package("numpy", "numpy", seconds=1800),
    # Its own copies of these two it would fetch from where the laboratory cannot; pip before 23.1 takes one option alone. Later
    # ones want a libraqm that Debian 13 does not have yet.
    Package(
        "matplotlib==3.10.9",
        "matplotlib.ft2font",
        before="$HOME/venv/bin/pip install --quiet --upgrade pip && ",
        options="--config-settings=setup-args=-Dsystem-freetype=true --config-settings=setup-args=-Dsystem-qhull=true"
        " --config-settings=setup-args=--wrap-mode=nofallback",
        seconds=1800,
    ),
    Package("M2Crypto", "M2Crypto"),
    Package("evdev", "evdev"),
    # It refuses the libxml2 of lxml's wheel when it is imported.
    Package("xmlsec"),
    Package("systemd-python", "systemd.journal"),
    Package("pycups", "cups"),
    Package("pysmbc", "smbc"),
    Package("gssapi", "gssapi"),
    Package("pygit2", "pygit2"),
    Package("PyICU", "icu"),
    Package("pylibmc", "pylibmc"),
    Package("gmpy2", "gmpy2"),
    Package("pyproj", "pyproj"),
    Package("shapely", "shapely"),
    Package("rasterio", "rasterio"),
    Package("netCDF4", "netCDF4"),
    Package("av", "av"),
    Package("pysqlite3", "pysqlite3"),
    # Without optimization it crashes when it is imported.
    Package("pyFFTW"),
    Package("pylibacl", "posix1e"),
    Package("python-prctl", "prctl"),
    Package("pymssql", "pymssql"),
    Package("scipy", skipped="it is built for more than half an hour"),
]


def cause(text: str) -> list[str]:
    """The last line that tells why a build failed."""
    lines = [line.strip(" │×╰─>|") for line in text.splitlines()]
    lines = [line for line in lines if line and not HOLLOW.search(line)]
    for form in TELLING:
        lines = [line for line in lines if form.search(line)] or lines
    return [line[:400] for line in lines[-1:]]


def answers(copy: AnyCopy, text: str, user: str) -> list[tuple[str, str]]:
    """What is to be done: ("install" or "set", the line). The report of `run` is the only one that begins at the margin,
    for pip moves to the right what its children say."""
    found = spoken(text)
    if not found:
        copy.write("/tmp/pip.log", text)
        found = spoken(copy.sh("pycc-shim explain /tmp/pip.log", user).stdout.decode("utf-8", "replace"))
    return found


def spoken(text: str) -> list[tuple[str, str]]:
    return [(label, line) for label in ("install", "set") for line in dict.fromkeys(labelled(text, label))]


def build(package: Package) -> str:
    """The build and the import after it; `timeout`, so that nothing of it outlives its cap."""
    name = package.requirement.split("==")[0]
    options = f"{package.options} " if package.options else ""
    pip = f"venv/bin/pip install --no-cache-dir {options}--no-binary {name} {package.requirement}"
    check = f" && venv/bin/python -c 'import {package.module}'" if package.module else ""
    return f"{package.before}timeout --kill-after=5 {{left}} pycc-shim run -- $HOME/{pip}{check}"


def prove(package: Package, suite: AnySuite, shim: Path, user: str) -> dict:
    """Builds, obeys and builds again: `proven`, `there` (passed at once), `silent`, `failed` or `not run`."""
    result: dict = {"system": suite.title, "case": package.title, "user": user, "commands": []}
    if package.skipped:
        return result | {"result": "not run", "why": [package.skipped]}
    if suite.manager != "apt" and not package.compiler:
        return result | {"result": "not run", "why": ["how a compiler goes is known for apt alone"]}
    end = time.monotonic() + package.seconds
    exported = QUICK
    with suite.copy(shim) as copy:
        if not package.compiler:
            copy.sh(NO_COMPILER, check=True)
        copy.sh("python3 -m venv venv", user, check=True)
        seen: list[str] = []
        for step in range(ROUNDS + 1):
            left = int(end - time.monotonic())
            done = copy.sh(exported + build(package).format(left=max(left, 1)), user)
            text = done.stdout.decode("utf-8", "replace")
            keep_log(package, suite, user, step, text)
            if done.returncode == 0:
                return result | {"result": "proven" if step else "there"}
            if done.returncode in (124, 137):
                return result | {"result": "not run", "why": [f"not done after {package.seconds} s"]}
            said = answers(copy, text, user)
            if not said:
                return result | {"result": "silent", "why": cause(text)}
            new = [(label, line) for label, line in said if line not in seen]
            if not new:
                return result | {"result": "failed", "why": ["it is said again after it was done", *cause(text)]}
            seen += [line for _, line in new]
            if user != "root" and spoken(text):
                # A compile is on record; what is to be set stays set for later ones.
                result["commands"].append(FIX)
                fixed = copy.sh(FIX, user).stdout.decode("utf-8", "replace")
                keep_log(package, suite, user, step, fixed, "-fix")
                if why := unfixed(fixed):
                    return result | {"result": "silent", "why": why}
                continue
            for label, line in new:
                result["commands"].append(line)
                if label == "set":
                    exported += f"{line}; "
                    continue
                if user != "root" and line.startswith(suite.manager):
                    return result | {"result": "silent", "why": ["all that is known of it wants root"]}
                ran = copy.sh(exported + line, user)
                if ran.returncode != 0:
                    return result | {"result": "failed", "why": cause(ran.stdout.decode("utf-8", "replace"))}
    return result | {"result": "failed", "why": [f"not done after {ROUNDS} rounds"]}


def keep_log(package: Package, suite: AnySuite, user: str, step: int, text: str, kind: str = "") -> None:
    """What a round printed, for whoever looks why it is silent."""
    directory = WORK / f"logs-{suite.file}"
    directory.mkdir(exist_ok=True)
    (directory / f"{re.sub(r'[^A-Za-z0-9.=-]+', '-', package.title)}-{user}.{step}{kind}").write_text(text, encoding="utf-8")


def jobs(suite: AnySuite, as_user: bool) -> list[Job]:
    """A job for each package."""
    user = "user" if as_user else "root"

    def job(package: Package) -> Job:
        return Job(package.title, suite.title, lambda shim: prove(package, suite, shim, user))

    return [job(package) for package in PACKAGES]
