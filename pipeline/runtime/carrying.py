"""carrying: do the readings that positions are to take exist, and are they in the column's unit?

Reads the streams of a configuration as written, reports a fault for each `carry` that no stream of readings feeds, or
feeds in another unit than the column's (docs/concepts/time.md, Readings carried into positions).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.codecs.json_mapping import FLAGS
from pipeline.faults import Fault, did_you_mean
from pipeline.runtime.document import Document

UNITS = {**dict.fromkeys(FLAGS, "1"), "speed": "km/h", "heading": "deg", "accuracy": "m"}
"""Column of positions -> the unit that a carried reading must be in."""


def carry_faults(document: Document, streams: Mapping[str, Any]) -> Iterator[Fault]:
    """All faults. streams: the section as it was read."""
    units: dict[str, dict[str, Any]] = {}
    for name, stream in streams.items():
        metrics = stream.get("metrics") if isinstance(stream, dict) else None
        for metric, field in (metrics if isinstance(metrics, dict) else {}).items():
            units.setdefault(metric, {})[name] = field.get("unit") if isinstance(field, dict) else None
    for name, stream in streams.items():
        carry = stream.get("carry") if isinstance(stream, dict) else None
        for column in carry if isinstance(carry, dict) else ():
            here = ("streams", name, "carry", column)
            if column not in units:
                hint = did_you_mean(str(column), units) or f"; there are: {', '.join(sorted(units)) or 'none'}"
                yield document.fault(here, f"no stream gives a metric '{column}'{hint}")
            for source, unit in units.get(column, {}).items():
                wanted = UNITS.get(column, unit)
                if unit is not None and unit != wanted:
                    scale = " (of %, scale: 0.01 makes it)" if wanted == "1" else ""
                    message = f"expected the unit '{wanted}'{scale}: it is carried into {name}'s {column}"
                    yield document.fault(("streams", source, "metrics", column, "unit"), message)
