"""mosquitto: what mosquitto_sub printed, as the messages that it had received.

Reads a line a message:

    mosquitto_sub -v                     topic payload
    mosquitto_sub -F '%I %t %p'          2024-05-01T08:30:00+0800 topic payload
    mosquitto_sub -F '%U %t %p'          1714523400.123456789 topic payload
    … with %x instead of %p              … the payload as hexadecimal digits
    mosquitto_sub -F '%j', -F '%J'       {"tst": …, "topic": …, "payload": …}, the payload as text or as JSON

Reports topic, payload and, where the line says it, when it was received. A topic may have blanks in it: it ends where
the payload, an object or a list, begins. Written from mosquitto_sub(1), its source, and what mosquitto_sub 2.0.11
prints: `tst` there is a local time with both `Z` and its offset, an empty payload `(null)`, nothing or null; other
builds print a payload that is not UTF-8 as a list of its bytes. `payload_base64` is read too; other recorders write it.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec

from connectors.codecs.columns import UNDECODABLE
from connectors.recorded.files import Line, RecordedFile
from connectors.recorded.json_values import json_values
from connectors.recorded.message import Message
from connectors.recorded.times import instant
from pipeline.faults import Fault

_TIME = rb"(?:(\d{4}-\d\d-\d\dT[0-9:.,]+Z?(?:[+-][0-9:]+)?|\d{9,11}(?:\.\d+)?) )?"
_LINE = re.compile(_TIME + rb"(\S[^{\[\x00-\x1f]*?) ([{\[].*)", re.DOTALL)
_DIGITS = re.compile(_TIME + rb"(\S.*?) ((?:7b|5b)(?:[0-9a-f]{2})*)", re.IGNORECASE)
"""With the digits of a payload that begins with { or [."""
_OTHER = re.compile(_TIME + rb"(\S+) (.*)", re.DOTALL)
_SECONDS = re.compile(r"\d+(?:\.\d+)?")
EXPECTED = "expected a line of mosquitto_sub such as 'fleet/7/gps {…}', with its time before it, or as JSON (-F %j)"


class _Printed(msgspec.Struct):
    """A line of `-F %j`."""

    topic: str
    tst: str | float | None = None
    payload: msgspec.Raw = msgspec.Raw()
    payload_base64: str | None = None


_Byte = Annotated[int, msgspec.Meta(ge=0, le=255)]
_bytes = msgspec.json.Decoder(list[_Byte]).decode
_printed = msgspec.json.Decoder(_Printed).decode


def looks_printed(line: bytes) -> bool:
    """Is it a line of `-v` or of a format with the topic before the payload? A CSV header is not."""
    found = _matched(line)
    if found is None or set(found[2]) & set(b",;\t\"'"):
        return False
    return found.re is not _OTHER or bool(found[1])


def _matched(line: bytes) -> re.Match[bytes] | None:
    """(time, topic, payload)"""
    return _LINE.fullmatch(line) or _DIGITS.fullmatch(line) or _OTHER.fullmatch(line)


def read_mosquitto(file: RecordedFile, zone: ZoneInfo) -> Iterator[Message | Fault]:
    """The messages of a file. zone: of times without an offset."""
    printed = file.head().lstrip().startswith(b"{")
    for line in json_values(file, raw=True) if printed else file.lines(raw=True):
        if isinstance(line, Fault):
            yield line
            continue
        try:
            yield _from_json(line, zone) if line.text.lstrip().startswith(b"{") else _from_text(line, zone)
        except ValueError as error:
            yield file.fault(line.number, str(error))


def _from_text(line: Line, zone: ZoneInfo) -> Message:
    found = _matched(line.text)
    if found is None:
        raise ValueError(f"{EXPECTED}, got {line.text[:40]!r}")
    when, topic, payload = found.groups()
    if found.re is _DIGITS:
        payload = binascii.unhexlify(payload)
    elif payload == b"(null)":
        payload = b""
    try:
        name = topic.decode()
    except UnicodeDecodeError:
        raise ValueError(f"expected a topic in UTF-8, got {topic[:40]!r}") from None
    return Message(line.number, payload, name, None if when is None else _time(when.decode(), zone))


def _from_json(line: Line, zone: ZoneInfo) -> Message:
    try:
        printed = _printed(line.text)
    except UNDECODABLE as error:
        raise ValueError(f"{EXPECTED}, got {line.text[:40]!r} ({error})") from None
    received = None if printed.tst is None else _time(printed.tst, zone)
    return Message(line.number, _payload(printed), printed.topic, received)


def _payload(printed: _Printed) -> bytes:
    """The bytes that the message had."""
    if printed.payload_base64 is not None:
        try:
            return base64.b64decode(printed.payload_base64, validate=True)
        except ValueError as error:
            raise ValueError(f"expected payload_base64 in base 64: {error}") from None
    raw = bytes(printed.payload)
    if raw.startswith(b'"'):
        return _text(raw)
    if raw.startswith(b"["):
        try:
            return bytes(_bytes(raw))
        except msgspec.MsgspecError:
            return raw
    return b"" if raw == b"null" else raw


def _text(raw: bytes) -> bytes:
    """What a JSON text stands for, where it is not UTF-8 the bytes that it has."""
    try:
        return msgspec.json.decode(raw, type=str).encode()
    except UNDECODABLE:
        pass
    try:
        text: str = json.loads(raw.decode("latin-1"), strict=False)
        return text.encode("latin-1")
    except ValueError:
        raise ValueError(f"expected a payload as text, got {raw[:40]!r}") from None


def _time(written: str | float, zone: ZoneInfo) -> float:
    """UTC seconds."""
    if isinstance(written, float):
        return written
    if _SECONDS.fullmatch(written):
        return float(written)
    return instant(written, zone).timestamp()
