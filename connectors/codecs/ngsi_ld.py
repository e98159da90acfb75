"""ngsi_ld: notifications of an NGSI-LD context broker (Orion-LD, Scorpio, Stellio), normalized, concise or keyValues.

Each entity becomes an object for each time at which some of it was observed (`observedAt`), so that a value that a
notification only repeats has the time that it had, and counts as a repetition. What has no time of its own is of the
entity's time: the attribute that `time` names, else the usual ones of the Smart Data Models, else when it was notified.

A Device's `value` (`l%3D0.22%3Bt%3D21.2`) becomes `measured.fillingLevel` and so on, in the order of its
`controlledProperty`. Names that are addresses are cut to their last part.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar
from urllib.parse import unquote

import msgspec
from pydantic import Field

from connectors.codecs.stamps import iso_seconds
from pipeline.codec import Codec, Facts

_DECODE = msgspec.json.Decoder(dict[str, Any] | list[dict[str, Any]]).decode
_TIMES = (
    "observationDateTime",
    "dateObserved",
    "dateLastValueReported",
    "dateLastReported",
    "TimeInstant",
    "timestamp",
)
"""Attributes of the Smart Data Models that say when an entity was observed, where the stream names none."""
_KINDS = frozenset(("Property", "GeoProperty", "Relationship", "LanguageProperty", "VocabProperty", "JsonProperty"))
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_ABOUT = frozenset(("id", "type", "@context", "scope", "createdAt", "modifiedAt"))


class NgsiLd(Codec):
    """`codec: ngsi_ld`: what a context broker notifies of."""

    expected: ClassVar[str] = "an NGSI-LD notification as JSON (data: [{id, type, …}]), or entities"
    datum: ClassVar[str | None] = "WGS-84"
    fields: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "ts": {"path": "ts", "unit": "unix_s"},
        "lon": {"path": "lon"},
        "lat": {"path": "lat"},
    }

    type: str | None = Field(None, description="entities of this type alone, such as WasteContainer; none: of any")
    time: str | None = Field(None, description="the attribute that says when, where an entity has no observedAt")

    def decode(self, payload: bytes) -> Iterable[Facts | ValueError]:
        told = _DECODE(payload)
        notified: Any = None
        if isinstance(told, dict) and told.get("type") != "Notification" and "data" not in told:
            entities: Any = [told]
        elif isinstance(told, dict):
            entities, notified = told["data"], told.get("notifiedAt")
        else:
            entities = told
        for entity in entities if isinstance(entities, list) else [entities]:
            try:
                if self.type is None or _short(str(entity["type"])) == self.type:
                    yield from self._objects(entity, notified)
            except KeyError as error:
                yield ValueError(f"an entity without {error}")
            except ValueError as error:
                yield error

    def _objects(self, entity: Mapping[str, Any], notified: Any) -> Iterable[Facts]:
        by_time: defaultdict[str | None, dict[str, Any]] = defaultdict(dict)
        for name, attribute in entity.items():
            if name not in _ABOUT:
                value, observed = _value(attribute)
                by_time[observed][_short(name)] = value
        untimed = by_time.pop(None, {})
        default = self._time(untimed) or entity.get("observedAt") or entity.get("modifiedAt")
        if untimed:
            when = default or max(by_time, default=None, key=_seconds) or notified
            by_time[when] = untimed | by_time.get(when, {})
        about = {"device": str(entity["id"]), "entity_type": _short(str(entity["type"]))}
        for when, values in by_time.items():
            yield about | _place(values) | _measured(values) | {"ts": None if when is None else iso_seconds(when)}

    def _time(self, values: Mapping[str, Any]) -> Any:
        for name in (self.time,) if self.time else _TIMES:
            if isinstance(values.get(name), str):
                return values[name]
        return None


def _seconds(when: str | None) -> float:
    return iso_seconds(when)


def _short(name: str) -> str:
    """A name, of an address its last part; what would end a path's step is taken out."""
    return (re.split(r"[/#]", name)[-1] if "://" in name else name).replace(".", "_")


def _value(attribute: Any) -> tuple[Any, str | None]:
    """What an attribute says, in whichever form it is, and when that was observed."""
    if isinstance(attribute, list) and attribute and all(map(_is_attribute, attribute)):
        attribute = attribute[0]  # several data sets: the first is the one without a name
    if not _is_attribute(attribute):
        return _plain(attribute), None
    said = next(
        (attribute[key] for key in ("value", "object", "languageMap", "vocab", "json") if key in attribute), None
    )
    observed = attribute.get("observedAt")
    return _plain(said), observed if isinstance(observed, str) else None


def _is_attribute(given: Any) -> bool:
    """Normalized, or concise: without a type, but with a value that has something said about it."""
    if not isinstance(given, dict):
        return False
    return given.get("type") in _KINDS or ("value" in given and "observedAt" in given)


def _plain(value: Any) -> Any:
    return value["@value"] if isinstance(value, dict) and "@value" in value else value


def _place(values: dict[str, Any]) -> dict[str, Any]:
    place = values.get("location")
    at = place.get("coordinates") if isinstance(place, dict) and place.get("type") == "Point" else None
    if isinstance(at, list) and len(at) >= 2:
        return values | {"lon": at[0], "lat": at[1]}
    return values


def _measured(values: Mapping[str, Any]) -> dict[str, Any]:
    """A Device's values by what it controls."""
    value, controls = values.get("value"), values.get("controlledProperty")
    if not isinstance(value, str | int | float) or controls is None:
        return {}
    parts = [part.rpartition("=")[2] for part in unquote(str(value)).split(";") if part]
    names = controls if isinstance(controls, list) else [controls]
    if len(parts) != len(names):
        raise ValueError(f"the Device has {len(names)} controlledProperty and {len(parts)} values")
    return {"measured": {str(n): float(p) if _NUMBER.fullmatch(p) else p for n, p in zip(names, parts, strict=True)}}
