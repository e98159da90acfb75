"""pictures: messages of one camera stream as objects in columns, and what is wrong with those that give none.

Reads payloads, 128 at a time: with ten objects each, their structs stay in the processor's cache. As with JSON, a chunk
in which every payload decodes goes in one piece, otherwise its payloads go one by one, and the objects of one that does
not decode one by one too. A bad object is left out alone; what is wrong in a message is told once, so that a message
can't cause a thousand.

A box may stand out of the picture by a whole picture on each side and is kept as it is: trackers go on where an object
leaves, and a box that is cut there would seem to shrink and to slow down.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Annotated, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from connectors.codecs.columns import UNDECODABLE, numbers, plain, texts
from connectors.codecs.shape import MAX_DEPTH, NAN, Getter, Shape, opened, too_deep
from connectors.codecs.sightings import MOST_OBJECTS, SightingStream
from connectors.codecs.stream import LONGEST_SUBJECT, excerpt
from pipeline.raster import chunks, expand
from pipeline.rows import Floats, Longs

CHUNK = 128
"""Payloads that are decoded together."""

BEYOND = 1.0
"""So far may a box stand out of the picture, in pictures."""

NO_ZONE, _OTHER_ZONE = -1, -2
_MOST_ZONES = 1000
_PAIRS = 200_000
"""Objects times others that are looked at together."""
_EXPECTED = "expected JSON with ts, and objects that each have track, label and box [x, y, w, h]"
_LAST_TRACK = 2**63 - 1
_OWN_DEPTH = 4
"""Of a box in an object in the list in a message."""


class _Object(msgspec.Struct, gc=False):
    """One object in a picture, as it is sent."""

    track: Annotated[int, msgspec.Meta(ge=0, le=_LAST_TRACK)]
    label: str
    box: tuple[float, float, float, float]
    score: float | None = NAN
    zone: str | None = None
    still: float | None = NAN


class _Numbered(dict[str | None, int]):
    """Words that are known -> their numbers; one number for all others."""

    def __init__(self, known: dict[str | None, int], others: int) -> None:
        super().__init__(known)
        self._others = others

    def __missing__(self, word: str | None) -> int:
        return self._others


class _Bad:
    """What is wrong, once a payload: the first fault, and how many objects have one."""

    def __init__(self) -> None:
        self._first: dict[int, tuple[str, str]] = {}
        self._count: dict[int, int] = {}

    def add(self, payload: int, got: bytes | msgspec.Raw | _Object, detail: str) -> None:
        """Something is wrong in a payload. got: the part of it that is."""
        if payload not in self._first:
            raw = msgspec.json.encode(got) if isinstance(got, _Object) else bytes(got)
            self._first[payload] = excerpt(raw), detail
        self._count[payload] = self._count.get(payload, 0) + 1

    def told(self) -> list[tuple[int, str]]:
        """Payload and message, by payload."""
        found = []
        for payload, (got, detail) in sorted(self._first.items()):
            more = self._count[payload] - 1
            others = f", and {more} more of its objects" if more else ""
            found.append((payload, f"{_EXPECTED}; got {got} ({detail}{others})"))
        return found


@dataclass(slots=True)
class Found:
    """Some messages. Columns of pictures have shape (p,), of objects (n,): by picture, as they stand in it."""

    at: Longs
    """Which payload each picture is, counted from 0."""
    ts: Floats
    """When each picture was taken, UTC seconds."""
    cameras: list[str] | None
    """Whose each picture is, where the payload says so."""
    picture: Longs
    """In which picture each object is."""
    zones: list[set[str] | None]
    """Which zones each picture shows, where it says so and the stream is about zones."""
    objects: dict[str, NDArray[Any]]
    """The columns of Sighting; label and zone number the stream's own words."""
    bad: list[tuple[int, str]]
    """(which payload, expected …; got …)"""

    def pairs(self, mine: Longs, others: Longs) -> Iterator[tuple[Longs, Longs]]:
        """(one, other): each of `mine` with each of `others` in its picture, some at a time. Both are ascending."""
        count = np.bincount(self.picture[others], minlength=len(self.at))
        start = (np.cumsum(count) - count)[self.picture[mine]]
        count = count[self.picture[mine]]
        for part in chunks(count, _PAIRS):
            one, at = expand(start[part], count[part])
            yield mine[one + part.start], others[at]


