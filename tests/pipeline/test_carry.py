"""Readings carried into positions: blocks at once against one reading and one position at a time."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np
import pytest

from pipeline.carry import KEPT, Column


@dataclass
class Plain:
    """The page, word for word, for one column: {subject: {ts: value}}."""

    known: dict[int, dict[float, float]] = field(default_factory=dict)

    def heard(self, subject: int, ts: float, value: float) -> None:
        mine = self.known.setdefault(subject, {})
        mine[ts] = max(value, mine.get(ts, value))
        if len(mine) > KEPT:
            del mine[min(mine)]

    def at(self, subject: int, ts: float, age: float) -> float:
        fit = [each for each in self.known.get(subject, {}) if each <= ts]
        return self.known[subject][max(fit)] if fit and ts - max(fit) <= age else np.nan


def story(dice: random.Random, ordered: bool) -> None:
    """A few blocks; each holds readings (subject, ts, value, turn) and positions (subject, ts, turn)."""
    column, plain, newest, turn, dense = Column(), Plain(), dict.fromkeys(range(3), 0.0), 0, dice.random() < 0.3
    for _ in range(4):
        events: list[tuple[int, float, bool, int, float]] = []
        for _ in range(dice.choice([0, 3, 40, 120])):
            turn += dice.choice([0, 0, 0, 1]) if dense else dice.choice([0, 1])
            subject, reading = dice.randrange(3), dice.random() < 0.6
            ts = float(dice.randrange(120))
            if reading:
                step = dice.choice([1, 2, 3]) if ordered or dice.random() < 0.7 else -dice.choice([0, 1, 2, 50])
                newest[subject] = ts = max(newest[subject] + step, 0.0)
            events.append((turn, ts, not reading, subject, dice.random()))
        events.sort()  # of one turn by time, readings first
        age = dice.choice([5.0, 20.0, 1000.0])
        expected = []
        for _, ts, asks, subject, value in events:
            if asks:
                expected.append(plain.at(subject, ts, age))
            else:
                plain.heard(subject, ts, value)
        heard = [event for event in events if not event[2]]
        asked = [event for event in events if event[2]]
        if heard:
            turns, times, _, subjects, values = zip(*heard, strict=True)
            column.heard(np.array(subjects, np.int32), np.array(times), np.array(values), np.array(turns))
        if asked:
            turns, times, _, subjects, _ = zip(*asked, strict=True)
            ages = np.full(len(asked), age)
            found = column.at(np.array(subjects, np.int32), np.array(times), np.array(turns), ages)
            np.testing.assert_array_equal(found, expected)
        column.settle()


@pytest.mark.parametrize("ordered", [True, False], ids=["in-order", "any-order"])
def test_blocks_are_the_same_as_one_at_a_time(ordered: bool) -> None:
    for seed in range(300):
        story(random.Random(seed), ordered)


#  ts     0 .. 31    40     asks at 33
def test_the_33rd_reading_pushes_the_first_out() -> None:
    column = Column()
    subject, times = np.zeros(33, np.int32), np.append(np.arange(32.0), 40.0)
    column.heard(subject, times, times, np.arange(33))
    column.settle()
    one = np.zeros(1, np.int32)
    ask = [column.at(one, np.array([ts]), np.array([50]), np.array([100.0]))[0] for ts in (0.0, 1.0, 33.0, 40.0)]
    np.testing.assert_array_equal(ask, [np.nan, 1.0, 31.0, 40.0])
