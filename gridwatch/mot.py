"""mot: a folder of MOT files (somebody's detections, perhaps with the truth) opened as a recording.

Each sequence is a camera. Its detections are followed from picture to picture, as beside a real camera, and become
messages of gridwatch's own format; what is true (`gt`) becomes labels. All sequences begin at the same moment, so that
they are judged side by side. What was taken because nobody says it (pictures a second, their size) is told.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gridwatch.packaged import packaged
from gridwatch.problems import Exit, Problem, city_file
from gridwatch.recordings import Opened, always

if TYPE_CHECKING:
    from connectors.codecs.stream import StreamSettings
    from connectors.mot import Sequence as Pictures
    from pipeline.journal import JournalBatch
    from pipeline.runtime.compose import City
    from replay.labels import Label

ORIGIN = 946_684_800.0
"""When every sequence begins, UTC seconds: 2000-01-01. The files say only how long after that."""
EXAMPLE = "examples/mot"
_BLOCK = 8_192


@dataclass(frozen=True, slots=True)
class Asked:
    """What the files do not say, as somebody said it."""

    rate: float | None = None
    """pictures a second"""
    size: tuple[float, float] | None = None
    """pixels"""
    detections: str = "*.txt"
    trust_tracks: bool = False
    """Take the files' own numbers of objects instead of following them."""


def open_mot(folder: Path, config: Path | None = None, asked: Asked | None = None) -> Opened | None:
    """The sequences in a folder, opened; None where there are none. Raises Problem, Faulty.

    config: judged by this; none: by configs/examples/mot. Its streams of sightings say under which topic.
    """
    from connectors.mot import sequences
    from pipeline.runtime.compose import load_city

    asked = asked or Asked()
    found = sequences(folder, asked.rate, asked.size, asked.detections)
    if not found:
        return None
    city = load_city(packaged(EXAMPLE) / "city.yaml" if config is None else city_file(config))
    source, topic = _stream(city)
    recorded = _Recorded(found, source, topic, city.configuration.time.tick, asked.trust_tracks)
    rule = _rule(city) if any(each.truth is not None for each in found) else ""
    return Opened(
        name=folder.resolve().name,
        entries=lambda: recorded,
        first=0,
        head=recorded.head,
        load=always(city),
        current=b"{}",
        labels=sorted(label for each in found for label in _labels(each, rule)),
        city=city,
        notes=_notes(found),
    )


def camera(sequence: Pictures) -> str:
    """What a sequence's camera is called: its name, with '.' for what would be another level of a topic."""
    return sequence.name.replace("/", ".").replace("+", ".").replace("#", ".")


class _Recorded:
    """The entries of all sequences, side by side; objects are followed once, when they are first asked for."""

    first = 0

    def __init__(
        self, found: Sequence[Pictures], source: str, topic: Callable[[str], str], tick: float, trust_tracks: bool
    ) -> None:
        self._found, self._source, self._topic = found, source, topic
        self._tick, self._trust = tick, trust_tracks
        self._batches: list[JournalBatch] = []
        self._until = max(each.ts(each.last, ORIGIN) for each in found)
        self.head = sum(each.last for each in found) + len(self._ticks())

    def read(self, start: int = 0, max_rows: int = _BLOCK) -> Iterator[JournalBatch]:
        """From `start` on, in blocks of at most `max_rows`."""
        from pipeline.journal import JournalBatch

        for piece in self._all():
            for begin in range(max(piece.first, start), piece.end, max_rows):
                yield JournalBatch(begin, piece.batch.slice(begin - piece.first, max_rows))

    def _all(self) -> Iterator[JournalBatch]:
        """Made anew by whoever reads first to the end, then kept."""
        if self._batches:
            yield from self._batches
            return
        made = []
        for piece in self._make():
            made.append(piece)
            yield piece
        self._batches = made

    def _ticks(self) -> list[float]:
        return [ORIGIN + n * self._tick for n in range(math.ceil((self._until - ORIGIN) / self._tick) + 2)]

    def _make(self) -> Iterator[JournalBatch]:
        from pipeline.entries import EntryBuffer, Kind
        from pipeline.journal import JournalBatch

        buffer, position = EntryBuffer(), 0
        streams = [self._messages(n, each) for n, each in enumerate(self._found)]
        ticks = iter([(ts, -1, "", b"") for ts in self._ticks()])
        for _, entries in groupby(heapq.merge(ticks, *streams), key=lambda entry: entry[0]):
            for ts, number, topic, payload in entries:
                kind = Kind.TICK if number < 0 else Kind.DELIVERY
                buffer.add(kind, self._source, topic, ts, payload)
            if len(buffer) >= _BLOCK:
                yield JournalBatch(position, buffer.batch())
                position += len(buffer)
                buffer = EntryBuffer()
        if len(buffer):
            yield JournalBatch(position, buffer.batch())

    def _messages(self, number: int, sequence: Pictures) -> Iterator[tuple[float, int, str, bytes]]:
        try:
            from cameras.sightings import messages
        except ModuleNotFoundError as error:
            message = f"Following objects needs {error.name}: pip install 'gridwatch[cameras]'"
            raise Problem(message) from None
        topic = self._topic(camera(sequence))
        pictures = sequence.pictures(ORIGIN, trust_tracks=self._trust)
        for ts, payload in messages(pictures, sequence.rate):
            yield ts, number, topic, payload


