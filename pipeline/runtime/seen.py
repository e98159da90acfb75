"""seen: do rules about what cameras saw ask for labels and zones that a stream takes?

Reads a rule's detector and the document's streams. Reports each word of its parameters `labels` and `zones` that no
stream of sightings takes: of a label that becomes `other`, or of a zone whose objects are set aside, the rule would
never hear.

    configs/city.yaml:41  rules.2.parameters.labels.0   no stream takes the label 'truk'; did you mean 'truck'?
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.codecs.sightings import OTHER, SightingStream
from pipeline.detector import Detector
from pipeline.faults import Fault, did_you_mean
from pipeline.runtime.document import Document

CODEC = "sightings"


def seen_faults(document: Document, i: int, judge: Detector, streams: Mapping[str, Any]) -> Iterator[Fault]:
    """Those of rule i, which reads sightings. Where no stream gives any, coverage says so."""
    taking = {name: s for name, s in streams.items() if isinstance(s, dict) and s.get("codec") == CODEC}
    if not taking:
        return
    for parameter, one in (("labels", "label"), ("zones", "zone")):
        taken = {word for stream in taking.values() for word in _words(stream, parameter)}
        if parameter == "labels":
            taken.add(OTHER)
        for k, word in enumerate(getattr(judge, parameter, ())):
            if word not in taken:
                hint = did_you_mean(word, taken) or f"; add it to streams.{next(iter(taking))}.{parameter}"
                yield document.fault(
                    ("rules", i, "parameters", parameter, k), f"no stream takes the {one} '{word}'{hint}"
                )


def _words(stream: Mapping[str, Any], parameter: str) -> list[str]:
    said = stream.get(parameter, SightingStream.model_fields[parameter].default)
    return [word for word in said if isinstance(word, str)] if isinstance(said, list | tuple) else []
