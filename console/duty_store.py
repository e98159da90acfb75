"""duty_store: who is on duty, what is kept of where they are, and when it goes.

A duty is over when somebody has signed off, when its time is over, or when nothing has been heard for `silent`: whether
it is over is reckoned at each look, so that nobody is located a second longer because something that should have ended
it didn't run. Times are UTC seconds, places WGS-84 degrees.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa

from cases.database import insert_new
from cases.tables.duty import DUTIES, DUTY_LOOKS, DUTY_POSITIONS
from console.duty_settings import DutySection

OFF, SILENT, OVER = "off", "silent", "over"


class Duty(NamedTuple):
    """As its table has it."""

    id: str
    who: str
    unit: str
    started: float
    until: float
    last: float
    ended: float | None
    why: str
    placed: float | None
    lon: float | None
    lat: float | None
    accuracy: float | None

    def over(self, now: float, silent: float) -> tuple[float, str] | None:
        """Since when it is over and why; None: it goes on."""
        if self.ended is not None:
            return self.ended, self.why
        end, why = min((self.last + silent, SILENT), (self.until, OVER))
        return (end, why) if now >= end else None


class Position(NamedTuple):
    """Where somebody was. number: the phone's own. accuracy: metres; None where it is not known."""

    number: int
    at: float
    lon: float
    lat: float
    accuracy: float | None


def newest(connection: sa.Connection, who: str) -> Duty | None:
    """Somebody's duty that has no end yet, of which there is one at most; otherwise their last."""
    first = (DUTIES.c.ended.is_not(None), DUTIES.c.started.desc(), DUTIES.c.id)
    query = _duties().where(DUTIES.c.who == who).order_by(*first).limit(1)
    row = connection.execute(query).first()
    return None if row is None else Duty(*row)


def on_duty(connection: sa.Connection, rules: DutySection, now: float, unit: str | None = None) -> list[Duty]:
    """All who are, by name. unit: only of this one."""
    query = _duties().where(DUTIES.c.ended.is_(None), DUTIES.c.until > now, DUTIES.c.last > now - rules.silent)
    if unit is not None:
        query = query.where(DUTIES.c.unit == unit)
    return [Duty(*row) for row in connection.execute(query.order_by(DUTIES.c.who).limit(MOST))]


MOST = 5_000
"""So many on duty at a time are shown; no city has more."""


def sign_on(connection: sa.Connection, rules: DutySection, who: str, unit: str, now: float, until: float) -> Duty:
    """The duty that goes on, or a new one. until: when it is to end by itself; `longest` after now at the latest."""
    before = newest(connection, who)
    if before is not None:
        over = before.over(now, rules.silent)
        if over is None:
            return before
        _end(connection, before, over)
    duty = Duty(str(uuid.uuid4()), who, unit, now, min(until, now + rules.longest), now, None, "", *(None,) * 4)
    connection.execute(DUTIES.insert(), duty._asdict())
    return duty


def sign_off(connection: sa.Connection, rules: DutySection, who: str, now: float) -> Duty | None:
    """Their last duty, over now; None: they never had one. What was over before keeps its end."""
    duty = newest(connection, who)
    if duty is None:
        return None
    over = duty.over(now, rules.silent) or (now, OFF)
    _end(connection, duty, over)
    return duty._replace(ended=over[0], why=over[1])


def add(connection: sa.Connection, duty: Duty, positions: Iterable[Position], now: float) -> int:
    """Keep what was while the duty lasted; how many that is, with those that were kept before."""
    mine = [each for each in positions if duty.started <= each.at <= now]
    if not mine:
        return 0
    rows = [{"duty": duty.id, "who": duty.who, **each._asdict()} for each in mine]
    connection.execute(insert_new(DUTY_POSITIONS, connection), rows)
    latest = max(mine, key=lambda each: each.at)
    if duty.placed is None or latest.at > duty.placed:
        place = {"placed": latest.at, "lon": latest.lon, "lat": latest.lat, "accuracy": latest.accuracy}
        values = place | {"last": max(duty.last, latest.at)}
        connection.execute(DUTIES.update().where(DUTIES.c.id == duty.id).values(values))
    return len(mine)


def track(connection: sa.Connection, who: str, since: float, until: float, limit: int) -> list[Position]:
    """Where somebody was on duty from `since` to `until`, oldest first, so many at most."""
    columns = [DUTY_POSITIONS.c[name] for name in Position._fields]
    query = sa.select(*columns).where(DUTY_POSITIONS.c.who == who, DUTY_POSITIONS.c.at >= since)
    query = query.where(DUTY_POSITIONS.c.at <= until).order_by(DUTY_POSITIONS.c.at, DUTY_POSITIONS.c.number)
    return [Position(*row) for row in connection.execute(query.limit(limit))]


def looked(connection: sa.Connection, whose: str, by: str, now: float, since: float, until: float) -> None:
    """Remember that somebody looked."""
    connection.execute(DUTY_LOOKS.insert(), {"whose": whose, "by": by, "at": now, "since": since, "until": until})


def looks(connection: sa.Connection, whose: str, limit: int) -> list[dict[str, Any]]:
    """Who looked at somebody's track, the newest first."""
    columns = [DUTY_LOOKS.c[name] for name in ("by", "at", "since", "until")]
    query = sa.select(*columns).where(DUTY_LOOKS.c.whose == whose).order_by(DUTY_LOOKS.c.number.desc()).limit(limit)
    return [dict(row) for row in connection.execute(query).mappings()]


def purge(connection: sa.Connection, keep: float, now: float) -> int:
    """Delete what is older than `keep` seconds: positions, duties that were over by then, looks. How many rows."""
    then = now - keep
    # A duty without an end is over at the latest by `until`.
    over = sa.func.coalesce(DUTIES.c.ended, DUTIES.c.until) < then
    old = ((DUTY_POSITIONS, DUTY_POSITIONS.c.at < then), (DUTIES, over), (DUTY_LOOKS, DUTY_LOOKS.c.at < then))
    return sum(connection.execute(table.delete().where(where)).rowcount for table, where in old)


def _end(connection: sa.Connection, duty: Duty, over: tuple[float, str]) -> None:
    values = {"ended": over[0], "why": over[1]}
    connection.execute(DUTIES.update().where(DUTIES.c.id == duty.id, DUTIES.c.ended.is_(None)).values(values))


def _duties() -> sa.Select[Any]:
    return sa.select(*(DUTIES.c[name] for name in Duty._fields))
