"""publish: the city's messages over real MQTT, at the pace of the wall clock.

QoS 1, in order, each once its time has come. No more than 2,000 are on the way unacknowledged: a broker that is slow
makes the city late and loses nothing, and `late` says by how much. Reconnecting and sending again is paho's.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from replay.simulator.transport import Message

_ON_THE_WAY = 2_000
_CONNECTS_WITHIN = 10.0
_SAYS_GOODBYE_WITHIN = 5.0


class Publisher:
    """Publishes messages from a thread of its own, from `start` to `stop` or until they end."""

    def __init__(
        self,
        messages: Callable[[float], Iterable[Message]],
        host: str,
        port: int,
        *,
        client_id: str = "gridwatch-demo-city",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """messages: given the time at which the first may be sent (UTC seconds), in order of `ts_sent`."""
        self.sent = 0
        """acknowledged by the broker"""
        self.late = 0.0
        """how far behind its time the last message left, seconds"""
        self.failure: Exception | None = None
        """what ended it before its time"""
        self._messages, self._host, self._port, self._clock = messages, host, port, clock
        self._room = threading.BoundedSemaphore(_ON_THE_WAY)
        self._stopping = threading.Event()
        self._connected = threading.Event()
        self._ended = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv311)
        self._client.max_inflight_messages_set(_ON_THE_WAY)
        self._client.on_connect = self._on_connect
        self._client.on_publish = self._on_publish
        self._thread = threading.Thread(target=self._run, name="demo-city", daemon=True)

    def start(self) -> None:
        """Connect and begin. Raises OSError where no broker answers."""
        self._client.connect(self._host, self._port)
        self._client.loop_start()
        if not self._connected.wait(_CONNECTS_WITHIN):
            self._client.loop_stop()
            raise TimeoutError(f"the broker at {self._host}:{self._port} did not let the city in")
        self._thread.start()

    def join(self, timeout: float) -> bool:
        """Wait until all messages are acknowledged (they may have no end); False after `timeout` seconds."""
        return self._ended.wait(timeout)

    def stop(self) -> None:
        """Send no more, and disconnect when what is on the way has arrived."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(_SAYS_GOODBYE_WITHIN)
        self._client.disconnect()
        self._client.loop_stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            for message in self._messages(self._clock()):
                wait = message.ts_sent - self._clock()
                if (wait > 0 and self._stopping.wait(wait)) or not self._has_room():
                    break
                self.late = max(-wait, 0.0)
                self._client.publish(message.topic, message.payload, qos=1)
            self._wait_for_the_last()
        except Exception as failure:  # noqa: BLE001 a thread's exception must reach whoever waits for it
            self.failure = failure
        finally:
            self._ended.set()

    def _has_room(self) -> bool:
        while not self._room.acquire(timeout=0.2):
            if self._stopping.is_set():
                return False
        if self._stopping.is_set():
            self._room.release()
            return False
        return True

    def _wait_for_the_last(self) -> None:
        for _ in range(_ON_THE_WAY):
            if not self._room.acquire(timeout=_SAYS_GOODBYE_WITHIN):
                return

    def _on_connect(self, client: mqtt.Client, user: Any, flags: Any, reason: Any, properties: Any) -> None:
        if not reason.is_failure:
            self._connected.set()

    def _on_publish(self, client: mqtt.Client, user: Any, mid: int, reason: Any, properties: Any) -> None:
        self.sent += 1
        self._room.release()
