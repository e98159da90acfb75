"""live_hub: what has just happened, handed to everybody who listens: one publisher, many streams, none of which can
hold it up.

`publish` may be called from any thread. Each event is encoded once for all who see the same of it. A listener has a
bounded queue; one that doesn't keep up is ended, comes again and resumes. The newest numbered events are kept, so that
whoever comes back with the number of the last one that it has gets what it missed, or is told to begin anew (`reset`).
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

KEPT = 2_000
"""Numbered events for those who come back."""
QUEUE = 500
"""Events that wait for one listener."""
EACH = 24
"""Streams of one person at a time; a browser has one a page."""
ALL = 600

Seen = Callable[[Hashable], Any]
"""Of an event: what somebody with that sight gets of it; None: nothing."""


class TooMany(Exception):
    """There are as many streams as there may be."""


@dataclass(eq=False, slots=True)
class Listener:
    """One stream. `queue` is for its event loop alone; None in it: the end."""

    who: Any
    name: str
    sight: Hashable
    """What tells apart what people see of cases; the same for many."""
    loop: asyncio.AbstractEventLoop
    queue: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(QUEUE + 1))
    ended: bool = False

    def hand(self, chunk: bytes | None) -> None:
        """In its loop. One that is too slow is ended; it gets nothing more."""
        if self.ended:
            return
        if chunk is None or self.queue.qsize() >= QUEUE:
            self.ended = True
            while not self.queue.empty():
                self.queue.get_nowait()
            chunk = None
        self.queue.put_nowait(chunk)


class Event:
    """One thing that happened, encoded once for each sight that is asked for."""

    def __init__(self, topic: str, seen: Seen, number: int | None = None) -> None:
        self.topic, self.number = topic, number
        self._seen = seen
        self._chunks: dict[Hashable, bytes | None] = {}

    def chunk(self, sight: Hashable) -> bytes | None:
        """As it goes out; None: there is nothing in it for them. The hub's lock is held."""
        if sight not in self._chunks:
            data = self._seen(sight)
            self._chunks[sight] = None if data is None else encoded(self.topic, data, self.number)
        return self._chunks[sight]


def encoded(topic: str, data: Any, number: int | None = None) -> bytes:
    """An event of text/event-stream."""
    head = b"" if number is None else b"id: %d\n" % number
    return b"%sevent: %s\ndata: %s\n\n" % (head, topic.encode(), msgspec.json.encode(data))


class Hub:
    """Who listens, and what they missed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: set[Listener] = set()
        self._kept: deque[Event] = deque(maxlen=KEPT)
        self._since: int | None = None
        """Whoever has this number, or a later one, has missed nothing that is not kept."""
        self._newest = 0
        self._last: dict[str, tuple[Callable[[Any], bool], bytes]] = {}
        self._closed = False

    def __len__(self) -> int:
        return len(self._listeners)

    def begin(self, number: int) -> None:
        """From which number on events will come."""
        with self._lock:
            self._since = self._newest = number
            self._kept.clear()

    def publish(self, topic: str, data: Any, *, to: Callable[[Any], bool] = lambda _: True, keep: bool = False) -> None:
        """Tell everybody whom `to` allows (it is given who they are). data: what msgspec can write as JSON. keep: who
        comes later is told the newest of the topic too. Any thread."""
        chunk = encoded(topic, data)
        with self._lock:
            if keep:
                self._last[topic] = (to, chunk)
            self._give([(each, chunk) for each in self._listeners if to(each.who)])

    def happened(self, topic: str, seen: Seen, number: int) -> None:
        """Tell everybody what they may see of it, and keep it for those who come back. Numbers only go up."""
        event = Event(topic, seen, number)
        with self._lock:
            if self._since is None:
                self._since = number - 1
            if len(self._kept) == KEPT:
                self._since = self._kept[0].number or self._since
            self._kept.append(event)
            self._newest = number
            some = ((each, event.chunk(each.sight)) for each in self._listeners)
            self._give([(each, chunk) for each, chunk in some if chunk is not None])

    def listen(self, who: Any, name: str, sight: Hashable, last: int | None = None) -> Listener:
        """A stream, in the event loop that runs. last: the number of the last event that they have had. Raises
        TooMany."""
        listener = Listener(who, name, sight, asyncio.get_running_loop())
        with self._lock:
            if self._closed or len(self._listeners) >= ALL:
                raise TooMany(f"there are {ALL} pages that follow what happens already; close some")
            if Counter(each.name for each in self._listeners)[name] >= EACH:
                raise TooMany(f"{name} has {EACH} pages open that follow what happens; close some")
            listener.hand(encoded("hello", {"number": self._newest}, self._newest if last is None else None))
            for chunk in self._missed(sight, last):
                listener.hand(chunk)
            for to, chunk in self._last.values():
                if to(who):
                    listener.hand(chunk)
            self._listeners.add(listener)
        return listener

    def _missed(self, sight: Hashable, last: int | None) -> list[bytes]:
        if last is None:
            return []
        missed = [event for event in self._kept if (event.number or 0) > last]
        # Half of what may wait: so many at once are no news any more, and a page asks for its list sooner.
        if self._since is None or not self._since <= last <= self._newest or len(missed) > QUEUE // 2:
            return [encoded("reset", {"number": self._newest}, self._newest)]
        return [chunk for event in missed if (chunk := event.chunk(sight)) is not None]

    def listeners(self) -> list[Listener]:
        """Who listens now."""
        with self._lock:
            return list(self._listeners)

    def end(self, some: Iterable[Listener]) -> None:
        """Let these streams end. Any thread."""
        with self._lock:
            self._give([(each, None) for each in some])

    def leave(self, listener: Listener) -> None:
        """It listens no more."""
        with self._lock:
            self._listeners.discard(listener)

    def close(self) -> None:
        """All streams end, and none begins."""
        with self._lock:
            self._closed = True
            self._give([(each, None) for each in self._listeners])

    def _give(self, some: list[tuple[Listener, bytes | None]]) -> None:
        """One call into each event loop, however many listen there."""
        loops: dict[asyncio.AbstractEventLoop, list[tuple[Listener, bytes | None]]] = {}
        for each in some:
            loops.setdefault(each[0].loop, []).append(each)
        for loop, mine in loops.items():
            try:
                loop.call_soon_threadsafe(_hand, mine)
            except RuntimeError:  # the loop has ended, and its streams with it
                self._listeners.difference_update(each for each, _ in mine)


def _hand(some: list[tuple[Listener, bytes | None]]) -> None:
    for listener, chunk in some:
        listener.hand(chunk)
