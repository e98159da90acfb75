"""`gridwatch cases` and `gridwatch deadletters`: what they print, for people and for machines."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from cases.making import RuleFacts
from cases.store import FILE, Store
from gridwatch.cli.cases import app as cases_app
from gridwatch.cli.data import duration, harmless
from gridwatch.cli.deadletters import deadletters
from gridwatch.cli.frame import CommandGroup
from pipeline.deadletters import DeadLetters
from pipeline.entries import EntryBuffer, Kind
from pipeline.episode import Change, Episode, EpisodeEvent
from pipeline.version import Aside
from tests.cases.putting import known_of, put

APP = typer.Typer(cls=CommandGroup, pretty_exceptions_enable=False)
APP.add_typer(cases_app, name="cases")
APP.command("deadletters")(deadletters)
START = 1772352000.0  # 2026-03-01 08:00 UTC


def run(*arguments: object, width: int = 80) -> Result:
    return CliRunner().invoke(APP, [str(a) for a in arguments], env={"COLUMNS": str(width)})


def opened(n: int, **known: object) -> EpisodeEvent:
    """The n-th episode, a minute after the one before."""
    started = START + 60 * n
    values: dict[str, object] = {
        "id": f"{n:08x}-0000-5000-8000-000000000000",
        "rule": "overspeed",
        "rule_version": "v1",
        "subject": f"muck-{n:03}",
        "part": "",
        "started": started,
        "confirmed": started + 30,
        "ended": started + 95,
        "reason": "clear",
        "measure": 12.5,
        "lon": 121.47,
        "lat": 31.23,
        "place": "",
        "late": False,
    }
    episode = Episode(**values | known)  # type: ignore[arg-type]
    return EpisodeEvent(change=Change.OPENED, known=started, position=n, episode=episode)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three cases: an ordinary one, one that goes on, one that knows little and whose subject is hostile."""
    events = [
        opened(0),
        opened(1, rule="off-route", subject="川A·7F2Q1", ended=math.nan, reason="", place="zone-4"),
        opened(2, subject="\x1b[31mred", lon=math.nan, lat=math.nan, measure=math.nan, ended=START + 9000, late=True),
    ]
    with Store(tmp_path / FILE) as store:
        rules = {"overspeed": RuleFacts("vehicle.overspeed", "km/h")}
        put(store, [known_of(event, rules.get(event.episode.rule, RuleFacts())) for event in events], through=2)
    return tmp_path


@pytest.mark.parametrize("width", [80, 120])
def test_a_table_fits_the_terminal_and_shows_every_case(data: Path, width: int) -> None:
    result = run("cases", "list", "--data", data, width=width)
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert max(map(len, lines)) <= width
    assert "00000000   2026-03-01 08:00" in result.stdout
    for shown in ("12.5 km/h", "95 s", "川A·7F2Q1", "open", "2.5 h"):
        assert shown in result.stdout
    assert ("121.47000, 31.23000" in result.stdout) is (width == 120)
    assert "\x1b" not in result.stdout


def test_json_is_one_object_a_line_sorted_by_start(data: Path) -> None:
    result = run("cases", "list", "--data", data, "--json")
    objects = [json.loads(line) for line in result.stdout.splitlines()]
    assert [o["started"] for o in objects] == [f"2026-03-01T08:0{n}:00Z" for n in range(3)]
    assert list(objects[0]) == [
        "id", "rule", "rule_version", "category", "subject", "place", "lon", "lat",
        "started", "confirmed", "ended", "measure", "unit", "late",
        "number", "channel", "state", "members", "responsible", "due",
    ]  # fmt: skip
    assert (objects[1]["ended"], objects[2]["lon"], objects[2]["measure"]) == (None, None, None)


@pytest.mark.parametrize(
    "options, found",
    [
        pytest.param(["--open"], [1], id="open"),
        pytest.param(["--rule", "overspeed"], [0, 2], id="rule"),
        pytest.param(["--subject", "川A·7F2Q1"], [1], id="subject"),
        pytest.param(["--since", "2026-03-01T08:01"], [1, 2], id="since"),
        pytest.param(["--since", "2026-03-01T16:02+08:00"], [2], id="since-with-an-offset"),
        pytest.param(["--limit", "1"], [2], id="the-newest"),
        pytest.param(["--limit", "3"], [0, 1, 2], id="as-many-as-there-are"),
        pytest.param(["--rule", "overspede"], [], id="none"),
    ],
)
def test_options(data: Path, options: list[str], found: list[int]) -> None:
    result = run("cases", "list", "--data", data, "--json", *options)
    assert [int(json.loads(line)["id"][:8], 16) for line in result.stdout.splitlines()] == found


