"""numbering: dense numbers for the pairs that keys and lines are, so that state is plain arrays.

A vehicle's or a sensor's number is for good: it comes back. Of tracks there are millions, none of which does: theirs
are given back when they are forgotten, and given to others.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from pipeline.columns import Array
from pipeline.rows import Flags, Longs

Pair = tuple[int, int]


class Numbers:
    """Pairs of small whole numbers -> dense numbers. One array for each second member, of which there are few."""

    def __init__(self) -> None:
        self.pairs: list[Pair] = []
        self._by_minor: dict[int, Array] = {}

    def __len__(self) -> int:
        return len(self.pairs)

    def of(self, major: Array, minor: Array) -> Longs:
        """The numbers of (major, minor) pairs, given where new. Shape (n,)."""
        out = np.empty(len(major), np.int64)
        first = int(minor[0]) if len(minor) else 0
        minors = [first] if len(minor) and (minor == first).all() else np.unique(minor).tolist()
        for one in minors:
            mine = slice(None) if len(minors) == 1 else np.flatnonzero(minor == one)
            wanted = major[mine]
            known = self._by_minor.get(one)
            top = int(wanted.max()) + 1
            if known is None or len(known) < top:
                longer = np.full(max(top, 64, 0 if known is None else len(known) * 3 // 2), -1, np.int32)
                if known is not None:
                    longer[: len(known)] = known
                known = self._by_minor[one] = longer
            numbers = known[wanted]
            if (numbers < 0).any():
                for value in np.unique(wanted[numbers < 0]).tolist():
                    known[value] = len(self.pairs)
                    self.pairs.append((value, one))
                numbers = known[wanted]
            out[mine] = numbers
        return out

    def load(self, pairs: Iterable[Pair]) -> None:
        """The numbers of the pairs, in order."""
        for major, minor in pairs:
            self.of(np.array([major]), np.array([minor]))


class _Given(dict[Pair, int]):
    """Pair -> number, which is given when it is asked for."""

    def __init__(self, pairs: list[Pair], free: list[int]) -> None:
        super().__init__()
        self.pairs, self.free = pairs, free

    def __missing__(self, pair: Pair) -> int:
        if self.free:
            number = self.free.pop()
            self.pairs[number] = pair
        else:
            number = len(self.pairs)
            self.pairs.append(pair)
        self[pair] = number
        return number


class PassingNumbers(Numbers):
    """Pairs of any whole numbers -> dense numbers that are given back."""

    def __init__(self) -> None:
        super().__init__()
        self.free: list[int] = []
        self._given = _Given(self.pairs, self.free)
        self._taken = np.zeros(0, bool)

    @property
    def taken(self) -> Flags:
        """By number: whether it is somebody's. Shape (len(self),), to be read only."""
        return self._taken[: len(self.pairs)]

    def of(self, major: Array, minor: Array) -> Longs:
        pairs = zip(major.tolist(), minor.tolist(), strict=True)
        numbers = np.fromiter(map(self._given.__getitem__, pairs), np.int64, len(major))
        self._grow()
        self._taken[numbers] = True
        return numbers

    def give_back(self, numbers: Longs) -> None:
        """These are nobody's any more."""
        for number in numbers.tolist():
            del self._given[self.pairs[number]]
            self.free.append(number)
        self._taken[numbers] = False

    def load(self, pairs: Iterable[Pair], free: Iterable[int] = ()) -> None:
        """The numbers of the pairs, in order, without those that had been given back."""
        self.pairs += pairs
        self.free += free
        self._grow()
        self._taken[:] = True
        self._taken[self.free] = False
        self._given.update((self.pairs[number], number) for number in np.flatnonzero(self.taken).tolist())

    def _grow(self) -> None:
        if len(self._taken) < len(self.pairs):
            longer = np.zeros(max(len(self.pairs), len(self._taken) * 3 // 2), bool)
            longer[: len(self._taken)] = self._taken
            self._taken = longer
