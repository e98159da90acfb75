"""page: what a trial comes to as one HTML file without outside references, in English and Chinese.

The curve as SVG (precision over recall, a point's parameters where the pointer rests on it), the points of the front as
a table, the rule to paste. The same trial, the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape

from replay.labels import CONFIRMED
from replay.score import Score
from replay.tuning.choosing import Chosen
from replay.tuning.points import section
from replay.tuning.told import yaml
from replay.tuning.trying import Trial, Tried

_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 640, 360, 56, 40

_STYLE = """
body{font:15px/1.5 system-ui,"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;max-width:60em;
margin:2em auto;padding:0 1em;color:#1b1f24;background:#fff}
table{border-collapse:collapse;margin:1em 0}td,th{padding:.25em .7em;text-align:right;border-bottom:1px solid #d8dee4}
th{font-weight:600;vertical-align:bottom}tr.best{font-weight:600}tr.now{background:#fff3d6}
pre{background:#f3f5f7;padding:1em;overflow-x:auto}.zh{color:#57606a;font-size:.9em}svg{max-width:100%;height:auto}
text{font-size:12px;fill:#57606a}.grid{stroke:#e5e8eb}.axis{stroke:#57606a}.other{fill:#b6c2cf}.front{fill:#0969da}
.inforce{fill:none;stroke:#bf5f00;stroke-width:3}.better{fill:#1a7f37}.line{fill:none;stroke:#0969da;opacity:.4}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}td,th{border-color:#30363d}
pre{background:#161b22}tr.now{background:#3d2f0f}.grid{stroke:#21262d}.zh,text{color:#9198a1;fill:#9198a1}}
"""

_COLUMNS = (
    ("precision", "查准率"),
    ("recall", "查全率"),
    ("F1", "F1"),
    ("false", "误报"),
    ("twice", "重复"),
    ("delay", "延迟"),
    ("p95", "95% 延迟"),
)
_HELD = (("held: precision", "留出查准率"), ("held: recall", "留出查全率"), ("held: F1", "留出 F1"))


def page(trial: Trial, chosen: Chosen, name: str) -> str:
    """The file's text. name: the recording's."""
    rule = trial.points.rule
    events = sum(label.verdict == CONFIRMED for label in trial.labels)
    title = f"{rule.id} · {name}"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(title)}</h1>",
        _said(
            f"{len(trial.tried)} points were judged in one pass over {trial.rows:,} rows; {events} events are known.",
            f"一次遍历 {trial.rows:,} 行数据，比较 {len(trial.tried)} 组参数；已标注 {events} 个事件。",
        ),
        _curve(trial, chosen),
        _said(
            "Blue: no other point is better in everything. Green: the best F1. Ring: in force.",
            "蓝色：帕累托前沿，没有其他点各项都更好。绿色：F1 最高。圆环：现行参数。",
        ),
        _table(trial, chosen),
        *_advice(trial, chosen),
        "</body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _said(english: str, chinese: str) -> str:
    return f'<p>{escape(english)}<br><span class="zh" lang="zh">{escape(chinese)}</span></p>'


def _curve(trial: Trial, chosen: Chosen) -> str:
    some = [n for n, each in enumerate(trial.tried) if each.score.right]
    low_x = _floor(min((trial.tried[n].score.recall for n in some), default=0.0))
    low_y = _floor(min((trial.tried[n].score.precision for n in some), default=0.0))

    def at(recall: float, precision: float) -> tuple[float, float]:
        x = _LEFT + (recall - low_x) / (1 - low_x) * (_WIDTH - _LEFT - 20)
        return x, 20 + (1 - precision) / (1 - low_y) * (_HEIGHT - _BOTTOM - 20)

    drawn = [f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="precision and recall">']
    for k in range(6):
        recall, precision = low_x + (1 - low_x) * k / 5, low_y + (1 - low_y) * k / 5
        x, y = at(recall, precision)
        drawn.append(f'<path class="grid" d="M{x:.1f} 20V{_HEIGHT - _BOTTOM}M{_LEFT} {y:.1f}H{_WIDTH - 20}"/>')
        drawn.append(f'<text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 16}" text-anchor="middle">{recall:.2f}</text>')
        drawn.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{precision:.2f}</text>')
    drawn.append(f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 6}" text-anchor="middle">recall 查全率</text>')
    drawn.append('<text x="4" y="12">precision 查准率</text>')
    steps = [at(trial.tried[n].score.recall, trial.tried[n].score.precision) for n in chosen.shown]
    drawn.append(f'<polyline class="line" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in steps)}"/>')
    front = set(chosen.front)
    for n in sorted(some, key=lambda n: (n == chosen.best, n in front, n)):
        each = trial.tried[n]
        x, y = at(each.score.recall, each.score.precision)
        kind = "better" if n == chosen.best else "front" if n in front else "other"
        drawn.append(f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="5"><title>{_named(each)}</title></circle>')
        if n == chosen.in_force:
            drawn.append(f'<circle class="inforce" cx="{x:.1f}" cy="{y:.1f}" r="8"/>')
    return "\n".join([*drawn, "</svg>"])


def _named(each: Tried) -> str:
    values = ", ".join(f"{name} {_shown(value)}" for name, value in each.point.values.items())
    return escape(f"{values}: precision {each.score.precision:.4f}, recall {each.score.recall:.4f}")


def _table(trial: Trial, chosen: Chosen) -> str:
    head = [(name, "") for name in trial.points.names] + [*_COLUMNS, *(_HELD if trial.held else ())]
    cells = (f'<th>{escape(name)}<br><span class="zh">{escape(zh)}</span></th>' for name, zh in head)
    shown = list(chosen.shown) + ([] if chosen.in_force in chosen.shown else [chosen.in_force])
    rows = (_row(trial.tried[n], n == chosen.best, n == chosen.in_force) for n in shown)
    return "<table><tr>" + "".join(cells) + "</tr>\n" + "\n".join(rows) + "\n</table>"


def _row(each: Tried, best: bool, now: bool) -> str:
    cells = [_shown(value) for value in each.point.values.values()]
    score = each.score
    cells += [f"{score.precision:.4f}", f"{score.recall:.4f}", f"{score.f1:.4f}", str(len(score.false))]
    cells += [str(score.duplicates), _seconds(score.delay), _seconds(score.delay_at(0.95))]
    if each.held is not None:
        cells += [f"{number:.4f}" for number in (each.held.precision, each.held.recall, each.held.f1)]
    kind = " ".join(name for name, true in (("best", best), ("now", now)) if true)
    return f'<tr class="{kind}">' + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _advice(trial: Trial, chosen: Chosen) -> Iterator[str]:
    if chosen.best is None:
        yield _said("No point finds anything.", "没有一组参数能找到任何事件。")
        return
    best: Score = trial.tried[chosen.best].score
    yield _said(f"Best by F1: {best.f1:.4f}. As a rule to paste:", f"F1 最高：{best.f1:.4f}。可直接粘贴的规则：")
    yield f"<pre>{escape(yaml(section(trial.points.rule, trial.tried[chosen.best].point.values)))}</pre>"
    if trial.held:
        yield _said(
            f"{len(trial.held)} subjects were held out: they had no say in the choice, and show what to expect.",
            f"留出 {len(trial.held)} 个对象，不参与选择：它们的成绩更接近以后的表现。",
        )
    else:
        yield _said(
            "These numbers flatter: points are chosen and scored by the same labels. --holdout 30% shows how much.",
            "这些数字偏乐观：选择与评分用的是同一批标注。用 --holdout 30% 可以看到差多少。",
        )


def _shown(value: object) -> str:
    return "none" if value is None else str(value)


def _seconds(seconds: float) -> str:
    return "" if math.isnan(seconds) else f"{seconds:.0f} s"


def _floor(low: float) -> float:
    """A round number below, and below 1."""
    return min(math.floor(low * 20) / 20, 0.95)
