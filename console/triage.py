"""triage: the queue: its head (how many cases wait, how grave and how late), its order, and the rows in sight.

The order is the ids alone, all of them; a page that has it can be scrolled to any place and asks for the rows there. So
nothing moves in it while cases come and go, and one that has ended meanwhile is still read where it stood.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from cases.database import reading
from cases.intake.text import tidy
from cases.reading_counts import counts
from cases.reading_order import order, rows
from console.access import Staff, limited
from console.city import OfCity
from console.rows import CasesOut, told
from console.triage_filters import Wanted, filters_of
from console.triage_snoozes import how_many, snoozed

router = APIRouter(tags=["triage"])
MANY = 200
"""Rows of one question."""


class CountsOut(BaseModel):
    """Active cases that fit a filter, and how many are put off for whoever asks, whatever the filter."""

    all: int
    states: dict[str, int]
    """In the order of a case's life; those that there are."""
    severities: dict[int, int]
    """The gravest first; those that there are."""
    overdue: int
    warning: int
    snoozed: int


@router.get("/api/triage/counts")
def counted(city: OfCity, who: Staff, wanted: Annotated[Wanted, Query()]) -> CountsOut:
    """How many cases GET /api/cases would list with the same filter."""
    with reading(city.engine) as connection:
        found = counts(connection, filters_of(wanted, who), *snoozed(wanted.snoozed, who.name, city.now()))
        return CountsOut(
            all=found.all,
            states=found.states,
            severities=found.severities,
            overdue=found.overdue,
            warning=found.warning,
            snoozed=how_many(connection, city, who),
        )


class OrderOut(BaseModel):
    """Ids of active cases, what is to be done first first; the first 50,000."""

    ids: list[str]


@router.get("/api/triage/order")
def ordered(city: OfCity, who: Staff, wanted: Annotated[Wanted, Query()]) -> OrderOut:
    """The cases that GET /api/cases would list with the same filter, by their ids."""
    with reading(city.engine) as connection:
        return OrderOut(ids=order(connection, filters_of(wanted, who), *snoozed(wanted.snoozed, who.name, city.now())))


@router.get("/api/triage/rows", response_model=CasesOut)
def looked_at(
    city: OfCity,
    who: Staff,
    id: Annotated[list[str], Query(min_length=1, max_length=MANY, description="Ids, as the order has them.")],
) -> Any:
    """These cases as a list has them, whatever has become of them since; those that are there and may be seen."""
    with reading(city.engine) as connection:
        found = rows(connection, [tidy(each, 100) for each in id], limited(who))
    return {"cases": told(found), "after": ""}
