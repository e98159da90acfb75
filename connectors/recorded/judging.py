"""judging: recorded payloads, judged by the code that will decode them: which give rows, of when, and what is wrong.

What an import accepts is what a replay decodes, and a payload's time is the one that the replay sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple, TypeVar

import numpy as np

from connectors.codecs import codec
from connectors.codecs.shape import MAX_DEPTH
from connectors.codecs.stream import Reader, StreamSettings
from pipeline.rows import Floats

TOGETHER = 2048
"""Messages that are judged together."""
T = TypeVar("T")


def together(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while some := list(islice(rest, TOGETHER)):
        yield some


class Judged(NamedTuple):
    """What became of some payloads."""

    newest: Floats
    """of each payload the time of its newest row, UTC seconds, NaN where it has none; shape (payloads,)"""
    bad: dict[int, list[str]]
    """which payload -> expected …; got …; one of several rows may have both, one of none neither"""


class Judge:
    """One stream's own reader."""

    def __init__(self, stream: StreamSettings) -> None:
        self._reader: Reader = codec(stream.codec).reader(stream)

    def __call__(self, payloads: list[bytes]) -> Judged:
        newest = np.full(len(payloads), -np.inf)
        bad: dict[int, list[str]] = {}
        for begin in range(0, len(payloads), self._reader.chunk):
            some = payloads[begin : begin + self._reader.chunk]
            chunk = self._reader.read(some, any(len(payload) >= 2 * MAX_DEPTH for payload in some))
            np.maximum.at(newest, chunk.at + begin, chunk.values["ts"])
            for at, what in chunk.bad:
                bad.setdefault(at + begin, []).append(what)
        newest[np.isneginf(newest)] = np.nan
        return Judged(newest, bad)
