"""sizes: numbers of bytes as a configuration writes them: with their unit ('50 GB', '500 MiB')."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_SIZES = {"kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_SIZE = re.compile(r"^\s*(\d+(?:\.\d*)?)\s*([A-Za-z]+)\s*$")


def _size(value: object) -> int:
    match = _SIZE.match(value) if isinstance(value, str) else None
    if match is None or match[2] not in ("B", *_SIZES):
        got = ", got a bare number" if isinstance(value, int | float) and not isinstance(value, bool) else ""
        raise ValueError(f"expected a size such as '50 GB' or '500 MiB'{got}")
    return round(float(match[1]) * _SIZES.get(match[2], 1))


Size = Annotated[
    int,
    BeforeValidator(_size),
    PlainSerializer(lambda v: f"{v} B", return_type=str),
    WithJsonSchema({"type": "string", "description": "a size", "examples": ["50 GB", "500 MiB"]}),
]
"""A number of bytes, written with its unit."""
