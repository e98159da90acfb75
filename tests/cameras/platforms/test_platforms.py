"""Cameras of a platform at work: real processes, a real RTSP server, and never more streams than the platform gives."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("av", reason="needs gridwatch[cameras]")
from cameras.platforms.doorman import Count
from cameras.platforms.running import Platforms
from cameras.platforms.settings import PlatformSettings
from cameras.settings import CameraSettings, CamerasSettings
from cameras.supervisor import Supervisor
from cameras.watcher import Watcher
from pipeline.backoff import Backoff
from tests.cameras.fakes import Bright
from tests.cameras.test_supervisor import Lines
from tests.cameras.test_worker import Heard
from tests.services.rtsp import RtspServer, rtsp_server
from tests.services.wait import until
from tests.services.wvp import KEY, Wvp, wvp

__all__ = ["rtsp_server", "wvp"]
pytestmark = [pytest.mark.service, pytest.mark.timeout(240)]
PATIENCE = 120.0


def channel(n: int) -> str:
    return f"3402000000131{n:07}"


def cameras(count: int, **more: Any) -> dict[str, CameraSettings]:
    made = {}
    for n in range(count):
        of = {"name": "city", "values": {"device": "34020000001110000001", "channel": channel(n)}}
        made[f"c{n}"] = CameraSettings.model_validate({"platform": of, "fps": 5, "stall": "5s", **more})
    return made


@contextmanager
def at_work(
    platform: Wvp, of: dict[str, CameraSettings], together: int = 4, **more: Any
) -> Iterator[tuple[Heard, Platforms, Supervisor, Lines]]:
    said = {"preset": "wvp", "base": platform.base, "secrets": {"key": "WVP_KEY"}, "turn": "1s", "linger": "1s", **more}
    section = {"city": PlatformSettings.model_validate(said)}
    heard, log = Heard(), Lines()
    gates = Platforms({"WVP_KEY": KEY}, Path(), log)
    gates.change(section, {name: each.platform for name, each in of.items() if each.platform}, gates.make(section))
    watchers: dict[str, dict[str, Watcher]] = {name: {"bright": Bright()} for name in of}
    settings = CamerasSettings(cameras=of, together=together)
    minded = Supervisor(settings, watchers, heard.publish, log, backoff=lambda: Backoff(0.1, 0.5), gates=gates)
    minded.start()
    try:
        yield heard, gates, minded, log
    finally:
        minded.stop()
        gates.stop()


def doing(gates: Platforms) -> Count:
    return gates.counts()["city"]


def test_ten_cameras_take_turns_in_three_streams(
    wvp: Callable[..., Wvp], rtsp_server: Callable[..., RtspServer]
) -> None:
    server = rtsp_server()
    platform = wvp(lambda *_: server.url)
    of = cameras(10)
    with at_work(platform, of, streams=3) as (heard, gates, _, log):
        until(lambda: all(heard.pictures(name) for name in of), "pictures of all", PATIENCE)
        until(lambda: min(platform.plays[channel(n)] for n in range(10)) >= 2, "second turns of all", PATIENCE)
        assert doing(gates).most == 3
        until(lambda: doing(gates).waiting >= 5, "that the others wait")
        assert doing(gates).longest >= 0
        assert "down" not in {each["state"] for name in of for each in heard.health[name][-1:]}, log.lines
    assert platform.most == 3
    assert platform.open == set(), "all are ended"


def test_snapshots_take_turns_too(wvp: Callable[..., Wvp], rtsp_server: Callable[..., RtspServer]) -> None:
    server = rtsp_server()
    platform = wvp(lambda *_: server.url)
    of = cameras(5, fps=None, every="1s")
    with at_work(platform, of, streams=1) as (heard, _gates, _, _):
        until(lambda: all(heard.pictures(name) >= 2 for name in of), "two pictures of each", PATIENCE)
    assert platform.most == 1
    assert doing_nothing(platform)


def doing_nothing(platform: Wvp) -> bool:
    return platform.open == set()


def test_an_address_that_has_expired_is_asked_for_again(
    wvp: Callable[..., Wvp], rtsp_server: Callable[..., RtspServer]
) -> None:
    """Each playing has a ticket of its own, and the first server is killed: what was given for it leads nowhere."""
    servers = [rtsp_server(), rtsp_server()]
    platform = wvp(lambda _, n: f"{servers[min(n, 2) - 1].url}?ticket={n}")
    with at_work(platform, cameras(1), streams=1) as (heard, gates, _, log):
        until(lambda: heard.pictures("c0") > 3, "pictures", PATIENCE)
        servers[0].kill()
        until(lambda: heard.states("c0")[-1] in ("down", "stalled"), "that it broke", PATIENCE)
        until(lambda: heard.states("c0")[-1] == "up", "that it is back", PATIENCE)
        assert platform.plays[channel(0)] == 2
        assert doing(gates).given == 2
        told = " ".join([*log.lines, json.dumps(heard.health, ensure_ascii=False)])
    assert platform.most == 1
    assert "platform city (34020000001110000001" in told
    assert ("ticket" in told, KEY in told) == (False, False)


def test_what_a_platform_refuses_is_told_and_asked_for_again(
    wvp: Callable[..., Wvp], rtsp_server: Callable[..., RtspServer]
) -> None:
    server = rtsp_server()
    platform = wvp(lambda *_: server.url)
    platform.refuse[channel(0)] = (100, "设备离线")
    with at_work(platform, cameras(2), streams=1) as (heard, gates, _, log):
        until(lambda: heard.pictures("c1") > 3, "the other's pictures", PATIENCE)
        until(lambda: "设备离线" in heard.health["c0"][-1]["reason"], "its words")
        assert any("answered 100: 设备离线" in line for line in log.lines)
        del platform.refuse[channel(0)]
        until(lambda: heard.pictures("c0"), "its pictures", PATIENCE)
        assert doing(gates).refused >= 1
    assert platform.most == 1


def test_a_stream_that_is_not_ended_counts_for_a_while(
    wvp: Callable[..., Wvp], rtsp_server: Callable[..., RtspServer]
) -> None:
    server = rtsp_server()
    platform = wvp(lambda *_: server.url)
    platform.stops = False
    with at_work(platform, cameras(2), streams=1, linger="3s") as (_heard, gates, _, log):
        until(lambda: doing(gates).unstopped, "that one is not ended", PATIENCE)
        at = time.monotonic()
        until(lambda: len(platform.plays) == 2, "the other's turn", PATIENCE)
        assert time.monotonic() - at > 1.5, "it waited for the platform to end what nobody reads"
        assert any("can't be ended" in line for line in log.lines)


def test_a_stream_is_kept_alive_while_it_is_looked_at(
    wvp: Callable[..., Wvp], rtsp_server: Callable[..., RtspServer]
) -> None:
    server = rtsp_server()
    platform = wvp(lambda *_: server.url)
    with at_work(platform, cameras(1), streams=1, alive={"path": "/api/alive/{channel}", "every": "1s"}) as (heard, *_):
        until(lambda: platform.asked.count(f"/api/alive/{channel(0)}") >= 3, "that it is told so", PATIENCE)
        assert heard.pictures("c0")
    assert platform.asked[-1].startswith("/api/play/stop/")


def test_a_process_that_dies_leaves_its_places(wvp: Callable[..., Wvp], rtsp_server: Callable[..., RtspServer]) -> None:
    server = rtsp_server()
    platform = wvp(lambda *_: server.url)
    with at_work(platform, cameras(2), streams=2, together=1) as (heard, _gates, minded, _):
        until(lambda: all(heard.pictures(name) > 2 for name in ("c0", "c1")), "pictures of both", PATIENCE)
        process = minded.groups[0].process
        assert process is not None
        process.kill()
        until(lambda: min(platform.plays.values()) >= 1 and sum(platform.plays.values()) >= 3, "a new stream", PATIENCE)
        before = heard.pictures("c0") + heard.pictures("c1")
        until(lambda: heard.pictures("c0") + heard.pictures("c1") > before + 5, "more pictures", PATIENCE)
    assert platform.most == 2
    assert platform.open == set()


def test_a_quota_that_is_changed_counts_at_once_and_nothing_is_opened_twice(
    wvp: Callable[..., Wvp], rtsp_server: Callable[..., RtspServer]
) -> None:
    server = rtsp_server()
    platform = wvp(lambda *_: server.url)
    of = cameras(3)
    with at_work(platform, of, streams=1) as (heard, gates, minded, _):
        until(lambda: sum(heard.count.values()) > 3, "pictures", PATIENCE)
        said = {"preset": "wvp", "base": platform.base, "secrets": {"key": "WVP_KEY"}, "turn": "60s", "streams": 3}
        section = {"city": PlatformSettings.model_validate(said)}
        kept = {name: each.platform for name, each in of.items() if each.platform}
        gates.change(section, kept, gates.make(section))
        until(lambda: len(platform.open) == 3, "all three", PATIENCE)
        played = sum(platform.plays.values())
        del kept["c0"]
        gates.change(section, kept, gates.make(section))
        rest = {name: of[name] for name in kept}
        minded.change(CamerasSettings(cameras=rest, together=4), {name: {"bright": Bright()} for name in rest})
        until(lambda: platform.open == {channel(1), channel(2)}, "that the one is ended", PATIENCE)
        assert sum(platform.plays.values()) == played
    assert threading.active_count() < 50
