"""A city's history in a real InfluxDB: nothing is missing afterwards, whatever happened to either of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.history.influx import Influx
from connectors.history.settings import HistorySection
from gridwatch.cli.history import _backfill
from pipeline.faults import Faulty
from pipeline.runtime import history as following
from pipeline.runtime.config import load
from pipeline.runtime.history_city import FOLDER
from pipeline.runtime.history_spool import Spool
from pipeline.runtime.history_state import REFUSED, STATE, read_state
from replay.recording import JOURNAL
from tests.runtime.kit import Lines, Run, Town, judged
from tests.services import influx as servers
from tests.services.influx_faults import FULL, Faults
from tests.services.process import Run as Process
from tests.services.wait import until

pytestmark = pytest.mark.service
MEASURED = ("positions", "readings", "measures")
NO_ROOM = 507
SHORT = {"measures_every": "1s", "metrics_every": "1s"}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_AGAIN", (0.1,))
    monkeypatch.setattr(following, "_GATHER", 0.05)


def section(url: str, database: str, **more: Any) -> dict[str, Any]:
    return {"url": url, "bucket": f"{database}/autogen", **SHORT, **more}


def bins(seconds: range) -> list[tuple[str, float, float]]:
    return [(f"B{n}", float(s), 10.0 + s / 100) for s in seconds for n in range(1, 6)]


def readings(server: servers.Running, database: str, count: int, seconds: float = 30) -> None:
    """Wait until there are so many; then that there are no more."""
    until(lambda: server.count(database, "readings", "value") >= count, f"{count} readings", seconds, every=0.2)
    assert server.count(database, "readings", "value") == count


def filled(town: Town, server: servers.Running, database: str) -> None:
    """`gridwatch history backfill` of all there is."""
    history = HistorySection.model_validate(section(server.url, database))
    influx = Influx(history, "")
    configuration = load(town.file).model_copy(update={"history": history})
    assert _backfill(configuration, history, influx, -math.inf, math.inf, town.data / JOURNAL)["refused"] == 0
    influx.close()


def test_rows_measures_and_numbers_are_kept(town: Town, run: Run, influx: servers.Running) -> None:
    database = influx.database()
    running = run(history=section(influx.url, database))
    town.send([("T1", 0, 40), ("T1", 1, 90), ("T1", 2, 95), ("T1", 3, 40), *bins(range(10)), ("T2", 0, 50)])
    judged(running, 55)
    readings(influx, database, 50)
    until(lambda: influx.count(database, "measures", "measure") == 2, "both measures", every=0.2)
    measured = influx.ask('SELECT measure, rule, subject FROM "measures"', database)[0]["values"]
    assert [(round(row[1]), row[2], row[3]) for row in measured] == [  # type: ignore[attr-defined]
        (30, "overspeed", "T1"),
        (35, "overspeed", "T1"),
    ]
    assert influx.count(database, "positions", "lon") == 2, "what stands still is kept once"
    until(lambda: influx.count(database, "metrics", "gridwatch_entries_total") >= 1, "the numbers", every=0.2)
    told = {s.name: s.value for metric in running.metrics.registry.collect() for s in metric.samples}
    assert told["gridwatch_history_points_total"] >= 54
    assert told["gridwatch_history_rows_left_out_total"] == 0
    tags = influx.ask("SHOW TAG KEYS FROM readings", database)[0]["values"]
    assert tags == [["metric"], ["stream"], ["subject"]], "nothing else makes series"


def test_a_server_that_is_killed_misses_nothing(
    town: Town, run: Run, own_influx: Callable[..., servers.Influx]
) -> None:
    server, log = own_influx(), Lines()
    database = server.database()
    running = run(log, history=section(server.url, database, timeout="1s"))
    town.send(bins(range(10)))
    readings(server, database, 50)
    server.kill()
    town.send([*bins(range(10, 30)), ("T1", 30, 90), *(("T2", float(s), 40.0) for s in range(70))])
    judged(running, 221)
    until(lambda: any("does not answer" in line for line in log.said("error")), "it to be said")
    assert running.cases.list(), "judging goes on"
    server.start()
    readings(server, database, 150)
    until(lambda: server.count(database, "measures", "measure") == 1, "the measure of that time", every=0.2)
    said = [line for line in log.said("error") if "history" in line]
    assert len(said) == 1, "it is said once"
    until(lambda: any("works again" in line for line in log.said("info")), "its end to be said, too")
    running.stop()
    there = server.points(database, *MEASURED)
    filled(town, server, database)
    assert server.points(database, *MEASURED) == there, "backfill adds nothing to what is whole"
    other = server.database()
    filled(town, server, other)
    at_one_go = server.points(other, *MEASURED)
    assert at_one_go == {key: each for key, each in there.items() if key[0] != "measures"}, "as without the outage"


def test_a_full_disk_and_a_slow_server_miss_nothing(town: Town, run: Run, influx: servers.Running) -> None:
    database, log = influx.database(), Lines()
    with Faults(influx.url) as way:
        way.coming.extend([FULL, NO_ROOM, FULL])
        running = run(log, history=section(way.url, database, timeout="1s", keep=["readings"], batch=7))
        town.send(bins(range(10)))
        readings(influx, database, 50)
        assert any("no space left on device" in line for line in log.said("error"))
        way.hold.clear()
        town.send(bins(range(10, 20)))
        judged(running, 100)
        until(lambda: any("does not answer" in line for line in log.said("error")), "the wait to be given up")
        way.hold.set()
        readings(influx, database, 100)
        running.stop()


def test_what_is_refused_is_set_aside_and_counted(town: Town, run: Run, influx: servers.Running) -> None:
    database, log = influx.database(), Lines()
    running = run(log, history=section(influx.url, database, keep=["readings"]))
    town.send([("B1", 0, 1.0)])
    readings(influx, database, 1)
    assert running._history is not None
    assert running._history._history is not None
    ours = running._history._history
    town.send([("B2", 0, 2.0)])
    readings(influx, database, 2)
    at = f"{int(town.began)}000000000"
    ours._spool.add([f'readings,metric=fullness value="text" {at}', f"measures measure=1 {at}"])
    until(lambda: ours.state.refused == 1, "the bad one to be refused")
    assert influx.count(database, "measures", "measure") == 1, "the good one beside it is in"
    assert "refuses points" in log.said("error")[-1]
    assert 'value="text"' in (town.data / FOLDER / REFUSED).read_text()


def test_a_wrong_token_is_said_once_and_judging_goes_on(
    town: Town, run: Run, own_influx: Callable[..., servers.Influx], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, log = own_influx(auth=True), Lines()
    database = server.database()
    monkeypatch.setenv("HISTORY_TOKEN", "admin:wrong")
    running = run(log, history=section(server.url, database, token_env="HISTORY_TOKEN"))
    town.send([("T1", 0, 90), ("T1", 1, 90)])
    judged(running, 2)
    until(lambda: any("does not take the token in 'HISTORY_TOKEN'" in line for line in log.said("error")), "it")
    assert len([line for line in log.said("error") if "history" in line]) == 1
    assert not any("admin:wrong" in line for _, line in log.lines)
    running.stop()

    monkeypatch.setenv("HISTORY_TOKEN", "admin:secret")
    run(Lines(), history=section(server.url, database, token_env="HISTORY_TOKEN"))
    until(lambda: server.count(database, "positions", "lon") == 1, "what the journal has", every=0.2)
    assert server.count(database, "measures", "measure") == 2, "and what was measured meanwhile"


def test_a_token_that_is_not_set_is_a_fault(town: Town) -> None:
    with pytest.raises(Faulty, match=r"history\.token_env   the environment variable 'NOT_SET'"):
        town.embedded(history=section("http://127.0.0.1:1", "d", token_env="NOT_SET")).start()


def test_a_process_that_is_killed_leaves_no_gap(town: Town, influx: servers.Running, tmp_path: Path) -> None:
    database = influx.database()
    with Faults(influx.url) as way:
        text = town.file.read_text()
        text += f"history: {{url: '{way.url}', bucket: {database}/autogen, keep: [readings, measures], timeout: 2s}}\n"
        text = text.replace("metrics: null", "metrics: {port: 0}")
        town.file.write_text(text)
        first = Process(town.file, tmp_path / "first.log")
        try:
            first.connected()
            until((town.data / FOLDER / STATE).exists, "history to have begun")
            town.send(bins(range(5)))
            readings(influx, database, 25)
            way.coming.extend([FULL] * 10_000)
            town.send([*bins(range(5, 15)), ("T1", 20, 90)])
            until(lambda: first.metrics()['gridwatch_rows_total{fate="live"}'] == 76, "all to be judged")
            first.kill()
        finally:
            first.end()
        way.coming.clear()
        second = Process(town.file, tmp_path / "second.log")
        try:
            readings(influx, database, 75, seconds=60)
            until(lambda: influx.count(database, "measures", "measure") == 1, "the measure", every=0.2)
            second.stop()
        finally:
            second.end()
    state = read_state(town.data / FOLDER)
    assert (state.refused, state.lost, state.gone) == (0, 0, 0)


def test_where_nothing_was_written_before_it_begins_now(town: Town, run: Run, influx: servers.Running) -> None:
    first = run()
    town.send(bins(range(5)))
    judged(first, 25)
    first.stop()
    database = influx.database()
    run(history=section(influx.url, database))
    town.send(bins(range(5, 6)))
    readings(influx, database, 5)


def test_what_waits_on_disk_survives_and_is_bounded(tmp_path: Path) -> None:
    spool = Spool(tmp_path, limit=100)
    spool.add(["a" * 39, "b" * 39])
    spool.add(["c" * 39])
    assert spool.lost == 1
    lines, size = spool.first(1)
    assert lines == ["a" * 39]
    spool.done(size)
    spool.add(["d" * 39])
    assert spool.lost == 1, "there is room again"
    with (tmp_path / "waiting.lp").open("ab") as torn:
        torn.write(b"half a li")
    again = Spool(tmp_path)
    assert again.first(10)[0] == ["b" * 39, "d" * 39]
    again.close()
    spool.close()


def test_the_section_says_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="without a password in it"):
        HistorySection(url="http://me:secret@host", bucket="a/b")
    with pytest.raises(ValueError, match="database/policy"):
        HistorySection(url="http://host", bucket="a")
