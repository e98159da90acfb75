"""spool: deliveries put aside on disk until all are there, and given back in the order of their times.

Holds 24 bytes for each delivery, 32 while it sorts, and each topic once; payloads are in an unnamed file, so that the
longest recording needs room on the disk and not in memory: a day of 17 million positions holds 550 MB. Deliveries of
one time come back in the order in which they were added.
"""

from __future__ import annotations

import os
import tempfile
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

_BUFFER = 1 << 20
_TOGETHER = 65_536
"""Places in the order that are plain numbers at a time."""


class Delivery(NamedTuple):
    """One message as a source received it. received: UTC seconds."""

    received: float
    topic: str
    payload: bytes
    source: str = ""


class Spool:
    """Deliveries on disk. Use it in a `with`; nothing of it is left behind."""

    def __init__(self, folder: Path | None = None) -> None:
        """folder: where there is room; None: where the system keeps what is temporary."""
        self._file = tempfile.TemporaryFile(dir=folder, buffering=_BUFFER)  # noqa: SIM115 closed by __exit__
        self._received = array("d")
        self._ends = array("q")
        self._kinds = array("i")
        self._codes: dict[tuple[str, str], int] = {}
        self._size = 0

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._received)

    @property
    def sources(self) -> list[str]:
        """Whose deliveries there are, sorted."""
        return sorted({source for _, source in self._codes})

    @property
    def span(self) -> tuple[float, float]:
        """UTC seconds of the earliest and the latest delivery."""
        return min(self._received), max(self._received)

    def add(self, delivery: Delivery) -> None:
        """One more. Raises OSError where the disk is full."""
        received, topic, payload, source = delivery
        self._file.write(payload)
        self._size += len(payload)
        self._received.append(received)
        self._ends.append(self._size)
        self._kinds.append(self._codes.setdefault((topic, source), len(self._codes)))

    def __iter__(self) -> Iterator[Delivery]:
        """All of them by time. Nothing may be added meanwhile."""
        received = np.frombuffer(self._received, np.float64)
        ordered = bool((received[1:] >= received[:-1]).all())
        order = np.arange(len(received)) if ordered else np.argsort(received, kind="stable")
        self._file.flush()
        named, ends, file = list(self._codes), self._ends, self._file.fileno()
        for some in range(0, len(order), _TOGETHER):
            for which in order[some : some + _TOGETHER].tolist():
                begin = ends[which - 1] if which else 0
                topic, source = named[self._kinds[which]]
                yield Delivery(self._received[which], topic, os.pread(file, ends[which] - begin, begin), source)
