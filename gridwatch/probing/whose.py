"""whose: which level of a topic, or which value of a payload, says whose the rows are.

Best is what the registers know. Without them: the topic's level that differs most, else the value with the likeliest
name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridwatch.probing.leaves import Leaf, leaves
from pipeline.dotted import value_at

if TYPE_CHECKING:
    from pipeline.world import World

_WHOSE = (
    "device", "deviceid", "device_id", "dev", "devid", "terminal", "terminalid", "terminal_id", "imei", "sim", "phone",
    "plate", "vehicle", "vehicleid", "vehicle_id", "vin", "bin", "sensor", "sensorid", "sensor_id", "station", "sn",
    "serial", "mac", "uid", "id", "name",
)  # fmt: skip
_LEVELS = {"owntracks": ["user", "device"], "onvif": ["camera"], "sightings": ["camera"]}
"""How the levels of a topic are called that differ, for codecs whose subject is one of them."""


@dataclass(frozen=True, slots=True)
class Whose:
    """What a stream says of it."""

    subject: str
    topic: str
    """The pattern, in which a level has a name where that says it."""
    subjects: list[str]
    """Of each object: whose it is, or what stands for that."""
    why: str = ""
    """What of it is a guess; '' where nothing is."""


def whose_of(
    pattern: str,
    topics: Sequence[str],
    objects: Sequence[Any],
    world: World | None,
    *,
    usual: str,
    codec: str,
    around: Sequence[Any] | None,
) -> Whose:
    """pattern: the kind of topic, '+' for what differs; topics: of each of the objects. usual: what the codec says
    itself, '' if nothing. around: of each of the objects, the payload that it is an item
    of; None: it is the payload."""
    if usual.startswith("$."):
        return Whose(usual, pattern, [str(value_at(one, usual[2:])) for one in objects])
    if usual:
        return Whose(usual, named_levels(pattern, _LEVELS.get(codec, [usual[1:-1]])), list(topics))
    levels = [topic.split("/") for topic in topics]
    steps = pattern.split("/")
    choices = {f"+{n}": [level[n] for level in levels] for n, step in enumerate(steps) if step == "+"}
    likely: dict[str, int] = {}
    for begin, facts in (("$.", objects),) if around is None else (("@.", objects), ("$.", around)):
        for path, leaf in leaves(facts).items():
            if leaf.name in _WHOSE and len(leaf.values) == len(objects) and _id_like(leaf):
                choices[begin + path] = [str(value) for value in leaf.values]
                likely[begin + path] = _WHOSE.index(leaf.name)
    if not choices:
        last = len(steps) - 1
        told = "nothing names whose it is: the topic's last level is taken"
        return Whose("{device}", _put(pattern, last), [level[last] for level in levels], told)
    chosen, why = _chosen(choices, likely, world)
    if chosen.startswith("+"):
        return Whose("{device}", _put(pattern, int(chosen[1:])), choices[chosen], why)
    return Whose(chosen, pattern, choices[chosen], why)


def _id_like(leaf: Leaf) -> bool:
    return all(isinstance(v, str | int) and not isinstance(v, bool) for v in leaf.values)


def _chosen(choices: Mapping[str, Sequence[str]], likely: Mapping[str, int], world: World | None) -> tuple[str, str]:
    """The one that the registers know; else the topic's level that differs most, else the likeliest name."""
    if world is not None:
        known = {name: sum(map(world.lists, set(values))) for name, values in choices.items()}
        best = max(known, key=lambda name: known[name])
        if known[best]:
            return best, ""
    levels = [name for name in choices if name.startswith("+")]
    if levels:
        best = max(levels, key=lambda name: (len(set(choices[name])), int(name[1:])))
        return best, "" if len(choices) == 1 else f"guessed among {len(choices)} that could say whose it is"
    best = min(likely, key=likely.__getitem__)
    return best, "" if len(choices) == 1 else f"guessed among {', '.join(choices)}"


def _put(topic: str, level: int) -> str:
    levels = topic.split("/")
    levels[level] = "{device}"
    return "/".join(levels)


def named_levels(topic: str, names: Sequence[str]) -> str:
    """A topic whose last open levels have names; without open ones, those after the first."""
    levels = topic.split("/")
    start = 0 if names == ["camera"] and "onvif-ej" in levels else 1 if len(levels) > len(names) else 0
    open_levels = [n for n, level in enumerate(levels) if level == "+"]
    places = open_levels[-len(names) :] if len(open_levels) >= len(names) else range(start, start + len(names))
    for place, name in zip(places, names, strict=False):
        if place < len(levels):
            levels[place] = f"{{{name}}}"
    return "/".join(levels)
