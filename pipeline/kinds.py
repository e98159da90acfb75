"""kinds: all of the engine's state about one kind of row: its lines, its keys, the rows that wait, and how keys are
numbered.

Keys and lines are numbered densely as they come, so that state is plain arrays. A key is (subject, part): the part is
the metric of a reading, the track of a sighting, the zone of a presence, nothing otherwise. A line is a key in one
stream: where keys' numbers serve again, so do the lines'.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.asking import Turned, starts_of
from pipeline.clocks import Ticks
from pipeline.columns import Array
from pipeline.lines import FATES, FUTURE, LATE, LIVE, TOO_OLD, Accepted, Block, Closing, Lines, sort_by_key
from pipeline.names import NOBODY, Names
from pipeline.numbering import Numbers, PassingNumbers
from pipeline.overlay import NEVER, fire
from pipeline.rows import Floats, Longs, Rows, Sighting
from pipeline.turns import Called, Turns


class KindState:
    """One kind of row."""

    def __init__(self, kind: type[Rows]) -> None:
        self.kind = kind
        self.turns = Turns(kind)
        self.lines = Lines()
        self.key_numbers: Numbers = PassingNumbers() if kind is Sighting else Numbers()
        self.line_numbers = Numbers()
        self.speaking: dict[int, tuple[int, float]] = {}
        """key -> turn and ts of its first live row in the block; only where lines are due to be forgotten"""
        self.preceded: set[tuple[int, int]] = set()
        """(key, position): a tick finds it silent for too long, and lets rows go before that which will be set aside"""

    def part(self, rows: Rows) -> Array:
        """What else than the subject a row's key names: codes, or tracks."""
        return np.asarray(rows.column(rows.part)) if rows.part else np.full(len(rows), NOBODY)

    def key_name(self, key: int, names: Names) -> tuple[str, str]:
        """A key's subject and part as text."""
        subject, part = self.key_numbers.pairs[key]
        return names[subject], str(part) if self.kind is Sighting else names[part]

    def _numbers(self, called: Called) -> tuple[Longs, Longs]:
        """Each row's key and line."""
        if called.numbers is None:
            key = self.key_numbers.of(called.rows.subject, self.part(called.rows))
            called.numbers = key, self.line_numbers.of(key, called.rows.stream)
            self.lines.keys.grow(len(self.key_numbers))
            self.lines.lines.grow(len(self.line_numbers))
        return called.numbers

    def keys_of(self, blocks: list[Rows]) -> Longs:
        """The keys that some rows are of."""
        found = [self.key_numbers.of(rows.subject, self.part(rows)) for rows in blocks]
        self.lines.keys.grow(len(self.key_numbers))
        return np.unique(np.concatenate(found or [np.empty(0, np.int64)]))

    def accept(
        self, called: Called, gap_of: Floats, ahead: float, forget_of: Floats
    ) -> tuple[Accepted, Longs, Longs, Longs]:
        """Rule 5: fates, each row's key, and the order by key with its starts. gap_of, forget_of: by stream code."""
        rows = called.rows
        key, line = self._numbers(called)
        self.lines.lines["key"][line] = key
        self.lines.lines["stream"][line] = rows.stream
        gap, forget = gap_of[rows.stream], forget_of[rows.stream]
        block = Block(rows.ts, rows.received, called.turn, called.known, line, key, gap, forget)
        order, starts = sort_by_key(key)
        return self.lines.accept(block, order, starts, ahead), key, order, starts

    def live(self, called: Called, accepted: Accepted, key: Longs, order: Longs, starts: Longs) -> Turned:
        """The live rows, sorted by key."""
        if (accepted.fate == LIVE).all():
            return self._turned(called, accepted, key, order, starts)
        order = order[accepted.fate[order] == LIVE]
        return self._turned(called, accepted, key, order, starts_of(key[order]))

    def late(self, called: Called, accepted: Accepted) -> Turned:
        """The late rows, sorted by remembered gap."""
        index = np.flatnonzero(accepted.fate == LATE)
        index = index[np.argsort(accepted.gap[index], kind="stable")]
        return self._turned(called, accepted, accepted.gap, index, starts_of(accepted.gap[index]))

    def _turned(self, called: Called, accepted: Accepted, slot: Longs, index: Longs, starts: Longs) -> Turned:
        gap = accepted.gap[index]
        alone = np.zeros(len(gap), bool)
        left = gap >= 0
        alone[left] = self.lines.gaps["alone"][gap[left]]
        return Turned(
            rows=called.rows.take(index),
            slot=slot[index],
            starts=starts,
            turn=called.turn[index],
            known=called.known[index],
            wait=called.wait[index],
            source=called.source[index],
            gap=gap,
            alone=alone,
        )

    def due_for_eviction(
        self,
        called: Called | None,
        ticks: list[Ticks],
        source_of: Array,
        lateness_of: Floats,
        ahead: float,
        forget_of: Floats,
    ) -> tuple[Longs, Floats, Longs, Floats]:
        """Lines that a tick of the block finds silent for longer than `forget`, before their next row.

        Line, tick, the tick's position, and the time at which the silence became too long.
        """
        table = self.lines.lines
        self.speaking, self.preceded = {}, set()
        lines = np.flatnonzero(np.isfinite(table["received"]))
        newest = max((t.last for t in ticks if len(t.times)), default=-np.inf)
        lines = lines[newest - table["received"][lines] > forget_of.min(initial=np.inf)]
        forget = forget_of[table["stream"][lines]]
        silent = newest - table["received"][lines] > forget
        lines, forget = lines[silent], forget[silent]
        if not len(lines):
            return lines, np.empty(0), lines, np.empty(0)
        next_turn, next_ts = np.full(len(lines), NEVER), np.full(len(lines), np.inf)
        if called is not None:
            # A line speaks with its first row that will be live; others change nothing.
            rows = called.rows
            key, line = self._numbers(called)
            timely = (rows.ts <= rows.received + ahead) & (rows.ts >= called.known - forget_of[rows.stream])
            forward = ~(rows.ts <= table["newest"][line]) & ~(rows.ts < self.lines.keys["newest"][key])
            speaks = np.flatnonzero(timely & forward)
            seen, first = np.unique(line[speaks], return_index=True)
            at = np.minimum(np.searchsorted(seen, lines), len(seen) - 1)
            hit = seen[at] == lines if len(seen) else np.zeros(len(lines), bool)
            next_turn[hit] = called.turn[speaks[first[at[hit]]]]
            next_ts[hit] = rows.ts[speaks[first[at[hit]]]]
            turns = zip(called.turn[speaks][::-1].tolist(), rows.ts[speaks][::-1].tolist(), strict=True)
            self.speaking = dict(zip(key[speaks][::-1].tolist(), turns, strict=True))
        stream = table["stream"][lines]
        n = len(lines)
        fired = fire(
            ticks,
            source_of[stream],
            table["received"][lines],
            lateness_of[stream],
            forget,
            np.full(n, -1),
            next_turn,
            next_ts,
            beyond=True,
        )
        up_since = np.array([table.up_since for table in ticks])[source_of[stream]]
        due = np.maximum(table["received"][lines], up_since) + forget
        did = fired.did
        if called is not None:
            aside = np.flatnonzero(timely & ~forward & np.isin(key, table["key"][lines[did]]))
            gone = zip(key[aside].tolist(), called.turn[aside].tolist(), rows.ts[aside].tolist(), strict=True)
            oldest = {(one, turn): ts for one, turn, ts in sorted(gone, reverse=True)}
            told = list(zip(table["key"][lines].tolist(), fired.position.tolist(), strict=True))
            sooner = did & (np.array([oldest.get(pair, np.inf) for pair in told]) <= due)
            self.preceded = {told[k] for k in np.flatnonzero(sooner).tolist()}
        return lines[did], fired.known[did], fired.position[did], due[did]

    def give_back(self, forgotten: Longs) -> None:
        """Keys whose numbers may serve others: nothing may be left of them."""
        if isinstance(self.key_numbers, PassingNumbers):
            self.key_numbers.give_back(forgotten)

    def without_line(self) -> Longs:
        """The keys that have a number and no line: forgotten, or never more than rows that were set aside. Of kinds
        whose keys don't come back alone.
        """
        if not isinstance(self.key_numbers, PassingNumbers):
            return np.empty(0, np.int64)
        return np.flatnonzero(self.key_numbers.taken & np.isnan(self.lines.keys["newest"]))

    def least(self, keys: Longs, of_stream: Floats) -> Floats:
        """The least of a number by stream code that any line of each key has ever had; inf where it has had none."""
        lines = self.lines.lines
        found = np.full(len(self.key_numbers), np.inf)
        mine = np.flatnonzero(lines["key"] >= 0)
        np.minimum.at(found, lines["key"][mine], of_stream[lines["stream"][mine]])
        return np.asarray(found[keys])

    def forgotten(self, ticks: list[Ticks], source_of: Array, forget_of: Floats) -> list[Closing]:
        """Remembered gaps that the block's ticks leave behind (rule 15)."""
        gaps = self.lines.gaps
        remembered = np.flatnonzero(gaps["line"] >= 0)
        if not len(remembered):
            return []
        newest = np.array([table.last if len(table.times) else -np.inf for table in ticks])
        stream = self.lines.lines["stream"][gaps["line"][remembered]]
        gone = remembered[gaps["until"][remembered] < newest[source_of[stream]] - forget_of[stream]].tolist()
        for gap in gone:
            self.lines.of_line[int(gaps["line"][gap])].remove(gap)
        return [self.forgotten_at(gap, ticks, source_of, forget_of) for gap in gone]

    def forgotten_at(self, gap: int, ticks: list[Ticks], source_of: Array, forget_of: Floats) -> Closing:
        """When a gap was forgotten."""
        stream = int(self.lines.lines["stream"][self.lines.gaps["line"][gap]])
        table = ticks[int(source_of[stream])]
        index = int(np.searchsorted(table.times - forget_of[stream], self.lines.gaps["until"][gap], side="right"))
        return Closing(gap, float(table.times[index]), int(table.positions[index]))

    def dump(self) -> dict[str, Any]:
        """Plain columns for a snapshot."""
        state: dict[str, Any] = {f"lines.{k}": v for k, v in self.lines.lines.dump().items()}
        state |= {f"line_keys.{k}": v for k, v in self.lines.keys.dump().items()}
        state |= {f"remembered.{k}": v for k, v in self.lines.gaps.dump().items()}
        state["free"] = np.array(self.lines.free, np.int64)
        state["of_line"] = np.array(
            [(line, gap) for line, own in self.lines.of_line.items() for gap in own], np.int64
        ).reshape(-1, 2)
        state["keys"] = np.array(self.key_numbers.pairs, np.int64).reshape(-1, 2)
        if isinstance(self.key_numbers, PassingNumbers):
            state["given_back"] = np.array(self.key_numbers.free, np.int64)
        state["line_pairs"] = np.array(self.line_numbers.pairs, np.int64).reshape(-1, 2)
        waiting = self.turns.waiting
        state |= {f"waiting.{name}": waiting.column(name) for name in waiting.own()}
        state |= {f"further.{name}": column for name, column in waiting.extra.items()}
        return state

    def load(self, state: dict[str, Any]) -> None:
        """What `dump` gave."""

        def part(prefix: str) -> dict[str, Array]:
            return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}

        self.lines.lines.load(part("lines."))
        self.lines.keys.load(part("line_keys."))
        self.lines.gaps.load(part("remembered."))
        self.lines.free = state["free"].tolist()
        for line, gap in state["of_line"].tolist():
            self.lines.of_line.setdefault(line, []).append(gap)
        pairs = [(a, b) for a, b in state["keys"].tolist()]
        if isinstance(self.key_numbers, PassingNumbers):
            self.key_numbers.load(pairs, state["given_back"].tolist())
        else:
            self.key_numbers.load(pairs)
        self.line_numbers.load([(a, b) for a, b in state["line_pairs"].tolist()])
        self.turns.waiting = self.kind(**part("waiting."), extra=part("further."))


def asides_of(called: Called, accepted: Accepted) -> list[tuple[int, str, str, int]]:
    """Rows whose time can't be true: journal position, reason, message, stream code. Repetitions and disorder are only
    counted.
    """
    found = []
    for row in np.flatnonzero((accepted.fate == FUTURE) | (accepted.fate == TOO_OLD)).tolist():
        fate = FATES[accepted.fate[row]]
        beyond = called.rows.ts[row] - called.rows.received[row]
        message = (
            f"expected a time near {called.rows.received[row]:.3f} when it was received, "
            f"got {called.rows.ts[row]:.3f}, {abs(beyond):.0f} s {'after' if beyond > 0 else 'before'} it"
        )
        found.append((int(called.rows.position[row]), fate, message, int(called.rows.stream[row])))
    return found
