"""scan: runs and episodes over one rule's rows, all slots at once (docs/concepts/time.md, rules 6, 8, 9).

A slot is a key, or a remembered gap: the code is the same. The rows of a slot are preceded by one virtual row, which
stands for its state. Rows of equal answer, unbroken by silence, are a *run*. A wrong run qualifies when it lasts `for`,
a right run when it lasts `clear`; whether an episode is open after a run is what the last qualifying run says, and none
of that needs a loop. What ticks say between two rows is an overlay on the result (`pipeline.overlay`); `pipeline.hold`
makes changes of both.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from pipeline.clocks import Ticks
from pipeline.columns import Array, Table
from pipeline.names import NOBODY
from pipeline.rows import Flags, Floats, Ints, Longs
from pipeline.version import Hold

HOLD_FIELDS: dict[str, tuple[type[np.generic], Any]] = {
    "ts": (np.float64, np.nan),  # of the last row
    "received": (np.float64, np.nan),
    "wait": (np.float64, 0.0),  # the lateness of the last row's stream
    "source": (np.int16, -1),  # of the last row
    "wrong": (np.bool_, False),  # the last answer; False stands for right and for unknown alike
    "open": (np.bool_, False),  # by rows alone
    "assumed": (np.bool_, False),  # not open by rows, but a tick has said that it is
    "ended": (np.bool_, False),  # open, but a tick has said that it ended
    "since": (np.float64, np.nan),  # first row of the pending wrong run, or of the clear run of an open episode
    "started": (np.float64, np.nan),
    "confirmed": (np.float64, np.nan),
    "last_wrong": (np.float64, np.nan),
    "peak": (np.float64, -np.inf),  # in the direction of worse: negated where smaller is worse
    "lon": (np.float64, np.nan),
    "lat": (np.float64, np.nan),
    "place": (np.int32, NOBODY),
    "late": (np.bool_, False),
    "version": (np.int16, 0),  # of the rule, when it opened
    "barred": (np.bool_, False),  # its id has been opened before, by a silence: no episode comes of the run (18)
}


def hold_table() -> Table:
    """An empty table of hold states."""
    return Table(HOLD_FIELDS)


@dataclass(slots=True)
class Judged:
    """One rule's judged rows, sorted by slot and, within, by turn and ts. All columns of shape (n,)."""

    ts: Floats
    received: Floats
    wait: Floats
    """The lateness of the row's stream, seconds."""
    source: Array
    """Codes of the sources, int16."""
    turn: Longs
    """The journal position at which the row's turn came."""
    known: Floats
    """The tick current at its turn."""
    wrong: Flags
    right: Flags
    measure: Floats
    """Greater is worse; -inf where there is none."""
    lon: Floats
    lat: Floats
    place: Ints
    barred: Flags | None = None
    """Rows at whose very ts a silence of the key opened: a run that begins there would have the same id."""
    filled: Flags | None = None
    """Late rows: no more than the stream's `gap` before the end of their remembered gap."""
    heard_lon: Floats | None = None
    heard_lat: Floats | None = None
    """Where the key was last heard, where that is not `lon` and `lat`: of rows that are one, those are a wrong one's.
    """

    def take(self, index: Array) -> Judged:
        """The rows at `index`."""
        columns = ((f.name, getattr(self, f.name)) for f in fields(self))
        taken: dict[str, Any] = {name: None if column is None else column[index] for name, column in columns}
        return Judged(**taken)


def no_rows() -> Judged:
    """One row that no slot has: columns may not be empty where a slot is its virtual row alone."""
    nan, no, code = np.full(1, np.nan), np.zeros(1, bool), np.full(1, -1)
    return Judged(nan, nan, nan, code.astype(np.int16), code, nan, no, no, nan, nan, nan, code.astype(np.int32))


@dataclass(slots=True)
class Setting:
    """What `step` needs beside rows and state."""

    hold: Hold
    ticks: list[Ticks]
    """By source code."""
    late: bool = False
    """The slots are remembered gaps: no timers, and what is confirmed is late."""
    version: int = 0
    turn: int = 0
    deadline: Floats | None = None
    """For slots without rows alone: timers fire up to the tick at `turn`, and there only when due before this."""

    @property
    def silence(self) -> float:
        """How much silence breaks a run."""
        hold = self.hold
        return hold.gap if hold.gap is not None else hold.assume if hold.assume is not None else np.inf


