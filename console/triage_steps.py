"""triage_steps: steps about many cases at once: each is asked for, answered and refused by itself, as if it came alone.

The desk is asked for several at a time, because it writes down together what is said together. Once it has left one
without an answer in time, the others don't wait as long.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

from fastapi import APIRouter
from pydantic import BaseModel, Field

from cases.life import ACTIONS
from cases.office import NoAnswerYet, NotHeard
from console.access import Staff
from console.bodies import Short, StepIn
from console.city import City, OfCity
from console.errors import Refused
from console.settings import Token
from console.steps import possible, role_for, step_of, visible
from console.triage_conflicts import Last, last_change

router = APIRouter(tags=["triage"])
MANY = 200
_AT_ONCE = 16
_HURRY = 0.05
"""Seconds: what the others wait once the desk is late."""


class OneStepIn(StepIn):
    """A step about one of the cases."""

    case: Short = Field(min_length=1, description="id, the beginning of it, or number")
    key: str | None = Field(
        None, max_length=200, description="as an Idempotency-Key: the same one again changes nothing"
    )


class StepsIn(BaseModel):
    """Steps about several cases, each case once."""

    steps: list[OneStepIn] = Field(min_length=1, max_length=MANY)


class OneStepOut(BaseModel):
    """What became of one of them."""

    case: str
    """As it was asked for."""
    status: int
    """As if it had come alone: 200 taken, 202 written down and not answered yet, 403, 404, 409, 422, 503."""
    id: str | None = None
    """The step's."""
    state: str | None = None
    revision: int | None = None
    """How the case stands now; null where that is not known."""
    why: str = ""
    """Why not."""
    allowed: list[str] = []
    """What could be done instead."""
    last: Last | None = None
    """Where somebody was quicker: what they did."""


class StepsOut(BaseModel):
    """Answers in the order of the steps."""

    steps: list[OneStepOut]
    taken: int


@router.post("/api/cases/steps")
def take_many(city: OfCity, who: Staff, body: StepsIn) -> StepsOut:
    """Take a step about each of several cases; every one has an answer of its own."""
    names = [each.case for each in body.steps]
    if len(set(names)) < len(names):
        raise Refused(422, "steps: expected each case only once.")
    late = Event()
    with ThreadPoolExecutor(min(_AT_ONCE, len(names)), "steps") as pool:
        answers = list(pool.map(lambda each: _one(city, who, each, late), body.steps))
    return StepsOut(steps=answers, taken=sum(each.status == 200 for each in answers))


def _one(city: City, who: Token, asked: OneStepIn, late: Event) -> OneStepOut:
    try:
        role = role_for(who, asked.action, ACTIONS)
        row = visible(city, who, asked.case)
        step = step_of(city, who, role, row["id"], asked, asked.key)
    except Refused as error:
        return OneStepOut(case=asked.case, status=error.status, why=error.detail)
    try:
        said = city.office.say(step, patience=_HURRY if late.is_set() else city.settings.web.patience)
    except NoAnswerYet:
        late.set()
        why = "It has been written down and will take effect."
        return OneStepOut(case=asked.case, status=202, id=step.id, why=why)
    except NotHeard as error:
        return OneStepOut(case=asked.case, status=503, why=f"It can't be taken now: {error}.")
    after = visible(city, who, row["id"], whole=True)
    stands = {"case": asked.case, "state": after["state"], "revision": after["revision"]}
    if said.taken:
        return OneStepOut(**stands, status=200, id=step.id)
    changed = asked.revision is not None and asked.revision != after["revision"]
    return OneStepOut(
        **stands,
        status=409,
        why=f"{said.why}.",
        allowed=possible(who, after),
        last=last_change(city, row["id"]) if changed else None,
    )
