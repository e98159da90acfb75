"""The demo's frame: broker, city, copy of the configuration, lines and screen. What judges is a stand-in here."""

from __future__ import annotations

import io
import math
import re
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from rich.console import Console

from cases.case import Case
from gridwatch.cli.demo import Watch, original, run_demo, working_copy
from gridwatch.cli.demo_view import Numbers, View, lasted, measure, plain
from gridwatch.cli.frame import Exit, Problem
from gridwatch.times import duration_option

ZONE = ZoneInfo("Asia/Shanghai")


def case(confirmed: float, **changes: Any) -> Case:
    facts: dict[str, Any] = {
        "id": f"case-{confirmed}",
        "rule": "overspeed",
        "rule_version": "1",
        "category": "vehicle.overspeed",
        "subject": "muck-012",
        "part": "",
        "place": "",
        "lon": 121.9,
        "lat": 30.95,
        "started": confirmed - 20,
        "confirmed": confirmed,
        "ended": math.nan,
        "reason": "",
        "measure": 27.4,
        "unit": "km/h",
        "late": False,
        "withdrawn": False,
        "opened_position": 1,
        "position": 1,
    }
    return Case(**(facts | changes))


class StandIn:
    """Subscribes as gridwatch does, counts messages as rows, and has a case after the twentieth."""

    def __init__(self, config: Path, different: Mapping[str, Any]) -> None:
        self.config, self.different, self.rows = config, different, 0
        self.started = self.stopped = False
        self.cases, self.link = self, "http://127.0.0.1:8311/login#link=secret"
        self._subscribed = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, "stand-in", protocol=mqtt.MQTTv311)
        self._client.on_connect = lambda client, *_: client.subscribe("#", 1)
        self._client.on_message = self._count

    def start(self) -> None:
        self.started = True
        source = self.different["sources"]["city"]
        self._client.connect(source["host"], source["port"])
        self._client.loop_start()

    def stop(self) -> None:
        self.stopped = True
        self._client.disconnect()
        self._client.loop_stop()

    def list(self, *, limit: int | None = None) -> Sequence[Case]:
        old = case(time.time() - 7200, id="of-an-earlier-run")
        return [old, case(time.time(), id="first")] if self.rows >= 20 else [old]

    def _count(self, client: mqtt.Client, user: object, message: mqtt.MQTTMessage) -> None:
        self.rows += 1


def run(tmp_path: Path) -> tuple[Watch, StandIn]:
    """A demo of a minute, whose clock jumps to its end when twenty messages have come."""
    made: list[StandIn] = []

    def factory(config: Path, different: Mapping[str, Any]) -> StandIn:
        made.append(StandIn(config, different))
        return made[0]

    def clock() -> float:
        return time.time() + (60 if made and made[0].rows >= 20 else 0)

    watch = run_demo(factory, headless=True, seconds=60.0, folder=tmp_path / "demo", clock=clock)
    return watch, made[0]


def test_headless_demo_tells_each_case_once_and_ends_by_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    watch, runtime = run(tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "95 vehicles and crews, 300 bins and 40 sensors report, for 60 s"
    assert len([line for line in lines if "overspeed  muck-012" in line]) == 1
    assert "earlier" not in "".join(lines)
    assert re.fullmatch(r"\d+ s, \d+ messages, \d+ rows, 1 case", lines[-3])
    assert lines[-2] == "Found: 1 overspeed; 1 still open"
    assert lines[-1].startswith("Look at them: gridwatch cases list")
    assert runtime.stopped
    assert watch.publisher.failure is None
    assert watch.publisher.sent >= 20
    assert watch.rows >= 20


def test_demo_works_on_a_copy_and_goes_on_with_one_that_is_there(tmp_path: Path) -> None:
    config = working_copy(tmp_path / "demo")
    names = sorted(path.name for path in config.parent.iterdir())
    assert names == sorted(path.name for path in original().iterdir())
    config.write_text("city: mine\n", encoding="utf-8")
    assert working_copy(tmp_path / "demo").read_text(encoding="utf-8") == "city: mine\n"
    assert "city: demo" in (original() / "city.yaml").read_text(encoding="utf-8")


def test_ctrl_c_ends_it_cleanly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def pressed(_: Watch) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Watch, "headless", pressed)
    _, runtime = run(tmp_path)
    assert runtime.stopped
    assert "still open" in capsys.readouterr().out


