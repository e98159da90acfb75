"""The embedded runtime on a real broker: what is sent becomes cases, whatever happens in between."""

from __future__ import annotations

import shutil
import threading
from urllib.request import urlopen

import pytest

from pipeline.deadletters import FOLDER, read_letters
from pipeline.faults import Faulty
from pipeline.journal import Journal, JournalBusy
from pipeline.runtime import judge_loop
from pipeline.runtime.opening import JOURNAL, SNAPSHOTS
from tests.runtime.kit import Lines, Run, Town, connected, drive, judged, public, replayed
from tests.services.wait import until


def test_messages_become_cases(town: Town, run: Run) -> None:
    running = run()
    town.send([("T1", 0, 40), ("T1", 1, 90), ("T1", 2, 95), ("T1", 3, 40), ("B3", 0, 95), ("T2", 0, 50)])
    judged(running, 6)
    found = {case.subject: case for case in running.cases.list()}
    assert found.keys() == {"T1", "B3"}
    truck, bin_ = found["T1"], found["B3"]
    assert (truck.category, truck.unit) == ("vehicle.overspeed", "km/h")
    assert truck.measure == pytest.approx(35)
    assert (truck.started, truck.ended) == (town.began + 1, town.began + 3)
    assert (bin_.category, bin_.unit, bin_.open) == ("06042", "%", True)
    assert bin_.lon == pytest.approx(121.43), "a bin stands where its register says"
    assert bin_.lat == pytest.approx(31.23)


def test_the_worst_measure_of_what_goes_on_is_kept_up(town: Town, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge_loop, "REFRESH", 0.05)
    running = run()
    town.send([("T1", 0, 70)])
    judged(running, 1)
    town.send([("T1", 1, 99)])
    until(lambda: running.cases.list()[0].measure == pytest.approx(39), "the worst measure")


def test_what_is_set_aside_can_be_looked_at(town: Town, run: Run) -> None:
    running = run()
    town.raw([(f"{town.name}/T1/gps", b'{"t": 1'), (f"{town.name}/T1/state", b"{}"), (f"{town.name}/T1/gps", b"[]")])
    town.send([("T8x", 0, 40), ("T1", 1e6, 40), ("T1", 0, 40), ("T1", 0, 40)])
    judged(running, 1)
    until(lambda: running._opened.engine.counts["repeated"] == 1, "the repetition")
    running.stop()
    letters = list(read_letters(Journal.read_only(town.data / FOLDER)))
    assert {(each.letter.reason, each.topic.split("/")[1]) for each in letters} == {
        ("undecodable", "T1"),
        ("unknown", "T8x"),
        ("future", "T1"),
    }
    assert letters[0].letter.content == b'{"t": 1'


@pytest.mark.parametrize("snapshot", ["newest", "the one before", "none"])
def test_a_restart_gives_what_an_unbroken_run_gives(town: Town, run: Run, snapshot: str) -> None:
    first = run()
    town.send(drive(range(15)))
    judged(first, 45)
    first.stop()
    folder = town.data / JOURNAL / SNAPSHOTS
    assert len(list(folder.iterdir())) == 1
    second = run()
    town.send(drive(range(15, 30)))
    judged(second, 90)
    second.stop()
    kept = sorted(folder.iterdir())
    assert len(kept) == 2
    if snapshot == "the one before":
        kept[-1].write_bytes(kept[-1].read_bytes()[:-3])
    elif snapshot == "none":
        shutil.rmtree(folder)
        (town.data / "cases.sqlite").unlink()
    log = Lines()
    third = run(log)
    assert third.tail > 0 or snapshot == "newest"
    assert any("passed over" in line for line in log.said("error")) is (snapshot == "the one before")
    town.send(drive(range(30, 45)))
    judged(third, 135)
    third.stop()
    assert public(third.cases.list()) == replayed(town.data)
    assert len(third.cases.list()) > 10


def test_a_run_that_was_killed_is_gone_on_with(town: Town, run: Run) -> None:
    # As SIGKILL leaves it: no LEAVE, no snapshot, cases of which the store knows nothing, a lock that is free.
    first = run()
    town.send(drive(range(20)))
    judged(first, 60)
    killed = town.folder / "killed"
    shutil.copytree(town.data, killed)
    first.stop()
    shutil.rmtree(town.data)
    shutil.move(killed, town.data)
    second = run()
    assert second.tail > 0
    town.send(drive(range(10, 30)))  # the broker sends some again
    judged(second, 90)
    second.stop()
    assert public(second.cases.list()) == replayed(town.data)
    assert len({case.id for case in second.cases.list()}) == len(second.cases.list())


def test_a_member_that_never_came_back_holds_nothing_back(town: Town, run: Run) -> None:
    first = run()
    town.send([("T1", 0, 40)])
    judged(first, 1)
    shutil.copytree(town.data, town.folder / "killed")
    first.stop()
    shutil.rmtree(town.data)
    shutil.move(town.folder / "killed", town.data)
    town.write(**{f"client_id: {town.name}": f"client_id: {town.name}-2"})
    second = run()
    town.send([("T1", 1, 90)])
    judged(second, 2)
    assert [case.subject for case in second.cases.list()] == ["T1"]
    assert second._opened.engine.clocks.by_name["fleet"].members.keys() == {f"{town.name}-2"}


