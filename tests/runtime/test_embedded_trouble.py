"""The embedded runtime in trouble: a disk without room, a fault of its own."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from cases.database import StoreFull
from pipeline.deadletters import FOLDER, read_letters
from pipeline.engine import Engine
from pipeline.journal import Journal, JournalFull
from pipeline.runtime import judge_loop
from pipeline.runtime.opening import JOURNAL
from pipeline.runtime.sources import RuntimeFailed
from tests.runtime.kit import Lines, Run, Town, connected, drive, judged, public, replayed
from tests.services.wait import until


class Refusing:
    """A journal's `commit` that has no room while `full`."""

    def __init__(self, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full, self.refused, self._commit = False, 0, journal.commit
        monkeypatch.setattr(journal, "commit", self.commit)

    def commit(self, entries: Any) -> int:
        if self.full:
            self.refused += 1
            raise JournalFull("no room")
        return self._commit(entries)


def test_while_the_disk_is_full_nothing_is_acknowledged_and_judging_goes_on_after(
    town: Town, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Lines()
    running = run(log)
    journal = Refusing(running._opened.journal, monkeypatch)
    journal.full = True
    town.send(drive(range(10)))
    until(lambda: journal.refused >= 2, "a refusal, and another attempt")
    assert running.rows == 0
    assert any("nothing is acknowledged" in line.lower() for line in log.said("error"))
    journal.full = False
    judged(running, 30)
    running.stop()
    assert public(running.cases.list()) == replayed(town.data)


def test_a_store_without_room_is_tried_again(town: Town, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge_loop, "AGAIN", 0.02)
    log = Lines()
    running = run(log)
    store, full, apply = running._opened.store, [True], running._opened.store.apply

    def refuse(*given: Any) -> int:
        if full:
            raise StoreFull("cases.sqlite: database or disk is full; make room on its disk")
        return apply(*given)

    monkeypatch.setattr(store, "apply", refuse)
    town.send([("T1", 0, 90)])
    until(lambda: any("disk is full" in line for line in log.said("error")), "the error")
    town.send([("T1", 1, 40)])
    until(lambda: running.rows == 2, "judging to go on")
    assert store.list() == []
    full.clear()
    judged(running, 2)
    (case,) = store.list()
    assert case.ended == town.began + 1
    assert sum("disk is full" in line for line in log.said("error")) == 1, "said once"
    assert any("works again" in line for line in log.said("info"))


def test_dead_letters_without_room_are_tried_again(town: Town, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge_loop, "AGAIN", 0.02)
    log = Lines()
    running = run(log)
    letters = Refusing(running._opened.letters.journal, monkeypatch)
    letters.full = True
    town.raw([(f"{town.name}/T1/gps", b"nonsense")])
    until(lambda: letters.refused >= 2, "two attempts")
    town.send([("T1", 0, 90)])
    judged(running, 1)
    letters.full = False
    running.stop()
    (letter,) = read_letters(Journal.read_only(town.data / FOLDER))
    assert letter.letter.content == b"nonsense"


def test_without_room_for_a_version_the_start_waits(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    log, full, commit = Lines(), [True], Journal.commit

    def refuse(journal: Journal, entries: Any) -> int:
        if full and journal.folder.name == JOURNAL:
            raise JournalFull("no room")
        return commit(journal, entries)

    monkeypatch.setattr(Journal, "commit", refuse)
    running = town.embedded(log)
    starting = threading.Thread(target=running.start)
    starting.start()
    until(lambda: any("no room" in line for line in log.said("error")), "the error")
    full.clear()
    starting.join(10)
    assert not starting.is_alive()
    connected(running)
    town.send([("T1", 0, 90)])
    judged(running, 1)
    running.stop()


def test_a_fault_in_judging_ends_it_and_nothing_more_is_acknowledged(
    town: Town, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Lines()
    running = run(log)

    def broken(*_: Any) -> list[Any]:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(Engine, "feed", broken)
    with pytest.raises(RuntimeFailed, match="ZeroDivisionError: a defect"):
        running.wait()
    assert running._sources is not None
    ((_, receiver),) = running._sources._working.values()
    until(lambda: receiver.status.failed is not None, "the source to end")
    head = running._opened.journal.head
    town.send([("T1", 0, 90)])
    assert running._opened.journal.head == head
    running.stop()
    monkeypatch.undo()
    again = run()
    judged(again, 1)
    assert len(again.cases.list()) == 1, "the broker had kept it"


def test_a_fault_in_judging_while_it_stops_is_told(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    running = town.embedded()
    running.start()
    connected(running)

    def broken(*_: Any) -> list[Any]:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(Engine, "feed", broken)
    with pytest.raises(RuntimeFailed, match="ZeroDivisionError"):
        running.stop()
    running.stop()
