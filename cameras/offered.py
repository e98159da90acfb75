"""offered: what only the newest of matters, such as a camera's latest picture: sent by QoS 0 when a link is idle.

Nothing of it waits on disk, and a link that is slow or down costs nothing: of each topic the newest is kept, and goes
once everything else has gone and the link has taken all that it was given before.
"""

from __future__ import annotations

import threading

from paho.mqtt.client import Client

MOST = 256
"""Topics of which the newest waits; those of further ones are let go."""


class Offered:
    """What waits for one link. `put` from any thread."""

    def __init__(self) -> None:
        self._newest: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def put(self, topic: str, payload: bytes) -> None:
        """In place of what there was of that topic. Never waits, and never raises."""
        with self._lock:
            if topic in self._newest or len(self._newest) < MOST:
                self._newest[topic] = payload

    def send(self, client: Client) -> None:
        """The next one, where the link is idle."""
        if client.want_write():
            return
        with self._lock:
            topic = next(iter(self._newest), "")
            payload = self._newest.pop(topic, None)
        if payload is not None:
            client.publish(topic, payload, qos=0)
