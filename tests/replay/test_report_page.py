"""The HTML report: one file that loads nothing, whatever names there are, and that stays small."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import replay.report
from cases.case import Case
from pipeline.names import NOBODY, Names
from pipeline.registers import Registers, Route, Table, Zone
from pipeline.rows import Position, Sighting, unknown
from pipeline.version import Rule, Version
from pipeline.world import World
from replay.expect import Thresholds, results
from replay.labels import Label
from replay.report.axes import lasted, numbers, times
from replay.report.facts import Facts
from replay.report.ground import Plane
from replay.report.maps import word
from replay.report.page import as_html, picked
from replay.report.picking import MISSED, items, windows
from replay.report.words import WORDS
from replay.score import DUPLICATE, FALSE, FOUND, OPEN, UNLABELLED
from replay.surroundings import Surroundings
from tests.replay.report_kit import START, case, label, outcome
from tests.replay.test_report_files import HOSTILE

VOID = {"meta", "input", "br"}


class Parsed(HTMLParser):
    """What an HTML parser makes of it: elements that are closed in order, their attributes and text."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[tuple[str, str]] = []
        self.feed(page.decode())
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append((self.open[-1] if self.open else "", data))


def positions(names: Names, subject: str, since: float, n: int, step: float = 10.0) -> Position:
    k = np.arange(n, dtype=np.float64)
    ts = since + step * k
    columns: dict[str, Any] = dict.fromkeys(("heading", "accuracy", "ignition", "load", "lid", "body"), unknown(n))
    return Position(
        subject=np.full(n, names.code(subject), np.int32),
        ts=ts,
        received=ts + 1,
        position=np.arange(n),
        stream=np.zeros(n, np.int32),
        lon=121.5 + 1e-4 * k,
        lat=31.2 + 5e-5 * np.sin(k),
        speed=50 + 20 * np.sin(k / 9),
        **columns,
    )


def around(*subjects: str, registers: Registers | None = None, n: int = 60) -> Surroundings:
    names = Names()
    world = World(registers or Registers()).bind(names)
    version = Version("v1", "demo", {}, [], [], world, decode=lambda *_: None)  # type: ignore[arg-type]
    found = Surroundings(names, version)
    for subject in subjects:
        found.keep(positions(names, subject, START - 200, n))
    return found


def facts(subject: str = "a", **other: Any) -> Facts:
    made = outcome(
        [case(subject=subject, at=5), case(subject=subject, at=5000), case("source_down", "fleet")],
        [label(subject=subject), label(subject="b", at=2000)],
    )
    expected = {"fast": Thresholds.model_validate({"recall": 0.9, "cases": "1.."})}
    return Facts("drive", made, "demo", versions=["v1"], results=results(expected, made), **other)


def test_it_stands_alone() -> None:
    page = as_html(facts(), around("a", "b"))
    parsed = Parsed(page)
    assert re.findall(rb"https?://|//[a-z]|@import|url\(", page.replace(b"// ", b"")) == []
    for tag, attributes in parsed.found:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base")
        assert "src" not in attributes
        assert (attributes.get("href") or "#").startswith("#")
    (policy,) = [a["content"] for _, a in parsed.found if a.get("http-equiv") == "Content-Security-Policy"]
    (script,) = [text for tag, text in parsed.text if tag == "script"]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert f"script-src 'sha256-{digest}';" in policy


def structure(page: bytes) -> Counter[tuple[str, ...]]:
    """How many elements there are of each kind; their order follows from names."""
    return Counter((tag, *sorted(attributes)) for tag, attributes in Parsed(page).found)


def test_a_hostile_name_is_text() -> None:
    hostile = as_html(facts(HOSTILE, title=HOSTILE), around(HOSTILE, "b"))
    assert structure(hostile) == structure(as_html(facts("x", title="x"), around("x", "b")))
    assert "alert(1)" in "".join(text for tag, text in Parsed(hostile).text if tag not in ("script", "style"))
    assert not set("\x00\x1b\u202e") & set(hostile.decode())


