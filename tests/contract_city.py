"""contract_city: a small real city, and plausible rows of it, for the contract checks on every registered detector.

It must have what detectors ask about: places in and around zones and routes, speeds around every limit, readings
around every number that a detector's parameters name, subjects that change class, are unknown for a while or have no
permit. A detector that nothing here is wrong to is not checked: give the city a place where it is.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from pipeline.detector import Detector
from pipeline.names import Names
from pipeline.registers import Route, Zone
from pipeline.rows import KINDS, Flags, Floats, Ints, Position, Reading, Rows
from pipeline.world import World
from tests.places import box, line, registers

NAN = float("nan")
METRE = 1 / 111_195.0
"""Degrees of latitude."""
WEST, SOUTH = 121.4, 31.2
SUBJECTS = ("a", "b", "c", "d", "e", "x")
"""Vehicles a, b, c, bins d, e, and x, which is in no register."""
EDGES = (0.0, 100.0, 300.0, 600.0, 650.0, 800.0)
"""Times at which something in the registers begins or ends, seconds."""


def world(*, later: bool = False) -> World:
    """The city; `later`: as a second version has it, with another limit, and a zone more."""
    zones = [
        Zone("old-town", "no_go", [[box(121.402, 31.202, 121.404, 31.204)]], classes=("muck_truck",), valid_to=800.0),
        Zone("park", "no_go", [[box(121.403, 31.203, 121.406, 31.206)]]),
        Zone("school", "limit", [[box(121.410, 31.199, 121.412, 31.201)]], speed_limit=30.0),
        Zone("yard", "depot", [[box(121.395, 31.195, 121.397, 31.197)]]),
        Zone("dig", "site", [[box(121.420, 31.199, 121.422, 31.201)]], speed_limit=20.0, classes=("refuse_truck",)),
    ]
    if later:
        zones.append(Zone("fair", "no_go", [[box(121.414, 31.199, 121.416, 31.201)]]))
    return World(
        registers(
            vehicles=[
                {"id": "a"},
                {"id": "b", "valid_to": 300.0},
                {"id": "b", "class": "refuse_truck", "speed_limit": 50.0, "valid_from": 300.0, "valid_to": 600.0},
                {"id": "b", "valid_from": 650.0},
                {"id": "c", "class": "refuse_truck", "speed_limit": 70.0},
            ],
            bins=[
                {"id": "d", "class": "litter", "lon": 121.401, "lat": 31.201},
                {"id": "e", "class": "litter", "lon": 121.402, "lat": 31.201, "valid_from": 100.0},
            ],
            devices=[
                {"device": "box-1", "subject": "c", "valid_to": 300.0},
                {"device": "box-1", "subject": "a", "valid_from": 300.0},
            ],
            permits=[
                {"id": "p1", "vehicle": "a", "route": "east", "valid_to": 800.0},
                {"id": "p2", "vehicle": "b", "route": "east", "valid_from": 100.0},
                {"id": "p2", "vehicle": "b", "route": "north", "valid_from": 100.0},
            ],
            zones=zones,
            routes=[
                Route("east", [line((WEST, SOUTH), (121.425, SOUTH), (121.425, 31.21))]),
                Route("north", [line((WEST, SOUTH), (WEST, 31.23))]),
            ],
            default=80.0,
            muck_truck=50.0 if later else 60.0,
        )
    )


# ---- what a row can say ---------------------------------------------------------------------------------------------


def numbers(detector: Detector) -> list[float]:
    """The numbers that its parameters name, and 0 and 1."""
    named = [v for v in dict(detector).values() if isinstance(v, int | float) and not isinstance(v, bool)]
    return sorted({0.0, 1.0, *(float(v) for v in named if np.isfinite(v))})


def around(values: Sequence[float]) -> list[float]:
    """The values themselves, their neighbours and what lies a little off."""
    near = [(np.nextafter(v, -np.inf), v, np.nextafter(v, np.inf), v - 1, v + 1) for v in values]
    return sorted({float(v) for v in itertools.chain.from_iterable(near)})


def places(detector: Detector) -> list[tuple[float, float]]:
    """In, on and just outside zones; on a route, and each of the detector's numbers in metres off it; nowhere."""
    off = [m * METRE for m in around([n for n in numbers(detector) if n <= 5000])]
    return [
        (121.4025, 31.2025), (121.4035, 31.2035), (121.405, 31.205), (121.402, 31.203), (121.404, 31.204),
        (121.4 + 1e-9, 31.2), (121.4019999, 31.203), (121.411, 31.2), (121.410, 31.2), (121.415, 31.2),
        (121.421, 31.2), (121.396, 31.196), (121.425, 31.21), (121.6, 31.4), (NAN, NAN),
        *((121.4075, SOUTH - by) for by in off),
    ]  # fmt: skip


