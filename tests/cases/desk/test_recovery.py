"""What the store has is never done again: restarts at any cut, the same log again, and a desk that fails half way."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from cases.database import open_database
from cases.desk import Desk, Plain
from cases.desk.book import Book
from cases.fold import Logged
from cases.migrations import migrate
from cases.tables import APPLIED, CASES
from pipeline.episode import Change
from tests.cases.desk.kit import DAY, City, Log, conditions

HANDLING = {"file": True, "verify": "pipeline", "close": True}
RULES = {"rules": [{"id": "near", "same": "place", "near": "50 m", "within": "2h", "reopens": "1h"}], "reopens": "1h"}
STEPS = ("file", "dispatch", "accept", "handled", "verify", "verified", "close", "rework", "reopen", "urge", "ask")


def story(log: Log, seed: int, length: int = 60) -> list[Logged]:
    """Things happen, people say things, most of which are refused."""
    dice = random.Random(seed)
    open_ones: dict[str, float] = {}
    at = DAY
    for n in range(length):
        at += dice.choice([1.0, 30.0, 1800.0])
        what = dice.random()
        known = list(open_ones)
        if what < 0.3 or not known:
            id, lon = f"e{n}", 121.47 + dice.randrange(9) * 0.0004
            log.episode(at, id, subject=f"bin-{dice.randrange(5)}", lon=lon)
            open_ones[id] = at
        elif what < 0.45:
            id = dice.choice(known)
            log.episode(at, id, Change.ENDED, started=open_ones.pop(id), ended=at - 0.5, reason="clear")
        elif what < 0.5:
            id = dice.choice(known)
            log.episode(at, id, Change.WITHDRAWN, started=open_ones.pop(id), withdrawn=True)
        elif what < 0.6:
            log.report(at, f"r{n}", category="06042", lon=121.47, lat=31.23)
        else:
            case = dice.choice(list(log.cases()))
            role = dice.choice(["acceptor", "dispatcher", "unit", "collector", "supervisor"])
            data = {"unit": "sanitation", "what": "suspend"}
            log.step(at, case, dice.choice(STEPS), role, note="said", **data)
    return log.entries


def again(database: sa.Engine, log: Log, cuts: Sequence[int]) -> Log:
    """The same log in another store, with a restart at each cut from which some of it is read once more."""
    other = Log(database, log.holds, log.places)
    for start, end in itertools.pairwise([0, *sorted(cuts), len(log.entries)]):
        other.restart()
        piece = log.entries[max(0, start - 7) : end]
        other.desk.apply(piece, piece[-1].stamp if piece else DAY, end)
    return other


@pytest.mark.parametrize("seed", range(6))
def test_any_restart_gives_the_same(database: sa.Engine, seed: int) -> None:
    holds = conditions(City("2 urgent hours"), policies={"handling": [HANDLING]}, fusion=RULES)
    log = Log(database, holds)
    story(log, seed)
    whole = log.everything()
    assert len(whole["cases"]) >= 3
    assert len(whole["steps"]) > 5
    for cuts in ([], [1, 17, 18, 40], list(range(1, 60, 3))):
        engine = open_database(None)
        migrate(engine)
        other = again(engine, log, cuts)
        for table, rows in other.everything().items():
            if table != "applied":
                assert rows == whole[table], (table, cuts)
        engine.dispose()


def test_the_whole_log_again_changes_nothing(database: sa.Engine) -> None:
    log = Log(database, conditions(fusion=RULES))
    story(log, 99)
    before = log.everything()
    log.restart()
    assert log.desk.apply(log.entries, log.entries[-1].stamp, log.position) == 0
    assert log.everything() == before


def test_a_step_that_was_said_twice_is_taken_once(database: sa.Engine) -> None:
    log = Log(database)
    log.episode(DAY, "bin")
    log.step(DAY + 1, "bin", "urge", "acceptor", note="soon")
    step = log.entries[-1].step
    assert step is not None
    log.enter(DAY + 2, step.id, DAY + 2, step=step)
    assert log.case("bin")["urges"] == 1


def test_a_step_of_long_ago_is_known_too(database: sa.Engine) -> None:
    log = Log(database)
    log.episode(DAY, "bin")
    log.step(DAY + 1, "bin", "urge", "acceptor", note="soon")
    step = log.entries[-1].step
    assert step is not None
    for hour in range(40):
        log.passes(DAY + 3600.0 * hour)
    log.enter(DAY + 40 * 3600, step.id, DAY + 40 * 3600, step=step)
    assert log.case("bin")["urges"] == 1
    assert log.answer(step.id).taken


def test_a_desk_that_fails_half_way_has_done_nothing(database: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    log = Log(database, conditions(fusion=RULES))
    log.episode(DAY, "a")
    before = log.everything()
    flush, fails = Book.flush, [True]

    def breaks(book: Book) -> None:
        flush(book)
        if fails:
            fails.clear()
            raise RuntimeError("half way")

    monkeypatch.setattr(Book, "flush", breaks)
    with pytest.raises(RuntimeError, match="half way"):
        log.episode(DAY + 5, "b")
    assert log.everything() == before
    # The same desk again: what it had in memory is what the store has.
    log.desk.apply(log.entries, DAY + 6, log.position)
    assert log.cases() == {"a": "reported"}
    assert log.case("a")["members"] == 2


def test_what_is_waited_for_survives_a_restart(database: sa.Engine) -> None:
    log = Log(database)
    log.episode(DAY - 1, "bin")
    log.through("bin", DAY, ("file", "acceptor"))
    log.restart()
    log.passes(DAY + 5 * 3600)
    assert log.case("bin")["deadline"] == "overdue"
    with database.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(CASES)).scalar_one() == 1
        assert connection.execute(sa.select(APPLIED.c.through)).scalar_one() == log.position


def test_a_start_before_anything_new_is_of_the_version_in_force(database: sa.Engine) -> None:
    holds = conditions(
        City("2 urgent hours"),
        fusion=RULES,
        deadlines={"escalation": [{"after": "1h", "do": "urge"}]},
        policies={"handling": [{"when": {"channels": ["hand"]}, "file": True}]},
    )
    log = Log(database, holds)
    log.report(DAY, "late", category="06042", lon=121.6, lat=31.3)
    log.episode(DAY, "over")
    done = ("file", "acceptor"), ("dispatch", "dispatcher", {"unit": "u"}), ("handled", "unit", {"by": "u"})
    log.through("over", DAY + 1, *done, ("verified", "collector"), ("close", "acceptor"))
    log.restart()
    log.desk = Desk(database, lambda version: holds if version == "v" else conditions(), lambda _: Plain())
    log.desk.apply([], DAY + 600, log.position, "v")
    log.episode(DAY + 610, "back", lon=121.4701)
    assert log.cases()["over"] == "filed", "what was closed is remembered as the city's rules say"
    log.restart()
    log.desk = Desk(database, lambda version: holds if version == "v" else conditions(), lambda _: Plain())
    log.desk.apply([], DAY + 4 * 3600, log.position, "v")
    assert log.case("late")["urges"] == 1, "and what is due happens as its deadlines say"
