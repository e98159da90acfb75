"""traccar: positions out of Traccar, as payloads of one form whichever way they came out.

Reads what `GET /api/positions` and `/api/reports/route` answer (a JSON list, or one object a line), what
`GET /api/positions/csv` answers, and a dump of its table `tc_positions` as CSV; and what `GET /api/devices` answers,
which says which `uniqueId` a `deviceId` is.

Reports each position as the object that the API knows: `deviceId`, `fixTime`, `deviceTime`, `serverTime` (in UTC),
`latitude`, `longitude`, `altitude` (m), `speed` (knots), `course`, `accuracy` (m), `attributes`, …; and in it
`uniqueId`: the device's own, where a file of devices says it, else its id. It was received at `serverTime`.

Field names, units and the form of CSV are those of Traccar's source (model/Position.java, CsvExportProvider.java), not
of a recording of ours. What the terminal itself calls not valid is no fix, and left out.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from connectors.codecs.columns import UNDECODABLE
from connectors.recorded.csv_files import header, rows, separator
from connectors.recorded.files import RecordedFile
from connectors.recorded.json_values import json_values
from connectors.recorded.message import BadRecord, LeftOut, Message
from connectors.recorded.times import instant
from pipeline.faults import Fault, Faulty

TIMES = ("fixTime", "deviceTime", "serverTime")
_NUMBERS = ("id", "deviceId", "latitude", "longitude", "altitude", "speed", "course", "accuracy")
_OWN = (*TIMES, *_NUMBERS, "protocol", "valid", "outdated", "address", "network", "geofenceIds", "type", "uniqueId")
_KNOWN = {name.lower(): name for name in (*_OWN, "attributes")} | {
    "lat": "latitude",
    "lon": "longitude",
    "lng": "longitude",
}
_NOTHING = ("", "null", "NULL", "\\N")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d+)?(?:[eE][+-]?\d{1,2})?")
EXAMPLE = '{"deviceId": 7, "fixTime": "2024-05-01T08:30:00Z", "latitude": …, "longitude": …}'
NEEDED = ("deviceId", "fixTime", "latitude", "longitude")
Devices = dict[int, str]
"""deviceId -> uniqueId"""


def column(name: str) -> str:
    """Traccar's own name of a column, whatever its case and however its words are parted; others stay as they are."""
    return _KNOWN.get(re.sub(r"[^a-z0-9]", "", name.lower()), name)


def is_position(value: object) -> bool:
    """Is it a position, or the names of a CSV's columns?"""
    return isinstance(value, dict | list) and all(each in value for each in NEEDED)


def is_device(value: object) -> bool:
    """Is it a device of `GET /api/devices`?"""
    return isinstance(value, dict) and "uniqueId" in value and "id" in value and "latitude" not in value


def read_devices(file: RecordedFile) -> Devices:
    """Raises Faulty."""
    found, faults = {}, []
    for line in json_values(file):
        if isinstance(line, Fault):
            faults.append(line)
            continue
        try:
            device = msgspec.json.decode(line.text, type=_Device)
            found[device.id] = str(device.uniqueId)
        except UNDECODABLE as error:
            faults.append(file.fault(line.number, f"expected a device with id and uniqueId: {error}"))
    if faults:
        raise Faulty(faults)
    return found


class _Device(msgspec.Struct):
    id: int
    uniqueId: str | int  # noqa: N815


def read_positions(
    file: RecordedFile, devices: Devices, zone: ZoneInfo, left_out: LeftOut
) -> Iterator[Message | Fault]:
    """The positions of a file. zone: of times without an offset, which are those of a CSV: Traccar writes them in the
    zone of the user who asks. Counts in `left_out` what is no fix."""
    listed = file.head().lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"[", b"{"))
    for each in _objects(file) if listed else _records(file):
        if isinstance(each, Fault):
            yield each
            continue
        line, position = each
        if position.get("valid") is False:
            left_out.without_fix += 1
            continue
        try:
            yield _message(line, position, devices, zone)
        except BadRecord as bad:
            yield file.fault(line, bad.message, bad.path)


