"""lists: how the outbox stands, for people; and what they do about it: retry, drop, let old ones go."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
import sqlalchemy as sa

from cases.database import reading, writing
from cases.tables import OUTBOX, OUTBOX_TARGETS

_AT_ONCE = 500
"""Ids in one statement; databases have a limit."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How one target is doing."""

    name: str
    gone: bool
    """Not in the configuration any more."""
    breaker: str
    """closed (it works), open (it is left alone until `until`) or half_open (it is being tried)."""
    until: float
    waiting: int
    held: int
    """Of those waiting: behind a dead one of their case."""
    dead: int
    over: int
    """Taken, or dropped by a person, since the first."""
    oldest: float | None
    """When what waits longest happened, UTC seconds."""
    worked: float | None
    why: str
    """What it failed by last; '' while it works."""


class Dead(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was given up."""

    id: str
    target: str
    number: int
    case: str
    event: str
    at: float
    finished: float
    attempts: int
    why: str
    holds: int
    """How many later ones of its case wait behind it."""


class NoSuchMessage(LookupError):
    """There is no dead message of this id, or several begin so. Plain text."""


def standing(engine: sa.Engine) -> list[Standing]:
    """Of every target, by name."""
    unsent = OUTBOX.c.state.in_(("waiting", "dead"))
    counted = sa.select(OUTBOX.c.target, OUTBOX.c.state, sa.func.count(), sa.func.min(OUTBOX.c.at)).where(unsent)
    # From the dead, which are few, to those behind them.
    later, dead = OUTBOX.alias("later"), OUTBOX.alias("dead")
    behind = (later.c.target == dead.c.target) & (later.c.case_id == dead.c.case_id) & (later.c.number > dead.c.number)
    holding = (
        sa.select(dead.c.target, sa.func.count(later.c.id.distinct()))
        .select_from(dead.join(later, behind))
        .where(dead.c.state == "dead", later.c.state == "waiting")
    )
    with reading(engine) as connection:
        found = {
            (t, s): (count, oldest)
            for t, s, count, oldest in connection.execute(counted.group_by(OUTBOX.c.target, OUTBOX.c.state))
        }
        held = {row[0]: row[1] for row in connection.execute(holding.group_by(dead.c.target))}
        targets = connection.execute(sa.select(OUTBOX_TARGETS).order_by(OUTBOX_TARGETS.c.name)).all()
    return [
        Standing(
            name=row.name,
            gone=row.gone,
            breaker=row.breaker,
            until=row.until,
            waiting=found.get((row.name, "waiting"), (0, None))[0],
            held=held.get(row.name, 0),
            dead=found.get((row.name, "dead"), (0, None))[0],
            over=row.number - sum(found.get((row.name, state), (0, None))[0] for state in ("waiting", "dead")),
            oldest=found.get((row.name, "waiting"), (0, None))[1],
            worked=row.worked,
            why=row.why if row.failures else "",
        )
        for row in targets
    ]


def dead(engine: sa.Engine, target: str | None = None, limit: int | None = None) -> list[Dead]:
    """What was given up, by target and number. limit: the newest so many."""
    later = OUTBOX.alias("later")
    holds = (
        sa.select(sa.func.count())
        .where(later.c.target == OUTBOX.c.target, later.c.case_id == OUTBOX.c.case_id)
        .where(later.c.state == "waiting", later.c.number > OUTBOX.c.number)
        .scalar_subquery()
    )
    query = sa.select(OUTBOX, holds.label("holds")).where(OUTBOX.c.state == "dead")
    if target is not None:
        query = query.where(OUTBOX.c.target == target)
    if limit is not None:
        query = query.order_by(OUTBOX.c.finished.desc(), OUTBOX.c.id).limit(limit)
    with reading(engine) as connection:
        rows = connection.execute(query).mappings().all()
    names = [name for name in Dead.__struct_fields__ if name != "case"]
    found = [Dead(case=row["case_id"], **{name: row[name] for name in names}) for row in rows]
    return sorted(found, key=lambda each: (each.target, each.number))


def find_dead(engine: sa.Engine, ids: Collection[str]) -> list[str]:
    """The whole ids of dead messages, by their beginnings. Raises NoSuchMessage."""
    known = [each.id for each in dead(engine)]
    found = []
    for id in ids:
        fitting = [each for each in known if each.startswith(id.strip().lower())]
        if not id.strip() or not fitting:
            raise NoSuchMessage(
                f"no dead message has an id that begins with '{id}'; `gridwatch dispatch dead` shows them"
            )
        if len(fitting) > 1:
            raise NoSuchMessage(f"several dead messages have an id that begins with '{id}'; give more of it")
        found += fitting
    return found


def retry(engine: sa.Engine, ids: Sequence[str]) -> int:
    """Dead messages wait again, each in its place: before the later ones of its case. Returns how many."""
    again = {"state": "waiting", "failures": 0, "next": 0.0, "finished": None}
    return _change(engine, ids, again)


def drop(engine: sa.Engine, ids: Sequence[str], now: float) -> int:
    """Dead messages are never sent; the later ones of their cases go on without them. Returns how many."""
    return _change(engine, ids, {"state": "dropped", "finished": now})


def _change(engine: sa.Engine, ids: Sequence[str], values: dict[str, object]) -> int:
    changed = 0
    with writing(engine) as connection:
        for first in range(0, len(ids), _AT_ONCE):
            which = OUTBOX.c.id.in_(ids[first : first + _AT_ONCE]) & (OUTBOX.c.state == "dead")
            changed += connection.execute(OUTBOX.update().where(which).values(**values)).rowcount
    return changed


def sweep(engine: sa.Engine, target: str, before: float) -> int:
    """Let go of what was sent or dropped before then and is not followed any more. Returns how many."""
    over = OUTBOX.c.state.in_(("sent", "dropped")) & OUTBOX.c.look.is_(None) & (OUTBOX.c.finished < before)
    with writing(engine) as connection:
        return connection.execute(OUTBOX.delete().where(OUTBOX.c.target == target, over)).rowcount
