"""configured: what streams make of messages: rows, what is refused and why, what is not mapped, what rules lack.

The decoder is the one that runs live, with the city's registers; a proposed stream is tried by the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from connectors.codecs.json_mapping import MappedStream
from connectors.codecs.stream import StreamSettings
from connectors.codecs.unpacked import UnpackedStream
from gridwatch.probing.heard import Message
from gridwatch.probing.leaves import Leaf, leaves
from pipeline.dotted import value_at

if TYPE_CHECKING:
    from pipeline.runtime.compose import City
    from pipeline.version import Decoded
    from pipeline.world import World

_GOT = re.compile(r"; got .*", re.DOTALL)


@dataclass(slots=True)
class Refused:
    """Messages that gave no row, of one reason."""

    reason: str
    """undecodable, unmatched or unknown, and what was expected"""
    count: int
    example: str
    """The whole message of the first of them."""


@dataclass(slots=True)
class Made:
    """What a stream made of some messages."""

    stream: str
    codec: str
    kind: str
    """of row"""
    messages: int
    rows: int = 0
    subjects: int = 0
    refused: list[Refused] = field(default_factory=list)
    silent: int = 0
    """Messages that gave neither a row nor a fault: they say nothing that is measured."""
    empty: list[str] = field(default_factory=list)
    """Columns that are mapped, and unknown in every row."""
    unmapped: list[Leaf] = field(default_factory=list)
    lacking: dict[str, list[str]] = field(default_factory=dict)
    """Column -> the rules that can't do without it."""


def decoded(messages: Sequence[Message], streams: Mapping[str, StreamSettings], world: World | None = None) -> Decoded:
    """As a city decodes them."""
    from connectors.codecs.decode import compile_streams
    from pipeline.entries import EntryBuffer, Kind
    from pipeline.names import Names

    buffer = EntryBuffer()
    for each in messages:
        buffer.add(Kind.DELIVERY, each.source, each.topic, each.received, each.payload)
    return compile_streams(streams, world)(buffer.batch(), 0, Names())


def made_of(
    messages: Sequence[Message], streams: Mapping[str, StreamSettings], world: World | None = None
) -> list[Made]:
    """What each of the streams made of them that has to do with one of them."""
    result = decoded(messages, streams, world)
    found: list[Made] = []
    for index, (name, stream) in enumerate(streams.items()):
        blocks = [rows for rows in result.rows if len(rows) and int(rows.stream[0]) == index]
        asides = [each for each in result.aside if each.where.split(" ", 1)[0] == name]
        ours = _ours(messages, stream)
        if not blocks and not asides and not ours:
            continue
        made = Made(name, stream.codec, stream.rows, len(ours))
        made.rows = sum(map(len, blocks))
        made.subjects = len({code for rows in blocks for code in rows.subject.tolist()})
        made.refused = _refused((each.reason, each.message) for each in asides)
        spoken = {int(p) for rows in blocks for p in rows.position} | {each.position for each in asides}
        made.silent = len(ours) - len(spoken)
        made.empty = sorted(_empty(stream, blocks))
        if isinstance(stream, MappedStream):
            made.unmapped = unmapped(stream, [messages[i].payload for i in ours])
        found.append(made)
    return found


def unmatched(messages: Sequence[Message], streams: Mapping[str, StreamSettings]) -> int:
    """How many of them are of no stream."""
    matched = {i for stream in streams.values() for i in _ours(messages, stream)}
    return len(messages) - len(matched)


def _ours(messages: Sequence[Message], stream: StreamSettings) -> list[int]:
    from connectors.codecs.topics import TopicPattern

    pattern = TopicPattern(stream.topic)
    return [i for i, m in enumerate(messages) if m.source == stream.source and pattern.match(m.topic) is not None]


def _refused(told: Iterable[tuple[str, str]]) -> list[Refused]:
    found: dict[str, Refused] = {}
    for reason, message in told:
        key = f"{reason}: {_GOT.sub('', message)}" if reason == "undecodable" else reason
        one = found.setdefault(key, Refused(key, 0, message))
        one.count += 1
    return sorted(found.values(), key=lambda each: -each.count)


def _empty(stream: StreamSettings, blocks: Sequence[Any]) -> Iterable[str]:
    names = stream.fields if isinstance(stream, MappedStream) and stream.rows == "position" else ()
    for name in names:
        columns = [rows.column(name) for rows in blocks]
        if columns and all(c is None or bool(np.isnan(c).all()) for c in columns):
            yield name


def unmapped(stream: MappedStream, payloads: Sequence[bytes]) -> list[Leaf]:
    """What payloads say, and the stream does not use."""
    used = {each.path for each in (*stream.fields.values(), *stream.metrics.values())}
    if stream.level is None:
        used.add(stream.subject[2:])
    found = leaves(objects_of(stream, payloads))
    return [leaf for path, leaf in found.items() if path not in used]


def objects_of(stream: MappedStream, payloads: Sequence[bytes]) -> list[Any]:
    """The objects whose paths a stream maps; what can't be read is left out."""
    found: list[Any] = []
    for payload in payloads:
        for each in _read(stream, payload):
            if stream.each is None:
                found.append(each)
            else:
                items = each if stream.each == "$" else value_at(each, stream.each)
                found += items if isinstance(items, list) else []
    return found


def _read(stream: MappedStream, payload: bytes) -> list[Any]:
    try:
        if isinstance(stream, UnpackedStream):
            return [each for each in stream.codec_of().decode(payload) if not isinstance(each, ValueError)]
        return [msgspec.json.decode(payload)]
    except Exception:  # noqa: BLE001  whatever a codec raises: that it can't be read is told by the decoder
        return []


def add_lacking(made: Iterable[Made], city: City) -> None:
    """What the city's rules lack of what the streams made."""
    from pipeline.runtime.compose import make_rule

    streams = city.configuration.streams
    for section in city.configuration.rules:
        rule = make_rule(section)
        for each in made:
            stream = streams[each.stream]
            if rule.kind.kind != each.kind or not stream.feeds(each.kind, rule.metric):
                continue
            for column in rule.detector.needed():
                if not stream.gives(column) or (column in each.empty and column not in stream.carries()):
                    each.lacking.setdefault(column, []).append(rule.id)
