"""shifts_signing: that it is really they: a person who gives their password again, or has none and just logged in."""

from __future__ import annotations

import sqlalchemy as sa

from cases.database import reading
from cases.tables.people import SESSIONS
from console.audit import ADDRESS
from console.city import City
from console.errors import Refused
from console.login import busy, slowly
from console.login_me import person_only
from console.people import Person, key_of, user_by
from console.people_passwords import Busy
from console.settings import Token

FRESH = 600.0
"""Seconds after a login in which somebody without a password may sign."""


def proven(city: City, who: Token, password: str) -> Person:
    """The person. Guesses are slowed down as at the login. Raises Refused."""
    person = person_only(who)
    with reading(city.engine) as connection:
        row = user_by(connection, person.user)
        made = connection.execute(sa.select(SESSIONS.c.made).where(SESSIONS.c.id == person.session)).scalar()
    if row is not None and not row["password"]:  # they come from the OpenID provider
        if made is None or city.now() - made > FRESH:
            raise Refused(403, "Log out and in again, then sign within ten minutes: you have no password here.")
        return person
    key, address = key_of(person.name), ADDRESS.get()
    slowly(city, key, address)
    try:
        right = row is not None and city.passwords.fits(password, row["password"])
    except Busy:
        raise busy() from None
    if not right:
        raise Refused(403, "This is not your password. Nothing has been signed; try again.")
    city.throttle.right(key, address)
    return person
