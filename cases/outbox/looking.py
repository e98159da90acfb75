"""looking: which case a message or the other side's number is about, and what is to be asked how it stands."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import sqlalchemy as sa

from cases.database import reading, writing
from cases.life import ENDED
from cases.tables import CASES, OUTBOX

GIVEN = ("dispatch", "rework")
"""The events by which a case is given to somebody: what an answer without a number of its own is about."""


class Told(msgspec.Struct, frozen=True):
    """A message that somebody answers."""

    case: str
    message: str


class Asked(msgspec.Struct, frozen=True):
    """A message whose other side is to be asked."""

    message: str
    case: str
    reference: str
    status: str
    """What it said last."""


def told(engine: sa.Engine, target: str, *, case: str = "", message: str = "", reference: str = "") -> Told | None:
    """The message that an answer is about: the one that is named, or the one by which the case was last given there.

    None where this target has been told nothing of the kind: it may speak only of what it was told.
    """
    query = sa.select(OUTBOX.c.case_id, OUTBOX.c.id).where(OUTBOX.c.target == target, OUTBOX.c.attempts > 0)
    if message:
        query = query.where(OUTBOX.c.id == message)
    elif reference:
        query = query.where(OUTBOX.c.reference == reference)
    else:
        query = query.where(OUTBOX.c.case_id == case)
    if case:
        query = query.where(OUTBOX.c.case_id == case)
    last = query.order_by(OUTBOX.c.event.in_(GIVEN).desc(), OUTBOX.c.number.desc()).limit(1)
    with reading(engine) as connection:
        row = connection.execute(last).first()
    return None if row is None else Told(row[0], row[1])


def to_ask(engine: sa.Engine, target: str, now: float, limit: int) -> list[Asked]:
    """Messages whose other side is to be asked by now, longest due first."""
    query = sa.select(OUTBOX.c.id, OUTBOX.c.case_id, OUTBOX.c.reference, OUTBOX.c.status)
    query = query.where(OUTBOX.c.target == target, OUTBOX.c.look <= now).order_by(OUTBOX.c.look, OUTBOX.c.number)
    with reading(engine) as connection:
        return [Asked(*row) for row in connection.execute(query.limit(limit))]


def asked(engine: sa.Engine, message: str, status: str, look: float | None, reference: str = "") -> None:
    """What the other side said, and when it is to be asked again; None: never. reference: another one from now on."""
    values = {"status": status, "look": look, **({"reference": reference} if reference else {})}
    with writing(engine) as connection:
        connection.execute(OUTBOX.update().where(OUTBOX.c.id == message).values(**values))


def ended(engine: sa.Engine, cases: Iterable[str]) -> set[str]:
    """Those of the cases that are closed, rejected or part of another."""
    query = sa.select(CASES.c.id).where(CASES.c.id.in_(list(cases)), CASES.c.state.in_(ENDED))
    with reading(engine) as connection:
        return set(connection.execute(query).scalars())