def speeds(detector: Detector) -> list[float]:
    """Around every limit of the city, as it is and with each of the detector's shares on top; standing; unknown."""
    shares = [n for n in numbers(detector) if 0 <= n < 1]
    limits = [limit * (1 + share) for limit in (20.0, 30.0, 50.0, 60.0, 70.0, 80.0) for share in shares]
    return [0.0, NAN, 5.0, 120.0, *around(limits)]


def kind_of(detector: Detector) -> list[type[Rows]]:
    """The kinds of row that it can be fed."""
    return [Position, Reading] if detector.reads() is Rows else [detector.reads()]


def further(detector: Detector) -> list[str]:
    """Columns that it needs and that its kind of row has not of its own."""
    return [name for name in detector.needed() if all(name not in kind.own() for kind in kind_of(detector))]


class Fact(NamedTuple):
    """What one row says: whose it is, how long after the one before, and its columns."""

    subject: str
    step: float
    columns: dict[str, float]
    metric: str = ""


FLAGS = ("heading", "accuracy", "ignition", "load", "lid", "body")


def columns_of(detector: Detector, kind: type[Rows]) -> dict[str, list[float]]:
    """What each column can be, but for lon and lat, which go together; what it needs is never unknown."""
    some = [NAN, 0.5, *around(numbers(detector))]
    found = {"value": some} if kind is Reading else {"speed": speeds(detector), **dict.fromkeys(FLAGS, some)}
    found |= dict.fromkeys(further(detector), some)
    return {n: [v for v in vs if not (np.isnan(v) and n in detector.needed())] for n, vs in found.items()}


def facts(detector: Detector, kind: type[Rows]) -> st.SearchStrategy[list[Fact]]:
    """Up to 24 rows of up to six subjects."""
    somewhere = [p for p in places(detector) if not (np.isnan(p[0]) and "lon" in detector.needed())]
    steps = st.sampled_from([0.0, 1.0, 10.0, 50.0, 100.0, 200.0, 300.0])
    own = st.fixed_dictionaries({n: st.sampled_from(vs) for n, vs in columns_of(detector, kind).items()})
    if kind is Reading:
        one = st.builds(Fact, st.sampled_from(SUBJECTS), steps, own, st.sampled_from("kl"))
    else:
        placed = st.builds(lambda c, p: c | {"lon": p[0], "lat": p[1]}, own, st.sampled_from(somewhere))
        one = st.builds(Fact, st.sampled_from(SUBJECTS), steps, placed)
    return st.lists(one, min_size=1, max_size=24)


@dataclass
class Block:
    """Rows grouped by key and sorted by time within, as a detector gets them. key: shape (n,), which row is whose."""

    rows: Any
    key: Ints

    def take(self, index: Any) -> Block:
        return Block(self.rows.take(index), self.key[index])


def block(kind: type[Rows], said: Sequence[Fact], names: Names, begin: float) -> Block:
    """Facts as rows. begin: UTC seconds of each key's first; keys follow each other as they first appear."""
    by_key: dict[tuple[str, str], list[Fact]] = {}
    for fact in said:
        by_key.setdefault((fact.subject, fact.metric), []).append(fact)
    ordered = [fact for mine in by_key.values() for fact in mine]
    key = np.repeat(np.arange(len(by_key), dtype=np.int32), [len(mine) for mine in by_key.values()])
    ts = np.concatenate([begin + np.cumsum([fact.step for fact in mine]) for mine in by_key.values()])
    n = len(ordered)

    def column(name: str) -> Floats:
        return np.array([fact.columns.get(name, NAN) for fact in ordered])

    common: dict[str, Any] = {
        "subject": names.codes(fact.subject for fact in ordered),
        "ts": ts,
        "received": ts + 1.0,
        "position": np.arange(n),
        "stream": np.zeros(n, np.int32),
    }
    if kind is Reading:
        common["metric"] = names.codes(fact.metric for fact in ordered)
    own: dict[str, Any] = {name: column(name) for name in kind.own() if name not in common}
    known = {*own, *common}
    extra = {name: column(name) for name in {name for fact in ordered for name in fact.columns} - known}
    return Block(KINDS[kind.kind](**common, **own, extra=extra), key)


