"""steps: what people and other systems do to a case: POST /api/cases/{case}/steps."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header

from cases.database import reading
from cases.intake.numbers import said_id
from cases.life import ACTIONS, CITY_ACTIONS, Action, Role, allowed
from cases.reading import NoSuchCase
from cases.words import Step
from console import aside
from console.access import Staff, own_unit, sees
from console.bodies import CityStepOut, StepIn, StepOut
from console.city import City, OfCity
from console.errors import Refused
from console.reading import Row, find_case
from console.settings import Token
from console.triage_conflicts import last_change
from pipeline.faults import did_you_mean

router = APIRouter(tags=["cases"])
IdempotencyKey = Annotated[
    str | None, Header(max_length=200, description="Your name for it: the same one again changes nothing.")
]


_RESPONSES: dict[int | str, dict[str, Any]] = {
    202: {"description": "Written down; it will take effect. Ask again with the same Idempotency-Key."},
    409: {"description": "The desk refuses; `allowed` says which actions are possible."},
    503: {"description": "It can't be taken now; nothing has been written."},
}


@router.post("/api/cases/{case}/steps", responses=_RESPONSES)
def take(city: OfCity, who: Staff, case: str, body: StepIn, idempotency_key: IdempotencyKey = None) -> StepOut:
    """Take a step. case: its id, the beginning of it, or its number."""
    role = role_for(who, body.action, ACTIONS)
    row = visible(city, who, case)
    step = step_of(city, who, role, row["id"], body, idempotency_key)
    said = city.office.say(step, patience=city.settings.web.patience)
    after = visible(city, who, row["id"], whole=True)
    if not said.taken:
        extra: dict[str, Any] = {"allowed": possible(who, after), "case": row["id"]}
        last = None if body.revision in (None, after["revision"]) else last_change(city, row["id"])
        if last is not None:
            extra |= {"last": last.model_dump()}
        raise Refused(409, f"{said.why}{'' if last is None else f': {last.said}'}.", extra)
    return StepOut(id=step.id, case=row["id"], state=after["state"], revision=after["revision"])


@router.post("/api/steps", responses=_RESPONSES)
def take_for_city(city: OfCity, who: Staff, body: StepIn, idempotency_key: IdempotencyKey = None) -> CityStepOut:
    """Do something to the city, not to a case: shelve a rule or an area for a time, review a suppression."""
    step = step_of(city, who, role_for(who, body.action, CITY_ACTIONS), "", body, idempotency_key)
    said = city.office.say(step, patience=city.settings.web.patience)
    if not said.taken:
        raise Refused(409, f"{said.why}.", {"allowed": list(said.allowed)})
    return CityStepOut(id=step.id)


def step_of(city: City, who: Token, role: Role, case: str, body: StepIn, key: str | None) -> Step:
    """The step that they ask for. case: its id, '' where it is about the city. key: their name for it. Raises Refused
    where it reaches what they may not see."""
    if _where(who):
        _within(city, who, case, body)
    return Step(
        id=str(uuid.uuid4()) if key is None else said_id("step", who.name, case, body.action, key),
        case=case,
        action=body.action,
        by=who.unit if role in (Role.UNIT, Role.OUTSIDE) and who.unit else who.name,
        role=role,
        at=city.now(),
        revision=body.revision,
        note=body.note,
        data=body.data,
    )


def _within(city: City, who: Token, case: str, body: StepIn) -> None:
    """Who sees some cases alone touches no others: neither by merging into one or calling this one its duplicate, nor
    by putting aside what is found elsewhere, nor by ending what others have put aside. Raises Refused."""
    scope = body.data.get("scope")
    for name in ("into", "of"):
        if case and isinstance(body.data.get(name), str):
            visible(city, who, body.data[name])
    if not case and body.action in aside.ENDING:
        _theirs(city, who, body.data.get("id"))
    if not case and who.areas and scope is not None:
        grids = scope.get("grids") if isinstance(scope, Mapping) else None
        if not isinstance(grids, list) or not grids or not all(str(each).startswith(who.areas) for each in grids):
            raise Refused(403, f"scope: name the cells in your areas that it is about, as 'grids': {list(who.areas)}.")


def _theirs(city: City, who: Token, id: object) -> None:
    """Raises Refused where what is put aside under this id is not of their areas alone."""
    with reading(city.engine) as connection:
        scope = aside.one(connection, id)
        about = None if scope is None else aside.of_cases(connection, [scope]).get(scope["case_id"])
    if scope is None or not aside.concerns(who, scope, about):
        raise Refused(404, "There is nothing of this id that is put aside.")
    if not aside.within(who, scope, about):
        raise Refused(403, "It is about more than your areas; ask a supervisor who sees the whole city.")


def visible(city: City, who: Token, case: str, whole: bool = False) -> Row:
    """The case, where they may see it. whole: also what is no longer their unit's. Raises Refused."""
    try:
        with reading(city.engine) as connection:
            row = find_case(connection, case)
    except NoSuchCase as error:
        # What it says names other cases, which are not for everybody.
        raise Refused(404, f"There is no such case{_where(who)}." if _where(who) else f"{error}.") from None
    if not whole and not sees(who, row):
        raise Refused(404, f"There is no such case{_where(who)}.")
    return row


def _where(who: Token) -> str:
    """Where they see cases; '': everywhere."""
    unit = own_unit(who)
    return f" of the unit '{unit}'" if unit is not None else " in your areas" if who.areas else ""


def possible(who: Token, case: Row) -> list[str]:
    """The actions that they may take now, in one or another of their roles."""
    return sorted({action for role in who.case_roles for action in allowed(case["state"], role)})


def role_for(who: Token, action: str, actions: Mapping[str, Action]) -> Role:
    """In which of their roles they may do it. Raises Refused."""
    known = actions.get(action)
    if known is None:
        hint = did_you_mean(action, actions) or f"; there are: {', '.join(actions)}"
        raise Refused(422, f"action: there is none of this name{hint}")
    role = next((role for role in who.case_roles if role in known.roles), None)
    if role is None:
        may = ", ".join(sorted(role for role in known.roles if role not in (Role.POLICY, Role.PIPELINE)))
        raise Refused(403, f"'{action}' is for {may or 'the pipeline alone'}; you are {', '.join(who.roles)}.")
    return role
