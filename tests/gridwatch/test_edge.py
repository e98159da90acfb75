"""`gridwatch camera --config`: a real command, a real broker, a real RTSP server; and the whole loop to a case."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import psutil
import pytest

pytest.importorskip("av", reason="needs gridwatch[cameras]")
import av

from cases.store import FILE, Store
from tests.cameras.clips import clip
from tests.cameras.drawn import BOX, Stays, Street
from tests.services.edge import Edge, listening
from tests.services.mosquitto import UNLIMITED, Mosquitto, free_port, own_mosquitto
from tests.services.process import Run, gridwatch
from tests.services.rtsp import RtspServer, rtsp_server
from tests.services.wait import until
from tests.services.wvp import KEY, Wvp, wvp

__all__ = ["own_mosquitto", "rtsp_server", "wvp"]

pytestmark = [pytest.mark.service, pytest.mark.timeout(150)]

PATIENCE = 60.0
"""Seconds: processes that import FFmpeg, NumPy and OpenCV take their time on a busy machine."""


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Callable[..., Edge]]:
    """Starts edge boxes in one folder; ends them afterwards."""
    made: list[Edge] = []

    def start(said: dict[str, Any] | None = None, **environment: str) -> Edge:
        if said is not None:
            write(tmp_path / "edge.yaml", said)
        made.append(Edge(tmp_path / "edge.yaml", tmp_path / f"edge-{len(made)}.log", {**os.environ, **environment}))
        return made[-1]

    yield start
    for each in made:
        each.end()


def write(file: Path, said: dict[str, Any]) -> None:
    file.write_text(json.dumps(said), "utf-8")  # JSON is YAML


def said(broker: Mosquitto, cameras: dict[str, Any], **publish: Any) -> dict[str, Any]:
    where = {"host": broker.host, "port": broker.port, "client_id": "edge", **publish}
    return {"cameras": cameras, "publish": where, "metrics": {"port": 0}}


def looped(file: Path, **more: Any) -> dict[str, Any]:
    return {"url": str(file), "loop": True, "fps": 10.0, "watchers": {"scene_health": {}}, **more}


def with_passwords(folder: Path) -> tuple[str, ...]:
    """Lines of a broker's configuration that let in only who knows the password."""
    file = folder / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(file), "edge", "hush-broker"], check=True, timeout=20)
    return (*UNLIMITED, f"password_file {file}")


def test_what_a_camera_sees_arrives_and_no_password_is_anywhere(
    tmp_path: Path,
    own_mosquitto: Callable[..., Mosquitto],
    rtsp_server: Callable[..., RtspServer],
    edge: Callable[..., Edge],
) -> None:
    """Not in messages, logs, metrics, the process list, or files; nor where the camera then refuses us."""
    broker = own_mosquitto(lines=with_passwords(tmp_path), anonymous=False)
    server = rtsp_server(user="keeper", password="hush-camera")
    camera = {
        "url": server.url,
        "user_env": "CAMERA_USER",
        "password_env": "CAMERA_PASSWORD",
        "stall": "2s",
        "watchers": {"static_object": {}, "scene_health": {}},
    }
    wrong = {**camera, "password_env": "OTHER_PASSWORD"}
    secret = {"username_env": "BROKER_USER", "password_env": "BROKER_PASSWORD"}
    environment = {
        "CAMERA_USER": "keeper",
        "CAMERA_PASSWORD": "hush-camera",
        "OTHER_PASSWORD": "hush-wrong",
        "BROKER_USER": "edge",
        "BROKER_PASSWORD": "hush-broker",
    }
    with listening(broker, "edge", "hush-broker") as heard:
        run = edge(said(broker, {"gate": camera, "wrong": wrong}, **secret), **environment)

        def all_of_it() -> bool:
            run.lives()
            return len(heard.times("gate")) > 3 and bool(heard.of("wrong", "health"))

        until(all_of_it, "pictures", PATIENCE)
        assert heard.of("gate", "readings")[0]["about"] == "gate"
        until(lambda: any("user" in each["reason"] for each in heard.of("wrong", "health")), "that it is refused")
        words = [word for each in psutil.Process(run.process.pid).children(True) for word in each.cmdline()]
        words += psutil.Process(run.process.pid).cmdline()
        numbers = run.metrics()
        assert numbers['gridwatch_camera_state{camera="gate",state="up"}'] == 1.0
        assert numbers['gridwatch_camera_state{camera="wrong",state="down"}'] == 1.0
        assert numbers['gridwatch_camera_looked_total{camera="gate"}'] > 3
        server.kill()
        until(lambda: heard.states("gate")[-1] in ("down", "stalled"), "its end", PATIENCE)
        run.stop()
    kept = b"".join(file.read_bytes() for file in (tmp_path / "var").rglob("*") if file.is_file())
    for secret_word in ("hush-camera", "hush-wrong", "hush-broker"):
        assert secret_word not in " ".join([*words, run.said, *map(str, numbers), str(heard.messages)])
        assert secret_word.encode() not in kept


