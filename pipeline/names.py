"""names: strings as small whole numbers, so that columns can hold them.

One `Names` belongs to one engine and only ever grows; a code means the same string for the engine's whole life
(snapshots keep the list). Subjects, zones and metrics share it: a code says nothing about what it names.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

NOBODY = -1
"""The code of no name at all (an unknown subject, no place)."""


class Names:
    """An append-only list of distinct strings with their positions."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.strings: list[str] = []
        self._codes: dict[str, int] = {}
        for name in names:
            self.code(name)

    def __len__(self) -> int:
        return len(self.strings)

    def __getitem__(self, code: int) -> str:
        """The string of a code; '' for NOBODY."""
        return self.strings[code] if code >= 0 else ""

    def code(self, name: str) -> int:
        """The code of `name`, which is added if new."""
        code = self._codes.get(name)
        if code is None:
            code = self._codes[name] = len(self.strings)
            self.strings.append(name)
        return code

    def find(self, name: str) -> int:
        """The code of `name`, or NOBODY; never adds."""
        return self._codes.get(name, NOBODY)

    def among(self, codes: NDArray[np.int32], names: Iterable[str]) -> NDArray[np.bool_]:
        """Which codes are of one of these names, shape of `codes`; never adds."""
        return np.isin(codes, [code for code in map(self.find, names) if code != NOBODY])

    def codes(self, names: Iterable[str]) -> NDArray[np.int32]:
        """`code` for many: shape (n,)."""
        return np.fromiter((self.code(name) for name in names), np.int32)
