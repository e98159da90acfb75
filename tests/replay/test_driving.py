"""drive: rules over rows through the engine, as detector authors use it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from detectors import Overspeed, Silent, Threshold
from detectors.stationary import Stationary
from pipeline.names import NOBODY, Names
from pipeline.registers import Registers
from pipeline.rows import Position, Reading, Sighting
from pipeline.units import Quantity
from pipeline.version import Hold, Rule
from pipeline.world import World
from replay.driving import drive, table
from tests.places import registers


def trips(speeds: list[float], step: float = 10.0, subject: str = "a") -> list[dict[str, float | str]]:
    return [
        {"subject": subject, "ts": step * i, "lon": 121.4, "lat": 31.2, "speed": speed}
        for i, speed in enumerate(speeds)
    ]


#  0   10   20   30   40          limit 60, tolerance 10 %
@pytest.mark.parametrize(
    "speeds, found",
    [
        pytest.param([70, 70, 50, 50], [], id="too-short"),
        pytest.param([70, 75, 70, 50, 50], [(0, 20, 30, 15.0)], id="long-enough"),
        pytest.param([50, 70, 70, 70], [(10, 30, math.nan, 10.0)], id="still-open"),
        pytest.param([70, math.nan, 70, 50], [(0, 20, 30, 10.0)], id="a-row-without-speed-is-no-row"),
    ],
)
def test_episodes_as_they_stand(speeds: list[float], found: list[tuple[float, ...]]) -> None:
    city = World(registers(vehicles=[{"id": "a"}], default=60.0))
    rule = Rule("fast", Overspeed(), Hold.model_validate({"for": "20s"}))
    episodes = drive([rule], table(Position, trips(speeds), city.names), city)
    told = [(e.started, e.confirmed, e.ended, e.measure) for e in episodes]
    np.testing.assert_equal(told, found)


def test_silence_is_found_out_by_the_last_tick_and_taken_back_by_none() -> None:
    city = World(Registers())
    rows = table(Position, trips([1, 1]) + trips([1], subject="b"), city.names)
    rule = Rule("silent", Silent(after=Quantity(60.0)), rows=Position)
    assert drive([rule], rows, city) == []
    assert [(e.subject, e.started) for e in drive([rule], rows, city, until=65.0)] == [("b", 60.0)]
    assert [(e.subject, e.started) for e in drive([rule], rows, city, until=75.0)] == [("b", 60.0), ("a", 70.0)]


def test_what_a_late_row_disproves_is_not_told() -> None:
    city = World(Registers())
    records = [*trips([1]), {**trips([1])[0], "ts": 30.0, "received": 120.0}]
    rule = Rule("silent", Silent(after=Quantity(60.0)), rows=Position)
    (only,) = drive([rule], table(Position, records[:1], city.names), city, until=110.0)
    assert only.started == 60.0
    assert drive([rule], table(Position, records, city.names), city) == []


def test_a_table_has_the_columns_of_its_kind_and_further_ones() -> None:
    names = Names(["other"])
    rows = table(Reading, [{"subject": "b1", "metric": "fullness", "ts": 5, "value": 95, "tilt": 3}], names)
    assert (names[rows.subject[0]], names[rows.metric[0]]) == ("b1", "fullness")
    assert (rows.ts[0], rows.received[0], rows.value[0], rows.extra["tilt"][0]) == (5.0, 5.0, 95.0, 3.0)
    position = table(Position, [{"subject": "b1", "ts": 1}, {"subject": "b1", "ts": 2, "lid": 1}], names)
    assert math.isnan(position.lon[0])
    np.testing.assert_equal(position.lid, [math.nan, 1.0])


def test_rows_come_in_their_order_and_names_are_the_worlds() -> None:
    city = World(registers(bins=[{"id": "b1", "class": "litter", "lon": 1.0, "lat": 2.0}]))
    city.names.codes(["x", "y", "z"])
    said = ((0, 95), (10, 10), (5, 95))
    rows = table(Reading, [{"subject": "b1", "metric": "fullness", "ts": t, "value": v} for t, v in said], city.names)
    (only,) = drive([Rule("full", Threshold())], rows, city)
    assert (only.subject, only.part, only.started, only.ended) == ("b1", "fullness", 0.0, 10.0)


def test_each_track_of_a_picture_has_its_own_episode() -> None:
    city = World(Registers())
    stood = [(17, "car", "bay", 8.0), (18, "car", "", 30.0), (2**40, "", "bay", 0.0)]
    records: list[dict[str, float | str]] = [
        {"subject": "cam-1", "ts": ts, "track": track, "label": label, "zone": zone, "still": still}
        for ts in (10.0, 11.0)
        for track, label, zone, still in stood
    ]
    records.append({"subject": "cam-1", "ts": 12.0, "track": 17, "still": 0.0})
    rows = table(Sighting, records, city.names)
    assert rows.track.tolist()[:3] == [17, 18, 2**40]
    assert (rows.label[6], rows.zone[6], rows.zone[1]) == (NOBODY, NOBODY, NOBODY)
    episodes = drive([Rule("parked", Stationary())], rows, city)
    told = [(e.subject, e.part, e.started, e.ended, e.place) for e in episodes]
    np.testing.assert_equal(sorted(told), [("cam-1", "17", 10.0, 12.0, "bay"), ("cam-1", "18", 10.0, math.nan, "")])
