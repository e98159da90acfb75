"""codecs: one file for each thing that deliveries are written in."""

from __future__ import annotations

from pydantic import BaseModel

from connectors.codecs.json_mapping import JsonStream
from pipeline.faults import did_you_mean

CODECS: dict[str, type[BaseModel]] = {
    "json": JsonStream,
}
"""Every codec, by the `codec` that a stream uses: the section `streams.<name>` with it."""


def codec(name: str) -> type[BaseModel]:
    """The stream section of that codec. Raises KeyError with a suggestion."""
    if name not in CODECS:
        raise KeyError(f"no codec '{name}'{did_you_mean(name, CODECS)}")
    return CODECS[name]
