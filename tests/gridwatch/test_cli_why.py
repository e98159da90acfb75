"""`gridwatch why`: what it says for people and for machines, and where it can't; and every rule of the demo's city."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cases.case import iso
from cases.making import judge
from cases.store import FILE, Store
from gridwatch.cli import app
from gridwatch.recordings import open_recording
from pipeline.engine import Engine
from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import Contents, Journal
from pipeline.journal.contents import CONTENTS
from pipeline.runtime.compose import load_city, version_payload
from pipeline.runtime.opening import JOURNAL
from replay.replaying import replay
from replay.why.asking import Asked, of_case
from replay.why.turning import What
from tests.cases.putting import put

CITY = """\
city: demo
time_zone: Asia/Shanghai
sources: {s: {type: import, tick: 10s, down: 30s}}
registers: {vehicles: vehicles.csv, speed_limits: {default: 60 km/h}}
streams:
  gps:
    source: s
    topic: t/{d}
    codec: json
    rows: position
    subject: "{d}"
    datum: WGS-84
    fields: {ts: {path: t, unit: unix_s}, lon: {path: x}, lat: {path: y}, speed: {path: v, unit: km/h}}
rules:
  - {id: fast, detector: overspeed, category: vehicle.overspeed, for: FOR, clear: 10s, gap: 60s}
  - {id: off, detector: off_route, category: vehicle.route}
  - {id: silent, detector: silent, rows: position, parameters: {after: 100s}}
"""
START = 1772352000.0  # 2026-03-01 08:00 UTC, 16:00 in Shanghai


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A city's data. truck-1 is fast at 10, 20, 30, and at 60 and 70; truck-2 says rubbish; nothing ticks from 100 to
    180.
    """
    (tmp_path / "vehicles.csv").write_text("id,class\ntruck-1,truck\ntruck-2,truck\ntruck-\x1b[2J,truck\n", "utf-8")
    (tmp_path / "city.yaml").write_text(CITY.replace("FOR", "20s"), "utf-8")
    (tmp_path / "other.yaml").write_text(CITY.replace("FOR", "10s"), "utf-8")
    data = tmp_path / "var"
    city = load_city(tmp_path / "city.yaml")
    buffer = EntryBuffer()
    contents = Contents(data / JOURNAL / CONTENTS)
    buffer.add(Kind.VERSION, "", "", START, version_payload(city.configuration, city.world, contents))

    def row(after: float, speed: object, name: str = "truck-1") -> None:
        said = {"t": START + after, "x": 121.0, "y": 31.0, "v": speed}
        buffer.add(Kind.DELIVERY, "s", f"t/{name}", START + after, json.dumps(said).encode())

    def tick(after: float) -> None:
        buffer.add(Kind.TICK, "s", "", START + after)

    for after in range(0, 100, 10):
        tick(after)
        row(after, 90 if after in (10, 20, 30, 60, 70) else 50)
    row(95, "fast", "truck-2")
    row(96, 50, "truck-\x1b[2J")
    row(97, 50, "truck-9")
    tick(100)
    tick(180)
    tick(200)
    with Journal.open(data / JOURNAL) as made:
        made.commit(buffer)
    return data


def run(*words: object, width: int = 100) -> Result:
    return CliRunner().invoke(app, ["why", *map(str, words)], env={"COLUMNS": str(width)})


def at(after: float) -> str:
    return str(iso(START + after))


def about(folder: Path, after: float, rule: str = "fast", subject: str = "truck-1", *more: object) -> Result:
    return run(folder, "--rule", rule, "--subject", subject, "--at", at(after), *more)


