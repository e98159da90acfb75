"""metrics: which values are readings, what they are called, and in which unit they are likely to be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gridwatch.probing.fields import Guess, as_text, numbers
from gridwatch.probing.leaves import Leaf

MOST = 12
"""More of a payload's numbers are told, and not proposed."""

_UNITS = (
    (r"temp|temperature|wendu", "°C"),
    (r"hum|humidity|moisture|battery|batt?|soc|fill|fullness|level|percent|pct|remaining", "%"),
    (r"pm_?2_?5|pm_?10|pm_?1|no2|so2|o3|dust|tsp", "µg/m³"),
    (r"co2|ch4|gas|tvoc|voc|co", "ppm"),
    (r"noise|sound|laeq|db", "dB"),
    (r"press|pressure|baro", "hPa"),
    (r"volt|voltage|vbat", "V"),
    (r"curr|current", "A"),
    (r"power", "W"),
    (r"dist|distance", "mm"),
    (r"depth|water|rain", "mm"),
    (r"tilt|angle|pitch|roll", "°"),
    (r"lux|light|illuminance", "lx"),
)
_NOT_MEASURED = re.compile(
    r"(.*_)?(id|uid|seq|sn|no|port|fport|counter|fcnt|cnt|version|ver|fw|rssi|snr|margin|gateways?|adr|confirmed|dr|"
    r"data_rate|mid|imei|imsi|iccid|phone|msg_id|msg_sn|type|qos|valid|interval|altitude|alt|index|status|alarm)"
)
"""What an envelope says of itself."""


def find_metrics(leaves: Mapping[str, Leaf], taken: set[str]) -> tuple[dict[str, Guess], list[str]]:
    """Readings by name, and the paths of those that are too many. taken: paths that are something else."""
    found: dict[str, Guess] = {}
    beyond: list[str] = []
    for path, leaf in leaves.items():
        if path in taken or _NOT_MEASURED.fullmatch(leaf.name) or leaf.name in ("lon", "lat", "latitude", "longitude"):
            continue
        if not leaf.flag and numbers(leaf) is None:
            continue
        if len(found) >= MOST:
            beyond.append(path)
            continue
        name = _name(path, found)
        unit, why = _unit(leaf)
        found[name] = Guess(path, {"unit": unit} | as_text(leaf), why)
    return found, beyond


def _name(path: str, taken: Mapping[str, Any]) -> str:
    """The last word of the path; with those before it where that is taken."""
    steps = [re.sub(r"[^a-z0-9]+", "_", step.lower()).strip("_") for step in path.split(".")]
    for count in range(1, len(steps) + 1):
        name = "_".join(step for step in steps[-count:] if step)
        if name and not name[0].isdigit() and name != "ts" and name not in taken:
            return name
    return f"value_{len(taken) + 1}"


def _unit(leaf: Leaf) -> tuple[str, str]:
    if leaf.flag:
        return "1", ""
    for words, unit in _UNITS:
        if re.search(rf"(^|[^a-z])({words})([^a-z]|$)", leaf.name):
            return unit, f"the unit by its name; it was {leaf.told()}"
    return "1", f"which unit? it was {leaf.told()}"
