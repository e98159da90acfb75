"""tables: a recorded file as records with named columns, which is what CSV and GPX have in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.faults import Fault


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its cells by column, as text, empty ones left out."""

    line: int
    name: str
    """Which one it is, where the line does not say: `trkpt 12`."""
    cells: dict[str, str]


@dataclass(slots=True)
class Table:
    """A file's columns and records. What can't be read is a Fault in its place, and the reading goes on."""

    file: str
    columns: tuple[str, ...]
    records: Iterator[Record | Fault]
