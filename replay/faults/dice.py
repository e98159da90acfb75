"""dice: random numbers that depend on what they are thrown for, and on nothing else.

A number is a hash of (seed, the fault's name, what it is about): who asks before or after, in what order and in blocks
of what size changes nothing, nor does another fault beside it. Only whole numbers and exact products are used, so that
every machine throws the same. The hash is SplitMix64's finaliser (Steele, Lea and Flood, 2014), one round a word.
"""

from __future__ import annotations

import zlib
from hashlib import blake2b

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.names import Names
from pipeline.rows import Floats, Ints

Words = NDArray[np.uint64]
"""64 bits about each of n things, shape (n,)."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_SUMMED = 3
"""Words of four 16-bit numbers each: the sum of twelve uniform ones has a variance of 1."""


def mixed(words: Words, more: Words) -> Words:
    """Both as one word of which every bit depends on all of theirs."""
    z = (words ^ more) + _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    return z ^ (z >> np.uint64(31))


def bits(column: NDArray[np.float64] | NDArray[np.int64]) -> Words:
    """The 64 bits of each number."""
    words: Words = np.ascontiguousarray(column).view(np.uint64)
    return words


def word(text: str) -> int:
    """A text as 64 bits."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def payload_words(column: pa.BinaryArray) -> Words:
    """Payloads as (32) bits."""
    return np.fromiter(map(zlib.crc32, column.to_pylist()), np.uint64, len(column))


def text_words(column: pa.DictionaryArray) -> Words:
    """A dictionary's texts as 64 bits, by entry."""
    texts = np.array([word(text) for text in column.dictionary.to_pylist()], np.uint64)
    words: Words = texts[column.indices.to_numpy()]
    return words


class NameWords:
    """The names of one `Names` as 64 bits, by code; 0 for NOBODY."""

    def __init__(self) -> None:
        self._names: Names | None = None
        self._words = np.zeros(1, np.uint64)

    def of(self, names: Names, codes: Ints) -> Words:
        """Shape as `codes`."""
        known = len(self._words) - 1 if names is self._names else 0
        if known < len(names) or names is not self._names:
            new = np.array([word(text) for text in names.strings[known:]], np.uint64)
            # the last is NOBODY's, whose code is -1
            self._words = np.concatenate([self._words[:known], new, np.zeros(1, np.uint64)])
            self._names = names
        return self._words[codes]


class Dice:
    """One fault's dice."""

    def __init__(self, seed: int, name: str) -> None:
        self._salt = np.array([word(f"{seed} {name}")], np.uint64)

    def words(self, *about: Words) -> Words:
        """64 random bits for each of what the columns together say."""
        found = self._salt
        for column in about:
            found = mixed(found, column)
        return found

    def uniform(self, *about: Words) -> Floats:
        """0 <= x < 1."""
        return (self.words(*about) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def normal(self, *about: Words) -> Floats:
        """Mean 0, standard deviation 1, never beyond 6: the sum of twelve uniform numbers (Irwin-Hall), whose exactness
        no machine's logarithm spoils.
        """
        found = self.words(*about)
        total = np.zeros(len(found), np.uint64)
        for _ in range(_SUMMED):
            found = mixed(found, self._salt)
            for shift in (0, 16, 32, 48):
                total += (found >> np.uint64(shift)) & np.uint64(0xFFFF)
        # each of the twelve is 0 .. 65535: half a step is lacking to the middle
        return (total.astype(np.float64) + 6.0) * 2.0**-16 - 6.0
