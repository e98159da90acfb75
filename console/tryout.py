"""tryout: a rule with other parameters, tried on the last hours that the city has recorded before it is put in force:
which cases would be new, which would be gone, and what had people said of those?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends

from cases.case import iso
from cases.database import reading
from cases.tables import CASES, EPISODES
from console.audit import audit
from console.city import City, OfCity
from console.errors import Refused
from console.permissions import Permission, may
from console.rules import CHANGES, refused, rule_of, running
from console.rules_bodies import DifferenceOut, ResultOut, TryIn, TryoutOut, tryout_out
from console.rules_city import CantBe, Tryout
from console.settings import Token

router = APIRouter(prefix="/api", tags=["rules"])
Editor = Annotated[Token, Depends(may(Permission.EDIT_RULES))]
_NEAR = 120.0
"""Seconds: what began so near is the very same case, though the tryout had not seen what was before."""
_SUBJECTS = 500
"""Subjects that one statement names."""


@router.post("/rules/{rule}/tryouts", status_code=202, responses=CHANGES)
def try_out(city: OfCity, who: Editor, rule: str, body: TryIn) -> TryoutOut:
    """Try other parameters on the last hours. One is tried at a time, so that it may have to wait."""
    beside = running(city)
    known = rule_of(beside, rule)
    try:
        tried = beside.try_out(known.id, body.values, body.hours, who.name)
    except CantBe as error:
        raise refused(error) from None
    audit(city, who, "rules.tried", rule, values=body.values, hours=body.hours)
    return tryout_out(tried, _ahead(beside.tryouts(), tried))


@router.get("/tryouts", responses={503: CHANGES[503]}, dependencies=[Depends(may(Permission.SEE_REGISTERS))])
def tryouts(city: OfCity, rule: str = "") -> list[TryoutOut]:
    """The last ones, the newest first, without what came of them."""
    known = running(city).tryouts()
    return [tryout_out(each, _ahead(known, each)) for each in known if rule in ("", each.rule)]


@router.get(
    "/tryouts/{id}",
    responses={404: CHANGES[404], 503: CHANGES[503]},
    dependencies=[Depends(may(Permission.SEE_REGISTERS))],
)
def one(city: OfCity, id: str) -> TryoutOut:
    """One, with what came of it."""
    known = running(city).tryouts()
    found = _find(known, id)
    return tryout_out(found, _ahead(known, found), _result(city, found))


@router.delete("/tryouts/{id}", status_code=204, responses={404: CHANGES[404], 503: CHANGES[503]})
def cancel(city: OfCity, who: Editor, id: str) -> None:
    """End it."""
    beside = running(city)
    found = _find(beside.tryouts(), id)
    try:
        beside.cancel(found.id)
    except LookupError:
        raise Refused(404, "There is no such tryout any more.") from None
    audit(city, who, "rules.tryout_cancelled", found.rule)


def _find(known: Sequence[Tryout], id: str) -> Tryout:
    found = next((each for each in known if each.id == id), None)
    if found is None:
        raise Refused(404, "There is no such tryout any more.")
    return found


def _ahead(known: Sequence[Tryout], one: Tryout) -> int:
    """How many are before it."""
    if one.state != "waiting":
        return 0
    older = known[[each.id for each in known].index(one.id) + 1 :] if one.id in {each.id for each in known} else known
    return sum(each.state in ("waiting", "running") for each in older)


def _result(city: City, one: Tryout) -> ResultOut | None:
    """With the city's own cases beside those that they are."""
    if one.result is None:
        return None
    told = one.result
    subjects = sorted({each["subject"] for each in told["differences"] if each["before"]})
    own = _own(city, one.rule, subjects, told["since"])
    verdicts: Counter[str] = Counter()
    differences = []
    for each in told["differences"]:
        before = each["before"]
        if before is not None:
            rows = own.get(each["subject"], [])
            near = min(rows, key=lambda row: abs(row["started"] - before["started"]), default=None)
            if near is not None and (abs(near["started"] - before["started"]) <= _NEAR or _holds(near, before)):
                before = before | {"case": near["id"], "number": near["number"], "verdict": near["verdict"]}
                if each["what"] == "vanished":
                    verdicts[near["verdict"] or ""] += 1
        differences.append(DifferenceOut.model_validate({**each, "before": before}))
    plain = {name: told[name] for name in ("rows", "entries", "before", "after", "same", "counts")}
    return ResultOut.model_validate(
        {**plain, "since": iso(told["since"]), "verdicts": verdicts, "differences": differences}
    )


def _holds(row: dict[str, Any], before: dict[str, Any]) -> bool:
    """Whether it was going on when the tryout's began."""
    return bool(row["started"] <= before["started"] < (row["ended"] or before["started"] + 1))


def _own(city: City, rule: str, subjects: Sequence[str], since: float) -> dict[str, list[dict[str, Any]]]:
    """The city's episodes of a rule that did not end before some time, with their cases, by subject."""
    e, c = EPISODES.c, CASES.c
    query = sa.select(e.subject, e.started, e.ended, c.id, c.number, c.verdict)
    query = query.select_from(EPISODES.join(CASES, c.id == e.case_id))
    query = query.where(e.rule == rule, sa.or_(e.ended.is_(None), e.ended >= since), ~e.withdrawn)
    found: dict[str, list[dict[str, Any]]] = {}
    with reading(city.engine) as connection:
        for first in range(0, len(subjects), _SUBJECTS):
            some = query.where(e.subject.in_(subjects[first : first + _SUBJECTS]))
            for row in connection.execute(some).mappings():
                found.setdefault(row["subject"], []).append(dict(row))
    return found
