"""fakes: a journal that keeps entries in memory and can be told to refuse, a log that is a list, a publisher."""

from __future__ import annotations

import itertools
import threading
import uuid
from collections.abc import Iterable
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from pipeline.entries import EntryBuffer, Kind
from tests.services.wait import until


class Full(Exception):
    """What a full disk looks like to a source."""

    retryable = True


class MemoryJournal:
    """Entries as (kind, source, topic, received, payload), by commit.

    refuse: raise this at every commit while it is set. hold: while it is cleared, commits with deliveries hang.
    """

    def __init__(self) -> None:
        self.commits: list[list[tuple[Kind, str, str, float, bytes]]] = []
        self.refuse: Exception | None = None
        self.attempts = 0
        self.hold = threading.Event()
        self.hold.set()

    def commit(self, buffer: EntryBuffer) -> None:
        self.attempts += 1
        if Kind.DELIVERY in buffer.kinds:
            self.hold.wait(30)
        if self.refuse is not None:
            raise self.refuse
        batch = buffer.batch()
        columns = [batch.column(n).to_pylist() for n in ("kind", "source", "topic", "received", "payload")]
        self.commits.append([(Kind(k), s, t, r, p) for k, s, t, r, p in zip(*columns, strict=True)])

    @property
    def entries(self) -> list[tuple[Kind, str, str, float, bytes]]:
        return list(itertools.chain.from_iterable(self.commits))

    def payloads(self) -> list[bytes]:
        return [e[4] for e in self.entries if e[0] == Kind.DELIVERY]

    def kinds(self) -> list[Kind]:
        return [e[0] for e in self.entries]


class ListLog:
    """Log lines as (level, event)."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def info(self, event: str, /, **context: Any) -> None:
        self.lines.append(("info", event))

    def warning(self, event: str, /, **context: Any) -> None:
        self.lines.append(("warning", event))

    def error(self, event: str, /, **context: Any) -> None:
        self.lines.append(("error", event))

    def text(self) -> str:
        return "\n".join(event for _, event in self.lines)


def publish(
    port: int, messages: Iterable[tuple[str, bytes]], qos: int = 1, tls: tuple[str, str, str] | None = None
) -> None:
    """Publish and return when the broker has all of them. tls: files of the authority, our certificate, its key."""
    sender = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"publisher-{uuid.uuid4()}", protocol=paho.MQTTv311)
    sender.max_inflight_messages_set(1000)
    if tls is not None:
        sender.tls_set(*tls)
    sender.connect("127.0.0.1", port)
    sender.loop_start()
    try:
        sent = [sender.publish(topic, payload, qos=qos) for topic, payload in messages]
        until(lambda: all(s.is_published() for s in sent), "the broker to take the messages", every=0.01)
    finally:
        sender.disconnect()
        sender.loop_stop()
