"""The made-up city's ground: streets that hang together, and registers that say what the simulator drives by."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely
from ruamel.yaml import YAML

from detectors.contradiction import Contradiction
from detectors.impossible_jump import ImpossibleJump
from detectors.load_not_sealed import LoadNotSealed
from detectors.no_permit import NoPermit
from detectors.outside_hours import OutsideHours
from detectors.tipping import Tipping
from detectors.trip_not_completed import TripNotCompleted
from pipeline.geo import Datum, distance
from pipeline.hours import Hours
from pipeline.register_files import load_registers
from pipeline.register_section import PlacesFile, RegisterFiles
from pipeline.units import Amount
from replay.simulator import labels
from replay.simulator.beats import WINDOW, patrols, sweepers
from replay.simulator.registers import main, write_day, write_registers
from replay.simulator.streets import Grade, streets, to_lonlat
from replay.simulator.town import DARK, Town

DEMO = Path(__file__).parents[2] / "configs" / "demo"


def test_everyone_can_drive_everywhere() -> None:
    net = streets()
    seen, ahead = {0}, [0]
    while ahead:
        for neighbour, _ in net.near[ahead.pop()]:
            if neighbour not in seen:
                seen.add(neighbour)
                ahead.append(neighbour)
    assert len(seen) == len(net.nodes) > 1_500
    assert {Grade.LOCAL, Grade.ARTERIAL, Grade.RING} == set(net.grade)


def test_city_is_about_12_by_10_km_and_true_to_scale() -> None:
    net = streets()
    width, height = np.ptp(net.nodes, axis=0)
    assert 11_500 < width < 13_000
    assert 9_500 < height < 11_000
    west, east = net.nodes[np.argmin(net.nodes[:, 0])], net.nodes[np.argmax(net.nodes[:, 0])]
    (lon1, lat1), (lon2, lat2) = to_lonlat(np.array([west, east]))
    assert distance(lon1, lat1, lon2, lat2) == pytest.approx(np.hypot(*(east - west)), rel=0.006)


def test_way_goes_from_street_to_street_and_avoids_what_is_closed() -> None:
    net = streets()
    way = net.way(0, len(net.nodes) - 1)
    assert way[0] == 0
    assert way[-1] == len(net.nodes) - 1
    closed = frozenset(net.edge_between(a, b) for a, b in pairwise(way[20:30]))
    other = net.way(0, len(net.nodes) - 1, closed)
    assert not closed & {net.edge_between(a, b) for a, b in pairwise(other)}
    assert sum(net.seconds[net.edge_between(*pair)] for pair in pairwise(other)) >= sum(
        net.seconds[net.edge_between(*pair)] for pair in pairwise(way)
    )


def test_way_that_does_not_exist_is_said() -> None:
    net = streets()
    walled_in = frozenset(edge for _, edge in net.near[5])
    with pytest.raises(ValueError, match="no way from node 0 to node 5"):
        net.way(0, 5, walled_in)


def test_street_of_a_place_has_both_names() -> None:
    net = streets()
    edge = 40
    middle = net.nodes[list(net.edges[edge])].mean(axis=0, keepdims=True)
    chinese, english = net.name_at(*to_lonlat(middle)[0])
    assert (chinese, english) == net.name[edge]
    assert not chinese.isascii()
    assert english.isascii()


def test_permits_cover_every_way_that_a_lorry_drives_and_no_route_enters_a_no_go_zone() -> None:
    town = Town()
    for truck in town.lorries:
        ends = [(town.ways[route][0], town.ways[route][-1]) for route in truck.routes]
        assert ends == [
            (truck.depot.node, truck.loading.node),
            (truck.loading.node, truck.disposal.node),
            (truck.disposal.node, truck.depot.node),
        ]
    no_go = shapely.union_all([zone.outline for zone in town.drawn if zone.use == "no_go"])
    routes = shapely.MultiLineString([streets().nodes[way] for way in town.ways.values()])
    assert shapely.distance(no_go, routes) > 15.0


def test_each_bin_is_on_one_round_and_has_network() -> None:
    town = Town()
    rounds = [number for truck in town.refuse for number in truck.round]
    assert sorted(rounds) == list(range(300))
    assert not any(shapely.contains_xy(DARK, each.x, each.y) for each in town.bins)


def test_larger_fleet_begins_with_the_smaller_one() -> None:
    assert Town(trucks=200).lorries[:60] == Town().lorries


def test_committed_registers_are_what_the_command_writes(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 0
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == sorted(path.name for path in DEMO.iterdir() if path.suffix != ".yaml")
    for name in written:
        assert (tmp_path / name).read_text("utf-8") == (DEMO / name).read_text("utf-8"), name


def test_command_without_a_folder_says_how_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err


def test_registers_read_back_as_the_town(tmp_path: Path) -> None:
    town = Town(trucks=70, refuse_trucks=3, bin_count=10)
    write_registers(tmp_path, town)
    files = RegisterFiles(
        datum=Datum.WGS84,
        vehicles="vehicles.csv",
        devices="devices.csv",
        bins=PlacesFile(file="bins.csv"),
        zones=PlacesFile(file="zones.geojson", datum=Datum.GCJ02),
        routes=PlacesFile(file="routes.geojson"),
        permits="permits.csv",
    )
    registers = load_registers(files, tmp_path, ZoneInfo("Asia/Shanghai"))
    assert len(registers.vehicles) == 73 + 10
    assert len(registers.bins) == 10 + 40
    beats = {beat.place for beat in patrols(town)}
    assert {zone.id for zone in registers.zones} == {zone.id for zone in town.zones} | beats
    old_town = next(zone for zone in registers.zones if zone.id == "old-town")
    drawn = next(zone for zone in town.zones if zone.id == "old-town")
    there = to_lonlat(np.array(drawn.outline.exterior.coords))
    back = old_town.polygons[0][0]
    assert distance(back[:, 0], back[:, 1], there[:, 0], there[:, 1]).max() < 0.2  # six digits, and back from GCJ-02


def test_plates_cannot_be_real() -> None:
    with (DEMO / "vehicles.csv").open(encoding="utf-8") as file:
        assert all(row["plate"].startswith("演A·") for row in csv.DictReader(file))


def test_labels_are_measured_by_the_demo_rules_limits() -> None:
    config = YAML(typ="safe").load((DEMO / "city.yaml").read_text("utf-8"))
    rules = {rule["id"]: rule for rule in config["rules"]}
    assert set(labels.FOR) | {labels.SIGNAL_LOST, labels.SENSOR_CONSTANT} <= set(rules)
    assert {labels.NOT_SWEPT, labels.NOT_PATROLLED, labels.BIN_FULL} <= set(rules)
    for rule, seconds in labels.FOR.items():
        assert rules[rule]["for"] == (f"{seconds:.0f}s" if seconds < 120 else f"{seconds / 60:.0f}min"), rule
    assert config["registers"]["speed_limits"]["muck_truck"] == f"{labels.CITY_LIMIT:.0f} km/h"
    assert rules[labels.OVERSPEED]["parameters"] == {"tolerance": f"{labels.SPEED_TOLERANCE * 100:.0f} %"}
    assert rules[labels.OFF_ROUTE]["parameters"] == {"tolerance": f"{labels.OFF_ROUTE_METRES:.0f} m"}
    assert rules[labels.SIGNAL_LOST]["parameters"] == {"after": f"{labels.LOST_AFTER / 60:.0f}min"}
    assert rules[labels.BODY_RAISED]["parameters"] == {"column": "body", "above": f"{labels.RAISED * 100:.0f} %"}
    assert rules[labels.SUSPICIOUS_STOP]["parameters"] == {"column": "speed", "below": f"{labels.STANDING:.0f} km/h"}
    heavy = {"above": f"{labels.OVERLOADED * 100:.0f} %", "clear_below": f"{labels.NOT_OVERLOADED * 100:.0f} %"}
    assert rules[labels.OVERLOAD]["parameters"] == {"column": "load", **heavy}
    assert rules[labels.SENSOR_CONSTANT]["parameters"] == {"column": "lid", "trips": labels.TRIPS}


def test_labels_are_measured_by_the_detectors_defaults() -> None:
    lid = LoadNotSealed()
    assert (lid.loaded, lid.empty) == (labels.LOADED, labels.EMPTY)
    assert (lid.open, lid.closed, lid.moving) == (labels.LID_OPEN, labels.LID_CLOSED, labels.MOVING)
    assert OutsideHours().moving == NoPermit().moving == labels.MOVING
    assert (Tipping().raised, Tipping().fall) == (labels.TIPPING_RAISED, labels.FALL)
    assert (TripNotCompleted().loaded, TripNotCompleted().empty) == (labels.CARRIES, labels.GONE)
    assert Contradiction().against_above == Amount(labels.CONTRADICTED, "km/h")
    assert ImpossibleJump().least == labels.JUMP_METRES


def test_trip_sheets_and_plans_of_a_run(tmp_path: Path) -> None:
    town, start = Town(trucks=30), 1_700_000_000.0
    write_registers(tmp_path, town)
    write_day(tmp_path, town, start, 3 * 3600.0)
    files = RegisterFiles(
        datum=Datum.WGS84,
        vehicles="vehicles.csv",
        bins=PlacesFile(file="bins.csv"),
        zones=PlacesFile(file="zones.geojson", datum=Datum.GCJ02),
        routes=PlacesFile(file="routes.geojson"),
        permits="permits.csv",
        manifests="manifests.csv",
        plans="plans.csv",
    )
    registers = load_registers(files, tmp_path, ZoneInfo("Asia/Shanghai"))
    sheets = registers.manifests
    assert len(sheets) > 29
    assert set(sheets.text("vehicle")) == {truck.id for truck in town.lorries if truck.permitted}
    assert (sheets.numbers("valid_from") < start + 3 * 3600).all()
    assert (sheets.numbers("valid_to") > sheets.numbers("valid_from") + 600).all()
    whose = zip(registers.plans.text("subject"), registers.plans.numbers("valid_from").tolist(), strict=True)
    since = [since for subject, since in whose if subject.startswith(("sweeper", "patrol"))]
    assert len(since) == 10
    assert min(since) > start
    for beat in (*sweepers(town), *patrols(town)):
        hours = Hours(beat.hours, ZoneInfo("Asia/Shanghai"))
        begins, ends = hours.next(np.array([start]))
        assert ends[0] - begins[0] == WINDOW * 60
        assert (begins[0] + 8 * 3600) % 3600 == beat.minute * 60
