"""`gridwatch reload`: what runs by a file reads it again and answers: in force, or refused whole with every fault."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("av", reason="needs gridwatch[cameras]")

from prometheus_client import CollectorRegistry

from pipeline.runtime.reloads import RUNNING, Reloads, standing
from tests.cameras.clips import clip
from tests.runtime.kit import Town
from tests.services.edge import Edge
from tests.services.mosquitto import Mosquitto, Running, mosquitto
from tests.services.process import COMMAND, REPOSITORY, Run
from tests.services.wait import until

__all__ = ["mosquitto"]

pytestmark = [pytest.mark.service, pytest.mark.timeout(180)]


def reload(file: Path, *more: str) -> tuple[int, str]:
    """Exit code and all that was said."""
    words = [*COMMAND, "reload", str(file), *more]
    environment = {**os.environ, "COLUMNS": "500"}
    done = subprocess.run(words, cwd=REPOSITORY, capture_output=True, timeout=120, check=False, env=environment)
    return done.returncode, (done.stdout + done.stderr).decode()


@pytest.fixture
def town(tmp_path: Path, mosquitto: Mosquitto | Running) -> Iterator[tuple[Town, Run]]:
    made = Town(tmp_path / "town", mosquitto)
    film = clip(tmp_path / "a.mp4")
    cameras = {"gate": {"url": str(film), "loop": True, "watchers": {"scene_health": {}}}}
    publish = {"host": mosquitto.host, "port": mosquitto.port, "client_id": f"{made.name}-cameras"}
    more = f"\ncameras: {json.dumps(cameras)}\npublish: {json.dumps(publish)}\n"
    made.file.write_text(made.file.read_text().replace("metrics: null", "metrics: {port: 0}") + more)
    run = Run(made.folder, tmp_path / "run.log")
    yield made, run
    run.end()


def test_a_version_is_taken_or_refused_whole_and_it_is_said(town: tuple[Town, Run]) -> None:
    at, run = town
    run.connected()
    until(lambda: 'gridwatch_reload_faults{part="cameras"}' in run.metrics(), "the cameras to be at work", 60)
    good = at.file.read_text()

    at.file.write_text(good.replace("default: 60 km/h", "default: 30 km/h"))
    code, said = reload(at.folder)
    assert code == 0, said
    assert "run: city in force: configuration " in said
    assert "run: cameras in force" in said

    wrong = good.replace("default: 60 km/h", "default: 40 km/h").replace("scene_health", "scene_helth")
    at.file.write_text(wrong.replace("for: 0s", "for: soon"))
    code, said = reload(at.folder)
    assert code == 1, said
    assert "city.yaml:41  rules.0.for" in said
    assert "cameras.gate.watchers.scene_helth" in said
    assert "run: city refused, 2 to be mended; what was in force goes on" in said
    numbers = run.metrics()
    assert numbers['gridwatch_reload_faults{part="city"}'] == 2
    assert numbers['gridwatch_reloads_total{part="city",result="refused"}'] == 1
    assert numbers['gridwatch_reloads_total{part="cameras",result="taken"}'] == 1, "they were not even asked"
    assert "the configuration stays as it was: 2 to be mended" in run.said

    at.file.write_text(good)
    assert reload(at.folder)[0] == 0
    assert run.metrics()['gridwatch_reload_faults{part="city"}'] == 0
    run.stop()
    code, said = reload(at.folder)
    assert (code, "Nothing on this machine runs by" in said) == (3, True), said


def test_one_that_was_killed_is_not_asked(town: tuple[Town, Run]) -> None:
    """Nor is whoever has its number now."""
    at, run = town
    run.connected()
    until(lambda: list(standing(at.data)), "it to stand there")
    run.kill()
    assert (at.data / RUNNING / "run" / "told.json").exists()
    assert list(standing(at.data)) == []
    assert reload(at.folder)[0] == 3


def test_an_edge_box_is_asked_too(tmp_path: Path, mosquitto: Mosquitto | Running) -> None:
    film = clip(tmp_path / "a.mp4")
    publish = {"host": mosquitto.host, "port": mosquitto.port, "client_id": f"edge-{tmp_path.name}"}
    file = tmp_path / "edge.yaml"

    def write(**camera: object) -> None:
        cameras = {"gate": {"url": str(film), "loop": True, "watchers": {"scene_health": {}}, **camera}}
        file.write_text(json.dumps({"cameras": cameras, "publish": publish, "metrics": {"port": 0}}), "utf-8")

    write()
    run = Edge(file, tmp_path / "edge.log")
    try:
        until(lambda: list(standing(tmp_path / "var" / "spool")), "it to stand there", 60)
        write(fps=2.0)
        code, said = reload(file)
        assert (code, "camera: cameras in force" in said) == (0, True), said
        write(zonse={})
        code, said = reload(file)
        assert (code, "did you mean 'zones'?" in said) == (1, True), said
        assert run.metrics()['gridwatch_reload_faults{part="cameras"}'] == 1
        run.stop()
    finally:
        run.end()


def test_two_of_one_name_are_no_trouble(tmp_path: Path) -> None:
    one, other = Reloads(CollectorRegistry()), Reloads(CollectorRegistry())
    one.stand(tmp_path, "run")
    other.stand(tmp_path, "run")
    one.taken("city")
    other.refused("city", ValueError("one\ntwo"))
    (found,) = standing(tmp_path)
    assert (found.pid, found.answers()["city"].taken) == (os.getpid(), True), "the first is the one that is asked"
    one.leave()
    assert (found.alive, list(standing(tmp_path))) == (False, [])