def test_while_the_link_is_cut_messages_wait_and_all_arrive_in_order(
    tmp_path: Path, own_mosquitto: Callable[..., Mosquitto], edge: Callable[..., Edge]
) -> None:
    """The broker goes, then the edge box is killed, and comes back before the broker does: each picture that was looked
    at arrives, in order."""
    keeps = ("persistence true", f"persistence_location {tmp_path}/")
    broker, looked = own_mosquitto(lines=(*UNLIMITED, *keeps)), 'gridwatch_camera_looked_total{camera="a"}'
    with listening(broker) as heard:
        first = edge(said(broker, {"a": looped(clip(tmp_path / "a.mp4"))}))
        until(lambda: len(heard.times("a")) > 5, "pictures", PATIENCE)
        broker.stop()
        until(lambda: first.metrics()["gridwatch_publish_connected"] == 0.0, "that the link is down")
        at = first.metrics()[looked]
        until(lambda: first.metrics()[looked] > at + 20, "some that wait")
        (worker,) = first.workers()
        worker.suspend()
        until(lambda: first.metrics()[looked] == first.metrics()[looked], "that no more come", every=0.3)
        before = round(first.metrics()[looked])
        assert first.metrics()["gridwatch_publish_waiting_bytes"] > 20 * 60
        first.kill()
        until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE, "the end of its process")

        second = edge(said(broker, {"a": {"url": str(tmp_path / "a.mp4"), "fps": 10.0}}))  # 50 pictures, once
        until(lambda: "the recording has ended" in health(second), "the end of the clip", PATIENCE)
        after = round(second.metrics()[looked])
        broker.start()
        until(lambda: len(heard.times("a")) >= before + after, "all of them", PATIENCE)
        second.stop()
        times = heard.times("a")
    assert len(times) == before + after
    assert times == sorted(times)
    assert "messages wait in" in second.said


def health(run: Edge) -> str:
    """What waits in the spool of an edge box, as text."""
    return b"".join(file.read_bytes() for file in (run.log.parent / "var").rglob("*.spool")).decode("utf-8", "replace")


def test_what_changes_is_begun_anew_and_the_rest_goes_on(
    tmp_path: Path, own_mosquitto: Callable[..., Mosquitto], edge: Callable[..., Edge]
) -> None:
    broker, file = own_mosquitto(), clip(tmp_path / "a.mp4")
    with listening(broker) as heard:
        run = edge(said(broker, {"a": looped(file), "b": looped(file)}))
        until(lambda: all(len(heard.times(name)) > 3 for name in "ab"), "pictures", PATIENCE)
        (worker,) = run.workers()

        write(tmp_path / "edge.yaml", said(broker, {"a": looped(file), "b": looped(file, fps=3.0, zonse={})}))
        run.process.send_signal(signal.SIGHUP)
        until(lambda: "did you mean 'zones'?" in run.said, "the fault")
        assert "the cameras stay as they were" in run.said

        other = own_mosquitto()
        write(tmp_path / "edge.yaml", said(other, {"a": looped(file), "c": looped(file)}))
        with listening(other) as there:
            run.process.send_signal(signal.SIGHUP)
            until(lambda: all(len(there.times(name)) > 3 for name in "ac"), "pictures at the other broker", PATIENCE)
            assert worker in run.workers(), "the process of a goes on"
            until(lambda: there.of("b", "health"), "that b is no more")
            assert "down" not in [each["state"] for each in there.of("a", "health")]
            assert min(there.times("a")) > max(heard.times("a"))
            step = min(there.times("a")) - max(heard.times("a"))
            assert step < 1.0, f"a went on without a gap of {step:.1f} s"

            worker.send_signal(signal.SIGKILL)
            until(lambda: "down" in there.states("a"), "that its process has ended")
            until(lambda: there.states("a")[-1] == "up", "that it comes back", PATIENCE)
            assert "signal SIGKILL" in str(there.of("a", "health"))
            run.stop()


