"""indicators_asking: what the routes about indicators share: which days, told apart how, and the period before.

Days are whole ones of the city's; the last one is included, and what has not happened yet does not count.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal

import sqlalchemy as sa
from fastapi import Depends, Query

from cases.indicators.asking import Question
from cases.indicators.periods import KINDS, WHOLE, around, day_of, moment
from cases.intake.text import tidy
from cases.reporting.names import names_of
from console.access import own_unit
from console.city import City, OfCity
from console.errors import Refused
from console.permissions import Permission, may
from console.settings import Token

Language = Literal["zh", "en"]
Measurer = Annotated[Token, Depends(may(Permission.SEE_INDICATORS))]
"""Whoever may see indicators."""
_EARLIEST, _LATEST = date(1990, 1, 1), date(2200, 1, 1)
_YEARS = 11 * 366
MOST_BY = 3


def asked(
    city: OfCity,
    who: Measurer,
    since: Annotated[date | None, Query(description="The first day. Default: the first of this month.")] = None,
    until: Annotated[date | None, Query(description="The last day. Default: today.")] = None,
    by: Annotated[
        list[str], Query(max_length=MOST_BY, description="Told apart by: unit, grid, officer, category …")
    ] = [],  # noqa: B006 FastAPI copies it
    where: Annotated[list[str], Query(max_length=20, description="Only these: `unit=u1`.")] = [],  # noqa: B006
    period: Annotated[str, Query(max_length=20, description="day, week, month, quarter, year or whole")] = WHOLE,
) -> Question:
    """The question. Raises Refused."""
    now, zone = city.now(), city.settings.zone
    today = day_of(now, zone)
    first, last = since or today.replace(day=1), until or today
    if not _EARLIEST <= first <= _LATEST or not _EARLIEST <= last <= _LATEST:
        raise Refused(422, f"since, until: expected days from {_EARLIEST} to {_LATEST}.")
    if last < first or (last - first).days > _YEARS:
        raise Refused(422, "until: expected a day from `since` on, and at most eleven years after it.")
    chosen = dict(_equals(each) for each in where)
    unit = own_unit(who)
    if unit is not None:
        chosen["unit"] = unit
    start, end = moment(first, zone), moment(last + timedelta(days=1), zone)
    try:
        question = Question(start, end, now, zone, period, tuple(dict.fromkeys(by)), chosen, who.areas)
        question.periods()
    except ValueError as error:
        raise Refused(422, f"{error}.") from None
    return question


Asked = Annotated[Question, Depends(asked)]


def _equals(text: str) -> tuple[str, str]:
    name, sign, value = tidy(text, 300).partition("=")
    if not sign:
        raise Refused(422, "where: expected NAME=VALUE, such as 'unit=u1'.")
    return name, value


def before(question: Question) -> tuple[float, float]:
    """From and to of the period before, UTC seconds: the day, week, month … before, as far as the present one has come
    or is asked for; of what begins in the middle of one, as long."""
    start, end, zone = question.start, min(question.end, question.now), question.zone
    for kind in KINDS:
        this = around(start, kind, zone)
        if this.start == start and end <= this.end:
            previous = around(start, kind, zone, back=1)
            whole = end == this.end
            return previous.start, previous.end if whole else min(previous.start + end - start, previous.end)
    return start - max(end - start, 0.0), start


def called(connection: sa.Connection, city: City, question: Question, language: Language) -> dict[str, dict[str, str]]:
    """By dimension of the question: what people call a value, as the registers had it at the end."""
    at = min(question.end, question.now)
    names = names_of(connection, city.settings.categories, language, at)
    return {dimension: dict(names.get(dimension, {})) for dimension in question.by}
