"""indicators: how well cases are handled, by the standard formulas (指标): rates, times, density, how right rules are.

What is counted when: docs/concepts/indicators.md. Reports on schedule: console/indicators_reports.py.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from cases.database import reading
from cases.indicators.asking import Question
from cases.indicators.catalogue import COUNTS, RATES, score
from cases.indicators.counting import Line, ask
from cases.indicators.density import ask_density
from cases.indicators.dimensions import DIMENSIONS
from cases.indicators.handling import EDGES, Took, ask_handling
from cases.indicators.periods import KINDS, WHOLE, Period, day_of
from cases.indicators.quality import ask_quality
from cases.indicators.stays import ask_stays
from cases.indicators.telling import as_csv, as_objects, iso
from console import indicators_reports
from console.city import City, OfCity
from console.errors import Refused
from console.indicators_asking import Asked, Language, before, called
from console.indicators_bodies import (
    CatalogueOut,
    CellOut,
    CountOut,
    DensityOut,
    DimensionOut,
    IndicatorsOut,
    LineOut,
    QualityOut,
    RateOut,
    SpreadOut,
    StayOut,
    TimesOut,
    TookOut,
    WeekOut,
)
from console.indicators_city import measured
from console.permissions import Permission, may

router = APIRouter(tags=["indicators"])
_FILES: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}, "application/json": {}}}}
router.include_router(indicators_reports.router)
Limit = Annotated[int, Query(ge=1, le=5_000, description="Lines at most.")]


@router.get("/api/indicators/catalogue", dependencies=[Depends(may(Permission.SEE_INDICATORS))])
def catalogue(city: OfCity) -> CatalogueOut:
    """Every count and rate with its formula, and what cases can be told apart by."""
    weights = {} if city.beside.measured is None else city.beside.measured.section.score
    return CatalogueOut(
        counts=[CountOut(**each._asdict()) for each in COUNTS.values()],
        rates=[
            RateOut(
                **{name: getattr(each, name) for name in ("id", "zh", "en", "better")},
                numerator=list(each.numerator),
                denominator=list(each.denominator),
                source_zh=each.source[0],
                source_en=each.source[1],
                weight=weights.get(each.id),
            )
            for each in RATES.values()
        ],
        dimensions=[DimensionOut(id=id, zh=each.zh, en=each.en) for id, each in DIMENSIONS.items()],
        periods=[*KINDS, WHOLE],
        zone=city.settings.zone_name,
        today=day_of(city.now(), city.settings.zone).isoformat(),
    )


@router.get("/api/indicators")
def indicators(city: OfCity, question: Asked, language: Language = "zh", limit: Limit = 1_000) -> IndicatorsOut:
    """Counts and rates by group and period, all together, and those of the period before."""
    start, end = before(question)
    with reading(city.engine) as connection:
        lines = ask(connection, question)
        whole = _one(connection, replace(question, by=(), period=WHOLE))
        previous = _one(connection, replace(question, start=start, end=end, by=(), period=WHOLE))
        names = called(connection, city, question, language)
    return IndicatorsOut(
        start=iso(question.start, question.zone),
        end=iso(min(question.end, question.now), question.zone),
        whole=_line(city, question, (), whole),
        before=_line(city, question, (), previous),
        lines=[_line(city, question, question.by, line) for line in lines[:limit]],
        left_out=max(len(lines) - limit, 0),
        names=names,
    )


@router.get("/api/indicators/download", response_class=Response, responses=_FILES)
def download(city: OfCity, question: Asked, form: Annotated[Literal["csv", "json"], Query()] = "csv") -> Response:
    """The same counts and rates as a file: CSV for spreadsheets, or JSON, an object for each group and period."""
    weights = {} if city.beside.measured is None else city.beside.measured.section.score
    with reading(city.engine) as connection:
        objects = as_objects(question, ask(connection, question), weights)
    name = f"indicators-{iso(question.start, question.zone)[:10]}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if form == "json":
        return Response(_json(objects), media_type="application/json", headers=headers)
    # Spreadsheets take a file without the mark for one of the local code page.
    text = "\ufeff" + as_csv(question, objects, False, bool(weights))
    return Response(text.encode(), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/api/indicators/times")
def times(city: OfCity, question: Asked, language: Language = "zh", limit: Limit = 200) -> TimesOut:
    """How long cases took from being filed to being handled, and how long they were in each state. Of the groups those
    with most cases."""
    working = measured(city).working
    whole_question = replace(question, period=WHOLE)
    with reading(city.engine) as connection:
        whole, groups = ask_handling(connection, question, working)
        stays = ask_stays(connection, whole_question, working)
        names = called(connection, city, question, language)
    groups = sorted(groups, key=lambda each: -each.cases)
    return TimesOut(
        edges=list(EDGES),
        whole=_took(question, whole),
        groups=[_took(question, each) for each in groups[:limit]],
        states=[
            StayOut(
                state=each.state,
                by=dict(zip(question.by, each.group, strict=True)),
                stays=each.stays,
                clock=SpreadOut(**each.clock._asdict()),
                working=SpreadOut(**each.working._asdict()),
            )
            for each in stays[: 10 * limit]
        ],
        left_out=max(len(groups) - limit, 0) + max(len(stays) - 10 * limit, 0),
        names=names,
    )


@router.get("/api/indicators/density")
def density(
    city: OfCity,
    question: Asked,
    width: Annotated[float, Query(ge=50, le=20_000, description="Of a hexagon, metres.")] = 500.0,
) -> DensityOut:
    """Where the cases that were opened then lie, by hexagons, most cases first. The width grows where there would be
    too many."""
    with reading(city.engine) as connection:
        found = ask_density(connection, question, width)
    cells = [CellOut(corners=list(each.corners), cases=each.cases) for each in found.cells]
    return DensityOut(cells=cells, width=found.width, nowhere=found.nowhere)


@router.get("/api/indicators/quality")
def quality(city: OfCity, question: Asked) -> list[QualityOut]:
    """How often each rule was right, by what people said of its cases, and its false alarms by week."""
    try:
        with reading(city.engine) as connection:
            found = ask_quality(connection, replace(question, period="week"))
    except ValueError as error:
        raise Refused(422, f"{error}.") from None
    return [
        QualityOut(
            rule=each.rule,
            cases=each.cases,
            confirmed=each.confirmed,
            false=each.false,
            rejected=each.rejected,
            precision=each.precision,
            weeks=[WeekOut(period=period.name, cases=cases, false=false) for period, cases, false in each.by_period],
        )
        for each in found
    ]


def _one(connection: sa.Connection, question: Question) -> Line:
    """All of it as one line, of nothing where the time has no length."""
    lines = ask(connection, question)
    return lines[0] if lines else Line(Period(WHOLE, question.start, question.start), (), dict.fromkeys(COUNTS, 0))


def _line(city: City, question: Question, by: Sequence[str], line: Line) -> LineOut:
    weights = {} if city.beside.measured is None else city.beside.measured.section.score
    rates = line.rates
    return LineOut(
        period=line.period.name,
        start=iso(line.period.start, question.zone),
        end=iso(line.period.end, question.zone),
        by=dict(zip(by, line.group, strict=True)),
        counts=dict(line.counts),
        rates=dict(rates),
        score=score(rates, weights) if weights else None,
    )


def _took(question: Question, took: Took) -> TookOut:
    by = dict(zip(question.by, took.group, strict=False))
    numbers = {name: getattr(took, name) for name in Took._fields if name not in ("group", "bars")}
    return TookOut(by=by, bars=list(took.bars), **numbers)


def _json(objects: Sequence[object]) -> bytes:
    return json.dumps(objects, ensure_ascii=False, indent=1).encode()
