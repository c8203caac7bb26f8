"""The catalog, executed: each row that says what a system has, in a pristine copy of that system.

A compile that wants the row's header, and a link that wants its library, go through the shim; what the report prints is
run as it is printed, and the compile is made again, at most sixteen times: a header that lands in a directory of its own
needs that answer next. A tool is asked for as a shell misses it.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from containers import AnySuite
from job import Job
from managers import simulated

FAMILIES = Path(__file__).resolve().parents[2] / "src/catalog/families"
# A header may want the next one of a chain: GLib, its own half, Cairo, HarfBuzz.
STEPS = 16
# Components of gigabytes for one header: run for real but for the last command, which is simulated.
HEAVY = ("cuda", "cudnn", "cusparselt", "nccl")
# Sources of packages that no root has: a row that wants one holds only where its toolkit or its repository is.
FOREIGN = {"nvidia", "amd", "intel"}
# How a tool is missed that no shell asks for: the words of who does.
ASKED = {
    "dot": r"printf 'Could not find `dot` executable!\n' | pycc-shim explain",
    "proj": r"printf 'proj executable not found. Please set the PROJ_DIR variable.\n' | pycc-shim explain",
    "git": r"printf 'CMake Error at x.cmake:1 (message):\n  error: could not find git for clone of x\n' | pycc-shim explain",
    "lld": r"""printf "clang: error: invalid linker name in '-fuse-ld=lld'\n" | pycc-shim explain""",
}
# What somebody without root runs, and what it says where there is nothing that it can do.
FIX = "pycc-shim fix --user --yes"
NOT_FIXED = ("without root here", "no failed compile", "no command for this")


def unfixed(said: str) -> list[str]:
    """Why `fix --user` could do nothing, its last line; empty where it did something."""
    return said.strip().splitlines()[-1:] if any(words in said for words in NOT_FIXED) else []


@dataclass
class Case:
    """What is asked for: `kind` is header, library or tool. `is_foreign`: only from somebody else's repository."""

    component: str
    kind: str
    name: str
    is_foreign: bool = False


def cases(suite: AnySuite) -> list[list[Case]]:
    """For each component with a row for that system, the things to ask for; of several of a kind the first that is
    answered counts."""
    found = []
    for file in sorted(FAMILIES.glob("*.toml")):
        for row in tomllib.loads(file.read_text())["component"]:
            holding = [p for p in row.get("packages", []) if holds(p, suite)]
            if not holding:
                continue
            own = [p for p in holding if not FOREIGN & set(p.get("repositories", []))]
            lacks = (own or holding)[0].get("lacks", [])
            asked = []
            for kind, key in (("header", "headers"), ("library", "libraries"), ("tool", "tools")):
                names = [name for name in row.get(key, []) if name not in lacks]
                names = [name.replace("{nodot}", suite.python.replace(".", "")).replace("{python}", suite.python) for name in names]
                asked += [Case(row["id"], kind, name, not own) for name in names[:4]]
            if asked:
                found.append(asked)
    return found


def holds(package: dict, suite: AnySuite) -> bool:
    """As in the program; a row that must be offered holds where the manager's index can be asked, which is apt's."""
    released = suite.release in (package.get("releases") or [suite.release])
    return package["on"] == suite.on and released and (suite.manager == "apt" or not package.get("offered"))


def command(case: Case, suite: AnySuite) -> str:
    """The compile that wants it, in the shape of a Python build."""
    shim = f"PYCC_SHIM_MATCH=all pycc-shim g++ -I{suite.headers} -fPIC"
    if case.kind == "header":
        return f"printf '#include <{case.name}>\\n' >m.cpp; mkdir -p build; {shim} -E m.cpp -o build/m.i"
    if case.kind == "library":
        return f"echo >m.cpp; mkdir -p build; {shim} -shared m.cpp -o build/m.so -l{case.name}"
    asks = ASKED.get(case.name, rf"printf 'sh: 1: {case.name}: not found\n' | pycc-shim explain")
    return f"command -v {case.name} || {{ {asks}; exit 1; }}"


def wants(case: Case, text: str) -> bool:
    """Whether a failure is about the thing itself, or about what it needs, and not about a compile of its own kind."""
    return case.kind != "header" or re.search(r"fatal error: \S+: No such file", text) is not None


def ended(case: Case, text: str) -> str:
    """How it ended where the compile still fails: the row's own header may be found, and want one of which nothing is
    known."""
    return "in part" if case.kind == "header" and f"fatal error: {case.name}: " not in text else "failed"


def first_error(text: str) -> list[str]:
    return [line for line in text.splitlines() if "error: " in line][:1] or text.strip().splitlines()[-1:]


def labelled(text: str, label: str) -> list[str]:
    return re.findall(rf"^    {label:<12}(.*)$", text, re.MULTILINE)


def refused(said: bytes, suite: AnySuite) -> dict:
    """The result where a command did not go through. In sid some packages wait for others to be built again: no command
    installs those, on that day. In a release it is the command that is wrong."""
    text = said.decode("utf-8", "replace")
    if suite.release == "sid" and "have unmet dependencies" in text:
        return {"result": "not run", "why": ["the suite's own packages do not fit together on that day: unmet dependencies"]}
    return {"result": "failed", "why": text.strip().splitlines()[-1:]}


