"""formats: every form in which a recording may come, and how a file's form is seen from its first lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import msgspec

from connectors.codecs.columns import UNDECODABLE
from connectors.recorded.by_column import ByColumn
from connectors.recorded.by_stream import ByStream
from connectors.recorded.by_topic import ByTopic
from connectors.recorded.csv_files import read_csv, separator
from connectors.recorded.files import Line, RecordedFile
from connectors.recorded.gpx_files import read_gpx
from connectors.recorded.json_values import json_values
from connectors.recorded.message import LeftOut, Message, Wanted
from connectors.recorded.mosquitto import looks_printed, read_mosquitto
from connectors.recorded.spool import Delivery
from connectors.recorded.traccar import Devices, column, is_device, is_position, read_positions
from pipeline.faults import Fault, Faulty

LOOKED_AT = 20
"""Lines of a file that are looked at."""


@dataclass(slots=True)
class Reading:
    """What the files of one recording are read with."""

    wanted: Wanted
    left_out: LeftOut = field(default_factory=LeftOut)
    devices: Devices = field(default_factory=dict)


Read = Callable[[RecordedFile, Reading], Iterator[Delivery | Fault]]
"""The records of a file, each as a delivery or what is wrong with it. Raises Faulty where the file as a whole does not
fit the mapping."""


def _csv(file: RecordedFile, reading: Reading) -> Iterator[Delivery | Fault]:
    return ByColumn(reading.wanted, file).deliveries(read_csv(file))


def _gpx(file: RecordedFile, reading: Reading) -> Iterator[Delivery | Fault]:
    return ByColumn(reading.wanted, file).deliveries(read_gpx(file))


def _json(file: RecordedFile, reading: Reading) -> Iterator[Delivery | Fault]:
    by_stream = ByStream(reading.wanted, file, reading.left_out)
    values = json_values(file, lists=getattr(by_stream.stream, "each", None) == "$")
    return by_stream.deliveries(v if isinstance(v, Fault) else Message(v.number, v.text) for v in values)


def _mosquitto(file: RecordedFile, reading: Reading) -> Iterator[Delivery | Fault]:
    by_topic = ByTopic(reading.wanted, file, reading.left_out)
    return by_topic.deliveries(read_mosquitto(file, reading.wanted.zone))


def _traccar(file: RecordedFile, reading: Reading) -> Iterator[Delivery | Fault]:
    positions = read_positions(file, reading.devices, reading.wanted.zone, reading.left_out)
    return ByStream(reading.wanted, file, reading.left_out).deliveries(positions)


FORMATS: Mapping[str, tuple[Read, str]] = {
    "csv": (_csv, "a table: a line with the names of the columns, then a line a record"),
    "gpx": (_gpx, "GPX with track points"),
    "json": (_json, "JSON: an object a line, or a list of objects"),
    "mosquitto": (_mosquitto, "what mosquitto_sub printed: -v, -F '%I %t %p', -F '%U %t %p' or -F %j"),
    "traccar": (_traccar, "positions of Traccar, JSON or CSV; with a file of its devices among the files"),
}
"""Name -> how it is read, and what it is."""


def has_topics(name: str) -> bool:
    """Do the records of that format say by their topics which streams they are of?"""
    return name == "mosquitto"


def check(file: RecordedFile) -> None:
    """Raises Faulty where a file is no recording in any format."""
    head = file.head()
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise Faulty([file.fault(1, file.damage or "expected a recording; the file is empty")])
    if text.startswith(b"PK\x03\x04"):
        raise Faulty([file.fault(0, "expected text, got a zip or Excel file; unpack it, or save the table as CSV")])
    if b"\0" in head:
        raise Faulty([file.fault(0, f"expected text ({', '.join(FORMATS)}), got a file with zero bytes")])


def guess(file: RecordedFile) -> str:
    """The format that a file seems to be in, seen from its first lines."""
    text = file.head().removeprefix(b"\xef\xbb\xbf").lstrip()
    if file.suffix == ".gpx" or text.startswith(b"<"):
        return "gpx"
    if text.startswith((b"{", b"[")):
        return _of_values(_values(file))
    if file.suffix in (".jsonl", ".ndjson", ".json"):
        return "json"
    first, *_ = lines = text.splitlines()[:LOOKED_AT]
    header = first.decode("utf-8", "replace")
    if is_position([column(name.strip(' "\r')) for name in header.split(separator(header))]):
        return "traccar"
    printed = sum(map(looks_printed, lines))
    return "mosquitto" if file.suffix not in (".csv", ".tsv") and 2 * printed >= len(lines) else "csv"


def _values(file: RecordedFile) -> list[Any]:
    """The first values of a file of JSON that are values."""
    found = []
    for line in islice(json_values(file), LOOKED_AT):
        if isinstance(line, Line):
            try:
                found.append(msgspec.json.decode(line.text))
            except UNDECODABLE:
                continue
    return found


def _of_values(values: list[Any]) -> str:
    objects = [value for value in values if isinstance(value, dict)]
    if any(isinstance(v.get("topic"), str) and {"payload", "payload_base64"} & set(v) for v in objects):
        return "mosquitto"
    return "traccar" if any(is_position(v) or is_device(v) for v in objects) else "json"


def has_devices(file: RecordedFile) -> bool:
    """Is it a list of Traccar's devices?"""
    return file.head(1024).lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"[", b"{")) and any(
        map(is_device, _values(file))
    )
