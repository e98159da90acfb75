"""case_history: cases that were, as a table for a spreadsheet: what the list of ended cases shows, page after page.

The rows come as they are read, so that a long table takes no memory; a cell that a spreadsheet would run as a formula
is made plain.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import StreamingResponse

from cases.database import reading
from cases.export.words import OTHERS, STATES, Language, word
from cases.reading import Filters, history
from cases.reading_rows import Listed
from console.access import Staff
from console.case_words import clock
from console.city import City, OfCity
from console.triage_filters import Time, Wanted, filters_of

router = APIRouter(tags=["case"])
MOST = 50_000
"""Rows of one table; a city has so many cases in a month or two."""
_PAGE = 500
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("number", "number", "案件编号"),
    ("state", "state", "状态"),
    ("category", "category", "类别编码"),
    ("severity", "severity", "严重程度"),
    ("channel", "came by", "来源"),
    ("rule", "rule", "规则"),
    ("subject", "subject", "对象"),
    ("text", "description", "描述"),
    ("address", "address", "地址"),
    ("place", "zone", "区域"),
    ("grid", "grid cell", "单元网格"),
    ("lon", "longitude (WGS-84)", "经度 (WGS-84)"),
    ("lat", "latitude (WGS-84)", "纬度 (WGS-84)"),
    ("measure", "worst measure", "最严重测值"),
    ("unit", "unit of measure", "单位"),
    ("members", "members", "合并来源数"),
    ("responsible", "responsible unit", "处置部门"),
    ("officer", "officer", "处置人员"),
    ("started", "began", "开始时间"),
    ("opened", "opened", "上报时间"),
    ("filed", "filed", "立案时间"),
    ("due", "due", "处置时限"),
    ("deadline", "deadline", "时限状态"),
    ("reworks", "reworks", "返工次数"),
    ("reopenings", "reopened", "重新立案次数"),
    ("changed", "last changed", "最近变动"),
)
"""(column, English, Chinese)"""
_TIMES = frozenset({"started", "opened", "filed", "due", "changed"})


class Table(Wanted):
    """Which cases, and in which language."""

    since: Time = None
    until: Time = None
    language: Language = "en"


@router.get(
    "/api/history.csv",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def table(city: OfCity, who: Staff, wanted: Annotated[Table, Query()]) -> StreamingResponse:
    """Cases, ended or not, the newest first, as CSV in UTF-8; at most 50,000. Times are the city's."""
    filters = filters_of(wanted, who)
    ends = [None if each is None else each.timestamp() for each in (wanted.since, wanted.until)]
    headers = {
        "Content-Disposition": 'attachment; filename="cases.csv"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return StreamingResponse(_lines(city, filters, ends, wanted.language), media_type="text/csv", headers=headers)


def _lines(city: City, filters: Filters, ends: Sequence[float | None], language: Language) -> Iterator[str]:
    yield "\ufeff" + _line([names[1 if language == "zh" else 0] for _, *names in COLUMNS])
    after, written = "", 0
    while written < MOST:
        with reading(city.engine) as connection:
            page = history(connection, filters, since=ends[0], until=ends[1], after=after, limit=_PAGE)
        yield "".join(_line(_cells(each, city, language)) for each in page.cases)
        after, written = page.after, written + len(page.cases)
        if not after:
            return


def _cells(case: Listed, city: City, language: Language) -> Iterator[str]:
    for name, *_ in COLUMNS:
        value = getattr(case, name)
        if value is None:
            yield ""
        elif name in _TIMES:
            yield clock(value, city.settings.zone)
        elif isinstance(value, float):
            yield f"{value:.10g}"
        elif isinstance(value, str):
            group = {"state": STATES, "channel": OTHERS}.get(name)
            yield plain(word(group, value, language) if group else value)
        else:
            yield str(value)


def _line(cells: Any) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def plain(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
