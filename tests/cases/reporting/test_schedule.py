"""When reports are due, and the folder that remembers which have been made."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cases.indicators.periods import around
from cases.reporting.files import last, let_go, name, put, write
from cases.reporting.schedule import MADE_UP, due, time_of
from cases.reporting.settings import KINDS, ReportsSection
from tests.cases.reporting.kit import DAY, MARCH, ZONE, fill, report

BERLIN = ZoneInfo("Europe/Berlin")
SETTINGS = ReportsSection()


def at(text: str, zone: ZoneInfo = ZONE) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def made(**ends: str) -> dict[str, float]:
    return {kind: at(text) for kind, text in ends.items()}


#  Sunday 2026-03-01, Monday 03-02 … Sunday 03-08, Monday 03-09
@pytest.mark.parametrize(
    "now, last, expected",
    [
        pytest.param(
            "2026-03-04T07:00", {}, ["monthly-2026-02", "weekly-2026-W09", "daily-2026-03-03"], id="first-run"
        ),
        pytest.param(
            "2026-03-04T06:59", {}, ["monthly-2026-02", "weekly-2026-W09", "daily-2026-03-02"], id="too-early"
        ),
        pytest.param(
            "2026-03-09T07:00",
            made(daily="2026-03-08", weekly="2026-03-02", monthly="2026-03-01"),
            ["daily-2026-03-08", "weekly-2026-W10"],
            id="monday",
        ),
        pytest.param(
            "2026-03-09T06:00",
            made(daily="2026-03-08", weekly="2026-03-02", monthly="2026-03-01"),
            [],
            id="nothing-yet",
        ),
        pytest.param(
            "2026-03-09T23:00",
            made(daily="2026-03-06", weekly="2026-03-09", monthly="2026-03-01"),
            ["daily-2026-03-06", "daily-2026-03-07", "daily-2026-03-08"],
            id="missed-days-are-made-up",
        ),
        pytest.param(
            "2026-03-09T23:00",
            made(daily="2026-03-09", weekly="2026-03-09", monthly="2026-01-01"),
            ["monthly-2026-01", "monthly-2026-02"],
            id="missed-months",
        ),
    ],
)
def test_what_is_due(now: str, last: dict[str, float], expected: list[str]) -> None:
    assert [f"{each.kind}-{each.period.name}" for each in due(at(now), last, SETTINGS, ZONE)] == expected


def test_only_the_newest_of_many_missed() -> None:
    found = due(at("2026-06-01T12:00"), made(daily="2026-01-01"), ReportsSection(kinds=("daily",)), ZONE)
    assert (len(found), found[-1].period.name) == (MADE_UP, "2026-05-31")


def test_the_time_of_the_day_is_the_citys() -> None:
    settings = ReportsSection(kinds=("daily",), at="02:30")
    changing = around(at("2026-03-28T12:00", BERLIN), "day", BERLIN)  # the next day has no 02:30
    assert datetime.fromtimestamp(time_of(changing, settings, BERLIN), BERLIN).strftime("%d %H:%M") == "29 03:30"


@given(
    start=st.integers(0, 400 * 24),
    looks=st.lists(st.integers(1, 12 * 24), max_size=40),
    zone=st.sampled_from([ZONE, BERLIN]),
)
def test_each_is_made_once_and_none_is_left_out(start: int, looks: list[int], zone: ZoneInfo) -> None:
    """However far apart the looks are (at most twelve days: MADE_UP days are made up then)."""
    known: dict[str, float] = {}
    now, seen = MARCH + 3600.0 * start, []
    for hours in [0, *looks]:
        now += 3600.0 * hours
        for each in due(now, known, SETTINGS, zone):
            known[each.kind] = each.period.end
            seen.append(each)
            assert each.period.end <= now
        assert due(now, known, SETTINGS, zone) == []
    for kind in KINDS:
        ends = [each.period.end for each in seen if each.kind == kind]
        assert ends == sorted(set(ends))
        if all(hours <= 7 * 24 for hours in looks):
            starts = [each.period.start for each in seen if each.kind == kind]
            assert starts[1:] == ends[:-1]


def test_the_folder_remembers(database: sa.Engine, tmp_path: Path) -> None:
    fill(database)
    settings, folder = ReportsSection(kinds=("monthly",)), tmp_path / "reports"
    assert last(folder, settings.formats, ZONE) == {}
    files = write(report(database), folder, settings.formats, "zh")
    assert [file.name for file in files] == ["monthly-2026-03.xlsx", "monthly-2026-03.html"]
    assert last(folder, settings.formats, ZONE) == {"monthly": at("2026-04-01")}
    files[1].unlink()
    assert last(folder, settings.formats, ZONE) == {}
    assert last(folder, ["xlsx"], ZONE) == {"monthly": at("2026-04-01")}


@pytest.mark.parametrize("kind", KINDS)
def test_every_name_is_known_again(kind: str, tmp_path: Path) -> None:
    for k in range(0, 800, 5):
        period = around(MARCH + k * DAY, KINDS[kind], ZONE)
        put(tmp_path / name(kind, period, "xlsx"), b"")
        assert last(tmp_path, ["xlsx"], ZONE)[kind] == period.end


def test_old_ones_go_and_nothing_else(tmp_path: Path) -> None:
    kept = [
        "daily-2026-03-02.xlsx",
        "daily-2026-02-31.xlsx",
        "weekly-2026-W99.html",
        "notes.xlsx",
        "daily-2020-01.xlsx",
    ]
    gone = ["daily-2026-02-27.xlsx", "monthly-2026-01.html", "weekly-2026-W08.xlsx"]
    for each in kept + gone:
        (tmp_path / each).touch()
    assert let_go(tmp_path, at("2026-03-01"), ZONE) == len(gone)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)
    assert let_go(tmp_path / "none", at("2026-03-01"), ZONE) == 0


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    put(tmp_path / "a", b"old")
    with pytest.raises(TypeError):
        put(tmp_path / "a", None)  # type: ignore[arg-type]
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"old")]


@pytest.mark.parametrize(
    "section, expected",
    [
        pytest.param({"at": "7:00"}, "a time of the day", id="time"),
        pytest.param({"by": ["units"]}, "did you mean 'unit'", id="dimension"),
        pytest.param({"score": {"closingg": 1}}, "did you mean 'closing'", id="rate"),
        pytest.param({"score": {"closing": 0}}, "a weight above 0", id="weight"),
        pytest.param({"score": {"own_discovery": 1}}, "neither better high nor low", id="neither"),
        pytest.param({"formats": []}, "at least 1", id="no-format"),
        pytest.param({"keep": 5}, "bare number", id="keep"),
    ],
)
def test_faults_of_the_section(section: dict[str, object], expected: str) -> None:
    with pytest.raises(ValidationError, match=expected):
        ReportsSection.model_validate(section)
