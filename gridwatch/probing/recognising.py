"""recognising: is this what one of the codecs decodes? By trying: whoever reads nine in ten of the messages is it.

A codec is tried with its defaults. Where two could be it, the stricter one is; JSON that nobody knows is `json`, text
in lines of as many cells each is `csv`. What is inside a LoRaWAN uplink as bytes is tried with the codecs of devices.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from connectors.codecs import KNOWN, UNPACKERS
from connectors.codecs.csv_lines import CsvLines
from connectors.codecs.frigate import FrigateStream
from connectors.codecs.frigate_rows import FrigateRows
from connectors.codecs.sighting_rows import SightingRows
from connectors.codecs.sightings import SightingStream
from connectors.codecs.unpacked import UnpackedStream
from pipeline.codec import Codec
from pipeline.dotted import value_at

ENOUGH = 0.9
"""So large a share of the messages a codec must be able to read, to be it."""
TRIED = 100
"""Messages that each codec is tried on."""
_UPLINKS = ("chirpstack", "ttn")
_LAST = ("ngsi_ld", "csv")
"""Those that read much that is not theirs: asked after all others, or apart."""
_ANY_SIZE = (20_000, 20_000)


@dataclass(slots=True)
class Format:
    """What messages are written in."""

    codec: str
    """'': nobody knows."""
    options: dict[str, Any] = field(default_factory=dict)
    """The codec's own, where its defaults are not what reads them."""
    objects: list[Any] = field(default_factory=list)
    """What they say, of all messages that can be read."""
    at: list[int] = field(default_factory=list)
    """Which message each of the objects is of."""
    guesses: list[str] = field(default_factory=list)
    """What of it is no more than likely."""


def recognise(payloads: Sequence[bytes]) -> Format:
    """The format of messages of one kind."""
    some = [payload for payload in payloads[:TRIED] if payload]
    if not some:
        return Format("")
    strict = [name for name in _codecs() if name not in _LAST]
    for name in ("frigate", "sightings"):
        if _reads_seen(name, some):
            return Format(name)
    for name in [*strict, "ngsi_ld"]:
        if _reads(_codecs()[name](), some):
            options, guesses = _inside(name, some) if name in _UPLINKS else ({}, [])
            return _with_objects(Format(name, options, guesses=guesses), payloads)
    if _share(_is_json(payload) for payload in some) >= ENOUGH:
        return _with_objects(Format("json"), payloads)
    table = _table(some)
    return Format("") if table is None else _with_objects(table, payloads)


def _codecs() -> dict[str, type[Codec]]:
    """Our own and those of packages that need nothing said."""
    plugged = {name: kind.settings.kind for name, kind in KNOWN.items() if issubclass(kind.settings, UnpackedStream)}
    every = {name: codec for name, codec in (UNPACKERS | plugged).items() if codec.timed}
    return {
        name: codec for name, codec in every.items() if not any(f.is_required() for f in codec.model_fields.values())
    }


def _share(answers: Any) -> float:
    listed = [bool(each) for each in answers]
    return sum(listed) / len(listed) if listed else 0.0


def _reads(codec: Codec, payloads: Sequence[bytes]) -> bool:
    """Does it make an object of one of them at least, and read nearly all?"""
    said = [_objects(codec, payload) for payload in payloads]
    return any(said) and _share(each is not None for each in said) >= ENOUGH


def _objects(codec: Codec, payload: bytes) -> list[Any] | None:
    """What a payload says; None where it can't be read, or has neither the time nor the place that the format has."""
    try:
        made = list(codec.decode(payload))
    except Exception:  # noqa: BLE001  whatever a codec raises, it can't read that
        return None
    whole = [each for each in made if not isinstance(each, ValueError)]
    known = [str(codec.fields[name]["path"]) for name in ("ts", "lon") if name in codec.fields]
    says = not known or any(value_at(each, path) is not None for each in whole for path in known)
    return None if made and not (whole and says) else whole


