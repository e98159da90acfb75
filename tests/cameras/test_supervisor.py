"""Processes of cameras: what crashes, exits or hangs comes back, and costs nobody else for long."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import psutil
import pytest

pytest.importorskip("av", reason="needs gridwatch[cameras]")
from cameras.confine import MEMORY
from cameras.settings import CameraSettings, CamerasSettings
from cameras.supervisor import Group, Supervisor
from cameras.watcher import Watcher
from cameras.words import Words
from pipeline.backoff import Backoff
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
    cameras: dict[str, dict[str, Any]],
    watchers: dict[str, dict[str, Watcher]] | None = None,
    environment: Mapping[str, str] = os.environ,
    **how: Any,
) -> Iterator[tuple[Heard, Supervisor, Lines]]:
    heard, log = Heard(), Lines()
    settings = CamerasSettings(cameras={name: CameraSettings(**said) for name, said in cameras.items()}, **how)
    backoff = partial(Backoff, 0.2, 0.5)
    supervisor = Supervisor(settings, watchers or {}, heard.publish, log, backoff, environment=environment)
    supervisor.start()
    try:
        yield heard, supervisor, log
    finally:
        supervisor.stop()
        assert workers() == []


def workers() -> list[psutil.Process]:
    """The processes of cameras that we have."""
    found = []
    for each in psutil.Process().children(True):
        with suppress(psutil.NoSuchProcess):  # it has just ended
            if "cameras.working" in each.cmdline():
                found.append(each)
    return found


def of(cameras: dict[str, dict[str, Any]]) -> CamerasSettings:
    return CamerasSettings(cameras={name: CameraSettings(**said) for name, said in cameras.items()})


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


def test_a_process_has_no_more_than_its_cameras_need(tmp_path: Path) -> None:
    """Of the environment only what its own cameras name; no core dump, no new rights, and bounded memory."""
    file = str(clip(tmp_path / "a.mp4"))
    cameras = {
        "a": {"url": file, "loop": True, "user_env": "USER_OF_A", "password_env": "PASSWORD_OF_A"},
        "b": {"url": file, "loop": True, "password_env": "PASSWORD_OF_B"},
    }
    secrets = {"USER_OF_A": "a", "PASSWORD_OF_A": "hush-a", "PASSWORD_OF_B": "hush-b", "BROKER_PASSWORD": "hush-hush"}
    with minded(cameras, together=1, environment={**os.environ, **secrets}) as (heard, _, log):
        until(lambda: all(heard.pictures(name) > 0 for name in cameras), "pictures", PATIENCE)
        held = [{name for name in secrets if name in each.environ()} for each in workers()]
        assert sorted(held, key=len) == [{"PASSWORD_OF_B"}, {"USER_OF_A", "PASSWORD_OF_A"}]
        assert "hush" not in " ".join(word for each in workers() for word in each.cmdline())
        for each in workers():
            status = Path(f"/proc/{each.pid}/status").read_text()
            assert "NoNewPrivs:\t1" in status
            assert each.rlimit(psutil.RLIMIT_CORE) == (0, 0)
            used = int(next(line for line in status.splitlines() if line.startswith("VmData")).split()[1]) * 1024
            assert used < MEMORY / 4
        assert log.lines


def test_cameras_that_did_not_change_go_on_untouched(tmp_path: Path) -> None:
    file = clip(tmp_path / "a.mp4")
    cameras = {name: url(file) for name in "abcd"}
    with minded(cameras) as (heard, supervisor, _):
        until(lambda: all(heard.pictures(name) > 1 for name in cameras), "pictures", PATIENCE)
        (first,) = workers()
        changed = of({"a": url(file), "b": {**url(file), "fps": 4.0}, "c": url(file), "e": url(file)})
        supervisor.change(changed, {})
        until(lambda: heard.pictures("e") > 1, "the new one", PATIENCE)
        assert first in workers()
        assert together(supervisor) == [("a", "c"), ("b", "e")]
        for name in "ac":
            assert "down" not in heard.states(name)[heard.states(name).index("up") :]
        assert "the configuration has it no more" in heard.health["d"][-1]["reason"]
        at = {name: heard.pictures(name) for name in "abcd"}
        until(lambda: all(heard.pictures(name) > at[name] + 5 for name in "abc"), "more of them", PATIENCE)
        assert heard.pictures("d") == at["d"]
        supervisor.change(of({"b": {**url(file), "fps": 4.0}}), {})
        until(lambda: first not in workers(), "the end of a process without cameras", PATIENCE)


def test_a_process_that_can_not_be_started_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "not-there"))
    with minded({"a": url(clip(tmp_path / "a.mp4"))}) as (heard, _, log):
        until(lambda: any("can't be started (No such file" in line for line in log.lines), "why")
        monkeypatch.undo()
        until(lambda: heard.pictures("a") > 1, "pictures", PATIENCE)
        assert heard.states("a")[0] == "down"


@pytest.mark.parametrize(
    "said, published",
    [
        pytest.param(b"cameras/a/sightings\n{}", True, id="its-own"),
        pytest.param(b"cameras/a/evidence\n{}", True, id="evidence"),
        pytest.param(b"cameras/b/sightings\n{}", False, id="another-camera"),
        pytest.param(b"fleet/truck-1/gps\n{}", False, id="not-a-camera"),
        pytest.param(b"cameras/a/orders\n{}", False, id="what-no-camera-says"),
        pytest.param(b"cameras/a/x/sightings\n{}", False, id="deeper"),
        pytest.param(b"cameras/+/sightings\n{}", False, id="a-wildcard"),
        pytest.param(b"\xff\xfe\n{}", False, id="not-text"),
        pytest.param(b"nonsense", False, id="no-line"),
        pytest.param(b"", False, id="a-beat"),
    ],
)
def test_what_a_process_says_is_only_ever_about_its_cameras(said: bytes, published: bool) -> None:
    heard: list[str] = []
    log = Lines()
    supervisor = Supervisor(of({"a": {"url": "x"}}), {}, lambda topic, _: heard.append(topic), log)
    ours, theirs = Pipe()
    with theirs:
        theirs.send_bytes(said)
        theirs.send_bytes(b"\nits own words \x1b[31m" + b"x" * 9999)
    supervisor._read(Group(("a",), Backoff()), ours, Words(log.info, time.monotonic))
    assert heard == ([said.partition(b"\n")[0].decode()] if published else [])
    assert log.lines[0].startswith("its own words  [31m")


_ALONE = """
import sys
import time
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
