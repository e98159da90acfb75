"""fields: which value is the time, the place, the speed? By its name and by what it was, and how sure that is.

What is found out from numbers says so (`Guess.why`): times are compared with when messages came, speeds with how far
the subject got in the meantime.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from gridwatch.probing.leaves import Leaf
from pipeline.local_times import local_seconds
from pipeline.units import UNITS

Leaves = Mapping[str, Leaf]

_TIMES = (
    "ts", "time", "timestamp", "t", "datetime", "gpstime", "gps_time", "fixtime", "devicetime", "eventtime", "utc",
    "at", "date", "reported", "reportedat", "observedat", "measuredat", "recvtime", "created_at", "time_iso", "epoch",
)  # fmt: skip
_LONGITUDES = ("lon", "lng", "long", "longitude", "gpslon", "x")
_LATITUDES = ("lat", "latitude", "gpslat", "y")
_PAIRS = (
    "coordinates",
    "coordinate",
    "coord",
    "pos",
    "position",
    "location",
    "loc",
    "point",
    "lonlat",
    "latlng",
    "gps",
)
_SPEEDS = ("speed", "spd", "v", "vel", "velocity", "gpsspeed", "gps_speed", "sog")
_SPEED_UNITS = {"kmh": "km/h", "kph": "km/h", "km_h": "km/h", "mps": "m/s", "ms": "m/s", "knots": "kn", "kn": "kn"}
_HEADINGS = ("heading", "course", "cog", "dir", "direction", "bearing", "angle", "hdg")
_ACCURACIES = ("accuracy", "hacc", "h_acc", "acc", "precision")
_IGNITIONS = ("ignition", "ign", "acc", "acc_on", "engine")
_SHARES = ("load", "lid", "body")
_UTC = ZoneInfo("UTC")
_PLAUSIBLE = 10 * 365 * 86400.0
_CLOSE = 2 * 86400.0
"""So near to when it came is a time, whatever its name, seconds."""
_SCALES = (1.0, 1e-6, 1e-7, 1e-5)
_WHOLE = 1000.0
"""Beyond it a place is in some fraction of a degree."""
_PAIRS_WANTED, _MOVING = 5, 5.0
"""Pairs of fixes that a speed's unit is found from; metres between them at least."""


@dataclass(slots=True)
class Guess:
    """A column's field as a mapping has it."""

    path: str
    field: dict[str, Any]
    """`unit`, `scale`, `text` beside the path."""
    why: str = ""
    """What of it is a guess; '' where nothing is."""

    def section(self) -> dict[str, Any]:
        return {"path": self.path, **self.field}


@dataclass(slots=True)
class Found:
    """What was found out, and what can't be."""

    fields: dict[str, Guess] = field(default_factory=dict)
    trouble: list[str] = field(default_factory=list)


def number_of(value: Any) -> float | None:
    """A number, also one written as text; None for anything else."""
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def numbers(leaf: Leaf) -> list[float] | None:
    """All of a leaf's values as numbers; None where one is none."""
    made = [number_of(value) for value in leaf.values]
    return None if not made or None in made else [each for each in made if each is not None]


def as_text(leaf: Leaf) -> dict[str, Any]:
    """`text: true` where its numbers are written as text."""
    return {"text": True} if any(isinstance(value, str) for value in leaf.values) else {}


def find_time(leaves: Leaves, received: Sequence[float], found: Found) -> None:
    """received: of each object, when its message came, UTC seconds."""
    best: tuple[tuple[bool, float], Guess] | None = None
    local: tuple[Leaf, float] | None = None
    for leaf in leaves.values():
        named = leaf.name in _TIMES
        came = [received[i] for i in leaf.at]
        for guess, seconds in _times(leaf):
            late = statistics.median(c - s for c, s in zip(came, seconds, strict=True))
            if abs(late) > (_PLAUSIBLE if named else _CLOSE):
                continue
            if guess is None:
                local = local or (leaf, late)
            elif best is None or (not named, abs(late)) < best[0]:
                guess.why = "" if named else "guessed: it is near to when messages came"
                best = (not named, abs(late)), guess
    if best is not None:
        found.fields["ts"] = best[1]
    elif local is not None:
        leaf, late = local
        hours = -round(late / 1800) / 2
        why = f"the zone is guessed: it has no offset, and by when it came it looks like UTC{hours:+g} h"
        found.fields["ts"] = Guess(leaf.path, {"unit": "local", "zone": _zone_of(hours)}, why)
    else:
        found.trouble.append("nothing in it is a time: without the time at which it happened there is no row")


