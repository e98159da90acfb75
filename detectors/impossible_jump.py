"""impossible_jump: did it get here faster than anything on the road could drive?

Reads Position; remembers the last place that it trusts, and whether it has doubts. Reports the km/h that it would have
taken. A place that can't have been reached from the trusted one is wrong, and is not trusted itself, so that a single
stray fix is one case and not two (there and back). The trusted place stands until the vehicle is somewhere that it can
have driven to in the time since, or until the places that contradict it have agreed with each other for `believe`: then
it was the trusted one that was off (the first fix after a cold start).

A terminal without reception repeats its last place. The time in which it drove counts from the first of such
repetitions, so the leap at the end of a tunnel is none.

Default 200 km/h: no lorry drives that, and jammed or spoofed receivers leap by kilometres a second. Default least
200 m: what reflections between high buildings do to a fix.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from pipeline.detector import Detector, Judgement, Memory
from pipeline.geo import distance
from pipeline.rows import Flags, Floats, Longs, Position
from pipeline.runs import before, lasts, rounds, rows_of
from pipeline.units import Kmh, Metres, Quantity, Seconds
from pipeline.world import World

_FIX = [("ts", "f8"), ("lon", "f8"), ("lat", "f8"), ("accuracy", "f8")]
_LONGEST = 111_700.0
"""metres: no degree is longer, of longitude or of latitude, anywhere"""


class ImpossibleJump(Detector):
    """Did it get here faster than anything on the road could drive?"""

    rows = Position
    needs: ClassVar[tuple[str, ...]] = ("lon", "lat")
    unit = "km/h"
    memory = np.dtype(
        [("heard", "?"), ("doubt", "?"), ("since", "f8")]
        + [(f"{whose}_{name}", kind) for whose in ("trusted", "suspect") for name, kind in _FIX]
    )
    """suspect: the newest of the places that contradict the trusted one, which agree with each other `since` then."""

    fastest: Kmh = Quantity(200.0)
    """What it would take more than to be a jump."""
    least: Metres = Quantity(200.0)
    """A shorter way is no jump, however short the time."""
    clock: Seconds = Quantity(1.0)
    """How coarse the terminal's time is: so much longer may it have driven."""
    believe: Seconds = Quantity(300.0)
    """After so long the places that contradict the trusted one, and not each other, are the truth."""

    def judge_runs(self, rows: Position, starts: Longs, world: World, memory: Memory) -> Judgement:
        n = len(rows)
        # how far each row is from the one before, at most: a few sums tell that nearly no row needs a closer look
        step = np.abs(rows.lon - before(rows.lon, starts, memory["trusted_lon"]))
        step += np.abs(rows.lat - before(rows.lat, starts, memory["trusted_lat"]))
        step *= _LONGEST
        step[starts[~memory["heard"]]] = 0.0
        reach = rows.ts - before(rows.ts, starts, memory["trusted_ts"])
        reach += self.clock
        reach *= self.fastest / 3.6
        special = memory["doubt"].copy()
        fast = np.flatnonzero((step > reach) & (step > self.least))
        special[np.searchsorted(starts, fast, side="right") - 1] = True

        wrong, measure = np.zeros(n, np.bool_), np.full(n, np.nan)
        plain = np.flatnonzero(~special)
        step[starts[~memory["heard"]]] = 1.0  # to be there at all is to have arrived
        arrived = np.maximum.reduceat(np.where(step > 0.0, np.arange(n), -1), starts)[plain]
        memory["trusted_ts"][plain] = np.where(arrived >= 0, rows.ts[arrived], memory["trusted_ts"][plain])
        newest = lasts(starts, n)[plain]
        for name in ("lon", "lat", "accuracy"):
            memory[f"trusted_{name}"][plain] = rows.column(name)[newest]
        memory["heard"][plain] = True

        doubtful = np.flatnonzero(special)
        index, begin = rows_of(special, starts, n)
        for keys, at in rounds(begin, len(index)):
            self._one(rows, index[at], memory, doubtful[keys], wrong, measure)
        return Judgement(wrong=wrong, measure=measure)

    def _one(self, rows: Position, row: Longs, memory: Memory, key: Longs, wrong: Flags, measure: Floats) -> None:
        """One row of each of some keys: writes what it says of `row` and what `key` then remembers."""
        ts, heard = rows.ts[row], memory["heard"][key]
        jumped, kmh = self._jumped(rows, row, memory, key, "trusted")
        jumped &= heard
        agrees = memory["doubt"][key] & ~self._jumped(rows, row, memory, key, "suspect")[0]
        since = np.where(agrees, memory["since"][key], ts)
        believed = jumped & agrees & (ts - since >= self.believe)
        wrong[row] = jumped & ~believed
        measure[row] = np.where(wrong[row], kmh, np.nan)
        self._keep(rows, row, memory, key, "trusted", ~jumped, heard)
        self._keep(rows, row, memory, key, "suspect", jumped, agrees)
        for name, _ in _FIX:
            memory[f"trusted_{name}"][key[believed]] = memory[f"suspect_{name}"][key[believed]]
        memory["since"][key[jumped]] = since[jumped]
        memory["doubt"][key], memory["heard"][key] = wrong[row], True

    def _jumped(self, rows: Position, row: Longs, memory: Memory, key: Longs, whose: str) -> tuple[Flags, Floats]:
        """(jumped, km/h): whether each row can't have been reached from that place of its key's."""
        metres = distance(rows.lon[row], rows.lat[row], memory[f"{whose}_lon"][key], memory[f"{whose}_lat"][key])
        metres -= np.nan_to_num(rows.accuracy[row]) + np.nan_to_num(memory[f"{whose}_accuracy"][key])
        seconds = rows.ts[row] - memory[f"{whose}_ts"][key] + self.clock
        jumped = (metres > self.least) & (metres > seconds * (self.fastest / 3.6))
        return jumped, metres / np.maximum(seconds, 0.001) * 3.6

    def _keep(
        self, rows: Position, row: Longs, memory: Memory, key: Longs, whose: str, which: Flags, known: Flags
    ) -> None:
        """That place of the key's is the row's, for those that `which` says; known: there was one before."""
        row, key, known = row[which], key[which], known[which]
        same = known & (memory[f"{whose}_lon"][key] == rows.lon[row]) & (memory[f"{whose}_lat"][key] == rows.lat[row])
        memory[f"{whose}_ts"][key] = np.where(same, memory[f"{whose}_ts"][key], rows.ts[row])
        for name in ("lon", "lat", "accuracy"):
            memory[f"{whose}_{name}"][key] = rows.column(name)[row]