# ---- what a detector answers ----------------------------------------------------------------------------------------


@dataclass
class Answer:
    """Of a block of rows. Arrays of shape (n,); place: the zones' names."""

    wrong: Flags
    right: Flags
    measure: Floats
    place: list[str]
    idle: Floats

    def same(self, other: Answer, at: Any = slice(None)) -> None:
        """AssertionError where it is not what `other` says of its rows `at`."""
        for name in ("wrong", "right", "measure", "idle"):
            np.testing.assert_array_equal(getattr(self, name), getattr(other, name)[at], name)
        assert self.place == np.array(other.place, object)[at].tolist()


def ask(detector: Detector, some: Block, world: World, check: Callable[..., None] = lambda *_: None) -> Answer:
    """Its answer, got as the engine gets it: all at once, or with memory the r-th row of each key in round r.

    check: is given the rows, the judgement and what `idle` said, of each call.
    """
    n = len(some.key)
    answer = Answer(np.zeros(n, bool), np.zeros(n, bool), np.full(n, NAN), [""] * n, np.full(n, np.inf))
    rank = np.arange(n) - np.searchsorted(some.key, some.key)
    rounds = [np.arange(n)] if detector.memory is None else [np.flatnonzero(rank == r) for r in range(rank.max() + 1)]
    memory = None if detector.memory is None else np.zeros(int(some.key.max()) + 1, detector.memory)
    for index in rounds:
        rows = some.rows.take(index)
        mine = None if memory is None else memory[some.key[index]]
        said = detector.judge(rows, world, mine)
        idle = detector.idle(rows, world, mine)
        check(rows, said, idle)
        if memory is not None:
            memory[some.key[index]] = mine
        answer.wrong[index] = said.wrong
        answer.right[index] = ~said.wrong if said.right is None else said.right
        if said.measure is not None:
            answer.measure[index] = said.measure
        for i, code in zip(index.tolist(), [] if said.place is None else said.place.tolist(), strict=False):
            answer.place[i] = world.names[code]
        if idle is not None:
            answer.idle[index] = idle
    return answer


def looks(detector: Detector, kind: type[Rows], world: World) -> dict[str, list[dict[str, float]]]:
    """Columns of rows of subject a (bin d) by what the detector says of them once they have gone on for a while:
    w wrong, r right, n neither."""
    own = columns_of(detector, kind)
    spots = [{"lon": x, "lat": y} for x, y in places(detector) if not np.isnan(x)] if kind is Position else [{}]
    main = "value" if kind is Reading else "speed"
    others = {name: values for name, values in own.items() if name != main}
    pool = []
    for i, (spot, value) in enumerate(itertools.product(spots, own[main])):
        pool.append(spot | {main: value} | {name: values[i % len(values)] for name, values in others.items()})
    pool = random.Random(0).sample(pool, min(len(pool), 300))  # as many again would find nothing more
    long = [Fact(f"{i}", 10.0, one, "k" if kind is Reading else "") for i, one in enumerate(pool) for _ in range(5)]
    some = block(kind, long, world.names, EDGES[1])
    some.rows.subject[:] = world.names.code("d" if kind is Reading else "a")
    answer = ask(detector, some, world)
    found: dict[str, list[dict[str, float]]] = {"w": [], "r": [], "n": []}
    for one, wrong, right in zip(pool, answer.wrong[4::5].tolist(), answer.right[4::5].tolist(), strict=True):
        found["w" if wrong else "r" if right else "n"].append(one)
    return found