@dataclass(slots=True)
class Scan:
    """Everything that is known about the elements (rows, and one virtual row a slot) after the scan."""

    setting: Setting
    slot: Longs
    """Slot of each element."""
    row: Longs
    """Row of each element; for a virtual one, the slot's first."""
    virtual: Flags
    ts: Floats
    received: Floats
    wait: Floats
    source: Array
    wrong: Flags
    broken: Flags
    """A silence that breaks comes before it."""
    run: Longs
    """Which run it is in."""
    first: Longs
    """Each run's first element, and"""
    last: Longs
    """its last."""
    following: Flags
    """Whether another run of the same slot follows."""
    since: Floats
    """Each run's first ts."""
    due: Floats
    """When a wrong run completes `for`."""
    opens: Flags
    """The run opens an episode."""
    closes: Flags
    """The run ends one."""
    before: Flags
    """An episode was open before the run."""
    after: Flags
    """One is open after it."""
    origin: Longs
    """The run that opened (or, virtual, carried) the episode that is open after the run."""
    completes: Longs
    """The element that completes the run's `for` or `clear`, where it qualifies."""
    open: Flags
    """An episode is open after the element."""
    carried: dict[str, Array]
    """The states, by element-slot order: one a virtual row."""
    carrier: Longs
    """For each run, which of `carried` its slot has."""
    peaks: Floats
    last_wrong: Floats
    lon: Floats
    lat: Floats
    place: Ints
    barred: Flags
    """For each run: no episode comes of it."""

    def begin(self, run: Longs) -> Longs:
        """The first element of the episode (or pending run) that began with each run."""
        first, carrier = self.first[run], self.carrier[run]
        # A run that a changed rule dropped begins anew with the next row.
        fresh = self.virtual[first] & np.isnan(self.carried["since"][carrier]) & ~self.carried["open"][carrier]
        return first + (fresh & (self.last[run] > first))

    def started(self, run: Longs) -> Floats:
        """`started` of the episode that began with each run."""
        kept = self.virtual[self.first[run]] & self.carried["open"][self.carrier[run]]
        return np.where(kept, self.carried["started"][self.carrier[run]], self.since[run])

    def confirmed(self, run: Longs) -> Floats:
        """`confirmed` likewise."""
        carrier = self.carrier[run]
        virtual = self.virtual[self.first[run]]
        kept = virtual & (self.carried["open"][carrier] | self.carried["assumed"][carrier])
        by_rows = self.ts[self.completes[run]]
        fresh = self.due[run] if self.setting.hold.assume is not None else by_rows
        return np.where(kept, self.carried["confirmed"][carrier], fresh)

    def peak(self, run: Longs, upto: Longs) -> Floats:
        """The worst measure from each episode's first element up to element `upto`, inclusive."""
        if not len(run):
            return np.empty(0)
        pairs = np.empty(2 * len(run), np.int64)
        pairs[0::2] = self.begin(run)
        pairs[1::2] = upto + 1
        return np.asarray(np.maximum.reduceat(np.append(self.peaks, -np.inf), pairs)[::2])

    def episode(self, run: Longs, upto: Longs) -> dict[str, Array]:
        """The columns of episodes that began with `run`, as known at element `upto`."""
        begin, carrier = self.begin(run), self.carrier[run]
        kept = self.virtual[self.first[run]] & (self.carried["open"][carrier] | self.carried["assumed"][carrier])
        return {
            "slot": self.slot[begin],
            "started": self.started(run),
            "confirmed": self.confirmed(run),
            "peak": self.peak(run, upto),
            "lon": self.lon[begin],
            "lat": self.lat[begin],
            "place": self.place[begin],
            "late": np.where(kept, self.carried["late"][carrier], self.setting.late),
            "version": np.where(kept, self.carried["version"][carrier], self.setting.version),
            "barred": self.barred[run],
        }

    def state(self, element: Longs) -> dict[str, Array]:
        """The states of the slots after these elements, by rows alone."""
        run = self.run[element]
        is_open, wrong = self.open[element], self.wrong[element]
        pending = wrong & ~is_open
        origin = np.where(is_open, self.origin[run], run)
        begin = self.begin(origin)
        going = is_open | pending
        # What completed a run lies beyond the element where the run is still pending.
        confirmed = np.where(is_open, self.confirmed(origin), self.due[run])
        carrier = self.carrier[origin]
        kept = self.virtual[self.first[origin]] & (self.carried["open"][carrier] | self.carried["assumed"][carrier])
        return {
            "ts": self.ts[element],
            "received": self.received[element],
            "wait": self.wait[element],
            "source": self.source[element],
            "wrong": wrong,
            "open": is_open,
            "since": np.where(going, self.since[run], np.nan),
            "started": np.where(is_open, self.started(origin), np.nan),
            "confirmed": np.where(going, confirmed, np.nan),
            "last_wrong": np.where(going, self.last_wrong[element], np.nan),
            "peak": np.where(going, self.peak(origin, element), -np.inf),
            "lon": np.where(going, self.lon[begin], np.nan),
            "lat": np.where(going, self.lat[begin], np.nan),
            "place": np.where(going, self.place[begin], NOBODY),
            "late": np.where(going & kept, self.carried["late"][carrier], going & self.setting.late),
            "version": np.where(going & kept, self.carried["version"][carrier], self.setting.version),
            "barred": going & self.barred[origin],
        }


