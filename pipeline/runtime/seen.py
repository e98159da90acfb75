"""seen: do rules and registers about what cameras saw name labels, zones and cameras that there are?

Reads a rule's detector, the register of fixtures and the document's streams. Reports each word of a rule's parameters
`labels` and `zones` that no stream of its kind of row takes: of a label that becomes `other`, or of a zone whose
objects are set aside, the rule would never hear.

    configs/city.yaml:41  rules.2.parameters.labels.0   no stream takes the label 'truk'; did you mean 'truck'?

What a fixture names is a warning: a camera may have been taken down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.codecs import KNOWN
from connectors.codecs.sightings import OTHER
from detectors.stationary import Stationary
from pipeline.detector import Detector
from pipeline.faults import Fault, did_you_mean
from pipeline.registers import Registers
from pipeline.registry import DETECTORS
from pipeline.rows import Presence, Sighting
from pipeline.runtime.document import Document

SEEN = frozenset({Sighting.kind, Presence.kind})
"""The kinds of row that are about what cameras saw."""


def seen_faults(document: Document, i: int, judge: Detector, kind: str, streams: Mapping[str, Any]) -> Iterator[Fault]:
    """Those of rule i, which reads rows of that kind. Where no stream gives any, coverage says so."""
    taking = _taking(kind, streams)
    if not taking:
        return
    for parameter, one in (("labels", "label"), ("zones", "zone")):
        taken = _taken(parameter, taking)
        for k, word in enumerate(getattr(judge, parameter, ())):
            if word not in taken:
                hint = did_you_mean(word, taken) or f"; add it to streams.{next(iter(taking))}.{parameter}"
                yield document.fault(
                    ("rules", i, "parameters", parameter, k), f"no stream takes the {one} '{word}'{hint}"
                )


def fixture_warnings(document: Document, registers: Registers) -> list[Fault]:
    """What is likely not meant in the register of fixtures."""
    fixtures, found = registers.fixtures, []
    if not len(fixtures):
        return []
    taking = _taking(Sighting.kind, _mapping(document.at(("streams",))))
    for parameter, one in (("labels", "label"), ("zones", "zone")):
        taken = _taken(parameter, taking)
        strange = sorted({word for word in fixtures.text(one) if word} - taken)
        found += [f"no stream takes the {one} '{word}' of a fixture{did_you_mean(word, taken)}" for word in strange]
    cameras = _mapping(document.at(("cameras",)))
    for camera in sorted({camera for camera in fixtures.text("camera") if camera not in cameras}):
        hint = did_you_mean(camera, cameras)  # without one it may be a camera of an edge box
        found += [f"the camera '{camera}' of a fixture is not under cameras{hint}"] if hint else []
    if not any(_heeds(rule) for rule in document.at(("rules",)) or []):
        found.append("no rule asks what stands in a picture (detector: stationary), so no fixture is heeded")
    return [document.fault(("registers", "fixtures"), message) for message in found]


def _heeds(rule: Any) -> bool:
    return DETECTORS.own.get(str(_mapping(rule).get("detector"))) is Stationary


def _taking(kind: str, streams: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The streams whose rows are of that kind, with what they say and what their codec's sections say if they don't."""
    found = {}
    for name, stream in streams.items():
        codec = _mapping(stream).get("codec")
        if isinstance(codec, str) and codec in KNOWN:
            fields = KNOWN[codec].settings.model_fields
            whole = {key: field.default for key, field in fields.items()} | stream
            if whole["rows"] == kind:
                found[name] = whole
    return found


def _taken(parameter: str, taking: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The words that any of these streams takes."""
    said = (stream.get(parameter) for stream in taking.values())
    words = {word for some in said if isinstance(some, list | tuple) for word in some if isinstance(word, str)}
    return words | {OTHER} if parameter == "labels" else words


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
