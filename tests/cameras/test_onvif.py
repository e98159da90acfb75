"""ONVIF: what a camera says of itself and of where it points, what is made of it, and that it costs no more."""

from __future__ import annotations

import logging
import math
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onvif", reason="needs gridwatch[cameras]")
from cameras.discovery import answers, discover
from cameras.onvif import OnvifCamera, OnvifFailed, Position, Preset, Profile, Status, without_user
from cameras.pointing import Asking, pointing
from cameras.scenes import Pointing
from cameras.settings import CameraSettings
from pipeline.backoff import Backoff
from tests.services.onvif_camera import Discoverable, OnvifServer
from tests.services.wait import until

Servers = Callable[..., OnvifServer]
ENVIRONMENT = {"DOME_USER": "watch", "DOME_PASSWORD": "s3cret&<>"}


# ---- what it says ----------------------------------------------------------------------------------------------------


def test_what_a_camera_says_of_itself(onvif_server: Servers) -> None:
    server = onvif_server(user="watch", password="s3cret&<>")
    with OnvifCamera("127.0.0.1", server.port, "watch", "s3cret&<>") as camera:
        assert camera.device() == ("gridwatch", "test dome", "1.0")
        assert camera.profiles() == [
            Profile("main", "main", "h264", 1920, 1080, 25.0, "rtsp://192.0.2.7:554/stream1", True),
            Profile("sub", "sub", "h264", 640, 360, 25.0, "rtsp://192.0.2.7:554/stream2", True),
        ]
        assert camera.presets("main") == [
            Preset("1", "Gate", Position(0, 0, 0)),
            Preset("2", "Yard", Position(0.5, -0.2, 0.1)),
        ]
        assert camera.status("main") == Status(Position(0, 0, 0), False)
        server.moving, server.place = "MOVING", (0.25, -0.1, 0.0)
        assert camera.status("main") == Status(Position(0.25, -0.1, 0), True)
        server.moving, server.place = None, None
        assert camera.status("main") == Status(None, None)


def test_a_camera_that_can_not_be_turned(onvif_server: Servers) -> None:
    with OnvifCamera("127.0.0.1", onvif_server(ptz=False).port) as camera:
        assert [each.ptz for each in camera.profiles()] == [False, False]
        assert camera.presets("main") == []
        with pytest.raises(OnvifFailed, match="says nothing of where it points"):
            camera.status("main")


