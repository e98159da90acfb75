"""`gridwatch check` says what lies in another datum than was stated, and nothing where all is right."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from gridwatch.cli import app
from gridwatch.shift_warnings import shift_warnings
from pipeline.entries import EntryBuffer, Kind
from pipeline.geo import Datum, Plane, from_wgs84
from pipeline.journal import Journal
from pipeline.runtime.compose import load_city

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
DEMO = CONFIGS / "demo"
HERE = (121.47, 31.23)


CITIES = sorted([*CONFIGS.glob("*/city.yaml"), *CONFIGS.glob("examples/*/city.yaml")])


@pytest.mark.parametrize("file", [pytest.param(each, id=each.parent.name) for each in CITIES])
def test_no_city_of_ours_looks_shifted(file: Path) -> None:
    if file.parent.name != "edge":  # a box has no registers
        assert shift_warnings(load_city(file)) == []


def test_the_demos_zones_in_a_datum_that_is_not_theirs() -> None:
    """They are drawn on a web map, and the routes were driven: somebody forgets to say so."""
    assert "zones: {file: zones.geojson, datum: GCJ-02}" in (DEMO / "city.yaml").read_text("utf-8")
    city = load_city(DEMO / "city.yaml", {"registers": {"zones": {"file": "zones.geojson", "datum": "WGS-84"}}})
    (warning,) = shift_warnings(city)
    assert warning.path == "registers"
    assert "of 156 ends of routes 1 lies where they should; 144 would, 471 m away" in warning.message
    assert "if zones were in GCJ-02. Stated is WGS-84 for routes, WGS-84 for zones" in warning.message


CITY = """
city: tiny
time_zone: Asia/Shanghai
registers: {datum: WGS-84, zones: zones.geojson, roads: roads.geojson, bins: bins.csv}
sources: {broker: {type: mqtt, host: 127.0.0.1, client_id: x, subscribe: ["fleet/#"]}}
streams:
  gps:
    source: broker
    topic: fleet/{device}
    codec: json
    rows: position
    subject: "{device}"
    unknown: accept
    datum: DATUM
    fields: {ts: {path: t, unit: unix_s}, lon: {path: x}, lat: {path: y}, speed: {path: v, unit: km/h}}
"""


def features(shapes: Sequence[tuple[str, str, object, Mapping[str, object]]]) -> str:
    made = [
        {"type": "Feature", "properties": {"id": name, **more}, "geometry": {"type": kind, "coordinates": at}}
        for name, kind, at, more in shapes
    ]
    return json.dumps({"type": "FeatureCollection", "features": made})


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """Three yards, a few streets 700 m apart, bins beside them; a journal of vehicles in GCJ-02 on the streets, which
    stop in the yards."""
    dice, plane = np.random.default_rng(1), Plane(*HERE)

    def degrees(x: object, y: object, datum: Datum = Datum.WGS84) -> list[list[float]]:
        at = from_wgs84(*plane.to_degrees(np.asarray(x, float), np.asarray(y, float)), datum)
        return [[float(lon), float(lat)] for lon, lat in zip(*at, strict=True)]

    centres = [(-1500, 300), (900, -1200), (200, 1400)]
    square = np.array([[-80, -80], [80, -80], [80, 80], [-80, 80], [-80, -80]])
    zones = [
        (f"yard-{i}", "Polygon", [degrees(x + square[:, 0], y + square[:, 1])], {"use": "depot"})
        for i, (x, y) in enumerate(centres)
    ]
    roads = [
        (f"road-{i}", "LineString", degrees([-2500, 2500], [y, y]), {"speed_limit": 50})
        for i, y in enumerate((-1400, -700, 0, 750, 1500))
    ]
    (tmp_path / "zones.geojson").write_text(features(zones))
    (tmp_path / "roads.geojson").write_text(features(roads))
    bins = degrees(np.linspace(-2000, 2000, 30), np.tile([-1400 + 15, 0 - 15, 1500 + 20], 10))
    rows = "".join(f"b-{i},street_bin,{lon},{lat}\n" for i, (lon, lat) in enumerate(bins))
    (tmp_path / "bins.csv").write_text("id,class,lon,lat\n" + rows)
    stood = [(x + dx, y + dy, 0.0) for x, y in centres for dx, dy in dice.uniform(-60, 60, (10, 2))]
    drove = [(x, y + dice.normal(0, 4), 40.0) for y in (-700, 0, 750) for x in np.linspace(-2000, 2000, 20)]
    journal, buffer = Journal.open(tmp_path / "var" / "journal"), EntryBuffer()
    for i, (x, y, v) in enumerate([*stood, *drove]):
        ((lon, lat),) = degrees([x], [y], Datum.GCJ02)
        told = json.dumps({"t": 1714521600 + i, "x": lon, "y": lat, "v": v}).encode()
        buffer.add(Kind.DELIVERY, "broker", "fleet/v1", 1714521600.0 + i, told)
    journal.commit(buffer)
    journal.close()
    return tmp_path / "city.yaml"


@pytest.mark.parametrize(
    "datum, said",
    [
        pytest.param("GCJ-02", [], id="as-it-is"),
        pytest.param("WGS-84", [("30", "stood", "gps were in GCJ-02")], id="taken-for-gnss"),
        pytest.param("BD-09", [("30", "stood", "gps were in GCJ-02")], id="taken-for-another"),
    ],
)
def test_tracks_beside_yards_and_roads(city: Path, datum: str, said: list[tuple[str, str, str]]) -> None:
    city.write_text(CITY.replace("DATUM", datum))
    warnings = [each.message for each in shift_warnings(load_city(city))]
    assert len(warnings) == len(said), "one datum that is wrong is said once, though yards and roads tell it"
    for message, (points, what, why) in zip(warnings, said, strict=True):
        assert f"of {points} places where vehicles of gps {what}" in message
        assert why in message


def test_bins_beside_roads(city: Path) -> None:
    text = CITY.replace("DATUM", "GCJ-02").replace("bins: bins.csv", "bins: {file: bins.csv, datum: GCJ-02}")
    city.write_text(text)
    done = CliRunner().invoke(app, ["check", str(city)])
    assert done.exit_code == 0, "a warning changes nothing"
    (line,) = [line for line in done.output.splitlines() if line.startswith("warning:") and "city.yaml:4" in line]
    assert "of 30 bins" in line
    assert "if bins were in WGS-84 or roads were in GCJ-02" in line


def test_a_journal_that_can_not_be_read_is_no_trouble_here(city: Path) -> None:
    city.write_text(CITY.replace("DATUM", "WGS-84"))
    for file in (city.parent / "var" / "journal" / "segments").iterdir():
        file.write_bytes(b"damaged")
    assert shift_warnings(load_city(city)) == []
