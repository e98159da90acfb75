"""codecs: one file for each thing that deliveries are written in."""

from __future__ import annotations

from connectors.codecs.json_mapping import JsonStream
from connectors.codecs.json_rows import JsonRows
from connectors.codecs.sighting_rows import SightingRows
from connectors.codecs.sightings import SightingStream
from connectors.codecs.stream import Codec
from pipeline.faults import did_you_mean

CODECS: dict[str, Codec] = {
    "json": Codec(JsonStream, JsonRows),
    "sightings": Codec(SightingStream, SightingRows),
}
"""Every codec, by the `codec` that a stream uses: the section `streams.<name>` with it."""


def codec(name: str) -> Codec:
    """The codec of that name. Raises KeyError with a suggestion."""
    if name not in CODECS:
        raise KeyError(f"no codec '{name}'{did_you_mean(name, CODECS)}")
    return CODECS[name]
