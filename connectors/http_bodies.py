"""http_bodies: what a request brings, as the payloads of deliveries.

Reads a body with its Content-Type and Content-Encoding. Reports its payloads, or raises `Refused` with what the sender
is to do. Nothing is decoded further than to find where one delivery ends and the next begins.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

import msgspec

from connectors.codecs.shape import MAX_DEPTH, too_deep

_LINES = frozenset(
    (
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/jsonlines",
        "application/x-jsonlines",
    )
)
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw]).decode
_ANY = msgspec.json.Decoder(msgspec.Raw).decode
_STEP = 65536
"""Bytes that are unpacked at a time."""


class Refused(Exception):
    """A request that is not taken: its status, and what to do."""

    def __init__(self, status: int, message: str, retry: int | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.retry = status, message, retry


class Bounds(NamedTuple):
    """How much one request may bring."""

    largest: int
    """bytes, unpacked"""
    batch: int
    """deliveries"""


def unpacked(body: bytes, encoding: str, bounds: Bounds) -> bytes:
    """The body without its Content-Encoding. Never makes more than `largest` of it."""
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip"):
        raise Refused(415, f"Content-Encoding '{encoding[:40]}' is not read; send gzip, or the body as it is")
    stream, whole = zlib.decompressobj(wbits=31), bytearray()
    try:
        rest = body
        while rest and not stream.eof:
            whole += stream.decompress(rest, _STEP)
            if len(whole) > bounds.largest:
                raise too_large(bounds)
            rest = stream.unconsumed_tail
        whole += stream.flush()
    except zlib.error as error:
        raise Refused(400, f"the body is not gzip ({error}); check Content-Encoding") from None
    if not stream.eof or stream.unused_data:
        raise Refused(400, "the gzip body is cut off, or something follows it; send one whole gzip member")
    if len(whole) > bounds.largest:
        raise too_large(bounds)
    return bytes(whole)


def too_large(bounds: Bounds) -> Refused:
    """What is said of a body that is larger than may be."""
    return Refused(413, f"more than {bounds.largest} bytes; send it in parts")


def payloads(body: bytes, content_type: str, whole: bool, bounds: Bounds) -> list[bytes]:
    """The deliveries of a body, which is not empty. whole: a JSON array is one of them."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in _LINES:
        return _bounded(_lines(body), bounds)
    if kind == "application/json" or kind.endswith("+json") or (not kind and body.lstrip()[:1] in (b"{", b"[")):
        return _bounded(_json(body, whole), bounds)
    if kind == "text/csv" and body.count(b"\n") > bounds.batch:
        raise Refused(413, f"more than {bounds.batch} lines; send them in parts")
    return [body]


def _bounded(found: list[bytes], bounds: Bounds) -> list[bytes]:
    if len(found) > bounds.batch:
        raise Refused(413, f"more than {bounds.batch} deliveries in one request; send them in parts")
    if not found:
        raise Refused(400, "there is nothing in it; send at least one object")
    return found


def _json(body: bytes, whole: bool) -> list[bytes]:
    if too_deep(body):
        raise Refused(400, f"nested deeper than {MAX_DEPTH}; send objects that are flatter")
    try:
        if body.lstrip()[:1] == b"[" and not whole:
            return [bytes(item) for item in _ITEMS(body)]
        _ANY(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Refused(400, f"not JSON ({str(error)[:120]}); check the body and Content-Type") from None
    return [body]


def _lines(body: bytes) -> list[bytes]:
    found = []
    for i, line in enumerate(body.splitlines(), start=1):
        if not line.strip():
            continue
        if too_deep(line):
            raise Refused(400, f"line {i}: nested deeper than {MAX_DEPTH}; send objects that are flatter")
        try:
            _ANY(line)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise Refused(400, f"line {i} is not JSON ({str(error)[:120]}); nothing of the request was taken") from None
        found.append(line)
    return found
