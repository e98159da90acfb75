"""The office of a running city: a hundred people at once, a city that stops, a disk that is full, and its own clock."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from cases.database import StoreDown
from cases.inbox import INBOX, drop
from cases.life import State, allowed
from cases.office import NoAnswerYet, NotHeard
from cases.store import Store
from cases.tables import CASES, CHANGES, STEPS
from cases.words import Answer, Report, Step
from pipeline.entries import Kind
from pipeline.journal import Journal, JournalFull
from pipeline.runtime.embedded import Embedded
from tests.histories import rows, sound
from tests.runtime.kit import Lines
from tests.services.postgres import postgres, postgres_url
from tests.services.wait import until

__all__ = ["postgres", "postgres_url"]

PEOPLE = 100
# Its broker is never there: only the city's own clock says that time passes.
CITY = """\
city: test
time_zone: Asia/Shanghai
data: data
metrics: null
registers: {datum: WGS-84, bins: bins.csv}
time: {tick: 50ms}
sources: {poles: {type: mqtt, host: 127.0.0.1, port: 1, client_id: c, subscribe: ["bins/+"]}}
streams:
  bins:
    source: poles
    topic: "bins/{device}"
    codec: json
    rows: reading
    subject: "{device}"
    fields: {ts: {path: t, unit: unix_s}}
    metrics: {fullness: {path: fill, unit: "%"}}
rules:
  - {id: bin-full, detector: threshold, category: "06042", metric: fullness}
