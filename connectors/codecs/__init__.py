"""codecs: one file for each thing that deliveries are written in."""

from __future__ import annotations

from connectors.codecs.chirpstack import ChirpStack
from connectors.codecs.csv_lines import CsvLines
from connectors.codecs.emqx_jt808 import EmqxJt808
from connectors.codecs.frigate import FrigateStream
from connectors.codecs.frigate_rows import FrigateRows
from connectors.codecs.json_mapping import JsonStream
from connectors.codecs.json_rows import JsonRows
from connectors.codecs.jt808.codec import Jt808Codec
from connectors.codecs.jt809.codec import Jt809Codec
from connectors.codecs.milesight import Milesight
from connectors.codecs.ngsi_ld import NgsiLd
from connectors.codecs.onvif import Onvif
from connectors.codecs.osmand import OsmAnd
from connectors.codecs.owntracks import OwnTracks
from connectors.codecs.presence_rows import PresenceRows
from connectors.codecs.registry import from_plugins
from connectors.codecs.sighting_rows import SightingRows
from connectors.codecs.sightings import SightingStream
from connectors.codecs.stream import CodecKind, Reader
from connectors.codecs.traccar import Traccar
from connectors.codecs.ttn import Ttn
from connectors.codecs.unpacked import kind_of
from pipeline.codec import Codec
from pipeline.faults import did_you_mean


def _seen(stream: SightingStream) -> Reader:
    """By object, or by zone."""
    return PresenceRows(stream) if stream.rows == "presence" else SightingRows(stream)


UNPACKERS: dict[str, type[Codec]] = {
    "chirpstack": ChirpStack,
    "csv": CsvLines,
    "emqx_jt808": EmqxJt808,
    "jt808": Jt808Codec,
    "jt809": Jt809Codec,
    "milesight": Milesight,
    "ngsi_ld": NgsiLd,
    "onvif": Onvif,
    "osmand": OsmAnd,
    "owntracks": OwnTracks,
    "traccar": Traccar,
    "ttn": Ttn,
}
"""Our own codecs that make objects of payloads, which a mapping makes rows of."""

CODECS: dict[str, CodecKind] = {
    "frigate": CodecKind(FrigateStream, FrigateRows),
    "json": CodecKind(JsonStream, JsonRows),
    "sightings": CodecKind(SightingStream, _seen),
    **{name: kind_of(name, each) for name, each in UNPACKERS.items() if each.timed},
}
"""Every codec of our own, by the `codec` that a stream uses: the section `streams.<name>` with it."""

PLUGINS, BROKEN = from_plugins({**CODECS, **UNPACKERS})
"""Those of installed packages, as they were when gridwatch began; and by name why one of them can't be loaded."""

KNOWN: dict[str, CodecKind] = {**CODECS, **PLUGINS}


def codec(name: str) -> CodecKind:
    """The codec of that name. Raises KeyError with a suggestion."""
    if name not in KNOWN:
        raise KeyError(f"no codec '{name}'{did_you_mean(name, KNOWN)}")
    return KNOWN[name]
