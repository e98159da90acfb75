"""A configuration read again while the city runs: each thing in it takes effect, a bad one is refused, and every case
says by which it was judged."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from prometheus_client import CollectorRegistry

from cases.tables import CASES
from pipeline.runtime.embedded import Embedded
from tests.runtime.kit import Lines, Run, Town, connected, judged, public, replayed
from tests.services.wait import until

SQUARE = [[121.3, 31.1], [121.5, 31.1], [121.5, 31.3], [121.3, 31.3], [121.3, 31.1]]
BINS = "  bins: bins.csv\n"
Edit = Callable[[Town], None]


def with_zones(town: Town, limit: Any) -> None:
    properties = {"id": "slow", "use": "limit", "speed_limit": limit}
    zone = {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [SQUARE]}}
    (town.folder / "zones.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [zone]}))
    town.write(**{BINS: f"{BINS}  zones: zones.geojson\n"})


def line(file: str, old: str, new: str) -> Edit:
    """Write one line of a register otherwise."""

    def edit(town: Town) -> None:
        text = (town.folder / file).read_text()
        assert old in text
        (town.folder / file).write_text(text.replace(old, new))

    return edit


def more(file: str, row: str) -> Edit:
    def edit(town: Town) -> None:
        with (town.folder / file).open("a") as at:
            at.write(f"{row}\n")

    return edit


def versions(running: Embedded) -> dict[str, dict[str, str]]:
    """By subject: what was in force when its case opened."""
    with running.cases.engine.connect() as connection:
        return {row.subject: json.loads(row.version) for row in connection.execute(sa.select(CASES))}


def number(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(f"gridwatch_{name}", labels)


@pytest.mark.parametrize(
    "edit, row, changes",
    [
        pytest.param(lambda town: town.write(**{"default: 60": "default: 30"}), ("T2", 2, 45), "world", id="limits"),
        pytest.param(lambda town: with_zones(town, 30), ("T2", 2, 45), "world", id="zones"),
        pytest.param(line("vehicles.csv", "T2,lorry,,,", "T2,lorry,,30,"), ("T2", 2, 45), "world", id="fleet"),
        pytest.param(more("vehicles.csv", "N1,lorry,,30,2020-01-01,"), ("N1", 2, 45), "world", id="a-new-vehicle"),
        pytest.param(more("bins.csv", "BX,litter,121.4,31.2,,2020-01-01,"), ("BX", 2, 95), "world", id="bins"),
        pytest.param(
            lambda town: town.write(**{"metric: fullness": "metric: fullness, parameters: {above: 70 %}"}),
            ("B2", 2, 75),
            "config",
            id="rules",
        ),
    ],
)
def test_each_thing_takes_effect_and_each_case_says_by_which(
    town: Town, run: Run, edit: Edit, row: tuple[str, float, float], changes: str
) -> None:
    log = Lines()
    running = run(log)
    subject, second, value = row
    known = subject in ("T2", "B2")
    town.send([("T1", 0, 90), (subject, 0, value)])
    judged(running, 2 if known else 1)
    assert running.cases.list()[0].subject == "T1"
    assert len(running.cases.list()) == 1, "by what is in force nothing is wrong with the other"
    edit(town)
    assert running.reload() is True, log.said("error")
    until(lambda: running._opened.engine.version_payload == running._payload, "the version to be in force")
    town.send([(subject, second, value)])
    judged(running, 3 if known else 2)
    assert {case.subject for case in running.cases.list()} == {"T1", subject}

    then = versions(running)
    before, after = then["T1"], then[subject]
    assert after == json.loads(running._payload)
    assert {key for key in before if before[key] != after[key]} >= {changes}
    assert number(running.metrics.registry, "reloads_total", part="city", result="taken") == 1
    assert number(running.metrics.registry, "reload_faults", part="city") == 0
    running.stop()
    assert public(running.cases.list()) == replayed(town.data), "a replay judges each row by what was in force"


@pytest.mark.parametrize(
    "edit, said",
    [
        pytest.param(
            lambda town: town.write(**{"detector: overspeed": "detector: overspede"}),
            ["rules.0.detector", "did you mean 'overspeed'?"],
            id="rules",
        ),
        pytest.param(
            lambda town: with_zones(town, "fast"), ["zones.geojson", "slow", "speed_limit", "got 'fast'"], id="zones"
        ),
        pytest.param(
            line("vehicles.csv", "T2,lorry,,,", "T2,lorry,,quick,"), ["vehicles.csv:3", "T2", "quick"], id="fleet"
        ),
        pytest.param(line("bins.csv", "B2,litter,121.42", "B2,litter,east"), ["bins.csv:3", "B2", "east"], id="bins"),
        pytest.param(lambda town: (town.folder / "bins.csv").unlink(), ["bins.csv", "No such file"], id="no-register"),
        pytest.param(
            lambda town: town.write(**{"client_id:": "password_env: NO_SUCH_VARIABLE\n    client_id:"}),
            ["sources.fleet", "NO_SUCH_VARIABLE"],
            id="sources",
        ),
        pytest.param(lambda town: town.write(**{"city: test": "city: x"}), ["stop and start", "'city'"], id="place"),
        pytest.param(lambda town: town.file.write_text("city: ["), ["city.yaml"], id="not-yaml"),
    ],
)
def test_a_bad_version_is_refused_and_the_old_one_goes_on(town: Town, run: Run, edit: Edit, said: list[str]) -> None:
    log = Lines()
    running = run(log)
    until(lambda: running._opened.engine.version is not None, "the version of the start to be judged")
    version, head = running._opened.engine.version, running._payload
    edit(town)
    for n in (1, 2):
        assert running.reload() is False
        assert number(running.metrics.registry, "reloads_total", part="city", result="refused") == n
    assert (number(running.metrics.registry, "reload_faults", part="city") or 0) >= 1
    (fault,) = {each for each in log.said("error") if said[0] in each}
    assert all(word in fault for word in said), fault
    town.send([("T1", 0, 90)])
    judged(running, 1)
    assert running._opened.engine.version is version
    assert versions(running)["T1"] == json.loads(head)


def test_what_runs_beside_the_city_can_refuse_too(town: Town, run: Run) -> None:
    """One file is one version: the city does not take half of it."""
    from pipeline.faults import Fault

    log = Lines()
    running = run(log)
    wrong = [Fault(str(town.file), 7, "cameras.gate.url", "expected an address")]
    running._others = lambda: wrong
    town.write(**{"default: 60 km/h": "default: 30 km/h"})
    assert running.reload() is False
    assert any("cameras.gate.url" in each for each in log.said("error"))
    wrong.clear()
    assert running.reload() is True


def test_sources_come_and_go_and_the_others_go_on(town: Town, run: Run) -> None:
    running = run()
    fleet = running.receivers["fleet"][1]
    second = f"""\
  second:
    type: mqtt
    host: {town.broker.host}
    port: {town.broker.port}
    client_id: {town.name}-2
    subscribe: ["{town.name}-2/+/gps"]
streams:
"""
    registry = running.metrics.registry
    town.write(**{"streams:\n": second})
    assert running.reload() is True
    connected(running)
    assert running.receivers.keys() == {"fleet", "second"}
    assert running.receivers["fleet"][1] is fleet, "what did not change was not touched"
    until(lambda: number(registry, "source_connected", source="second") == 1, "the new one")
    engine = running._opened.engine
    until(lambda: "second" in engine.clocks.by_name and engine.clocks.by_name["second"].members, "its ticks")

    town.write()
    assert running.reload() is True
    assert running.receivers.keys() == {"fleet"}
    assert number(registry, "source_connected", source="second") is None, "it is no more; it is not down"
    assert number(registry, "source_connected", source="fleet") == 1
    town.send([("T1", 0, 90)])
    judged(running, 1)  # time goes on: nobody waits for the one that left
    assert [case.subject for case in running.cases.list()] == ["T1"]
