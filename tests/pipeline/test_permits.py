"""Permits and trip sheets: what holds at a time, by table and against a plain walk over all rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.names import Names
from pipeline.registers import Route, Zone
from pipeline.world import World
from tests.places import box, codes, line, registers

HOUR = 3600.0
ZONES = [Zone(name, "site", [[box(x, 30, x + 0.01, 30.01)]]) for name, x in (("east", 104.1), ("west", 104.0))]
VEHICLES: list[dict[str, object]] = [{"id": name} for name in ("V1", "V2", "V3", "V4")]

Row = dict[str, object]


def world(permits: list[Row] = [], manifests: list[Row] = []) -> World:  # noqa: B006 never written to
    content = registers(VEHICLES, permits=permits, manifests=manifests, zones=ZONES)
    return World(content).bind(Names(["somebody-else"]))


# 1970-01-01 was a Thursday; hours are UTC here
PERMITS: list[Row] = [
    {"id": "A", "vehicle": "V1", "hours": "06:00-10:00", "disposal": "east", "valid_from": 0.0, "valid_to": 20 * HOUR},
    {"id": "B", "vehicle": "V1", "hours": "15:00-17:00", "valid_from": 0.0},
    {"id": "C", "vehicle": "V1", "disposal": "west", "valid_from": 18 * HOUR},
    {"id": "D", "vehicle": "V2"},
    {"id": "E", "vehicle": "V3", "hours": "Fr 00:00-24:00", "site": "west"},
    {"id": "F", "vehicle": "a stranger", "hours": "00:00-24:00"},
]


@pytest.mark.parametrize(
    "who, hour, permitted, in_hours, disposal",
    [
        #      0     6    10    15  17 18  20        V1
        # A    |     =====                 |         tips in the east
        # B    |                 ===            …
        # C                            |========…    tips in the west
        pytest.param("V1", -1, False, False, "", id="not-yet"),
        pytest.param("V1", 0, True, False, "east", id="from-is-inclusive"),
        pytest.param("V1", 6, True, True, "east", id="the-first-ones-hours"),
        pytest.param("V1", 12, True, False, "east", id="between"),
        pytest.param("V1", 16, True, True, "east", id="the-seconds-hours"),
        pytest.param("V1", 18, True, True, "east", id="one-without-hours"),
        pytest.param("V1", 20, True, True, "west", id="to-is-exclusive"),
        pytest.param("V2", 20, True, True, "", id="always"),
        pytest.param("V3", 20, True, False, "", id="thursday"),
        pytest.param("V3", 25, True, True, "", id="friday"),
        pytest.param("V4", 25, False, False, "", id="none"),
        pytest.param("a stranger", 25, False, False, "", id="of-no-vehicle"),
        pytest.param("", 25, False, False, "", id="nobody"),
    ],
)
def test_what_a_permit_allows(who: str, hour: float, permitted: bool, in_hours: bool, disposal: str) -> None:
    city = world(PERMITS)
    subject, ts = codes(city.names, [who]), np.array([hour * HOUR])
    assert city.permitted(subject, ts).tolist() == [permitted]
    assert city.in_hours(subject, ts).tolist() == [in_hours]
    assert [city.names[code] for code in city.disposal(subject, ts).tolist()] == [disposal]


def test_who_can_be_judged_at_all() -> None:
    city = world(PERMITS)
    subjects = codes(city.names, ["V1", "V2", "V3", "V4", "a stranger", ""])
    assert city.has_permit(subjects).tolist() == [True, True, True, False, False, False]
    assert city.has_hours(subjects).tolist() == [True, False, True, False, False, False]


MANIFESTS: list[Row] = [
    {"id": "1", "vehicle": "V1", "site": "west", "disposal": "east", "valid_from": 10.0, "valid_to": 40.0},
    {"id": "2", "vehicle": "V1", "disposal": "west", "valid_from": 20.0, "valid_to": 30.0},
    {"id": "3", "vehicle": "V1", "site": "east", "valid_from": 60.0, "valid_to": 70.0},
    {"id": "4", "vehicle": "V2", "site": "east", "valid_from": 10.0, "valid_to": 70.0},
    {"id": "5", "vehicle": "V2", "site": "west", "valid_from": 10.0, "valid_to": 20.0},
]


@pytest.mark.parametrize(
    "who, ts, sheet, tips",
    [
        #     10   20   30   40        60   70      V1
        #     1----2====1----|         3----|
        pytest.param("V1", 9.9, None, "west", id="not-yet"),
        pytest.param("V1", 10.0, ("west", "east", 10.0, 40.0), "east", id="first"),
        pytest.param("V1", 20.0, ("", "west", 20.0, 30.0), "west", id="began-last"),
        pytest.param("V1", 30.0, ("west", "east", 10.0, 40.0), "east", id="first-again"),
        pytest.param("V1", 40.0, None, "west", id="over"),
        pytest.param("V1", 65.0, ("east", "", 60.0, 70.0), "west", id="names-no-disposal-so-the-permit-does"),
        pytest.param("V1", 1e9, None, "west", id="long-over"),
        pytest.param("V2", 15.0, ("west", "", 10.0, 20.0), "", id="began-together-the-later-id"),
        pytest.param("V2", 20.0, ("east", "", 10.0, 70.0), "", id="and-the-other-goes-on"),
        pytest.param("V3", 15.0, None, "", id="none"),
        pytest.param("", 15.0, None, "", id="nobody"),
    ],
)
def test_the_trip_sheet_of_a_time(who: str, ts: float, sheet: tuple[str, str, float, float] | None, tips: str) -> None:
    city = world([{"id": "P", "vehicle": "V1", "disposal": "west"}], MANIFESTS)
    subject, when = codes(city.names, [who]), np.array([ts])
    found = city.manifest(subject, when)
    site, disposal = (city.names[int(column[0])] for column in (found.site, found.disposal))
    expected = sheet or ("", "", math.nan, math.nan)
    assert (site, disposal) == expected[:2]
    assert [float(found.since[0]), float(found.due[0])] == pytest.approx(expected[2:], nan_ok=True)
    assert city.names[int(city.disposal(subject, when)[0])] == tips


who = st.sampled_from(["V1", "V2", "V3", "V4", "a stranger", ""])
place = st.sampled_from(["", "east", "west"])
hours = st.sampled_from(["", "Th 00:00-24:00", "Fr 00:00-24:00"])
moment = st.integers(0, 40).map(float)


@st.composite
def spans(draw: st.DrawFn, /, **further: st.SearchStrategy[Any]) -> Row:
    since, until = sorted((draw(moment), draw(moment) + 0.5))
    return {"vehicle": draw(who), "valid_from": since, "valid_to": until} | {k: draw(v) for k, v in further.items()}


@settings(max_examples=80, deadline=None)
@given(
    permits=st.lists(spans(hours=hours, disposal=place), max_size=9),
    sheets=st.lists(spans(site=place, disposal=place), max_size=12),
    asked=st.lists(st.tuples(who, st.integers(-2, 90).map(lambda t: t / 2)), min_size=1, max_size=40),
)  # fmt: skip
def test_any_rows(permits: list[Row], sheets: list[Row], asked: list[tuple[str, float]]) -> None:
    permits = [{"id": f"P{k}", **row} for k, row in enumerate(permits)]
    sheets = [{"id": f"M{k:02}", **row} for k, row in enumerate(sheets)]
    city = world(permits, sheets)
    subject, ts = codes(city.names, [name for name, _ in asked]), np.array([t for _, t in asked])
    permitted, in_hours = city.permitted(subject, ts), city.in_hours(subject, ts)
    found, tips = city.manifest(subject, ts), city.disposal(subject, ts)

    def hold(rows: list[Any], name: str, t: float) -> list[Any]:
        if not name.startswith("V"):
            return []
        return [r for r in rows if r["vehicle"] == name and r["valid_from"] <= t < r["valid_to"]]

    for k, (name, t) in enumerate(asked):
        valid = hold(permits, name, t)
        assert permitted[k] == bool(valid)
        assert in_hours[k] == any(not row["hours"].startswith("Fr") for row in valid)
        last = max(hold(sheets, name, t), key=lambda row: (row["valid_from"], row["id"]), default=None)
        said = (last["site"], last["disposal"], last["valid_from"], last["valid_to"]) if last else ("", "", None, None)
        got = city.names[int(found.site[k])], city.names[int(found.disposal[k])], found.since[k], found.due[k]
        assert got[:2] == said[:2]
        assert np.isnan(got[2]) if last is None else got[2:] == said[2:]
        by_permit = next((row["disposal"] for row in valid if row["disposal"]), "")
        assert city.names[int(tips[k])] == ((last and last["disposal"]) or by_permit)


def test_rows_of_one_permit_with_a_route_each() -> None:
    ways = [Route(f"R{k}", [line((104.0 + k, 30.0), (104.0 + k, 30.1))]) for k in range(3)]
    rows: list[Row] = [{"id": "P", "vehicle": "V1", "route": way.id, "hours": "06:00-10:00"} for way in ways]
    city = World(registers(VEHICLES, permits=rows, routes=ways)).bind(Names())
    subject = codes(city.names, ["V1", "V1"])
    assert city.in_hours(subject, np.array([7 * HOUR, 11 * HOUR])).tolist() == [True, False]
    assert len(city._permits.valid(city._codes.first_rows(subject), np.zeros(2))[0]) == 2