def test_what_fails_in_the_city_ends_the_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object, __: float) -> Any:
        raise RuntimeError("the city is closed")

    monkeypatch.setattr("replay.simulator.City.run", broken)
    with pytest.raises(RuntimeError, match="the city is closed"):
        run(tmp_path)


@pytest.mark.parametrize("text", ["60", "0s", "-5s", "soon"])
def test_bad_duration_is_wrong_use(text: str) -> None:
    with pytest.raises(Problem, match="--for: expected a duration") as problem:
        duration_option("--for", text)
    assert problem.value.exit_code == Exit.USAGE


def test_duration() -> None:
    assert duration_option("--for", "2min") == 120.0
    assert duration_option("--for", None) == math.inf


@pytest.mark.parametrize(
    "changes, shown",
    [
        pytest.param({}, "+27 km/h", id="speed"),
        pytest.param({"measure": 1204.4, "unit": "m"}, "1,204 m", id="metres"),
        pytest.param({"measure": 96.6, "unit": "%"}, "97 %", id="share"),
        pytest.param({"measure": math.nan, "unit": ""}, "", id="none"),
    ],
)
def test_measure(changes: dict[str, Any], shown: str) -> None:
    assert measure(case(100.0, **changes)) == shown


def test_lasted() -> None:
    assert lasted(case(100.0), 127.0) == "47 s"
    assert lasted(case(100.0, ended=270.0), 999.0) == "3 min 10 s"


def test_plain_line_has_what_a_log_needs() -> None:
    line = plain(case(1_700_000_000.0, id="ab-cd"), "Ring Road", ZONE)
    assert line == "06:13:20  overspeed  muck-012  Ring Road  +27 km/h  ab-cd"


@pytest.mark.parametrize("width, height", [(100, 30), (160, 50), (60, 12)])
def test_screen_fits_the_terminal_newest_first(width: int, height: int) -> None:
    console = Console(width=width, height=height, file=io.StringIO(), force_terminal=True, color_system=None)
    now = 1_700_000_000.0
    cases = [case(now - 600 + n, subject=f"muck-{n:03d}", ended=math.nan if n % 2 else now) for n in range(80)]
    view = View(console, "the demo city", "Ctrl-C ends it.", ZONE, lambda _: "Spring Rain Side Road")
    numbers = Numbers(vehicles=85, bins=300, sensors=40, messages=97.2, rows=144.0, seconds=63.0, opened=80, open=40)
    numbers.cameras = 3
    console.print(view.draw(numbers, cases, now), end="")
    text = console.file.getvalue()  # type: ignore[attr-defined]
    lines = text.rstrip("\n").split("\n")
    assert len(lines) <= height
    assert max(len(line) for line in lines) <= width
    shown = re.findall(r"muck-(\d+)", text)
    assert shown == sorted(shown, reverse=True)
    if width >= 100:
        assert shown[0] == "079"
        assert len(shown) == height - 9
        assert "97 messages/s" in text
        assert "3 cameras" in text
        assert "● open" in text
        assert "ended" in text


def test_screen_before_the_first_case() -> None:
    console = Console(width=100, height=30, file=io.StringIO(), color_system=None)
    view = View(console, "the demo city", "Ctrl-C ends it.", ZONE, lambda _: "")
    console.print(view.draw(Numbers(85, 300, 40, 0.0, 0.0, 0.0, 0, 0), [], 0.0))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "All is well so far" in text
    assert "cameras" not in text
