"""hold: from a rule's judged rows to changes of its episodes, and its state moved on (docs/concepts/time.md, rules 8 to
17).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pipeline.columns import Array, Table
from pipeline.episode import Change
from pipeline.overlay import Overlay, overlay
from pipeline.rows import Flags, Longs
from pipeline.scan import Judged, Scan, Setting, no_rows, scan

REASONS = ("", "clear", "gap", "removed", "forgotten")
EPISODE = ("slot", "started", "confirmed", "peak", "lon", "lat", "place", "late", "version", "barred")
RANK = {Change.REOPENED: 0, Change.OPENED: 1, Change.WITHDRAWN: 2, Change.ENDED: 3}
"""In which order one row's changes of one key come."""
BY_TICK = 4
"""What a tick says after a row comes behind what the row says; the next row's changes are 8 further on."""
LAST = 1 << 60


@dataclass(slots=True)
class Changes:
    """Changes of episodes as blocks of columns: EPISODE, `ended`, `reason`, and of what made each known: `known`,
    `position`.

    `order` puts a key's changes at one position in order.
    """

    blocks: list[tuple[Change, dict[str, Array]]] = field(default_factory=list)

    def add(
        self,
        change: Change,
        episode: dict[str, Array],
        ended: Array | float,
        reason: str,
        known: Array,
        position: Array,
        order: Array | int,
    ) -> None:
        """A block of one kind. order: of the row or tick that made it known, without the change's own rank."""
        n = len(episode["slot"])
        if not n:
            return
        columns = {
            **episode,
            "ended": np.broadcast_to(ended, n),
            "reason": np.full(n, REASONS.index(reason)),
            "known": np.broadcast_to(known, n),
            "position": np.broadcast_to(position, n),
            "order": np.broadcast_to(order, n) + RANK[change],
        }
        barred = columns.pop("barred")
        if barred.any():
            columns = {name: column[~barred] for name, column in columns.items()}
        self.blocks.append((change, columns))


@dataclass(slots=True)
class Copies:
    """States as they were before rows that leave a remembered gap behind. Trivial ones are left out."""

    row: Longs
    states: dict[str, Array]
    """Of holds that the silence broke: what the gap starts from."""
    pending_row: Longs
    pending_since: Array
    """Of holds that went on through it: runs that were pending, which a late row may yet show to be none (17)."""


def step(
    setting: Setting,
    states: Table,
    slots: Longs,
    starts: Longs,
    rows: Judged,
    changes: Changes,
    idle: Longs,
    leaving: Longs | None = None,
) -> Copies | None:
    """Takes a block of rows through the hold.

    slots, starts: the slots that have rows, and each one's first row. idle: slots without rows that have a run or an
    episode, for what ticks say of them. leaving: rows that leave a remembered gap behind, for which copies of the state
    come back.
    """
    ends = np.append(starts[1:], len(rows.ts))[: len(starts)]
    if len(slots):
        quiet = ~(np.logical_or.reduceat(rows.wrong, starts) | states["open"][slots] | states["wrong"][slots])
        last = ends[quiet] - 1
        values = {
            "ts": rows.ts[last],
            "received": rows.received[last],
            "wait": rows.wait[last],
            "source": rows.source[last],
        }
        states.put(slots[quiet], values)
        if quiet.all() and not len(idle):
            return None
        slots, starts, ends = slots[~quiet], starts[~quiet], ends[~quiet]
    if len(idle):
        slots = np.concatenate((slots, idle))
        starts = np.concatenate((starts, np.zeros(len(idle), np.int64)))
        ends = np.concatenate((ends, np.zeros(len(idle), np.int64)))
    if not len(slots):
        return None
    if not len(rows.ts):
        rows = no_rows()
    found = scan(setting, states, slots, starts, ends, rows)
    said = overlay(found, rows)
    _emit(found, said, rows, changes)

    final = np.append(np.flatnonzero(found.virtual)[1:], len(found.ts)) - 1
    after = found.state(final)
    after["assumed"] = said.assumed[final]
    after["ended"] = said.ended.did[final] | (found.virtual[final] & found.carried["ended"])
    states.put(slots, after)
    return _copies(found, leaving) if leaving is not None and len(leaving) else None


