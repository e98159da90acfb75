"""sheets: one case or missed event at a time: what it was, by which rule, its curves and its place.

What to say about the data: how many rows there are around it, how far apart, how long the longest silence, how late the
latest came, and how many came twice.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from datetime import tzinfo

import numpy as np

from pipeline.rows import Position, Presence, Rows, Sighting
from pipeline.version import Rule
from replay.report.axes import lasted
from replay.report.charts import case_chart, rows_chart
from replay.report.facts import Facts, described, detector_name
from replay.report.maps import Map, word
from replay.report.markup import Markup, el, join, t
from replay.report.picking import Item
from replay.report.pictures import picture
from replay.report.plain import clock
from replay.report.series import lines, rows_of
from replay.surroundings import Surroundings

_FEW = 2
"""Rows apart that are needed to say how far apart they are."""


def sheets(facts: Facts, picked: Sequence[Item], around: Surroundings, drawn: Map | None, zone: tzinfo) -> Markup:
    """All of them."""
    return join(_sheet(facts, number, item, around, drawn, zone) for number, item in enumerate(picked))


def _sheet(facts: Facts, number: int, item: Item, around: Surroundings, drawn: Map | None, zone: tzinfo) -> Markup:
    rule = facts.outcome.rules.get(item.rule)
    rows = rows_of(item, rule, around)
    curves = lines(item, rule, rows, around) if rule is not None and rows is not None and len(rows) else []
    pictures = []
    if isinstance(rows, Sighting):
        pictures.append(picture(item, rows, around.rows(Sighting, item.subject, item.since, item.until)))
    if curves:
        pictures.append(case_chart(item, curves, zone))
    elif rows is not None and len(rows):
        pictures.append(rows_chart(item, rows.ts, zone))
    if rows is not None and not len(rows):
        pictures.append(el("p", t("no_rows"), class_="quiet"))
    if drawn is not None and not isinstance(rows, Sighting | Presence):
        pictures.append(drawn.small(number, item))
    verdict = item.verdict or "plain"
    head = el(
        "summary",
        el("span", t(word(item.verdict)), class_=f"badge {verdict}"),
        el("b", item.rule),
        el("span", f"{item.subject} {item.part}".strip(), class_="who"),
        el("span", clock(item.started, zone), class_="when"),
        el("span", lasted(item.ended - item.started) or t("goes_on"), class_="long"),
        el("span", _measure(item), class_="worst"),
    )
    told = el("dl", *(part for pair in _facts(item, rule, rows, zone) for part in pair))
    body = el("div", told, el("div", *pictures, class_="pictures"), id=f"case-{number}", class_="body")
    return el("details", head, body, class_=f"sheet {verdict}", open=number == 0, data_r=item.rule, data_k=number)


def _facts(item: Item, rule: Rule | None, rows: Rows | None, zone: tzinfo) -> Iterator[tuple[Markup, Markup]]:
    case = item.case
    yield _pair("subject", f"{item.subject} {item.part}".strip())
    if case is not None and case.place:
        yield _pair("place", case.place)
    yield _pair("started", clock(item.started, zone))
    if case is not None:
        yield _pair("confirmed", clock(case.confirmed, zone))
    yield _pair("ended", clock(item.ended, zone) or t("goes_on"))
    if math.isfinite(item.ended):
        yield _pair("lasted", lasted(item.ended - item.started))
    if _measure(item):
        yield _pair("measure", _measure(item))
    if item.label is not None and case is not None:
        label = item.label
        until = clock(label.ended, zone, "%H:%M:%S") or t("goes_on")
        yield _pair("label", join([f"{clock(label.started, zone)} – ", until]))
        yield _pair("delay", lasted(max(case.confirmed - label.started, 0.0)))
    if item.label is not None and item.label.note:
        yield _pair("note", item.label.note)
    if rule is not None:
        said = described(rule)
        yield _pair("detector", detector_name(rule))
        yield _pair("parameters", _settings(said["parameters"]))
        yield _pair("hold", _settings(said["hold"]))
        if rule.category:
            yield _pair("category", rule.category)
    if rows is not None:
        yield _pair("rows_around", join(_about(rows)))
    if case is not None:
        yield _pair("id", el("code", case.id))


def _pair(key: str, value: str) -> tuple[Markup, Markup]:
    return el("dt", t(key)), el("dd", value)


def _settings(of: dict[str, object]) -> Markup:
    """Those that are set, as they are written in a configuration."""
    given = [(name, value) for name, value in of.items() if value not in (None, [], "", {}, "0 s")]
    parts = [f"{n}: {v if isinstance(v, str) else json.dumps(v, ensure_ascii=False)}" for n, v in given]
    return join([el("code", ", ".join(parts))]) if parts else t("none")


def _measure(item: Item) -> str:
    if item.case is None or not math.isfinite(item.case.measure):
        return ""
    return f"{item.case.measure:.4g} {item.case.unit}".strip()


def _about(rows: Rows) -> Iterator[Markup]:
    """What can be said about rows that are sorted by time."""
    yield join([f"{len(rows):,}"])
    ts = np.unique(rows.ts)
    if len(ts) > _FEW:
        steps = np.diff(ts)
        usual, longest = float(np.median(steps)), float(steps.max())
        yield join([", ", t("every"), f" {lasted(usual)}"])
        if longest > 3 * usual:
            yield join([", ", t("longest_silence"), f" {lasted(longest)}"])
    if len(rows) > len(ts):
        yield join([f", {len(rows) - len(ts)} ", t("repeated")])
    after = float((rows.received - rows.ts).max()) if len(rows) else 0.0
    if after > 60.0:
        yield join([", ", t("latest_upload"), f" {lasted(after)}"])
    if isinstance(rows, Position):
        lost = int((~np.isfinite(rows.lon)).sum())
        if lost:
            yield join([f", {lost} ", t("without_place")])
