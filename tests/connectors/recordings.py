"""recordings: files as others record them, read as an import reads them, for the tests of every format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from connectors.codecs.decode import compile_streams
from connectors.codecs.stream import StreamSettings
from connectors.imports import Imported, read_deliveries
from connectors.recorded.message import Wanted
from connectors.recorded.spool import Delivery, Spool
from pipeline.entries import EntryBuffer, Kind
from pipeline.names import Names
from pipeline.rows import Reading
from tests.connectors.mappings import BINS, GPS, stream

NOON = 1714564800.0
"""2024-05-01T12:00:00Z"""
TRUCKS = stream(GPS, topic="fleet/{device}/gps")
STATES = stream(BINS, topic="bins/{device}/state")
BOTH = {"gps": TRUCKS, "bins": STATES}


@dataclass(frozen=True, slots=True)
class Read:
    """What came of files."""

    deliveries: list[Delivery]
    faults: list[str]
    """without the folder"""
    imported: Imported


def read(
    folder: Path,
    files: Mapping[str, bytes | str],
    streams: Mapping[str, StreamSettings] | None = None,
    form: str | None = None,
    zone: str = "Asia/Shanghai",
    subject: str | None = None,
    own_time: bool = False,
) -> Read:
    """Write the files and read them. Raises Faulty."""
    for name, content in files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    faults: list[str] = []
    wanted = Wanted({"gps": TRUCKS} if streams is None else streams, ZoneInfo(zone), subject, own_time)
    with Spool(folder) as spool:
        paths = [folder / name for name in files]
        imported = read_deliveries(paths, wanted, spool, lambda fault: faults.append(str(fault)), form)
        assert imported.bad == len(faults)
        return Read(list(spool), [fault.replace(f"{folder}/", "") for fault in faults], imported)


def rows(deliveries: Iterable[Delivery], streams: Mapping[str, StreamSettings]) -> list[tuple[float | str, ...]]:
    """What an engine makes of them, nothing of it set aside: (subject, ts, column, value) of every number, sorted."""
    buffer = EntryBuffer()
    for each in deliveries:
        buffer.add(Kind.DELIVERY, each.source, each.topic, each.received, each.payload)
    names, found = Names(), []
    if not len(buffer):
        return []
    decoded = compile_streams(streams)(buffer.batch(), 0, names)
    assert decoded.aside == []
    for block in decoded.rows:
        columns = {c: getattr(block, c) for c in ("lon", "lat", "speed", "heading", "ignition") if hasattr(block, c)}
        if isinstance(block, Reading):
            columns = {"value": block.value, "metric": block.metric}
        for name, values in columns.items():
            for subject, ts, value in zip(block.subject, block.ts, values, strict=True):
                shown = names[int(value)] if name == "metric" else float(value)
                if isinstance(shown, str) or not np.isnan(shown):
                    found.append((names[int(subject)], float(ts), name, shown))
    return sorted(found, key=repr)