@pytest.mark.parametrize(
    "behaves, password, said",
    [
        pytest.param("well", "wrong-one", "user or password is wrong", id="password"),
        pytest.param("rubbish", "s3cret", "ONVIF at ", id="rubbish"),
        pytest.param("silent", "s3cret", "no answer within 0.5 s", id="silent"),
    ],
)
def test_what_fails_is_told_without_secrets(
    onvif_server: Servers, behaves: str, password: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    server = onvif_server(user="watch", password="s3cret")
    server.behaves = behaves
    with caplog.at_level(logging.DEBUG), pytest.raises(OnvifFailed, match=said) as failed:
        OnvifCamera("127.0.0.1", server.port, "watch", password, patience=0.5).profiles()
    assert str(failed.value).startswith(f"ONVIF at 127.0.0.1:{server.port}: ")
    assert password not in str(failed.value) + caplog.text


def test_nobody_is_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(OnvifFailed, match=f"127.0.0.1:{port}"):
        OnvifCamera("127.0.0.1", port)


@pytest.mark.parametrize(
    "url, plain",
    [
        ("rtsp://admin:a@b@10.0.0.7:554/x?u=1", "rtsp://10.0.0.7:554/x?u=1"),
        ("rtsp://10.0.0.7/x", "rtsp://10.0.0.7/x"),
        ("rtsp://[::1", ""),
    ],
)
def test_an_address_without_user(url: str, plain: str) -> None:
    assert without_user(url) == plain


# ---- what is made of it ----------------------------------------------------------------------------------------------

GATE, YARD = Position(0.0, 0.0, 0.0), Position(0.5, -0.2, 0.1)
NEAR, FAR = Position(0.01, -0.01, 0.005), Position(0.2, 0.0, 0.0)


@pytest.mark.parametrize(
    "status, before, said",
    [
        pytest.param(Status(NEAR, False), NEAR, Pointing(7, False, "gate", frozenset({"road"})), id="at-a-preset"),
        pytest.param(Status(FAR, False), FAR, Pointing(7, False, "", frozenset({"road"})), id="at-none"),
        pytest.param(Status(GATE, True), GATE, Pointing(7, True, "gate", frozenset({"road"})), id="it-moves"),
        pytest.param(Status(GATE, None), FAR, Pointing(7, True, "gate", frozenset({"road"})), id="it-has-moved"),
        pytest.param(Status(GATE, None), None, Pointing(7, False, "gate", frozenset({"road"})), id="first-answer"),
        pytest.param(
            Status(None, True), None, Pointing(7, True, "", frozenset({"gate", "yard", "road"})), id="no-place"
        ),
        pytest.param(Status(None, None), GATE, None, id="nothing"),
    ],
)
def test_what_an_answer_means(status: Status, before: Position | None, said: Pointing | None) -> None:
    presets = {"gate": GATE, "yard": YARD, "road": None}
    assert pointing(7, status, before, presets, 0.02) == said


@pytest.mark.parametrize(
    "one, other, off",
    [
        pytest.param(GATE, YARD, 0.25, id="pan-of-its-range-of-two"),
        pytest.param(Position(-0.99, 0), Position(0.99, 0), 0.01, id="once-around"),
        pytest.param(Position(0, 0, 0.5), Position(0, 0, math.nan), 0.0, id="no-zoom-said"),
        pytest.param(Position(0, 0, 0.5), Position(0, 0, 0.2), 0.3, id="zoom"),
    ],
)
def test_how_far_apart(one: Position, other: Position, off: float) -> None:
    assert one.off(other) == pytest.approx(off)
    assert other.off(one) == pytest.approx(off)


# ---- asked again and again -------------------------------------------------------------------------------------------


def settings(port: int, **presets: dict[str, Any]) -> CameraSettings:
    return CameraSettings.model_validate(
        {
            "url": "rtsp://127.0.0.1:1/1",
            "user_env": "DOME_USER",
            "password_env": "DOME_PASSWORD",
            "onvif": {"host": "127.0.0.1", "port": port, "poll": "200ms"},
            "presets": presets or {"gate": {"token": "1"}, "yard": {"token": "2"}},
        }
    )


class Asked:
    """A camera that is asked."""

    def __init__(self, of: CameraSettings, environment: dict[str, str] = ENVIRONMENT) -> None:
        self.said: list[str] = []
        self.stopping = threading.Event()
        assert of.onvif is not None
        asking = Asking("dome", of, of.onvif, self.said.append, self.stopping, environment, Backoff(0.1, 0.2))
        self.pointing = asking.pointing
        self._thread = threading.Thread(target=asking.run)
        self._thread.start()

    def close(self) -> None:
        self.stopping.set()
        self._thread.join()


@pytest.fixture
def asked() -> Iterator[Callable[..., Asked]]:
    made: list[Asked] = []

    def make(*of: Any) -> Asked:
        made.append(Asked(*of))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_it_is_followed_as_it_turns(onvif_server: Servers, asked: Callable[..., Asked]) -> None:
    server = onvif_server(user="watch", password="s3cret&<>")
    camera = asked(settings(server.port))

    def at() -> tuple[str, bool]:
        said = camera.pointing()
        return ("silent", False) if said is None else (said.preset, said.moving)

    until(lambda: at() == ("gate", False), "the first preset")
    server.place, server.moving = (0.2, 0.0, 0.0), "MOVING"
    until(lambda: at() == ("", True), "that it moves")
    server.place, server.moving = (0.5, -0.2, 0.1), "IDLE"
    until(lambda: at() == ("yard", False), "the second preset")
    assert camera.said == []


def test_what_fails_is_told_once_and_comes_back(onvif_server: Servers, asked: Callable[..., Asked]) -> None:
    server = onvif_server(user="watch", password="s3cret&<>")
    server.behaves = "rubbish"
    camera = asked(settings(server.port))
    until(lambda: len(server.asked) > 6, "several attempts")
    assert camera.pointing() is None
    assert len(camera.said) == 1
    assert "its presets are known by the picture" in camera.said[0]
    server.behaves = "well"
    until(lambda: camera.pointing() is not None, "an answer")
    server.behaves = "rubbish"
    until(lambda: camera.pointing() is None, "that it is silent again")


def test_a_token_that_the_camera_does_not_have(onvif_server: Servers, asked: Callable[..., Asked]) -> None:
    server = onvif_server()
    camera = asked(settings(server.port, gate={"token": "9", "pictures": ["gate.jpg"]}, yard={"token": "2"}))
    until(lambda: camera.pointing() is not None, "an answer")
    assert camera.pointing() == Pointing(0, False, "", frozenset({"gate"}))
    assert camera.said == [
        "dome: presets.gate: the camera has no preset with the token '9'; it has: 1 (Gate), 2 (Yard)"
    ]


def test_a_variable_that_is_not_set(onvif_server: Servers, asked: Callable[..., Asked]) -> None:
    camera = asked(settings(onvif_server().port), {})
    until(lambda: bool(camera.said), "that it is told")
    assert "'DOME_USER' is not set" in camera.said[0]


# ---- discovery -------------------------------------------------------------------------------------------------------

MATCH = """<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">
<s:Header><a:RelatesTo>{message}</a:RelatesTo></s:Header><s:Body><d:ProbeMatches><d:ProbeMatch>
<a:EndpointReference><a:Address>urn:uuid:IDENTITY</a:Address></a:EndpointReference>
<d:Types>dn:NetworkVideoTransmitter</d:Types>
<d:Scopes>onvif://www.onvif.org/name/East%20gate onvif://www.onvif.org/hardware/DS-2DE onvif://www.onvif.org/type/ptz
</d:Scopes><d:XAddrs>http://[fe80::1]/onvif/device_service http://ADDRESS/onvif/device_service</d:XAddrs>
</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"""
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


def match(identity: str, address: str) -> str:
    return MATCH.replace("IDENTITY", identity).replace("ADDRESS", address)


def test_cameras_are_found_by_multicast() -> None:
    there = Discoverable(
        match("b", "10.0.0.8:8000"),
        match("a", "10.0.0.7"),
        match("a", "10.0.0.7"),  # cameras answer twice
        match("c", "10.0.0.9").replace("{message}", "uuid:another"),
        "rubbish",
        "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'/>",
    )
    try:
        found = discover(1.2, "127.0.0.1", there.group)
    finally:
        there.close()
    assert [(one.host, one.port, one.name, one.hardware) for one in found] == [
        ("10.0.0.7", 80, "East gate", "DS-2DE"),
        ("10.0.0.8", 8000, "East gate", "DS-2DE"),
    ]
    assert found[0].scopes[-1] == "onvif://www.onvif.org/type/ptz"
    assert found[0].address == "http://10.0.0.7/onvif/device_service"
    assert there.asked == 2  # the probe is sent twice


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\x00<", id="rubbish"),
        pytest.param(match("a", "10.0.0.7").replace("http://", "file://").encode(), id="no-address"),
        pytest.param(match("a", "10.0.0.7:99999999").replace("[fe80::1]", "[fe80").encode(), id="broken-addresses"),
        pytest.param(match("a", "10.0.0.7").replace("?>", f"?>{BOMB}").replace("{message}", "&b;").encode(), id="bomb"),
        pytest.param(match("a", "10.0.0.7").encode(), id="to-somebody-else"),
    ],
)
def test_what_is_no_answer(packet: bytes) -> None:
    assert answers(packet, "uuid:mine") == {}


