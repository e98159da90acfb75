"""clocks_read: whose clocks are wrong, by the journal of a city or a recording, read for this alone.

Decoded by the configuration as it is now; nothing is judged. The journal of a city that runs is read beside it.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gridwatch.problems import Exit, Problem, city_file

if TYPE_CHECKING:
    from pipeline.clock_list import Listed
    from pipeline.runtime.compose import City
    from replay.recording import Recording


@dataclass(frozen=True, slots=True)
class ClocksRead:
    """What came of it."""

    city: City
    listed: list[Listed]
    now: float
    """When: of a city the present, of a recording its end; UTC seconds."""
    owner: dict[str, str]
    """Terminal -> on what it is mounted."""
    left_out: int
    """Terminals for which there was no room were heard so often."""
    said: tuple[str, ...] = ()
    """What the journal lacks."""


def read_clocks(config: Path, last: float, journal: Path | None = None) -> ClocksRead:
    """The clocks of a city's terminals. last: of how much of the journal's end, seconds. journal: a recording's folder;
    None: the city's own. Raises Problem, Faulty."""
    from gridwatch.cluster_recordings import on_kafka
    from gridwatch.recordings import recording_in
    from pipeline.clock_list import Bounds, listed, owners
    from pipeline.clock_watch import ClockWatch
    from pipeline.names import Names
    from pipeline.runtime.compose import load_city
    from replay.cutting import position_at

    file = city_file(config)
    if not file.exists():
        raise Problem(f"There is no {file}. Name the city's configuration with --config.", Exit.USAGE)
    city = load_city(file)
    now, said = time.time(), tuple[str, ...]()
    cluster = on_kafka(file) if journal is None else None
    if cluster is not None:
        taken = cluster.recording(now - last)
        recording: Recording = taken.recording
        said = taken.said
    else:
        recording = recording_in(city.configuration.data if journal is None else journal)
    reader = recording.reader()
    if journal is not None:
        now = _end(recording)
    names, watch = Names(), ClockWatch()
    version = city.version(names)
    for piece in reader.read(position_at(reader, now - last)):
        watch.take(names, version.decode(piece.batch, piece.first, names).said)
    found = listed(watch, version.world.corrections.all, Bounds.of(version), now)
    owner = owners(version, {each.terminal for each in found}, now)
    return ClocksRead(city, found, now, owner, watch.left_out, said)


def _end(recording: Recording) -> float:
    """When its last entry was received, UTC seconds."""
    reader = recording.reader()
    newest = -math.inf
    for piece in reader.read(max(reader.head - 4096, reader.first)):
        received = piece.batch.column("received").to_numpy()
        newest = max(newest, float(received[np.isfinite(received)].max(initial=-math.inf)))
    return newest