def test_a_table_says_that_there_are_more(data: Path) -> None:
    assert "The newest 2." in run("cases", "list", "--data", data, "--limit", 2).stdout
    assert "The newest" not in run("cases", "list", "--data", data, "--limit", 3).stdout


def test_show_by_the_beginning_of_an_id(data: Path) -> None:
    result = run("cases", "show", "00000002", "--data", data)
    assert result.exit_code == 0
    assert "after 2.5 h: it was right again" in result.stdout
    assert "by rows that came late" in result.stdout
    assert "\x1b" not in result.stdout
    shown = json.loads(run("cases", "show", "00000001", "--data", data, "--json").stdout)
    assert (shown["subject"], shown["place"], shown["unit"]) == ("川A·7F2Q1", "zone-4", "")


@pytest.mark.parametrize(
    "arguments, code, says",
    [
        pytest.param(
            ["cases", "show", "zz"], 1, "no case has the number 'zz' or an id that begins so", id="no-such-case"
        ),
        pytest.param(["cases", "show", "0"], 1, "several cases have an id", id="several"),
        pytest.param(["cases", "list", "--since", "yesterday"], 2, "expected a time such as", id="not-a-time"),
        pytest.param(["deadletters"], 3, "no dead letters", id="nothing-set-aside-yet"),
    ],
)
def test_what_goes_wrong_is_said(data: Path, arguments: list[str], code: int, says: str) -> None:
    result = run(*arguments, "--data", data)
    assert (result.exit_code, result.stdout) == (code, "")
    assert says in result.stderr


def test_without_a_store_or_with_something_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    nowhere = run("cases", "list")
    assert (nowhere.exit_code, "--config" in nowhere.stderr) == (2, True)
    none = run("cases", "list", "--data", tmp_path)
    assert (none.exit_code, "gridwatch run" in none.stderr) == (3, True)
    (tmp_path / FILE).write_text("not a database at all, but long enough to be looked at " * 40)
    other = run("cases", "list", "--data", tmp_path)
    assert (other.exit_code, "is it the file of a gridwatch?" in " ".join(other.stderr.split())) == (3, True)


@pytest.fixture
def set_aside(tmp_path: Path) -> Path:
    """Two deliveries that could not be used."""
    buffer = EntryBuffer()
    buffer.add(Kind.DELIVERY, "fleet", "fleet/7/gps", START, b"\x7e\x02\x1b[31m" + b"x" * 400)
    buffer.add(Kind.DELIVERY, "fleet", "fleet/8/gps", START + 1, b'{"ts": 1}')
    letters = DeadLetters.open(tmp_path)
    asides = [
        Aside(0, "undecodable", "gps fleet/7/gps", "expected JSON; got b'\\x7e\\x02'"),
        Aside(1, "unknown", "gps fleet/8/gps", "expected a subject in the registers; got 'T8'"),
    ]
    letters.add(asides, buffer.batch(), first=0)
    letters.close()
    return tmp_path


@pytest.mark.parametrize("width", [80, 120])
def test_deadletters_say_where_expected_and_got(set_aside: Path, width: int) -> None:
    result = run("deadletters", "--data", set_aside, width=width)
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= width
    for shown in (
        "2026-03-01 08:00:00",
        "gps fleet/7/gps",
        "expected JSON; got b'\\x7e\\x02'",
        "undecodable 1, unknown 1",
    ):
        assert shown in result.stdout
    assert "\x1b" not in result.stdout


def test_deadletters_as_json(set_aside: Path) -> None:
    result = run("deadletters", "--data", set_aside, "--json", "--reason", "unknown")
    (only,) = [json.loads(line) for line in result.stdout.splitlines()]
    assert only == {
        "reason": "unknown",
        "where": "gps fleet/8/gps",
        "message": "expected a subject in the registers; got 'T8'",
        "position": 1,
        "source": "fleet",
        "topic": "fleet/8/gps",
        "received": "2026-03-01T08:00:01Z",
        "payload": "eyJ0cyI6IDF9",
    }
    assert "did you mean 'unknown'?" in run("deadletters", "--data", set_aside, "--reason", "unknwon").stdout


@pytest.mark.parametrize(
    "seconds, text",
    [
        pytest.param(0, "0 s", id="none"),
        pytest.param(119, "119 s", id="seconds"),
        pytest.param(150, "2 min", id="minutes"),
        pytest.param(5400, "1.5 h", id="hours"),
        pytest.param(90000, "1.0 d", id="days"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_what_comes_from_outside_is_harmless() -> None:
    assert harmless("a[red]\x1b]0;x\x07\u202eb").plain == "a[red]\ufffd]0;x\ufffd\ufffdb"
