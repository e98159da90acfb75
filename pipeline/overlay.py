"""overlay: what ticks say between two rows (docs/concepts/time.md, rules 11, 13, 14): provisional, apart from what rows
said.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.clocks import Ticks
from pipeline.columns import Array
from pipeline.rows import Flags, Floats, Longs
from pipeline.scan import Judged, Scan

NEVER = np.iinfo(np.int64).max
"""The turn of a next row that has not come."""


@dataclass(slots=True)
class Fired:
    """When timers fired: `position` NEVER and `known` NaN where they did not."""

    known: Floats
    position: Longs

    @property
    def did(self) -> Flags:
        return np.not_equal(self.position, NEVER)


def fire(
    ticks: list[Ticks],
    source: Array,
    received: Floats,
    wait: Floats,
    silence: Floats,
    turn: Longs,
    next_turn: Longs,
    next_ts: Floats,
    *,
    beyond: bool,
) -> Fired:
    """The first tick, after a row and before the next, whose silence since the row reaches (`beyond`: exceeds)
    `silence`.

    Rows go before timers of the same time, and both wait for `wait` (rule 4): a next row that the very tick lets go
    comes first unless the timer's time lies before its ts.
    """
    known = np.full(len(source), np.nan)
    position = np.full(len(source), NEVER)
    for code in np.unique(source):
        if not 0 <= code < len(ticks):
            continue
        table = ticks[code]
        if not len(table.times):
            continue
        mine = np.flatnonzero(source == code)
        due = np.maximum(received[mine], table.up_since) + silence[mine]
        index = table.first(due + wait[mine], turn[mine], beyond=beyond)
        some = np.flatnonzero(index < len(table.times))
        index, mine, due = index[some], mine[some], due[some]
        at = table.positions[index]
        before = (at < next_turn[mine]) | ((at == next_turn[mine]) & (due < next_ts[mine]))
        known[mine[before]] = table.times[index[before]]
        position[mine[before]] = at[before]
    return Fired(known, position)


@dataclass(slots=True)
class Overlay:
    """What ticks concluded about a scan's elements."""

    opened: Longs
    """For each run: the element after which a tick took it for open, or -1."""
    opening: Fired
    """For each run: that tick."""
    ended: Fired
    """For each element: the tick that ended what was open after it."""
    assumed: Flags
    """For each element: it is pending by rows, and open by what a tick said (here or before)."""


def overlay(scan: Scan, rows: Judged) -> Overlay:
    """Timers between the elements of a scan, and after the last ones up to the block's last tick."""
    setting = scan.setting
    total, runs = len(scan.ts), len(scan.first)
    follows = np.zeros(total, bool)
    follows[:-1] = ~scan.virtual[1:]
    turn = np.where(scan.virtual, -1, rows.turn[scan.row])
    next_turn = np.full(total, NEVER)
    next_turn[:-1] = np.where(follows[:-1], turn[1:], NEVER)
    next_ts = np.full(total, np.inf)
    next_ts[:-1] = np.where(follows[:-1], scan.ts[1:], np.inf)
    if setting.deadline is not None:
        next_turn[:], next_ts[:] = setting.turn, setting.deadline

    def timers(elements: Longs, silence: Floats, *, beyond: bool) -> Fired:
        columns = (scan.source, scan.received, scan.wait)
        source, received, wait = (column[elements] for column in columns)
        return fire(
            setting.ticks,
            source,
            received,
            wait,
            silence,
            turn[elements],
            next_turn[elements],
            next_ts[elements],
            beyond=beyond,
        )

    first_virtual = scan.virtual[scan.first]
    carried_assumed = first_virtual & scan.carried["assumed"][scan.carrier]
    opened = np.full(runs, -1)
    opening = Fired(np.full(runs, np.nan), np.full(runs, NEVER))
    pending = scan.wrong & ~scan.open
    pending[scan.virtual] &= ~np.isnan(scan.carried["since"])  # what a changed rule dropped is no run
    if setting.hold.assume is not None:
        due = scan.due[scan.run]
        ask = np.flatnonzero(
            pending & (scan.ts < due) & (due <= scan.ts + setting.hold.assume) & ~carried_assumed[scan.run]
        )
        fired = timers(ask, due[ask] - scan.ts[ask], beyond=False)
        did = np.flatnonzero(fired.did)[::-1]  # the earliest is written last and wins
        run = scan.run[ask[did]]
        opened[run] = ask[did]
        opening.known[run] = fired.known[did]
        opening.position[run] = fired.position[did]
    index = np.arange(total)
    assumed = pending & (carried_assumed[scan.run] | ((opened[scan.run] >= 0) & (index >= opened[scan.run])))

    ended = Fired(np.full(total, np.nan), np.full(total, NEVER))
    if rows.filled is not None:
        # A remembered gap that is filled has told all that it is known to tell: what is open in it has ended, for now.
        at = np.flatnonzero((scan.open | assumed) & ~scan.virtual & rows.filled[scan.row])
        ended.known[at], ended.position[at] = rows.known[scan.row[at]], turn[at]
    elif np.isfinite(setting.silence):
        already = np.zeros(total, bool)
        already[scan.virtual] = scan.carried["ended"]
        ask = np.flatnonzero((scan.open | assumed) & ~already)
        fired = timers(ask, np.full(len(ask), setting.silence), beyond=True)
        ended.known[ask] = fired.known
        ended.position[ask] = fired.position
    return Overlay(opened, opening, ended, assumed)