class Pictures:
    """One stream's messages. by_zone: it is about zones, so that an object in one that it does not know is in none,
    and not wrong."""

    def __init__(self, stream: SightingStream, *, by_zone: bool) -> None:
        self.stream, self._by_zone = stream, by_zone
        self._labels = _Numbered({word: i for i, word in enumerate(stream.labels)}, len(stream.labels))
        known: dict[str | None, int] = {word: i for i, word in enumerate(stream.zones)}
        self._zones = _Numbered(known | {None: NO_ZONE}, NO_ZONE if by_zone else _OTHER_ZONE)
        self._whose: Getter | None = None
        bases: tuple[Any, ...] = ()
        if stream.level is None:
            path = stream.subject[2:]
            shape = Shape([(path, str), (path, int)])
            self._whose, bases = shape.getter(path), (shape.type,)
        self._decode = _picture(_Object, bases, by_zone=by_zone)
        self._around = _picture(msgspec.Raw, bases, by_zone=by_zone)
        self._object = msgspec.json.Decoder(_Object).decode
        zones = ", ".join(stream.zones[:5]) + (", …" if len(stream.zones) > 5 else "")
        self._details = (
            "",
            "the box is empty or out of the picture; x, y, w, h are shares of it",
            f"zone: the stream knows {zones or 'none'}",
            "score is a share, 0..1",
            "still is seconds, 0 or more",
        )

    def read(self, payloads: list[bytes], long: bool) -> Found:
        """What is in them. long: some are so long that their depth must be looked at."""
        bad = _Bad()
        pictures, at = self._pictures(payloads, long, bad)
        whose = None if self._whose is None else texts(self._whose(pictures))
        if whose is not None and not all(0 < len(name) <= LONGEST_SUBJECT for name in whose):
            named = [i for i, name in enumerate(whose) if 0 < len(name) <= LONGEST_SUBJECT]
            for i in sorted(set(range(len(whose))).difference(named)):
                bad.add(int(at[i]), payloads[at[i]], f"'{self.stream.subject[2:]}' is not what it should be")
            pictures, whose, at = [pictures[i] for i in named], [whose[i] for i in named], at[named]
        lists = [picture.objects for picture in pictures]
        objects = list(chain.from_iterable(lists))
        owner = np.repeat(np.arange(len(lists)), np.fromiter(map(len, lists), np.int64, len(lists)))
        columns = self._columns(objects)
        wrong = self._wrong(columns)
        if wrong.any():
            for i in np.flatnonzero(wrong).tolist():
                bad.add(int(at[owner[i]]), objects[i], self._details[int(wrong[i])])
            right = np.flatnonzero(wrong == 0)
            owner, columns = owner[right], {name: column[right] for name, column in columns.items()}
        zones = [p.zones for p in pictures] if self._by_zone else [None] * len(pictures)
        return Found(at, numbers([p.ts for p in pictures])[0], whose, owner, zones, columns, bad.told())

    def _columns(self, objects: list[_Object]) -> dict[str, NDArray[Any]]:
        """What each object says."""
        n = len(objects)
        boxes = np.array(_packed("d", 4 * n, chain.from_iterable([o.box for o in objects])).reshape(n, 4).T)
        return {
            "track": _packed("q", n, [o.track for o in objects]),
            "label": _packed("i", n, map(self._labels.__getitem__, [o.label for o in objects])),
            "score": numbers([o.score for o in objects])[0],
            "x": boxes[0],
            "y": boxes[1],
            "w": boxes[2],
            "h": boxes[3],
            "zone": _packed("i", n, map(self._zones.__getitem__, [o.zone for o in objects])),
            "still": numbers([o.still for o in objects])[0],
        }

    def _wrong(self, values: dict[str, NDArray[Any]]) -> NDArray[np.int8]:
        """What is wrong with each object, as its place in `_details`; 0: nothing."""
        x, y, w, h = (values[name] for name in ("x", "y", "w", "h"))
        # Beyond all numbers is out of the picture too.
        with np.errstate(over="ignore"):
            right, bottom = x + w, y + h
        boxed = (w > 0) & (h > 0) & (x < 1) & (y < 1) & (right > 0) & (bottom > 0)
        boxed &= (x >= -BEYOND) & (y >= -BEYOND) & (right <= 1 + BEYOND) & (bottom <= 1 + BEYOND)
        wrong: NDArray[np.int8] = (~boxed).astype(np.int8)
        wrong[values["zone"] == _OTHER_ZONE] = 2
        wrong[(values["score"] < 0) | (values["score"] > 1)] = 3
        wrong[values["still"] < 0] = 4
        return wrong

    def _pictures(self, payloads: list[bytes], long: bool, bad: _Bad) -> tuple[list[Any], Longs]:
        """Messages, and which payload each is; adds to `bad`."""
        try:
            pictures = list(map(self._decode, payloads))
            if not long or _shallow(payloads, pictures) or not any(map(too_deep, payloads)):
                return pictures, np.arange(len(payloads))
        except UNDECODABLE:
            pass
        pictures, which = [], []
        for i, payload in enumerate(payloads):
            try:
                if too_deep(payload):
                    raise RecursionError
                try:
                    picture = self._decode(payload)
                except msgspec.ValidationError:
                    picture = self._around(payload)
                    picture.objects = self._each(picture.objects, i, bad)
            except UNDECODABLE as error:
                bad.add(i, payload, plain(error))
                continue
            pictures.append(picture)
            which.append(i)
        return pictures, np.array(which, np.int64)

    def _each(self, raws: list[msgspec.Raw], payload: int, bad: _Bad) -> list[_Object]:
        """The objects of a message of which some do not decode."""
        objects = []
        for raw in raws:
            try:
                objects.append(self._object(raw))
            except UNDECODABLE as error:
                bad.add(payload, raw, plain(error))
        return objects


def _picture(each: Any, bases: tuple[Any, ...], *, by_zone: bool) -> Any:
    """What decodes a message whose objects are of that type."""
    objects = Annotated[list[each], msgspec.Meta(max_length=MOST_OBJECTS)]
    fields: list[Any] = [("ts", float), ("objects", objects)]
    if by_zone:
        fields.append(("zones", Annotated[set[str], msgspec.Meta(max_length=_MOST_ZONES)] | None, None))
    kind = msgspec.defstruct("Picture", fields, bases=bases, kw_only=True)
    return msgspec.json.Decoder(kind).decode


def _shallow(payloads: list[bytes], pictures: list[Any]) -> bool:
    """Whether so few brackets are in what nobody reads that none of them can be nested too deep."""
    read = sum(2 + 2 * len(picture.objects) for picture in pictures)
    return opened(payloads) - read + _OWN_DEPTH <= MAX_DEPTH


def _packed(code: str, n: int, values: Any) -> NDArray[Any]:
    """n numbers as a column of that type of `struct`; the fastest way, see `columns.numbers`."""
    return np.frombuffer(struct.pack(f"{n}{code}", *values), code)
