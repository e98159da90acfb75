"""page: what a trial comes to as one HTML file that stands alone, in English and Chinese.

The curve as SVG (precision over recall, a point's parameters where the pointer rests on it), the points of the front as
a table, the rule to paste. The same trial, the same bytes.
"""

from __future__ import annotations

import math

from replay.labels import CONFIRMED
from replay.report.axes import lasted, numbers, share, short
from replay.report.markup import Child, Markup, el, join, t
from replay.sheet import said, section, sheet, table
from replay.tuning import points
from replay.tuning.choosing import Chosen
from replay.tuning.told import yaml
from replay.tuning.trying import Trial, Tried

_WIDE, _HIGH, _LEFT, _RIGHT, _TOP, _BELOW = 640, 320, 44, 16, 22, 34
_HELD = said("held out: ", "留出：")


def page(trial: Trial, chosen: Chosen, name: str) -> str:
    """The file's text. name: the recording's."""
    rule = trial.points.rule
    events = sum(label.verdict == CONFIRMED for label in trial.labels)
    about = said(
        f"{len(trial.tried)} points were judged in one pass over {trial.rows:,} rows; {events} events are labelled.",
        f"一次遍历 {trial.rows:,} 行数据，比较 {len(trial.tried)} 组参数；已标注 {events} 个事件。",
    )
    signs = said(
        "Blue: the front, of which no other point is better in everything. Green: the best F1. Ring: in force.",
        "蓝色：帕累托前沿，没有其他点各项都更好。绿色：F1 最高。圆环：现行参数。",
    )
    return sheet(
        said("Tuning a rule", "规则调参"),
        f"{rule.id} · {name}",
        el("p", about),
        section(said("Precision and recall", "查准率与查全率"), _curve(trial, chosen), el("p", signs, class_="note")),
        section(said("Worth having", "值得选用的参数"), _table(trial, chosen)),
        section(said("Best by F1", "F1 最高"), *_advice(trial, chosen)),
    )


def _curve(trial: Trial, chosen: Chosen) -> Markup:
    some = [n for n, each in enumerate(trial.tried) if each.score.right]
    scores = [trial.tried[n].score for n in some]
    low_x = _floor(min((score.recall for score in scores), default=0.0))
    low_y = _floor(min((score.precision for score in scores), default=0.0))

    def x(recall: float) -> float:
        return round(_LEFT + (recall - low_x) / (1 - low_x) * (_WIDE - _LEFT - _RIGHT), 1)

    def y(precision: float) -> float:
        return round(_TOP + (1 - precision) / (1 - low_y) * (_HIGH - _TOP - _BELOW), 1)

    def circle(n: int, kind: str, r: int) -> Markup:
        each = trial.tried[n]
        title = el("title", _named(each))
        return el("circle", title, cx=x(each.score.recall), cy=y(each.score.precision), r=r, class_=kind)

    parts: list[Child] = []
    for value in numbers(low_x, 1.0, 5):
        parts.append(el("path", d=f"M{x(value)} {_TOP}V{_HIGH - _BELOW}", class_="grid"))
        parts.append(el("text", short(value), x=x(value), y=_HIGH - _BELOW + 14, class_="tick mid"))
    for value in numbers(low_y, 1.0, 5):
        parts.append(el("path", d=f"M{_LEFT} {y(value)}H{_WIDE - _RIGHT}", class_="grid"))
        parts.append(el("text", short(value), x=_LEFT - 5, y=y(value) + 3.5, class_="tick end"))
    parts.append(el("text", t("recall", "tspan"), x=_WIDE / 2, y=_HIGH - 4, class_="name mid"))
    parts.append(el("text", t("precision", "tspan"), x=_LEFT, y=_TOP - 9, class_="name"))
    steps = [(x(trial.tried[n].score.recall), y(trial.tried[n].score.precision)) for n in chosen.shown]
    parts.append(el("path", d="M" + "L".join(f"{a} {b}" for a, b in steps), class_="front") if steps else None)
    front = set(chosen.front)
    kinds = {n: "best" if n == chosen.best else "front" if n in front else "other" for n in some}
    parts += [circle(n, kinds[n], 4) for n in sorted(some, key=lambda n: (n == chosen.best, n in front, n))]
    if chosen.in_force in some:
        parts.append(circle(chosen.in_force, "now", 7))
    return el("svg", *parts, viewBox=f"0 0 {_WIDE} {_HIGH}", class_="curve", role="img")


def _named(each: Tried) -> str:
    values = ", ".join(f"{name} {_shown(value)}" for name, value in each.point.values.items())
    return f"{values}: precision {share(each.score.precision)}, recall {share(each.score.recall)}"


def _table(trial: Trial, chosen: Chosen) -> Markup:
    scored = [t("precision"), t("recall"), t("f1")]
    heads: list[Child] = [*trial.points.names, *scored, t("false"), t("duplicates"), t("delay_median"), t("delay_p95")]
    if trial.held:
        heads += [join([_HELD, each]) for each in scored]
    shown = list(chosen.shown) + ([] if chosen.in_force in chosen.shown else [chosen.in_force])
    rows = []
    for n in shown:
        kinds = [name for name, true in (("best", n == chosen.best), ("now", n == chosen.in_force)) if true]
        rows.append((" ".join(kinds), _cells(trial.tried[n])))
    return table(heads, rows, left=0)


def _cells(each: Tried) -> list[Child]:
    score = each.score
    cells: list[Child] = [_shown(value) for value in each.point.values.values()]
    cells += [share(score.precision), share(score.recall), share(score.f1), len(score.false), score.duplicates]
    cells += [lasted(score.delay), lasted(score.delay_at(0.95))]
    if each.held is not None:
        cells += [share(number) for number in (each.held.precision, each.held.recall, each.held.f1)]
    return cells


def _advice(trial: Trial, chosen: Chosen) -> list[Child]:
    if chosen.best is None:
        return [el("p", said("No point finds anything.", "没有一组参数能找到任何事件。"))]
    best = trial.tried[chosen.best]
    if trial.held:
        worth = said(
            f"{len(trial.held)} subjects were held out: they had no say in the choice, and show what to expect.",
            f"留出 {len(trial.held)} 个对象，不参与选择：它们的成绩更接近以后的表现。",
        )
    else:
        worth = said(
            "These numbers flatter: points are chosen and scored by the same labels. --holdout 30% shows how much.",
            "这些数字偏乐观：选择与评分用的是同一批标注。用 --holdout 30% 可以看到差多少。",
        )
    pasted = yaml(points.section(trial.points.rule, best.point.values))
    return [
        el("p", said("F1 of ", "F1 为 "), share(best.score.f1), said(", as a rule to paste:", "，可直接粘贴的规则：")),
        el("pre", el("code", pasted)),
        el("p", worth, class_="note"),
    ]


def _shown(value: object) -> str:
    return "none" if value is None else str(value)


def _floor(low: float) -> float:
    """A round number below, and below 1."""
    return min(math.floor(low * 20) / 20, 0.95)
