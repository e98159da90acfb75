"""timing: the ticks, joins and leaves among journal entries, as effective ticks by source (docs/concepts/time.md, 1, 2,
12).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pyarrow as pa

from pipeline.clocks import Clocks, Down, Ticks
from pipeline.columns import Array
from pipeline.entries import Kind
from pipeline.rows import Floats, Longs


class Timing:
    """What the ticks among some entries come to; reading them moves the clocks on."""

    def __init__(self, clocks: Clocks, code_of: Callable[[str], int], down_of: Callable[[str], float]) -> None:
        self.clocks = clocks
        self.code_of = code_of
        """A source's code, given where it is new."""
        self.down_of = down_of
        """After how many seconds without a tick a source was down."""
        self.downs: list[Down] = []
        self.effective: dict[int, list[tuple[Floats, Longs]]] = {}
        """By source code: runs of ticks and their positions."""
        self.revived: dict[tuple[int, int], float] = {}
        """(source code, position of the tick) -> since when the source is up again."""

    def read(self, batch: pa.RecordBatch, first: int, kinds: Array) -> None:
        """Takes the ticks, joins and leaves among a batch's entries; `kinds` is its kind column."""
        at = np.flatnonzero((kinds >= Kind.TICK) & (kinds <= Kind.LEAVE))
        if not len(at):
            return
        some = batch.take(pa.array(at))
        if not self._plain(some, first + at, kinds[at]):
            self._one_by_one(some, first + at, kinds[at])

    def _plain(self, some: pa.RecordBatch, position: Longs, kinds: Array) -> bool:
        """Nothing but ticks of sources that have one member each: as columns. False where it is not so."""
        if not (kinds == Kind.TICK).all():
            return False
        source, member = (some.column(name).dictionary.to_pylist() for name in ("source", "topic"))
        source_of, member_of = (some.column(name).indices.to_numpy() for name in ("source", "topic"))
        places = dict.fromkeys(zip(source_of.tolist(), member_of.tolist(), strict=True))
        pairs = [(source[a], member[b]) for a, b in places]
        time = some.column("received").to_numpy()
        if len(dict(pairs)) < len(pairs) or not np.isfinite(time).all():
            return False
        codes = np.full(len(source), -1)
        for (name, one), (place, _) in zip(pairs, places, strict=True):
            clock = self.clocks.clock(name, self.down_of(name))
            codes[place] = self.code_of(name)
            alone = not set(clock.members) - {one} and (clock.members or clock.newest == -np.inf)
            if not alone or clock.effective != clock.newest:
                return False
        if not self._many(codes[source_of], time, position):
            return False
        for name, one in pairs:
            clock = self.clocks.by_name[name]
            clock.members[one] = max(clock.newest, clock.members.get(one, -np.inf))
        return True

    def _one_by_one(self, some: pa.RecordBatch, position: Longs, kinds: Array) -> None:
        """Ticks, joins and leaves in their turn."""
        columns = [some.column(name).to_pylist() for name in ("source", "topic", "received")]
        for at, kind, source, member, time in zip(position.tolist(), kinds.tolist(), *columns, strict=True):
            clock = self.clocks.clock(source, self.down_of(source))
            code = self.code_of(source)
            if kind == Kind.TICK and np.isfinite(time):
                self.heard(source, code, time, at)
                self.take(code, clock.tick(member, time), at)
            elif kind == Kind.JOIN:
                self.take(code, clock.join(member), at)
            elif kind == Kind.LEAVE:
                self.take(code, clock.leave(member), at)

    def heard(self, source: str, code: int, tick: float, position: int) -> None:
        """A member's tick shows that its source was down, and that others are (rule 12)."""
        own = self.clocks.by_name[source]
        if own.unwatched:
            own.unwatched = False
            self.revived[code, position] = tick
        for name, clock in self.clocks.by_name.items():
            if clock.newest == -np.inf or (name == source and tick <= clock.newest):
                continue
            down = tick - clock.newest > clock.down_after
            if name == source:
                if down:
                    self.downs.append(Down(name, clock.newest, tick, tick, position, told=clock.down_open))
                    self.revived[code, position] = tick
                elif clock.down_open:
                    self.downs.append(Down(name, clock.newest, tick, tick, position, withdrawn=True))
                clock.down_open = False
            elif down and not clock.down_open:
                clock.down_open = True
                self.downs.append(Down(name, clock.newest, np.nan, tick, position))
        own.newest = max(own.newest, tick)

    def take(self, code: int, tick: float | None, position: int) -> None:
        """An effective tick, or None where it did not move."""
        if tick is not None:
            self.effective.setdefault(code, []).append((np.array([tick]), np.array([position])))

    def _many(self, code: Array, time: Floats, position: Longs) -> bool:
        """A run of ticks at once, where no source was down or is; False (and nothing done) otherwise.

        code: of each tick's source. Two ticks a second and source for days: this is nearly always the case.
        """
        moved: dict[str, tuple[int, Floats, Longs]] = {}
        for name, clock in self.clocks.by_name.items():
            one = self.code_of(name)
            mine = np.flatnonzero(code == one)
            running = np.maximum.accumulate(np.concatenate(([clock.newest], time[mine])))
            before = running[:-1]
            if clock.down_open or np.any((time[mine] - before > clock.down_after) & (before > -np.inf)):
                return False
            # How far the other sources' ticks ever were beyond this one's newest.
            newest = np.maximum.accumulate(np.where(code == one, time, clock.newest))
            if np.any((time - newest > clock.down_after) & (code != one) & (newest > -np.inf)):
                return False
            forward = time[mine] > before
            moved[name] = one, time[mine][forward], position[mine][forward]
        for name, (one, times, positions) in moved.items():
            if len(times):
                clock = self.clocks.by_name[name]
                clock.newest = clock.effective = float(times[-1])
                self.effective.setdefault(one, []).append((times, positions))
        return True

    def spans(self, first: int, end: int) -> list[tuple[int, int]]:
        """[first, end) cut where a source has come back."""
        edges = [first, *sorted({position for _, position in self.revived if position > first}), end]
        return list(pairwise(edges))

    def tables(self, passed: list[tuple[float, float]], since: int, until: int) -> list[Ticks]:
        """By source code: the ticks at positions in [since, until). passed: the last tick before, and up since."""
        tables = []
        for code, (before, up_since) in enumerate(passed):
            times, positions = self._of(code)
            low, high = np.searchsorted(positions, (since, until)).tolist()
            up = self.revived.get((code, since), up_since)
            tables.append(Ticks(times[low:high], positions[low:high], before, up))
        return tables

    def _of(self, code: int) -> tuple[Floats, Longs]:
        runs = self.effective.get(code, [])
        if len(runs) != 1:
            joined = (
                np.concatenate([np.empty(0), *(times for times, _ in runs)]),
                np.concatenate([np.empty(0, np.int64), *(positions for _, positions in runs)]),
            )
            self.effective[code] = [joined]
        return self.effective[code][0]
