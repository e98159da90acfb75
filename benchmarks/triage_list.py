"""triage_list: how long until an operator sees what is to be done first, with a month of a large city behind it?

Measures milliseconds on the wall from the question to the first page of the triage list as structs, by `cases.reading`
on PostgreSQL: 600,000 cases of a month, 18,000 of them active, with their steps (`benchmarks/month.py`). Each question
is another one: no filter, or one or two of those that operators use (state, category, unit, grid cell, level, severity,
channel, rule, subject, overdue, mine, a text), with values that some, few or no cases have. The limit is 50 ms, for the
median and for the slowest of a hundred.

A server of its own that syncs nothing to the disk, which reading does not care about; GRIDWATCH_TEST_POSTGRES names
another one. Its cache is as the questions leave it: each is asked once, after a tenth as many others.

    python -m benchmarks.triage_list [--days 30] [--questions 600]
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections.abc import Callable, Iterator
from statistics import median, quantiles
from typing import Any

import sqlalchemy as sa

from benchmarks import month
from benchmarks.result import Result, at_most, say
from cases.database import open_database, reading, writing
from cases.life import ACTIVE
from cases.migrations import migrate
from cases.reading import Filters, triage
from tests.services.postgres import OwnPostgres, Postgres, temporary

LIMIT = 50.0
"""Milliseconds."""


def questions(number: int, dice: random.Random) -> Iterator[Filters]:
    """The same for the same dice. A tenth has no filter, a half has one, the rest two."""
    for _ in range(number):
        wanted = dict.fromkeys(dice.choices(list(_ONE), k=dice.choice([0, 1, 1, 1, 1, 1, 2, 2, 2, 2])))
        yield Filters(**{name: _ONE[name](dice) for name in wanted})


_ONE: dict[str, Callable[[random.Random], Any]] = {
    "state": lambda dice: (dice.choice(ACTIVE).value,),
    "category": lambda dice: (month.category(dice.randrange(month.CATEGORIES)),) if dice.random() < 0.7 else ("01*",),
    "responsible": lambda dice: (month.unit(dice.randrange(month.UNITS)),),
    "grid": lambda dice: (month.grid(dice.randrange(month.GRIDS)),),
    "level": lambda dice: (dice.choice(["community", "street", "city"]),),
    "channel": lambda dice: (dice.choice(["machine", "collector", "hotline", "open311"]),),
    "rule": lambda dice: (f"rule-{dice.randrange(month.RULES):02}",),
    "subject": lambda dice: (f"川A·{dice.randrange(month.SUBJECTS):05}",),
    "severity": lambda dice: dice.choice([3, 4]),
    "deadline": lambda _: ("overdue",),
    "mine": lambda dice: (f"officer-{dice.randrange(500)}", month.unit(dice.randrange(month.UNITS))),
    "text": lambda dice: dice.choice(
        [f"文三路{dice.randrange(900)}号", f"202603-{dice.randrange(600_000):07}", "占道", "nothing"]
    ),
}


def ask(engine: sa.Engine, number: int, seed: int) -> list[float]:
    """Milliseconds of each."""
    took = []
    for filters in questions(number, random.Random(seed)):
        began = time.perf_counter()
        with reading(engine) as connection:
            triage(connection, filters)
        took.append((time.perf_counter() - began) * 1000)
    return took


def measure(url: str, days: int, number: int) -> list[Result]:
    """In an empty database."""
    engine = open_database(url)
    began = time.perf_counter()
    migrate(engine)
    with writing(engine) as connection:
        cases = month.fill(connection, days)
    month.settle(engine)
    made = time.perf_counter() - began
    ask(engine, number // 10, seed=1)
    took = ask(engine, number, seed=2)
    engine.dispose()
    note = f"{number} questions, {cases:,} cases, made in {made:.0f} s"
    return [
        at_most("triage_list", "ms", median(took), LIMIT, f"the median of {note}"),
        at_most("triage_list_p99", "ms", quantiles(took, n=100)[98], LIMIT, f"the slowest {max(took):.0f} ms"),
    ]


def run(days: int = 30, number: int = 600) -> list[Result]:
    """Both."""
    url = os.environ.get("GRIDWATCH_TEST_POSTGRES")
    own = None if url else OwnPostgres(_SETTINGS)
    try:
        with temporary(own or Postgres(str(url))) as database:
            return measure(database, days, number)
    finally:
        if own is not None:
            own.end()


_SETTINGS = ("fsync=off", "full_page_writes=off", "shared_buffers=512MB", "max_wal_size=8GB", "autovacuum=off")


def main() -> None:
    parser = argparse.ArgumentParser(description="triage_list: see the head of the file")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--questions", type=int, default=600)
    options = parser.parse_args()
    say(run(options.days, options.questions))


if __name__ == "__main__":
    main()
