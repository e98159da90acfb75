"""configs/examples/city_sensors: each of its rules finds what it is there for, and the others keep quiet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.names import Names
from pipeline.rows import Position, Reading
from pipeline.runtime.compose import City, load_city
from pipeline.version import Rule
from replay.driving import drive, table

CITY = Path(__file__).resolve().parents[2] / "configs" / "examples" / "city_sensors" / "city.yaml"
EVERY = 600.0
"""Seconds between two reports."""


@pytest.fixture(scope="module")
def city() -> City:
    return load_city(CITY)


def found(city: City, rows: Sequence[dict[str, float | str]], kind: type[Reading] | type[Position]) -> set[str]:
    """The ids of the rules that have an episode."""
    version = city.version(Names())
    rules: list[Rule] = [rule for rule in version.rules if rule.kind is kind]
    return {episode.rule for episode in drive(rules, table(kind, rows, version.world.names), version.world)}


@pytest.mark.parametrize(
    "subject, metric, values, expected",
    [  # a report each 10 min
        pytest.param("BIN-0001", "fullness", [91, 92, 93], {"bin-full"}, id="full"),
        pytest.param("BIN-0001", "fullness", [40, 40, 99, 40, 40, 40], set(), id="a-stray-echo"),
        pytest.param("BIN-0001", "fullness", [50, 52, 54, 56, 58, 60, 62], {"bin-full-soon"}, id="full-soon"),
        pytest.param("BIN-0001", "fullness", [40 + 5 * (i % 2) for i in range(1100)], {"bin-not-emptied"}, id="a-week"),
        pytest.param("BIN-0001", "fullness", [41] * 450, {"bin-sensor-stuck"}, id="stuck"),
        pytest.param("BIN-0001", "fullness", [-40, -41, -40], {"bin-sensor-range"}, id="out-of-range"),
        pytest.param("BIN-0001", "temperature", [20, 61, 62], {"bin-fire-level"}, id="fire"),
        pytest.param("BIN-0001", "temperature", [20, 21, 40, 44], {"bin-fire-rise"}, id="a-fire-begins"),
        pytest.param("AIR-0001", "temperature", [20, 21, 61, 62], set(), id="no-bin-no-fire"),
        pytest.param("BIN-0001", "tilt", [2, 80, 81, 80], {"bin-tilted"}, id="tilted"),
        pytest.param("BIN-0001", "lid", [0, 1, 1, 1, 1, 1, 1, 1], {"bin-lid-open"}, id="lid-open"),
        pytest.param("BIN-0001", "battery", [14] * 150, {"battery-low"}, id="battery"),
        pytest.param("MH-0001", "tilt", [1, 12, 13], {"manhole-moved"}, id="manhole"),
        pytest.param("MH-0001", "tilt", [1, 12, 1, 2], set(), id="a-lorry-on-the-manhole"),
        pytest.param("WG-0001", "water", [3, 16, 20], {"standing-water"}, id="water"),
        pytest.param("AIR-0001", "pm10", [90, 160, 170, 180, 190], {"dust"}, id="dust"),
        pytest.param("AIR-0001", "noise", [60, 72, 75, 71], {"noise"}, id="noise"),
        pytest.param("GAS-0001", "methane", [1, 25], {"gas"}, id="gas"),
        pytest.param("SMK-0001", "smoke", [0, 1], {"smoke"}, id="smoke"),
        pytest.param("LMP-0001", "lamp_failed", [0, 1, 1, 1, 1, 1, 1, 1], {"lamp-out"}, id="lamp"),
        pytest.param("SLP-0001", "displacement", [*[3.0] * 40, 3.1, 8.5, 9], {"slope-moving"}, id="slope"),
        pytest.param("AIR-0001", "temperature", [18.4] * 150, {"sensor-stuck"}, id="stuck-thermometer"),
    ],
)
def test_readings(city: City, subject: str, metric: str, values: list[float], expected: set[str]) -> None:
    rows: list[dict[str, float | str]] = [
        {"subject": subject, "metric": metric, "ts": EVERY * i, "value": float(value)} for i, value in enumerate(values)
    ]
    assert found(city, rows, Reading) == expected


def test_silence(city: City) -> None:
    said = [("BIN-0001", 0.0), ("BIN-0002", 0.0), ("BIN-0002", 5 * 3600.0), ("BIN-0002", 7 * 3600.0)]
    rows: list[dict[str, float | str]] = [
        {"subject": subject, "metric": "battery", "ts": ts, "value": 80.0} for subject, ts in said
    ]
    assert found(city, rows, Reading) == {"sensor-silent"}


def test_a_bin_that_was_moved(city: City) -> None:
    places = [(120.1551, 30.2741), (120.1571, 30.2741), (120.1571, 30.2742), (120.1571, 30.2741), (120.1571, 30.2741)]
    rows: list[dict[str, float | str]] = [
        {"subject": "BIN-0001", "ts": EVERY * i, "lon": lon, "lat": lat, "accuracy": 8.0}
        for i, (lon, lat) in enumerate(places)
    ]
    assert found(city, rows, Position) == {"bin-moved"}
