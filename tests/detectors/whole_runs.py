"""whole_runs: a detector that judges runs of rows says the same however the runs are split into calls."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from pipeline.detector import Detector, Judgement
from pipeline.rows import Rows
from pipeline.world import World


def judged(detector: Detector, rows: Any, world: World, cuts: list[int]) -> tuple[dict[str, list[Any]], Any]:
    """What it says of all rows (sorted by subject, then time), called with those up to each cut; and its memory."""
    assert detector.memory is not None
    subjects = np.unique(rows.subject)
    memory = np.zeros(len(subjects), detector.memory)
    said: dict[str, list[Any]] = {"wrong": [], "right": [], "measure": [], "place": []}
    order: list[int] = []
    time = np.argsort(rows.ts, kind="stable")
    for part in np.split(time, cuts):
        index = np.sort(part)  # rows are sorted by subject and time: so is every selection
        if not len(index):
            continue
        some = rows.take(index)
        mine, starts = np.unique(some.subject, return_index=True)
        keys = np.searchsorted(subjects, mine)
        kept = memory[keys]
        answer = detector.judge_runs(some, starts, world, kept)
        memory[keys] = kept
        order += index.tolist()
        keep(said, answer)
    back = np.argsort(order)
    return {name: [column[i] for i in back] for name, column in said.items()}, memory


def keep(said: dict[str, list[Any]], answer: Judgement) -> None:
    n, wrong = len(answer.wrong), answer.wrong
    said["wrong"] += wrong.tolist()
    said["right"] += (~wrong if answer.right is None else answer.right).tolist()
    measure = np.full(n, np.nan) if answer.measure is None else answer.measure
    said["measure"] += [repr(m) if w else "" for m, w in zip(measure.tolist(), wrong.tolist(), strict=True)]
    said["place"] += [-1] * n if answer.place is None else np.where(wrong, answer.place, -1).tolist()


def same_however_split(detector: Detector, rows: Rows, world: World, seed: int) -> list[bool]:
    """Checks it against one row at a time and against a few splits; returns which rows are wrong."""
    n, chance = len(rows), random.Random(seed)
    one_by_one, memory = judged(detector, rows, world, list(range(1, n)))
    for cuts in ([], sorted(chance.sample(range(1, n), min(3, n - 1)))):
        said, kept = judged(detector, rows, world, cuts)
        for name, column in said.items():
            assert column == one_by_one[name], (name, cuts)
        for name in memory.dtype.names or ():
            np.testing.assert_array_equal(kept[name], memory[name], name)
    assert not (np.array(one_by_one["wrong"]) & np.array(one_by_one["right"])).any()
    return one_by_one["wrong"]
