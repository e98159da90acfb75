"""login_who: who somebody is to the pages: their name, what they may, what the city offers them."""

from __future__ import annotations

from pydantic import BaseModel

from console.city import City
from console.people import Language, Person
from console.permissions import permissions_of
from console.settings import Token


class MeOut(BaseModel):
    """Who asks. csrf: for X-CSRF-Token; '' for a token. knows_password: whoever changes it must say the old one too.
    offers: parts of the console that this city runs."""

    name: str
    shown: str
    roles: list[str]
    permissions: list[str]
    unit: str
    areas: list[str]
    language: Language
    csrf: str
    city: str
    time_zone: str
    must_change_password: bool
    knows_password: bool
    offers: list[str]


def by_link_alone(person: Person) -> bool:
    """Whether they came by a link, since they don't know the password that they must change."""
    return person.must_change and person.by == "link"


def me_of(city: City, who: Token) -> MeOut:
    """Of a person or a token."""
    person = who if isinstance(who, Person) else None
    return MeOut(
        name=who.name,
        shown=person.shown if person else who.name,
        roles=[str(role) for role in who.roles],
        permissions=sorted(permissions_of(who)),
        unit=who.unit,
        areas=list(who.areas),
        language=person.language if person else "",
        csrf=person.csrf if person else "",
        city=city.settings.name,
        time_zone=city.settings.zone_name,
        must_change_password=person.must_change if person else False,
        knows_password=not (person and by_link_alone(person)),
        offers=[name for name in city.beside.__slots__ if getattr(city.beside, name) is not None],
    )
