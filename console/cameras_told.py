"""cameras_told: how a camera is told: from what the running city knows of it to what goes out.

What cameras say comes from a network and may be anything: only what fits is told, and only so much of it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from cases.case import iso
from cases.reading_rows import Listed
from console.cameras_bodies import (
    CameraOut,
    ChangeOut,
    Mode,
    ObjectOut,
    OpenOut,
    PictureOut,
    ReadingOut,
    SeenOut,
    State,
    ZoneOut,
    ZonesOut,
)
from console.cameras_known import Change, Known, Picture, Zones
from console.words import worded

SILENT = 90.0
"""Seconds: cameras say how they are every 30 s."""
_READINGS, _CASES, _OBJECTS, _LABELS = 20, 5, 100, 20
_LONG = 200
"""Characters of a word that a camera says."""
_STATES: tuple[State, ...] = get_args(State)
_LATEST = 253_402_300_799.0
"""The end of the year 9999."""


def camera_out(known: Known, now: float, cases: Sequence[Listed]) -> CameraOut:
    """As the wall shows it. cases: the open ones about it, the gravest first."""
    state, reason = state_of(known, now)
    newest = known.pictures[0] if known.pictures else None
    health = known.health
    return CameraOut(
        id=known.id,
        name=known.name or known.id,
        area=known.area,
        lon=known.lon,
        lat=known.lat,
        state=state,
        reason=worded(reason),
        heard=_time(health.get("ts")),
        frame=None if newest is None else picture_out(newest, now),
        unseen=worded(known.unseen[:_LONG]),
        fps=number(health.get("fps")),
        looked=number(health.get("looked")),
        preset="" if newest is None else newest.preset,
        mode=_mode(state, newest),
        sees=_sees(known.sightings),
        readings=_readings(known.readings),
        cases=[_open(each) for each in cases[:_CASES]],
        open=len(cases),
        watchers=[each.name for each in known.watchers or ()],
    )


def state_of(known: Known, now: float) -> tuple[State, str]:
    """How it is, and why."""
    at = number(known.health.get("ts"))
    said: State | None = next((each for each in _STATES if each == known.health.get("state")), None)
    if at is None or said is None:
        return "unknown", ""
    if not -SILENT <= now - at <= SILENT:
        return "silent", ""
    return said, word(known.health.get("reason"))


def changes_out(changes: Sequence[Change], now: float) -> list[ChangeOut]:
    """How it was, the oldest first. The last one goes on while the camera isn't silent."""
    ends: list[str | None] = [when(each.until) for each in changes]
    if changes and now - changes[-1].until <= SILENT:
        ends[-1] = None
    return [
        ChangeOut(at=when(each.ts), until=until, state=each.state, reason=worded(each.reason))
        for each, until in zip(changes, ends, strict=True)
    ]


def picture_out(picture: Picture, now: float) -> PictureOut:
    """A picture, without its pixels."""
    return PictureOut(
        tag=picture.tag,
        at=when(picture.ts),
        age=round(max(0.0, now - picture.ts), 1),
        width=picture.width,
        height=picture.height,
        preset=picture.preset,
        infrared=picture.infrared,
        away=picture.away,
        heads=picture.heads,
    )


def zones_out(zones: Zones) -> dict[str, ZoneOut]:
    """Zones, as they were checked when they came into force."""
    return {
        name: ZoneOut(corners=each["corners"], about=each.get("about", ""), preset=each.get("preset", ""))
        for name, each in sorted(zones.items())
    }


def in_force(known: Known) -> ZonesOut:
    """A camera's zones now."""
    return ZonesOut(zones=zones_out(known.zones), revision=known.revision, drawn=known.drawn, outdated=known.outdated)


def objects_out(sightings: Mapping[str, Any]) -> list[ObjectOut]:
    """What was seen in the last picture, as far as it fits."""
    found = []
    for each in _objects(sightings):
        box = each.get("box")
        shares = [number(edge) for edge in box] if isinstance(box, list) and len(box) == 4 else []
        left, top, width, height = shares if shares and None not in shares else [None] * 4
        track = each.get("track")
        if left is None or top is None or width is None or height is None or not isinstance(track, int):
            continue
        found.append(
            ObjectOut(
                track=track,
                label=word(each.get("label")),
                score=number(each.get("score")),
                box=(left, top, width, height),
                zone=word(each.get("zone")),
                still=number(each.get("still")),
                text=word(each.get("text")),
            )
        )
    return found


def when(ts: float) -> str:
    """A time as ISO 8601; '' where no calendar has it."""
    return iso(ts) or ""


def number(value: object) -> float | None:
    """A finite number; None: it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        plain = float(value)
    except OverflowError:
        return None
    return plain if math.isfinite(plain) else None


def word(value: object) -> str:
    """What is said in words, not too long."""
    return value[:_LONG] if isinstance(value, str) else ""


def _time(value: object) -> str | None:
    at = number(value)
    return iso(at) if at is not None and 0 <= at <= _LATEST else None


def _mode(state: State, newest: Picture | None) -> Mode:
    if state == "away" or (newest is not None and newest.away):
        return "away"
    if newest is None:
        return ""
    return "infrared" if newest.infrared else "day"


def _objects(sightings: Mapping[str, Any]) -> list[dict[str, Any]]:
    said = sightings.get("objects")
    return [each for each in said[:_OBJECTS] if isinstance(each, dict)] if isinstance(said, list) else []


def _sees(sightings: Mapping[str, Any]) -> SeenOut | None:
    at = _time(sightings.get("ts"))
    if at is None:
        return None
    objects = _objects(sightings)
    labels = Counter(word(each.get("label")) for each in objects)
    still = [value for each in objects if (value := number(each.get("still"))) is not None]
    return SeenOut(at=at, labels=dict(labels.most_common(_LABELS)), longest=max(still, default=None))


def _readings(readings: Mapping[str, Mapping[str, Any]]) -> list[ReadingOut]:
    found = []
    for about, said in sorted(readings.items()):
        at = _time(said.get("ts"))
        for metric, value in sorted(said.items()):
            plain = number(value)
            if at is not None and metric != "ts" and plain is not None:
                found.append(ReadingOut(about=about, metric=word(metric), value=plain, at=at))
    return found[:_READINGS]


def _open(case: Listed) -> OpenOut:
    return OpenOut(
        id=case.id,
        number=case.number,
        category=case.category,
        severity=case.severity,
        state=case.state,
        going_on=case.going_on,
        started=when(case.started),
    )
