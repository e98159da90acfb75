"""publish: what cameras say goes to an MQTT broker, QoS 1, in its order; while the link is down it waits on disk.

Everything goes through a spool (cameras/spool.py) and is confirmed there when the broker has acknowledged it. One
thread sends; at most `WINDOW` messages are on the way. A new connection begins with the oldest unconfirmed one.
Guarantee: at least once and in order, as long as the spool has room; what it had to drop is counted.
"""

from __future__ import annotations

import os
import ssl
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from pydantic import BaseModel, ConfigDict, Field

from cameras.backoff import Backoff
from cameras.settings import Variable
from cameras.spool import Spool, Waiting

WINDOW = 100
"""Messages on the way. The broker acknowledges in order, so that a lost link repeats no more than these."""
PATIENCE = 10.0
"""Seconds that a broker may take to accept a connection."""
STEADY = 10.0
"""A connection that stood this long was a good one: the next attempt is made soon again, seconds."""
IDLE = 0.05
"""Seconds that a message may wait for the thread."""
SYNC = 1.0
"""Seconds between two times that the spool is made durable."""


class Broker(BaseModel):
    """Where messages go, and where they wait."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(min_length=1)
    port: int = Field(1883, ge=1, le=65535, description="1883, with TLS usually 8883")
    client_id: str = Field(min_length=1, description="one process each")
    username_env: Variable | None = None
    password_env: Variable | None = None
    tls: bool = Field(False, description="TLS, checked by the system's authorities, or by `ca`")
    ca: Path | None = Field(None, description="the authority that signed the broker's certificate")
    spool: Path = Field(description="the folder in which messages wait while the link is down")
    room: int = Field(256, ge=1, description="megabytes that they may take; then the oldest are dropped, and counted")


class Log(Protocol):
    """The part of structlog's loggers that is used here."""

    def info(self, event: str, /, **context: Any) -> Any: ...
    def warning(self, event: str, /, **context: Any) -> Any: ...


class Publisher:
    """Sends to one broker, from `start` to `stop`. Raises ValueError where a variable of the environment is missing."""

    def __init__(
        self,
        settings: Broker,
        log: Log,
        environment: Mapping[str, str] = os.environ,
        backoff: Backoff | None = None,
    ) -> None:
        for variable in (settings.username_env, settings.password_env):
            if variable is not None and variable not in environment:
                raise ValueError(f"the environment variable '{variable}' is not set; set it, or leave its key out")
        self.settings, self._log, self._environment = settings, log, environment
        self.spool = Spool(settings.spool, settings.room * 1_000_000)
        self.connected = False
        self.sent = 0
        """How many the broker has acknowledged."""
        self._backoff = backoff or Backoff()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._way: deque[tuple[int, Waiting]] = deque()
        self._acknowledged: set[int] = set()
        self._refused = ""
        self._synced = 0.0
        self._failed = False

    def publish(self, topic: str, payload: bytes) -> None:
        """Never waits for the network. From any thread."""
        try:
            self.spool.append(topic, payload)
        except OSError as error:
            self.spool.dropped += 1
            self._tell(f"{self.settings.spool}: a message could not be kept ({error.strerror}); make room")

    def start(self) -> None:
        """Begin; returns at once and goes on trying where the broker can't be reached."""
        self._thread.start()

    def stop(self, seconds: float = 2.0) -> None:
        """Send what waits, for so long at most where there is a link; the rest goes at the next start."""
        end = time.monotonic() + seconds
        while self.connected and time.monotonic() < end and (self._way or self.spool.waiting()):
            self._stopping.wait(IDLE)
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
        self.spool.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            why = self._connection()
            self.connected = False
            self._way.clear()
            self._acknowledged.clear()
            self.spool.again()
            if self._stopping.is_set():
                return
            if time.monotonic() - began > STEADY:
                self._backoff.reset()
            wait = self._backoff.delay()
            self._log.warning(f"{why}; trying again in {wait:.1f} s, messages wait in {self.settings.spool}")
            end = time.monotonic() + wait
            while not self._stopping.wait(min(SYNC, max(0.0, end - time.monotonic()))) and time.monotonic() < end:
                self._keep()

    def _connection(self) -> str:
        """One connection, from its beginning to its end; why it ended."""
        where = f"the broker {self.settings.host}:{self.settings.port}"
        self._refused = ""
        try:
            client = self._client()
            client.connect(self.settings.host, self.settings.port, keepalive=30)
        except (OSError, ValueError) as error:
            said = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
            return f"{where} can't be reached ({said})"
        began = time.monotonic()
        try:
            while not self._stopping.is_set():
                if client.loop(0.0 if self._send(client) else IDLE) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                    return f"{where} {self._refused or 'ended the connection'}"
                if not self.connected and time.monotonic() - began > PATIENCE:
                    return f"{where} accepts connections, but does not answer as an MQTT broker; check the port"
                self._confirm()
            client.disconnect()
            return "stopped"
        finally:
            sock = client.socket()
            if sock is not None:
                sock.close()

    def _client(self) -> Client:
        given = self.settings
        client = Client(
            CallbackAPIVersion.VERSION2, client_id=given.client_id, protocol=MQTTv311, reconnect_on_failure=False
        )
        client.max_inflight_messages_set(WINDOW)
        client.connect_timeout = PATIENCE
        if given.username_env is not None:
            password = self._environment[given.password_env] if given.password_env is not None else None
            client.username_pw_set(self._environment[given.username_env], password)
        if given.tls or given.ca is not None:
            client.tls_set_context(ssl.create_default_context(cafile=given.ca))
        client.on_connect = self._on_connect
        client.on_publish = lambda _, __, mid, *___: self._acknowledged.add(mid)
        return client

    def _on_connect(self, client: Client, _: Any, __: Any, reason: Any, ___: Any) -> None:
        if reason.is_failure:
            self._refused = f"refuses us: {reason}"
            client.disconnect()
            return
        self.connected = True
        self._log.info(f"connected to {self.settings.host}:{self.settings.port}")

    def _send(self, client: Client) -> bool:
        """Send what may go. Whether there is more."""
        while self.connected and len(self._way) < WINDOW:
            message = self.spool.take()
            if message is None:
                return False
            self._way.append((client.publish(message.topic, message.payload, qos=1).mid, message))
        return self.connected

    def _confirm(self) -> None:
        """Confirm what was acknowledged, as far as all before it was."""
        while self._way and self._way[0][0] in self._acknowledged:
            mid, message = self._way.popleft()
            self._acknowledged.remove(mid)
            self.spool.confirm(message)
            self.sent += 1
        self._keep()

    def _keep(self) -> None:
        """Make durable what waits, where it is time."""
        if time.monotonic() > self._synced + SYNC:
            self._synced = time.monotonic()
            try:
                self.spool.sync()
                self._failed = False
            except OSError as error:
                self._tell(f"{self.settings.spool}: it can't be written ({error.strerror}); make room")

    def _tell(self, what: str) -> None:
        """Once, until it works again."""
        if not self._failed:
            self._failed = True
            self._log.warning(what)
