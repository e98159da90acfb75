"""turns: when a row's turn comes (docs/concepts/time.md, rule 4), and the rows that still wait for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.clocks import Ticks
from pipeline.columns import Array
from pipeline.names import Names
from pipeline.rows import Floats, Longs, Rows


@dataclass(slots=True)
class Called:
    """Rows whose turn has come, in turn order. All columns of shape (n,)."""

    rows: Rows
    turn: Longs
    known: Floats
    """The tick of its source current at the turn; -inf before any."""
    wait: Floats
    """The lateness of its stream."""
    source: Array
    """Code of its source, int16."""
    numbers: tuple[Longs, Longs] | None = None
    """Each row's key and line, once somebody has asked."""


class Turns:
    """The waiting rows of one kind."""

    def __init__(self, kind: type[Rows]) -> None:
        self.waiting: Rows = kind.empty()

    def call(
        self, new: list[Rows], ticks: list[Ticks], source_of: Array, lateness_of: Floats, names: Names
    ) -> Called | None:
        """The rows whose turn comes inside the block, new ones and such as waited; None for none.

        source_of, lateness_of: by stream code.
        """
        old = len(self.waiting)
        if not old and not new:
            return None
        rows = type(self.waiting).concat(([self.waiting] if old else []) + new)
        n = len(rows)
        wait, source = lateness_of[rows.stream], source_of[rows.stream]
        turn, known = rows.position.copy(), np.full(n, -np.inf)
        fresh = np.arange(n) >= old
        called = np.ones(n, bool)
        for code in np.unique(source).tolist():
            table = ticks[code]
            mine = np.flatnonzero(source == code)
            known[mine] = table.at(rows.position[mine])
            patient = mine[(wait[mine] > 0) | ~fresh[mine]]  # a version may have taken the lateness away
            if not len(patient):
                continue
            due = rows.ts[patient] + wait[patient]
            # A row that came late for its own tick goes at once; one that waited has not been let go by any tick so
            # far.
            held = patient[~((known[patient] >= due) & fresh[patient])]
            due = rows.ts[held] + wait[held]
            index = table.first(due, np.where(fresh[held], rows.position[held], -1), beyond=False)
            let_go = index < len(table.times)
            called[held[~let_go]] = False
            turn[held[let_go]] = table.positions[index[let_go]]
            known[held[let_go]] = table.times[index[let_go]]
        if not called.all():
            self.waiting = rows.take(~called)
            keep = np.flatnonzero(called)
            if not len(keep):
                return None
            rows, turn, known, wait, source = rows.take(keep), turn[keep], known[keep], wait[keep], source[keep]
        elif old:
            self.waiting = type(self.waiting).empty()
        order = _order(rows, turn, names, patient=bool(old or wait.any()))
        if order is not None:
            rows, turn, known, wait, source = rows.take(order), turn[order], known[order], wait[order], source[order]
        return Called(rows, turn, known, wait, source)


def _order(rows: Rows, turn: Longs, names: Names, *, patient: bool) -> Longs | None:
    """(turn, ts, and for rows that a tick lets go: key, content); None where the rows stand in it already."""
    if not patient:
        ordered = (turn[1:] > turn[:-1]) | ((turn[1:] == turn[:-1]) & (rows.ts[1:] >= rows.ts[:-1]))
        return None if ordered.all() else np.lexsort((rows.ts, turn))
    let_go = turn != rows.position
    own, further = _content(rows)
    called = [name for name in _CALLED if name in rows.own() and name != rows.part]
    columns = [rows.column(name) for name in ("subject", *((rows.part,) if rows.part else ()), *own)]
    columns += [_ranks(rows.column(name), names) for name in called]
    columns += [rows.column(name) for name in (*further, "received", "stream")]
    ties = [np.where(let_go, column, 0) for column in columns]
    return np.lexsort((*reversed(ties), rows.ts, turn))


_CALLED = ("label", "zone")
"""Columns of content that hold codes: they go by what these name, for codes differ from run to run."""


def _ranks(codes: Array, names: Names) -> Longs:
    """Where each code's name stands among them in order."""
    seen, which = np.unique(codes, return_inverse=True)
    order = sorted(range(len(seen)), key=lambda at: names[int(seen[at])])
    rank = np.empty(len(seen), np.int64)
    rank[order] = np.arange(len(seen))
    return np.asarray(rank[which])


def _content(rows: Rows) -> tuple[list[str], list[str]]:
    """The columns of numbers that a row's content is, in a fixed order: the kind's own, and further ones."""
    others = {"subject", "ts", "received", "position", "stream", rows.part, *_CALLED}
    return [name for name in rows.own() if name not in others], sorted(set(rows.extra) - others)