@settings(max_examples=15, deadline=None)
@given(st.text(st.characters(exclude_categories=()), min_size=1).filter(lambda name: name.strip() not in ("", "b")))
def test_any_name_at_all_is_text(name: str) -> None:
    assert structure(as_html(facts(name), around(name))) == structure(as_html(facts("x"), around("x")))


def test_it_is_the_same_each_time() -> None:
    one, other = facts(), facts()
    other.outcome.seconds = 99.0
    assert as_html(one, around("a")) == as_html(other, around("a"))


def test_every_label_is_in_both_languages_and_is_used() -> None:
    folder = Path(replay.report.__file__).parent
    code = "".join(file.read_text("utf-8") for file in folder.glob("*.py") if file.name != "words.py")
    assert [key for key, words in WORDS.items() if not all(words)] == []
    told = {word(verdict) for verdict in (FOUND, DUPLICATE, FALSE, UNLABELLED, OPEN, MISSED, "")}
    assert told <= WORDS.keys()
    unused = [key for key in WORDS.keys() - told if f'"{key}"' not in code and not key.startswith("chart_")]
    assert unused == []
    parsed = Parsed(as_html(facts(), around("a")))
    spoken = Counter(attributes.get("lang") for tag, attributes in parsed.found if tag != "html")
    assert spoken["en"] == spoken["zh-CN"] > 50


def test_what_was_missed_and_false_comes_first_and_rules_take_turns() -> None:
    made = outcome(
        [
            *(case("fast", "a", at=1000.0 * k) for k in range(4)),
            *(case("slow", "a", at=1000.0 * k) for k in range(2)),
            case("fast", "false", at=100),
        ],
        [
            *(label("fast", "a", at=1000.0 * k - 10 * k) for k in range(4)),
            *(label("slow", "a", at=1000.0 * k) for k in range(2)),
            label("slow", "missed"),
        ],
        rules=("fast", "slow"),
    )
    told = [(item.verdict, item.rule, round(item.started - START)) for item in items(Facts("x", made))]
    assert told == [
        (MISSED, "slow", 0),
        ("false", "fast", 100),
        # the longest delay of each first
        ("found", "fast", 3000),
        ("found", "slow", 0),
        ("found", "fast", 2000),
        ("found", "slow", 1000),
        ("found", "fast", 1000),
        ("found", "fast", 0),
    ]


def test_where_a_source_was_down_is_shaded_in_every_lane() -> None:
    page = as_html(facts(), around("a")).decode()
    assert page.count('class="down"') == page.count('class="lane"') == 2  # fast a, fast b


def test_what_is_left_out_is_counted() -> None:
    many = Facts("x", outcome([case(at=1000.0 * k) for k in range(30)], []))
    page = as_html(many, around("a"), most=12).decode()
    assert page.count('<details class="sheet') == 12
    assert "18 " + '<span lang="en">more are in the JSON report' in page
    assert len(picked(many, 12)) == 12


def test_an_open_case_is_looked_at_up_to_the_end_of_the_recording() -> None:
    (item,) = items(Facts("x", outcome([case(at=80_000, ended=np.nan)], [])))
    (window,) = windows([item])
    assert (window.subject, window.since < START + 80_000, window.until) == ("a", True, START + 86_460)


def test_the_map_shows_the_registers_and_the_trails() -> None:
    square = np.array([[121.49, 31.19], [121.51, 31.19], [121.51, 31.21], [121.49, 31.21], [121.49, 31.19]])
    far = square + np.array([10.0, 0.0])
    registers = Registers(
        zones=[Zone("school", "no_go", [[square]]), Zone("other-town", "depot", [[far]])],
        routes=[Route("r1", [square[[0, 2]]])],
        bins=Table.of("bins", [{"id": "b1", "lon": 121.5, "lat": 31.2}]),
    )
    page = as_html(facts(), around("a", "b", registers=registers)).decode()
    assert "school (no_go)" in page
    assert "other-town" not in page
    assert 'class="route"' in page
    assert 'class="bin"' in page
    assert page.count('<path id="t') == 1  # around the first of a's cases
    plain = as_html(Facts("x", outcome([case(lon=np.nan, lat=np.nan)], [])), around()).decode()
    assert "city-map" not in plain.split("<style>")[0] + plain.split("</style>")[1].split("<script>")[0]


