"""presence_rows: messages of one camera stream as rows: one for each picture and zone, also where nothing is there.

A picture that says which zones it shows gives rows of these alone: of those that a camera is turned away from, it
knows nothing.

Reads what `pictures` found. An object counts where its label and its zone are among those that the stream lists; one
whose time of standing is unknown counts, and proves no standing. A track that is in one picture twice counts once. So
does what two watchers see in one place (somebody who stands still is a person to one and an object to another): a thing
of which at least half lies in the box of one with a label that the stream lists sooner.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from connectors.codecs.pictures import CHUNK, Found, Pictures
from connectors.codecs.sightings import SightingStream
from connectors.codecs.stream import Chunk
from pipeline.names import Names
from pipeline.raster import distinct
from pipeline.rows import Longs, Presence, Rows

_WITHIN = 0.5
"""So much of a thing lies in another's box if it is the same thing."""


class PresenceRows:
    """One stream's section, compiled. Its `Chunk.values` are ts and the columns of Presence; zone numbers the stream's
    own words."""

    chunk = CHUNK

    def __init__(self, stream: SightingStream) -> None:
        self.stream = stream
        self._pictures = Pictures(stream, by_zone=True)

    def read(self, payloads: list[bytes], long: bool) -> Chunk:
        """See `Reader`."""
        found = self._pictures.read(payloads, long)
        zones, labels = len(self.stream.zones), len(self.stream.labels)
        zone, label, track = (found.objects[name] for name in ("zone", "label", "track"))
        order = np.lexsort((track, found.picture))  # stable: of the same track the first stays
        again = np.zeros(len(order), bool)
        again[order[1:]] = (np.diff(track[order]) == 0) & (np.diff(found.picture[order]) == 0)
        meant = _once(found, np.flatnonzero((zone >= 0) & (label < labels) & ~again))
        cell = found.picture[meant] * zones + zone[meant]
        n = len(found.at) * zones
        count = np.bincount(cell, minlength=n).astype(np.float64)
        stood, surest = np.where(count == 0, 0.0, np.nan), np.full(n, np.nan)  # where nothing is, nothing stands
        np.fmax.at(stood, cell, found.objects["still"][meant])
        np.fmax.at(surest, cell, found.objects["score"][meant])
        values: dict[str, NDArray[Any]] = {
            "ts": np.repeat(found.ts, zones),
            "zone": np.tile(np.arange(zones), len(found.at)),
            "count": count,
            "kinds": np.bincount(distinct(cell * labels + label[meant]) // labels, minlength=n).astype(np.float64),
            "stood": stood,
            "surest": surest,
        }
        at = np.repeat(np.arange(len(found.at)), zones)
        if any(shown is not None for shown in found.zones):
            here = np.array([shown is None or z in shown for shown in found.zones for z in self.stream.zones], np.bool_)
            at, values = at[here], {name: column[here] for name, column in values.items()}
        cameras = found.cameras and [found.cameras[i] for i in at.tolist()]
        return Chunk(found.at[at], values, cameras, found.bad)

    def rows(self, each: Rows, columns: dict[str, NDArray[Any]], names: Names) -> Presence:
        """See `Reader`."""
        return Presence(
            subject=each.subject,
            ts=each.ts,
            received=each.received,
            position=each.position,
            stream=each.stream,
            zone=names.codes(self.stream.zones)[columns["zone"]],
            count=columns["count"],
            kinds=columns["kinds"],
            stood=columns["stood"],
            surest=columns["surest"],
        )


def _once(found: Found, which: Longs) -> Longs:
    """Those of some objects that are not another of them, seen by another watcher too."""
    x, y, w, h, label = (found.objects[name] for name in ("x", "y", "w", "h", "label"))
    twice = np.zeros(len(label), bool)
    for one, other in found.pairs(which, which):
        across = np.minimum(x[one] + w[one], x[other] + w[other]) - np.maximum(x[one], x[other])
        along = np.minimum(y[one] + h[one], y[other] + h[other]) - np.maximum(y[one], y[other])
        both = np.maximum(across, 0.0) * np.maximum(along, 0.0)
        twice[one[(label[other] < label[one]) & (both >= _WITHIN * w[one] * h[one])]] = True
    return which[~twice[which]]