def scan(setting: Setting, states: Table, slots: Longs, starts: Longs, ends: Longs, rows: Judged) -> Scan:
    """Runs and episodes of the given slots. starts, ends: each slot's first row and the one after its last.

    A slot may have no rows (starts = ends): it is then its virtual row alone. `rows` must not be empty.
    """
    hold = setting.hold
    count = ends - starts
    size = count + 1
    offset = np.cumsum(size) - size
    total = int(size.sum())
    which = np.repeat(np.arange(len(slots)), size)
    index = np.arange(total) - offset[which]
    virtual = index == 0
    row = np.minimum(starts[which] + np.maximum(index - 1, 0), len(rows.ts) - 1)
    carried = states.take(slots)

    def element(column: Array, state: str) -> Array:
        values: Array = column[row]
        values[offset] = carried[state]
        return values

    ts = element(rows.ts, "ts")
    wrong = element(rows.wrong, "wrong")
    right = rows.right[row]
    step = np.full(total, np.nan)
    step[1:] = ts[1:] - ts[:-1]
    broken = (step > setting.silence) & ~virtual
    # Forward fill: neither wrong nor right stands for the last answer, up to a gap (6).
    known = wrong | right | virtual | broken
    source_of = np.maximum.accumulate(np.where(known, np.arange(total), 0))
    wrong = wrong[source_of]

    new = virtual | broken
    new[1:] |= wrong[1:] != wrong[:-1]
    first = np.flatnonzero(new)
    last = np.append(first[1:], total) - 1
    run = np.cumsum(new) - 1
    runs = len(first)
    is_wrong = wrong[first]
    is_virtual = virtual[first]
    carrier = which[first]
    since = np.where(is_virtual, carried["since"][carrier], ts[first])
    fresh = is_virtual & np.isnan(since) & (last > first)
    since[fresh] = ts[first[fresh] + 1]  # what a changed rule dropped begins anew with the next row (18)

    assumed = is_virtual & carried["assumed"][carrier]
    due = np.where(assumed, carried["confirmed"][carrier], since + hold.for_)
    newest = ts[last]
    following = np.zeros(runs, bool)
    following[:-1] = ~is_virtual[1:]
    next_ts = np.append(ts[first[1:]], np.nan)
    next_broken = np.append(broken[first[1:]], False) & following
    reached = is_wrong & (newest >= due)
    if hold.assume is not None or assumed.any():
        covered = np.where(assumed, np.inf, newest + hold.assume if hold.assume is not None else -np.inf)
        held = np.where(next_broken, due <= covered, due < next_ts) & ((hold.assume is not None) | assumed)
        qualifies_later = is_wrong & following & ~reached & held
    else:
        qualifies_later = np.zeros(runs, bool)
    cleared = ~is_wrong & (newest >= since + hold.clear)

    carried_open = is_virtual & carried["open"][carrier]
    begins = is_virtual | broken[first]
    says = np.zeros(runs, np.int8)
    says[begins] = np.where(carried_open[begins], 1, -1)
    says[reached | qualifies_later] = 1
    says[cleared] = -1
    after = says[np.maximum.accumulate(np.where(says != 0, np.arange(runs), 0))] > 0
    before = np.empty(runs, bool)
    before[1:] = after[:-1]
    before[begins] = carried_open[begins]
    opens = is_wrong & after & ~before
    closes = ~is_wrong & before & ~after
    origin = np.maximum.accumulate(np.where(opens | is_virtual, np.arange(runs), 0))

    target = np.where(wrong, due[run], since[run] + hold.clear)
    met = (ts >= target) & ~virtual
    completes = np.where(following, last + 1, last)
    at = np.flatnonzero(met)[::-1]
    completes[run[at]] = at  # the earliest wins: it is written last
    is_open = np.where(wrong, before[run] | met, before[run] & ~met)
    is_open[offset] = carried["open"]

    going = carried["open"] | carried["wrong"]
    barred = is_virtual & carried["barred"][carrier] & ~np.isnan(since)
    if rows.barred is not None:
        barred |= is_wrong & ~is_virtual & rows.barred[row[first]]
        barred |= is_wrong & fresh & rows.barred[row[np.minimum(first + 1, total - 1)]]
    peaks = np.where(wrong, rows.measure[row], -np.inf)
    peaks[offset] = np.where(going, carried["peak"], -np.inf)
    carrying = np.where(wrong | virtual, np.arange(total), 0)
    stamps = ts.copy()
    stamps[offset] = carried["last_wrong"]
    return Scan(
        setting=setting,
        slot=slots[which],
        row=row,
        virtual=virtual,
        ts=ts,
        received=element(rows.received, "received"),
        wait=element(rows.wait, "wait"),
        source=element(rows.source, "source"),
        wrong=wrong,
        broken=broken,
        run=run,
        first=first,
        last=last,
        following=following,
        since=since,
        due=due,
        opens=opens,
        closes=closes,
        before=before,
        after=after,
        origin=origin,
        completes=completes,
        open=is_open,
        carried=carried,
        carrier=carrier,
        peaks=peaks,
        last_wrong=stamps[np.maximum.accumulate(carrying)],
        lon=element(rows.lon, "lon"),
        lat=element(rows.lat, "lat"),
        place=element(rows.place, "place"),
        barred=barred,
    )