def _emit(found: Scan, said: Overlay, rows: Judged, changes: Changes) -> None:
    known, turn = rows.known[found.row], rows.turn[found.row]
    carried = found.virtual[found.first] & found.carried["assumed"][found.carrier]
    provisional = said.opened >= 0

    # Opened by a tick; and by a row, unless a tick (now or before) already did.
    runs = np.flatnonzero(provisional)
    episode = found.episode(runs, said.opened[runs])
    episode["confirmed"] = found.due[runs]
    changes.add(
        Change.OPENED,
        episode,
        np.nan,
        "",
        said.opening.known[runs],
        said.opening.position[runs],
        8 * said.opened[runs] + BY_TICK,
    )
    runs = np.flatnonzero(found.opens & ~provisional & ~carried)
    at = found.completes[runs]
    # A run that silence completed has its last wrong row before the element that shows it.
    upto = np.minimum(at, found.last[runs])
    changes.add(Change.OPENED, found.episode(runs, upto), np.nan, "", known[at], turn[at], 8 * at)

    # Ended by a tick, and that end taken back by the next row.
    at = np.flatnonzero(said.ended.did)
    origin = np.where(found.open[at], found.origin[found.run[at]], found.run[at])
    episode = _confirmed(found, origin, found.open[at], at)
    changes.add(
        Change.ENDED,
        episode,
        found.last_wrong[at],
        "gap",
        said.ended.known[at],
        said.ended.position[at],
        8 * at + BY_TICK,
    )
    ended = said.ended.did.copy()
    ended[found.virtual] |= found.carried["ended"]
    withdrawn = (provisional | carried) & ~found.opens & found.following
    at = np.flatnonzero(ended[:-1] & ~found.virtual[1:] & ~found.broken[1:])
    run = found.run[at]
    gone = withdrawn[run] & (found.last[run] == at)  # the very row that would reopen it withdraws it
    at = at[~gone]
    origin = np.where(found.open[at], found.origin[found.run[at]], found.run[at])
    episode = _confirmed(found, origin, found.open[at], at)
    changes.add(Change.REOPENED, episode, np.nan, "", known[at + 1], turn[at + 1], 8 * (at + 1))

    runs = np.flatnonzero(withdrawn)
    upto = found.last[runs]
    episode = _confirmed(found, runs, np.zeros(len(runs), bool), upto)
    changes.add(Change.WITHDRAWN, episode, found.last_wrong[upto], "", known[upto + 1], turn[upto + 1], 8 * (upto + 1))

    runs = np.flatnonzero(found.closes)
    at = found.completes[runs]
    episode = found.episode(found.origin[runs], at)
    changes.add(Change.ENDED, episode, found.since[runs], "clear", known[at], turn[at], 8 * at)

    # Broken by silence, as the next row shows; where a tick already said so, there is nothing new in it.
    broken = np.append(found.broken[found.first[1:]], False) & found.following
    runs = np.flatnonzero(found.after & broken & ~ended[found.last])
    upto = found.last[runs]
    episode = found.episode(found.origin[runs], upto)
    changes.add(Change.ENDED, episode, found.last_wrong[upto], "gap", known[upto + 1], turn[upto + 1], 8 * (upto + 1))


def _confirmed(found: Scan, origin: Longs, is_open: Flags, upto: Longs) -> dict[str, Array]:
    """Episode columns, `confirmed` being the due time where rows have not completed the run."""
    episode = found.episode(origin, upto)
    episode["confirmed"] = np.where(is_open, episode["confirmed"], found.due[origin])
    return episode


def _copies(found: Scan, leaving: Longs) -> Copies | None:
    """States before the rows that leave a gap behind, of slots that had something going on."""
    before = np.flatnonzero(~found.virtual & np.isin(found.row, leaving)) - 1
    broken = found.broken[before + 1]
    broke = before[broken & (found.open[before] | found.wrong[before])]
    through = before[~broken & found.wrong[before] & ~found.open[before]]
    if not len(broke) and not len(through):
        return None
    states = found.state(broke)
    pending = found.wrong[broke] & ~found.open[broke]
    states["assumed"] = pending & found.after[found.run[broke]]
    states["ended"] = found.open[broke] | states["assumed"]  # the row after the gap has ended it, for now
    return Copies(found.row[broke + 1], states, found.row[through + 1], found.since[found.run[through]])


def no_rows_at_all(setting: Setting, states: Table, slots: Longs, starts: Longs, rows: Judged) -> Longs:
    """Rows that are right where the key was wrong at the same ts in an earlier turn: no rows at all (rule 3)."""
    n = len(rows.ts)
    if not n:
        return np.empty(0, np.int64)
    before = np.empty(n)
    before[1:] = rows.ts[:-1]
    before[starts] = states["ts"][slots]
    if not ((rows.ts == before) & rows.right).any():
        return np.empty(0, np.int64)
    found = scan(setting, states, slots, starts, np.append(starts[1:], n), rows)
    again = np.flatnonzero((found.ts[1:] == found.ts[:-1]) & ~found.virtual[1:]) + 1
    return found.row[again[found.wrong[again - 1] & rows.right[found.row[again]]]]


def _as_episode(at: Longs, record: dict[str, Array]) -> dict[str, Array]:
    """The columns of the episodes that states hold; one that a tick assumed began with its run."""
    episode = {"slot": at, **{name: record[name] for name in EPISODE[1:]}}
    episode["started"] = np.where(record["open"], record["started"], record["since"])
    return episode


def close(states: Table, slots: Longs, reason: str, known: Array, position: Array, changes: Changes) -> None:
    """Ends what is open in these slots at its last wrong row, and forgets their state."""
    going = (states["open"][slots] | states["assumed"][slots]) & ~states["ended"][slots]
    at = slots[going]
    record = states.take(at)
    episode = _as_episode(at, record)
    changes.add(Change.ENDED, episode, record["last_wrong"], reason, known[going], position[going], LAST)
    states.reset(slots)


def withdraw(states: Table, slot: int, known: float, position: int, changes: Changes) -> None:
    """Takes back an assumed episode, and drops the run that it stood on (rules 14 and 17)."""
    at = np.array([slot])
    record = states.take(at)
    episode = _as_episode(at, record)
    changes.add(Change.WITHDRAWN, episode, record["last_wrong"], "", np.array([known]), np.array([position]), LAST)
    states.put(at, {"assumed": np.array([False]), "ended": np.array([False]), "since": np.array([np.nan])})
    states["peak"][at] = -np.inf


def change_rule(states: Table) -> None:
    """Drops pending and clear runs (rule 18); open episodes, assumed ones too, go on."""
    pending = states["wrong"] & ~states["open"] & ~states["assumed"]
    clearing = states["open"] & ~states["wrong"]
    states["since"][pending | clearing] = np.nan
    states["peak"][pending] = -np.inf


def active(states: Table) -> Longs:
    """Slots with a run or an episode: those that ticks can say something of."""
    return np.flatnonzero(states["open"] | states["wrong"])
