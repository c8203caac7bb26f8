"""One case of the laboratory."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Job:
    """`run` takes the shim's path and gives the result."""

    title: str
    system: str
    run: Callable[[Path], dict]