def _message(line: int, position: dict[str, Any], devices: Devices, zone: ZoneInfo) -> Message:
    device = position.get("deviceId")
    if device is not None and position.get("uniqueId") is None:
        position["uniqueId"] = devices.get(device, str(device)) if isinstance(device, int) else str(device)
    received = None
    for name in TIMES:
        time = position.get(name)
        if time is None:
            continue
        try:
            # Its forwarding writes milliseconds.
            when = datetime.fromtimestamp(time / 1000, UTC) if isinstance(time, int | float) else instant(time, zone)
        except (ValueError, OverflowError, OSError, TypeError, AttributeError) as error:
            raise BadRecord(name, str(error)) from None
        position[name] = when.isoformat()
        received = when.timestamp() if name == "serverTime" else received
    return Message(line, msgspec.json.encode(position), received=received)


def _objects(file: RecordedFile) -> Iterator[tuple[int, dict[str, Any]] | Fault]:
    for line in json_values(file):
        if isinstance(line, Fault):
            yield line
            continue
        try:
            yield line.number, msgspec.json.decode(line.text, type=dict[str, Any])
        except UNDECODABLE as error:
            yield file.fault(line.number, f"expected a position such as {EXAMPLE}, got {line.text[:40]!r} ({error})")


def _records(file: RecordedFile) -> Iterator[tuple[int, dict[str, Any]] | Fault]:
    """The records of a CSV. Raises Faulty where columns are missing."""
    first = file.head().split(b"\n", 1)[0].decode("utf-8", "replace")
    reader = csv.reader(file.text(), delimiter=separator(first))
    columns = [column(name) for name in header(file, reader)]
    if not is_position(columns):
        missing = ", ".join(name for name in NEEDED if name not in columns)
        raise Faulty([file.fault(1, f"expected positions of Traccar; their columns lack {missing}")])
    for row in rows(file, reader):
        if isinstance(row, Fault):
            yield row
            continue
        line, cells = row
        cells = _joined(columns, cells)
        if len(cells) != len(columns):
            yield file.fault(line, f"expected {len(columns)} cells, got {len(cells)}")
            continue
        try:
            yield line, _position(columns, cells)
        except BadRecord as bad:
            yield file.fault(line, bad.message, bad.path)


def _joined(columns: list[str], cells: list[str]) -> list[str]:
    """The cells with those of an address made one again: Traccar writes it without quotes, and it often has commas."""
    more = len(cells) - len(columns)
    if more <= 0 or "address" not in columns:
        return cells
    at = columns.index("address")
    return [*cells[:at], ",".join(cells[at : at + more + 1]), *cells[at + more + 1 :]]


def _position(columns: list[str], cells: list[str]) -> dict[str, Any]:
    """A record as the API's object. What is no column of a position is an attribute."""
    position: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    for name, cell in zip(columns, cells, strict=True):
        text = cell.strip()
        if not name or text in _NOTHING:
            continue
        if name == "attributes":
            attributes |= _attributes(text)
        elif name in _NUMBERS:
            position[name] = _number(name, text)
        elif name in ("valid", "outdated"):
            position[name] = text.lower() in ("true", "1", "t")
        elif name in _OWN:
            position[name] = text
        else:
            attributes[name] = _plain(text)
    return position | {"attributes": attributes}


def _number(name: str, text: str) -> float | int:
    value = _plain(text)
    if isinstance(value, bool | str):
        raise BadRecord(name, f"expected a number, got {text[:40]!r}")
    return value


def _plain(text: str) -> float | int | bool | str:
    """What is written as a number, as true and as false is one."""
    if text in ("true", "false"):
        return text == "true"
    if not _NUMBER.fullmatch(text):
        return text
    return int(text) if text.lstrip("-").isdecimal() else float(text)


def _attributes(text: str) -> dict[str, Any]:
    """What the column `attributes` of the table has."""
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except UNDECODABLE as error:
        raise BadRecord("attributes", f"expected a JSON object: {error}") from None
