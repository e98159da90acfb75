"""runs: what a detector that judges whole runs of rows needs: the row before, the last known value, sums within a key.

All take columns of rows sorted by key and then by time, shape (n,), and `starts`, where each key's rows begin, shape
(k,). What was before the first row of a key is given by key, shape (k,).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.rows import Flags, Floats, Longs

Kind = TypeVar("Kind", bound=np.generic)


def lasts(starts: Longs, n: int) -> Longs:
    """The last row of each key, shape (k,); n: how many rows there are."""
    return np.append(starts[1:], n) - 1


def of_row(by_key: NDArray[Kind], starts: Longs, n: int) -> NDArray[Kind]:
    """A value of each key's, for each of its rows, shape (n,)."""
    return np.repeat(by_key, np.diff(starts, append=n))


def before(column: NDArray[Kind], starts: Longs, first: Any) -> NDArray[Kind]:
    """The column's value one row earlier, and for a key's first row what `first` says of the key. Shape (n,)."""
    shifted = np.empty_like(column)
    shifted[1:] = column[:-1]
    shifted[starts] = first
    return shifted


def last_at(flags: Flags, starts: Longs) -> Longs:
    """For each row the newest row of its key at or before it that has the flag; -1: none. Shape (n,)."""
    newest = np.maximum.accumulate(np.where(flags, np.arange(len(flags)), -1))
    return np.where(newest >= of_row(starts, starts, len(flags)), newest, -1)


def filled(column: Floats, starts: Longs, first: Floats) -> Floats:
    """The last known value at or before each row: NaN takes the value before, a key's first ones that of `first`."""
    at = last_at(~np.isnan(column), starts)
    return np.where(at >= 0, column[np.maximum(at, 0)], of_row(first, starts, len(column)))


def sums(column: Floats, starts: Longs, first: Floats) -> Floats:
    """The running sum within a key, beginning with `first`, added up row by row in that order. Shape (n,).

    The sums of a key are the same to the last bit whatever else is in the columns and however its rows are split.
    """
    total = np.empty(len(column))
    bounds = np.append(starts, len(column)).tolist()
    for k, (a, b) in enumerate(pairwise(bounds)):
        some = column[a:b].copy()
        some[0] += first[k]
        np.cumsum(some, out=total[a:b])
    return total


def rows_of(keys: Flags, starts: Longs, n: int) -> tuple[Longs, Longs]:
    """(rows, starts): all rows of the keys that have the flag (shape (k,)), and where each of these begins among them.

    For what only few keys need: a state that one row at a time goes through, say.
    """
    index = np.flatnonzero(of_row(keys, starts, n))
    count = np.diff(starts, append=n)[keys]
    return index, np.cumsum(count) - count


def rounds(starts: Longs, n: int) -> Iterator[tuple[Longs, Longs]]:
    """One row of each key at a time, in order: (keys, rows), each of the same shape, for every round."""
    ends = np.append(starts[1:], n)
    for r in range(int((ends - starts).max(initial=0))):
        keys = np.flatnonzero(starts + r < ends)
        yield keys, starts[keys] + r