def ask(case: Case, suite: AnySuite, copy, exported: str = "") -> tuple[bool, str]:
    """Makes the compile: whether it has what it wants, and what was said."""
    done = copy.sh(exported + command(case, suite))
    text = done.stdout.decode("utf-8", "replace")
    if done.returncode == 0 or not wants(case, text):
        # A header that wants another to be included before it has been found.
        return True, text
    if "pycc-shim explain --last" in text:
        # What a reader of compiler output would misread: it is told there.
        text = copy.sh("pycc-shim explain --last").stdout.decode("utf-8", "replace")
    return False, text


def says_again(asked: list[Case], suite: AnySuite, shim: Path, before: dict) -> bool:
    """Whether a row's first report is the whole of what was run before. Of a row that took several reports it is not, and
    that one is run again."""
    for case in asked:
        with suite.copy(shim) as copy:
            is_there, text = ask(case, suite, copy)
        if not is_there and " is missing: " not in text:
            continue
        said = [] if is_there else labelled(text, "install")[:1] + labelled(text, "set")
        was_run = before["result"] in ("proven", "there", "simulated")
        same = was_run and before["case"] == f"{case.component}: {case.kind} {case.name}" and said == before["commands"]
        return same and (before["result"] == "there") == is_there
    return before["result"] == "silent" and before["commands"] == []


def prove(case: Case, suite: AnySuite, shim: Path) -> dict:
    """Asks, obeys and asks again. The result: `proven`, `there` (the root has it), `in part`, `silent`, `simulated` or
    `failed`."""
    result = {"system": suite.title, "case": f"{case.component}: {case.kind} {case.name}", "user": "root", "commands": []}
    with suite.copy(shim) as copy:
        exported = ""
        for step in range(STEPS + 1):
            is_there, text = ask(case, suite, copy, exported)
            if is_there:
                return result | {"result": "proven" if step else "there"}
            if " is missing: " not in text:
                return result | {"result": ended(case, text) if step else "silent", "why": first_error(text)}
            install, sets = labelled(text, "install"), labelled(text, "set")
            if step == STEPS or not install + sets:
                break
            result["commands"] += install[:1] + sets
            for line in install[:1]:
                if case.component.startswith(HEAVY):
                    simulation = simulated(suite.manager, line)
                    if simulation is None:
                        return result | {"result": "not run", "why": ["gigabytes, and there is no simulation of it"]}
                    ran = copy.sh(simulation)
                    return result | (refused(ran.stdout, suite) if ran.returncode else {"result": "simulated"})
                ran = copy.sh(line)
                if ran.returncode != 0:
                    return result | refused(ran.stdout, suite)
            exported += "".join(f"{line}; " for line in sets)
        return result | {"result": ended(case, text), "why": first_error(text)}


def prove_as_user(case: Case, suite: AnySuite, shim: Path) -> dict:
    """The same for somebody without root or sudo: `fix --user` does it, and nothing is exported afterwards."""
    result = {"system": suite.title, "case": f"{case.component}: {case.kind} {case.name}", "user": "user", "commands": [FIX]}
    with suite.copy(shim) as copy:
        if copy.sh(command(case, suite), "user").returncode == 0:
            return result | {"result": "there", "commands": []}
        fixed = copy.sh(FIX, "user").stdout.decode("utf-8", "replace")
        if why := unfixed(fixed):
            return result | {"result": "silent", "why": why}
        again = copy.sh(command(case, suite), "user")
        text = again.stdout.decode("utf-8", "replace")
        passed = again.returncode == 0 or not wants(case, text)
        return result | ({"result": "proven"} if passed else {"result": "failed", "why": (fixed + text).strip().splitlines()[-1:]})


def prove_row(asked: list[Case], suite: AnySuite, shim: Path, as_user: bool) -> dict:
    """A row's result: the first of its names that is answered; of names that several packages have nothing is said, and
    another one is asked for."""
    result: dict = {}
    for case in asked:
        if as_user and case.kind == "tool":
            continue
        result = prove_as_user(case, suite, shim) if as_user else prove(case, suite, shim)
        if result["result"] != "silent":
            break
    return result


def not_run(asked: list[Case], suite: AnySuite) -> dict:
    why = "only from a repository that is not the system's own, which the root does not have"
    case = asked[0]
    named = {"case": f"{case.component}: {case.kind} {case.name}", "commands": []}
    return {"system": suite.title, **named, "result": "not run", "why": [why]}


def jobs(suite: AnySuite, as_user: bool) -> list[Job]:
    """A job for each row that says what that system has; no tool without root, for that is no compile's to find."""

    def job(asked: list[Case]) -> Job:
        title = f"{asked[0].component}: {asked[0].kind} {asked[0].name}"
        if asked[0].is_foreign:
            return Job(title, suite.title, lambda _: not_run(asked, suite))
        again = None if as_user else lambda shim, before: says_again(asked, suite, shim, before)
        return Job(title, suite.title, lambda shim: prove_row(asked, suite, shim, as_user), again)

    return [job(asked) for asked in cases(suite) if not as_user or asked[0].kind != "tool"]
