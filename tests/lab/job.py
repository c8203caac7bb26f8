"""One case of the laboratory."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Job:
    """`run` takes the shim's path and gives the result. `says_again` tells whether another build of the shim says the very
    same in the very same place as one that a result is of, so that nothing would be run that has not been run."""

    title: str
    system: str
    run: Callable[[Path], dict]
    says_again: Callable[[Path, dict], bool] | None = None
