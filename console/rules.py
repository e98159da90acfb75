"""rules: the rules in force: whom they can judge, how right they have been, who changed them; and putting other
parameters in force, which the version before can always follow."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends

from cases.case import iso
from cases.database import reading, writing
from cases.tables import CASES, RULE_CHANGES
from console.audit import note
from console.city import City, OfCity
from console.errors import Refused
from console.permissions import Permission, may
from console.rules_bodies import FoundOut, PutIn, RuleChangeOut, RuleOut, UndoIn, rule_out
from console.rules_city import CantBe, Put, Rule, RunningRules, Values
from console.settings import Token

router = APIRouter(prefix="/api/rules", tags=["rules"])
Editor = Annotated[Token, Depends(may(Permission.EDIT_RULES))]
_SEES = [Depends(may(Permission.SEE_REGISTERS))]
DAY = 86400.0
_HISTORY = 200
_RIGHT, _WRONG = ("confirmed",), ("false alarm", "known fixture")
CHANGES: dict[int | str, dict[str, Any]] = {
    404: {"description": "There is no such rule."},
    409: {"description": "It is not as it was seen any more, or its file can't be changed."},
    422: {"description": "Values that the rule can't have."},
    503: {"description": "The city does not run beside this."},
}


@router.get("", dependencies=_SEES, responses={503: CHANGES[503]})
def rules(city: OfCity) -> list[RuleOut]:
    """Every rule in force, in the order of the configuration."""
    known = running(city).rules()
    found = _found(city)
    return [rule_out(each, found.get(each.id, _NOTHING)) for each in known]


@router.get("/{rule}", dependencies=_SEES, responses={404: CHANGES[404], 503: CHANGES[503]})
def one(city: OfCity, rule: str) -> RuleOut:
    """One rule."""
    return rule_out(rule_of(running(city), rule), _found(city).get(rule, _NOTHING))


@router.get("/{rule}/history", dependencies=_SEES, responses={404: CHANGES[404], 503: CHANGES[503]})
def history(city: OfCity, rule: str) -> list[RuleChangeOut]:
    """Who put what in force here, the newest first."""
    rule_of(running(city), rule)
    with reading(city.engine) as connection:
        return [RuleChangeOut.model_validate({**row, "at": iso(row["at"])}) for row in _changes(connection, rule)]


@router.put("/{rule}/parameters", responses=CHANGES)
def put(city: OfCity, who: Editor, rule: str, body: PutIn) -> RuleChangeOut:
    """Put other parameters in force: they are written into the configuration, which is read again."""
    if not body.values:
        raise Refused(422, "values: expected some.")
    return _put(city, who, rule, body.version, body.values, body.why)


@router.post("/{rule}/undo", responses=CHANGES)
def undo(city: OfCity, who: Editor, rule: str, body: UndoIn) -> RuleChangeOut:
    """Put in force what was before the last change that was made here; once more: what was before that one."""
    known = rule_of(running(city), rule)
    with reading(city.engine) as connection:
        changes = _changes(connection, rule)
    undone = {each["undoes"] for each in changes}
    last = next((each for each in changes if each["undoes"] is None and each["number"] not in undone), None)
    if last is None:
        raise Refused(409, "There is no change of this rule here that could be taken back.")
    now = {each.name: each.value for each in known.parameters}
    if any(now.get(name) != value for name, value in last["after"].items()):
        raise Refused(409, "The rule is not as that change left it: somebody has changed the configuration since.")
    return _put(city, who, rule, known.version, last["before"], body.why, last["number"])


def running(city: City) -> RunningRules:
    """What runs. Raises Refused."""
    found = city.beside.rules
    if found is None:
        raise Refused(503, "The city does not run beside this: its rules can't be seen or changed here.")
    return found


def rule_of(beside: RunningRules, rule: str) -> Rule:
    """The rule of this name. Raises Refused."""
    found = next((each for each in beside.rules() if each.id == rule), None)
    if found is None:
        raise Refused(404, "There is no such rule in force.")
    return found


def refused(error: CantBe) -> Refused:
    """How it is said that something can't be."""
    return Refused(422 if error.faults else 409, f"{error}.")


def _put(
    city: City, who: Token, rule: str, version: str, values: Values, why: str, undoes: int | None = None
) -> RuleChangeOut:
    beside = running(city)
    rule_of(beside, rule)
    try:
        done = beside.put(rule, version, values)
    except CantBe as error:
        raise refused(error) from None
    except LookupError:
        raise Refused(404, "There is no such rule in force.") from None
    return _noted(city, who, rule, done, why, undoes)


def _noted(city: City, who: Token, rule: str, done: Put, why: str, undoes: int | None) -> RuleChangeOut:
    now = city.now()
    row: dict[str, Any] = {
        "rule": rule, "at": now, "by": who.name, "why": why, "version": done.version,
        "before": dict(done.before), "after": dict(done.after), "undoes": undoes,
    }  # fmt: skip
    with writing(city.engine) as connection:
        added = RULE_CHANGES.insert().values(**row).returning(RULE_CHANGES.c.number)
        number = int(connection.execute(added).scalar_one())
        note(connection, now, who.name, "rules.changed", rule, number=number, after=row["after"], why=why)
    return RuleChangeOut.model_validate({**row, "number": number, "at": iso(now)})


def _changes(connection: sa.Connection, rule: str) -> list[dict[str, Any]]:
    query = sa.select(RULE_CHANGES).where(RULE_CHANGES.c.rule == rule).order_by(RULE_CHANGES.c.number.desc())
    return [dict(row) for row in connection.execute(query.limit(_HISTORY)).mappings()]


_NOTHING = FoundOut(day=0, week=0, month=0, confirmed=0, false=0, precision=None)


def _found(city: City) -> dict[str, FoundOut]:
    """By rule, of the last thirty days."""
    c, now = CASES.c, city.now()
    kinds = {
        "day": c.opened >= now - DAY,
        "week": c.opened >= now - 7 * DAY,
        "month": sa.true(),
        "confirmed": c.verdict.in_(_RIGHT),
        "false": c.verdict.in_(_WRONG),
    }
    sums = [sa.func.sum(sa.case((kind, 1), else_=0)) for kind in kinds.values()]
    query = sa.select(c.rule, *sums).where(c.opened >= now - 30 * DAY, c.rule != "").group_by(c.rule)
    found = {}
    with reading(city.engine) as connection:
        for rule, *counts in connection.execute(query):
            told: dict[str, Any] = dict(zip(kinds, map(int, counts), strict=True))
            judged = told["confirmed"] + told["false"]
            told["precision"] = told["confirmed"] / judged if judged else None
            found[rule] = FoundOut.model_validate(told)
    return found
