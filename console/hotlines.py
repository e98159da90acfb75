"""hotlines: the orders of 12345, 12319, 110 …: taken as the configuration says, and answered when they are done.

POST /api/hotline/{name} takes orders as the hotline writes them, also rows of a file. GET …/answers gives what their
reporters are to be told since the last time: the hotline asks every few minutes and remembers `next`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Body, Query

from cases.case import iso
from cases.database import reading
from cases.intake.orders import NoOrders, Order, orders
from cases.intake.settings import Hotline
from cases.office import NoAnswerYet
from cases.tables import CHANGES
from console.access import Who
from console.bodies import OrderOut, OrdersOut, Told, ToldOut, clean
from console.city import City, OfCity
from console.errors import Refused
from console.reading import find_report
from console.reports import followed
from console.settings import Token
from pipeline.faults import did_you_mean

router = APIRouter(tags=["hotlines"])
_LOOKED_AT = 5000
"""Changes that one question looks through."""
_AT_ONCE = 32
"""Orders of one request that wait for the desk together."""
_VALUES = 200_000
"""Values in the orders of one request."""


@router.post("/api/hotline/{name}")
def take(city: OfCity, who: Who, name: str, body: Annotated[Any, Body()]) -> OrdersOut:
    """Take orders. Each is answered for itself; the same order again changes nothing."""
    hotline = _hotline(city, who, name)
    try:
        found = list(orders(clean(body, many=_VALUES), name, hotline, city.now(), city.settings.zone))
    except (NoOrders, ValueError) as error:
        raise Refused(422, f"{error}.") from None
    with ThreadPoolExecutor(max(min(_AT_ONCE, len(found)), 1)) as pool:  # each waits for the desk's next look
        return OrdersOut(orders=list(pool.map(lambda each: _taken(city, each), found)))


@router.get("/api/hotline/{name}/answers")
def answers(
    city: OfCity,
    who: Who,
    name: str,
    after: Annotated[int, Query(ge=0, le=2**62, description="`next` of the last time; 0: from the oldest kept.")] = 0,
) -> ToldOut:
    """What the reporters of this hotline are to be told since the last time; kept for a month. Ask again at once while
    `next` changes."""
    _hotline(city, who, name)
    query = sa.select(CHANGES).where(CHANGES.c.number > after).order_by(CHANGES.c.number).limit(_LOOKED_AT)
    found: dict[str, Told] = {}
    with reading(city.engine) as connection:
        changes = connection.execute(query).mappings().all()
        for change in changes:
            if change["event"] != "answered" or change["data"].get("channel") != name:
                continue
            report = find_report(connection, change["data"]["number"], (name,))
            if report is not None:
                now = followed(city, report)
                found[now.number] = Told(
                    order=now.number, state=now.state, ended=now.ended, text=now.told, at=iso(change["at"])
                )
    return ToldOut(answers=list(found.values()), next=changes[-1]["number"] if changes else after)


def _taken(city: City, order: Order) -> OrderOut:
    if order.report is None:
        return OrderOut(order=order.number, taken=False, case=None, why=order.problem)
    try:
        said = city.office.say(order.report, patience=city.settings.web.patience)
    except NoAnswerYet:
        return OrderOut(order=order.number, taken=True, case=None, why="")
    return OrderOut(order=order.number, taken=said.taken, case=said.case or None, why=said.why)


def _hotline(city: City, who: Token, name: str) -> Hotline:
    """Raises Refused."""
    known = city.settings.intake.hotlines
    if name not in who.hotlines:
        raise Refused(
            403, "This token may not bring this hotline's orders; name it under its `hotlines` in web.tokens."
        )
    if name not in known:
        raise Refused(404, f"There is no hotline of this name in intake.hotlines{did_you_mean(name, known)}.")
    return known[name]
