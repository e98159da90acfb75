"""outcome: a recording judged by the very engine, and its cases held against what was really wrong.

Reads entries (made as they are read, or a journal's) and labels; reports the cases, and a score for each rule of the
version that was in force at the end. How far a case may lie from its label follows from the rule's hold and from how
far apart its rows are: no rule knows of anything before the row after it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field

from pipeline.engine import LoadVersion
from pipeline.rows import Sighting
from pipeline.version import Rule
from replay.boxes import Boxes
from replay.labels import Label
from replay.observing import Observed
from replay.replaying import Entries, Replayed, replay
from replay.score import Score, Timing, score

_SLACK = 30.0
"""Seconds, beside what rows and clocks add."""


@dataclass(slots=True)
class Outcome(Replayed):
    """What came of judging a recording once."""

    scores: dict[str, Score] = field(default_factory=dict)
    """Rule id -> how well it did, by the labels; for each rule of the last version that was in force. Where there are
    no labels only `hours` means anything."""
    rules: dict[str, Rule] = field(default_factory=dict)
    """Those rules."""
    labels: list[Label] = field(default_factory=list)
    since: float = math.inf
    """When the first delivery was received, UTC seconds; infinite where there was none."""
    until: float = -math.inf
    """When the last delivery was received."""


def judge(
    journal: Entries,
    load: LoadVersion,
    labels: Callable[[], Iterable[Label]] = list,
    *,
    complete: Container[str] | None = None,
    skew: float = 0.0,
    late: float = 0.0,
    boxes: bool = False,
    start: int | None = None,
    current: bytes | None = None,
    batch: int = 65_536,
    progress: Callable[[int], object] = lambda _: None,
    replaying: Callable[..., Replayed] = replay,
) -> Outcome:
    """Judge a recording and score it.

    labels: asked for when all entries are read. complete: the rules of which they are all that was wrong; None: all.
    skew, late: by how much clocks are wrong, and how long after the fact uploads come, seconds. boxes: whether labels
    say where in a picture. start, current, batch, progress: as for `replay`. replaying: what is called like `replay`,
    and judges in another way.
    """
    places = Boxes() if boxes else None
    observed = Observed(places)
    result = replaying(journal, observed.listening(load), start=start, current=current, batch=batch, progress=progress)
    truth = sorted(labels())
    rules = {rule.id: rule for rule in observed.version.rules} if observed.version else {}
    heard = {rule.id: observed.of(rule) for rule in rules.values()}
    timing = {rule.id: timing_of(rule, heard[rule.id][1], skew, late) for rule in rules.values()}
    found = places.found if places else lambda _, __: True
    scores = score(result.found, truth, observed.until, timing, places=found, complete=complete)
    for rule in rules:
        scores.setdefault(rule, Score()).hours = heard[rule][0]
    return Outcome(
        cases=result.cases,
        found=result.found,
        scores={rule: scores[rule] for rule in rules},
        rules=rules,
        labels=truth,
        since=observed.since,
        until=observed.until,
        counts=result.counts,
        entries=result.entries,
        versions=result.versions,
        seconds=result.seconds,
    )


def timing_of(rule: Rule, spacing: float, skew: float = 0.0, late: float = 0.0) -> Timing:
    """How far a rule's cases may lie from their labels. spacing: seconds between its rows; skew, late: as in `judge`.

    What a camera saw is told by its place in the picture: there, all labels count, up to the recording's end.
    """
    slack = _SLACK + 1.5 * spacing + skew
    patience = rule.hold.for_ + max(60.0, 4.0 * spacing) + late + skew
    return Timing(slack, 0.0 if rule.kind is Sighting else patience, rule.hold.clear + slack)
