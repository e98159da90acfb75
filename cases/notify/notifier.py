"""notifier: from what happens to cases to messages that people have, and what follows where nobody acknowledges them.

    changes → follow → gathering ──(group is over)──→ told ──(acknowledged, acted on, or over)──→ acknowledged
                                                       ↑  │
                                                       └──┘ (nobody has: somebody else is told)

`follow` makes notices of changes, in one transaction with how far it has followed. `turn` does what is due by time.
`next` gives what is to be sent now, `record` takes what came of it; a kill between the two means that it is given
again, with the same text and number (at least once). All state is in tables; `now` is UTC seconds.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any

import msgspec
import numpy as np
import sqlalchemy as sa

from cases.database import reading, upsert, writing
from cases.deadlines import WorkingHours
from cases.life import ACTIONS, ENDED, Role
from cases.notify.settings import NotifyRule, NotifySection
from cases.notify.text import SHOWN, Names, item, written
from cases.outbox.breaker import Waits
from cases.tables import CASES, CHANGES, FOLLOWERS, NOTICE_CASES, NOTICE_QUIET, NOTICE_SENDS, NOTICES
from pipeline.calendars import Calendar
from pipeline.hours import Hours

FOLLOWER = "notify"
BATCH = 100
"""How many changes one transaction takes at most."""
GATHERING, TOLD, ACKNOWLEDGED = "gathering", "told", "acknowledged"
_BY_ITSELF = frozenset({Role.POLICY, Role.PIPELINE})

Row = Mapping[str, Any]


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be sent now."""

    notice: int
    round: int
    channel: str
    title: str
    body: str
    severity: int
    again: bool
    """It was begun before: they may have it already."""


