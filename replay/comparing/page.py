"""page: a comparison as one HTML file that stands alone, in English and Chinese.

By rule how many cases differ, what differs in settings and world, then the differences, those that are explained with
the rows about them. The same comparison, the same bytes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from cases.case import Case
from replay.comparing.explaining import Both, Why
from replay.comparing.looking import Row
from replay.comparing.matching import Difference, What
from replay.comparing.settings import Changed
from replay.comparing.told import Compared
from replay.report.axes import lasted
from replay.report.markup import Child, Markup, el, join
from replay.report.plain import clock
from replay.sheet import said, section, sheet, table

LISTED = 500
"""Differences that are listed; the JSON has all."""
_KINDS = (What.VANISHED, What.APPEARED, What.MOVED, What.CHANGED)
_WORDS = {
    What.VANISHED: ("vanished", "消失"),
    What.APPEARED: ("appeared", "新增"),
    What.MOVED: ("moved", "时间变动"),
    What.CHANGED: ("changed", "内容变动"),
}
_FIELDS = {"started": "开始", "confirmed": "确认", "ended": "结束", "measure": "数值", "place": "地点"}


def page(compared: Compared) -> str:
    """The file's text."""
    differences = compared.matched.differences
    order = sorted(range(len(differences)), key=lambda n: (differences[n].rule, _KINDS.index(differences[n].what), n))
    listed = [_difference(differences[n], compared.whys.get(n)) for n in order[:LISTED]]
    if len(order) > LISTED:
        listed.append(el("p", f"{len(order) - LISTED:,} ", said("more are in the JSON.", "条见 JSON。"), class_="note"))
    settings = list(_settings(compared))
    return sheet(
        said("Comparison on one recording", "同一记录上的比较"),
        f"{compared.a} · {compared.b}",
        el("p", "A: ", el("code", compared.a), "  B: ", el("code", compared.b)),
        section(said("Rules", "规则"), _rules(compared)),
        section(said("What differs in what judged", "判定配置的差异"), el("ul", *settings)) if settings else None,
        section(said("Cases that differ", "不同的案件"), *listed)
        if listed
        else section(said("No case differs", "案件完全一致")),
    )


def _rules(compared: Compared) -> Markup:
    matched = compared.matched
    count = Counter((one.rule, one.what) for one in matched.differences)
    heads: list[Child] = [
        said("Rule", "规则"),
        said("cases A", "A 案件"),
        said("cases B", "B 案件"),
        said("same", "相同"),
    ]
    heads += [said(*_WORDS[kind]) for kind in _KINDS]
    rows: list[tuple[str, list[Child]]] = []
    for rule, other in sorted(compared.rules.items()):
        if not matched.a[rule] and not matched.b[rule] and rule not in compared.settings:
            continue
        kinds = [count[rule, kind] or "" for kind in _KINDS]
        cells: list[Child] = [rule if rule == other else f"{rule} = {other}", matched.a[rule], matched.b[rule]]
        rows.append(("differs" if any(kinds) else "", [*cells, matched.same[rule], *kinds]))
    return table(heads, rows)


def _settings(compared: Compared) -> Iterator[Markup]:
    for rule, changed in sorted(compared.settings.items()):
        yield el("li", el("code", rule), ": ", "; ".join(map(_change, changed)))
    for each in compared.worlds:
        yield el("li", _change(each))


def _change(each: Changed) -> str:
    return f"{each.name} {_value(each.a)} → {_value(each.b)}"


def _value(value: object) -> str:
    return "—" if value is None or value == "" else str(value)


def _difference(one: Difference, why: Why | None) -> Markup:
    head = el(
        "p",
        el("strong", said(*_WORDS[one.what]), f" {one.rule} {one.case.subject} {one.case.part}".rstrip()),
        " ",
        clock(one.case.started),
        " UTC ",
        *(_what(one)),
    )
    if why is None:
        return head
    reasons = el("ul", *(el("li", line) for line in why.because)) if why.because else None
    return join([head, reasons, _rows(why.rows, one.case.unit) if why.rows else None])


def _what(one: Difference) -> Iterator[Child]:
    if one.a is None or one.b is None:
        case = one.case
        yield lasted(case.ended - case.started) if math.isfinite(case.ended) else said("goes on", "进行中")
        yield "" if math.isnan(case.measure) else f", {case.measure:.4g} {case.unit}".rstrip()
        return
    for name in one.fields:
        yield join([said(name, _FIELDS.get(name, name)), f" {_shown(one.a, name)} → {_shown(one.b, name)}; "])


def _shown(case: Case, name: str) -> str:
    value = getattr(case, name)
    if name in ("started", "confirmed", "ended"):
        return clock(value, form="%H:%M:%S") or "—"
    return f"{value:.4g} {case.unit}".rstrip() if isinstance(value, float) else _value(value)


def _rows(rows: list[Both], unit: str) -> Markup:
    names = list(dict.fromkeys(name for row in rows for name, _ in row.columns))
    heads: list[Child] = [said("time", "时间"), *names, "A", "B"]
    found: list[tuple[str, list[Child]]] = []
    for n, row in enumerate(rows):
        if n and row.skipped:
            found.append(("", ["…"]))
        values = dict(row.columns)
        cells: list[Child] = [clock(row.ts, form="%H:%M:%S"), *(f"{values.get(name, math.nan):.4g}" for name in names)]
        found.append(("differs" if row.differs else "", [*cells, _said(row.a, unit), _said(row.b, unit)]))
    return table(heads, found)


def _said(row: Row | None, unit: str) -> str:
    if row is None:
        return "—"
    return row.said if math.isnan(row.measure) else f"{row.said} {row.measure:.4g} {unit}".rstrip()
