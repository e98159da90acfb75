"""delays: how soon a rule's events are found, as a curve of the share that is found within a delay."""

from __future__ import annotations

from replay.report.axes import lasted
from replay.report.markup import Markup, el
from replay.score import Score


def delay_curve(score: Score) -> Markup:
    """The share of a rule's events that is found within a delay, with the median and the 95th of 100 marked."""
    wide, high, left, top, right, below = 300, 130, 34, 8, 12, 20
    delays = sorted(score.delays)
    longest = max(delays[-1] * 1.05, 1.0)

    def x(seconds: float) -> float:
        return round(left + (wide - left - right) * seconds / longest, 1)

    def y(share: float) -> float:
        return round(top + (high - top - below) * (1 - share), 1)

    parts = []
    for share in (0.0, 0.5, 1.0):
        parts.append(el("path", d=f"M{left} {y(share)}H{wide - right}", class_="grid"))
        parts.append(el("text", f"{share:.0%}", x=left - 4, y=y(share) + 3.5, class_="tick end"))
    for seconds in _delays(longest):
        parts.append(el("path", d=f"M{x(seconds)} {top}V{high - below}", class_="grid"))
        parts.append(el("text", lasted(seconds), x=x(seconds), y=high - below + 13, class_="tick mid"))
    step = score.recall / len(delays)
    written = f"M{x(0)} {y(0)}" + "".join(f"H{x(d):g}V{y((k + 1) * step):g}" for k, d in enumerate(delays))
    parts.append(el("path", d=f"{written}H{wide - right}V{y(0)}Z", class_="area"))
    parts.append(el("path", d=f"{written}H{wide - right}", class_="line"))
    for part in (0.5, 0.95):
        at = score.delay_at(part)
        parts.append(
            el("path", el("title", f"{part:.0%}: {lasted(at)}"), d=f"M{x(at)} {top}V{high - below}", class_="mark")
        )
    return el("svg", *parts, viewBox=f"0 0 {wide} {high}", class_="curve", role="img")


def _delays(longest: float) -> list[float]:
    steps = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 86400, 172800, 604800)
    step = next((float(each) for each in steps if longest / each <= 4), longest)
    return [k * step for k in range(int(longest / step) + 1)]
