"""Processes of cameras: what crashes, exits or hangs comes back, and costs nobody else for long."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

pytest.importorskip("av", reason="needs gridwatch[cameras]")
from cameras.backoff import Backoff
from cameras.settings import CameraSettings, CamerasSettings
from cameras.supervisor import Supervisor
from cameras.watcher import Watcher
from pipeline.units import Quantity
from tests.cameras.clips import clip
from tests.cameras.fakes import Bright, Misbehaves
from tests.cameras.test_worker import Heard
from tests.services.process import REPOSITORY
from tests.services.rtsp import RtspServer
from tests.services.wait import until

pytestmark = pytest.mark.service

PATIENCE = 90.0
"""Seconds: a process imports FFmpeg, NumPy and OpenCV, which takes its time on a busy machine."""


class Lines:
    """A log that is kept."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, event: str, /, **_: Any) -> None:
        self.lines.append(event)

    warning = info


@contextmanager
def minded(
    cameras: dict[str, dict[str, Any]], watchers: dict[str, dict[str, Watcher]] | None = None, **how: Any
) -> Iterator[tuple[Heard, Supervisor, Lines]]:
    heard, log = Heard(), Lines()
    settings = CamerasSettings(cameras={name: CameraSettings(**said) for name, said in cameras.items()}, **how)
    supervisor = Supervisor(settings, watchers or {}, heard.publish, log, lambda: Backoff(0.2, 0.5))
    supervisor.start()
    try:
        yield heard, supervisor, log
    finally:
        supervisor.stop()
        assert not [each for each in psutil.Process().children(True) if "spawn_main" in " ".join(each.cmdline())]


def url(path: Path) -> dict[str, Any]:
    return {"url": str(path), "loop": True, "fps": 10.0}


def together(supervisor: Supervisor) -> list[tuple[str, ...]]:
    return sorted(group.cameras for group in supervisor.groups)


@pytest.mark.parametrize("what, told", [("exits", "exit code 7"), ("crashes", "SIGSEGV"), ("hangs", "hangs")])
def test_a_process_that_ends_or_hangs_costs_its_cameras_only(tmp_path: Path, what: str, told: str) -> None:
    """Two processes of two; a is bad. c, which is with it, comes back; b and d never stop."""
    file = clip(tmp_path / "a.mp4")
    cameras = {name: url(file) for name in "abcd"}
    with minded(cameras, {"a": {"bad": Misbehaves(what=what)}}, together=2, heartbeat=Quantity(3.0)) as found:
        heard, supervisor, log = found
        until(lambda: any(told in line for line in log.lines), "its end", PATIENCE)
        until(lambda: together(supervisor) == [("a",), ("b", "d"), ("c",)], "that it is alone", PATIENCE)
        at = {name: heard.pictures(name) for name in cameras}
        until(lambda: all(heard.pictures(name) > at[name] + 3 for name in cameras), "all of them again", PATIENCE)
        assert heard.states("a")[:2] == ["up", "down"]
        assert told in next(each["reason"] for each in heard.health["a"] if "process" in each["reason"])
        assert "down" not in heard.states("b") + heard.states("d")


def test_cameras_share_processes_evenly_and_none_holds_a_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rtsp_server: Callable[..., RtspServer]
) -> None:
    monkeypatch.setenv("CAMERA_USER", "keeper")
    monkeypatch.setenv("CAMERA_PASSWORD", "hush-hush")
    server = rtsp_server(user="keeper", password="hush-hush")
    secret = {"url": server.url, "user_env": "CAMERA_USER", "password_env": "CAMERA_PASSWORD"}
    cameras = {"a": secret, "b": url(clip(tmp_path / "a.mp4")), "c": url(tmp_path / "a.mp4")}
    with minded(cameras, {"b": {"bright": Bright()}}, together=2) as (heard, supervisor, log):
        until(lambda: all(heard.pictures(name) > 2 for name in cameras), "pictures", PATIENCE)
        assert together(supervisor) == [("a", "c"), ("b",)]
        assert heard.count["cameras/b/readings"] > 0
        shown = [" ".join(each.cmdline()) for each in psutil.Process().children(True) if each.pid != server_pid(server)]
        assert not any("hush" in each for each in [*shown, *log.lines, str(heard.health)])


def server_pid(server: RtspServer) -> int:
    assert server.process is not None
    return server.process.pid


_ALONE = """
import sys
from tests.cameras.test_supervisor import minded
if __name__ == "__main__":
    with minded({"a": {"url": sys.argv[1], "loop": True, "fps": 10.0}}) as (heard, supervisor, log):
        from tests.services.wait import until
        until(lambda: heard.pictures("a") > 1, "pictures", 90)
        print(supervisor.groups[0].process.pid, flush=True)
        until(lambda: False, "its end", 300)
"""


def test_processes_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "alone.py"
    script.write_text(_ALONE)
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    alone = subprocess.Popen(
        [sys.executable, str(script), str(clip(tmp_path / "a.mp4"))], stdout=subprocess.PIPE, env=environment
    )
    assert alone.stdout is not None
    with alone.stdout:
        pid = int(alone.stdout.readline())
    child = psutil.Process(pid)
    alone.send_signal(signal.SIGKILL)
    alone.wait()
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, "the end of its process")
