"""case_readings: what was around a case: its readings with what they were held against, and the ways of its vehicles.

Out of the journal, by whoever runs the city (`CaseBeside.around`): one at a time, bounded, and remembered.
"""

from __future__ import annotations

from fastapi import APIRouter

from console.access import Staff
from console.case_told import CantBe, Surrounded
from console.city import OfCity
from console.errors import Refused
from console.steps import visible

router = APIRouter(tags=["case"])


@router.get(
    "/api/cases/{case}/around",
    responses={503: {"description": "Nothing runs here that has the journal, or many ask at this moment."}},
)
def around(city: OfCity, who: Staff, case: str) -> Surrounded:
    """The rows around a case: curves of what its rules look at, and trails with times and speeds."""
    row = visible(city, who, case)
    if city.beside.case is None:
        raise Refused(503, "The journal is not at hand here: only a running city has it.")
    try:
        return city.beside.case.around(row["id"])
    except CantBe as error:
        raise Refused(503, str(error), headers={"Retry-After": "30"}) from None
