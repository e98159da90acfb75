"""`gridwatch clocks`: whose clocks are wrong, approved, revoked; what the registers and the world say then."""

from __future__ import annotations

import json
import time
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cases.clock_words import Language, corrected, signed
from gridwatch.cli import app
from pipeline.corrections import Correction
from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import Journal
from pipeline.runtime.compose import load_city
from pipeline.runtime.opening import JOURNAL

HOUR = 3600.0
CITY = """city: hangzhou
time_zone: Asia/Shanghai
registers: {vehicles: vehicles.csv, devices: devices.csv%s}
sources: {fleet: {type: mqtt, host: 127.0.0.1, client_id: hangzhou, subscribe: ["fleet/+/gps"]}}
streams:
  gps:
    {source: fleet, topic: "fleet/{device}/gps", codec: json, rows: position, subject: "{device}", datum: WGS-84,
     fields: {ts: {path: t, unit: unix_s}, lon: {path: lon}, lat: {path: lat}}}
"""


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["clocks", *map(str, words)], env={"COLUMNS": "160", "USER": "wang"})


def objects(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.output.splitlines()]


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With half an hour of its journal, up to now: T1 is 8 h ahead, T2 90 s behind, T3 right."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "city.yaml").write_text(CITY % ", clocks: store", "utf-8")
    (tmp_path / "vehicles.csv").write_text("id,class\nlorry-1,lorry\nT2,lorry\nT3,lorry\n", "utf-8")
    (tmp_path / "devices.csv").write_text("device,subject\nT1,lorry-1\n", "utf-8")
    write(tmp_path / "var", time.time() - HOUR / 2)
    return tmp_path


def write(data: Path, start: float, wrong: float = 8 * HOUR) -> None:
    buffer = EntryBuffer()
    for n in range(180):
        at = start + 10.0 * n
        for terminal, ahead in (("T1", wrong), ("T2", -90.0), ("T3", 0.0)):
            payload = json.dumps({"t": at - 1.0 + ahead, "lon": 120.1, "lat": 30.2}).encode()
            buffer.add(Kind.DELIVERY, "fleet", f"fleet/{terminal}/gps", at, payload)
        buffer.add(Kind.TICK, "fleet", "", at)
    with Journal.open(data / JOURNAL) as journal:
        journal.commit(buffer)


def test_from_the_list_to_a_correction_and_back(city: Path) -> None:
    first, second = objects(run("--json"))
    assert (first["terminal"], first["subject"], first["stream"]) == ("T1", "lorry-1", "gps")
    assert (first["kind"], first["offset"], first["state"], first["watched"]) == ("zone", 8 * HOUR, "proposed", False)
    assert (second["terminal"], second["kind"], second["watched"]) == ("T2", "steady", True)
    assert second["offset"] == pytest.approx(-91.0, abs=0.01)
    shown = run()
    assert shown.exit_code == 1
    assert "Nobody watches 1: their rows are set aside." in shown.output
    assert "+8 h 00 min (a time zone)" in shown.output
    done = run("approve", "T1", "--why", "set in CST")
    assert (done.exit_code, "T1: corrected by -8 h 00 min (change 1)" in done.output) == (0, True), done.output
    assert "SIGHUP" in done.output
    clocks = load_city(city / "city.yaml").registers.clocks
    said = [clocks.text(name) for name in ("terminal", "stream", "by", "note")]
    assert said == [["T1"], [""], ["wang"], ["set in CST"]]
    assert clocks.numbers("offset").tolist() == [8 * HOUR]
    assert clocks.numbers("valid_from")[0] == pytest.approx(time.time(), abs=60)
    assert [(each["terminal"], each["state"]) for each in objects(run("--json"))] == [
        ("T1", "corrected"),
        ("T2", "proposed"),
    ]
    again = run("approve", "T1", "--offset", "-7200.5", "--why", "misread", "--from", "2030-01-01")
    assert again.exit_code == 0, again.output
    clocks = load_city(city / "city.yaml").registers.clocks
    assert clocks.numbers("offset").tolist() == [8 * HOUR, -7200.5]
    assert clocks.numbers("valid_to")[0] == clocks.numbers("valid_from")[1]
    gone = run("revoke", "T1", "--why", "mended")
    assert gone.exit_code == 0, gone.output
    clocks = load_city(city / "city.yaml").registers.clocks
    assert all(clocks.numbers("valid_to") < time.time() + 60)
    history = CliRunner().invoke(app, ["registers", "history", "clocks", "--json"])
    assert [(each["by"], each["source"]) for each in objects(history)] == [
        ("wang", "set in CST"),
        ("wang", "misread"),
        ("wang", "mended"),
    ]


