"""json_rows: payloads of one stream as columns, and what is wrong with those that give none.

Reads payloads, a chunk of 2,048 at a time (a chunk's structs stay in the processor's cache: 1.3 × of decoding alone
against 1.9 × for 32,768 at once). A chunk in which every payload decodes goes in one piece; otherwise its payloads go
one by one, so that each bad one is named and the others are kept. The result is the same, whatever shares its chunk.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from connectors.codecs.json_mapping import JsonField, JsonStream, factor, shapes
from connectors.codecs.shape import MAX_DEPTH, Getter, Shape, list_of, too_deep
from pipeline.rows import Flags, Floats, Longs

_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_UNDECODABLE = (msgspec.MsgspecError, RecursionError, UnicodeError)
_EXCERPT = 60
_SUBJECT = 200
"""A longer subject is a fault of the sender, characters."""


@dataclass(slots=True)
class Chunk:
    """What became of some payloads. Columns have shape (n,), one entry a row, sorted by payload and then by time."""

    at: Longs
    """which payload, counted from 0"""
    values: dict[str, Floats]
    """ts (UTC seconds), the stream's fields in their columns' units, and its metrics as `metric NAME`"""
    subjects: list[str] | None
    """Whose, where the payload says so."""
    bad: list[tuple[int, str]] = field(default_factory=list)
    """(which payload, expected …; got …)"""


@dataclass(slots=True)
class _Column:
    name: str
    path: str
    get: Getter
    convert: Callable[[list[Any]], tuple[Floats, Flags | None]]
    """values -> numbers, and which of them are not what was expected (None: none)"""


class JsonRows:
    """One stream's mapping, compiled."""

    def __init__(self, stream: JsonStream) -> None:
        self.stream = stream
        item, outer = shapes(stream)
        self._outer = outer
        self.columns = [_column(n, n, f, item) for n, f in stream.fields.items()]
        self.columns += [_column(n, f"metric {n}", m, item) for n, m in stream.metrics.items()]
        self._item = msgspec.json.Decoder(item.type).decode
        self._subject: Getter | None = None
        self._around = False
        if not stream.subject.startswith("{"):
            self._around = outer is not None and stream.subject.startswith("$.")
            self._subject = (outer if self._around and outer else item).getter(stream.subject[2:])
        if outer is not None:
            bare = stream.each == "$"
            self._payload = msgspec.json.Decoder(list_of(item.type) if bare else outer.type).decode
            self._loose = msgspec.json.Decoder(list[msgspec.Raw] if bare else _raw(stream)).decode
            self._items: Getter = (lambda s: s) if stream.each == "$" else outer.getter(stream.each or "")
        self._expected = self._describe()

    def _describe(self) -> str:
        fields, metrics = self.stream.fields, [m.path for m in self.stream.metrics.values()]
        needed = [fields[n].path for n in ("ts", "lon", "lat") if n in fields]
        if not self.stream.subject.startswith("{"):
            needed.insert(0, self.stream.subject[2:])
        text = f"expected JSON with {', '.join(needed)}"
        if metrics:
            text += f" and {'at least one of ' if len(metrics) > 1 else ''}{', '.join(metrics)}"
        return text + (f" in each of {self.stream.each}" if self.stream.each else "")

    def read(self, payloads: list[bytes], long: bool) -> Chunk:
        """Rows out of payloads. long: some are so long that their depth must be looked at."""
        bad: list[tuple[int, str]] = []
        items, at, subjects = self._structs(payloads, long, bad)
        values: dict[str, Floats] = {}
        wrong = np.zeros(len(items), bool)
        details: dict[int, str] = {}
        for column in self.columns:
            numbers, odd = column.convert(column.get(items))
            if odd is not None:
                wrong |= odd
                details |= {int(i): f"'{column.path}' is not what it should be" for i in np.flatnonzero(odd)}
            infinite = np.isinf(numbers)
            if infinite.any():
                wrong |= infinite
                details |= {int(i): f"'{column.path}' is out of range" for i in np.flatnonzero(infinite)}
            values[column.name] = numbers
        wrong |= self._unfit(values, details)
        if subjects is not None:
            unnamed = np.fromiter((not s or len(s) > _SUBJECT for s in subjects), bool, len(subjects))
            wrong |= unnamed
        if wrong.any():
            bad += [
                (int(at[i]), self._message(payloads[at[i]], details.get(int(i), ""))) for i in np.flatnonzero(wrong)
            ]
            right = np.flatnonzero(~wrong)
            at, values = at[right], {n: v[right] for n, v in values.items()}
            subjects = [subjects[i] for i in right] if subjects is not None else None
        if self._outer is not None:
            order = np.lexsort((values["ts"], at))
            at, values = at[order], {n: v[order] for n, v in values.items()}
            subjects = [subjects[i] for i in order] if subjects is not None else None
        return Chunk(at, values, subjects, bad)

    def _structs(
        self, payloads: list[bytes], long: bool, bad: list[tuple[int, str]]
    ) -> tuple[list[Any], Longs, list[str] | None]:
        """The items of all payloads, which payload each is of, and whose each is; appends to `bad`."""
        decode = self._item if self._outer is None else self._payload
        try:
            if long and any(map(too_deep, payloads)):
                raise RecursionError
            structs, at = list(map(decode, payloads)), np.arange(len(payloads))
        except _UNDECODABLE:
            structs, which = self._one_by_one(payloads, decode, bad)
            at = np.array(which, np.int64)
        whose = (
            _texts(self._subject(structs))
            if self._subject is not None and (self._around or self._outer is None)
            else None
        )
        if self._outer is None:
            return structs, at, whose
        lists = self._items(structs)
        items, owners = [], []
        for i, many in enumerate(lists):
            if many is None:
                bad.append((int(at[i]), self._message(payloads[at[i]], f"there is no '{self.stream.each}'")))
                continue
            for item in many:
                struct = self._one(item, payloads[at[i]], int(at[i]), bad) if isinstance(item, msgspec.Raw) else item
                if struct is not None:
                    items.append(struct)
                    owners.append(i)
        if whose is not None:
            whose = [whose[i] for i in owners]
        elif self._subject is not None:
            whose = _texts(self._subject(items))
        return items, at[np.array(owners, np.int64)], whose

    def _one_by_one(
        self, payloads: list[bytes], decode: Callable[[bytes], Any], bad: list[tuple[int, str]]
    ) -> tuple[list[Any], list[int]]:
        structs, which = [], []
        for i, payload in enumerate(payloads):
            try:
                if too_deep(payload):
                    raise RecursionError
                structs.append(decode(payload))
            except _UNDECODABLE as error:
                loose = self._around_items(payload) if self._outer is not None else None
                if loose is None:
                    bad.append((i, self._message(payload, _plain(error))))
                    continue
                structs.append(loose)
            which.append(i)
        return structs, which

    def _around_items(self, payload: bytes) -> Any:
        """A payload with its items left as they are, where that much can be decoded."""
        try:
            return None if too_deep(payload) else self._loose(payload)
        except _UNDECODABLE:
            return None

    def _one(self, raw: msgspec.Raw, payload: bytes, at: int, bad: list[tuple[int, str]]) -> Any:
        try:
            return self._item(raw)
        except _UNDECODABLE as error:
            bad.append((at, self._message(bytes(raw), _plain(error))))
            return None

    def _unfit(self, values: dict[str, Floats], details: dict[int, str]) -> Flags:
        """Rows that can't be: without a time, a place, a metric."""
        wrong = np.isnan(values["ts"])
        if self.stream.rows == "position":
            lon, lat = values["lon"], values["lat"]
            inside = (np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0)
            nowhere = (lon == 0.0) & (lat == 0.0)
            odd = ~inside | nowhere
            if odd.any():
                wrong |= odd
                for i in np.flatnonzero(odd).tolist():
                    if not math.isnan(lon[i]) and not math.isnan(lat[i]):
                        what = "terminals send it without a fix" if nowhere[i] else "no such place"
                        details.setdefault(i, f"lon {lon[i]:g}, lat {lat[i]:g}: {what}")
        else:
            wrong |= np.all([np.isnan(values[c.name]) for c in self.columns if c.name.startswith("metric ")], axis=0)
        return wrong

    def _message(self, payload: bytes, detail: str) -> str:
        excerpt = repr(payload[:_EXCERPT]) + ("…" if len(payload) > _EXCERPT else "")
        return f"{self._expected}; got {excerpt}" + (f" ({detail})" if detail else "")


