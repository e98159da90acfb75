"""writer: effects as the desk has them, by any number of writers.

    python -m tests.cases.writer WHERE MODE NUMBER TIMES

MODE write: NUMBER threads with TIMES transactions each; its last line counts them. MODE on: transactions without end, a
line after each is committed. MODE half: begins one, says `inside` when half of it is done, and ends it once its stdin
does.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from cases.database import open_database, reading, writing
from cases.tables import CASES, CHANGES, STEPS
from tests.cases.rows import case, put, row

CASE = "0a000000-0000-5000-8000-000000000001"


def begin(engine: sa.Engine) -> None:
    """One case that nothing has been done to."""
    put(engine, case(CASE))


def act(connection: sa.Connection, by: str, inside: Any = lambda: None) -> int:
    """Read the case, add a step and a change, write the case: as it was read, and one more of each."""
    found = connection.execute(sa.select(CASES.c.revision, CASES.c.steps).where(CASES.c.id == CASE)).one()
    number = found.steps + 1
    step = row(STEPS, id=f"{by}-{number}", case_id=CASE, number=number, by=by, data={})
    connection.execute(STEPS.insert().values(**step))
    inside()
    change = {"case_id": CASE, "event": "comment", "at": 1.0, "data": {"revision": found.revision + 1}}
    connection.execute(CHANGES.insert().values(**change))
    done = CASES.update().where(CASES.c.id == CASE).values(revision=found.revision + 1, steps=number)
    connection.execute(done)
    return int(found.revision) + 1


def consistent(connection: sa.Connection) -> int:
    """How often it was done; an AssertionError where a reader sees half of anything, or something twice."""
    revision, steps = connection.execute(sa.select(CASES.c.revision, CASES.c.steps).where(CASES.c.id == CASE)).one()
    numbers = connection.execute(sa.select(STEPS.c.number).order_by(STEPS.c.number)).scalars().all()
    told = [
        data["revision"] for data in connection.execute(sa.select(CHANGES.c.data).order_by(CHANGES.c.number)).scalars()
    ]
    assert revision == steps
    assert numbers == told == list(range(1, revision + 1))
    return int(revision)


def follow(engine: sa.Engine, last: int) -> list[tuple[int, int]]:
    """Changes after number `last`: (number, revision)."""
    query = sa.select(CHANGES.c.number, CHANGES.c.data).where(CHANGES.c.number > last).order_by(CHANGES.c.number)
    with reading(engine) as connection:
        return [(number, data["revision"]) for number, data in connection.execute(query)]


def write(engine: sa.Engine, name: str, number: int, times: int) -> list[Exception]:
    """`number` threads with `times` transactions each; what went wrong."""
    wrong: list[Exception] = []

    def work(by: str) -> None:
        try:
            for _ in range(times):
                with writing(engine) as connection:
                    act(connection, by)
        except Exception as error:  # noqa: BLE001  whatever it is, it is told
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(f"{name}-{n}",)) for n in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


def main(where: str, mode: str, number: int, times: int) -> None:
    engine = open_database(where if "://" in where else Path(where))
    if mode == "write":
        wrong = write(engine, f"{sys.argv[0]}-{id(engine)}", number, times)
        _say(f"{number * times} {wrong}")
        return
    while True:
        with writing(engine) as connection:
            done = act(connection, "on", _wait if mode == "half" else lambda: None)
        _say(str(done))
        if mode == "half":
            return


def _wait() -> None:
    _say("inside")
    sys.stdin.read()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
