"""running: a journal judged by the very engine, and its cases held against what was really wrong.

Reads entries (made as they are read, or a journal's) and labels; reports a score for each rule of the version that was
in force at the end. How far a case may lie from its label follows from the rule's hold and from how far apart its rows
are: no rule knows of anything before the row after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pipeline.engine import LoadVersion
from pipeline.version import Rule
from replay.replaying import Entries, replay
from replay.scenarios.observing import Observed
from replay.simulator.conditions import CLEAR, Conditions
from replay.simulator.labels import Label
from replay.simulator.score import Score, Timing, score

_SLACK = 30.0
"""Seconds, beside what rows and clocks add."""
_UPLOADED = 900.0
"""Seconds after which all that was stored in a dead zone is uploaded."""


def run(
    journal: Entries,
    load: LoadVersion,
    labels: Callable[[], Iterable[Label]],
    conditions: Conditions = CLEAR,
    current: bytes | None = None,
) -> dict[str, Score]:
    """Rule id -> its score. labels: asked for when all entries are read. current: as for `replay`."""
    observed = Observed()
    result = replay(journal, observed.listening(load), current=current)
    if observed.version is None:
        return {}
    rules = {rule.id: rule for rule in observed.version.rules}
    heard = {rule.id: observed.of(rule) for rule in rules.values()}
    timing = {rule.id: timing_of(rule, heard[rule.id][1], conditions) for rule in rules.values()}
    scores = score(result.cases, labels(), observed.until, timing)
    for rule in rules:
        scores.setdefault(rule, Score()).hours = heard[rule][0]
    return {rule: each for rule, each in scores.items() if rule in rules}


def timing_of(rule: Rule, spacing: float, conditions: Conditions = CLEAR) -> Timing:
    """How far a rule's cases may lie from their labels. spacing: seconds between its rows."""
    late = _UPLOADED if conditions.dark else 0.0
    skew = abs(conditions.skew) if conditions.skewed else 0.0
    slack = _SLACK + 1.5 * spacing + skew
    patience = rule.hold.for_ + max(60.0, 4.0 * spacing) + late + skew
    return Timing(slack, patience, rule.hold.clear + slack)
