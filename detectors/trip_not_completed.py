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

from pipeline.detector import Detector, Judgement, Memory
from pipeline.names import NOBODY
from pipeline.rows import Flags, Ints, Longs, Position
from pipeline.runs import before, filled, last_at, lasts, of_row
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
    use: str = "disposal"
    """The `use` of the zones that are disposal sites."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.empty > self.loaded:
            raise ValueError(f"expected empty ({self.empty:.4g}) to be no more than loaded ({self.loaded:.4g})")
        return self

    def judge_runs(self, rows: Position, starts: Longs, world: World, memory: Memory) -> Judgement:
        n = len(rows)
        sheet = world.manifest(rows.subject, rows.ts)
        has = ~np.isnan(sheet.since)
        if not has.any() and not memory["on"].any():
            return Judgement(wrong=np.zeros(n, np.bool_))
        newest = last_at(has, starts)

        def now(name: str, none: Any) -> NDArray[Any]:
            """What the last manifest says, also when it is over."""
            kept = of_row(np.where(memory["on"], memory[name], none), starts, n)
            return np.where(newest >= 0, getattr(sheet, name)[newest], kept)

        since, due = now("since", np.nan), now("due", np.nan)
        site, disposal = now("site", NOBODY).astype(np.int32), now("disposal", NOBODY).astype(np.int32)
        held = before(since, starts, np.where(memory["on"], memory["since"], np.nan))
        begins = has & (since != held)

        # a trip is a run of its own; one that goes on from before has stages and a load already
        trips = np.union1d(starts, np.flatnonzero(begins))
        goes_on = ~begins[starts] & memory["on"]
        at = np.searchsorted(trips, starts[goes_on])
        load = np.full(len(trips), np.nan)
        load[at] = memory["load"][goes_on]
        loads = filled(rows.load, trips, load)

        def ever(flags: Flags, stage: str) -> Flags:
            """Whether it was so in some row of the trip, up to each."""
            was = np.zeros(len(trips), np.bool_)
            was[at] = memory[stage][goes_on]
            return of_row(was, trips, n) | (last_at(flags, trips) >= 0)

        at_site, off_site = world.in_zone(rows, site)
        arrived, off_disposal = world.in_zone(rows, disposal)
        other, unlisted = world.within(rows, (self.use,)), site == NOBODY
        light = loads < self.loaded
        full = ever(rows.load >= self.loaded, "full")
        fetched = ever(at_site | unlisted, "fetched")
        left = ever(fetched & (off_site | unlisted) & ~light, "left")
        completed = ever(left & arrived, "completed")

        going = left & ~completed & (disposal != NOBODY) & (full | np.isnan(loads))
        late = rows.ts >= due
        astray = other.inside & off_disposal
        gone = (loads < self.empty) & off_disposal
        last = lasts(starts, n)
        memory["on"] |= newest[last] >= 0
        on, last = memory["on"], last[memory["on"]]
        for name, column in (("site", site), ("disposal", disposal), ("since", since), ("due", due), ("load", loads)):
            memory[name][on] = column[last]
        for name, flags in zip(_STAGES, (full, fetched, left, completed), strict=True):
            memory[name][on] = flags[last]
        return Judgement(
            wrong=going & (late | astray | gone),
            right=~going | ~(late | light | ~other.outside),
            measure=np.maximum(rows.ts - due, 0.0) / 60.0,
            place=np.where(other.inside & off_disposal, other.zone, np.int32(NOBODY)),
        )

    def missing(self, subjects: Ints, world: World) -> Mapping[str, Flags]:
        return {"no manifest": ~world.has_manifest(subjects)}