def _reads_seen(name: str, payloads: Sequence[bytes]) -> bool:
    """The two formats of cameras, which are no `Codec`."""
    given = {"source": "s", "topic": "{camera}", "codec": name, "unknown": "accept"}
    reader: Any
    if name == "frigate":
        reader = FrigateRows(FrigateStream.model_validate(given | {"size": _ANY_SIZE}))
    else:
        reader = SightingRows(SightingStream.model_validate(given))
    chunk = reader.read(list(payloads), True)
    objects = [payload for payload in payloads if _names_seen(name, payload)]
    bad = len({at for at, _ in chunk.bad})
    return len(objects) >= ENOUGH * len(payloads) and bad <= (1 - ENOUGH) * len(payloads)


def _names_seen(name: str, payload: bytes) -> bool:
    keys = ("type", "before", "after") if name == "frigate" else ("ts", "objects")
    try:
        said = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(said, dict) and all(key in said for key in keys)


def _inside(name: str, payloads: Sequence[bytes]) -> tuple[dict[str, Any], list[str]]:
    """By which codec a device's own bytes can be read, where the network server has not decoded them."""
    plain = [each for payload in payloads for each in _objects(UNPACKERS[name](), payload) or ()]
    if any(isinstance(each.get("data"), dict) for each in plain):
        return {}, []
    fitting: list[str] = []
    models = msgspec.json.decode(msgspec.json.encode(UNPACKERS["milesight"].model_json_schema()))
    for model in models["properties"]["model"]["enum"]:
        payload = {"codec": "milesight", "model": model}
        said = [_objects(UNPACKERS[name].model_validate({"payload": payload}), each) for each in payloads]
        useful = [len(one["data"]) for each in said for one in each or () if isinstance(one.get("data"), dict)]
        if useful and min(useful) > 0 and all(each is not None for each in said):
            fitting.append(model)
    if not fitting:
        return {}, ["the device's own bytes are not decoded: set a decoder in the network server, or name a `payload`"]
    others = (
        f"; it could be {', '.join(fitting[1:])} too, in which the same bytes mean other things" if fitting[1:] else ""
    )
    return {"payload": {"codec": "milesight", "model": fitting[0]}}, [f"the model is guessed from the bytes{others}"]


def _is_json(payload: bytes) -> bool:
    try:
        return isinstance(msgspec.json.decode(payload), dict | list)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def _table(payloads: Sequence[bytes]) -> Format | None:
    """Lines of CSV, with a header in each message or without one."""
    for encoding in ("utf-8", "gbk"):
        texts = [text for payload in payloads if (text := _text(payload, encoding)) is not None]
        if len(texts) < ENOUGH * len(payloads):
            continue
        for delimiter in (",", ";", "\t", "|"):
            rows = [_cells(text, delimiter) for text in texts]
            width = {len(row) for each in rows for row in each}
            if len(width) == 1 and min(width) > 1:
                options: dict[str, Any] = {} if delimiter == "," else {"delimiter": delimiter}
                options |= {} if encoding == "utf-8" else {"encoding": encoding}
                return _columns(rows, options)
    return None


def _cells(text: str, delimiter: str) -> list[list[str]]:
    """The cells of each line that has any; of what is no CSV one line without cells."""
    try:
        return [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
    except csv.Error:
        return [[]]


def _text(payload: bytes, encoding: str) -> str | None:
    """None where it is none."""
    try:
        text = payload.decode(encoding)
    except UnicodeDecodeError:
        return None
    return text if all(c.isprintable() or c in "\r\n\t\ufeff" for c in text) else None


def _columns(rows: Sequence[Sequence[Sequence[str]]], options: dict[str, Any]) -> Format:
    some = [each for each in rows if each]
    first = some[0][0]
    if all(len(each) > 1 and each[0] == first for each in some) and not any(_number(cell) for cell in first):
        return Format("csv", options)
    names = [f"column_{i + 1}" for i in range(len(first))]
    return Format("csv", options | {"columns": names}, guesses=["nothing says what the columns are: name them"])


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _with_objects(found: Format, payloads: Sequence[bytes]) -> Format:
    codec: Codec | None = None
    if found.codec == "csv":
        codec = CsvLines.model_validate(found.options)
    elif found.codec != "json":
        codec = _codecs()[found.codec].model_validate(found.options)
    for number, payload in enumerate(payloads):
        made: list[Any]
        if codec is not None:
            made = [each for each in _objects(codec, payload) or () if not isinstance(each, ValueError)]
        else:
            made = [msgspec.json.decode(payload)] if _is_json(payload) else []
        found.objects += made
        found.at += [number] * len(made)
    return found
