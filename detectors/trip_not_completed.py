"""trip_not_completed: did the load that it fetched not get to where its manifest sends it?

Reads Position; remembers the manifest (the electronic trip sheet) that it is about, and how far the trip has come.
Reports the minutes since it was due. A trip is under way once the vehicle has been inside the manifest's site and has
left it, loaded. From then on it is wrong in another disposal site, with its load gone before it was at its own, or when
the manifest is due; right once it was at its own, or when the next manifest begins. A vehicle that never was at the
site, or that left it empty, made no trip.

Where no load is known, places alone decide. Between 20 % and 50 % of load nobody can say whether it is gone: dust and
mud stay in the body, and weighing cells are rough. Driving past the gate of another site is let pass by the rule's
`for`. Silence is another question (signal_lost): a trip that was begun and not heard of again is found with its next
row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from pipeline.answers import Manifest
from pipeline.detector import Detector, Judgement, Memory
from pipeline.names import NOBODY
from pipeline.rows import Flags, Floats, Ints, Longs, Position
from pipeline.runs import before, filled, last_at, lasts, of_row, rows_of
from pipeline.units import Quantity, Share
from pipeline.world import World

_STAGES = ("full", "fetched", "left", "completed")
"""seen loaded; been at the site; left it, and not empty; been at the disposal site"""


class TripNotCompleted(Detector):
    """Did the load that it fetched not get to where its manifest sends it?"""

    rows = Position
    needs: ClassVar[tuple[str, ...]] = ("lon", "lat")
    memory = np.dtype(
        [("on", "?"), ("site", "i4"), ("disposal", "i4"), ("since", "f8"), ("due", "f8"), ("load", "f8")]
        + [(name, "?") for name in _STAGES]
    )
    """on: there has been a manifest; then what it says, the last load known on its trip, and the trip's stages."""
    unit = "min"

    loaded: Share = Quantity(0.50)
    """From here on it carries a load."""
    empty: Share = Quantity(0.20)
    """Below this the load is gone."""
    site: str = "site"
    """The `use` of the zones that manifests name as sites."""
    disposal: str = "disposal"
    """The `use` of the zones that they name to tip in."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.empty > self.loaded:
            raise ValueError(f"expected empty ({self.empty:.4g}) to be no more than loaded ({self.loaded:.4g})")
        return self

    def judge_runs(self, rows: Position, starts: Longs, world: World, memory: Memory) -> Judgement:
        n = len(rows)
        wrong, right = np.zeros(n, np.bool_), np.ones(n, np.bool_)
        measure, place = np.zeros(n), np.full(n, NOBODY, np.int32)
        sheet = _sheets(rows, starts, world, memory)
        if sheet is None:
            return Judgement(wrong, right, measure, place)
        held = before(sheet.since, starts, np.where(memory["on"], memory["since"], np.nan))
        begins = (sheet.since != held) & ~np.isnan(sheet.since)

        # a trip is a run of its own, with a record; one that goes on from before has its key's
        trips = np.union1d(starts, np.flatnonzero(begins))
        last = lasts(trips, n)
        record = np.zeros(len(trips), memory.dtype)
        record["load"] = np.nan
        goes_on = ~begins[starts] & memory["on"]
        at = np.searchsorted(trips, starts)
        record[at[goes_on]] = memory[goes_on]
        record["on"] = ~np.isnan(sheet.since[last])
        for name in ("site", "disposal", "since", "due"):
            record[name] = getattr(sheet, name)[last]

        # only a trip that is under way, or near a site, can come to be wrong, and few rows are near one
        close = ~world.within(rows, (self.site, self.disposal)).outside
        asked = record["fetched"] | (record["site"] == NOBODY) | np.logical_or.reduceat(close, trips)
        asked &= record["on"] & ~record["completed"]
        if asked.any():
            index, begin = rows_of(asked, trips, n)
            some = self._follow(rows.take(index), begin, record[asked], close[index], world)
            record[asked], wrong[index], right[index], measure[index], place[index] = some
        record["full"] |= np.logical_or.reduceat(rows.load >= self.loaded, trips)
        newest = np.maximum.reduceat(np.where(np.isnan(rows.load), -1, np.arange(n)), trips)
        record["load"] = np.where(newest >= 0, rows.load[newest], record["load"])
        mine = record[np.append(at[1:], len(trips)) - 1]
        memory[mine["on"]] = mine[mine["on"]]
        return Judgement(wrong, right, measure, place)

    def _follow(
        self, rows: Position, trips: Longs, record: Memory, close: Flags, world: World
    ) -> tuple[Memory, Flags, Flags, Floats, Ints]:
        """(record, wrong, right, measure, place): some trips' records after their rows, and what is said of those.

        trips: where each begins. record: before its first row. close: the rows that may be in a zone of either use.
        """
        n, there = len(rows), np.flatnonzero(close)
        near = rows.take(there)
        site, disposal = (of_row(record[name], trips, n) for name in ("site", "disposal"))

        def zones(certain: tuple[Flags, Flags]) -> tuple[Flags, Flags]:
            """(inside, outside) of all rows, from those of the near ones."""
            inside, outside = np.zeros(n, np.bool_), np.ones(n, np.bool_)
            inside[there], outside[there] = certain
            return inside, outside

        def ever(flags: Flags, stage: str) -> Flags:
            """Whether it was so in some row of the trip, up to each."""
            return of_row(record[stage], trips, n) | (last_at(flags, trips) >= 0)

        other = world.within(near, (self.disposal,))
        at_site, off_site = zones(world.in_zone(near, site[there]))
        arrived, off_disposal = zones(world.in_zone(near, disposal[there]))
        astray, off_all = zones((other.inside, other.outside))
        astray &= off_disposal
        unlisted, loads = site == NOBODY, filled(rows.load, trips, record["load"])
        light = loads < self.loaded
        full = ever(rows.load >= self.loaded, "full")
        fetched = ever(at_site | unlisted, "fetched")
        left = ever(fetched & (off_site | unlisted) & ~light, "left")
        completed = ever(left & arrived, "completed")

        due = of_row(record["due"], trips, n)
        going = left & ~completed & (disposal != NOBODY) & (full | np.isnan(loads))
        late, gone = rows.ts >= due, (loads < self.empty) & off_disposal
        wrong = going & (late | astray | gone)
        zone = np.full(n, NOBODY, np.int32)
        zone[there] = other.zone
        place = np.where(astray, zone, np.int32(NOBODY))
        last = lasts(trips, n)
        for name, flags in zip(_STAGES, (full, fetched, left, completed), strict=True):
            record[name] = flags[last]
        return record, wrong, ~going | ~(late | light | ~off_all), np.maximum(rows.ts - due, 0.0) / 60.0, place

    def missing(self, subjects: Ints, world: World) -> Mapping[str, Flags]:
        return {"no manifest": ~world.has_manifest(subjects)}


def _sheets(rows: Position, starts: Longs, world: World, memory: Memory) -> Manifest | None:
    """The newest manifest at or before each row, also when it is over; None where there never was one."""
    sheet = world.manifest(rows.subject, rows.ts)
    has = ~np.isnan(sheet.since)
    if has.all():
        return sheet
    if not has.any() and not memory["on"].any():
        return None
    newest = last_at(has, starts)

    def now(name: str, none: float) -> NDArray[Any]:
        column = getattr(sheet, name)
        kept = np.where(memory["on"], memory[name], none).astype(column.dtype)
        return np.where(newest >= 0, column[newest], of_row(kept, starts, len(rows)))

    return Manifest(now("site", NOBODY), now("disposal", NOBODY), now("since", np.nan), now("due", np.nan))
