"""rereading: a configuration read again while it runs: the whole file or none of it, and only what may change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.faults import Fault, Faulty
from pipeline.runtime.compose import City, load_city
from pipeline.runtime.config import Configuration

CITY = "city"
"""The part of a file that is judged by, as reloads tell of it."""


def load_whole(file: Path, different: Mapping[str, Any] | None, others: Callable[[], Sequence[Fault]]) -> City:
    """others: the faults of what in the file is not the city's own. Raises Faulty with every fault of all of it."""
    faults = list(others())
    try:
        city = load_city(file, different)
    except Faulty as faulty:
        faults += faulty.faults
    if faults:
        raise Faulty(faults)
    return city


def same_place(file: Path, old: Configuration, new: Configuration, keys: Sequence[str]) -> None:
    """Raises Faulty where keys are different that only a new start changes."""
    faults = [
        Fault(str(file), 0, key, f"expected what it was when this run began; stop and start to change '{key}'")
        for key in keys
        if getattr(old, key) != getattr(new, key)
    ]
    if faults:
        raise Faulty(faults)
