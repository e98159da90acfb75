"""mot: a folder of MOT files (somebody's detections, perhaps with the truth) opened as a recording.

Each sequence is a camera. Its detections are followed from picture to picture, as beside a real camera, and become
messages of gridwatch's own format; what is true (`gt`) becomes labels. All sequences begin at the same moment, so that
they are judged side by side. What was taken because nobody says it (pictures a second, their size) is told.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gridwatch.packaged import packaged
from gridwatch.problems import Exit, Problem, city_file
from gridwatch.recordings import Opened, always

if TYPE_CHECKING:
    from connectors.codecs.stream import StreamSettings
    from connectors.mot import Sequence as Pictures
    from pipeline.runtime.compose import City
    from replay.labels import Label
    from replay.messages import Said

ORIGIN = 946_684_800.0
"""When every sequence begins, UTC seconds: 2000-01-01. The files say only how long after that."""
EXAMPLE = "examples/mot"


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
    from replay.messages import Messages

    asked = asked or Asked()
    found = sequences(folder, asked.rate, asked.size, asked.detections)
    if not found:
        return None
    city = load_city(packaged(EXAMPLE) / "city.yaml" if config is None else city_file(config))
    source, topic = _stream(city)
    followed = _Followed(found, source, topic, asked.trust_tracks)
    span = ORIGIN, max(each.ts(each.last, ORIGIN) for each in found)
    count = sum(each.last for each in found)
    recorded = Messages(followed.said, count, [source], span, city.configuration.time.tick)
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


class _Followed:
    """What all sequences' cameras say, side by side; objects are followed once, when that is first asked for."""

    def __init__(self, found: Sequence[Pictures], source: str, topic: Callable[[str], str], trust_tracks: bool) -> None:
        self._found, self._source, self._topic, self._trust = found, source, topic, trust_tracks
        self._kept: list[Said] | None = None

    def said(self) -> Iterator[Said]:
        """By time; at one moment in the order of the sequences."""
        if self._kept is not None:
            yield from self._kept
            return
        kept = []
        for each in heapq.merge(*map(self._messages, self._found), key=lambda said: said[0]):
            kept.append(each)
            yield each
        self._kept = kept

    def _messages(self, sequence: Pictures) -> Iterator[Said]:
        try:
            from cameras.sightings import messages
        except ModuleNotFoundError as error:
            message = f"Following objects needs {error.name}: pip install 'gridwatch[cameras]'"
            raise Problem(message) from None
        topic = self._topic(camera(sequence))
        pictures = sequence.pictures(ORIGIN, trust_tracks=self._trust)
        for ts, payload in messages(pictures, sequence.rate):
            yield ts, self._source, topic, payload


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
