"""audit: the trail of who did what, when, from which address: rows are only ever added.

Every part of the console calls `audit` for what somebody may later have to answer for: logins, changes to users, roles
and tokens, reloads, evidence and sealed originals that were opened, registers, rules and cameras that were edited. No
secret and nothing that a case's own steps already tell belongs into it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from cases.database import writing
from cases.database_values import storable
from cases.tables.people import AUDIT

if TYPE_CHECKING:
    from console.city import City
    from console.settings import Token

ADDRESS: ContextVar[str] = ContextVar("ADDRESS", default="")
"""Of whoever sent the request that is being answered; '': nobody did."""
MOST = 10_000
AGAIN = 600.0
"""Seconds in which the same thing done again by the same person is not written again."""


def audit(city: City, who: Token | None, action: str, about: str = "", **data: Any) -> None:
    """Write down that somebody did something.

    who: None where it is nobody that is known. action: such as 'user.made', the part first. about: what it was done to:
    a name or an id. data: JSON. Raises StoreTrouble, StoreBroken: then it should not be done.
    """
    with writing(city.engine) as connection:
        note(connection, city.now(), "" if who is None else who.name, action, about, **data)


def audit_once(city: City, who: Token, action: str, about: str) -> None:
    """The same, for what is done over and over, such as opening a picture: not again within ten minutes."""
    if city.noted.first((who.name, action, about)):
        audit(city, who, action, about)


def note(connection: sa.Connection, now: float, who: str, action: str, about: str = "", **data: Any) -> None:
    """The same, within the transaction that does it. now: UTC seconds. who: the name; '': nobody that is known."""
    address = storable(ADDRESS.get())
    row = {"at": now, "who": who, "action": action, "about": about[:200], "address": address, "data": data}
    connection.execute(AUDIT.insert(), row)


class Noted:
    """What was written down of late. Any thread."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._at: OrderedDict[tuple[str, ...], float] = OrderedDict()

    def first(self, what: tuple[str, ...]) -> bool:
        """Whether it was not within `AGAIN`; from now on it was."""
        now = self._now()
        with self._lock:
            before = self._at.pop(what, None)
            new = before is None or not 0 <= now - before < AGAIN
            self._at[what] = now if new or before is None else before
            if len(self._at) > MOST:
                self._at.popitem(last=False)
        return new


class Wanted(NamedTuple):
    """Which entries of the trail; '' and None restrict nothing. action: 'user' means all that begin with 'user.'."""

    who: str = ""
    action: str = ""
    text: str = ""
    since: float | None = None
    until: float | None = None


def entries(connection: sa.Connection, wanted: Wanted, before: int | None, limit: int) -> list[Any]:
    """Rows of the trail, the newest first; before: only those with a lower number."""
    query = sa.select(AUDIT).order_by(AUDIT.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(AUDIT.c.number < before)
    if wanted.who:
        query = query.where(AUDIT.c.who == wanted.who)
    if wanted.action:
        begins = AUDIT.c.action.startswith(f"{wanted.action}.", autoescape=True)
        query = query.where((AUDIT.c.action == wanted.action) | begins)
    if wanted.text:
        query = query.where(
            sa.or_(*(each.icontains(wanted.text, autoescape=True) for each in (AUDIT.c.about, AUDIT.c.address)))
        )
    if wanted.since is not None:
        query = query.where(AUDIT.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AUDIT.c.at < wanted.until)
    return list(connection.execute(query).mappings())
