"""problems: what ends a command, and its exit code: all of the front door shares it, with or without a command line."""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path


class Exit(IntEnum):
    """What a command's exit code means."""

    FINE = 0
    """Done, and nothing to complain of."""
    FOUND = 1
    """Done, and something was found: faults in a file, a missed expectation, bad rows."""
    USAGE = 2
    """The command was not given what it needs."""
    CANNOT_RUN = 3
    """It can't run here and now: a file that can't be written, no room on the disk, a broker that is not there."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C."""


class Problem(Exception):
    """What a command raises to end: a plain sentence and what to do next."""

    def __init__(self, message: str, exit_code: Exit = Exit.CANNOT_RUN) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def city_file(config: Path) -> Path:
    """The configuration that is meant: the file itself, or the `city.yaml` in a folder."""
    return config / "city.yaml" if config.is_dir() else config