def _zone_of(hours: float) -> str:
    """A zone that is so far ahead of UTC: China's, or one without a place; the whole hour where there is no half."""
    return "Asia/Shanghai" if hours == 8 else "UTC" if not round(hours) else f"Etc/GMT{-round(hours):+d}"


def _as_if_utc(leaf: Leaf) -> list[float] | None:
    try:
        return [local_seconds(str(value), _UTC) for value in leaf.values]
    except ValueError:
        return None


def _times(leaf: Leaf) -> Iterator[tuple[Guess | None, list[float]]]:
    """As what a leaf can be read, and UTC seconds by that; None: it has no offset, and seconds as if it were UTC."""
    plain, local = numbers(leaf), _as_if_utc(leaf)
    if local:
        yield None, local
    elif plain is not None:
        for unit, factor in (("unix_s", 1.0), ("unix_ms", 0.001)):
            yield Guess(leaf.path, {"unit": unit} | as_text(leaf)), [each * factor for each in plain]
    elif leaf.text:
        try:
            moments = [datetime.fromisoformat(value) for value in leaf.values]
        except ValueError:
            return
        if all(moment.tzinfo is not None for moment in moments):
            yield Guess(leaf.path, {"unit": "iso8601"}), [moment.timestamp() for moment in moments]


def find_place(leaves: Leaves, found: Found) -> None:
    """lon and lat, if they are there."""
    for lon in leaves.values():
        parent, _, _ = lon.path.rpartition(".")
        beside = [
            leaf for leaf in leaves.values() if leaf.path.rpartition(".")[0] == parent and leaf.name in _LATITUDES
        ]
        if lon.name in _LONGITUDES and not lon.path.rpartition(".")[2].isdecimal() and beside:
            for lat in beside:
                if _place(found, lon, lat, ""):
                    return
    for first in leaves.values():
        stem, _, step = first.path.rpartition(".")
        second = leaves.get(f"{stem}.1")
        if step == "0" and second is not None and first.name in _PAIRS and f"{stem}.3" not in leaves:
            told = "guessed: the first of the pair is taken for the longitude"
            if _place(found, first, second, told) or _place(found, second, first, told.replace("first", "second")):
                return


def _place(found: Found, lon: Leaf, lat: Leaf, why: str) -> bool:
    x, y = numbers(lon), numbers(lat)
    if x is None or y is None or not any(x) or not any(y):
        return False
    for scale in _SCALES if min(max(map(abs, x)), max(map(abs, y))) > _WHOLE else _SCALES[:1]:
        if max(map(abs, x)) * scale <= 180 and max(map(abs, y)) * scale <= 90:
            by = {} if scale == 1 else {"scale": scale}
            told = why or ("" if scale == 1 else "the scale is guessed from the size of the numbers")
            found.fields["lon"] = Guess(lon.path, by | as_text(lon), told)
            found.fields["lat"] = Guess(lat.path, by | as_text(lat))
            return True
    return False