def _raw(stream: JsonStream) -> Any:
    whose = [] if not stream.subject.startswith("$.") else [(stream.subject[2:], kind) for kind in (str, int)]
    return Shape([(stream.each or "", list[msgspec.Raw]), *whose]).type


def _plain(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return f"nested deeper than {MAX_DEPTH}"
    if isinstance(error, UnicodeError):
        return "text that is not UTF-8"
    return str(error)[:120]


def _texts(values: list[Any]) -> list[str]:
    return ["" if v is None else v if type(v) is str else str(v) for v in values]


def _column(field_name: str, name: str, field: JsonField, item: Shape) -> _Column:
    metric = name != field_name
    scale = field.scale * (1.0 if metric else factor(field_name, field.unit))
    get = item.getter(field.path)
    if not metric and field_name == "ts" and field.unit == "iso8601":
        return _Column(name, field.path, get, _iso8601)
    convert = _numbers_in_text if field.text else _numbers
    if scale == 1.0:
        return _Column(name, field.path, get, convert)

    def scaled(values: list[Any]) -> tuple[Floats, Flags | None]:
        numbers, odd = convert(values)
        # A number that is too large for its column becomes infinite here and is set aside for it.
        with np.errstate(over="ignore"):
            return numbers * scale, odd

    return _Column(name, field.path, get, scaled)


@lru_cache(maxsize=64)
def _packer(n: int) -> struct.Struct:
    return struct.Struct(f"{n}d")


def _numbers(values: list[Any]) -> tuple[Floats, Flags | None]:
    """Numbers, true and false as 1 and 0, None as NaN."""
    try:
        # The fastest way from a list of numbers to a column: 5 ns a value against 12 for fromiter and 15 for array.
        return np.frombuffer(_packer(len(values)).pack(*values)), None
    except struct.error:
        pass
    try:
        known = [math.nan if v is None else v for v in values]
        return np.frombuffer(_packer(len(known)).pack(*known)), None
    except struct.error:
        # Text, or a whole number beyond all floats: only where the path is a subject's too.
        odd = np.fromiter((isinstance(v, str) for v in values), bool, len(values))
        return np.fromiter(
            (math.nan if isinstance(v, str) else _float(v) for v in values), np.float64, len(values)
        ), odd


def _float(value: float | None) -> float:
    """A number as a float, infinite where it is too large."""
    try:
        return math.nan if value is None else float(value)
    except OverflowError:
        return math.inf


def _numbers_in_text(values: list[Any]) -> tuple[Floats, Flags | None]:
    """The same, and numbers written as text."""
    plain = [math.nan if isinstance(v, str) and not _NUMBER.fullmatch(v) else v for v in values]
    odd = np.fromiter(
        (isinstance(v, str) and p is not v for v, p in zip(values, plain, strict=True)), bool, len(values)
    )
    return np.fromiter((_float(v) for v in plain), np.float64, len(plain)), odd


def _iso8601(values: list[str | None]) -> tuple[Floats, Flags | None]:
    """ISO 8601 with an offset -> UTC seconds, to the microsecond."""
    try:
        return _timestamps(values), None
    except (pa.ArrowException, UnicodeError):
        result, odd = np.full(len(values), math.nan), np.zeros(len(values), bool)
        for i, value in enumerate(values):
            try:
                result[i] = _timestamps([value])[0]
            except (pa.ArrowException, UnicodeError):
                odd[i] = True
        return result, odd


def _timestamps(values: list[str | None]) -> Floats:
    stamps = pa.array(values, pa.utf8()).cast(pa.timestamp("ns", tz="UTC"))
    known = np.asarray(stamps.is_valid())
    # Whole microseconds are exact in a float64; nanoseconds are not.
    micros = stamps.cast(pa.int64()).fill_null(0).to_numpy() // 1000
    return np.where(known, micros / 1e6, math.nan)
