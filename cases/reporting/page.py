"""page: a report as one HTML file to print on A4: it loads nothing and runs no script.

Whatever comes from outside is text to the template, which escapes all that it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

import cases.reporting
from cases.indicators.catalogue import COUNTS, RATES
from cases.reporting import charts
from cases.reporting.report import Report
from cases.reporting.tables import COUNT, RATE, Column, Table, all_tables, kind_of, summary
from cases.reporting.words import Words, clock, days

MOST = 60
"""rows of a table on paper; the workbook has all"""
_CARDS = ("filed", "closing", "closing_in_time", "handling_in_time", "own_discovery", "overdue_waiting")
"""What stands on top, large."""


def as_html(report: Report, language: str, workbook: bool = True) -> bytes:
    """The file, UTF-8. workbook: whether there is one beside it, for the rows that paper has no room for."""
    words = Words(language)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(files(cases.reporting).joinpath("page.html").read_text("utf-8"))
    order = report.order
    text = template.render(
        words=words,
        language="zh-CN" if language == "zh" else "en",
        title=f"{order.city} {words(order.kind)} {order.period.name}",
        period=words("period", *days(order.period, order.zone), order.zone_name),
        before=words("before_period", report.before_period.name),
        made=words("made", clock(order.now, order.zone)),
        cards=[_card(report, id, words) for id in _CARDS],
        summary=_summary(report, words),
        trend=charts.trend(report),
        parts=charts.found_by(report, words),
        tables=[_table(report, table, words, workbook) for table in all_tables(report, words)],
        counts=[(words.indicator(id), words.means(id)) for id in COUNTS],
        rates=[
            (words.indicator(rate.id), words.formula(rate), words.source(rate), order.weights.get(rate.id))
            for rate in RATES.values()
        ],
        weighted=bool(order.weights),
        empty=not any(report.whole.counts.values()),
        width=charts.WIDTH,
    )
    return text.encode()


def shown(value: str | float | None, kind: str, words: Words, sign: bool = False) -> str:
    """A value as it is printed. sign: a difference; of rates in percentage points."""
    if value is None:
        return words("unknown")
    if isinstance(value, str):
        return value
    plus = "+" if sign else ""
    if kind == RATE:
        text = f"{100 * value:{plus}.2f} {words('points')}" if sign else f"{value:.2%}"
    else:
        text = f"{value:{plus},.0f}" if kind == COUNT else f"{value:{plus},.1f}"
    return text if text.strip("+-0., " + words("points")) else text[1:] if sign else text


def _card(report: Report, id: str, words: Words) -> dict[str, str]:
    now, before = (float(row.counts[id]) if id in COUNTS else row.rates[id] for row in (report.whole, report.before))
    change = None if now is None or before is None else now - before
    kind = kind_of(id)
    return {
        "name": words.indicator(id),
        "now": shown(now, kind, words),
        "change": "" if change is None else shown(change, kind, words, sign=True),
    }


def _summary(report: Report, words: Words) -> dict[str, Any]:
    table = summary(report, words)
    rows = []
    for id, now, before, change in table.rows:
        kind = kind_of(str(id))
        name = words("score") if id == "score" else words.indicator(str(id))
        rows.append((name, shown(now, kind, words), shown(before, kind, words), shown(change, kind, words, sign=True)))
    half = (len(rows) + 1) // 2
    return {
        "title": table.title,
        "heads": [column.head for column in table.columns],
        "halves": (rows[:half], rows[half:]),
    }


def _table(report: Report, table: Table, words: Words, workbook: bool) -> dict[str, Any]:
    """Of many groups those that had most due, in their order."""
    rows: Sequence[Sequence[str | float | None]] = table.rows
    if len(rows) > MOST and table.id in report.groups:
        due = next(k for k, column in enumerate(table.columns) if column.id == "due")
        most = sorted(range(len(rows)), key=lambda k: (-float(rows[k][due] or 0), k))[:MOST]
        rows = [rows[k] for k in sorted(most)]
    more = len(table.rows) - len(rows)
    return {
        "id": table.id,
        "title": table.title,
        "columns": table.columns,
        "rows": [
            [_cell(value, column, words) for value, column in zip(row, table.columns, strict=True)] for row in rows
        ],
        "more": words("more" if workbook else "more_alone", f"{more:,}") if more else "",
        "ranking": charts.ranking(report.groups[table.id], table.id, words) if table.id in report.groups else None,
    }


def _cell(value: str | float | None, column: Column, words: Words) -> str:
    return shown(value, column.kind, words)
