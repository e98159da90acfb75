"""publish: what cameras say goes to an MQTT broker, QoS 1, in its order; while the link is down it waits on disk.

Everything goes through a spool (cameras/spool.py) and is confirmed there when the broker has acknowledged it. One
thread sends; at most `WINDOW` messages are on the way. A new connection begins with the oldest unconfirmed one.
Guarantee: at least once and in order, as long as the spool has room; what it had to drop is counted. A message that the
broker refuses for good (it may not be published there) is dropped, counted and told, so that it holds nobody up; by
MQTT 3.1.1 brokers have no word for that, and end the connection or keep quiet.
What is `offered` goes by QoS 0 when nothing else waits (cameras/offered.py).
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from typing import Protocol as Shape

from paho.mqtt.client import Client, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from pydantic import BaseModel, ConfigDict, Field

from cameras.offered import Offered
from cameras.spool import Spool, Waiting, hold
from pipeline.backoff import Backoff
from pipeline.links import Protocol, Tls, Variable, explain_connect, secrets
from pipeline.sizes import Size

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
FOR_GOOD = (0x87, 0x90, 0x99)
"""MQTT 5, section 2.4: not authorized, topic name invalid, payload format invalid."""
_LONGEST, _LARGEST, _WILD = 1 << 16, 1 << 24, frozenset("+#\0")
"""Bytes of a topic and of a payload, and what is no part of a topic."""


class Broker(BaseModel):
    """`publish:` where messages go, and where they wait. Files and folders are relative to the configuration file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(min_length=1)
    port: int = Field(1883, ge=1, le=65535, description="1883, with TLS usually 8883")
    protocol: Protocol = Field("5", description="5 or 3.1.1; only by 5 a broker says what it refuses")
    client_id: str = Field(min_length=1, description="one process each")
    username_env: Variable | None = None
    password_env: Variable | None = None
    tls: Tls | None = None
    spool: Path = Field(Path("var/spool"), description="the folder in which messages wait while the link is down")
    room: Size = Field(256 * 10**6, description="what they may take; then the oldest are dropped, and counted")

    @property
    def broker(self) -> str:
        """Host and port, as errors name them."""
        return f"{self.host}:{self.port}"


class Log(Shape):
    """The part of structlog's loggers that is used here."""

    def info(self, event: str, /, **context: Any) -> Any: ...
    def warning(self, event: str, /, **context: Any) -> Any: ...


