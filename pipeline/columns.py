"""columns: growing tables of plain arrays, one record a slot; what all of the engine's state is kept in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Table:
    """Columns that grow together. A new slot holds the defaults."""

    fields: dict[str, tuple[type[np.generic], Any]]
    """name -> (type, default)"""

    def __init__(self, fields: dict[str, tuple[type[np.generic], Any]]) -> None:
        self.fields = fields
        self.size = 0
        self.columns: dict[str, Array] = {name: np.full(0, default, kind) for name, (kind, default) in fields.items()}

    def __getitem__(self, name: str) -> Array:
        """A whole column, shape (size,): a view, to be read and written in place."""
        return self.columns[name][: self.size]

    def grow(self, size: int) -> None:
        """At least `size` slots."""
        if size <= self.size:
            return
        room = len(next(iter(self.columns.values())))
        if size > room:
            room = max(size, room + room // 2, 64)
            for name, (kind, default) in self.fields.items():
                column = np.full(room, default, kind)
                column[: self.size] = self.columns[name][: self.size]
                self.columns[name] = column
        self.size = size

    def take(self, slots: Array) -> dict[str, Array]:
        """Copies of the records at `slots`, as columns."""
        return {name: column[slots] for name, column in self.columns.items()}

    def put(self, slots: Array, values: dict[str, Array]) -> None:
        """Writes records; columns that are not given stay."""
        for name, value in values.items():
            self.columns[name][slots] = value

    def reset(self, slots: Array) -> None:
        """Back to the defaults."""
        for name, (_, default) in self.fields.items():
            self.columns[name][slots] = default

    def dump(self) -> dict[str, Array]:
        """The used part of every column."""
        return {name: self[name].copy() for name in self.fields}

    def load(self, columns: dict[str, Array]) -> None:
        """What `dump` gave."""
        self.size = len(next(iter(columns.values())))
        self.columns = {name: columns[name].astype(kind, copy=True) for name, (kind, _) in self.fields.items()}
