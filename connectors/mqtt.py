"""mqtt: deliveries from an MQTT broker, QoS 1, acknowledged when they are in the journal.

Reads `sources.<name>` with `type: mqtt` (mqtt_settings.py). Reports every message as a delivery, and ticks while it is
connected. One thread reads, commits and acknowledges: it takes what the socket has, commits it as one group, and then
acknowledges it in the order of arrival on the connection that delivered it (a `FrameSocket`, which dies with it; the
broker sends again what an old one left unacknowledged). While a commit runs nothing is read, so that back-pressure is
the in-flight window and never a queue of ours. A writer thread beside it was measured slower: two Python threads wait
for each other.

Guarantee: at least once from broker to journal for QoS 1, in order within a connection; the engine knows repetitions.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from connectors.mqtt_client import (
    CONNECT_TIMEOUT,
    FrameClient,
    explain_end,
    explain_lost,
    explain_refusal,
    make_client,
)
from connectors.mqtt_frames import FrameSocket
from connectors.mqtt_settings import MqttSource
from connectors.receiving import Receiving
from pipeline.links import Tls, explain_connect

STEADY = 10.0
"""A connection that stood this long was a good one: the next attempt is made soon again, seconds."""

__all__ = ["MqttReceiver", "MqttSource", "Tls"]


class MqttReceiver(Receiving[MqttSource]):
    """One MQTT source at work. It stops within what a commit and a connect take."""

    protocol = "mqtt"

    def _member(self) -> str:
        return self.settings.client_id

    def _prepare(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._make: Callable[[], FrameClient] = lambda: make_client(self.settings, environment, folder)
        self._make()
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._keepalive = self.settings.keepalive
        self._end = ""
        self._had_session = False

    def stop(self) -> None:
        super().stop()
        for pipe in (self._wake_read, self._wake_write):
            if pipe >= 0:
                os.close(pipe)
        self._wake_read = self._wake_write = -1

    def _wake(self) -> None:
        os.write(self._wake_write, b"x")

    # The thread.

    def _connection(self) -> str:
        self._end = ""
        try:
            client = self._make()
            client.on_connect, client.on_subscribe = self._on_connect, self._on_subscribe
            client.on_disconnect = self._on_disconnect
            client.reconnect()
        except (OSError, ValueError) as error:
            return explain_connect(error, self.settings.broker)
        frames = client.frames
        if frames is None:
            raise RuntimeError("paho has made its socket elsewhere; see connectors/mqtt_client.py")
        began = time.monotonic()
        try:
            self._serve(client, frames, began)
        finally:
            # Two processes with one client_id throw each other out again and again: that must become slower, too.
            if self.status.connected_since is not None and time.monotonic() - began > STEADY:
                self._backoff.reset()
            self.status.connected_since = None
            self.status.in_flight = 0
            frames.close()
        return self._end

    def _serve(self, client: FrameClient, frames: FrameSocket, began: float) -> None:
        poller = select.poll()
        poller.register(self._wake_read, select.POLLIN)
        while not self._end and not self._stopping.is_set():
            if frames.dry:
                poller.register(frames.fileno(), select.POLLIN | (select.POLLOUT if frames.wants_write else 0))
                poller.poll(1000 * min(self._intake.until_tick(), self._keepalive / 4, CONNECT_TIMEOUT / 4))
            self._read(client, frames)
            self._intake.tick_if_due()
            self._hold(frames)
            if not self._intake.buffer:
                frames.acknowledge()
                self.status.in_flight = 0
            self._alive(frames, began)
        self._intake.leave()
        self._hold(None)
        if not self._end:
            self._goodbye(client, frames)

    def _read(self, client: FrameClient, frames: FrameSocket) -> None:
        """Take what is there: paho's packets first, since the CONNACK comes before the first delivery."""
        frames.fill()
        while frames.control and not frames.closed and not self._end:
            if client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS and not self._end:
                self._end = explain_lost(frames.error, self.settings)
        if client.want_write() and not frames.closed:
            client.loop_write()
        if frames.closed and not self._end:
            self._end = explain_lost(frames.error, self.settings)
        frames.flush()
        if frames.topics:
            self._intake.deliver(frames.topics, frames.payloads, self._intake.clock.stamp())
            self.status.in_flight = len(frames.identifiers) + len(frames.identifiers2)
            frames.topics, frames.payloads = [], []

    def _hold(self, frames: FrameSocket | None) -> None:
        """Commit what was read, trying until it works or until we are to stop; nothing is read meanwhile.

        Pings go on so that the broker does not end the connection. Where it ends nevertheless, what it delivered stays
        here until it is committed; the broker sends it again, and the engine knows repetitions.
        """
        while not self._intake.commit() and not self._stopping.wait(self._retry):
            if frames is not None:
                if time.monotonic() - frames.last_sent > self._keepalive / 2:
                    frames.ping()
                frames.last_heard = time.monotonic()

    def _alive(self, frames: FrameSocket, began: float) -> None:
        """Say that we are there, and notice a broker that is not."""
        at = time.monotonic()
        if self.status.connected_since is None:
            if at - began > CONNECT_TIMEOUT and not self._end:
                self._end = (
                    f"{self.settings.broker} accepts connections, but does not answer as an MQTT broker; check the port"
                )
            return
        if at - min(frames.last_sent, max(frames.last_heard, frames.last_ping)) > self._keepalive / 2:
            frames.ping()
        if at - frames.last_heard > self._keepalive * 1.5:
            self._end = f"the broker {self.settings.broker} has fallen silent"

    def _goodbye(self, client: FrameClient, frames: FrameSocket) -> None:
        if self.settings.status_topic is not None and self.status.connected_since is not None:
            client.publish(self.settings.status_topic, "offline", qos=0, retain=True)
        self._end = "stopped"
        client.disconnect()
        frames.flush()

    # What paho tells us, on the same thread.

    def _on_connect(self, client: Client, _: Any, flags: ConnectFlags, reason: ReasonCode, properties: Any) -> None:
        if reason.is_failure:
            self._end = explain_refusal(reason.value, str(reason), self.settings)
            return
        self._keepalive = float(getattr(properties, "ServerKeepAlive", 0) or self.settings.keepalive)
        self.status.connected_since = self._intake.clock.stamp()
        self._intake.join()
        if self._had_session and not flags.session_present:
            self._warn(
                f"the broker {self.settings.broker} has forgotten our session: what it got while we were away is lost"
            )
        self._had_session = True
        # Retained messages are asked for only where the subscription is new: a reconnect must not repeat them all.
        wanted: list[Any] = [
            (f, SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB))
            if self.settings.protocol == "5"
            else (f, 1)
            for f in self.settings.subscribe
        ]
        client.subscribe(wanted)
        if self.settings.status_topic is not None:
            client.publish(self.settings.status_topic, "online", qos=0, retain=True)
        self._log.info(
            f"{self.name}: connected to {self.settings.broker}", source=self.name, session_present=flags.session_present
        )

    def _on_subscribe(self, client: Client, _: Any, mid: int, reasons: list[ReasonCode], properties: Any) -> None:
        for wanted, reason in zip(self.settings.subscribe, reasons, strict=False):
            if reason.is_failure:
                where = f"the broker {self.settings.broker} refused the subscription '{wanted}' ({reason})"
                self._warn(f"{where}; check its access lists")
            elif reason.value == 0:
                self._warn(f"the broker gives '{wanted}' with QoS 0 only: what is sent while we are away is lost")

    def _on_disconnect(
        self, client: Client, _: Any, flags: DisconnectFlags, reason: ReasonCode, properties: Any
    ) -> None:
        if flags.is_disconnect_packet_from_server and not self._end:
            self._end = explain_end(reason.value, str(reason), self.settings)
