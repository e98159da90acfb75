"""decoding: which rows does a stream make of these payloads, and what does it refuse?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

_BEGIN = 1_700_000_000.0
"""When the first is received, UTC seconds; the others a second apart."""


@dataclass(slots=True)
class Decoded:
    """What became of some payloads."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    """By time, of each payload in its turn: `subject`, `ts`, then what is known of lon, lat, metric, value …"""
    refused: list[str] = field(default_factory=list)
    """expected …; got …"""


def decode(stream: Mapping[str, Any], deliveries: Iterable[tuple[str, bytes]]) -> Decoded:
    """The rows of some deliveries, decoded as a city would.

    stream: a section `streams.<name>` as a configuration writes it; `source` and `unknown: accept` may be left out.
    deliveries: (topic, payload). Raises ValueError where the section is none.
    """
    from connectors.codecs import codec
    from connectors.codecs.decode import compile_streams
    from pipeline.entries import EntryBuffer, Kind
    from pipeline.names import Names

    section = {"source": "tests", "unknown": "accept"} | dict(stream)
    try:
        settings = codec(str(section.get("codec"))).settings.model_validate(section)
    except KeyError as error:
        raise ValueError(str(error.args[0])) from None
    buffer, names = EntryBuffer(), Names()
    for i, (topic, payload) in enumerate(deliveries):
        buffer.add(Kind.DELIVERY, settings.source, topic, _BEGIN + i, payload)
    result = compile_streams({"stream": settings})(buffer.batch(), 0, names)
    found = Decoded(refused=[each.message for each in result.aside])
    for block in result.rows:
        columns = {name: block.column(name).tolist() for name in (*block.own(), *block.extra)}
        for values in zip(*columns.values(), strict=True):
            row = dict(zip(columns, values, strict=True))
            found.rows.append({name: _plain(name, value, names) for name, value in row.items() if _told(name, value)})
    return found


def _told(name: str, value: Any) -> bool:
    """The row's own place in a journal is nobody's business here, and what is unknown is left out."""
    return name not in ("received", "position", "stream") and not (isinstance(value, float) and math.isnan(value))


def _plain(name: str, value: Any, names: Any) -> Any:
    return names[value] if name in ("subject", "metric", "label", "zone") else value
