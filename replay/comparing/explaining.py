"""explaining: why a case is not the same on both sides: what each said of the rows around it.

Reads a difference, and the rows of its subject as both sides judged them; reports plain sentences, and the rows that
show it. What differs in the rules' settings is told once for a rule, not here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cases.case import Case, iso
from pipeline.version import Rule
from replay.comparing.looking import Row, Window
from replay.comparing.matching import Difference, What

_LEAD = 60.0
"""Seconds that are looked at before and after, and twice what the holds wait."""
_NEAR = 1
"""Rows that are shown before and after each that matters."""


class Both(NamedTuple):
    """One row, as both sides judged it; None: it was no row for the rule there."""

    ts: float
    late: bool
    columns: tuple[tuple[str, float], ...]
    a: Row | None
    b: Row | None
    skipped: bool = False
    """Rows before it are not shown."""

    @property
    def differs(self) -> bool:
        """Whether the two say something else."""
        return (self.a and self.a.said) != (self.b and self.b.said)


@dataclass(slots=True)
class Why:
    """Why one case differs."""

    because: list[str] = field(default_factory=list)
    rows: list[Both] = field(default_factory=list)
    """Those that show it, by time. Not every row: those about what matters."""


def windows_of(one: Difference, a: Rule | None, b: Rule | None) -> tuple[Window, Window]:
    """What is to be looked at again for it, on either side."""
    holds = [rule.hold for rule in (a, b) if rule is not None]
    lead = max([_LEAD, *(2 * max(hold.for_, hold.clear) for hold in holds)])
    times = [time for case in (one.a, one.b) if case is not None for time in (case.started, case.confirmed, case.ended)]
    known = [time for time in times if math.isfinite(time)]
    span = min(known) - lead, max(known) + lead
    subject, part = one.case.subject, one.case.part
    return Window(one.rule, subject, part, *span), Window(one.other, subject, part, *span)


def why(
    one: Difference, a: Rule | None, b: Rule | None, rows_a: Sequence[Row] | None, rows_b: Sequence[Row] | None
) -> Why:
    """Explain a difference. a, b: the rules, None where a side has none. rows: of the windows, by time; None where
    nobody knows them (a side is a file of cases)."""
    both = _merged(rows_a or (), rows_b or ())
    because: list[str] = []
    if one.what in (What.VANISHED, What.APPEARED):
        lacking, rule, mine, theirs = (
            ("B", b, rows_b, rows_a) if one.what is What.VANISHED else ("A", a, rows_a, rows_b)
        )
        if mine is not None:
            because += _lacking(one, lacking, rule, mine, theirs or ())
        if one.beside is not None:
            because.append(f"{lacking} has it as part of a case that began {iso(one.beside.started)}")
    if rows_a and rows_b:
        because += _judged(both, a, b)
    known = rows_a is not None and rows_b is not None
    return Why(because, _shown(one, both, known))


def _lacking(one: Difference, side: str, rule: Rule | None, rows: Sequence[Row], others: Sequence[Row]) -> list[str]:
    """Why a side has no such case."""
    case = one.case
    if rule is None:
        return [f"{side} has no rule '{one.other if side == 'B' else one.rule}'"]
    mine, theirs = _during(case, rows), _during(case, others)
    if not mine and not theirs:
        other = "B" if side == "A" else "A"
        said = [f"no row came: it is silence that was wrong by {other}, and was not by {side}"]
    elif not mine:
        said = [f"{side} has no rows of {case.subject} there: class, metric or what the rows lack leaves them out"]
    else:
        said = [_too_little(side, rule, mine)]
    return said


def _too_little(side: str, rule: Rule, rows: Sequence[Row]) -> str:
    wrong = [row for row in rows if row.said == "wrong"]
    worse = max if rule.detector.worse is max else min
    measures = [row.measure for row in rows if not math.isnan(row.measure)]
    worst = f", {worse(measures):.4g} {rule.detector.unit} at worst".replace(" ,", ",") if measures else ""
    if not wrong:
        return f"{side} finds none of its {len(rows)} rows wrong{worst}"
    lasted, needed = _longest(rows), rule.hold.for_
    share = f"{side} finds {len(wrong)} of its {len(rows)} rows wrong{worst}"
    if lasted < needed:
        return f"{share}, for {lasted:g} s at a time, where `for` wants {needed:g} s"
    return share


def _longest(rows: Sequence[Row]) -> float:
    """For how long at a time it was wrong, from a wrong row to the last one before a right one. Seconds."""
    longest, since = 0.0, math.nan
    for row in rows:
        if row.said == "right":
            since = math.nan
        elif row.said == "wrong":
            since = row.ts if math.isnan(since) else since
            longest = max(longest, row.ts - since)
    return longest


def _judged(both: Sequence[Both], a: Rule | None, b: Rule | None) -> list[str]:
    differing = [row for row in both if row.differs]
    if differing:
        many = f"{len(differing)} of {len(both)} rows are" if len(differing) > 1 else f"1 of {len(both)} rows is"
        return [f"{many} judged otherwise, the first at {iso(differing[0].ts)}"]
    if a is not None and b is not None and a.hold != b.hold:
        return [f"all {len(both)} rows are judged alike: it is the hold that makes the difference"]
    return [f"all {len(both)} rows are judged alike"]


def _during(case: Case, rows: Sequence[Row]) -> list[Row]:
    ended = math.inf if math.isnan(case.ended) else case.ended
    return [row for row in rows if case.started <= row.ts <= ended]


def _merged(a: Sequence[Row], b: Sequence[Row]) -> list[Both]:
    """Rows of the same time are the same row."""
    found: dict[tuple[float, bool], list[Row | None]] = {}
    for side, rows in ((0, a), (1, b)):
        for row in rows:
            found.setdefault((row.ts, row.late), [None, None])[side] = row
    merged = []
    for (ts, late), (one, other) in sorted(found.items()):
        columns = dict(one.columns if one else ()) | dict(other.columns if other else ())
        merged.append(Both(ts, late, tuple(columns.items()), one, other))
    return merged


def _shown(one: Difference, both: Sequence[Both], known: bool) -> list[Both]:
    """Rows about the first that is judged otherwise, and about where the case begins, is confirmed and ends."""
    times = [row.ts for row in both if row.differs][:1] if known else []
    names = one.fields if one.what is What.MOVED else ("started", "confirmed") if not times else ("confirmed",)
    times += [getattr(case, name, math.nan) for case in (one.a, one.b) if case is not None for name in names]
    keep: set[int] = set()
    for time in times:
        if isinstance(time, float) and math.isfinite(time):
            at = min(range(len(both)), key=lambda k: (abs(both[k].ts - time), k), default=0)
            keep |= set(range(max(at - _NEAR, 0), min(at + _NEAR + 1, len(both))))
    return [both[k]._replace(skipped=k > 0 and k - 1 not in keep) for k in sorted(keep)]
