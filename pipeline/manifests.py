"""manifests: which electronic trip sheet does a vehicle have at a time?

Reads the manifests' table. Sheets of one vehicle may overlap (the next trip is written before the last one is closed):
then the one that began last holds. So each vehicle's time is cut once into pieces with one sheet or none each, and a
question is a search among them.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping

import numpy as np

from pipeline.raster import Index
from pipeline.registers import Table
from pipeline.rows import Flags, Floats, Ints


class Manifests:
    """Trip sheets by the vehicle's first register row. vehicles: id -> that row. places: number of a zone by its id."""

    def __init__(self, manifests: Table, vehicles: Mapping[str, int], places: Mapping[str, int]) -> None:
        def numbers(column: str) -> Ints:
            return np.array([*(places.get(name, -1) for name in manifests.text(column)), -1], np.int32)

        # the last place of each, which -1 finds, is that of no sheet
        self.site, self.disposal = numbers("site"), numbers("disposal")
        self.since = np.append(manifests.numbers("valid_from"), np.nan)
        self.due = np.append(manifests.numbers("valid_to"), np.nan)
        mine: dict[int, list[int]] = {}
        for sheet, name in enumerate(manifests.text("vehicle")):
            if name in vehicles:
                mine.setdefault(vehicles[name], []).append(sheet)
        size = max(vehicles.values(), default=-1) + 2
        self._count = np.zeros(size, np.int64)
        pieces: list[tuple[float, int]] = []
        for vehicle in sorted(mine):
            before = len(pieces)
            pieces += self._pieces(mine[vehicle])
            self._count[vehicle] = len(pieces) - before
        self.any: Flags = self._count > 0
        """By vehicle: whether it has a sheet at any time."""
        self._start = np.cumsum(self._count) - self._count
        self._from = np.array([since for since, _ in pieces], np.float64)
        self._sheet = np.array([sheet for _, sheet in pieces], np.int64)
        self._steps = int(self._count.max(initial=0)).bit_length()

    def _pieces(self, sheets: list[int]) -> Iterator[tuple[float, int]]:
        """(from when, sheet or -1) of one vehicle, in order of time."""
        ahead = sorted(sheets, key=lambda s: (self.since[s], s), reverse=True)
        moments = sorted({float(times[s]) for s in sheets for times in (self.since, self.due)})
        begun: list[tuple[float, int]] = []
        last = -1
        for moment in moments:
            while ahead and self.since[ahead[-1]] <= moment:
                sheet = ahead.pop()
                heapq.heappush(begun, (-float(self.since[sheet]), -sheet))
            while begun and self.due[-begun[0][1]] <= moment:
                heapq.heappop(begun)
            now = -begun[0][1] if begun else -1
            if now != last:
                yield moment, now
                last = now

    def at(self, vehicle: Ints, ts: Floats) -> Index:
        """The sheet that holds for each row, or -1; shape (n,). vehicle: its first register row, or -1."""
        low = self._start.take(vehicle)
        first = low.copy()
        high = low + self._count.take(vehicle)
        for _ in range(self._steps):  # of the pieces low .. high, how many begin at ts or before?
            middle = (low + high) // 2
            open_ = low < high
            before = open_ & (self._from.take(middle, mode="clip") <= ts)
            low = np.where(before, middle + 1, low)
            high = np.where(open_ & ~before, middle, high)
        found = np.full(len(ts), -1, np.int64)
        some = np.flatnonzero(low > first)
        found[some] = self._sheet[low[some] - 1]
        return found