def objects(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def cases(folder: Path) -> dict[str, str]:
    opened = open_recording(folder)
    found = replay(opened.entries(), opened.load)
    return {case.rule: case.id for case in found.cases}


def plain(result: Result) -> str:
    return " ".join(result.stdout.split())


def test_a_case_for_people(folder: Path) -> None:
    result = run(cases(folder)["fast"][:8], folder)
    assert result.exit_code == 0, result.output
    text = plain(result)
    for words in (
        "fast, about truck-1: Is the vehicle faster than it may be here?",
        "Wrong for 20 s makes a case; right for 10 s ends it; a silence of more than 1 min ends or drops it.",
        "Times are Asia/Shanghai, 2026-03-01",
        "Before: nothing had been heard.",
        "16:00:00 2 speed 50 km/h right -10 km/h",
        "16:00:10 4 speed 90 km/h wrong 30 km/h wrong begins: 20 s of it make a case",
        "wrong for 10 s of 20 s",
        "CASE OPENED: started 16:00:10, confirmed 16:00:30",
        "right begins: 10 s of it end the case",
        "CASE ENDED at 16:00:40: it was right again",
        "because it was wrong from 16:00:10 to 16:00:30, for 20 s",
    ):
        assert words in text
    assert "\x1b" not in result.stdout
    assert "121.00000, 31.00000" not in text
    assert "121.00000, 31.00000" in plain(run(cases(folder)["fast"][:8], folder, width=130))


def test_a_case_for_machines(folder: Path) -> None:
    head, *lines, last = objects(run(cases(folder)["fast"], folder, "--json"))
    assert (head["rule"], head["subject"], head["detector"], head["unit"]) == ("fast", "truck-1", "Overspeed", "km/h")
    assert head["case"]["started"] == at(10)
    assert head["hold"] == {"for": 20.0, "clear": 10.0, "gap": 60.0, "assume": None}
    assert [line["judged"] for line in lines] == ["right", "wrong", "wrong", "wrong", "right", "right"]
    (opened,) = [each for line in lines for each in line["transitions"] if each["what"] == "opened"]
    assert (opened["since"], opened["until"]) == (at(10), at(30))
    assert opened["text"] == "CASE OPENED: started 16:00:10, confirmed 16:00:30"
    assert list(last) == ["conclusion"]
    assert run(cases(folder)["fast"], folder, "--json").stdout == run(cases(folder)["fast"], folder, "--json").stdout


@pytest.mark.parametrize("before, rows", [(0, 5), (1, 6), (9, 6)])
def test_how_many_rows_before_it(folder: Path, before: int, rows: int) -> None:
    _, *lines, _ = objects(run(cases(folder)["fast"], folder, "--json", "--before", before))
    assert len(lines) == rows


def test_the_case_of_a_source(folder: Path) -> None:
    head, *lines, last = objects(run(cases(folder)["source_down"], folder, "--json"))
    assert head["case"]["subject"] == "s"
    assert [each["what"] for line in lines for each in line["transitions"]] == [
        "opened by silence",
        "ended: heard again",
    ]
    assert (
        "nothing came from s from 16:01:40 on, for more than 30 s. It ended at 16:03:00: it was heard again."
        in last["conclusion"]
    )


@pytest.mark.parametrize(
    "after, rule, subject, expected",
    [
        pytest.param(
            65,
            "fast",
            "truck-1",
            "No case at 16:01:05 itself: what began to be wrong at 16:01:00 was dropped: right again after 10 s of"
            " 20 s; near it case",
            id="not-long-enough-beside-a-case",
        ),
        pytest.param(15, "fast", "truck-1", "There is a case at that time, ", id="there-is-one"),
        pytest.param(
            50,
            "off",
            "truck-1",
            "No case: the rule can't judge truck-1: ",
            id="can-t-be-judged",
        ),
        pytest.param(
            95,
            "fast",
            "truck-2",
            "No case: the only delivery was set aside between 15:59:15 and 16:03:55, undecodable: ",
            id="undecodable",
        ),
        pytest.param(
            900,
            "fast",
            "truck-2",
            "No case: the recording has nothing between 16:12:40 and 16:17:20: it goes from 16:00:00 to 16:03:20.",
            id="beyond-the-end",
        ),
        pytest.param(
            97,
            "fast",
            "truck-9",
            "No case: the only delivery was set aside between",
            id="in-no-register",
        ),
        pytest.param(
            150,
            "fast",
            "truck-1",
            "No case: no row of truck-1 came then: the source s was down from 16:01:40 to 16:03:00.",
            id="the-source-was-down",
        ),
        pytest.param(
            50,
            "source_down",
            "s",
            "No case at 16:00:50 itself; near it case",
            id="a-source-that-was-there",
        ),
        pytest.param(
            95,
            "silent",
            "truck-1",
            "No case: after its row of 16:01:30 silence would have been wrong from 16:03:10 on, but the source s was",
            id="silence",
        ),
    ],
)
def test_why_there_was_none(folder: Path, after: float, rule: str, subject: str, expected: str) -> None:
    *_, last = objects(about(folder, after, rule, subject, "--json"))
    assert last["conclusion"].startswith(expected), last["conclusion"]


def test_by_another_configuration(folder: Path) -> None:
    *_, last = objects(about(folder, 65, "fast", "truck-1", "--json", "--config", folder.parent / "other.yaml"))
    assert last["conclusion"].startswith("There is a case at that time")


def test_a_case_that_the_city_has_found(folder: Path) -> None:
    opened = open_recording(folder)
    engine = Engine(opened.load)
    with Store(folder / FILE) as store:
        for piece in opened.entries().read():
            put(store, judge(engine, piece.batch, piece.first), piece.end - 1)
        (case,) = store.list(rule="fast")
    head, *_ = objects(run(case.id[:6], folder, "--json"))
    assert head["case"]["id"] == case.id


def test_what_came_from_outside_does_nothing_to_the_terminal(folder: Path) -> None:
    result = about(folder, 96, "fast", "truck-\x1b[2J")
    assert result.exit_code == 0, result.output
    assert "\x1b" not in result.stdout
    assert "truck-\N{REPLACEMENT CHARACTER}[2J" in result.stdout


@pytest.mark.parametrize(
    "words, code, expected",
    [
        pytest.param(["zz"], 1, "no case of this journal begins with 'zz'", id="no-such-case"),
        pytest.param([], 2, "Name a case, or a time with --rule, --subject and --at.", id="nothing-asked"),
        pytest.param(["var"], 2, "var is a folder: name the case before it", id="a-folder-alone"),
        pytest.param(["--rule", "fast"], 2, "all three of --rule, --subject and --at", id="half-a-question"),
        pytest.param(["a", "b", "--rule", "x", "--subject", "y", "--at", "z"], 2, "not both", id="both"),
        pytest.param(
            ["--rule", "fsat", "--subject", "truck-1", "--at", "2026-03-01T16:00"],
            1,
            "no version in this journal has a rule 'fsat'; did you mean 'fast'?",
            id="no-such-rule",
        ),
        pytest.param(
            ["--rule", "fast", "--subject", "truk-1", "--at", "2026-03-01T16:00"],
            1,
            "nothing in this journal is about a subject 'truk-1'; did you mean 'truck-1'?",
            id="no-such-subject",
        ),
        pytest.param(
            ["--rule", "fast", "--subject", "truck-1", "--at", "soon"],
            2,
            "--at: expected a time such as '2026-03-01T08:15', got 'soon'",
            id="no-time",
        ),
    ],
)
def test_what_it_refuses(
    folder: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int, expected: str
) -> None:
    """The folder is that of the city.yaml that is here."""
    monkeypatch.chdir(folder.parent)
    result = run(*words)
    assert (result.exit_code, expected in result.stderr.replace("\n", " ")) == (code, True), result.output


def test_every_rule_of_the_demo_that_has_a_case(tmp_path: Path) -> None:
    """Late uploads, dead zones, noise: each rule's first and last case are told as they are."""
    made = CliRunner().invoke(
        app,
        ["simulate", "gnss-10m-dead-zones", "--small", "--hours", "1", "--to", str(tmp_path / "day")],
    )
    assert made.exit_code == 0, made.output
    opened = open_recording(tmp_path / "day")
    by_rule: dict[str, list[Any]] = {}
    for case in replay(opened.entries(), opened.load).cases:
        by_rule.setdefault(case.rule, []).append(case)
    assert len(by_rule) > 3
    for rule, found in sorted(by_rule.items()):
        case = found[-1]
        story = of_case(opened.entries(), (opened.load, None), case, Asked(clock=lambda ts: f"{ts:g}"))
        turned = [each for line in story.lines for each in line.transitions if each.since == case.started]
        openings = (What.OPENED, What.OPENED_LATE, What.OPENED_BY_SILENCE)
        assert [each.until for each in turned if each.what in openings] == [case.confirmed], rule
        ends = [each.until for each in turned if each.what.startswith("ended")]
        assert (ends[-1] == case.ended) if ends else math.isnan(case.ended), rule
