"""cases: the cases of a city: what is to be done first, what was, and one whole."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query

from cases.database import reading
from cases.reading import WrongPage, history, triage, whole
from console.access import Staff
from console.city import OfCity
from console.errors import Refused
from console.rows import CaseOut, CasesOut, page, told
from console.steps import possible, visible
from console.triage_filters import Listing, filters_of
from console.triage_snoozes import snoozed

router = APIRouter(tags=["cases"])


@router.get("/api/cases", response_model=CasesOut)
def listed(city: OfCity, who: Staff, wanted: Annotated[Listing, Query()]) -> Any:
    """Open cases in the order in which an operator works: overdue first, the gravest, the soonest due. With `ended`,
    since or until, all of them, the newest first."""
    filters, after, limit = filters_of(wanted, who), wanted.after, wanted.limit
    since, until = _seconds(wanted.since), _seconds(wanted.until)
    with reading(city.engine) as connection:
        try:
            if wanted.ended or since is not None or until is not None:
                return page(history(connection, filters, since=since, until=until, after=after, limit=limit))
            put_off = snoozed(wanted.snoozed, who.name, city.now())
            return page(triage(connection, filters, *put_off, after=after, limit=limit))
        except WrongPage as error:
            raise Refused(422, f"{error}.") from None


def _seconds(when: datetime | None) -> float | None:
    return None if when is None else when.timestamp()


@router.get("/api/cases/{case}", response_model=CaseOut)
def one(city: OfCity, who: Staff, case: str) -> Any:
    """A case with its steps, tasks, approvals, evidence and reports, and what this token may do now. Who reported is
    not in it. case: its id, the beginning of it, or its number."""
    row = visible(city, who, case)
    with reading(city.engine) as connection:
        found = whole(connection, row["id"])
    return told(found) | {"allowed": possible(who, row)}
