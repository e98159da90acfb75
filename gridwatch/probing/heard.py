"""heard: what came, counted by kind of topic, with a bounded part of the messages kept to look at.

Topics that differ in whom they are about alone are one kind: `fleet/7/gps` and `fleet/8/gps` are `fleet/+/gps`. A topic
of a configured stream is of that stream's kind; in others each level with a digit in it is taken for an id. Levels of
plain words become one `+` at the end, where at least three of them carry the same keys (`similar`).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from connectors.codecs.topics import TopicPattern

MOST_KINDS = 500
"""Kinds of topic that are told apart; what comes beyond them is counted."""
MOST_TOPICS = 1000
"""Topics of a kind that are told apart."""
OF_EACH, TOPICS_KEPT, MOST_KEPT = 12, 50, 600
"""Messages kept of a topic, so that the same subject is heard several times; of how many topics; of a kind in all."""
MOST_BYTES = 32 << 20
"""Of all that is kept."""
LONGEST = 256 << 10
"""A longer payload is counted, and not kept, bytes."""
ALIKE = 3
"""So many words at the same place of a topic, with the same keys in their payloads, are names of somebody."""

_VERSION = re.compile(r"v\d{1,2}")


@dataclass(frozen=True, slots=True)
class Message:
    """One that was kept. received: UTC seconds."""

    source: str
    topic: str
    received: float
    payload: bytes


@dataclass(slots=True)
class TopicKind:
    """All topics that differ in ids alone."""

    source: str
    topic: str
    """With '+' for what differs; of a configured stream, its own."""
    configured: bool = False
    count: int = 0
    nbytes: int = 0
    smallest: int = 0
    largest: int = 0
    topics: dict[str, int] = field(default_factory=dict)
    """How many came on each; no more than MOST_TOPICS of them."""
    kept: list[Message] = field(default_factory=list)
    kept_of: dict[str, int] = field(default_factory=dict)
    """Of which topics, how many."""

    def note(self, topic: str, size: int) -> bool:
        """One more; is it one of those whose messages are to be kept?"""
        self.smallest = min(self.smallest, size) if self.count else size
        self.largest = max(self.largest, size)
        self.count += 1
        self.nbytes += size
        before = self.topics.get(topic, 0)
        if before or len(self.topics) < MOST_TOPICS:
            self.topics[topic] = before + 1
        if size > LONGEST or len(self.kept) >= MOST_KEPT:
            return False
        of_it = self.kept_of.get(topic, 0)
        few = of_it < OF_EACH and (of_it > 0 or len(self.kept_of) < TOPICS_KEPT)
        if few or len(self.topics) == 1:
            self.kept_of[topic] = of_it + 1
            return True
        return False


class Heard:
    """What came. Any thread may add."""

    def __init__(self, streams: Iterable[tuple[str, str]] = (), *, exact: bool = False) -> None:
        """streams: (source, topic) of the configured ones. exact: a topic names nobody, as those of Kafka."""
        self._exact = exact
        self._streams = [(source, TopicPattern(topic)) for source, topic in streams]
        self._kinds: dict[tuple[str, str], TopicKind] = {}
        self._of: dict[tuple[str, str], tuple[str, bool]] = {}
        self._lock = threading.Lock()
        self._bytes = 0
        self.count = 0
        self.beyond = 0
        """Messages of further kinds than are told apart."""

    def add(self, source: str, topics: Sequence[str], received: float, payloads: Sequence[bytes]) -> None:
        """Messages that came together."""
        with self._lock:
            for topic, payload in zip(topics, payloads, strict=True):
                self._add(source, topic, received, payload)

    def _add(self, source: str, topic: str, received: float, payload: bytes) -> None:
        self.count += 1
        where, configured = self._kind(source, topic)
        kind = self._kinds.get((source, where))
        if kind is None:
            if len(self._kinds) >= MOST_KINDS:
                self.beyond += 1
                return
            kind = self._kinds[source, where] = TopicKind(source, where, configured)
        if kind.note(topic, len(payload)) and self._bytes < MOST_BYTES:
            kind.kept.append(Message(source, topic, received, payload))
            self._bytes += len(payload)

    def _kind(self, source: str, topic: str) -> tuple[str, bool]:
        found = self._of.get((source, topic))
        if found is None:
            own = (p.text for name, p in self._streams if name == source and p.match(topic) is not None)
            stream = next(own, None)
            found = (topic if self._exact else ids_out(topic), False) if stream is None else (stream, True)
            if len(self._of) < MOST_KINDS * 100:
                self._of[source, topic] = found
        return found

    def kinds(self) -> list[TopicKind]:
        """All of them, those that came most first."""
        with self._lock:
            found = list(self._kinds.values()) if self._exact else similar(list(self._kinds.values()))
        return sorted(found, key=lambda kind: (-kind.count, kind.topic))


def ids_out(topic: str) -> str:
    """A topic with '+' for each level that looks like an id: one with a digit in it, but for a version (`v3`)."""
    levels = topic.split("/")
    looks = [any(c.isdigit() for c in level) and not _VERSION.fullmatch(level) for level in levels]
    return "/".join("+" if each else level for each, level in zip(looks, levels, strict=True))


def similar(kinds: Sequence[TopicKind]) -> list[TopicKind]:
    """The same with those put together that differ in one word, and whose payloads have the same keys."""
    found = [kind for kind in kinds if kind.configured]
    rest = {(kind.source, kind.topic): kind for kind in kinds if not kind.configured}
    keys = {name: _keys(kind) for name, kind in rest.items()}
    deepest = max((topic.count("/") + 1 for _, topic in rest), default=0)
    for at in range(deepest):
        groups: dict[tuple[str, str, frozenset[str]], list[tuple[str, str]]] = {}
        for name in rest:
            levels = name[1].split("/")
            if at < len(levels) and levels[at] != "+" and keys[name]:
                levels[at] = "+"
                groups.setdefault((name[0], "/".join(levels), keys[name]), []).append(name)
        for (source, topic, shape), names in groups.items():
            if len(names) >= ALIKE:
                whole = _together(source, topic, [rest.pop(name) for name in names])
                rest[source, topic] = whole
                keys[source, topic] = shape
    return [*found, *rest.values()]


def _together(source: str, topic: str, parts: Sequence[TopicKind]) -> TopicKind:
    topics: dict[str, int] = {}
    for part in parts:
        topics |= part.topics
    return TopicKind(
        source,
        topic,
        count=sum(part.count for part in parts),
        nbytes=sum(part.nbytes for part in parts),
        smallest=min(part.smallest for part in parts),
        largest=max(part.largest for part in parts),
        topics=topics,
        kept=sorted((m for part in parts for m in part.kept), key=lambda m: m.received)[:MOST_KEPT],
    )


def _keys(kind: TopicKind) -> frozenset[str]:
    """The keys of its first payload, if that is an object of JSON with more than one."""
    try:
        first = msgspec.json.decode(kind.kept[0].payload) if kind.kept else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return frozenset()
    return frozenset(first) if isinstance(first, Mapping) and len(first) > 1 else frozenset()