# ---- a server that is not ours ---------------------------------------------------------------------------------------

GO2RTC = os.environ.get("GRIDWATCH_TEST_GO2RTC") or shutil.which("go2rtc")


@pytest.mark.service
@pytest.mark.skipif(GO2RTC is None, reason="go2rtc is missing: put it on the PATH, or set GRIDWATCH_TEST_GO2RTC")
def test_profiles_of_go2rtc(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    file = tmp_path / "go2rtc.yaml"
    file.write_text(
        f'api: {{listen: "127.0.0.1:{port}"}}\nrtsp: {{listen: "127.0.0.1:0"}}\nwebrtc: {{listen: ""}}\n'
        "streams: {gate: rtsp://127.0.0.1:1/x, yard: rtsp://127.0.0.1:1/y}\n"
    )
    server = subprocess.Popen([str(GO2RTC), "-c", str(file)], stdout=subprocess.DEVNULL)
    try:

        def answers_us() -> bool:
            with socket.socket() as link:
                return link.connect_ex(("127.0.0.1", port)) == 0

        until(answers_us, "go2rtc")
        with OnvifCamera("127.0.0.1", port) as camera:
            assert camera.device().model == "go2rtc"
            found = {each.token: each for each in camera.profiles()}
        assert set(found) == {"gate", "yard"}
        assert found["gate"].url is not None
        assert found["gate"].url.startswith("rtsp://")
        assert found["gate"].url.endswith("/gate")
    finally:
        server.kill()
        server.wait()
