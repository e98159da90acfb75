"""live_still: whose stream may not go on: their session has ended, they are disabled, they may see something else now.

A stream begins as somebody with roles, a unit and areas, and shows what those may see until it ends. So all who listen
are looked up again every few seconds, together: one query for their sessions, one for tokens made in the console. Whose
standing is another is ended; their page comes again, and is answered as they are then.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable

from cases.database import reading
from console.city import City
from console.live_hub import Hub, Listener
from console.people import Person
from console.people_tokens import tokens_called
from console.sessions import people_in
from console.settings import Token

EVERY = 2.0
"""Seconds between two looks."""


def end_outdated(city: City, hub: Hub) -> int:
    """End the streams of those who are not who they were when they began; how many that were. Raises StoreTrouble,
    StoreBroken."""
    listeners = hub.listeners()
    gone = outdated(city, listeners) if listeners else []
    hub.end(gone)
    return len(gone)


def outdated(city: City, listeners: Collection[Listener]) -> list[Listener]:
    """Which of them. Raises StoreTrouble, StoreBroken."""
    sessions = {each.who.session for each in listeners if isinstance(each.who, Person)}
    names = {each.who.name for each in listeners if not isinstance(each.who, Person)}
    with reading(city.engine) as connection:
        people = people_in(connection, sessions, city.now(), city.settings.web.sessions) if sessions else {}
        tokens = tokens_called(connection, names, city.now()) if names else {}

    def now(who: Token) -> Token | None:
        return (
            people.get(who.session) if isinstance(who, Person) else city.access.named(who.name) or tokens.get(who.name)
        )

    return [each for each in listeners if standing(now(each.who)) != standing(each.who)]


def standing(who: Token | None) -> Hashable:
    """What decides what somebody may see."""
    if who is None:
        return None
    return who.name, who.roles, who.unit, who.areas, isinstance(who, Person) and who.must_change
