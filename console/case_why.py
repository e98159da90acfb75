"""case_why: why there is a case: the rule as it was then, what was in force, and how its members came together."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter
from pydantic import BaseModel, Field

from cases.case import iso
from cases.clock_words import corrected
from cases.database import reading
from cases.tables import CHANGES, EPISODES
from console.access import Staff
from console.case_told import Found, RuleThen
from console.case_words import joined, said
from console.city import OfCity
from console.steps import visible

router = APIRouter(tags=["case"])
_CAME = ("opened", "joined", "storm", "reopen", "reopened", "left")
_MOST = 200
"""Members that are told of."""


class Plain(BaseModel):
    """The same in both languages, a sentence each."""

    en: list[str]
    zh: list[str]


class Came(BaseModel):
    """How a member came to the case."""

    member: str = Field(description="an episode's or a report's id; '' where it opened the case")
    by: str = Field(description="the fusion rule, storm, shelving or suppression that says so; '': none")
    at: str | None
    why: Plain


class RuleOf(BaseModel):
    """A rule that found a member of the case."""

    id: str
    version: str
    then: RuleThen | None = Field(description="as it was then; null where nothing tells any more")


class WhyOut(BaseModel):
    """Why there is a case."""

    text: Plain
    rules: list[RuleOf] = Field(description="the case's own first; none where people reported it")
    configuration: str = Field(description="SHA-256 of what was in force when it opened; '' where nothing tells")
    world: str = Field(description="the same of the registers")
    came: list[Came]


@router.get("/api/cases/{case}/why")
def why(city: OfCity, who: Staff, case: str) -> WhyOut:
    """Why there is this case: rule, parameters, measure, hold, configuration version; in plain words too."""
    row = visible(city, who, case)
    with reading(city.engine) as connection:
        pairs = sa.select(EPISODES.c.rule, EPISODES.c.rule_version).where(EPISODES.c.case_id == row["id"]).distinct()
        whose = sa.select(EPISODES.c.subject).where(EPISODES.c.case_id == row["id"]).distinct().limit(_MOST)
        subjects = connection.execute(whose).scalars().all()
        others = {(rule, version) for rule, version in connection.execute(pairs.limit(20))}
        came = sa.select(CHANGES).where(CHANGES.c.case_id == row["id"], CHANGES.c.event.in_(_CAME))
        changes = connection.execute(came.order_by(CHANGES.c.number).limit(_MOST)).mappings().all()
    own = (row["rule"], row["rule_version"])
    names = [own, *sorted(others - {own})] if row["rule"] else sorted(others)
    beside = city.beside.case
    found = [Found(None, "", "") if beside is None else beside.found(row, *each) for each in names]
    rules = [
        RuleOf(id=rule, version=version, then=each.rule) for (rule, version), each in zip(names, found, strict=True)
    ]
    zone = city.settings.zone
    text = said(row, rules[0].then if rules and row["rule"] else None, zone)
    for each in () if beside is None else beside.corrected(row, subjects):
        text.en.append(corrected(each, row["opened"], zone, "en"))
        text.zh.append(corrected(each, row["opened"], zone, "zh"))
    return WhyOut(
        text=Plain(en=text.en, zh=text.zh),
        rules=rules,
        configuration=found[0].configuration if found else "",
        world=found[0].world if found else "",
        came=[_came(each["data"], each["at"]) for each in changes],
    )


def _came(data: Any, at: float) -> Came:
    text = {name: str(data.get(name) or "") if isinstance(data, dict) else "" for name in ("member", "by", "why")}
    words = joined(text["why"])
    return Came(member=text["member"], by=text["by"], at=iso(at), why=Plain(en=words.en, zh=words.zh))
