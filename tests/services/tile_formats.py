"""tile_formats: vector tiles (MVT 2.1) and PMTiles (version 3), written for tests from their specifications.

Only what tests draw: lines and polygons that may have a name; one directory, gzip inside, tiles as they are.
"""

from __future__ import annotations

import gzip
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

EXTENT = 4096
_KINDS = {"line": 2, "polygon": 3}
_HEADER = 127


@dataclass(frozen=True)
class Feature:
    """places: x, y in the tile, 0 to 1, y to the south; a polygon's corners clockwise on the screen, not closed."""

    kind: Literal["line", "polygon"]
    places: Sequence[tuple[float, float]]
    name: str = ""


def vector_tile(layers: Mapping[str, Sequence[Feature]]) -> bytes:
    """The bytes of an MVT tile; layers without features are left out."""
    return b"".join(_field(3, _layer(name, features)) for name, features in layers.items() if features)


def _layer(name: str, features: Sequence[Feature]) -> bytes:
    parts = [_field(1, name.encode())]
    for n, each in enumerate(features):
        numbers = b"".join(_varint(number) for number in _commands(each))
        tags = _field(2, b"\0" + _varint(n))  # the layer's first key, `name`, and its n-th value
        parts.append(_field(2, tags + _key(3, 0) + _varint(_KINDS[each.kind]) + _field(4, numbers)))
    parts += [_field(3, b"name"), *(_field(4, _field(1, each.name.encode())) for each in features)]
    return b"".join([*parts, _key(5, 0) + _varint(EXTENT), _key(15, 0) + _varint(2)])


def _commands(feature: Feature) -> list[int]:
    """MoveTo, LineTo and ClosePath with zigzag steps from place to place."""
    whole = [(round(x * EXTENT), round(y * EXTENT)) for x, y in feature.places]
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in zip([(0, 0), *whole], whole, strict=False)]
    zigzag = [number << 1 if number >= 0 else (-number << 1) - 1 for step in steps for number in step]
    close = [7 | 1 << 3] if feature.kind == "polygon" else []
    return [1 | 1 << 3, *zigzag[:2], 2 | (len(steps) - 1) << 3, *zigzag[2:], *close]


def _key(number: int, wire: int) -> bytes:
    return _varint(number << 3 | wire)


def _field(number: int, body: bytes) -> bytes:
    return _key(number, 2) + _varint(len(body)) + body


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def pmtiles(
    tiles: Mapping[tuple[int, int, int], bytes],
    bounds: tuple[float, float, float, float],
    metadata: Mapping[str, Any],
    *,
    pictures: bool,
) -> bytes:
    """The bytes of an archive. tiles: by z, x, y. bounds: degrees. pictures: PNG, otherwise MVT."""
    ordered = sorted((tile_id(*at), body) for at, body in tiles.items())
    ids, bodies = [n for n, _ in ordered], [body for _, body in ordered]
    starts = [sum(map(len, bodies[:n])) for n in range(len(bodies))]
    columns = (
        [b - a for a, b in zip([0, *ids], ids, strict=False)],
        [1] * len(ids),
        [len(body) for body in bodies],
        [start + 1 for start in starts],
    )
    numbers = [len(ids), *(number for column in columns for number in column)]
    root = gzip.compress(b"".join(map(_varint, numbers)), mtime=0)
    said = gzip.compress(json.dumps(metadata).encode(), mtime=0)
    data = b"".join(bodies)
    west, south, east, north = (round(each * 1e7) for each in bounds)
    zooms = [z for z, _, _ in tiles]
    header = b"PMTiles\x03" + struct.pack(
        "<11Q6B4iB2i",
        *(_HEADER, len(root), _HEADER + len(root), len(said)),
        *(_HEADER + len(root) + len(said), 0),  # no leaf directories
        *(_HEADER + len(root) + len(said), len(data)),
        *(len(ids), len(ids), len(ids)),
        *(1, 2, 1, 2 if pictures else 1, min(zooms), max(zooms)),  # clustered; gzip inside; tiles as they are
        *(west, south, east, north),
        *(max(zooms), (west + east) // 2, (south + north) // 2),
    )
    assert len(header) == _HEADER
    return header + root + said + data


def tile_id(z: int, x: int, y: int) -> int:
    """All tiles of the zooms before, and how far along the Hilbert curve of its own it is."""
    found = ((1 << 2 * z) - 1) // 3
    for n in range(z - 1, -1, -1):
        side = 1 << n
        right, down = bool(x & side), bool(y & side)
        found += side * side * ((3 * right) ^ down)
        if not down:
            if right:
                x, y = (side << 1) - 1 - x, (side << 1) - 1 - y
            x, y = y, x
        x, y = x & side - 1, y & side - 1
    return found
