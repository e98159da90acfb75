"""carried: the pictures that deliveries carry, by the streams that they belong to, and whose they are.

A delivery belongs to the first stream that matches it and whose codec brings pictures, so that one that two streams
read has each picture once. What a topic means is remembered, since nearly all deliveries are none of these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from connectors.codecs import KNOWN
from connectors.codecs.stream import StreamSettings
from connectors.codecs.topics import TopicPattern
from connectors.codecs.unpacked import UnpackedStream
from pipeline.codec import Codec, Picture
from pipeline.dotted import value_at

REMEMBERED = 65_536
"""Topics whose stream is remembered."""


def bringing() -> list[str]:
    """The codecs that can bring pictures."""
    return sorted(name for name, kind in KNOWN.items() if _brings(kind.settings))


def _brings(stream: type[StreamSettings]) -> bool:
    return issubclass(stream, UnpackedStream) and stream.kind.pictures is not Codec.pictures


class Found(NamedTuple):
    """A picture of a delivery."""

    stream: StreamSettings
    device: str
    """Whose, as the topic or the payload calls it."""
    picture: Picture


class Carried:
    """Of the streams of one configuration. `bool`: whether any can bring pictures."""

    def __init__(self, streams: Mapping[str, StreamSettings]) -> None:
        self._streams = [
            (stream, TopicPattern(stream.topic), stream.codec_of())
            for stream in streams.values()
            if isinstance(stream, UnpackedStream) and _brings(type(stream))
        ]
        self._known: dict[tuple[str, str], tuple[int, str] | None] = {}

    def __bool__(self) -> bool:
        return bool(self._streams)

    def of(self, source: str, topic: str, payload: bytes) -> Iterator[Found | ValueError]:
        """What a delivery carries. What is no picture is a ValueError that says why; nothing is raised."""
        at = self._at(source, topic)
        if at is None:
            return
        stream, _, codec = self._streams[at[0]]
        try:
            for each in codec.pictures(payload):
                if isinstance(each, ValueError):
                    yield each
                    continue
                device = at[1] if stream.level is not None else value_at(each.facts, stream.subject[2:])
                yield Found(stream, str(device), each) if device else ValueError("it does not say whose it is")
        except Exception as error:  # noqa: BLE001  whatever a codec raises, the payload is what it can't read
            yield ValueError(str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}")

    def _at(self, source: str, topic: str) -> tuple[int, str] | None:
        """Which stream, and what the level says that its subject is."""
        key = source, topic
        if key not in self._known:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[key] = self._look_up(source, topic)
        return self._known[key]

    def _look_up(self, source: str, topic: str) -> tuple[int, str] | None:
        for n, (stream, pattern, _) in enumerate(self._streams):
            levels = pattern.match(topic) if stream.source == source else None
            if levels is not None:
                return n, levels.get(stream.level or "", "")
        return None
