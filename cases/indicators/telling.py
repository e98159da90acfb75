"""telling: answers for machines: an object for each line, or CSV; the same bytes for the same cases.

A rate is 0 to 1, null (in CSV: empty) where it is not known; a score 0 to 100. Durations are seconds, times ISO 8601
in the city's zone.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from cases.indicators.asking import Question
from cases.indicators.catalogue import COUNTS, RATES, score
from cases.indicators.counting import Line
from cases.indicators.stays import Spread, Stays

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Spreadsheets take a cell that begins so for a formula."""


def as_objects(question: Question, lines: Iterable[Line], weights: Mapping[str, float]) -> list[dict[str, Any]]:
    """{period, from, to, by, counts, rates} of each, and with weights the score."""
    found = []
    for line in lines:
        rates = line.rates
        said = _said(question, line) | {"counts": dict(line.counts), "rates": {k: _six(v) for k, v in rates.items()}}
        found.append(said | ({"score": _six(score(rates, weights))} if weights else {}))
    return found


def stays_as_objects(question: Question, stays: Iterable[Stays]) -> list[dict[str, Any]]:
    """{period, from, to, by, state, stays, clock, working} of each; the last two are {median, p90}."""

    def of(spread: Spread) -> dict[str, float]:
        return {name: round(value, 3) for name, value in spread._asdict().items()}

    return [
        _said(question, each)
        | {"state": each.state, "stays": each.stays, "clock": of(each.clock), "working": of(each.working)}
        for each in stays
    ]


def as_csv(question: Question, objects: Iterable[Mapping[str, Any]], times: bool, scored: bool) -> str:
    """What the two above give, as a table with a header. times: of stays. scored: there are weights.

    A text that a spreadsheet would take for a formula gets a ' before it.
    """
    paths: list[tuple[str, ...]]
    if times:
        paths = [("state",), ("stays",), *((clock, name) for clock in ("clock", "working") for name in Spread._fields)]
    else:
        paths = [*(("counts", name) for name in COUNTS), *(("rates", name) for name in RATES)]
        paths += [("score",)] if scored else []
    paths = [("period",), ("from",), ("to",), *(("by", name) for name in question.by), *paths]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["_".join(path) if path[0] in ("clock", "working") else path[-1] for path in paths])
    writer.writerows([_cell(each, path) for path in paths] for each in objects)
    return out.getvalue()


def iso(ts: float, zone: tzinfo) -> str:
    """As the city writes it, with its offset."""
    return (_EPOCH + timedelta(seconds=ts)).astimezone(zone).isoformat(timespec="seconds")


def _said(question: Question, line: Line | Stays) -> dict[str, Any]:
    period = line.period
    return {
        "period": period.name,
        "from": iso(period.start, question.zone),
        "to": iso(period.end, question.zone),
        "by": dict(zip(question.by, line.group, strict=True)),
    }


def _cell(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        value = value[name]
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _six(value: float | None) -> float | None:
    """So many digits that the rest is noise of the arithmetic."""
    return None if value is None else round(value, 6)
