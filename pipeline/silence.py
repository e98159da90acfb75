"""silence: episodes of keys that say nothing (docs/concepts/time.md, rules 11 to 14 and 17).

A detector's `idle` says from which event time on silence after a row is wrong; the episode opens at the first tick
whose silence reaches that, and the key's next live row ends it, or withdraws it when it lies before its start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from pipeline.clocks import Ticks
from pipeline.columns import Array, Table
from pipeline.episode import Change
from pipeline.hold import BY_TICK, LAST, Changes
from pipeline.names import NOBODY
from pipeline.overlay import NEVER, fire
from pipeline.rows import Floats, Longs
from pipeline.scan import Judged

SILENCE_FIELDS: dict[str, tuple[type[np.generic], object]] = {
    "ts": (np.float64, np.nan),
    "received": (np.float64, np.nan),
    "wait": (np.float64, 0.0),
    "source": (np.int16, -1),
    "idle": (np.float64, np.inf),  # from when on silence after the last row is wrong
    "silent": (np.float64, np.nan),  # `started` of the open episode
    "said": (np.float64, np.nan),  # `started` of the newest one that was opened: an id is never opened twice
    "lon": (np.float64, np.nan),
    "lat": (np.float64, np.nan),
    "version": (np.int16, 0),
}


@dataclass(slots=True)
class PastSilence:
    """A silence that a live row ended, and the remembered gap that it left: late rows may yet change it."""

    started: float
    ended: float
    lon: float
    lat: float
    version: int
    slot: int
    withdrawn: bool = False


@dataclass(slots=True)
class Silence:
    """One rule's silences."""

    states: Table = field(default_factory=lambda: Table(SILENCE_FIELDS))
    past: dict[int, PastSilence] = field(default_factory=dict)
    """By remembered gap."""
    soonest: float = -np.inf
    """No timer of a slot without new rows is due before this tick; a bound, made exact when it is reached."""

    def step(
        self,
        ticks: list[Ticks],
        slots: Longs,
        starts: Longs,
        rows: Judged,
        idle: Floats,
        gap: Longs,
        version: int,
        changes: Changes,
    ) -> None:
        """Takes a block through: timers between rows, the rows themselves, and timers up to the last tick.

        slots, starts: as for the hold. idle: shape of the rows, UTC seconds. gap: for each row, the remembered gap that
        it leaves behind, or -1.
        """
        if len(rows.ts):
            self._between(ticks, slots, starts, rows, idle, gap, version, changes)
        if any(len(table.times) for table in ticks) and max(table.last for table in ticks) >= self.soonest:
            turn = np.full(self.states.size, -1)
            if len(slots):
                turn[slots] = rows.turn[np.append(starts[1:], len(rows.ts)) - 1]
            self._up_to_now(ticks, turn, version, changes)

    def _between(
        self,
        ticks: list[Ticks],
        slots: Longs,
        starts: Longs,
        rows: Judged,
        idle: Floats,
        gap: Longs,
        version: int,
        changes: Changes,
    ) -> None:
        states = self.states
        lon = rows.lon if rows.heard_lon is None else rows.heard_lon
        lat = rows.lat if rows.heard_lat is None else rows.heard_lat
        n = len(rows.ts)
        previous = np.arange(n) - 1
        before = {
            "ts": rows.ts[previous],
            "received": rows.received[previous],
            "wait": rows.wait[previous],
            "source": rows.source[previous],
            "idle": idle[previous],
            "lon": lon[previous],
            "lat": lat[previous],
        }
        kept = states.take(slots)
        for name, column in before.items():
            column[starts] = kept[name]
        turn = rows.turn[previous]
        turn[starts] = -1
        # Cheap and never too strict: only where the tick current at a row is far enough beyond the row before it.
        newest = np.maximum(rows.known, max(table.last for table in ticks) if len(ticks) > 1 else -np.inf)
        wait = before["idle"] - before["ts"]
        was_open = np.zeros(n, bool)
        was_open[starts] = np.isfinite(kept["silent"])
        ask = np.flatnonzero((newest - before["wait"] - before["received"] >= wait) & ~was_open)
        fired = fire(
            ticks,
            before["source"][ask],
            before["received"][ask],
            before["wait"][ask],
            wait[ask],
            turn[ask],
            rows.turn[ask],
            rows.ts[ask],
            beyond=False,
        )
        said = dict(zip(slots.tolist(), kept["said"].tolist(), strict=True))
        segment = (
            np.searchsorted(starts, np.arange(n), side="right") - 1
            if len(ask) or was_open.any()
            else np.empty(0, np.int64)
        )
        over: list[tuple[int, int, float, float, float, int]] = []
        opened: list[tuple[int, float, float, float, float, int, int]] = []
        happened = {int(row): k for k, row in enumerate(ask) if fired.did[k]}
        for row in sorted({*happened, *np.flatnonzero(was_open).tolist()}):
            which = int(segment[row])
            slot = int(slots[which])
            if was_open[row]:
                over.append(
                    (row, slot, kept["silent"][which], kept["lon"][which], kept["lat"][which], kept["version"][which])
                )
                continue
            started = float(before["idle"][row])
            if started == said[slot]:
                continue
            said[slot] = started
            where, k = (before["lon"][row], before["lat"][row]), happened[row]
            opened.append((slot, started, *where, fired.known[k], int(fired.position[k]), row))
            over.append((row, slot, started, *where, version))
        self._open(opened, version, changes)
        self._over(over, rows, gap, changes)
        # A run that begins where a silence was said to have begun would have its id (18).
        latest = np.repeat(kept["said"], np.diff(np.append(starts, n)))
        for _, started, *_, row in opened:
            latest[row : np.append(starts, n)[int(segment[row]) + 1]] = started
        barred = rows.ts == latest
        if barred.any():
            rows.barred = barred

        last = np.append(starts[1:], n) - 1
        states.put(
            slots,
            {
                "ts": rows.ts[last],
                "received": rows.received[last],
                "wait": rows.wait[last],
                "source": rows.source[last],
                "idle": idle[last],
                "silent": np.full(len(slots), np.nan),
                "said": np.fromiter(said.values(), np.float64, len(said)),
                "lon": lon[last],
                "lat": lat[last],
            },
        )
        due = rows.received[last] + rows.wait[last] + (idle[last] - rows.ts[last])
        self.soonest = min(self.soonest, float(due.min(initial=np.inf)))

    def _open(
        self, opened: list[tuple[int, float, float, float, float, int, int]], version: int, changes: Changes
    ) -> None:
        if opened:
            slot, started, lon, lat, known, position, row = (np.array(column) for column in zip(*opened, strict=True))
            changes.add(
                Change.OPENED,
                episode(slot, started, lon, lat, version),
                np.nan,
                "",
                known,
                position,
                BY_TICK + 8 * (row - 1),
            )

    def _over(
        self, over: list[tuple[int, int, float, float, float, int]], rows: Judged, gap: Longs, changes: Changes
    ) -> None:
        """Open silences whose key speaks again."""
        if not over:
            return
        row, slot, started, lon, lat, version = (np.array(column) for column in zip(*over, strict=True))
        ts, known, turn = rows.ts[row], rows.known[row], rows.turn[row]
        untrue = ts < started
        for change, which in ((Change.WITHDRAWN, untrue), (Change.ENDED, ~untrue)):
            silence = episode(slot[which], started[which], lon[which], lat[which], version[which])
            reason = "clear" if change is Change.ENDED else ""
            changes.add(change, silence, ts[which], reason, known[which], turn[which], 8 * row[which])
        for k in np.flatnonzero(~untrue & (gap[row] >= 0)).tolist():
            self.past[int(gap[row[k]])] = PastSilence(
                float(started[k]), float(ts[k]), float(lon[k]), float(lat[k]), int(version[k]), int(slot[k])
            )

    def ticks_alone(
        self, slots: Longs, ticks: list[Ticks], turn: int, deadline: Floats, version: int, changes: Changes
    ) -> None:
        """What ticks say of slots about to be forgotten: timers due before `deadline`, at the tick at `turn`."""
        self._fire(slots, np.full(self.states.size, -1), np.full(len(slots), turn), deadline, ticks, version, changes)

    def _up_to_now(self, ticks: list[Ticks], turn: Longs, version: int, changes: Changes) -> None:
        """Timers that the block's last rows, or earlier ones, left waiting. turn: of each slot's last row, -1 for
        earlier.
        """
        n = self.states.size
        still = self._fire(np.arange(n), turn, np.full(n, NEVER), np.full(n, np.inf), ticks, version, changes)
        self.soonest = float(still.min(initial=np.inf))

    def _fire(
        self,
        slots: Longs,
        turn: Longs,
        until: Longs,
        deadline: Floats,
        ticks: list[Ticks],
        version: int,
        changes: Changes,
    ) -> Floats:
        """Opens what is due; when the others will be."""
        states = self.states
        waiting = (
            np.isnan(states["silent"][slots]) & np.isfinite(states["idle"][slots]) & (states["source"][slots] >= 0)
        )
        asked = waiting & (states["idle"][slots] != states["said"][slots])
        slots, until, deadline = slots[asked], until[asked], deadline[asked]
        record = states.take(slots)
        wait = record["idle"] - record["ts"]
        fired = fire(
            ticks,
            record["source"],
            record["received"],
            record["wait"],
            wait,
            turn[slots],
            until,
            deadline,
            beyond=False,
        )
        did = fired.did
        at = slots[did]
        silence = episode(at, record["idle"][did], record["lon"][did], record["lat"][did], version)
        changes.add(Change.OPENED, silence, np.nan, "", fired.known[did], fired.position[did], LAST)
        states["silent"][at] = states["said"][at] = states["idle"][at]
        states["version"][at] = version
        return np.asarray((record["received"] + record["wait"] + wait)[~did])

    def late(self, gap: int, ts: float, known: float, position: int, changes: Changes) -> None:
        """A late row of a remembered gap: it withdraws the gap's silence, or brings its end forward (17)."""
        past = self.past.get(gap)
        if past is None or past.withdrawn:
            return
        silence = episode(
            np.array([past.slot]), np.array([past.started]), np.array([past.lon]), np.array([past.lat]), past.version
        )
        if ts < past.started:
            past.withdrawn = True
            changes.add(Change.WITHDRAWN, silence, past.ended, "", np.array([known]), np.array([position]), LAST)
        elif ts < past.ended:
            past.ended = ts
            changes.add(Change.ENDED, silence, ts, "clear", np.array([known]), np.array([position]), LAST)

    def close(self, slots: Longs, reason: str, newest: Floats, known: Array, position: Array, changes: Changes) -> None:
        """Ends open silences at the key's newest row or their start, the later, and forgets the slots but for
        what was said: an id is never opened twice.
        """
        states = self.states
        going = np.isfinite(states["silent"][slots])
        at = slots[going]
        started = states["silent"][at]
        silence = episode(at, started, states["lon"][at], states["lat"][at], states["version"][at])
        changes.add(Change.ENDED, silence, np.fmax(started, newest[going]), reason, known[going], position[going], LAST)
        said = states["said"][slots]
        states.reset(slots)
        states["said"][slots] = said


def unsaid(silences: list[Silence], keys: Longs, since: Callable[[Longs], Floats]) -> Longs:
    """Those of some forgotten keys whose numbers others may have: no row can come any more that would open again what
    was said of them (18).

    since: the least ts with which a row of each key would still be accepted.
    """
    if silences and len(keys):
        said = np.fmax.reduce([silence.states["said"][keys] for silence in silences])
        asked = np.flatnonzero(np.isfinite(said))
        keys = np.delete(keys, asked[said[asked] >= since(keys[asked])])
        for silence in silences:
            silence.states["said"][keys] = np.nan
    return keys


def episode(slot: Longs, started: Floats, lon: Floats, lat: Floats, version: Array | int) -> dict[str, Array]:
    """Episode columns of silences; the measure is none, the place is none."""
    n = len(slot)
    return {
        "slot": slot,
        "started": started,
        "confirmed": started,
        "peak": np.full(n, -np.inf),
        "lon": lon,
        "lat": lat,
        "place": np.full(n, NOBODY),
        "late": np.zeros(n, bool),
        "version": np.broadcast_to(version, n),
        "barred": np.zeros(n, bool),
    }
