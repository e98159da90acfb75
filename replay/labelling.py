"""labelling: labels out of what people said of cases, and several lists of labels as one.

What an operator called confirmed or a false alarm is a label of the case's rule, subject and time. Cases of which
nobody has said anything give none: such labels are not all that was wrong.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from cases.case import Case
from cases.verdict import Verdict
from replay.labels import Label


def of_verdicts(verdicts: Iterable[Verdict], cases: Mapping[str, Case]) -> list[Label]:
    """A label for each case that has a verdict, by the last. cases: by id; those that are not there give none."""
    last = {verdict.case: verdict for verdict in verdicts}
    return sorted(_label(cases[id], verdict) for id, verdict in last.items() if id in cases)


def _label(case: Case, verdict: Verdict) -> Label:
    ended = case.ended if math.isfinite(case.ended) else math.inf
    return Label(case.started, case.rule, case.subject, ended, case.late, verdict.verdict, verdict.note)


def merged(*lists: Iterable[Label]) -> list[Label]:
    """All of them, sorted; of several with the same rule, subject and start (to the millisecond) and the same place in
    the picture, the one of the last list."""
    found = {
        (each.rule, each.subject, round(each.started, 3), each.boxes[:1]): each for labels in lists for each in labels
    }
    return sorted(found.values())


def within(labels: Iterable[Label], since: float, until: float) -> list[Label]:
    """Those that touch a period, UTC seconds."""
    return [each for each in labels if each.started <= until and each.ended >= since]
