"""people_tokens: tokens made in the console, for systems: shown once, kept as a digest, with an end.

Beside those of the configuration (`web.tokens`), whose names they can't have.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from cases.database import StoreTrouble, reading, writing
from cases.tables.people import API_TOKENS
from console.city import City
from console.roles import role_of
from console.sessions import digest
from console.settings import Token

PREFIX = "gw_"
"""So that a token that was put where it should not be is recognised."""
_MINUTE = 60.0


def make_token(
    connection: sa.Connection,
    *,
    name: str,
    roles: tuple[str, ...],
    unit: str,
    areas: tuple[str, ...],
    channel: str,
    until: float,
    now: float,
    by: str,
) -> tuple[str, str]:
    """Make one: its id, and the secret, which is nowhere else. Raises ValueError: the name is another's, or it can't be
    so."""
    Token(name=name, roles=tuple(map(role_of, roles)), unit=unit, areas=areas, channel=channel)
    if connection.execute(sa.select(API_TOKENS.c.id).where(API_TOKENS.c.name == name)).first() is not None:
        raise ValueError(f"there is, or was, a token called '{name}'")
    secret, id = PREFIX + secrets.token_urlsafe(32), secrets.token_hex(8)
    row: dict[str, Any] = {
        "id": id,
        "hash": digest(secret),
        "name": name,
        "roles": list(roles),
        "unit": unit,
        "areas": list(areas),
    }
    row |= {"channel": channel, "made": now, "made_by": by, "until": until}
    connection.execute(API_TOKENS.insert(), row | {"used": None, "ended": None, "ended_by": ""})
    return id, secret


def token_of(city: City, secret: str) -> Token | None:
    """Whose secret it is; None: nobody's, or it is over. Raises StoreTrouble, StoreBroken."""
    if not secret.startswith(PREFIX):
        return None
    now, hash = city.now(), digest(secret)
    query = sa.select(API_TOKENS).where(API_TOKENS.c.hash == hash, API_TOKENS.c.ended.is_(None))
    with reading(city.engine) as connection:
        row = connection.execute(query.where(API_TOKENS.c.until > now)).mappings().first()
    if row is None:
        return None
    if row["used"] is None or abs(now - row["used"]) >= _MINUTE:
        _used(city, hash, now)
    return _token(dict(row))


def tokens_called(connection: sa.Connection, names: Collection[str], now: float) -> dict[str, Token]:
    """Those of these names that go on."""
    query = sa.select(API_TOKENS).where(API_TOKENS.c.name.in_(names), API_TOKENS.c.ended.is_(None))
    rows = connection.execute(query.where(API_TOKENS.c.until > now)).mappings()
    return {row["name"]: _token(dict(row)) for row in rows}


def tokens(connection: sa.Connection, most: int) -> list[Any]:
    """All that were ever made, the newest first."""
    query = sa.select(API_TOKENS).order_by(API_TOKENS.c.made.desc(), API_TOKENS.c.id).limit(most)
    return list(connection.execute(query).mappings())


def end_token(connection: sa.Connection, id: str, now: float, by: str) -> str | None:
    """End one; its name. None: there is none that goes on."""
    open_ = (API_TOKENS.c.id == id) & API_TOKENS.c.ended.is_(None)
    name = connection.execute(sa.select(API_TOKENS.c.name).where(open_)).scalar()
    if name is not None:
        connection.execute(API_TOKENS.update().where(open_).values(ended=now, ended_by=by))
    return name


def _token(row: Mapping[str, Any]) -> Token:
    return Token(
        name=row["name"],
        roles=tuple(map(role_of, row["roles"])),
        unit=row["unit"],
        areas=tuple(row["areas"]),
        channel=row["channel"],
    )


def _used(city: City, hash: str, now: float) -> None:
    try:
        with writing(city.engine) as connection:
            connection.execute(API_TOKENS.update().where(API_TOKENS.c.hash == hash).values(used=now))
    except StoreTrouble:
        return  # a full disk keeps nobody from reading; the next request tries again