@pytest.mark.usefixtures("city")
def test_all_that_is_proposed() -> None:
    done = run("approve", "--all")
    assert "T1: corrected by -8 h 00 min" in done.output
    assert "T2: corrected by +1 min 31 s" in done.output
    listed = run("--json")
    assert (listed.exit_code, {each["state"] for each in objects(listed)}) == (0, {"corrected"})


@pytest.mark.usefixtures("city")
def test_one_that_was_mended_is_to_be_revoked() -> None:
    assert run("approve", "T3", "--offset", "3600").exit_code == 0
    states = {each["terminal"]: (each["state"], each["watched"]) for each in objects(run("--json"))}
    assert states["T3"] == ("right", True)
    assert run("approve", "T2", "--offset", "3600").exit_code == 0
    states = {each["terminal"]: (each["state"], each["watched"]) for each in objects(run("--json"))}
    assert states["T2"] == ("unfit", True)


def test_a_recording_is_read_as_of_its_end(city: Path) -> None:
    write(city / "day", 1_772_000_000.0, -1024 * 7 * 24 * HOUR)
    first, _ = objects(run("--json", "--journal", city / "day"))
    assert (first["kind"], first["offset"], first["watched"]) == ("rollover", -1024 * 7 * 24 * HOUR, False)


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize(
    "words, said",
    [
        pytest.param(["approve"], "Name terminals, or --all", id="nobody"),
        pytest.param(["approve", "T1", "--all"], "Name terminals, or --all", id="both"),
        pytest.param(["approve", "--all", "--offset", "1"], "--offset: goes with the names", id="all-by-one-offset"),
        pytest.param(["approve", "T3"], "T3: there is no estimate that could correct it. Say it: --offset", id="right"),
        pytest.param(["revoke", "T1"], "the clock of T1 is not corrected", id="not-corrected"),
        pytest.param(["--config", "nowhere.yaml"], "There is no nowhere.yaml", id="no-city"),
        pytest.param(["--last", "soon"], "--last: ", id="no-duration"),
    ],
)
def test_what_can_not_be_done(words: list[str], said: str) -> None:
    result = run(*words)
    assert result.exit_code != 0
    assert said in result.output


def test_corrections_that_are_kept_in_a_file_or_nowhere(city: Path) -> None:
    (city / "clocks.csv").write_text("terminal,offset,drift\nT1,28800,\n", "utf-8")
    (city / "city.yaml").write_text(CITY % ", clocks: clocks.csv", "utf-8")
    assert "takes clocks from clocks.csv" in run("approve", "T2").output
    assert {each["terminal"]: each["state"] for each in objects(run("--json"))}["T1"] == "corrected"
    (city / "clocks.csv").write_text("terminal,offset,drift\nT1,28800,5\nT2,1,\nT2,2,\n", "utf-8")
    checked = CliRunner().invoke(app, ["check"], env={"COLUMNS": "160"})
    assert "clocks.csv:2  T1   expected a valid_from" in checked.output
    assert "clocks.csv:4  T2   'T2' is already on line 3, at the same time" in checked.output
    (city / "clocks.csv").write_text("terminal,stream,offset\nT11,,5\nT2,gsp,1\nT3,gps,1\n", "utf-8")
    checked = CliRunner().invoke(app, ["check"], env={"COLUMNS": "160"})
    assert "no stream 'gsp', in which the clock of 'T2' is corrected; did you mean 'gps'?" in checked.output
    assert "no terminal 'T11', whose clock is corrected, in the registers; did you mean 'T1'?" in checked.output
    (city / "city.yaml").write_text(CITY % "", "utf-8")
    assert "Nothing is judged by it yet: say `clocks: store`" in run("approve", "T2").output


@pytest.mark.parametrize(
    "seconds, english, chinese",
    [
        (8 * HOUR, "+8 h 00 min", "+8小时00分"),
        (-(8 * HOUR + 1800), "-8 h 30 min", "-8小时30分"),
        (-1024 * 7 * 86_400, "-7168 d", "-7168天"),
        (125.0, "+2 min 05 s", "+2分05秒"),
        (0.2, "0 s", "0秒"),
    ],
)
def test_how_much_in_words(seconds: float, english: str, chinese: str) -> None:
    assert (signed(seconds), signed(seconds, "zh")) == (english, chinese)


@pytest.mark.parametrize(
    "language, said",
    [
        (
            "en",
            "The time of terminal T1 was corrected by -8 h 00 min, approved by wang on 2026-03-01 00:00: set in CST.",
        ),
        ("zh", "终端 T1 的时间已校正 -8小时00分，由 wang 于 2026-03-01 00:00 批准：set in CST。"),
    ],
)
def test_what_a_case_says(language: Language, said: str) -> None:
    one = Correction("T1", "", 8 * HOUR, 0.0, 0.0, 1.0, "wang", "2026-03-01 00:00:00+00:00", "set in CST")
    assert corrected(one, 0.5, UTC, language) == said
