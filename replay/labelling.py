"""labelling: labels out of what people said of cases, and several lists of labels as one.

What an operator called confirmed, a false alarm or a known fixture is a label of each episode of the case
(`cases.labels`). Cases of which nobody has said anything give none: such labels are not all that was wrong.
"""

from __future__ import annotations

from collections.abc import Iterable

from cases.labels import Told
from replay.labels import Label


def of_verdicts(told: Iterable[Told]) -> list[Label]:
    """A label for each episode of which somebody has said something."""
    return sorted(
        Label(each.started, each.rule, each.subject, each.ended, each.late, each.verdict, each.note) for each in told
    )


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
