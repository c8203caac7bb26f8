"""PyTorch's clients, of several versions, without Python's headers and without a compiler: see README.md beside this file.

A program of `programs/` is run below pycc-shim in a copy of a root that has PyTorch in /opt/venv. When it fails, what the
report says is run as it is printed, and the program is run again, until it passes or nothing new is said.
"""

import re
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import layers
from catalog import FIX, labelled, unfixed
from clients import NO_COMPILER, answers, cause, spoken
from job import Job
from roots import WORK, Copy, Suite

HERE = Path(__file__).resolve().parent
CLIENTS = {
    "torch.compile": HERE.parent / "e2e/compile_once.py",
    "torch.compile(dynamic=True)": HERE / "programs/dynamic.py",
    "torch.compile, cpp_wrapper": HERE / "programs/cpp_wrapper.py",
    "AOTInductor": HERE / "programs/aot_inductor.py",
    "Triton's stub": HERE / "programs/triton_stub.py",
    "load_inline": HERE / "programs/load_inline.py",
    "BuildExtension": HERE / "programs/build_extension.py",
}
# What each Debian's own Python can have, the newest last; torch.compile begins with 2.6 in Python 3.13.
NEWEST = "2.15.0"
VERSIONS = {
    "bullseye": ["2.8.0"],
    "bookworm": ["2.4.1", "2.5.1", "2.6.0", "2.8.0", "2.10.0", NEWEST],
    "trixie": ["2.6.0", "2.9.1", NEWEST],
    "sid": [NEWEST],
}
ROUNDS = 6
SECONDS = 400
SHIMS = "$HOME/.local/share/pycc-shim/bin"
# How the shim comes before the compilers: what is run before each round (where no compiler is, setup says that it wants to
# be run again), and how the program is called.
FACES = {
    "run": ("", "pycc-shim run -- "),
    "CXX=pycc-shim": ("", "CXX=pycc-shim "),
    "setup": ("pycc-shim setup", f"PATH={SHIMS}:$PATH "),
}
# With it go the certificates, which apt and pip want.
NO_OPENSSL = "cp /etc/ssl/certs/ca-certificates.crt /root/; apt-get purge -y openssl; mkdir -p /etc/ssl/certs; mv /root/ca-certificates.crt /etc/ssl/certs/"

# Stands among the commands where the report was not in the output, for no compile was begun, and `explain` was asked about it.
EXPLAIN = "pycc-shim explain LOG"


@dataclass
class Case:
    """A client, and what its machine lacks beside Python's headers. `before` is run by root first. `python` runs the
    program; `tree` is its layer, where it is no Python of Debian's. `foreign` says why a command that begins with the
    key cannot be run here; `skipped` why the case is not run at all."""

    client: str
    version: str
    face: str = "run"
    lacks: str = "headers"
    before: str = ""
    python: str = f"{layers.VENV}/bin/python"
    of: str = ""
    tree: Callable[[Suite], Path] | None = None
    foreign: str = ""
    skipped: str = ""

    @property
    def title(self) -> str:
        face = "" if self.face == "run" else f", {self.face}"
        return f"torch {self.version}: {self.client}{face}{self.of}, without {self.lacks}"


def cases(suite: Suite) -> list[Case]:
    """What is asked in a Debian: of an older version all clients without headers, and one without a compiler; of the
    newest all of both, and more ways."""
    found: list[Case] = []
    for version in VERSIONS[suite.name]:
        headers = [Case(client, version) for client in CLIENTS]
        asked = headers if version == NEWEST else headers[:1]
        compilers = [replace(case, lacks="a compiler", before=NO_COMPILER) for case in asked]
        found += headers + compilers
        if version == NEWEST:
            found.append(replace(headers[0], lacks="headers and openssl", before=NO_OPENSSL))
            found += [replace(case, face=face) for face in list(FACES)[1:] for case in (headers[0], compilers[0])]
            found += other_pythons(headers[0], suite)
    return found


def other_pythons(case: Case, suite: Suite) -> list[Case]:
    """The same client in Pythons that do not come from Debian, or not directly. They see the PyTorch of /opt/venv."""
    if suite.name != "trixie":
        return []
    site = f"lib/python{suite.python}/site-packages"

    def see(prefix: str) -> str:
        return f"echo {layers.VENV}/{site} >{prefix}/{site}/torch.pth"

    meta = "/opt/conda/conda-meta && touch /opt/conda/conda-meta/history"
    record = f"python-$(/opt/conda/bin/python3 -c 'import platform; print(platform.python_version())')-h0_100_cp{suite.python.replace('.', '')}"
    conda = f"cp -a {layers.PYTHON} /opt/conda && ln -s python3 /opt/conda/bin/python && mkdir -p {meta} && echo '{{}}' >/opt/conda/conda-meta/{record}.json && {see('/opt/conda')}"
    uv = f"python3 -m venv /opt/uv && /opt/uv/bin/pip install -q uv && /opt/uv/bin/uv venv --python /usr/bin/python3 /opt/other && {see('/opt/other')}"
    source = replace(case, tree=layers.python_from_source)
    return [
        replace(source, of=", Python from source", before=see(layers.PYTHON), python=f"{layers.PYTHON}/bin/python3"),
        replace(source, of=", Python from source in /usr/local", before=f"cp -a {layers.PYTHON}/. /usr/local && {see('/usr/local')}",
                python="/usr/local/bin/python3"),
        replace(source, of=", conda's Python laid out by hand", before=conda, python="/opt/conda/bin/python",
                foreign="conda"),
        replace(case, of=", uv venv", before=uv, python="/opt/other/bin/python"),
        replace(case, of=", uv python install", skipped="where the laboratory ran, uv's Pythons cannot be downloaded"),
    ]


