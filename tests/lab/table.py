"""docs/proofs.md, out of the results of the laboratory; never written by hand."""

import json
from collections import Counter
from pathlib import Path

import roots
import systems

PAGE = Path(__file__).resolve().parents[2] / "docs/proofs.md"
# In the order in which a reader asks.
ORDER = ["failed", "in part", "silent", "told", "simulated", "not run", "there", "proven"]
MEANING = {
    "proven": "it failed, what was printed was run as printed, and it passed",
    "there": "it passed at once: the root has it",
    "simulated": "all of it was run but the last command, an installation of gigabytes, which the package manager simulated",
    "in part": "the row's own header is found, and wants another one of which nothing is known",
    "silent": "it failed, and nothing was said, or nothing that can be done without root",
    "told": "it was said what is missing and what to do, in words: there is no command for it",
    "failed": "what was printed did not help",
    "not run": "nobody has tried",
}
# Why nothing is known of a suite: of an image, of a Debian.
NO_REGISTRY = "no registry of images was to be reached here; `.github/workflows/daily.yml` is for it, and has not been run yet"
NOT_TRIED = "its root can be had, and nobody has tried"
HEAD = """\
# What has been run

Written by `tests/lab/lab.py table` out of the laboratory's results (`tests/lab/README.md`), never by hand. A case is one
row of the catalog, or one client, in a pristine copy of a real system: it fails, pycc-shim says what to do, that is run
exactly as it is printed, and it is made again.

"""


def write(results: Path) -> None:
    """Writes the page from every result file."""
    lines = [json.loads(line) for file in sorted(results.glob("*.jsonl")) for line in file.read_text().splitlines()]
    systems = sorted({line["system"] for line in lines}, key=lambda name: (len(name), name))
    text = HEAD + "| result | meaning |" + "".join(f" {system} |" for system in systems)
    text += "\n|---|---|" + "---|" * len(systems) + "\n"
    count = Counter((line["system"], line["result"]) for line in lines)
    for result in reversed(ORDER):
        if any(count[system, result] for system in systems):
            text += f"| {result} | {MEANING[result]} |" + "".join(f" {count[system, result]} |" for system in systems) + "\n"
    text += by_build(lines, systems)
    text += "\nNot run at all in the laboratory:\n\n| suite | system | why |\n|---|---|---|\n"
    text += "".join(f"| `{suite}` | {system} | {why} |\n" for suite, system, why in not_run(results))
    for system in systems:
        own = sorted((line for line in lines if line["system"] == system), key=lambda line: (ORDER.index(line["result"]), line["case"]))
        text += f"\n## {system}\n\n| case | as | commands | result | date |\n|---|---|---|---|---|\n"
        text += "".join(row(line) for line in own)
    PAGE.write_text(text)


def by_build(lines: list[dict], systems: list[str]) -> str:
    """How many results each build of pycc-shim gave, by the beginning of its program's SHA-256 (those of before builds
    were told apart have none), and how many of an older one's it says again, in the same place and to the letter."""
    count = Counter((line.get("build", "not told"), line["system"]) for line in lines)
    newest = {build: max(line["date"] for line in lines if line.get("build", "not told") == build) for build, _ in count}
    text = "\n| program (SHA-256) | last run |" + "".join(f" {system} |" for system in systems)
    text += "\n|---|---|" + "---|" * len(systems) + "\n"
    for build in sorted(newest, key=lambda build: (newest[build], build), reverse=True):
        text += f"| {build} | {newest[build]} |" + "".join(f" {count[build, system]} |" for system in systems) + "\n"
    again = Counter((line["said_again_by"], line["system"]) for line in lines if "said_again_by" in line)
    for build in sorted({build for build, _ in again}):
        told = "".join(f" {again[build, system]} |" for system in systems)
        text += f"| {build}: says the same, to the letter, as the one that was run | |{told}\n"
    return text


def not_run(results: Path) -> list[tuple[str, str, str]]:
    """(suite, system, reason) for each suite that is listed and has no result."""
    listed = [(name, f"Debian {release}", name, NOT_TRIED) for name, release in roots.SUITES.items()]
    listed += [(name, systems.title(name), systems.file_name(name), NO_REGISTRY) for name in systems.listed()]
    runs = ("catalog", "catalog-user", "clients", "clients-user")
    return [
        (suite, system, why)
        for suite, system, file, why in listed
        if not any((results / f"{run}-{file}.jsonl").exists() for run in runs)
    ]


def row(line: dict) -> str:
    why = "".join(f": {cell(reason)}" for reason in line.get("why", []) if reason)
    commands = "<br>".join(f"`{cell(command)}`" for command in line["commands"])
    return f"| {cell(line['case'])} | {line.get('user', 'root')} | {commands} | {line['result']}{why} | {line['date']} |\n"


def cell(text: str) -> str:
    """Text that cannot end a table's cell."""
    return text.replace("|", "\\|").replace("`", "'").replace("\n", " ")[:300]
