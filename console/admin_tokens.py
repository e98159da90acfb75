"""admin_tokens: tokens for systems, made in the console: shown once, with an end, ended when they are not needed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from cases.case import iso
from cases.database import reading, writing
from console.admin import MOST, Administrator, Areas, Body, Roles, Unit
from console.audit import note
from console.city import OfCity
from console.errors import Refused
from console.login import REFUSALS
from console.people import find_user
from console.people_tokens import end_token, make_token, tokens
from console.settings import Name

router = APIRouter(prefix="/api/admin/tokens", tags=["administration"], responses=REFUSALS)
_DAY = 86400.0


class TokenIn(Body):
    """A new token. days: how long it is good for. channel: of its reports."""

    name: Name
    roles: Roles
    unit: Unit = ""
    areas: Areas = Field(default_factory=list)
    channel: Annotated[str, Field(max_length=40)] = ""
    days: Annotated[int, Field(ge=1, le=3650)] = 365


class TokenOut(BaseModel):
    """A token. source: console, or configuration: that is changed in the file. until, made: null: of the configuration.
    ended: null: it goes on."""

    id: str
    source: str
    name: str
    roles: list[str]
    unit: str
    areas: list[str]
    channel: str
    made: str | None
    made_by: str
    until: str | None
    used: str | None
    ended: str | None
    ended_by: str


class SecretOut(BaseModel):
    """A token, and its secret, which is shown only now."""

    token: TokenOut
    secret: str


@router.get("")
def listed(city: OfCity, _: Administrator) -> list[TokenOut]:
    """All tokens: those of the configuration, then those made here, the newest first."""
    with reading(city.engine) as connection:
        rows = [dict(row) for row in tokens(connection, MOST)]
    nothing = {"id": "", "made": None, "made_by": "", "until": None, "used": None, "ended": None, "ended_by": ""}
    fixed = [
        TokenOut(
            **nothing,
            source="configuration",
            name=each.name,
            roles=list(each.roles),
            unit=each.unit,
            areas=list(each.areas),
            channel=each.channel,
        )
        for each in city.settings.web.tokens
    ]
    return fixed + [_out(row) for row in rows]


@router.post("", status_code=201, responses={409: {"description": "The name is another's."}})
def make(city: OfCity, who: Administrator, body: TokenIn) -> SecretOut:
    """Make a token."""
    now = city.now()
    values = body.model_dump(exclude={"days"}) | {"roles": tuple(body.roles), "areas": tuple(body.areas)}
    with writing(city.engine) as connection:
        if city.access.has(body.name) or find_user(connection, body.name) is not None:
            raise Refused(409, "name: a user or another token has it; steps would not tell them apart.")
        try:
            id, secret = make_token(connection, **values, until=now + body.days * _DAY, now=now, by=who.name)
        except ValueError as error:
            told = getattr(error, "errors", None)
            if told is None:
                raise Refused(409, f"name: {error}.") from None
            why = told(include_input=False)[0]["msg"].removeprefix("Value error, ")
            raise Refused(422, f"{why}.") from None
        note(connection, now, who.name, "token.made", body.name, roles=list(body.roles), days=body.days)
        row = next(dict(each) for each in tokens(connection, MOST) if each["id"] == id)
    return SecretOut(token=_out(row), secret=secret)


@router.delete("/{id}", status_code=204)
def ended(city: OfCity, who: Administrator, id: str) -> None:
    """End a token that was made here; at once."""
    with writing(city.engine) as connection:
        name = end_token(connection, id, city.now(), who.name)
        if name is not None:
            note(connection, city.now(), who.name, "token.ended", name)
    if name is None:
        raise Refused(404, "There is no such token, or it has ended. Tokens of the configuration are changed there.")


def _out(row: dict[str, Any]) -> TokenOut:
    names = ("id", "name", "roles", "unit", "areas", "channel", "made_by", "ended_by")
    times = {name: None if row[name] is None else iso(row[name]) for name in ("made", "until", "used", "ended")}
    return TokenOut(source="console", **{name: row[name] for name in names}, **times)