class Notifier:
    """Of one city."""

    def __init__(
        self,
        engine: sa.Engine,
        section: NotifySection,
        hours: WorkingHours,
        zone: tzinfo,
        calendar: Calendar | None = None,
        names: Names = lambda code, language: "",  # noqa: ARG005 what a name depends on
        dice: Callable[[], float] = random.random,
    ) -> None:
        """names: of categories. dice: 0 to 1, spreads the waits.

        From now on changes are followed: call it before anything that makes them.
        """
        self.engine, self.section = engine, section
        self._rules = {rule.id: rule for rule in section.rules}
        self._working, self._zone, self._names = hours, zone, names
        self._hours = {rule.id: Hours(rule.hours, zone, calendar) for rule in section.rules if rule.hours}
        self._waits = Waits(section.first_wait, section.longest_wait, dice)
        with writing(engine) as connection:
            if connection.execute(sa.select(FOLLOWERS).where(FOLLOWERS.c.name == FOLLOWER)).first() is None:
                newest = sa.select(sa.func.coalesce(sa.func.max(CHANGES.c.number), 0))
                values = {"name": FOLLOWER, "number": connection.execute(newest).scalar_one()}
                connection.execute(FOLLOWERS.insert().values(**values))
            gone = NOTICE_SENDS.c.state == "waiting", NOTICE_SENDS.c.channel.not_in(list(section.channels))
            connection.execute(NOTICE_SENDS.update().where(*gone).values(state="dropped"))

    # ---- changes become notices --------------------------------------------------------------------------------------

    def follow(self, now: float) -> int:
        """Make the notices of the next changes. Returns how many changes there were; 0: all are followed."""
        with reading(self.engine) as connection:
            if not _changes(connection):
                return 0
        with writing(self.engine) as connection:
            changes = _changes(connection)
            ids = {change["case_id"] for change in changes}
            found = connection.execute(sa.select(CASES).where(CASES.c.id.in_(ids))).mappings()
            cases = {row["id"]: dict(row) for row in found}
            for change in changes:
                case = cases.get(change["case_id"])
                if case is not None:
                    self._seen(connection, change, now)
                    for rule in self.section.rules:
                        if rule.when.fits(change["event"], change["data"], case) and self.holds(rule, now):
                            self._tell(connection, rule, change, case, now)
            if changes:
                last = FOLLOWERS.update().where(FOLLOWERS.c.name == FOLLOWER)
                connection.execute(last.values(number=changes[-1]["number"]))
        return len(changes)

    def holds(self, rule: NotifyRule, now: float) -> bool:
        """Whether a rule speaks at this time."""
        if rule.during is not None and self._working.working(now) != (rule.during == "working_hours"):
            return False
        return rule.id not in self._hours or bool(self._hours[rule.id].at(np.array([now]))[0])

    def _seen(self, connection: sa.Connection, change: Row, now: float) -> None:
        """A person has acted on a case, or it is over: a notice with only such cases needs nobody any more."""
        event, data = change["event"], change["data"]
        by_a_person = event in ACTIONS and data.get("role") not in _BY_ITSELF
        if not by_a_person and event != "withdrawn" and data["state"] not in ENDED:
            return
        n, c = NOTICES.c, NOTICE_CASES.c
        mine = sa.select(n.number).join(NOTICE_CASES, c.notice == n.number)
        mine = mine.where(c.case_id == change["case_id"], ~c.seen, n.state != ACKNOWLEDGED)
        numbers = list(connection.execute(mine).scalars())
        if not numbers:
            return
        seen = NOTICE_CASES.update().where(c.notice.in_(numbers), c.case_id == change["case_id"])
        connection.execute(seen.values(seen=True))
        over = NOTICES.update().where(n.number.in_(numbers), n.state == TOLD, ~_unseen())
        by = str(data.get("by", ""))
        connection.execute(
            over.values(state=ACKNOWLEDGED, next=None, snoozed=False, acknowledged=now, acknowledged_by=by)
        )

    def _tell(self, connection: sa.Connection, rule: NotifyRule, change: Row, case: Row, now: float) -> None:
        left_out = self._quiet(connection, rule, case, now)
        if left_out is None:
            return
        said = item(change, case, rule, self._names, self._zone, left_out)
        open_ = sa.select(NOTICES).where(NOTICES.c.rule == rule.id, NOTICES.c.state == GATHERING).limit(1)
        notice = connection.execute(open_).mappings().first()
        if notice is None or notice["next"] <= now:
            new = {"rule": rule.id, "state": GATHERING, "severity": case["severity"], "made": now, "items": [said]}
            new |= {"more": 0, "next": now + rule.group, "round": 0, "escalations": 0}
            new |= {"snoozed": False, "acknowledged_by": ""}
            if notice is not None:
                self._begin(connection, dict(notice), now)
            number = connection.execute(NOTICES.insert().values(**new)).inserted_primary_key[0]  # type: ignore[index]
        else:
            number, room = notice["number"], len(notice["items"]) < SHOWN
            values: dict[str, Any] = {"severity": max(notice["severity"], case["severity"])}
            values |= {"items": [*notice["items"], said]} if room else {"more": notice["more"] + 1}
            connection.execute(NOTICES.update().where(NOTICES.c.number == number).values(**values))
        row = {"notice": number, "case_id": case["id"], "seen": False}
        connection.execute(upsert(NOTICE_CASES, connection), [row])

    def _quiet(self, connection: sa.Connection, rule: NotifyRule, case: Row, now: float) -> int | None:
        """How many changes cool-down has left out before this one; None: this one too."""
        if not rule.cool_down:
            return 0
        about = (case["subject"] if rule.per == "subject" else "") or case["id"]
        mine = (NOTICE_QUIET.c.rule == rule.id) & (NOTICE_QUIET.c.about == about)
        quiet = connection.execute(sa.select(NOTICE_QUIET).where(mine)).mappings().first()
        if quiet is not None and now < quiet["until"]:
            more = NOTICE_QUIET.update().where(mine).values(left_out=quiet["left_out"] + 1)
            connection.execute(more)
            return None
        new = {"rule": rule.id, "about": about, "until": now + rule.cool_down, "left_out": 0}
        connection.execute(upsert(NOTICE_QUIET, connection), [new])
        return 0 if quiet is None else int(quiet["left_out"])

    # ---- what is due by time -----------------------------------------------------------------------------------------

    def turn(self, now: float) -> int:
        """Give what has gathered to its channels, and what nobody has acknowledged to the next. Returns how many."""
        n = NOTICES.c
        due = sa.select(NOTICES).where(n.state.in_((GATHERING, TOLD)), n.next <= now).order_by(n.number).limit(BATCH)
        with reading(self.engine) as connection:
            if connection.execute(due).first() is None:
                return 0
        with writing(self.engine) as connection:
            notices = connection.execute(due).mappings().all()
            for notice in notices:
                self._begin(connection, dict(notice), now)
        return len(notices)

    def _begin(self, connection: sa.Connection, notice: Row, now: float) -> None:
        """Put a notice on its way, for the first time or a further one."""
        rule, mine = self._rules.get(notice["rule"]), NOTICES.c.number == notice["number"]
        if rule is None:  # it is not in the configuration any more
            over = {"state": ACKNOWLEDGED, "next": None, "acknowledged": now, "acknowledged_by": ""}
            connection.execute(NOTICES.update().where(mine).values(**over))
            return
        first = notice["state"] == GATHERING
        round, escalated = 0 if first else notice["round"] + 1, notice["escalations"]
        step = None
        if not first and not notice["snoozed"]:
            if escalated >= len(rule.escalate):  # the configuration has fewer steps than it had
                connection.execute(NOTICES.update().where(mine).values(next=None))
                return
            step = rule.escalate[escalated]
        escalations = escalated + (step is not None)
        count = sa.select(sa.func.count()).where(NOTICE_CASES.c.notice == notice["number"])
        cases = connection.execute(count).scalar_one()
        title, body = written(rule, notice["number"], notice["items"], cases, notice["more"], round)
        same = {"notice": notice["number"], "round": round, "title": title, "body": body, "state": "waiting"}
        same |= {"made": now, "attempts": 0, "sent": None, "why": ""}
        names = dict.fromkeys(rule.to if step is None else step.to)
        rows = [{**same, "channel": name, "next": _free(connection, name, now)} for name in names]
        connection.execute(NOTICE_SENDS.insert(), rows)
        later = rule.escalate[escalations] if escalations < len(rule.escalate) else None
        values = {"state": TOLD, "round": round, "escalations": escalations, "snoozed": False}
        values |= {"next": None if later is None else now + later.after}
        connection.execute(NOTICES.update().where(mine).values(**values, **({"told": now} if first else {})))
        if first:  # somebody has been quicker than the message
            over = {"state": ACKNOWLEDGED, "next": None, "acknowledged": now}
            connection.execute(NOTICES.update().where(mine, ~_unseen()).values(**over))

    # ---- sending -----------------------------------------------------------------------------------------------------

    def next(self, channel: str, now: float) -> Letter | None:
        """What is to be sent by a channel now; None: nothing."""
        s = NOTICE_SENDS.c
        oldest = sa.select(NOTICE_SENDS).where(s.channel == channel, s.state == "waiting", s.next <= now)
        oldest = oldest.order_by(s.notice, s.round).limit(1)
        with reading(self.engine) as connection:
            if connection.execute(oldest).first() is None:
                return None
        with writing(self.engine) as connection:
            row = connection.execute(oldest).mappings().first()
            if row is None:
                return None
            begun = {"attempts": row["attempts"] + 1}
            connection.execute(NOTICE_SENDS.update().where(_one(row["notice"], row["round"], channel)).values(**begun))
            severity = sa.select(NOTICES.c.severity).where(NOTICES.c.number == row["notice"])
            return Letter(
                notice=row["notice"],
                round=row["round"],
                channel=channel,
                title=row["title"],
                body=row["body"],
                severity=connection.execute(severity).scalar_one(),
                again=row["attempts"] > 0,
            )

    def record(self, letter: Letter, why: str, now: float) -> None:
        """What came of sending it. why: '' where they have it. After a failure the whole channel waits."""
        mine, s = _one(letter.notice, letter.round, letter.channel), NOTICE_SENDS.c
        with writing(self.engine) as connection:
            row = connection.execute(sa.select(NOTICE_SENDS).where(mine)).mappings().first()
            if row is None or row["state"] != "waiting":
                return
            waiting = NOTICE_SENDS.update().where(s.channel == letter.channel, s.state == "waiting")
            if not why:
                connection.execute(NOTICE_SENDS.update().where(mine).values(state="sent", sent=now, why=""))
                if letter.again:  # it is back: what waited behind this one goes now
                    connection.execute(waiting.values(next=now))
                return
            dead = now - row["made"] >= self.section.give_up
            failed = {"state": "dead" if dead else "waiting", "why": why}
            connection.execute(NOTICE_SENDS.update().where(mine).values(**failed))
            connection.execute(waiting.values(next=now + self._waits.after(row["attempts"])))

    def tidy(self, now: float) -> None:
        """Let go of what is older than `keep` and needs nobody any more."""
        before = now - self.section.keep
        n, s = NOTICES.c, NOTICE_SENDS.c
        waits = sa.exists().where(s.notice == n.number, s.state == "waiting")
        old = sa.select(n.number).where(n.made < before, n.state != GATHERING, ~waits)
        with writing(self.engine) as connection:
            numbers = list(connection.execute(old).scalars())
            for table, column in ((NOTICE_SENDS, s.notice), (NOTICE_CASES, NOTICE_CASES.c.notice), (NOTICES, n.number)):
                connection.execute(sa.delete(table).where(column.in_(numbers)))
            connection.execute(sa.delete(NOTICE_QUIET).where(NOTICE_QUIET.c.until < before))


def _changes(connection: sa.Connection) -> list[Row]:
    followed = sa.select(FOLLOWERS.c.number).where(FOLLOWERS.c.name == FOLLOWER).scalar_subquery()
    query = sa.select(CHANGES).where(CHANGES.c.number > followed).order_by(CHANGES.c.number).limit(BATCH)
    return [dict(row) for row in connection.execute(query).mappings()]


def _free(connection: sa.Connection, channel: str, now: float) -> float:
    """When a channel may be used: a new notice does not knock before those that wait because it is down."""
    s = NOTICE_SENDS.c
    query = sa.select(sa.func.max(s.next)).where(s.channel == channel, s.state == "waiting", s.attempts > 0)
    return max(now, connection.execute(query).scalar() or now)


def _unseen() -> sa.ColumnElement[bool]:
    """Whether a notice has a case that no person has acted on since."""
    return sa.exists().where(NOTICE_CASES.c.notice == NOTICES.c.number, ~NOTICE_CASES.c.seen)


def _one(notice: int, round: int, channel: str) -> sa.ColumnElement[bool]:
    s = NOTICE_SENDS.c
    return (s.notice == notice) & (s.round == round) & (s.channel == channel)
