"""contract_answers: what a detector says of rows of the contract city, however they are put to it."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.detector import Detector
from pipeline.rows import Flags, Floats, Position, Presence, Reading, Rows, Sighting
from pipeline.world import World
from tests.contract_city import EDGES, PARTS, Block, block, columns_of, kind_of, places
from tests.contract_stories import STORIES, Fact


@dataclass
class Answer:
    """Of a block of rows. Arrays of shape (n,); place: the zones' names; memory: after the last row, by key."""

    wrong: Flags
    right: Flags
    measure: Floats
    place: list[str]
    idle: Floats
    memory: Any = None

    def same(self, other: Answer, at: Any = slice(None)) -> None:
        """AssertionError where it is not what `other` says of its rows `at`."""
        for name in ("wrong", "right", "measure", "idle"):
            np.testing.assert_array_equal(getattr(self, name), getattr(other, name)[at], name)
        assert self.place == np.array(other.place, object)[at].tolist()

    def read(self) -> Answer:
        """As much of it as anybody reads: measure and place only where it is wrong."""
        place = [each if wrong else "" for each, wrong in zip(self.place, self.wrong.tolist(), strict=True)]
        return Answer(self.wrong, self.right, np.where(self.wrong, self.measure, np.nan), place, self.idle, self.memory)

    def remembers_the_same(self, other: Answer) -> None:
        """AssertionError where it remembers something else."""
        for name in self.memory.dtype.names:
            np.testing.assert_array_equal(self.memory[name], other.memory[name], name)


def judges_runs(kind: type[Detector]) -> bool:
    """Whether the engine gives it whole runs of rows."""
    return kind.judge_runs is not Detector.judge_runs and kind.idle is Detector.idle


def ask(
    detector: Detector,
    some: Block,
    world: World,
    check: Callable[..., None] = lambda *_: None,
    calls: Any = None,
) -> Answer:
    """Its answer, got as the engine gets it: all at once, or with memory the r-th row of each key in round r.

    check: is given the rows, the judgement and what `idle` said, of each call. calls: shape (n,), in which call each
    row is judged instead, as part of a run; never falling within a key.
    """
    n, whole = len(some.key), calls is not None
    answer = Answer(np.zeros(n, bool), np.zeros(n, bool), np.full(n, np.nan), [""] * n, np.full(n, np.inf))
    if calls is None:
        rank = np.arange(n) - np.searchsorted(some.key, some.key)
        calls = np.zeros(n, np.int64) if detector.memory is None else rank
    memory = None if detector.memory is None else np.zeros(int(some.key.max()) + 1, detector.memory)
    for call in np.unique(calls).tolist():
        index = np.flatnonzero(calls == call)
        rows = some.rows.take(index)
        keys, starts = np.unique(some.key[index], return_index=True)
        mine = None if memory is None else memory[keys]
        said = detector.judge_runs(rows, starts, world, mine) if whole else detector.judge(rows, world, mine)  # type: ignore[arg-type]
        idle = detector.idle(rows, world, mine)
        check(rows, said, idle)
        if memory is not None:
            memory[keys] = mine
        answer.wrong[index] = said.wrong
        answer.right[index] = ~said.wrong if said.right is None else said.right
        if said.measure is not None:
            answer.measure[index] = said.measure
        for i, code in zip(index.tolist(), [] if said.place is None else said.place.tolist(), strict=False):
            answer.place[i] = world.names[code]
        if idle is not None:
            answer.idle[index] = idle
    answer.memory = memory
    return answer


def looks(detector: Detector, kind: type[Rows], world: World) -> dict[str, list[dict[str, float]]]:
    """Columns of rows of subject a (bin d) by what the detector says of them at some time, once they have gone on for a
    while: w wrong, or silence after them is, r right, n neither.
    """
    own, dice = columns_of(detector, kind), random.Random(0)
    spots = [{"lon": x, "lat": y} for x, y in places(detector) if not np.isnan(x)] if kind is Position else [{}]
    main = {Reading: "value", Sighting: "still", Presence: "count"}.get(kind, "speed")
    others = {name: values for name, values in own.items() if name != main}
    pairs = [spot | {main: value} for spot, value in itertools.product(spots, own[main])]
    pairs = dice.sample(pairs, min(len(pairs), 300))  # as many again would find nothing more
    pool = [pair | {name: dice.choice(values) for name, values in others.items()} for pair in pairs]
    long = [Fact(f"{i}", 10.0, one, PARTS.get(kind, "")[:1]) for i, one in enumerate(pool) for _ in range(5)]
    found: dict[str, set[int]] = {"w": set(), "r": set(), "n": set()}
    for begin in EDGES[1:]:
        some = block(kind, long, world.names, begin)
        some.rows.subject[:] = world.names.code("d" if kind is Reading else "a")
        answer = ask(detector, some, world)
        wrong = answer.wrong | np.isfinite(answer.idle)
        for i, (bad, good) in enumerate(zip(wrong[4::5].tolist(), answer.right[4::5].tolist(), strict=True)):
            found["w" if bad else "r" if good else "n"].add(i)
    return {letter: [pool[i] for i in sorted(which)] for letter, which in found.items()}


def ever_wrong(name: str, detector: Detector, world: World) -> bool:
    """Whether anything in the contract city is wrong to the detector of that name: a row, silence, or its story."""
    told = STORIES.get(name, {})
    stories = [block(kind, told[kind], world.names, EDGES[1]) for kind in kind_of(detector) if kind in told]
    if any(ask(detector, story, world).wrong.any() for story in stories):
        return True
    return any(looks(detector, kind, world)["w"] for kind in kind_of(detector))
