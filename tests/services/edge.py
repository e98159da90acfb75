"""edge: `gridwatch camera --config FILE` as people start it, its processes, and who hears what it says."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from tests.services.mosquitto import Mosquitto
from tests.services.process import COMMAND, REPOSITORY, Run


class Edge(Run):
    """It, at work. environment: all of its."""

    def __init__(self, file: Path, log: Path, environment: Mapping[str, str] | None = None) -> None:
        self.log = log
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [*COMMAND, "camera", "--config", str(file)], cwd=REPOSITORY, stdout=out, stderr=out, env=environment
            )

    def workers(self) -> list[psutil.Process]:
        """The processes of its cameras."""
        found = []
        with suppress(psutil.NoSuchProcess):
            for each in psutil.Process(self.process.pid).children(True):
                with suppress(psutil.NoSuchProcess):
                    if "cameras.working" in each.cmdline():
                        found.append(each)
        return found


class Heard:
    """What arrived at the broker, in its order."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, Any]] = []

    def of(self, camera: str, what: str) -> list[Any]:
        """The payloads of one topic."""
        return [payload for topic, payload in list(self.messages) if topic == f"cameras/{camera}/{what}"]

    def times(self, camera: str) -> list[float]:
        """When its pictures were taken, each once, in the order of their first arrivals."""
        return list(dict.fromkeys(each["ts"] for each in self.of(camera, "sightings")))

    def states(self, camera: str) -> list[str]:
        """One after another, without repeats."""
        said = [each["state"] for each in self.of(camera, "health")]
        return [state for state, before in zip(said, ["", *said], strict=False) if state != before]


@contextmanager
def listening(broker: Mosquitto, user: str | None = None, password: str | None = None) -> Iterator[Heard]:
    """Everything under cameras/, from now on; it comes back to its session where the broker goes and comes."""
    heard, ready = Heard(), threading.Event()
    client = Client(CallbackAPIVersion.VERSION2, client_id="listener", clean_session=False)
    client.reconnect_delay_set(1, 1)
    if user is not None:
        client.username_pw_set(user, password)

    def subscribe(*_: Any) -> None:
        client.subscribe("cameras/#", qos=1)

    client.on_connect = subscribe
    client.on_subscribe = lambda *_: ready.set()
    client.on_message = lambda _, __, message: heard.messages.append((message.topic, json.loads(message.payload)))
    client.connect(broker.host, broker.port)
    client.loop_start()
    assert ready.wait(60)
    try:
        yield heard
    finally:
        client.disconnect()
        client.loop_stop()