def _stream(city: City) -> tuple[str, Callable[[str], str]]:
    """The source of the configuration's stream of sightings, and a camera's topic in it. Raises Problem."""
    streams: list[StreamSettings] = [
        stream
        for stream in city.configuration.streams.values()
        if stream.codec == "sightings" and stream.subject.startswith("{") and stream.unknown == "accept"
    ]
    if not streams:
        raise Problem(
            f"{city.file}: expected a stream with 'codec: sightings', the camera in its topic and 'unknown: accept',"
            f" such as that of configs/{EXAMPLE}/city.yaml",
            Exit.USAGE,
        )
    stream = streams[0]
    pattern = stream.topic.replace("+", "mot").replace("#", "mot")
    return stream.source, lambda name: pattern.replace(stream.subject, name)


def _rule(city: City) -> str:
    """The rule that the truth is about. Raises Problem where several may be meant."""
    from pipeline.runtime.compose import make_rule

    about = [section.id for section in city.configuration.rules if make_rule(section).kind.kind == "sighting"]
    if len(about) != 1:
        told = f"{len(about)}: {', '.join(about)}" if about else "none"
        message = f"{city.file}: expected one rule about sightings, which the files' truth is about; there are {told}"
        raise Problem(message, Exit.USAGE)
    return about[0]


def _labels(sequence: Pictures, rule: str) -> Iterator[Label]:
    """One for each object of the truth: from its first picture to its last."""
    from replay.labels import Label

    truth = sequence.truth
    if truth is None:
        return
    boxes = sequence.shares(truth.box)
    for track in np.unique(truth.track).tolist():
        mine = np.flatnonzero(truth.track == track)
        mine = mine[np.argsort(truth.frame[mine], kind="stable")]
        when = [sequence.ts(frame, ORIGIN) for frame in truth.frame[mine].tolist()]
        places = tuple((ts, x, y, w, h) for ts, (x, y, w, h) in zip(when, boxes[mine].tolist(), strict=True))
        yield Label(when[0], rule, camera(sequence), when[-1], note=f"track {track}", boxes=places)


def _notes(found: Sequence[Pictures]) -> tuple[str, ...]:
    """What was taken and not said, and what was left out."""
    notes = []
    assumed = [each for each in found if each.rate_from == "assumed"]
    if assumed:
        notes.append(f"{_many(assumed)}: nobody says how many pictures a second; {assumed[0].rate:g} taken (--fps)")
    unsized = [each for each in found if each.size_from == "boxes"]
    if unsized:
        notes.append(f"{_many(unsized)}: nobody says how large the pictures are; as far as the boxes reach (--size)")
    faults = [fault for each in found for fault in each.faults]
    notes += [str(fault) for fault in faults[:10]]
    if len(faults) > 10:
        notes.append(f"… and {len(faults) - 10} more lines that were left out")
    return tuple(notes)


def _many(found: Sequence[Pictures]) -> str:
    return f"{len(found)} sequences" if len(found) > 1 else found[0].name
