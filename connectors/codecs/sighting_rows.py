"""sighting_rows: messages of one camera stream as rows: one for each object in each picture.

Reads what `pictures` found. Where the stream names labels under `beside`, each row says how many objects of those
stand beside its own (`beside`), which nothing that looks at one object at a time could know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from connectors.codecs.pictures import CHUNK, Found, Pictures
from connectors.codecs.sightings import BESIDE, OTHER, SightingStream
from connectors.codecs.stream import Chunk
from pipeline.names import NOBODY, Names
from pipeline.rows import Floats, Rows, Sighting

STANDING = 2.0
"""Seconds: who has stood for so long is no passer-by."""

_ACROSS, _ALONG = 1.0, 0.5
"""How far off is beside, in heights of the other's box: to the left and right, and above and below, where the ground is
seen from the side. A person is 1.7 m high: about the 2 m within which PETS 2006 takes luggage for attended."""


class SightingRows:
    """One stream's section, compiled. Its `Chunk.values` are ts and the columns of Sighting; label and zone number the
    stream's own words."""

    chunk = CHUNK

    def __init__(self, stream: SightingStream) -> None:
        self.stream = stream
        self._pictures = Pictures(stream, by_zone=False)
        self._beside = np.isin(np.arange(len(stream.labels) + 1), [stream.labels.index(b) for b in stream.beside])

    def read(self, payloads: list[bytes], long: bool) -> Chunk:
        """See `Reader`."""
        found = self._pictures.read(payloads, long)
        values: dict[str, NDArray[Any]] = {"ts": found.ts[found.picture], **found.objects}
        if self.stream.beside:
            values[BESIDE] = self._standing_beside(found)
        cameras = found.cameras and [found.cameras[i] for i in found.picture.tolist()]
        return Chunk(found.at[found.picture], values, cameras, found.bad)

    def rows(self, each: Rows, columns: dict[str, NDArray[Any]], names: Names) -> Sighting:
        """See `Reader`."""
        found = sightings(each, columns, self.stream.labels, self.stream.zones, names)
        if self.stream.beside:
            found.extra[BESIDE] = columns[BESIDE]
        return found

    def _standing_beside(self, found: Found) -> Floats:
        """How many others of the labels that are meant stand beside each object, shape (n,). Of one that does not say
        for how long it has stood, it is taken that it stands."""
        x, y, w, h, still = (found.objects[name] for name in ("x", "y", "w", "h", "still"))
        other = np.flatnonzero(self._beside[found.objects["label"]] & ~(still < STANDING))
        beside = np.zeros(len(x))
        for mine, its in found.pairs(np.arange(len(x)), other):
            across = np.maximum(x[its] - (x[mine] + w[mine]), x[mine] - (x[its] + w[its]))
            along = np.maximum(y[its] - (y[mine] + h[mine]), y[mine] - (y[its] + h[its]))
            near = (across <= _ACROSS * h[its]) & (along <= _ALONG * h[its]) & (mine != its)
            beside += np.bincount(mine[near], minlength=len(x))
        return beside


def sightings(
    each: Rows, columns: Mapping[str, NDArray[Any]], labels: Sequence[str], zones: Sequence[str], names: Names
) -> Sighting:
    """Rows of a stream's columns. label and zone number its words: one more than there are labels is `OTHER`, -1 is no
    zone."""
    label = names.codes([*labels, OTHER])
    zone = np.append(names.codes(zones), np.int32(NOBODY))
    return Sighting(
        subject=each.subject,
        ts=each.ts,
        received=each.received,
        position=each.position,
        stream=each.stream,
        track=columns["track"],
        label=label[columns["label"]],
        score=columns["score"],
        x=columns["x"],
        y=columns["y"],
        w=columns["w"],
        h=columns["h"],
        zone=zone[columns["zone"]],
        still=columns["still"],
    )