def find_motion(leaves: Leaves, subjects: Sequence[str], found: Found) -> None:
    """speed, heading, accuracy, ignition, load, lid and body of a vehicle. subjects: of each object, whose it is."""
    taken = {guess.path for guess in found.fields.values()}
    for leaf in leaves.values():
        plain = numbers(leaf)
        if leaf.path in taken:
            continue
        if leaf.flag and leaf.name in (*_IGNITIONS, *_SHARES):
            _first(found, "ignition" if leaf.name in _IGNITIONS else leaf.name, Guess(leaf.path, {"unit": "1"}))
        elif plain is None:
            continue
        elif _speed_name(leaf.name):
            _first(found, "speed", _speed(leaf, plain, leaves, subjects, found))
        elif leaf.name in _HEADINGS and min(plain) >= 0 and max(plain) <= 360:
            _first(found, "heading", Guess(leaf.path, as_text(leaf)))
        elif leaf.name in _IGNITIONS and set(plain) <= {0.0, 1.0}:
            _first(found, "ignition", Guess(leaf.path, {"unit": "1"} | as_text(leaf)))
        elif leaf.name in _ACCURACIES and min(plain) >= 0 and max(plain) < 1000:
            _first(found, "accuracy", Guess(leaf.path, {"unit": "m"} | as_text(leaf), "the unit is a guess"))
        elif leaf.name in _SHARES and min(plain) >= 0 and max(plain) <= 100:
            unit = "1" if max(plain) <= 1 else "%"
            _first(found, leaf.name, Guess(leaf.path, {"unit": unit} | as_text(leaf), "the unit is a guess"))


def _first(found: Found, column: str, guess: Guess) -> None:
    found.fields.setdefault(column, guess)


def _speed_name(name: str) -> bool:
    return name in _SPEEDS or (name.startswith(("speed", "spd", "vel")) and _named_unit(name) is not None)


def _named_unit(name: str) -> str | None:
    """km/h for speed_kmh."""
    ending = name.removeprefix("speed").removeprefix("spd").removeprefix("velocity").removeprefix("vel").strip("_-")
    return _SPEED_UNITS.get(ending)


def _speed(leaf: Leaf, plain: Sequence[float], leaves: Leaves, subjects: Sequence[str], found: Found) -> Guess:
    """Its unit: what the name says, else the one by which it is nearest to how far the subject got."""
    named = _named_unit(leaf.name)
    if named is not None:
        return Guess(leaf.path, {"unit": named} | as_text(leaf))
    by_object = dict(zip(leaf.at, plain, strict=False))
    ratios = [moved / by_object[i] for i, moved in _moved(leaves, subjects, found) if by_object.get(i, 0.0) > 1.0]
    if len(ratios) < _PAIRS_WANTED:
        return Guess(
            leaf.path, {"unit": "km/h"} | as_text(leaf), "the unit is a guess: too little moved to find it out"
        )
    ratio = statistics.median(ratios)
    units = {unit: factor for unit, (quantity, factor) in UNITS.items() if quantity == "speed"}
    unit = min(units, key=lambda each: abs(math.log(ratio / units[each])))
    why = f"the unit is guessed from {len(ratios)} stretches driven: {ratio:.2g} km/h for each 1 that it says"
    return Guess(leaf.path, {"unit": unit} | as_text(leaf), why)


def _moved(leaves: Leaves, subjects: Sequence[str], found: Found) -> Iterator[tuple[int, float]]:
    """(object, km/h from the one before of the same subject), where it moved."""
    if not {"ts", "lon", "lat"} <= set(found.fields):
        return
    columns = {}
    for name in ("ts", "lon", "lat"):
        guess = found.fields[name]
        leaf = leaves[guess.path]
        if guess.field.get("unit") == "iso8601":
            values: Sequence[float] = [datetime.fromisoformat(value).timestamp() for value in leaf.values]
        else:
            factor = guess.field.get("scale", 0.001 if guess.field.get("unit") == "unix_ms" else 1.0)
            values = [each * factor for each in numbers(leaf) or ()]
        columns[name] = dict(zip(leaf.at, values, strict=False))
    last: dict[str, int] = {}
    for i, subject in enumerate(subjects):
        if not all(i in column for column in columns.values()):
            continue
        before, last[subject] = last.get(subject), i
        if before is None:
            continue
        took = columns["ts"][i] - columns["ts"][before]
        east = math.radians(columns["lon"][i] - columns["lon"][before]) * math.cos(math.radians(columns["lat"][i]))
        north = math.radians(columns["lat"][i] - columns["lat"][before])
        metres = 6_371_000 * math.hypot(east, north)
        if 0 < took < 120 and metres > _MOVING:
            yield i, metres / took * 3.6
