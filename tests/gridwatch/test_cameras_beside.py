"""Cameras beside a city: whatever keeps them from their work is told, tried again, and never reaches the city."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from gridwatch import cameras_beside
from gridwatch.camera_section import CameraFile
from gridwatch.cameras_beside import CamerasBeside
from gridwatch.problems import Problem
from pipeline.backoff import Backoff
from pipeline.runtime.reloads import Reloads
from tests.services.wait import until


class Lines:
    """A log that is kept."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, event: str, /, **_: Any) -> None:
        self.lines.append(event)

    warning = error = info


class Running:
    """Does what it is told to, instead of running cameras."""

    todo: queue.SimpleQueue[Exception | None]
    did: list[str]

    def __init__(self, load: Callable[[], CameraFile], log: Any, registry: CollectorRegistry, _: Reloads) -> None:
        self._load = load

    def start(self) -> None:
        self._load()
        self.did.append("start")
        self._next()

    def reload(self) -> bool:
        self._load()
        self.did.append("reload")
        return True

    def look(self) -> None:
        self._next()

    def stop(self) -> None:
        self.did.append("stop")

    def _next(self) -> None:
        try:
            what = self.todo.get_nowait()
        except queue.Empty:
            return
        if what is not None:
            raise what


CAMERAS = "cameras: {a: {url: rtsp://10.0.0.7/1}}\n"
PUBLISH = "publish: {host: broker.example, client_id: edge}\n"


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[CamerasBeside, Path, Lines]]:
    monkeypatch.setattr(Running, "todo", queue.SimpleQueue(), raising=False)
    monkeypatch.setattr(Running, "did", [], raising=False)
    monkeypatch.setattr(cameras_beside, "CamerasRunning", Running)
    monkeypatch.setattr(cameras_beside, "_LOOK", 0.01)
    file, log = tmp_path / "city.yaml", Lines()
    file.write_text("city: test\n" + CAMERAS + PUBLISH)
    registry = CollectorRegistry()
    made = CamerasBeside(file, log, registry, Reloads(registry), Backoff(0.01, 0.02))
    yield made, file, log
    made.stop()


@pytest.mark.parametrize(
    "error",
    [Problem("there is no such model"), OSError(28, "No space left on device"), RuntimeError("a fault of our own")],
    ids=lambda error: type(error).__name__,
)
def test_what_keeps_them_from_starting_is_told_once_and_tried_again(
    beside: tuple[CamerasBeside, Path, Lines], error: Exception
) -> None:
    made, _, log = beside
    for _ in range(3):
        Running.todo.put(error)
    made.start()
    until(lambda: Running.todo.empty() and Running.did.count("start") == 4, "the fourth attempt")
    assert log.lines == [str(error), "the cameras are not run; tried again"]


def test_what_ends_while_they_run_is_begun_again(beside: tuple[CamerasBeside, Path, Lines]) -> None:
    made, _, log = beside
    Running.todo.put(None)
    Running.todo.put(Problem("The publisher of cameras has ended"))
    made.start()
    until(lambda: Running.did == ["start", "stop", "start"], "the second start")
    assert log.lines == ["The publisher of cameras has ended"]
    made.stop()
    assert Running.did[-1] == "stop"


def test_without_a_broker_it_is_said_once_what_to_add(beside: tuple[CamerasBeside, Path, Lines]) -> None:
    made, file, log = beside
    file.write_text("city: test\n" + CAMERAS)
    made.start()
    until(lambda: log.lines, "what to add")
    made.ask_reload()
    file.write_text("city: test\n" + CAMERAS + "publish: {host: broker.example}\n")
    made.ask_reload()
    until(lambda: any("publish.client_id" in line for line in log.lines), "the fault")
    file.write_text("city: test\n" + CAMERAS + PUBLISH)
    made.ask_reload()
    until(lambda: Running.did == ["start"], "that they run")
    file.write_text("city: test\n")
    made.ask_reload()
    until(lambda: Running.did == ["start", "stop"], "that they run no more")
    assert len([line for line in log.lines if "no section 'publish'" in line]) == 1


def test_a_city_without_cameras_is_told_nothing(beside: tuple[CamerasBeside, Path, Lines]) -> None:
    made, file, log = beside
    file.write_text("city: test\n")
    made.start()
    made.stop()
    assert (Running.did, log.lines) == ([], [])
