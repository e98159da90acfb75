"""drawn_versions: who chooses, and the versions of a drawn journal: streams, rules of any kind, what is reloaded.

A city that carries has readings, positions that most often lack what is carried, and rules that need it. A city with
cameras forgets tracks soon.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

from pipeline.detector import Detector
from pipeline.rows import Position, Presence, Reading, Rows, Sighting
from pipeline.version import Rule, Stream, Version
from tests.tiny_city import (
    Above,
    Fast,
    Lidded,
    Low,
    Occupied,
    OccupiedRestless,
    OccupiedTwice,
    Parked,
    Restless,
    SeenRestless,
    SeenTwice,
    Shift,
    Silent,
    Twice,
    city,
    rule,
    stream,
)

T = TypeVar("T")


class Choice(Protocol):
    """Who chooses."""

    def pick(self, choices: Sequence[T]) -> T: ...

    def shuffled(self, items: Sequence[T]) -> list[T]: ...


class ByHypothesis:
    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.draw = draw

    def pick(self, choices: Sequence[T]) -> T:
        found: T = self.draw(st.sampled_from(choices))
        return found

    def shuffled(self, items: Sequence[T]) -> list[T]:
        return list(self.draw(st.permutations(items)))


class ByChance:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # no secret: the same seed, the same journal

    def pick(self, choices: Sequence[T]) -> T:
        return self.random.choice(choices)

    def shuffled(self, items: Sequence[T]) -> list[T]:
        return self.random.sample(items, len(items))


# ---- versions --------------------------------------------------------------------------------------------------------


PLAIN_NAMES = [("p",), ("p", "q"), ("p", "mm"), ("p", "q"), ("p", "q", "mm")]
CARRYING_NAMES = [("p", "mm"), ("p", "q", "mm"), ("p", "mm", "mn")]
SEEING_NAMES = [("s",), ("s",), ("s", "sq"), ("s", "p"), ("s", "sq", "mm"), ("z",), ("z", "zq")]


def streams(c: Choice, choices: Sequence[tuple[str, ...]] = PLAIN_NAMES) -> list[Stream]:
    """One to three streams, of one or two sources; p and q feed the same keys, mm and mn, the last, have readings, s
    and sq, of one source, sightings of the same tracks, z and zq presences in the same zones.
    """
    names = c.pick(choices)
    gap = c.pick([20, 20, 30, 50])
    lateness = c.pick([(0, 0), (0, 0), (0, 0), (0, 0), (10, 10), (20, 20), (20, 0)])
    other = c.pick(["src", "src", "B"])
    where = {"p": ("src", lateness[0]), "q": (other, lateness[1])}
    where |= {"mm": (other, lateness[0]), "mn": ("src", lateness[1])}
    where |= {"s": ("src", lateness[0]), "sq": ("src", lateness[1])}
    where |= {"z": ("src", lateness[0]), "zq": ("src", lateness[1])}
    return [stream(name, where[name][0], gap=gap, lateness=where[name][1]) for name in names]


def carried(c: Choice, lines: list[Stream]) -> list[Stream]:
    """The streams, those of positions carrying something, most often."""
    columns = [("lid",), ("lid",), ("lid", "brush"), ("brush",), ()]
    age = [10, 20, 30, 50, 200]
    carry = [{column: float(c.pick(age)) for column in c.pick(columns)} for _ in lines]
    return [replace(line, carry=what if line.rows is Position else {}) for line, what in zip(lines, carry, strict=True)]


def forgetful(c: Choice, lines: list[Stream]) -> list[Stream]:
    """The streams, those of sightings forgetting soon, most often."""
    own = [c.pick([40.0, 60.0, 60.0, 100.0, None]) for _ in lines]
    return [replace(line, forget=f) if line.rows is Sighting else line for line, f in zip(lines, own, strict=True)]


def less(c: Choice, lines: list[Stream]) -> list[Stream]:
    """Most often all streams; sometimes one is dropped."""
    gone = c.pick([line.name for line in lines])
    return [line for line in lines if line.name != gone] if len(lines) > 1 and c.pick([False, False, True]) else lines


HOLDS: list[tuple[list[str], list[int]]] = [
    (["gap", "assume", "none"], [0, 0, 10, 20, 30, 40]),
    (["gap"], [0, 0, 10, 20]),
    (["assume"], [20, 30, 40, 50]),
]
"""What a journal's holds are drawn from: how they take silence, and `for`."""