categories: {standard: none, default_limit: 2s}
deadlines: {file_within: 1s, escalation: [{after: 200ms, do: urge}]}
"""

Start = Callable[..., Embedded]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.service)])
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Start]:
    """Starts a city, stops it afterwards; again: the same one."""
    different: dict[str, Any] = {}
    if request.param == "postgres":
        different = {"store": {"url": request.getfixturevalue("postgres_url")}}
    (tmp_path / "city.yaml").write_text(CITY)
    (tmp_path / "bins.csv").write_text(
        "id,class,lon,lat,address,valid_from,valid_to\nB1,litter,121.4,31.2,,2020-01-01,\n"
    )
    made: list[Embedded] = []

    def run(log: Lines | None = None) -> Embedded:
        running = Embedded(tmp_path / "city.yaml", different, log=log or Lines())
        made.append(running)
        running.start()
        return running

    yield run
    for each in made:
        each.stop()


def say(running: Embedded, said: Step | Report, patience: float = 60.0) -> Answer:
    assert running.office is not None
    return running.office.say(said, patience=patience)


def step(case: str, action: str, by: str = "boss", **more: Any) -> Step:
    """By a supervisor, who may do most things."""
    given: dict[str, Any] = {"id": str(uuid.uuid4()), "role": "supervisor", "at": 0.0, "note": "so it is"}
    return Step(**{**given, "case": case, "action": action, "by": by, **more})


def opened(running: Embedded, count: int) -> list[str]:
    """Cases of reports."""
    told = [Report(id=str(uuid.uuid4()), channel="hand", category="06010", at=0.0) for _ in range(count)]
    with ThreadPoolExecutor(count) as people:
        return [answer.case for answer in people.map(lambda report: say(running, report), told)]


def case(running: Embedded, id: str) -> dict[str, Any]:
    return next(row for row in rows(running.cases.engine, CASES) if row["id"] == id)


@pytest.mark.slow
def test_a_hundred_at_once_break_nothing(start: Start) -> None:
    running = start()
    cases = opened(running, 4)
    answers: dict[str, tuple[Step, Answer]] = {}

    def work(number: int) -> None:
        for turn, action in enumerate(["file", "dispatch", "accept", "urge", "handled", "verified", "close"]):
            # All see the case as it was when it was opened; a third insists on it.
            revision = 1 if number % 3 == 0 else None
            said = step(
                cases[(number + turn // 7) % len(cases)],
                action,
                f"person-{number}",
                revision=revision,
                data={"unit": f"unit-{number}"},
            )
            answers[said.id] = said, say(running, said)

    with ThreadPoolExecutor(PEOPLE) as people:
        list(people.map(work, range(PEOPLE)))
    assert len(answers) == 7 * PEOPLE, "all are answered"
    taken = {id for id, (_, answer) in answers.items() if answer.taken}
    kept = {row["id"]: row for row in rows(running.cases.engine, STEPS) if row["by"].startswith("person-")}
    assert taken == kept.keys()
    once = Counter((row["case_id"], row["action"]) for row in kept.values() if row["action"] != "urge")
    assert max(once.values()) == 1, "of each contended transition one is taken"
    assert set(once) >= {(id, "file") for id in cases}
    for said, answer in answers.values():
        if not answer.taken:
            assert answer.why
            assert answer.allowed in {allowed(state, "supervisor") for state in State}
        elif said.revision is not None:
            assert kept[said.id]["number"] == 1, "only the first can have seen the case as it was opened"
    sound(running.cases.engine)


def test_deadlines_come_by_the_citys_own_clock(start: Start) -> None:
    running = start()
    waits, filed = opened(running, 2)
    say(running, step(filed, "file"))
    until(lambda: case(running, filed)["urges"] == 1, "the escalation")
    until(lambda: "file_overdue" in {each["event"] for each in rows(running.cases.engine, CHANGES)}, "the other one")
    assert case(running, filed)["deadline"] == "overdue"
    events = [(each["case_id"], each["event"]) for each in rows(running.cases.engine, CHANGES)]
    assert events.count((waits, "file_overdue")) == 1
    assert events.count((filed, "overdue")) == 1
    sound(running.cases.engine)


def test_the_same_id_again_gives_the_same_answer(start: Start) -> None:
    running = start()
    (id,) = opened(running, 1)
    good, bad = step(id, "urge"), step(id, "close")
    first = [say(running, good), say(running, bad)]
    with ThreadPoolExecutor(20) as people:
        again = list(people.map(lambda said: say(running, said), [good, bad] * 10))
    assert again == first * 10
    assert [answer.taken for answer in first] == [True, False]
    running.stop()
    later = start()
    assert [say(later, good), say(later, bad)] == first
    assert case(later, id)["urges"] == 1


def test_what_is_said_many_times_at_once_is_done_once(start: Start) -> None:
    running = start()
    (id,) = opened(running, 1)
    same = step(id, "urge")
    with ThreadPoolExecutor(20) as people:
        answers = set(people.map(lambda _: say(running, same).taken, range(20)))
    assert answers == {True}
    assert case(running, id)["urges"] == 1
    sound(running.cases.engine)


def test_a_city_that_stops_says_so(start: Start) -> None:
    running = start()
    (id,) = opened(running, 1)
    began = threading.Barrier(21)
    answers: list[tuple[Step, bool | Exception]] = []

    def work(number: int) -> None:
        began.wait()
        for n in range(50):
            said = step(id, "comment", f"person-{number}", note=f"{n}")
            try:
                answers.append((said, say(running, said, patience=0.3).taken))
            except (NotHeard, NoAnswerYet) as error:
                answers.append((said, error))
                if isinstance(error, NotHeard):
                    return

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    began.wait()
    running.stop()
    for thread in threads:
        thread.join()
    refused = [said.id for said, answer in answers if isinstance(answer, NotHeard)]
    assert len(refused) == 20, "in the end each is told that nobody hears them"
    later = start()
    waiting = [said for said, answer in answers if isinstance(answer, NoAnswerYet)]
    assert all(say(later, said).taken for said in waiting)
    kept = {row["id"] for row in rows(later.cases.engine, STEPS)}
    assert kept == {said.id for said, answer in answers if not isinstance(answer, NotHeard)}
    sound(later.cases.engine)


def test_where_the_disk_is_full_nobody_is_heard_and_nothing_is_written(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Lines()
    running = start(log)
    (id,) = opened(running, 1)
    commit = Journal.commit
    full = threading.Event()
    full.set()

    def refuses(journal: Journal, entries: Any) -> int:
        if full.is_set():
            raise JournalFull("no room on the disk")
        return commit(journal, entries)

    monkeypatch.setattr(Journal, "commit", refuses)
    said = step(id, "urge")
    with pytest.raises(NotHeard, match="no room"):
        say(running, said)
    drop(running.city.configuration.data, step(id, "comment", id="later"))
    until(lambda: any("inbox" in line for line in log.said("error")), "the inbox's trouble")
    head = running._opened.journal.head
    assert list((running.city.configuration.data / INBOX).iterdir()), "it waits for room"
    full.clear()
    assert say(running, step(id, "comment")).taken
    until(lambda: running.cases.answer("later"), "the inbox to be taken in")
    assert running.cases.answer(said.id) is None
    written = [kind for piece in running._opened.journal.read(head) for kind in piece.batch.column("kind").to_pylist()]
    assert written.count(Kind.STEP) == 2
    assert case(running, id)["urges"] == 0


def test_time_goes_on_whatever_lies_in_the_inbox(start: Start) -> None:
    log = Lines()
    running = start(log)
    (id,) = opened(running, 1)
    inbox = running.city.configuration.data / INBOX
    inbox.mkdir(exist_ok=True)
    (inbox / "x.step.damaged").mkdir()
    (inbox / "x.step.damaged" / "file").touch()
    (inbox / "x.step.json").mkdir()  # nobody can read it, and it can't be put aside
    until(lambda: any("inbox" in line for line in log.said("error")), "the inbox's trouble")
    until(lambda: case(running, id)["revision"] > 1, "the deadline for filing")


def test_where_the_store_is_away_what_is_said_is_written_down(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    running = start()
    (id,) = opened(running, 1)
    answers, away = Store.answers, threading.Event()
    away.set()

    def fails(store: Store, ids: Sequence[str]) -> dict[str, Answer]:
        if away.is_set():
            raise StoreDown("it is not there")
        return answers(store, ids)

    monkeypatch.setattr(Store, "answers", fails)
    said = step(id, "urge")
    with pytest.raises(NoAnswerYet):
        say(running, said, patience=0.2)
    away.clear()
    assert say(running, said).taken
    assert case(running, id)["urges"] == 1