def as_user(suite: Suite) -> list[Case]:
    """What is asked without root or sudo."""
    case = Case("torch.compile", VERSIONS[suite.name][-1])
    return [case, replace(case, lacks="a compiler", before=NO_COMPILER)]


def prove(case: Case, suite: Suite, shim: Path, torches: layers.Torches, user: str) -> dict:
    """Runs, obeys and runs again: `proven`, `there` (passed at once), `told` (in words, without a command), `silent`,
    `failed` or `not run`."""
    result: dict = {"system": f"Debian {suite.release}", "case": case.title, "user": user, "commands": []}
    if case.skipped:
        return result | {"result": "not run", "why": [case.skipped]}
    before, call = FACES[case.face]
    program = f"{call}timeout --kill-after=5 {SECONDS} {case.python} /srv/{CLIENTS[case.client].name}"
    with ExitStack() as stack:
        trees = [stack.enter_context(torches.of(case.version))]
        if case.tree:
            trees.insert(0, case.tree(suite))
        copy = stack.enter_context(Copy(suite, shim, layers=tuple(trees)))
        shutil.copy(CLIENTS[case.client], copy.root / "srv")
        if case.before:
            copy.sh(case.before, check=True)
        exported = ""
        for step in range(ROUNDS + 1):
            if before:
                copy.sh(before, user)
            done = copy.sh(exported + program, user, timeout=SECONDS + 60)
            text = done.stdout.decode("utf-8", "replace")
            keep_log(case, suite, user, step, text)
            if done.returncode == 0:
                return result | {"result": "proven" if step else "there"}
            if done.returncode in (124, 137):
                return result | {"result": "not run", "why": [f"not done after {SECONDS} seconds"]}
            said = answers(copy, text, user)
            if user != "root" and said:
                said = [("install", FIX)]
            if not said:
                note = told(text)
                return result | {"result": "told" if note else "silent", "why": note or cause(text)}
            if not spoken(text) and EXPLAIN not in result["commands"]:
                result["commands"].append(EXPLAIN)
            new = [(label, line) for label, line in said if line not in result["commands"]]
            if not new:
                return result | {"result": "failed", "why": ["it is said again after it was done", *cause(text)]}
            for label, line in new:
                result["commands"].append(line)
                if case.foreign and line.startswith(case.foreign):
                    return result | {"result": "not run", "why": [f"no {case.foreign} where the laboratory ran"]}
                if label == "set":
                    exported += f"{line}; "
                    continue
                ran = copy.sh(exported + line, user)
                text = ran.stdout.decode("utf-8", "replace")
                keep_log(case, suite, user, step, text, "-answer")
                if user != "root" and (why := unfixed(text)):
                    return result | {"result": "silent", "why": why}
                if ran.returncode != 0:
                    return result | {"result": "failed", "why": cause(text)}
    return result | {"result": "failed", "why": ["not done after six rounds"]}


def told(text: str) -> list[str]:
    """The first line and the note of a report that has no command."""
    return re.findall(r"^pycc-shim: .* is missing.*", text, re.MULTILINE)[:1] + labelled(text, "note")[:1]


def keep_log(case: Case, suite: Suite, user: str, step: int, text: str, kind: str = "") -> None:
    """What a round printed, for whoever looks why it is silent."""
    directory = WORK / f"logs-{suite.name}"
    directory.mkdir(exist_ok=True)
    (directory / f"{re.sub(r'[^A-Za-z0-9.=-]+', '-', case.title)}-{user}.{step}{kind}").write_text(text, encoding="utf-8")


def jobs(suite: Suite, user: bool) -> list[Job]:
    """A job for each case; those of a version one after another, for its tree goes when another's turn comes."""
    torches = layers.Torches(suite, NEWEST)
    name = "user" if user else "root"

    def job(case: Case) -> Job:
        return Job(case.title, f"Debian {suite.release}", lambda shim: prove(case, suite, shim, torches, name))

    return [job(case) for case in (as_user(suite) if user else cases(suite))]
