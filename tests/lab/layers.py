"""What a copy of a root cannot hold in memory: PyTorch of one version, and a Python from source, each in a tree of its own
on the disk that lies over a suite's root (`Copy(layers=…)`). A tree is made once; PyTorch's old ones go when another
version's turn comes, for each has gigabytes.
"""

import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from roots import WORK, Copy, Suite, run

VENV, PYTHON = "/opt/venv", "/opt/python"
# One tree at a time, whoever asks for it.
making = threading.Lock()


def make(suite: Suite, tree: Path, place: str, script: str, seconds: int) -> Path:
    """Runs `script` in a copy where `place` (absolute, in the root) is a directory of `tree`; temporary files lie there
    too while it runs. `tree` has a mark beside it when it is whole."""
    done = tree.with_suffix(tree.suffix + ".done")
    with making:
        if done.exists():
            return tree
        shutil.rmtree(tree, ignore_errors=True)
        inside = tree / place.lstrip("/")
        inside.mkdir(parents=True)
        with Copy(suite) as copy:
            at = copy.root / place.lstrip("/")
            at.mkdir(parents=True, exist_ok=True)
            run("mount", "--bind", str(inside), str(at))
            scratch = f"mkdir {place}/scratch; export TMPDIR={place}/scratch; "
            text = copy.sh(f"set -e; {scratch}{script}\nrm -rf {place}/scratch", timeout=seconds)
            (WORK / f"{tree.name}.log").write_bytes(text.stdout)
            if text.returncode != 0:
                raise RuntimeError(f"{tree.name}: {text.stdout.decode('utf-8', 'replace').strip().splitlines()[-1:]}")
        done.touch()
    return tree


class Torches:
    """The trees with PyTorch of one suite: what cases use stays, and of the others the newest."""

    def __init__(self, suite: Suite, newest: str):
        self.suite, self.newest = suite, newest
        self.lock, self.users = threading.Lock(), Counter()

    def tree(self, version: str) -> Path:
        return WORK / f"torch-{self.suite.name}-{version}"

    @contextmanager
    def of(self, version: str) -> Iterator[Path]:
        """The tree of a version, made where it is not there."""
        with self.lock:
            self.users[version] += 1
            if version != self.newest:
                self.forget()
            made = make(self.suite, self.tree(version), VENV, install(version), 1800)
        try:
            yield made
        finally:
            with self.lock:
                self.users[version] -= 1

    def forget(self) -> None:
        """Deletes the trees of older versions that no case uses."""
        for tree in WORK.glob(f"torch-{self.suite.name}-*"):
            version = tree.name.rpartition("-")[2]
            if tree.is_dir() and version != self.newest and not self.users[version]:
                tree.with_suffix(tree.suffix + ".done").unlink(missing_ok=True)
                shutil.rmtree(tree)


def install(version: str) -> str:
    """PyPI's wheel with all that it depends on: without CUDA's libraries it cannot even be imported."""
    pip = f"{VENV}/bin/pip install --no-cache-dir --quiet"
    return f"python3 -m venv {VENV}; {pip} torch=={version} numpy setuptools"


def python_from_source(suite: Suite) -> Path:
    """The tree with a CPython of the suite's version as its authors publish it, built by configure, make, make install;
    its headers are removed afterwards. Debian's source package brings the archive."""
    name = f"python{suite.python}"
    script = f"""
        sed 's/^deb /deb-src /' /etc/apt/sources.list >/etc/apt/sources.list.d/source.list; apt-get update
        apt-get install -y zlib1g-dev libssl-dev libffi-dev libbz2-dev liblzma-dev libsqlite3-dev xz-utils
        cd {PYTHON}/scratch; apt-get source --download-only {name}; tar xf {name}_*.orig.tar.*z; cd [Pp]ython*/
        ./configure --prefix={PYTHON}; make -j2; make install
        rm -r {PYTHON}/include/{name} {PYTHON}/lib/{name}/test"""
    return make(suite, WORK / f"python-{suite.name}", PYTHON, script, 1800)
