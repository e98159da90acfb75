"""timeline: when it was: a lane for each rule and subject (or each rule, where there are many), labels above cases.

A lane is a drawing without text that is stretched to the page's width; names and times beside it are ordinary text, so
that they stay readable on any screen. All lanes are magnified together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import tzinfo

from cases.case import Case
from pipeline.reporting import SOURCE_DOWN
from replay.report.axes import times
from replay.report.facts import Facts
from replay.report.maps import tooltip, word
from replay.report.markup import Markup, both, el, t
from replay.report.picking import MISSED, Item
from replay.report.plain import clock

WIDE = 100_000
"""A lane's width in the units of its drawing."""
_HIGH = 32
_LANES = 45
"""Beyond so many pairs of rule and subject a lane is a rule."""
_EDGE = 0.985
"""Of the width: a time beyond it would stand out of the page."""
MARKS = 5_000


def timeline(facts: Facts, every: Sequence[Item], sheets: int, zone: tzinfo, zone_name: str) -> Markup:
    """All lanes with their axis. every: all items, the first `sheets` of which have a sheet."""
    since, until = _period(facts, every)
    marked = every[:MARKS]
    mine = [(number, item) for number, item in enumerate(marked) if item.rule != SOURCE_DOWN]
    pairs = {(item.rule, item.subject) for _, item in mine}
    apart = len(pairs) <= _LANES
    lanes: dict[tuple[str, str], list[tuple[int, Item]]] = {}
    for number, item in mine:
        lanes.setdefault((item.rule, item.subject if apart else ""), []).append((number, item))
    downs = [case for case in facts.outcome.cases if case.rule == SOURCE_DOWN]
    parts = []
    before = ""
    for rule, subject in sorted(lanes):
        name = [el("b", rule if rule != before else "")] + ([el("span", subject)] if apart else [])
        before = rule
        parts.append(el("div", *name, class_="lane-name" + (" first" if name[0] != el("b") else "")))
        parts.append(_lane(lanes[rule, subject], downs, since, until, sheets, apart=apart))
    axis = [
        el("span", written, style=f"left:{100 * (ts - since) / (until - since):.3f}%")
        for ts, written in times(since, until, zone)
        if ts - since < _EDGE * (until - since)
    ]
    head = el("div", clock(since, zone, "%Y-%m-%d"), class_="lane-name")
    frame = {"data_since": f"{since:.0f}", "data_until": f"{until:.0f}", "data_zone": zone_name}
    left_out = el("p", f"{len(every) - MARKS} ", t("marks_left_out")) if len(every) > MARKS else None
    return el("div", el("div", head, el("div", *axis, class_="axis"), *parts, class_="lanes", **frame), left_out)


def _period(facts: Facts, every: Sequence[Item]) -> tuple[float, float]:
    """What is shown: from the first delivery to the last, and all that began before (uploads come late)."""
    starts = [item.started for item in every if math.isfinite(item.started)]
    ends = [item.ended for item in every if math.isfinite(item.ended)]
    since, until = min([facts.outcome.since, *starts]), max([facts.outcome.until, *starts, *ends])
    if not (math.isfinite(since) and math.isfinite(until)):
        return 0.0, 1.0
    return since, max(until, since + 1.0)


def _lane(
    mine: Sequence[tuple[int, Item]], downs: Sequence[Case], since: float, until: float, sheets: int, *, apart: bool
) -> Markup:
    def place(started: float, ended: float) -> dict[str, int]:
        first = round(WIDE * min(max((started - since) / (until - since), 0.0), 1.0))
        last = round(WIDE * min(max((ended - since) / (until - since), 0.0), 1.0))
        return {"x": first, "width": max(last - first, 1)}

    parts = [el("path", d=f"M0 {_HIGH // 2}H{WIDE}", class_="base")]
    for down in downs:
        ended = math.inf if math.isnan(down.ended) else down.ended
        title = el("title", f"{SOURCE_DOWN}: {down.subject}")
        parts.append(el("rect", title, y=0, height=_HIGH, class_="down", **place(down.started, ended)))
    for number, item in reversed(mine):  # what is missed or false comes last, on top
        label = item.label
        if label is not None:
            missed = item.verdict == MISSED
            name = tooltip(item) if missed else f"{both('label')}: {item.subject}"
            at = place(label.started, label.ended)
            bar = _bar(name, MISSED if missed else "label", item.rule, 4, at)
            parts.append(_linked(bar, number, sheets) if missed else bar)
        if item.case is not None:
            bar = _bar(tooltip(item), item.verdict or "plain", item.rule, 19, place(item.started, item.ended))
            parts.append(_linked(bar, number, sheets))
    return el(
        "svg",
        *parts,
        viewBox=f"0 0 {WIDE} {_HIGH}",
        preserveAspectRatio="none",
        class_="lane" if apart else "lane dense",
    )


def _bar(name: str, kind: str, rule: str, top: int, at: Mapping[str, int]) -> Markup:
    return el("rect", el("title", name), y=top, height=9, class_=f"mark {kind}", data_r=rule, **at)


def _linked(bar: Markup, number: int, sheets: int) -> Markup:
    return el("a", bar, href=f"#case-{number}", data_k=number) if number < sheets else bar


def legend(verdicts: Sequence[str]) -> Markup:
    """What the colours of marks mean."""
    return el("p", *(el("span", el("i", class_=f"key {v or 'plain'}"), t(word(v))) for v in verdicts), class_="legend")
