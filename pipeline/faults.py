"""faults: what is wrong with a configuration or a register, all at once, each with where and what to do.

configs/city.yaml:41  rules.2.for   expected a duration such as '90s' or '10min', got a bare number
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing to mend. The message says what was expected and never repeats a secret."""

    file: str
    line: int
    """counted from 1; 0 where it is about the whole file"""
    path: str
    """where inside it: `rules.2.for`, or the row's id in a register"""
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}  {self.path}   {self.message}" if self.path else f"{where}   {self.message}"


class Faulty(Exception):
    """Raised with every fault that was found."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(set(faults))
        super().__init__("\n".join(str(f) for f in self.faults))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """ "; did you mean 'overspeed'?", or '' where nothing is near."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""
