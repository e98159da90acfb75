"""mobile: what the phone of somebody in the field asks: what is there to do, near and soon, with all that helps to do
it without a network.

What they do about it are steps and reports as anybody's (`console/steps.py`, `console/reports.py`), each with an
Idempotency-Key, so that what a phone sends twice counts once.
"""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from cases.case import iso
from cases.database import reading
from cases.intake.settings import Language
from console.city import City, OfCity
from console.errors import Refused
from console.mobile_rows import About, Task, about, tasks_of
from console.permissions import Permission, may
from console.settings import Token
from console.steps import possible
from pipeline.geo import distance

router = APIRouter(prefix="/api/mobile", tags=["mobile"])
OnDuty = Annotated[Token, Depends(may(Permission.ON_DUTY))]
_LATE = {"overdue": 0, "warning": 1}


class PictureOut(BaseModel):
    """A picture of a case: GET /api/photos/{location}."""

    location: str
    kind: str = Field(description="frame, marked or photo (evidence); report; or the action that it came with")
    at: str | None
    by: str


class RemarkOut(BaseModel):
    """What somebody said with a step."""

    action: str
    at: str
    by: str
    note: str


class TaskOut(BaseModel):
    """Something to do."""

    kind: str = Field(description="check (核实: is it so?), verify (核查: is it done?) or handle (处置)")
    task: str = Field(description="the desk's id of it; '' for what is to be handled")
    mine: bool = Field(description="it names you")
    asked: str | None = Field(description="when it was asked or dispatched")
    case: str
    number: str
    state: str
    category: str
    category_name: str
    subject: str
    text: str
    address: str
    grid: str
    lon: float | None
    lat: float | None
    metres: float | None = Field(description="how far it is; null where one of the places is not known")
    severity: int
    deadline: str
    due: str | None = Field(description="when it must be filed, before it is; otherwise handled")
    allowed: list[str] = Field(description="the actions that you may take now")
    pictures: list[PictureOut]
    remarks: list[RemarkOut]


class TasksOut(BaseModel):
    """What somebody has to do, in the order in which they might."""

    at: str
    tasks: list[TaskOut]
    more: bool


@router.get("/tasks")
def tasks(
    city: OfCity,
    who: OnDuty,
    lon: Annotated[float | None, Query(ge=-180, le=180, allow_inf_nan=False, description="Where you are.")] = None,
    lat: Annotated[float | None, Query(ge=-90, le=90, allow_inf_nan=False)] = None,
    language: Language = "zh",
    limit: Annotated[int, Query(ge=1, le=100)] = 100,
) -> TasksOut:
    """What you have to do: what is overdue first, then what soon will be; within these the nearest first, or without a
    place the soonest due."""
    if (lon is None) != (lat is None):
        raise Refused(422, "lon and lat: expected both, or neither.")
    x, y = (math.nan, math.nan) if lon is None or lat is None else (lon, lat)
    now = city.now()
    with reading(city.engine) as connection:
        found = [(each, _metres(each, x, y)) for each in tasks_of(connection, who, now)]
        found.sort(key=lambda each: _order(*each))
        shown = found[:limit]
        help = about(connection, {each.case["id"] for each, _ in shown})
    return TasksOut(
        at=iso(now),
        tasks=[_out(city, who, each, metres, help[each.case["id"]], language) for each, metres in shown],
        more=len(found) > limit,
    )


def _metres(task: Task, lon: float, lat: float) -> float:
    there = (math.nan if task.case[name] is None else task.case[name] for name in ("lon", "lat"))
    return float(distance(lon, lat, *there))


def _due(task: Task) -> float | None:
    due: float | None = task.case["file_due" if task.case["filed"] is None else "due"]
    return due


def _order(task: Task, metres: float) -> tuple[int, float, float, int, str]:
    due = _due(task)
    return (
        _LATE.get(task.case["deadline"], 2),
        math.inf if math.isnan(metres) else metres,
        math.inf if due is None else due,
        -task.case["severity"],
        task.case["id"],
    )


def _out(city: City, who: Token, task: Task, metres: float, help: About, language: Language) -> TaskOut:
    case, due = task.case, _due(task)
    same = ("number", "state", "category", "subject", "text", "address", "grid", "lon", "lat", "severity", "deadline")
    return TaskOut(
        **{name: case[name] for name in same},
        kind=task.kind,
        task=task.id,
        mine=task.mine,
        asked=None if task.asked is None else iso(task.asked),
        case=case["id"],
        category_name=city.settings.categories.find(case["category"]).called(language),
        metres=None if math.isnan(metres) else round(metres, 1),
        due=None if due is None else iso(due),
        allowed=possible(who, case),
        pictures=[
            PictureOut(**each | {"at": None if each["at"] is None else iso(each["at"])}) for each in help.pictures
        ],
        remarks=[RemarkOut(**each | {"at": iso(each["at"])}) for each in help.remarks],
    )