FAULTS: dict[str, tuple[dict[str, Any], int, str]] = {
    "a-variable": ({"publish": {"username_env": "NOBODY_SET_THIS"}}, 3, "'NOBODY_SET_THIS' is not set"),
    "a-cameras-variable": ({"camera": {"user_env": "NOR_THIS"}}, 3, "cameras.a.user_env: the environment variable"),
    "a-model": ({"watcher": {"object_detector": {"model": "not_there.onnx"}}}, 3, "there is no such model"),
    "a-ca": ({"publish": {"tls": {"ca": "not-there.pem"}}}, 3, "there is no file"),
    "a-key": ({"publish": {"password": "hush"}}, 1, "publish.password   unknown key; did you mean 'password_env'?"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_keeps_it_from_starting_is_said_plainly(tmp_path: Path, edge: Callable[..., Edge], fault: str) -> None:
    different, code, told = FAULTS[fault]
    camera = {
        "url": str(clip(tmp_path / "a.mp4")),
        "watchers": different.get("watcher", {}),
        **different.get("camera", {}),
    }
    publish = {"host": "127.0.0.1", "port": free_port(), "client_id": "e", **different.get("publish", {})}
    run = edge({"cameras": {"a": camera}, "publish": publish})
    assert run.process.wait(PATIENCE) == code
    assert told in run.said
    assert "hush" not in run.said
    assert "Traceback" not in run.said


CITY: dict[str, Any] = {
    "city": "test",
    "time_zone": "UTC",
    "metrics": None,
    "streams": {
        "sightings": {
            "source": "edge",
            "topic": "cameras/{camera}/sightings",
            "codec": "sightings",
            "unknown": "accept",
            "labels": ["object"],
            "gap": "30s",
        }
    },
    "rules": [
        {
            "id": "left-object",
            "detector": "stationary",
            "category": "street.left_object",
            "parameters": {"still": "2s", "labels": ["object"]},
        }
    ],
}


def centre(folder: Path, broker: Mosquitto, **more: Any) -> Path:
    """A city that listens to cameras. Returns its folder."""
    folder.mkdir(exist_ok=True)
    source = {
        "type": "mqtt",
        "host": broker.host,
        "port": broker.port,
        "client_id": "centre",
        "subscribe": ["cameras/+/sightings"],
    }
    write(folder / "city.yaml", {**CITY, "sources": {"edge": source}, **more})
    return folder


def bag(path: Path) -> Path:
    """A street in which something is put down after 5 s, for 9 s; 4 pictures a second."""
    frames = Street(320, 180).film(14.0, every=0.25, things=[Stays((0.5, 0.8), BOX, since=5.0)])
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("libx264", rate=4)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        stream.time_base = Fraction(1, 4)
        for n, frame in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(frame.image, format="bgr24")
            picture.pts = n
            out.mux(stream.encode(picture))
        out.mux(stream.encode())
    return path


def found(city: Path) -> bool:
    """Whether there is a case."""
    file = city / "var" / FILE
    if not file.exists():
        return False
    with Store(file, read_only=True) as store:
        return bool(store.list())


def cases(city: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gridwatch("cases", "list", "--config", city, "--json").splitlines()]


WATCHED = {"fps": 4.0, "watchers": {"static_object": {"learn": "2s", "settle": "1s"}}}


@pytest.mark.slow
def test_from_an_edge_box_to_a_case(
    tmp_path: Path, own_mosquitto: Callable[..., Mosquitto], edge: Callable[..., Edge]
) -> None:
    """Edge box, broker, centre: a bag that is left in a street is a case, and evidence of it is kept at the edge."""
    broker = own_mosquitto()
    city = centre(tmp_path / "centre", broker)
    run = Run(city, tmp_path / "centre.log")
    try:
        run.connected()
        config = said(broker, {"north-gate": {"url": str(bag(tmp_path / "bag.mp4")), **WATCHED}})
        when = {"left": {"labels": ["object"], "still": "2s"}}
        config["evidence"] = {
            "store": "kept",
            "faces": {"none": "drawn by a test: nobody is in it"},
            "clip": False,
            "when": when,
        }
        with listening(broker) as heard:
            edge(config)
            until(lambda: found(city), "the case", PATIENCE, every=0.2)
            until(lambda: heard.of("north-gate", "evidence"), "what was kept", PATIENCE)
        (kept,) = heard.of("north-gate", "evidence")
        assert kept["files"]
        assert [file for file in (tmp_path / "kept").rglob("*.jpg") if file.stat().st_size > 1000]
        (case,) = cases(city)
        assert (case["rule"], case["subject"]) == ("left-object", "north-gate")
        run.stop()
    finally:
        run.end()


@pytest.mark.slow
def test_a_city_runs_its_own_cameras_whatever_becomes_of_them(
    tmp_path: Path, own_mosquitto: Callable[..., Mosquitto]
) -> None:
    """First it says what is missing, then what is wrong; then it finds the bag. The city goes on all the while."""
    broker = own_mosquitto()
    cameras = {"north-gate": {"url": str(bag(tmp_path / "bag.mp4")), **WATCHED}}
    publish = {"host": broker.host, "port": broker.port, "client_id": "edge"}
    city = centre(tmp_path / "city", broker, cameras=cameras)
    before = set(psutil.Process().children(recursive=True))
    run = Run(city, tmp_path / "city.log")
    try:
        run.connected()
        until(lambda: "the cameras are not run: there is no section 'publish'" in run.said, "what to add")

        absent = {"north-gate": {**cameras["north-gate"], "watchers": {"object_detector": {"model": "x.onnx"}}}}
        centre(city, broker, cameras=absent, publish=publish)
        run.process.send_signal(signal.SIGHUP)
        until(lambda: "there is no such model" in run.said, "the model that is missing")

        centre(city, broker, cameras=cameras, publish=publish)
        run.process.send_signal(signal.SIGHUP)
        until(lambda: found(city), "the case", PATIENCE, every=0.2)
        run.stop()
        assert set(psutil.Process().children(recursive=True)) <= before, "nothing of it is left"
    finally:
        run.end()


def test_cameras_of_a_platform_take_turns_and_follow_a_reload(
    tmp_path: Path,
    own_mosquitto: Callable[..., Mosquitto],
    rtsp_server: Callable[..., RtspServer],
    wvp: Callable[..., Wvp],
    edge: Callable[..., Edge],
) -> None:
    """Four cameras by one stream, then by two; the platform's key is in nothing that is told or kept."""
    broker, server = own_mosquitto(), rtsp_server()
    platform = wvp(lambda channel, n: f"{server.url}?ticket=hush-{channel}-{n}")

    def of(*names: str, streams: int, **more: Any) -> dict[str, Any]:
        section = {"preset": "wvp", "base": platform.base, "secrets": {"key": "WVP_KEY"}, "turn": "1s", **more}
        cameras = {}
        for name in names:
            whose = {"name": "city", "values": {"device": "d", "channel": name}}
            cameras[name] = {"platform": whose, "fps": 5, "watchers": {"scene_health": {}}}
        return said(broker, cameras) | {"platforms": {"city": {**section, "streams": streams}}}

    with listening(broker) as heard:
        run = edge(of("a", "b", "c", "d", streams=1), WVP_KEY=KEY)
        until(lambda: all(heard.times(name) for name in "abcd"), "pictures of all", PATIENCE)
        numbers = run.metrics()
        assert numbers['gridwatch_platform_quota{platform="city"}'] == 1
        assert numbers['gridwatch_platform_asked_total{platform="city",result="given"}'] >= 4
        assert platform.most == 1

        write(tmp_path / "edge.yaml", of("a", "b", streams=2, secrets={"key": "NOBODY_SET_THIS"}))
        run.process.send_signal(signal.SIGHUP)
        until(lambda: "'NOBODY_SET_THIS' is not set" in run.said, "the variable")
        write(tmp_path / "edge.yaml", of("a", "b", streams=2))
        run.process.send_signal(signal.SIGHUP)
        until(lambda: platform.open == {"a", "b"}, "both at once", PATIENCE)
        assert platform.most == 2
        run.stop()
    assert platform.open == set(), "what nobody reads is ended"
    kept = b"".join(file.read_bytes() for file in (tmp_path / "var").rglob("*") if file.is_file()).decode(
        "utf-8", "replace"
    )
    for secret in (KEY, "hush-"):
        assert secret not in " ".join([run.said, *map(str, numbers), str(heard.messages), kept])