class Publisher:
    """Sends to one broker, from `start` to `stop`.

    folder: what files and folders of the settings are relative to. Raises ValueError or OSError at once where a
    variable of the environment or a file is missing, or another process sends from the same spool.
    """

    def __init__(
        self,
        settings: Broker,
        log: Log,
        environment: Mapping[str, str] = os.environ,
        folder: Path = Path(),
        backoff: Backoff | None = None,
    ) -> None:
        self.settings, self._log = settings, log
        self._user, self._password = secrets(
            environment, username_env=settings.username_env, password_env=settings.password_env
        )
        self._tls = settings.tls.context(folder) if settings.tls is not None else None
        self._folder = folder / settings.spool
        self._held = hold(self._folder)
        try:
            self.spool = Spool(self._folder, settings.room)
        except BaseException:
            self._held.close()
            raise
        self.connected = False
        self.sent = 0
        """How many the broker has acknowledged."""
        self._backoff = backoff or Backoff()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._window = self._most = WINDOW
        """How many may be on the way: one until it is acknowledged, since some brokers end a connection where more
        follows what they refuse."""
        self._way: deque[tuple[int, Waiting]] = deque()
        self._denied: dict[int, str] = {}
        self._forbidden: set[str] = set()
        """Topics of which it was told that the broker refuses them."""
        self._acknowledged: set[int] = set()
        self.offered = Offered()
        self._refused = self._told = ""
        self._synced = 0.0
        self._failed = False

    def publish(self, topic: str, payload: bytes) -> None:
        """Never waits for the network, and never raises. From any thread. What no broker would take is dropped."""
        if not 0 < len(topic.encode()) < _LONGEST or set(topic) & _WILD or len(payload) > _LARGEST:
            self.spool.dropped += 1
            return
        try:
            self.spool.append(topic, payload)
        except OSError as error:
            self.spool.dropped += 1
            self._tell(f"{self._folder}: a message could not be kept ({error.strerror}); make room")

    @property
    def alive(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._thread.is_alive()

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
        try:
            self.spool.close()
        except OSError as error:
            self._tell(f"{self._folder}: it can't be written ({error.strerror}); some messages may be sent twice")
        self._held.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                why = self._connection()
            except OSError as error:  # of the disk: the network's are told apart
                why = f"{self._folder}: it can't be read ({error.strerror})"
            self.connected = False
            self._way.clear()
            self._acknowledged.clear()
            self._denied.clear()
            self.spool.again()
            if self._stopping.is_set():
                return
            if time.monotonic() - began > STEADY:
                self._backoff.reset()
            wait = self._backoff.delay()
            if why != self._told:
                self._told = why
                self._log.warning(f"{why}; tried again, messages wait in {self._folder}")
            end = time.monotonic() + wait
            while not self._stopping.wait(min(SYNC, max(0.0, end - time.monotonic()))) and time.monotonic() < end:
                self._keep()

    def _connection(self) -> str:
        """One connection, from its beginning to its end; why it ended."""
        where = f"the broker {self.settings.broker}"
        self._refused = ""
        client = self._client()
        try:
            client.connect(self.settings.host, self.settings.port, keepalive=30)
        except (OSError, ValueError) as error:
            return explain_connect(error, where)
        began = time.monotonic()
        try:
            while not self._stopping.is_set():
                if client.loop(0.0 if self._send(client) else IDLE) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                    return f"{where} {self._refused or self._ended()}"
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
            CallbackAPIVersion.VERSION2,
            client_id=given.client_id,
            protocol=MQTTv5 if given.protocol == "5" else MQTTv311,
            reconnect_on_failure=False,
        )
        client.max_inflight_messages_set(WINDOW)
        client.connect_timeout = PATIENCE
        if self._user is not None or self._password is not None:
            client.username_pw_set(self._user or "", self._password)
        if self._tls is not None:
            client.tls_set_context(self._tls)
        client.on_connect = self._on_connect
        client.on_publish = self._on_publish
        return client

    def _on_connect(self, client: Client, _: Any, __: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            self._refused = (
                f"refuses us: {reason}; check user and password, and what it lets '{self.settings.client_id}' do"
            )
            client.disconnect()
            return
        self._window, self._most = 1, min(WINDOW, getattr(properties, "ReceiveMaximum", WINDOW))
        self.connected, self._told = True, ""
        self._log.info(f"connected to {self.settings.broker}")

    def _on_publish(self, client: Client, _: Any, mid: int, reason: Any, __: Any) -> None:
        if all(mid != each for each, _ in self._way):  # of what was offered, which nobody acknowledges
            return
        if reason.is_failure and reason.value not in FOR_GOOD:
            self._refused = f"takes no messages now: {reason}"
            client.disconnect()
            return
        if reason.is_failure:
            self._denied[mid] = str(reason)
        self._acknowledged.add(mid)

    def _ended(self) -> str:
        """That a connection was ended, and what may be why: a broker that forbids a topic may do so."""
        if not self._way:
            return "ended the connection"
        return f"ended the connection, after '{self._way[0][1].topic}'; check that it lets us publish there"

    def _send(self, client: Client) -> bool:
        """Send what may go. Whether there is more."""
        while self.connected and len(self._way) < self._window:
            message = self.spool.take()
            if message is None:
                self.offered.send(client)
                return False
            self._way.append((client.publish(message.topic, message.payload, qos=1).mid, message))
        return self.connected

    def _confirm(self) -> None:
        """Confirm what was acknowledged, as far as all before it was."""
        while self._way and self._way[0][0] in self._acknowledged:
            self._window = self._most
            mid, message = self._way.popleft()
            self._acknowledged.remove(mid)
            self.spool.confirm(message)
            denied = self._denied.pop(mid, "")
            if denied:
                self._window = 1
                self.spool.dropped += 1
                if message.topic not in self._forbidden:
                    self._forbidden.add(message.topic)
                    self._log.warning(f"the broker refuses '{message.topic}' ({denied}): let us publish there")
            else:
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
                self._tell(f"{self._folder}: it can't be written ({error.strerror}); make room")

    def _tell(self, what: str) -> None:
        """Once, until it works again."""
        if not self._failed:
            self._failed = True
            self._log.warning(what)
