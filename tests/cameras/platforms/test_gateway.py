"""A platform's gateway, asked over HTTP: what is sent, what is taken of its answers, what its refusals become."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from cameras.platforms.gateway import Gateway, GatewayFailed
from cameras.platforms.settings import OfPlatform, PlatformSettings, presets
from cameras.settings import CameraSettings
from tests.services.wvp import KEY, Wvp, wvp

__all__ = ["wvp"]
DEVICE, CHANNEL = "34020000001110000001", "34020000001310000003"
CAMERA = OfPlatform(name="city", values={"device": DEVICE, "channel": CHANNEL})


def settings(base: str, **more: Any) -> PlatformSettings:
    said = {"preset": "wvp", "base": base, "secrets": {"key": "WVP_KEY"}, "streams": 2}
    return PlatformSettings.model_validate(said | more)


def gateway(base: str, key: str = KEY, **more: Any) -> Gateway:
    return Gateway("city", settings(base, **more), {"WVP_KEY": key}, Path())


def test_a_stream_is_asked_for_and_ended(wvp: Callable[..., Wvp]) -> None:
    platform = wvp(lambda channel, n: f"rtsp://10.0.0.6:554/rtp/{channel}?ticket={n}")
    asked = gateway(platform.base)
    granted = asked.play(CAMERA)
    assert granted.url == f"rtsp://10.0.0.6:554/rtp/{CHANNEL}?ticket=1"
    assert platform.open == {CHANNEL}
    assert KEY not in repr(granted)
    asked.stop(granted)
    assert platform.open == set()
    assert platform.asked == [f"/api/play/start/{DEVICE}/{CHANNEL}", f"/api/play/stop/{DEVICE}/{CHANNEL}"]


@pytest.mark.parametrize(
    "change, said",
    [
        pytest.param({"refuse": {CHANNEL: (100, "点播超时")}}, "answered 100: 点播超时", id="refused"),
        pytest.param({"stream": lambda *_: "file:///etc/passwd"}, "expected an address such as rtsp://", id="a-file"),
        pytest.param({"stream": lambda *_: "concat:a|b"}, "expected an address such as rtsp://", id="a-trick"),
        pytest.param({"stream": lambda *_: None}, "there is none", id="none"),
        pytest.param({"stream": lambda *_: 7}, "expected an address", id="a-number"),
    ],
)
def test_what_is_no_stream_is_told(wvp: Callable[..., Wvp], change: dict[str, Any], said: str) -> None:
    platform = wvp()
    for name, value in change.items():
        setattr(platform, name, value)
    with pytest.raises(GatewayFailed, match=said):
        gateway(platform.base).play(CAMERA)


def test_a_wrong_key_is_told_without_the_key(wvp: Callable[..., Wvp]) -> None:
    with pytest.raises(GatewayFailed, match=r"answered 401: 请登录后重新请求 \*\*\*") as failed:
        gateway(wvp().base, "hush-wrong").play(CAMERA)
    assert "hush-wrong" not in str(failed.value)


def test_a_gateway_that_is_slow_away_or_none_at_all(wvp: Callable[..., Wvp]) -> None:
    platform = wvp()
    platform.slow.clear()
    with pytest.raises(GatewayFailed, match=r"did not answer within 0\.3 s"):
        gateway(platform.base, play={"timeout": "300ms"}).play(CAMERA)
    with socket.socket() as link:
        link.bind(("127.0.0.1", 0))
        port = link.getsockname()[1]
    with pytest.raises(GatewayFailed, match="nothing listens on"):
        gateway(f"http://127.0.0.1:{port}").play(CAMERA)
    with pytest.raises(GatewayFailed, match="answered 404"):
        gateway(platform.base, play={"path": "/elsewhere/{device}/{channel}"}, error={"code": "no_such"}).play(CAMERA)


def test_what_an_answer_says_is_kept_for_its_end(wvp: Callable[..., Wvp]) -> None:
    platform = wvp(lambda *_: "rtsp://10.0.0.6/x")
    play, stop = {"keep": {"session": "data.stream"}}, {"path": "/api/play/stop/any/{session}"}
    asked = gateway(platform.base, play=play, stop=stop)
    asked.stop(asked.play(CAMERA))
    assert (platform.asked[-1], platform.open) == (f"/api/play/stop/any/{CHANNEL}", set())
    with pytest.raises(GatewayFailed, match=r"expected 'data\.no_such' in its answer"):
        gateway(platform.base, play={"keep": {"session": "data.no_such"}}).play(CAMERA)


def test_a_value_stays_one_part_of_the_path(wvp: Callable[..., Wvp]) -> None:
    platform = wvp(lambda *_: "rtsp://10.0.0.6/x")
    odd = OfPlatform(name="city", values={"device": "../../admin?x=1", "channel": CHANNEL})
    gateway(platform.base).play(odd)
    assert platform.asked == [f"/api/play/start/..%2F..%2Fadmin%3Fx%3D1/{CHANNEL}"]


def test_zlmediakit_by_its_preset() -> None:
    said = {"preset": "zlmediakit", "base": "http://10.0.0.6", "streams": 4, "secrets": {"secret": "ZLM"}}
    zlm = PlatformSettings.model_validate(said | {"values": {"out": "rtsp://10.0.0.6:554"}})
    assert zlm.lacking(["stream", "from"]) == []
    assert zlm.lacking(["stream"]) == ["from"]
    values = {"secret": "s", "stream": "gate", "from": "rtsp://u:p@10.0.0.7/1", "out": "rtsp://10.0.0.6:554"}
    path, query, _ = zlm.play.filled(values)
    assert (path, query["url"], query["stream"]) == ("/index/api/addStreamProxy", "rtsp://u:p@10.0.0.7/1", "gate")
    assert zlm.play.url[0].format_map(values) == "rtsp://10.0.0.6:554/gridwatch/gate"
    shown = OfPlatform(name="zlm", values={"stream": "gate", "from": "rtsp://u:p@10.0.0.7/1"}).shown
    assert shown == "platform zlm (gate)", "an address may hold a password"


@pytest.mark.parametrize("name", sorted(presets()))
def test_a_preset_lacks_nothing_but_what_is_a_platforms_own(name: str) -> None:
    made = PlatformSettings.model_validate({"preset": name, "base": "https://10.0.0.5", "streams": 1})
    assert made.stop is not None
    assert made.error is not None


@pytest.mark.parametrize(
    "change, said",
    [
        pytest.param({"preset": "wpv"}, "did you mean 'wvp'?", id="no-preset"),
        pytest.param({"base": "rtsp://10.0.0.5"}, "expected an address such as 'https", id="base"),
        pytest.param({"base": "http://u:p@10.0.0.5"}, "without password", id="a-password"),
        pytest.param({"streams": 0}, "greater than or equal to 1", id="no-streams"),
        pytest.param({"play": {"path": "/{a.b}"}}, "names in braces", id="a-template"),
        pytest.param({"play": {"url": ["rtsp://x/{key}"]}}, "expected no secret", id="a-secret-told"),
    ],
)
def test_what_a_platform_may_not_be(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said.replace("?", r"\?")):
        settings(**{"base": "http://10.0.0.5", **change})


@pytest.mark.parametrize(
    "camera",
    [
        pytest.param({}, id="neither"),
        pytest.param({"url": "rtsp://10.0.0.7/1", "platform": {"name": "city"}}, id="both"),
    ],
)
def test_a_camera_has_an_address_or_a_platform(camera: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="expected 'url', or 'platform'"):
        CameraSettings.model_validate(camera)


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(ValueError, match=r"secrets\.key: the environment variable 'WVP_KEY' is not set"):
        Gateway("city", settings("http://10.0.0.5"), {}, Path())
