"""sighting_rows: messages of one camera stream as columns, and what is wrong with those that give none.

Reads payloads, 128 at a time: with ten objects each, their structs stay in the processor's cache. As with JSON, a chunk
in which every payload decodes goes in one piece, otherwise its payloads go one by one, and the objects of one that does
not decode one by one too. A bad object is left out alone; what is wrong in a message is told once, so that a message
can't cause a thousand.

A box may stand out of the picture by a whole picture on each side and is kept as it is: trackers go on where an object
leaves, and a box that is cut there would seem to shrink and to slow down.
"""

from __future__ import annotations

import struct
from itertools import chain
from typing import Annotated, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from connectors.codecs.columns import UNDECODABLE, numbers, plain, texts
from connectors.codecs.shape import MAX_DEPTH, NAN, Getter, Shape, opened, too_deep
from connectors.codecs.sightings import MOST_OBJECTS, OTHER, SightingStream
from connectors.codecs.stream import LONGEST_SUBJECT, Chunk, excerpt
from pipeline.names import NOBODY, Names
from pipeline.rows import Longs, Rows, Sighting

CHUNK = 128
"""Payloads that are decoded together."""

BEYOND = 1.0
"""So far may a box stand out of the picture, in pictures."""

_NO_ZONE, _OTHER_ZONE = -1, -2
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


class SightingRows:
    """One stream's section, compiled. Its `Chunk.values` are ts and the columns of Sighting; label and zone number the
    stream's own words."""

    chunk = CHUNK

    def __init__(self, stream: SightingStream) -> None:
        self.stream = stream
        self._labels = _Numbered({word: i for i, word in enumerate(stream.labels)}, len(stream.labels))
        self._zones = _Numbered({None: _NO_ZONE} | {word: i for i, word in enumerate(stream.zones)}, _OTHER_ZONE)
        self._whose: Getter | None = None
        bases: tuple[Any, ...] = ()
        if stream.level is None:
            path = stream.subject[2:]
            shape = Shape([(path, str), (path, int)])
            self._whose, bases = shape.getter(path), (shape.type,)
        self._decode = _picture(_Object, bases)
        self._around = _picture(msgspec.Raw, bases)
        self._object = msgspec.json.Decoder(_Object).decode
        zones = ", ".join(stream.zones[:5]) + (", …" if len(stream.zones) > 5 else "")
        self._details = (
            "",
            "the box is empty or out of the picture; x, y, w, h are shares of it",
            f"zone: the stream knows {zones or 'none'}",
            "score is a share, 0..1",
            "still is seconds, 0 or more",
        )

    def rows(self, each: Rows, columns: dict[str, NDArray[Any]], names: Names) -> Sighting:
        """See `Reader`."""
        labels = names.codes([*self.stream.labels, OTHER])
        zones = np.append(names.codes(self.stream.zones), np.int32(NOBODY))
        return Sighting(
            subject=each.subject,
            ts=each.ts,
            received=each.received,
            position=each.position,
            stream=each.stream,
            track=columns["track"],
            label=labels[columns["label"]],
            score=columns["score"],
            x=columns["x"],
            y=columns["y"],
            w=columns["w"],
            h=columns["h"],
            zone=zones[columns["zone"]],
            still=columns["still"],
        )

    def read(self, payloads: list[bytes], long: bool) -> Chunk:
        """See `Reader`."""
        bad = _Bad()
        pictures, at = self._pictures(payloads, long, bad)
        whose = None if self._whose is None else texts(self._whose(pictures))
        if whose is not None:
            unnamed = [i for i, name in enumerate(whose) if not 0 < len(name) <= LONGEST_SUBJECT]
            for i in unnamed:
                bad.add(int(at[i]), payloads[at[i]], f"'{self.stream.subject[2:]}' is not what it should be")
                pictures[i].objects = []
        lists = [picture.objects for picture in pictures]
        count = np.fromiter(map(len, lists), np.int64, len(lists))
        objects = list(chain.from_iterable(lists))
        owner = np.repeat(np.arange(len(lists)), count)
        values: dict[str, NDArray[Any]] = {"ts": np.repeat(numbers([p.ts for p in pictures])[0], count)}
        values |= self._columns(objects)
        wrong = self._wrong(values)
        if wrong.any():
            for i in np.flatnonzero(wrong).tolist():
                bad.add(int(at[owner[i]]), objects[i], self._details[int(wrong[i])])
            right = np.flatnonzero(wrong == 0)
            owner, values = owner[right], {name: column[right] for name, column in values.items()}
        subjects = None if whose is None else [whose[i] for i in owner.tolist()]
        return Chunk(at[owner], values, subjects, bad.told())

    def _columns(self, objects: list[_Object]) -> dict[str, NDArray[Any]]:
        """All but ts."""
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


def _picture(each: Any, bases: tuple[Any, ...]) -> Any:
    """What decodes a message whose objects are of that type."""
    objects = Annotated[list[each], msgspec.Meta(max_length=MOST_OBJECTS)]
    kind = msgspec.defstruct("Picture", [("ts", float), ("objects", objects)], bases=bases, kw_only=True)
    return msgspec.json.Decoder(kind).decode


def _shallow(payloads: list[bytes], pictures: list[Any]) -> bool:
    """Whether so few brackets are in what nobody reads that none of them can be nested too deep."""
    read = sum(2 + 2 * len(picture.objects) for picture in pictures)
    return opened(payloads) - read + _OWN_DEPTH <= MAX_DEPTH


def _packed(code: str, n: int, values: Any) -> NDArray[Any]:
    """n numbers as a column of that type of `struct`; the fastest way, see `columns.numbers`."""
    return np.frombuffer(struct.pack(f"{n}{code}", *values), code)
