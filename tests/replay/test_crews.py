"""Sweepers and patrols by their plans, second devices of bodies, and how often things happen."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely

from replay.labels import Label
from replay.simulator import City, labels
from replay.simulator.beats import STARTS, WINDOW, Beat, patrols, sweepers
from replay.simulator.crews import Crew
from replay.simulator.rates import Rates
from replay.simulator.stretches import Stretch
from replay.simulator.town import DARK, Town

START = 1_700_000_000.0
TOWN = Town()
BEATS = [*sweepers(TOWN), *patrols(TOWN)]
NEVER = Rates(0.0)


def day(beat: Beat, wrongs: Rates = NEVER, near: Rates = NEVER, edge: Rates = NEVER) -> list[Stretch]:
    crew, found = Crew(beat, TOWN, np.random.default_rng(1), wrongs, near, edge), list[Stretch]()
    for stretch in crew.stretches(START):
        if stretch.start > START + 86_400:
            break
        found.append(stretch)
    return found


def told(stretches: list[Stretch]) -> list[Label]:
    return [label for stretch in stretches for label in stretch.labels]


@pytest.mark.parametrize("beat", BEATS, ids=[beat.id for beat in BEATS])
def test_beats_have_network_and_are_done_in_time(beat: Beat) -> None:
    assert not shapely.intersects(beat.area, DARK)
    stretches = day(beat)
    assert told(stretches) == []
    work = [stretch for stretch in stretches if stretch.leg.way == list(beat.way)]
    assert len(work) >= 22
    for stretch in work:
        since = (stretch.start + 8 * 3600 - beat.minute * 60) % 3600
        assert since < WINDOW * 60
        assert since + stretch.end - stretch.start < WINDOW * 60 - 30
        assert not beat.sweeps or stretch.true("brush", np.array([stretch.start, stretch.end])).all()


@pytest.mark.parametrize("beat", BEATS[::3], ids=[beat.id for beat in BEATS[::3]])
def test_work_that_is_not_done_is_labelled_from_the_end_of_its_window(beat: Beat) -> None:
    rule = labels.NOT_SWEPT if beat.sweeps else labels.NOT_PATROLLED
    found = told(day(beat, Rates({rule: 0.5})))
    assert 5 < len(found) < 19
    for label in found:
        assert (label.rule, label.subject) == (rule, beat.id)
        assert label.started > START + STARTS
        assert (label.started + 8 * 3600) % 3600 == (beat.minute + WINDOW) * 60 % 3600
        assert label.ended - label.started == 3600 - WINDOW * 60
    assert told(day(beat, near=Rates({rule: 1.0}))) == []
    assert told(day(beat, edge=Rates({rule: 1.0}))) == []


def test_second_devices_tell_of_bodies_what_terminals_do_not() -> None:
    town, city = Town(trucks=3), City(1, trucks=3, refuse=0, sweepers=1, patrols=1, bins=0, sensors=0)
    said: dict[str, list[dict[str, float]]] = {}
    for message in city.run(START, 2 * 3600.0):
        payload = json.loads(message.payload)
        said.setdefault(message.topic, []).append(payload | payload.get("io", {}))
    truck = town.lorries[1]
    assert [truck.body_device for truck in town.lorries] == ["", "D0002", ""]
    assert not {"load", "lid", "body"} & set(said[f"fleet/{truck.device}/gps"][0])
    assert {"load", "lid", "body", "ign"} <= set(said[f"fleet/{town.lorries[0].device}/gps"][0])
    assert set(said["fleet/S0001/gps"][0]) >= {"ign", "brush"}
    body = {fix["time"]: fix for fix in said[f"fleet/{truck.body_device}/body"]}
    times = np.array(sorted(body))
    assert np.diff(times).max() <= 60
    assert {body[ts]["lid"] for ts in body} == {body[ts]["body"] for ts in body} == {0, 1}
    load = np.array([body[ts]["load"] for ts in times])
    assert np.abs(np.diff(load)).max() < 0.07
    assert load.max() > 0.9


@pytest.mark.parametrize(
    "share, rule, often",
    [
        pytest.param(0.2, labels.OVERSPEED, 0.12, id="its-part-of-a-mixture"),
        pytest.param(0.2, labels.NOT_SWEPT, 0.2, id="of-its-own-occasions"),
        pytest.param({labels.JUMP: 0.5}, labels.JUMP, 0.5, id="by-rule"),
        pytest.param({labels.JUMP: 0.5}, labels.TIPPING, 0.0, id="another-rule"),
        pytest.param(True, labels.NOT_SWEPT, 0.3, id="often"),
        pytest.param(False, labels.NOT_SWEPT, 0.0, id="never"),
    ],
)
def test_rates(share: float | bool | dict[str, float], rule: str, often: float) -> None:
    rates = Rates(share)
    assert rates.of(rule) == pytest.approx(often)
    rng = np.random.default_rng(1)
    drawn = [rates.draw((rule,), rng) for _ in range(4_000)]
    assert drawn.count(rule) / len(drawn) == pytest.approx(often, abs=0.03)
    assert rates.any is bool(share)
