#!/usr/bin/env python3
"""The laboratory: runs what pycc-shim prints in real systems, a line of JSON for each case. See README.md beside this file.

    tests/lab/lab.py catalog /absolute/path/to/pycc-shim [--suites trixie,bookworm] [--only REGEX] [--user] [--quick]
    tests/lab/lab.py clients /absolute/path/to/pycc-shim [--suites …] [--only REGEX] [--user]
    tests/lab/lab.py suites             the names of all suites, as JSON
    tests/lab/lab.py pytorch /absolute/path/to/pycc-shim [--suites …] [--only REGEX] [--user]
    tests/lab/lab.py table              writes docs/proofs.md from all results

A suite is a Debian (`trixie`), an image (`ubuntu:24.04`, `fedora:latest`), or a Debian imported as one
(`imported:trixie`).

Results go to tests/lab/results/WHAT-SUITE.jsonl; a case that has a result there is run again, but with --stale only where
another build of pycc-shim gave it, and with --again too only where this build does not say the very same in the same
place (a row of the catalog that took one report); one of a case that is no more goes. Exit status: 0 when no case failed,
1 when one did, 2 on bad use.
"""

import argparse
import concurrent.futures
import datetime
import hashlib
import json
import re
import sys
import time
from pathlib import Path

import catalog
import clients
import containers
import pytorch
import roots
import systems
import table

RUNS = {"catalog": catalog, "clients": clients, "pytorch": pytorch}
RESULTS = Path(__file__).resolve().parent / "results"
# A row of each family, and what once went wrong.
QUICK = r"^(libffi|libpq|hdf5|usb-compat|libusb|zlib|libxml2|freetype|openssl-program|ninja|libcurl|sqlite|openblas|ncurses|eigen|libyaml|portaudio|opencl|libsndfile|snappy):"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=[*RUNS, "suites", "table"])
    parser.add_argument("shim", nargs="?", type=Path)
    parser.add_argument("--suites", default="trixie,bookworm")
    parser.add_argument("--only", default="", help="a regular expression for cases")
    parser.add_argument("--user", action="store_true", help="as an ordinary user, by fix --user")
    parser.add_argument("--quick", action="store_true", help="some twenty cases of one suite, and no result file")
    parser.add_argument("--stale", action="store_true", help="only what has no result of this build")
    parser.add_argument("--again", action="store_true", help="with --stale: only what this build says otherwise, or in several reports")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    if arguments.what == "suites":
        print(json.dumps([*roots.SUITES, *systems.listed()]))
        return 0
    if arguments.what == "table":
        table.write(RESULTS)
        return 0
    if not arguments.shim or not arguments.shim.is_absolute() or not arguments.shim.is_file():
        parser.error("give the absolute path of a pycc-shim, a static one")
    suites = [containers.suite(name) for name in arguments.suites.split(",")]
    if any(suite.mounts for suite in suites):
        roots.enter_namespace()
    build = hashlib.sha256(arguments.shim.read_bytes()).hexdigest()[:12]
    failed = 0
    for suite in suites:
        suite.prepare()
        file = RESULTS / f"{arguments.what}{'-user' if arguments.user else ''}-{suite.file}.jsonl"
        run = RUNS[arguments.what]
        only = arguments.only or (QUICK if arguments.quick else "")
        all_jobs = run.jobs(suite, arguments.user)
        jobs = [job for job in all_jobs if re.search(only, job.title)]
        if arguments.stale:
            done = {job for (_, job), line in kept(file).items() if build in (line.get("build"), line.get("said_again_by"))}
            jobs = [job for job in jobs if job.title not in done]
        before = kept(file) if arguments.again else {}

        def one(job) -> dict:
            old = before.get((job.system, job.title))
            if old and job.says_again and attempt(lambda: job.says_again(arguments.shim, old)):
                return old | {"said_again_by": build}
            return measured(job, arguments.shim) | {"build": build}

        results = []
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            for result in pool.map(one, jobs):
                results.append(result)
                failed += result["result"] == "failed"
                print(json.dumps(result), flush=True)
                if not arguments.quick:
                    keep(file, [result], all_jobs)
        count = {kind: sum(result["result"] == kind for result in results) for kind in {r["result"] for r in results}}
        print(f"lab: {arguments.what} in {suite.title}: {len(results)} cases, {count}", file=sys.stderr)
    return 1 if failed else 0


def attempt(question) -> bool:
    """The answer; no where it cannot be had, for then the case is run, and says why."""
    try:
        return question()
    except Exception:
        return False


def measured(job, shim: Path) -> dict:
    began = time.monotonic()
    try:
        result = job.run(shim)
    except Exception as error:  # one case must not end the others
        result = {"case": job.title, "system": job.system, "commands": [], "result": "failed", "why": [repr(error)]}
    today = datetime.date.today().isoformat()
    # Which name of a row is asked for may change; the row is known by its job.
    return result | {"job": job.title, "date": today, "seconds": round(time.monotonic() - began, 1)}


def kept(file: Path) -> dict[tuple[str, str], dict]:
    """A file's results, by system and job; of a file that is not there none."""
    lines = file.read_text().splitlines() if file.exists() else []
    return {(line["system"], line["job"]): line for line in map(json.loads, lines)}


def keep(file: Path, results: list[dict], jobs: list) -> None:
    """Writes results, in place of older ones of the same cases; those of no job go."""
    known = kept(file) | {(result["system"], result["job"]): result for result in results}
    titles = {job.title for job in jobs}
    known = {key: line for key, line in known.items() if line["job"] in titles}
    file.parent.mkdir(exist_ok=True)
    file.write_text("".join(json.dumps(known[key]) + "\n" for key in sorted(known)))


if __name__ == "__main__":
    sys.exit(main())
