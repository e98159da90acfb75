"""layers_search: what the map's search finds: vehicles, bins, cameras, address points and cases."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa

from cases.database import reading
from cases.reading import Filters, history
from cases.tables.registers import ADDRESSES
from console.access import limited, own_unit
from console.city import City
from console.live_map import Ground
from console.positions_known import known
from console.settings import Token

Found = dict[str, Any]


def found(city: City, who: Token, text: str, limit: int) -> Iterator[Found]:
    """Of each kind so many at most."""
    if own_unit(who) is None:
        if city.beside.ground is not None:
            yield from _subjects(city.beside.ground, city.now(), text, limit)
        yield from islice(_cameras(city, text), limit)
    yield from _addresses(city, text, limit)
    yield from _cases(city, who, text, limit)


def _subjects(ground: Ground, now: float, text: str, limit: int) -> Iterator[Found]:
    """By id and plate. Where one hits, what begins so comes first."""
    wanted = _plain(text)
    hits: dict[str, list[tuple[bool, str, str]]] = {"vehicle": [], "bin": []}
    for id, (kind, _, plate) in known(ground.registers, now).items():
        names = [_plain(id), _plain(plate)]
        if wanted and any(wanted in name for name in names):
            hits[kind].append((not any(name.startswith(wanted) for name in names), id, plate))
    table = ground.registers.bins
    stands = dict(zip(table.text("id"), range(len(table)), strict=True)) if hits["bin"] else {}
    for kind, some in hits.items():
        for _, id, plate in sorted(some)[:limit]:
            row = stands.get(id) if kind == "bin" else None
            place: tuple[float | None, float | None]
            if row is not None:
                place = float(table.numbers("lon")[row]), float(table.numbers("lat")[row])
                detail = table.text("address")[row]
            else:
                place, detail = _last(ground, id), id if plate else ""
            yield _found(kind, id, plate or id, detail, *place)


def _last(ground: Ground, id: str) -> tuple[float | None, float | None]:
    some = ground.latest.where(id)
    return (None, None) if some is None else (float(some.lon[0]), float(some.lat[0]))


def _cameras(city: City, text: str) -> Iterator[Found]:
    wanted = _plain(text)
    for each in city.beside.cameras.known() if city.beside.cameras is not None else ():
        if wanted and (wanted in _plain(each.id) or wanted in _plain(each.name)):
            yield _found("camera", each.id, each.name or each.id, each.id if each.name else "", each.lon, each.lat)


def _addresses(city: City, text: str, limit: int) -> Iterator[Found]:
    now, each = city.now(), ADDRESSES.c
    query = sa.select(each.id, each.text, each.lon, each.lat).where(
        each.until.is_(None),
        each.text.contains(text, autoescape=True),
        sa.or_(each.valid_from.is_(None), each.valid_from <= now),
        sa.or_(each.valid_to.is_(None), each.valid_to > now),
    )
    with reading(city.engine) as connection:
        rows = connection.execute(query.order_by(sa.func.length(each.text), each.text).limit(limit)).all()
    for id, words, lon, lat in rows:
        yield _found("address", id, words, "", lon, lat)


def _cases(city: City, who: Token, text: str, limit: int) -> Iterator[Found]:
    with reading(city.engine) as connection:
        page = history(connection, limited(who, Filters(text=text)), limit=limit)
    for case in page.cases:
        detail = case.text or case.address or case.place or case.subject
        yield _found("case", case.id, case.number, detail, case.lon, case.lat)


def _found(kind: str, id: str, label: str, detail: str, lon: float | None, lat: float | None) -> Found:
    return {"kind": kind, "id": id, "label": label, "detail": detail, "lon": lon, "lat": lat}


def _plain(text: str) -> str:
    """Without what people leave out or write otherwise in plates: 沪A·D1234, 沪a d1234."""
    return "".join(each for each in text.casefold() if each.isalnum())
