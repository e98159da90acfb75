"""trying: a recording judged once by all points of a sweep, and each point scored by the labels.

Reads entries, points and labels; reports a score for each point. One engine judges them all: what is decoded, put in
turn and looked up in the world serves every point, and so does what a detector said where only the hold differs.

All points are held against the same labels: those that began so near the end that the most patient of the points could
not have confirmed them are left out for all. With a share of the subjects held out, points are chosen by the others,
and scored on both: what is chosen by some labels looks better on these than it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from pipeline.engine import Engine, LoadVersion
from pipeline.entries import EntryBuffer, Kind
from pipeline.episode import Change, Episode
from pipeline.judging import RuleState
from pipeline.names import Names
from pipeline.rows import Sighting
from pipeline.version import Version
from replay.boxes import Boxes
from replay.labels import CONFIRMED, Label
from replay.observing import Observed
from replay.outcome import timing_of
from replay.replaying import BATCH, Entries
from replay.score import Score, score
from replay.tuning.points import Point, Points, TooMuch
from replay.tuning.sharing import shared

ROOM = 2_000_000_000
"""Bytes that the states and episodes of all points may take, about."""
_EPISODE = 700
"""Bytes of one."""


@dataclass(frozen=True, slots=True)
class Given:
    """What is judged, and what is known of it: as `replay.outcome.judge` takes it."""

    entries: Entries
    load: LoadVersion
    labels: Sequence[Label]
    complete: Container[str] | None = None
    current: bytes | None = None
    skew: float = 0.0
    late: float = 0.0


@dataclass(frozen=True, slots=True)
class Holdout:
    """Which subjects are left out of choosing."""

    share: float
    seed: int = 1

    def of(self, labelled: Iterable[str], others: Iterable[str] = ()) -> frozenset[str]:
        """Of those with labels the share, one at least; of each other one by its own dice.

        Raises ValueError where there are fewer than two with labels.
        """
        ranked = sorted(set(labelled), key=self._dice)
        if len(ranked) < 2:
            raise ValueError(f"labels of {len(ranked)} subject are too few to hold some out")
        count = min(max(round(self.share * len(ranked)), 1), len(ranked) - 1)
        rest = {each for each in others if each not in ranked and self._dice(each) < self.share}
        return frozenset(ranked[:count]) | rest

    def _dice(self, subject: str) -> float:
        digest = hashlib.sha256(f"{self.seed}\x1f{subject}".encode()).digest()
        return int.from_bytes(digest[:8], "big") / 2.0**64


@dataclass(frozen=True, slots=True)
class Tried:
    """How one point did."""

    point: Point
    score: Score
    """On all subjects, or on those that were not held out."""
    held: Score | None = None
    """On those that were."""


@dataclass(slots=True)
class Trial:
    """How all points did."""

    points: Points
    tried: list[Tried] = field(default_factory=list)
    """In the order of the points."""
    labels: list[Label] = field(default_factory=list)
    """Of the rule; `confirmed` ones and false alarms."""
    held: frozenset[str] = frozenset()
    rows: int = 0


def try_points(
    given: Given,
    points: Points,
    holdout: Holdout | None = None,
    *,
    batch: int = BATCH,
    room: int = ROOM,
    progress: Callable[[int], object] = lambda _: None,
) -> Trial:
    """Judge and score. Raises TooMuch, NoVersion, JournalError, and ValueError as `Holdout.of`."""
    rule = points.rule
    labels = sorted(label for label in given.labels if label.rule == rule.id)
    boxes = Boxes() if any(label.boxes for label in labels) else None
    observed = Observed(boxes)
    rules = shared([point.rule for point in points.points])

    def swept(payload: bytes, names: Names) -> Version:
        return replace(given.load(payload, names), rules=rules)

    engine = Engine(observed.listening(swept))
    found = _episodes(engine, given, points, batch, room, progress)
    subjects = {label.subject for label in labels if label.verdict == CONFIRMED}
    others = {episode.subject for episodes in found.values() for episode in episodes} | {x.subject for x in labels}
    held = holdout.of(subjects, others - subjects) if holdout is not None else frozenset()
    spacing = observed.of(rule)[1]
    patience = max(point.rule.hold.for_ for point in points.points)
    most = timing_of(
        replace(rule, hold=rule.hold.model_copy(update={"for_": patience})), spacing, given.skew, given.late
    )
    mine, apart = ([x for x in labels if (x.subject in held) == aside] for aside in (False, True))
    trial = Trial(points, labels=labels, held=held, rows=engine.counts["live"] + engine.counts["late"])
    for point in points.points:
        own = timing_of(point.rule, spacing, given.skew, given.late)
        timing = {rule.id: replace(own, patience=0.0 if rule.kind is Sighting else most.patience)}
        episodes = found.get(point.rule.id, [])

        def scored(some: Sequence[Label], aside: bool) -> Score:
            cases = [each for each in episodes if (each.subject in held) == aside]  # noqa: B023  called at once
            places = boxes.found if boxes else lambda _, __: True
            result = score(cases, some, observed.until, timing, places=places, complete=given.complete)  # noqa: B023
            return result.get(rule.id, Score())

        one = scored(mine, False)
        if not held:
            one.hours = observed.of(rule)[0]
        trial.tried.append(Tried(point, one, scored(apart, True) if held else None))
    return trial


def _episodes(
    engine: Engine, given: Given, points: Points, batch: int, room: int, progress: Callable[[int], object]
) -> dict[str, list[Episode]]:
    """The episodes that were not taken back, by the point's rule; as if they were the rule's own."""
    ids = {point.rule.id for point in points.points}
    kept: dict[str, Episode] = {}
    engine.position = first = given.entries.first
    if given.current is not None:
        buffer = EntryBuffer()
        buffer.add(Kind.VERSION, "", "", 0.0, given.current)
        engine.position -= 1
        engine.feed(buffer.batch(), engine.position)
    for piece in given.entries.read(first, batch):
        for event in engine.feed(piece.batch, piece.first):
            if event.episode.rule not in ids:
                continue
            if event.change is Change.WITHDRAWN:
                kept.pop(event.episode.id, None)
            else:
                kept[event.episode.id] = event.episode
        engine.take_asides()
        _check_room(engine, len(kept), room, len(points.points))
        progress(engine.position)
    found: dict[str, list[Episode]] = {}
    for episode in kept.values():
        found.setdefault(episode.rule, []).append(msgspec.structs.replace(episode, rule=points.rule.id))
    return found


def _check_room(engine: Engine, episodes: int, room: int, count: int) -> None:
    """Raises TooMuch where it would take more than `room` bytes."""
    needed = episodes * _EPISODE + sum(_size(state) for state in engine.rules.values())
    if needed > room:
        fits = max(int(count * room / needed * 0.8), 1)
        raise TooMuch(
            f"{count:,} points take more than {room / 1e9:.0f} GB on a recording with so many subjects and cases: "
            f"try at most {fits:,} at once, with --steps or fewer parameters at a time"
        )


def _size(state: RuleState) -> int:
    """Bytes of a rule's state."""
    columns = [*state.keys.columns.values(), *state.gaps.columns.values()]
    if state.silence is not None:
        columns += state.silence.states.columns.values()
    columns += [memory for memory in (state.memory, state.gap_memory) if memory is not None]
    return sum(column.nbytes for column in columns)