def test_snapshots_are_made_while_it_runs_and_the_journal_is_tidied(town: Town, run: Run) -> None:
    town.write(every="100ms")
    running = run()
    town.send(drive(range(5)))
    judged(running, 15)
    folder = town.data / JOURNAL / SNAPSHOTS
    until(lambda: folder.is_dir() and len(list(folder.glob("*.snapshot"))) == 2, "two snapshots")
    running.stop()
    assert run(subscribed=False).tail == 0, "the last snapshot is of the end"


def test_a_bad_configuration_is_refused_and_the_old_one_goes_on(town: Town, run: Run) -> None:
    log = Lines()
    running = run(log)
    town.write(**{"detector: overspeed": "detector: overspede"})
    until(lambda: running._opened.engine.version is not None, "the version of the start to be judged")
    head = running._opened.engine.version
    assert running.reload() is False
    assert any("did you mean 'overspeed'?" in line for line in log.said("error"))
    town.write(**{"city: test": "city: another"})
    assert running.reload() is False
    assert any("stop and start to change 'city'" in line for line in log.said("error"))
    town.send([("T1", 0, 90)])
    judged(running, 1)
    assert running._opened.engine.version is head
    assert len(running.cases.list()) == 1


def test_a_good_configuration_takes_effect(town: Town, run: Run) -> None:
    running = run()
    town.send([("T1", 0, 90), ("T1", 1, 40)])
    judged(running, 2)
    town.write(**{"default: 60 km/h": "default: 30 km/h", "category: vehicle.overspeed": "category: fast"})
    assert running.reload() is True
    connected(running)
    town.send([("T1", 2, 45), ("T1", 3, 20)])
    judged(running, 4)
    assert [case.category for case in running.cases.list()] == ["vehicle.overspeed", "fast"]
    assert [case.measure for case in running.cases.list()] == pytest.approx([30, 15])
    running.stop()
    assert public(running.cases.list()) == replayed(town.data)


def test_a_source_that_has_changed_is_connected_anew(town: Town, run: Run) -> None:
    running = run()
    other = f"{town.name}-other"
    town.write(**{f'"{town.name}/+/state"]': f'"{town.name}/+/state", "{other}/+/gps"]'})
    assert running.reload() is True
    connected(running)
    town.raw([(f"{other}/T1/gps", b"{}")])
    until(lambda: running._opened.engine.counts["unmatched"] == 1, "the delivery of the new subscription")


def test_it_reloads_and_stops_when_asked(run: Run) -> None:
    log = Lines()
    running = run(log)
    waiting = threading.Thread(target=running.wait)
    waiting.start()
    running.ask_reload()
    until(lambda: "the configuration was read again" in log.said("info"), "the reload")
    running.ask_stop()
    waiting.join(10)
    assert not waiting.is_alive()


def test_two_of_one_city_do_not_run_at_once(town: Town, run: Run) -> None:
    run()
    with pytest.raises(JournalBusy, match="another process"):
        town.embedded().start()


@pytest.mark.parametrize(
    "change, message",
    [
        pytest.param({}, "", id="as-it-is"),
        pytest.param({"client_id:": "password_env: NO_SUCH_VARIABLE\n    client_id:"}, "NO_SUCH_VARIABLE", id="secret"),
        pytest.param({"for: 0s": "for: 1"}, "expected a duration", id="fault"),
    ],
)
def test_what_can_not_start_says_why_and_leaves_nothing_open(town: Town, change: dict[str, str], message: str) -> None:
    town.write(**change)
    running = town.embedded()
    if not message:
        running.start()
    else:
        with pytest.raises(Faulty, match=message):
            running.start()
    running.stop()
    town.write()
    again = town.embedded()
    again.start()
    again.stop()


def test_a_journal_that_was_moved_aside_begins_where_the_cases_are(town: Town, run: Run) -> None:
    first = run()
    town.send([("T1", 0, 90), ("T1", 1, 40)])
    judged(first, 2)
    first.stop()
    shutil.rmtree(town.data / JOURNAL)
    second = run()
    town.send([("T1", 2, 90)])
    judged(second, 1)
    assert len(second.cases.list()) == 2, "the old one is kept, the new one is not taken for judged"


def test_metrics(town: Town, run: Run) -> None:
    running = run(metrics={"host": "127.0.0.1", "port": 0})
    town.send([("T1", 0, 90), ("T1", 1, 40), ("nobody", 0, 1)])
    judged(running, 2)
    assert running.server is not None
    with urlopen(running.server.url) as answer:
        text = answer.read().decode()
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(values['gridwatch_rows_total{fate="live"}']) == 2
    assert float(values['gridwatch_asides_total{reason="unknown"}']) == 1
    assert float(values['gridwatch_events_total{change="opened"}']) == 1
    assert float(values['gridwatch_source_connected{source="fleet"}']) == 1
    assert float(values["gridwatch_journal_bytes"]) > 0
    assert float(values["gridwatch_judge_lag_seconds"]) < 30
    assert float(values["gridwatch_commit_seconds_count"]) > 0