PLAIN: list[Detector] = [Fast()] * 7
PLAIN += [Twice(), Lidded(), Lidded(), Silent(after=20), Silent(), Shift(), Restless()]
NEEDY: list[Detector] = [*[Above()] * 6, *[Above(column="brush")] * 3]
NEEDY += [Lidded(), Lidded(), Restless(), Restless(), Fast(), Silent(), Low()]
SEEN: list[Detector] = [*[Parked()] * 4, *[SeenTwice()] * 3, *[SeenRestless()] * 3]
SEEN += [Silent(after=20), Silent(), Shift(), Fast()]
PRESENT: list[Detector] = [*[Occupied()] * 4, *[OccupiedTwice()] * 3, *[OccupiedRestless()] * 3]
PRESENT += [Silent(after=20), Silent(), Shift()]
"""What a city's rules are drawn from; where it carries, most of them need what is carried."""


def any_rule(
    c: Choice,
    id: str,
    *,
    readings: bool,
    holds: tuple[list[str], list[int]],
    version: str = "1",
    carrying: bool = False,
    seeing: type[Rows] | None = None,
) -> Rule:
    """A rule of any detector here with any kind of hold."""
    plain = NEEDY if carrying else PLAIN + [Low(), Low(), Silent(after=30)] * readings
    detector = c.pick({Sighting: SEEN, Presence: PRESENT}[seeing] if seeing else plain)
    silence = c.pick(holds[0])
    on_readings = readings and not seeing and type(detector) is Silent and c.pick([False, True])
    return rule(
        detector,
        id,
        version,
        for_=c.pick(holds[1]),
        clear=c.pick([0, 0, 0, 10, 20]),
        gap=c.pick([20, 30, 50]) if silence == "gap" else None,
        assume=c.pick([30, 50, 100, 200]) if silence == "assume" else None,
        rows=None if detector.rows is not Rows else seeing or (Reading if on_readings else Position),
        metric=c.pick([None, "k"]) if detector.rows is Reading or on_readings else None,
        classes=c.pick([(), (), (), (), ("odd",)]),
    )


def versions(c: Choice) -> list[Version]:
    """One to three versions of one city: rules and streams that stay, change, go and come back. A quarter carries, a
    quarter has cameras: there no clock is ahead, for what is forgotten soon would be news again (7).
    """
    about = c.pick([PLAIN_NAMES, PLAIN_NAMES, CARRYING_NAMES, SEEING_NAMES])
    carrying, seeing = about is CARRYING_NAMES, about is SEEING_NAMES
    lines = forgetful(c, streams(c, about)) if seeing else streams(c, about)
    how: dict[str, Any] = {"readings": lines[-1].rows is Reading, "holds": c.pick(HOLDS)}
    how |= {"carrying": carrying, "seeing": lines[0].rows if seeing else None}
    first = [any_rule(c, f"r{i}", **how) for i in range(c.pick([1, 2, 3, 4]))]
    settings: dict[str, Any] = {
        "down": {"src": c.pick([20.0, 30.0, 1e9, 1e9, 1e9]), "B": c.pick([30.0, 1e9, 1e9])},
        "ahead": 0 if seeing else c.pick([20, 100]),
        "forget": c.pick([100, 150, 300, 1e5, 1e5, 1e5]),
    }
    lines = carried(c, lines) if carrying else lines
    found = [city(*first, streams=lines, **settings)]
    for number in range(2, 2 + c.pick([0, 1, 2])):
        after = []
        for old in found[-1].rules:
            fate = c.pick(["stays", "changes", "goes", "goes"])
            if fate == "changes":
                old = replace(old, hold=any_rule(c, old.id, **how).hold, version=str(number))
            after += [old] if fate != "goes" else []
        gone = [r for r in first if r.id not in {a.id for a in after}]
        after += [any_rule(c, f"r{number}0", **how)] if c.pick([False, True]) else []
        lines = carried(c, lines) if carrying and c.pick([True, False]) else lines
        if seeing and c.pick([False, False, True]):  # sooner alone: what comes again later than it once did is news
            lines = [replace(line, forget=40.0) if line.rows is Sighting else line for line in lines]
        after += gone if c.pick([False, False, True]) else []
        later = city(*after, streams=less(c, lines), **settings, id=str(number))
        found.append(replace(later, sources=found[0].sources))  # a source stays, with no stream too
    return found
