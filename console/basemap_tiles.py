"""basemap_tiles: tiles of another host, asked for in the name of whoever looks, the last ones kept in memory.

A tiles' host that is down or slow must not hold up the console: few requests are under way at a time, each has an end,
and after some failures in a row nobody asks for a while, so that a page is refused at once and goes on without.
"""

from __future__ import annotations

import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

import httpx

from console.basemap_settings import MapSection
from console.errors import Refused

LARGEST = 4 << 20
"""Bytes of a tile."""
PATIENCE = 6.0
"""Seconds that a tile may take, all in all."""
AT_ONCE = 16
"""Tiles that are asked for at a time."""
FAILURES = 3
"""So many in a row, and nobody asks for a while."""
REST = 10.0
"""Seconds of that while."""
OVERHEAD = 256
"""Bytes that a kept tile costs beside its own: of places without a tile there are many, and they are kept too."""
_LIMITS = httpx.Limits(max_connections=AT_ONCE)
_PICTURES = ("image/png", "image/jpeg", "image/webp", "image/avif")


class Tile(NamedTuple):
    """kind: its media type. body: its bytes. there: whether the host has it: b"" that is there is an empty tile."""

    kind: str
    body: bytes
    there: bool = True


class Tiles:
    """Any thread."""

    def __init__(self, client: httpx.Client | None = None) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._kept: OrderedDict[tuple[str, int, int, int], Tile] = OrderedDict()
        self._size = 0
        self._failures: dict[str, tuple[int, float]] = {}

    def get(self, section: MapSection, key: str, z: int, x: int, y: int, now: Callable[[], float]) -> Tile:
        """now: seconds. Raises Refused."""
        name = (section.url, z, x, y)
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
                return self._kept[name]
        self._may_ask(section.url, now())
        if not self._turns.acquire(timeout=PATIENCE):
            raise Refused(503, "Too many tiles are asked for at a time.", headers={"Retry-After": "5"})
        try:
            found = self._ask(section, key, z, x, y, now)
        finally:
            self._turns.release()
        with self._lock:
            if name not in self._kept:
                self._kept[name] = found
                self._size += len(found.body) + OVERHEAD
            while self._size > section.cache and len(self._kept) > 1:
                self._size -= len(self._kept.popitem(last=False)[1].body) + OVERHEAD
        return found

    def _may_ask(self, host: str, now: float) -> None:
        """Raises Refused while the host is left alone; after that, one asks first and the others wait for it."""
        with self._lock:
            failures, until = self._failures.get(host, (0, 0.0))
            if failures < FAILURES:
                return
            if until - REST <= now < until:
                left = {"Retry-After": str(int(until - now) + 1)}
                raise Refused(502, "The tiles' host doesn't answer.", headers=left)
            self._failures[host] = (failures, now + REST)

    def _failed(self, host: str, now: float) -> None:
        with self._lock:
            failures = self._failures.get(host, (0, 0.0))[0] + 1
            self._failures = {host: (failures, now + REST)}  # of the one that is in the configuration

    def _ask(self, section: MapSection, key: str, z: int, x: int, y: int, now: Callable[[], float]) -> Tile:
        names: dict[str, object] = {"z": z, "x": x, "y": y, "TileMatrix": z, "TileCol": x, "TileRow": y, "key": key}
        if section.subdomains:
            names["s"] = section.subdomains[(x + y) % len(section.subdomains)]
        with self._lock:
            if self._client is None:
                self._client = httpx.Client(timeout=PATIENCE, follow_redirects=False, limits=_LIMITS)
        try:
            status, said, body = _read(self._client, section.url.format_map(names), now)
        except httpx.HTTPError:
            self._failed(section.url, now())
            raise Refused(502, "The tiles' host doesn't answer.", headers={"Retry-After": "10"}) from None
        if status == 429 or status >= 500:
            self._failed(section.url, now())
        else:
            with self._lock:
                self._failures.clear()
        if status in (204, 404):
            return Tile("", b"", status == 204)
        if status != 200:
            raise Refused(502, f"The tiles' host answers {status}; see web.map.url and its key.")
        return _tile(section, said, body)


def _read(client: httpx.Client, url: str, now: Callable[[], float]) -> tuple[int, str, bytes]:
    """Status, media type and body. Raises httpx.HTTPError, Refused."""
    end = now() + PATIENCE
    with client.stream("GET", url) as answer:
        if answer.status_code != 200:
            return answer.status_code, "", b""
        body = b""
        for piece in answer.iter_bytes():
            body += piece
            if len(body) > LARGEST:
                raise Refused(502, "The tiles' host sends a tile that is too large.")
            if now() > end:
                raise httpx.ReadTimeout("too slow")
        return 200, answer.headers.get("content-type", "").partition(";")[0].strip(), body


def _tile(section: MapSection, said: str, body: bytes) -> Tile:
    """As something that no browser would run."""
    if section.type != "vector":
        return Tile(said if said in _PICTURES else "application/octet-stream", body)
    if body.startswith(b"\x1f\x8b"):  # many files of tiles hold them packed, and their hosts don't say so
        unpacking = zlib.decompressobj(wbits=31)
        try:
            body = unpacking.decompress(body, LARGEST)
        except zlib.error:
            raise Refused(502, "The tiles' host sends a vector tile that can't be unpacked.") from None
        if unpacking.unconsumed_tail:
            raise Refused(502, "The tiles' host sends a tile that is too large.")
    return Tile("application/x-protobuf", body)
