"""tables: the headline, what was expected, and how each rule did."""

from __future__ import annotations

import math
from collections.abc import Sequence

from replay.report.axes import lasted, rate, share
from replay.report.delays import delay_curve
from replay.report.facts import Facts, detector_name
from replay.report.markup import Child, Markup, el, join, t
from replay.score import Score


def headline(facts: Facts) -> Markup:
    """The numbers of all rules together."""
    outcome, total = facts.outcome, facts.total
    running = sum(case.open for case in outcome.cases)
    tiles = [_tile("cases", f"{len(outcome.cases):,}", join([f"{running:,} ", t("open")]) if running else "")]
    if facts.labelled:
        tiles += [
            _tile("events", f"{total.labels:,}", join([f"{len(total.missed):,} ", t("missed")])),
            _tile("precision", share(total.precision), join([f"{len(total.false):,} ", t("false")])),
            _tile("recall", share(total.recall)),
            _tile("f1", share(total.f1)),
            _tile(
                "delay_median", lasted(total.delay_at(0.5)), join([t("delay_p95"), f" {lasted(total.delay_at(0.95))}"])
            ),
            _tile("false_1000", rate(total.false_per_1000h)),
        ]
    aside = sum(n for fate, n in outcome.counts.items() if fate not in ("live", "late"))
    tiles.append(_tile("rows", f"{outcome.rows:,}", join([f"{aside:,} ", t("set_aside")]) if aside else ""))
    if facts.results:
        missed = len(facts.missed_results())
        told = join([f"{missed} ", t("not_met")]) if missed else t("met")
        kind = "bad" if missed else "good"
        tiles.append(_tile("expectations", f"{len(facts.results) - missed}/{len(facts.results)}", told, kind))
    return el("div", *tiles, class_="tiles")


def _tile(key: str, number: str, note: str = "", kind: str = "") -> Markup:
    return el("div", el("small", t(key)), el("strong", number or "–"), el("em", note), class_=f"tile {kind}".strip())


def expectations(facts: Facts) -> Markup:
    """What was expected and what came, the missed first."""
    head = el("tr", *(el("th", t(key)) for key in ("rule", "threshold", "expected", "got")), el("th"))
    rows = [
        el(
            "tr",
            *(el("td", each) for each in (result.rule, result.what, result.wanted, result.gotten)),
            el("td", _mark(result.met), t("met" if result.met else "not_met")),
            class_="ok" if result.met else "bad",
        )
        for result in sorted(facts.results, key=lambda each: each.met)
    ]
    return _scrolled(el("table", el("thead", head), el("tbody", *rows), class_="plain-table"))


def _mark(met: bool) -> Markup:
    return el("span", "✓ " if met else "✗ ", class_="good" if met else "bad")


def rules(facts: Facts) -> Markup:
    """A row for each rule that has a case, an event or an expectation; the names of the others."""
    expected = {result.rule for result in facts.results}
    cases = [case.rule for case in facts.outcome.cases]
    shown: list[str] = []
    quiet: list[str] = []
    for rule in facts.rules():
        score = facts.outcome.scores.get(rule, Score())
        busy = rule in cases or rule in expected or (facts.labelled and score.labels)
        (shown if busy else quiet).append(rule)
    keys: list[tuple[str, ...]] = [("cases",), ("open",)]
    if facts.labelled:
        keys += [("events",), ("missed",), ("false",), ("duplicates",), ("precision",), ("recall",), ("f1",)]
        keys += [("delay_median",), ("delay_p95",), ("false_1000",)]
    keys.append(("hours",))
    head = el("tr", el("th", t("rule")), *(el("th", t(key), class_="n") for (key,) in keys))
    table = el(
        "table", el("thead", head), el("tbody", *(_rule(facts, rule, cases) for rule in shown)), class_="sortable"
    )
    others = el("p", t("quiet_rules"), " ", ", ".join(quiet), class_="quiet") if quiet else None
    return join([_scrolled(table) if shown else el("p", t("no_cases")), others])


def _rule(facts: Facts, rule: str, cases: Sequence[str]) -> Markup:
    outcome, configured = facts.outcome, facts.outcome.rules.get(rule)
    mine = [result for result in facts.results if result.rule == rule]
    marks = [_mark(all(result.met for result in mine))] if mine else []
    name = el("td", *marks, el("b", rule), el("small", detector_name(configured) if configured else ""))
    score = outcome.scores.get(rule)
    cells = [_cell(cases.count(rule)), _cell(sum(case.open for case in outcome.cases if case.rule == rule))]
    if facts.labelled:
        cells += _scored(score) if score is not None else [el("td")] * 10
    hours = score.hours if score is not None else math.nan
    cells.append(_cell(hours, f"{hours:,.0f}" if hours >= 10 or not hours else f"{hours:.2g}"))
    return el("tr", name, *cells, data_r=rule)


def _scored(score: Score) -> list[Markup]:
    judged = bool(score.cases or score.false)
    return [
        _cell(score.labels),
        _cell(len(score.missed), kind="missed" if score.missed else ""),
        _cell(len(score.false), kind="false" if score.false else ""),
        _cell(score.duplicates),
        _part(score.precision if judged else math.nan),
        _part(score.recall if score.labels else math.nan),
        _part(score.f1 if score.labels else math.nan),
        _cell(score.delay_at(0.5), lasted(score.delay_at(0.5))),
        _cell(score.delay_at(0.95), lasted(score.delay_at(0.95))),
        _cell(score.false_per_1000h, rate(score.false_per_1000h)),
    ]


def _cell(number: float, shown: str | None = None, kind: str = "") -> Markup:
    known = math.isfinite(number)
    written: Child = (f"{number:,}" if shown is None else shown) if known else ""
    return el("td", written, class_=f"n {kind}".strip(), data_v=f"{number:.6g}" if known else None)


def _part(number: float) -> Markup:
    """A share, with a bar as long as it is."""
    known = math.isfinite(number)
    style = f"--share:{100 * number:.1f}%" if known else None
    return el("td", share(number), class_="n share", style=style, data_v=f"{number:.6g}" if known else None)


def curves(facts: Facts) -> Markup:
    """A delay curve for each rule of which an event was found."""
    drawn = [
        el("figure", el("figcaption", el("b", rule), f" {score.right}/{score.labels}"), delay_curve(score), data_r=rule)
        for rule, score in sorted(facts.outcome.scores.items())
        if score.delays
    ]
    return el("div", *drawn, class_="curves") if drawn else Markup()


def _scrolled(table: Markup) -> Markup:
    return el("div", table, class_="scrolled")