@pytest.mark.parametrize(
    "lon, lat, half_width",
    [
        pytest.param([121.5], [31.2], 150, id="one"),
        pytest.param([121.5, 121.6], [31.2, 31.2], 5327, id="two"),
        pytest.param([*[121.5, 121.51] * 5, 0.0], [*[31.2] * 10, 0.0], 533, id="a-lost-fix"),
    ],
)
def test_how_wide_a_map_is(lon: list[float], lat: list[float], half_width: float) -> None:
    plane = Plane.around(np.array(lon), np.array(lat))
    assert plane is not None
    assert plane.half_width == pytest.approx(half_width, abs=1)


def test_the_boxes_of_a_camera() -> None:
    names = Names()
    n = 20
    ts = START + np.arange(n, dtype=np.float64) * 0.1
    zeros = np.zeros(n)
    rows = Sighting(
        subject=np.full(n, names.code("cam"), np.int32),
        ts=ts,
        received=ts,
        position=np.arange(n),
        stream=np.zeros(n, np.int32),
        track=np.full(n, 7),
        label=np.full(n, NOBODY, np.int32),
        score=zeros + 1,
        x=zeros + 0.5,
        y=zeros + 0.25,
        w=zeros + 0.1,
        h=zeros + 0.1,
        zone=np.full(n, NOBODY, np.int32),
        still=ts - START,
    )
    truth = Label(START, "fast", "cam", START + 2, boxes=((START, 0.5, 0.25, 0.1, 0.1),))
    made = outcome([case(subject="cam", part="7", lasts=2, lon=np.nan, lat=np.nan)], [truth])
    made.rules["fast"] = Rule("fast", made.rules["fast"].detector, rows=Sighting, version="1")
    seen = around()
    seen.keep(rows)
    seen.names = names
    page = as_html(Facts("x", made), seen).decode()
    assert page.count('class="box"') == 12
    assert 'd="M200.0 56.2h40.0v22.5h-40.0Z" class="box"' in page
    assert page.count('class="box-label"') == 1


@pytest.mark.slow
def test_a_large_citys_day_stays_small() -> None:
    rules = tuple(f"rule-{k}" for k in range(12))
    cases: list[Case] = [
        case(rules[k % 12], f"truck-{k % 2000:04}", at=4.0 * k, lon=121.5 + k % 700 / 1e4, lat=31.2 + k % 900 / 1e4)
        for k in range(20_000)
    ]
    large = Facts("day", outcome(cases, [], rules=rules))
    seen = around(*(item.subject for item in picked(large)), n=2000)
    page = as_html(large, seen)
    assert len(page) < 5_000_000


@pytest.mark.parametrize(
    "low, high, expected",
    [
        pytest.param(0, 100, [0, 50, 100], id="hundred"),
        pytest.param(0.12, 0.19, [0.12, 0.14, 0.16, 0.18], id="small"),
        pytest.param(-3, 3, [-2, 0, 2], id="around-zero"),
        pytest.param(5, 5, [5], id="one"),
    ],
)
def test_round_numbers(low: float, high: float, expected: list[float]) -> None:
    assert numbers(low, high) == pytest.approx(expected)


def test_round_times_of_the_citys_day() -> None:
    midnight = 1_709_568_000.0  # 2024-03-04T16:00Z, midnight in Shanghai
    written = [text for _, text in times(midnight, midnight + 86_400, ZoneInfo("Asia/Shanghai"), about=4)]
    assert written == ["03-05", "06:00", "12:00", "18:00", "03-06"]
    assert [text for _, text in times(midnight + 1, midnight + 100, ZoneInfo("UTC"), about=4)] == [
        "16:00:30",
        "16:01:00",
        "16:01:30",
    ]


@pytest.mark.parametrize(
    "seconds, told",
    [(0, "0 s"), (0.25, "0.2 s"), (59, "59 s"), (600, "10 min"), (5400, "1.5 h"), (200_000, "2.3 d"), (np.inf, "")],
)
def test_how_long(seconds: float, told: str) -> None:
    assert lasted(seconds) == told
