"""A hundred writers in threads and processes, and writers that are killed: nothing lost, nothing twice, nobody waits.

The same on both databases. What is written is what the desk writes: a case as it was read and one revision more, its
next step, and a change that followers are told of.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from cases.database import open_database, reading, writing
from tests.cases.writer import act, begin, consistent, follow, write
from tests.services.process import REPOSITORY

pytestmark = pytest.mark.slow

THREADS, PROCESSES, EACH, TIMES = 60, 4, 10, 3


@contextmanager
def writer(where: str | Path, mode: str, number: int = 1, times: int = 1) -> Iterator[subprocess.Popen[str]]:
    """A process of its own; it does not outlive its test."""
    arguments = [sys.executable, "-m", "tests.cases.writer", str(where), mode, str(number), str(times)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(arguments, cwd=REPOSITORY, stdin=pipe, stdout=pipe, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=10)


def test_a_hundred_writers(database: sa.Engine, where: str | Path) -> None:
    begin(database)
    ended = threading.Event()
    seen: list[int] = []
    wrong: list[Exception] = []

    def read() -> None:
        try:
            while not ended.is_set():
                with reading(database) as connection:
                    seen.append(consistent(connection))
        except Exception as error:  # noqa: BLE001  told below
            wrong.append(error)

    told: list[tuple[int, int]] = []

    def listen() -> None:
        try:
            last = False
            while not last:
                last = ended.is_set()  # then everything is there: once more, and that is all
                told.extend(follow(database, told[-1][0] if told else 0))
        except Exception as error:  # noqa: BLE001  told below
            wrong.append(error)

    beside = [threading.Thread(target=read), threading.Thread(target=listen)]
    for thread in beside:
        thread.start()
    with (
        writer(where, "write", EACH, TIMES) as one,
        writer(where, "write", EACH, TIMES) as two,
        writer(where, "write", EACH, TIMES) as three,
        writer(where, "write", EACH, TIMES) as four,
    ):
        wrong += write(database, "here", THREADS, TIMES)
        said = [process.communicate(timeout=90)[0].split(maxsplit=1) for process in (one, two, three, four)]
    ended.set()
    for thread in beside:
        thread.join()
    assert wrong == []
    assert said == [[str(EACH * TIMES), "[]\n"]] * PROCESSES
    done = (THREADS + PROCESSES * EACH) * TIMES
    with reading(database) as connection:
        assert consistent(connection) == done
    assert seen == sorted(seen), "time never goes back"
    assert [revision for _, revision in told] == list(range(1, done + 1)), "a follower missed nothing"


def test_nobody_waits_for_a_writer_that_takes_its_time(database: sa.Engine, where: str | Path) -> None:
    begin(database)
    with writer(where, "half") as slow:
        assert slow.stdout is not None
        assert slow.stdout.readline() == "inside\n"
        for _ in range(20):
            with reading(database) as connection:
                assert consistent(connection) == 0
        slow.communicate("", timeout=30)
    with reading(database) as connection:
        assert consistent(connection) == 1


def test_a_writer_that_is_killed_in_the_middle_leaves_nothing(database: sa.Engine, where: str | Path) -> None:
    begin(database)
    for n in range(3):
        with writer(where, "half") as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "inside\n"
            process.kill()
            process.wait(60)
            with writing(database) as connection:  # its turn is over at once
                act(connection, "next")
        with reading(database) as connection:
            assert consistent(connection) == n + 1


def test_a_writer_that_is_killed_at_any_moment_loses_nothing_that_it_has_said(
    database: sa.Engine, where: str | Path
) -> None:
    begin(database)
    for lines in (1, 9, 40):
        with writer(where, "on") as process:
            assert process.stdout is not None
            for _ in range(lines):
                last = int(process.stdout.readline())
            process.kill()
            process.wait(60)
            last = int(([last, *map(int, process.stdout.read().split())])[-1])
        again = open_database(where)
        with reading(again) as connection:
            assert consistent(connection) in (last, last + 1), "what was committed but not said any more may be there"
        with writing(again) as connection:
            act(connection, f"after-{lines}")
        again.dispose()
