"""`gridwatch export`: a period cut out replays alone, and the same case comes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gridwatch.cli import app
from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import Contents, Journal
from pipeline.journal.contents import CONTENTS
from pipeline.runtime.compose import load_city, version_payload
from replay.cutting import position_at, version_at
from replay.recording import JOURNAL, MANIFEST, find_recording
from tests.gridwatch.test_cli_replay import CITY

HOUR = 3600.0


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def cases(folder: Path, *words: object) -> list[dict[str, Any]]:
    result = run("replay", folder, *words, "--json", "-")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two trucks, a row a minute for four hours; a limit of 60, from the second hour on one of 80.

    Truck a drives 70 all along; b drives 40, and 90 from 3:00 to 3:10.
    """
    folder = tmp_path / "var"
    contents = Contents(folder / JOURNAL / CONTENTS)
    buffer = EntryBuffer()
    for limit, hours in ((60, range(2)), (80, range(2, 4))):
        (tmp_path / "city.yaml").write_text(CITY.replace("LIMIT", str(limit)))
        city = load_city(tmp_path / "city.yaml")
        payload = version_payload(city.configuration, city.world, contents)
        buffer.add(Kind.VERSION, "", "", hours[0] * HOUR, payload)
        for minute in range(60 * hours[0], 60 * (hours[-1] + 1)):
            ts = 60.0 * minute
            buffer.add(Kind.TICK, "s", "", ts)
            for truck, speed in (("a", 70), ("b", 90 if 180 <= minute < 190 else 40)):
                body = {"t": ts, "x": 121.0, "y": 31.0, "v": speed}
                buffer.add(Kind.DELIVERY, "s", f"t/{truck}", ts, json.dumps(body).encode())
    with Journal.open(folder / JOURNAL) as journal:
        journal.commit(buffer)
    return folder


def of(found: list[dict[str, Any]], subject: str) -> dict[str, Any]:
    (case,) = [case for case in found if case["subject"] == subject and case["rule"] == "fast"]
    return case


def test_around_a_case(data: Path, tmp_path: Path) -> None:
    whole = of(cases(data), "b")
    result = run("export", tmp_path / "cut", data, "--case", whole["id"][:8], "--before", "5min", "--after", "2min")
    assert result.exit_code == 0, result.output
    assert "started and confirmed as it was" in result.stdout
    assert of(cases(tmp_path / "cut"), "b") == whole
    manifest = json.loads((tmp_path / "cut" / MANIFEST).read_text())
    assert manifest["case"] == whole["id"]
    assert (manifest["since"], manifest["until"]) == ("1970-01-01T02:55:00Z", "1970-01-01T03:12:00Z")
    recording = find_recording(tmp_path / "cut")
    assert recording is not None
    assert recording.reader().head < find_recording(data).reader().head / 5  # type: ignore[union-attr]
    # the configuration that was in force then, not the first one
    config = (tmp_path / "cut" / "city.yaml").read_text()
    assert "registers:" not in config
    assert cases(tmp_path / "cut", "--config", tmp_path / "cut" / "city.yaml") == cases(tmp_path / "cut")


def test_what_began_earlier_is_said(data: Path, tmp_path: Path) -> None:
    whole = of(cases(data), "a")  # from 0:00 on; it goes on under the new limit and ends by it at 2:00
    result = run("export", tmp_path / "cut", data, "--case", whole["id"], "--before", "1s")
    assert result.exit_code == 0
    late = run("export", tmp_path / "late", data, "--since", "1970-01-01T01:00", "--until", "1970-01-01T03:30")
    assert late.exit_code == 0
    found = of(cases(tmp_path / "late"), "a")
    assert found["id"] != whole["id"]
    assert found["started"] == "1970-01-01T01:00:00Z"


def test_of_one_subject_and_of_one_topic(data: Path, tmp_path: Path) -> None:
    everything = of(cases(data), "b")
    for name, words in {"s": ["--subject", "b"], "t": ["--topic", "+/b"]}.items():
        result = run("export", tmp_path / name, data, "--since", "1970-01-01T02:30", *words)
        assert result.exit_code == 0, result.output
        assert cases(tmp_path / name)[-1]["subject"] == "b"
        assert {case["subject"] for case in cases(tmp_path / name)} == {"b"}
        assert of(cases(tmp_path / name), "b") == everything
    # a recording is exported again
    again = run("export", tmp_path / "again", tmp_path / "s", "--case", everything["id"], "--before", "1min")
    assert again.exit_code == 0, again.output


@pytest.mark.parametrize(
    "words, code, told",
    [
        pytest.param([], 2, "Name a case (--case ID), or a period", id="nothing"),
        pytest.param(["--case", "ffff", "--since", "1970-01-01"], 2, "Name a case", id="both"),
        pytest.param(["--case", "ffff"], 1, "ffff", id="no-such-case"),
        pytest.param(["--since", "1980-01-01"], 1, "nothing was recorded then", id="nothing-then"),
        pytest.param(["--since", "yesterday"], 2, "expected a time such as", id="no-time"),
        pytest.param(["--since", "1970-01-01", "--topic", "a/{b"], 2, "--topic: expected", id="no-topic"),
    ],
)
def test_wrong_use(data: Path, tmp_path: Path, words: list[str], code: int, told: str) -> None:
    result = run("export", tmp_path / "new", data, *words)
    assert (result.exit_code, told in result.stderr) == (code, True), result.output
    assert not (tmp_path / "new").exists()


def test_it_overwrites_nothing(data: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "mine").touch()
    assert "is not empty" in run("export", tmp_path / "new", data, "--since", "1970-01-01").stderr


def test_positions_by_time_and_the_version_there(data: Path) -> None:
    recording = find_recording(data)
    assert recording is not None
    reader = recording.reader()
    assert position_at(reader, -1.0) == 0
    assert position_at(reader, 1e9) == reader.head
    at = position_at(reader, 7200.0)
    assert next(piece.batch.column("received")[0].as_py() for piece in reader.read(at, 1)) == 7200.0
    first, last = version_at(reader, 0), version_at(reader, reader.head)
    assert first is not None
    assert last not in (None, first)
    assert (version_at(reader, at - 2), version_at(reader, at)) == (first, last)
