"""outbox: from what happens to cases to messages that other systems have taken.

`follow` makes messages of changes, in one transaction with how far it has followed: no change is told twice or never.
`next` gives the message that is to be sent now, `record` takes what came of it. Between the two anything may happen,
a kill too: then the message is given again, with the same id (at least once).

In order: a target's messages of one case are sent in the order of the changes, each only when the one before it was
taken. One that can't be sent, or is dead, holds back its own case's later ones and nobody else's.

Pure of clocks: `now` is UTC seconds. One process uses it, from as many threads as it likes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from cases.database import reading, writing
from cases.outbox.breaker import Breaker, Waits
from cases.outbox.content import content, message_id
from cases.outbox.settings import Delivery, units_of
from cases.tables import CASES, CHANGES, FOLLOWERS, OUTBOX, OUTBOX_TARGETS

FOLLOWER = "outbox"
BATCH = 200
"""How many changes one transaction takes at most."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is to be sent now."""

    id: str
    case: str
    event: str
    at: float
    content: Mapping[str, Any]
    again: bool
    """It was begun before: they may have it already."""
    first_tried: float


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of sending one."""

    taken: bool = False
    refused: bool = False
    """For good: as it is, it will never be taken. Neither: it may be tried again."""
    why: str = ""
    away: float | None = None
    """Where they ask to be left alone: for so many seconds."""
    reference: str = ""
    """Their own number for it."""
    look: float | None = None
    """In so many seconds they are to be asked how it stands."""


class Outbox:
    """Of one city."""

    def __init__(
        self,
        engine: sa.Engine,
        city: str,
        targets: Mapping[str, Delivery],
        dice: Callable[[], float] = random.random,
    ) -> None:
        """targets: by name. dice: 0 to 1, spreads the waits.

        From now on changes are followed: call it before anything that makes them.
        """
        self.engine, self.city, self.targets = engine, city, dict(targets)
        self._waits = {name: Waits(t.first_wait, t.longest_wait, dice) for name, t in targets.items()}
        with writing(engine) as connection:
            self._begin(connection)

    def _begin(self, connection: sa.Connection) -> None:
        newest = connection.execute(sa.select(sa.func.coalesce(sa.func.max(CHANGES.c.number), 0))).scalar_one()
        if connection.execute(sa.select(FOLLOWERS).where(FOLLOWERS.c.name == FOLLOWER)).first() is None:
            connection.execute(FOLLOWERS.insert().values(name=FOLLOWER, number=newest))
        known = {row.name: row.gone for row in connection.execute(sa.select(OUTBOX_TARGETS))}
        table = OUTBOX_TARGETS
        for name in self.targets:
            if name not in known:
                new = {"name": name, "since": newest, "number": 0, "gone": False, "worked": None, "why": ""}
                connection.execute(table.insert().values(**new, **_columns(Breaker())))
            elif known[name]:
                back = table.update().where(table.c.name == name)
                connection.execute(back.values(since=newest, gone=False, **_columns(Breaker())))
        connection.execute(table.update().where(table.c.name.not_in(list(self.targets))).values(gone=True))

    # -- making messages --------------------------------------------------------------------------------------------

    def follow(self) -> int:
        """Make the messages of the next changes. Returns how many changes there were; 0: all are followed."""
        with reading(self.engine) as connection:
            if not self._changes(connection):
                return 0
        with writing(self.engine) as connection:
            changes = self._changes(connection)
            if changes:
                self._make(connection, changes)
                last = FOLLOWERS.update().where(FOLLOWERS.c.name == FOLLOWER)
                connection.execute(last.values(number=changes[-1]["number"]))
        return len(changes)

    def _changes(self, connection: sa.Connection) -> list[Mapping[str, Any]]:
        followed = sa.select(FOLLOWERS.c.number).where(FOLLOWERS.c.name == FOLLOWER).scalar_subquery()
        query = sa.select(CHANGES).where(CHANGES.c.number > followed).order_by(CHANGES.c.number).limit(BATCH)
        return [dict(row) for row in connection.execute(query).mappings()]

    def _make(self, connection: sa.Connection, changes: list[Mapping[str, Any]]) -> None:
        ids = {change["case_id"] for change in changes}
        cases = {r["id"]: dict(r) for r in connection.execute(sa.select(CASES).where(CASES.c.id.in_(ids))).mappings()}
        states = {row.name: row for row in connection.execute(sa.select(OUTBOX_TARGETS))}
        made, numbers, units = [], {name: states[name].number for name in self.targets}, self._units(connection, ids)
        for change in changes:
            case = cases.get(change["case_id"])
            if case is None:
                continue
            before, units[case["id"]] = units.get(case["id"], []), units_of(change["data"], case)
            for name, target in self.targets.items():
                since = states[name].since
                if change["number"] > since and target.wants(change["event"], change["data"], case, name, before):
                    numbers[name] += 1
                    made.append(self._row(name, numbers[name], change, case))
        for name, number in numbers.items():
            connection.execute(OUTBOX_TARGETS.update().where(OUTBOX_TARGETS.c.name == name).values(number=number))
        if made:
            connection.execute(OUTBOX.insert(), made)

    def _units(self, connection: sa.Connection, cases: Collection[str]) -> dict[str, list[str]]:
        """Which units had the cases after what has been followed."""
        followed = sa.select(FOLLOWERS.c.number).where(FOLLOWERS.c.name == FOLLOWER).scalar_subquery()
        known = (CHANGES.c.number <= followed) & CHANGES.c.case_id.in_(cases)
        last = sa.select(sa.func.max(CHANGES.c.number)).where(known).group_by(CHANGES.c.case_id)
        rows = connection.execute(sa.select(CHANGES.c.case_id, CHANGES.c.data).where(CHANGES.c.number.in_(last)))
        return {case: data.get("units", []) for case, data in rows}

    def _row(self, target: str, number: int, change: Mapping[str, Any], case: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "id": message_id(self.city, target, change["number"], case["id"]),
            "target": target,
            "number": number,
            "change": change["number"],
            "case_id": case["id"],
            "event": change["event"],
            "at": change["at"],
            "content": content(change, case),
            "state": "waiting",
            "attempts": 0,
            "failures": 0,
            "next": 0.0,
            "why": "",
            "reference": "",
            "status": "",
        }

    # -- sending them -----------------------------------------------------------------------------------------------

    def next(self, target: str, now: float) -> Letter | None:
        """The message that is to be sent to a target now; None: there is none, or the target is left alone."""
        with reading(self.engine) as connection:
            if self._due(connection, target, now) is None:
                return None
        with writing(self.engine) as connection:
            row = self._due(connection, target, now)
            if row is None:
                return None
            first = now if row["first_tried"] is None else row["first_tried"]
            tried = {"attempts": row["attempts"] + 1, "first_tried": first, "last_tried": now}
            connection.execute(OUTBOX.update().where(OUTBOX.c.id == row["id"]).values(**tried))
            breaker = _breaker(connection, target)
            if breaker.state != "closed":
                _set(connection, target, breaker.trying())
        return Letter(
            id=row["id"],
            case=row["case_id"],
            event=row["event"],
            at=row["at"],
            content=row["content"],
            again=row["attempts"] > 0,
            first_tried=first,
        )

    def _due(self, connection: sa.Connection, target: str, now: float) -> sa.RowMapping | None:
        """The oldest that is waiting and first of its case; where the breaker is not closed, the one tried longest ago,
        so that one that never will be taken does not keep it open."""
        breaker = _breaker(connection, target)
        if not breaker.allows(now):
            return None
        earlier = OUTBOX.alias("earlier")
        held = (
            sa.exists()
            .where(earlier.c.target == OUTBOX.c.target, earlier.c.case_id == OUTBOX.c.case_id)
            .where(earlier.c.number < OUTBOX.c.number, earlier.c.state.in_(("waiting", "dead")))
        )
        query = sa.select(OUTBOX).where(OUTBOX.c.target == target, OUTBOX.c.state == "waiting", ~held).limit(1)
        if breaker.state == "closed":
            query = query.where(OUTBOX.c.next <= now).order_by(OUTBOX.c.number)
        else:
            query = query.order_by(sa.func.coalesce(OUTBOX.c.last_tried, 0.0), OUTBOX.c.number)
        return connection.execute(query).mappings().first()

    def record(self, target: str, id: str, outcome: Outcome, now: float) -> None:
        """What came of sending it. A message that somebody has dropped meanwhile stays so."""
        table, waits, delivery = OUTBOX, self._waits[target], self.targets[target]
        with writing(self.engine) as connection:
            query = sa.select(table).where(table.c.id == id)
            row = connection.execute(query).mappings().first()
            if row is None or row["state"] != "waiting":
                return
            breaker = _breaker(connection, target)
            values: dict[str, Any] = {"why": outcome.why}
            if outcome.taken or outcome.refused:
                state = "sent" if outcome.taken else "dead"
                look = None if outcome.look is None else now + outcome.look
                values |= {"state": state, "finished": now, "reference": outcome.reference, "look": look}
                _set(connection, target, breaker.worked(), **({"worked": now} if outcome.taken else {}))
            else:
                failures = row["failures"] + (breaker.state == "closed")
                dead = failures >= delivery.attempts
                values |= {"failures": failures, "next": now + waits.after(row["attempts"])}
                values |= {"state": "dead", "finished": now} if dead else {}
                failed = breaker.failed(now, waits, delivery.open_after, outcome.away)
                _set(connection, target, failed, why=outcome.why)
            connection.execute(table.update().where(table.c.id == id).values(**values))
            if breaker.state != "closed" and (outcome.taken or outcome.refused):
                # It is back: what failed only because it was away goes in its order, without a wait of its own.
                mine = (table.c.target == target) & (table.c.state == "waiting")
                connection.execute(table.update().where(mine).values(next=0.0))


def _breaker(connection: sa.Connection, target: str) -> Breaker:
    t = OUTBOX_TARGETS.c
    query = sa.select(t.breaker, t.failures, t.opened, t.until).where(t.name == target)
    return Breaker(*connection.execute(query).one())


def _set(connection: sa.Connection, target: str, breaker: Breaker, **values: Any) -> None:
    update = OUTBOX_TARGETS.update().where(OUTBOX_TARGETS.c.name == target)
    connection.execute(update.values(**_columns(breaker), **values))


def _columns(breaker: Breaker) -> dict[str, Any]:
    return {"breaker": breaker.state, **{n: getattr(breaker, n) for n in ("failures", "opened", "until")}}
