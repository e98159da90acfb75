"""contract_city: a small real city, and plausible rows of it, for the contract checks on every registered detector.

It must have what detectors ask about: places in and around zones and routes, speeds around every limit, readings
around every number that a detector's parameters name, subjects that change class, are unknown for a while or have no
permit, hours, trip sheets and plans that begin and end within minutes. What single rows can't show, such as a trip or a
sensor that is stuck, is a story (tests/contract_stories.py). A detector that nothing here is wrong to is not checked:
give the city a place where it is, or tell its story.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st

from pipeline.detector import Detector
from pipeline.names import NOBODY, Names
from pipeline.registers import Road, Route, Table, Zone
from pipeline.rows import KINDS, Floats, Ints, Position, Presence, Reading, Rows, Sighting
from pipeline.units import Amount, in_column
from pipeline.world import World
from tests.contract_stories import BIN, DUMP, LANE, NAN, PIT, SOUTH, STORIES, TIP, WEST, YARD, Fact
from tests.places import box, line, registers

METRE = 1 / 111_195.0
"""Degrees of latitude."""
SUBJECTS = ("a", "b", "c", "d", "e", "x")
"""Vehicles a, b, c, bins d, e, and x, which is in no register."""
EDGES = (0.0, 100.0, 200.0, 300.0, 420.0, 600.0, 650.0, 800.0)
"""Times at which something in the registers begins or ends, seconds."""


def around_place(place: tuple[float, float]) -> list[Any]:
    """A zone of 200 m around it."""
    return [[box(place[0] - 0.001, place[1] - 0.001, place[0] + 0.001, place[1] + 0.001)]]


def world(*, later: bool = False) -> World:
    """The city, with names of its own; `later`: as a second version has it, with another limit, and a zone more."""
    return _compiled(later).bind(Names())


@cache
def _compiled(later: bool) -> World:
    zones = [
        Zone("old-town", "no_go", [[box(121.402, 31.202, 121.404, 31.204)]], classes=("muck_truck",), valid_to=800.0),
        Zone("park", "no_go", [[box(121.403, 31.203, 121.406, 31.206)]]),
        Zone("market", "no_go", [[box(121.4145, 31.199, 121.4155, 31.201)]], hours="00:05-00:07"),
        Zone("school", "limit", [[box(121.410, 31.199, 121.412, 31.201)]], speed_limit=30.0),
        Zone("yard", "depot", around_place(YARD)),
        Zone("dig", "site", [[box(121.420, 31.199, 121.422, 31.201)]], speed_limit=20.0, classes=("refuse_truck",)),
        Zone("pit", "site", around_place(PIT)),
        Zone("tip", "disposal", around_place(TIP)),
        Zone("dump", "disposal", around_place(DUMP)),
    ]
    if later:
        zones.append(Zone("fair", "no_go", [[box(121.414, 31.199, 121.416, 31.201)]]))
    plain = registers(
        vehicles=[
            {"id": "a"},
            {"id": "b", "valid_to": 300.0},
            {"id": "b", "class": "refuse_truck", "speed_limit": 50.0, "valid_from": 300.0, "valid_to": 600.0},
            {"id": "b", "valid_from": 650.0},
            {"id": "c", "class": "refuse_truck", "speed_limit": 70.0},
        ],
        bins=[
            {"id": "d", "class": "litter", "lon": BIN[0], "lat": BIN[1]},
            {"id": "e", "class": "litter", "lon": 121.402, "lat": 31.201, "valid_from": 100.0},
        ],
        devices=[
            {"device": "box-1", "subject": "c", "valid_to": 300.0},
            {"device": "box-1", "subject": "a", "valid_from": 300.0},
        ],
        permits=[
            {"id": "p1", "vehicle": "a", "route": "east", "valid_to": 200.0, "disposal": "dump"},
            {
                "id": "p3",
                "vehicle": "a",
                "route": "east",
                "hours": "00:05-00:07",
                "valid_from": 300.0,
                "valid_to": 800.0,
            },
            {"id": "p2", "vehicle": "b", "route": "east", "valid_from": 100.0},
            {"id": "p2", "vehicle": "b", "route": "north", "valid_from": 100.0},
        ],
        zones=zones,
        routes=[
            Route("east", [line((WEST, SOUTH), (121.425, SOUTH), (121.425, 31.21))]),
            Route("north", [line((WEST, SOUTH), (WEST, 31.23))]),
            Route("lane", [line((LANE[0], SOUTH), (LANE[-1], SOUTH))]),
        ],
        default=80.0,
        muck_truck=50.0 if later else 60.0,
    )
    sheets = [
        {"id": "m1", "vehicle": "a", "site": "pit", "disposal": "tip", "valid_from": 100.0, "valid_to": 650.0},
        {"id": "m2", "vehicle": "a", "site": "pit", "disposal": "dump", "valid_from": 600.0, "valid_to": 3000.0},
        {"id": "m3", "vehicle": "c", "site": "", "disposal": "tip", "valid_from": 200.0, "valid_to": 420.0},
    ]
    plans: list[dict[str, Any]] = [
        {"id": "w1", "subject": "a", "route": "lane", "hours": "00:02-00:06,00:08-00:12", "share": 0.5, "radius": 30.0},
        {"id": "w2", "subject": "b", "zone": "yard", "hours": "00:01-00:10", "share": 1.0, "radius": 100.0},
        {"id": "w3", "subject": "d", "hours": "01:00-02:00"},
    ]
    return World(
        replace(
            plain,
            plans=Table.of("plans", plans),
            manifests=Table.of("manifests", sheets),
            roads=[Road("quay", [line((WEST, 31.21), (121.41, 31.21))], 40.0)],
        )
    )


# ---- what a row can say ---------------------------------------------------------------------------------------------


def numbers(detector: Detector) -> list[float]:
    """The numbers that its parameters name, as rows have them, and 0 and 1."""
    column = detector.amounts()
    named = {k: v for k, v in dict(detector).items() if isinstance(v, int | float) and not isinstance(v, bool)}
    plain = [in_column(v, column[k]) if isinstance(v, Amount) else float(v) for k, v in named.items()]
    return sorted({0.0, 1.0, *(v for v in plain if np.isfinite(v))})


def around(values: Sequence[float]) -> list[float]:
    """The values themselves, their neighbours and what lies a little off."""
    near = [(np.nextafter(v, -np.inf), v, np.nextafter(v, np.inf), v - 1, v + 1) for v in values]
    return sorted({float(v) for v in itertools.chain.from_iterable(near)})


def places(detector: Detector) -> list[tuple[float, float]]:
    """In, on and just outside zones; on a route and a road, and each of the detector's numbers in metres off the route;
    nowhere.
    """
    off = [m * METRE for m in around([n for n in numbers(detector) if n <= 5000])]
    return [
        (121.4025, 31.2025), (121.4035, 31.2035), (121.405, 31.205), (121.402, 31.203), (121.404, 31.204),
        (121.4 + 1e-9, 31.2), (121.4019999, 31.203), (121.411, 31.2), (121.410, 31.2), (121.415, 31.2),
        (121.421, 31.2), (121.425, 31.21), (121.405, 31.21), (121.6, 31.4), (NAN, NAN), YARD, PIT, TIP, DUMP,
        *((121.4075, SOUTH - by) for by in off),
    ]  # fmt: skip


def speeds(detector: Detector) -> list[float]:
    """Around every limit of the city, as it is and with each of the detector's shares on top; standing; unknown."""
    named = numbers(detector)
    limits = [limit * (1 + n) for limit in (20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0) for n in named if 0 <= n < 1]
    return [0.0, NAN, 5.0, 120.0, *around([*limits, *(n for n in named if 1 < n <= 200)])]


def kind_of(detector: Detector) -> list[type[Rows]]:
    """The kinds of row that it can be fed."""
    return [Position, Reading] if detector.reads() is Rows else [detector.reads()]


def further(detector: Detector) -> list[str]:
    """Columns that it needs and that its kind of row has not of its own."""
    return [name for name in detector.needed() if all(name not in kind.own() for kind in kind_of(detector))]


WORDS = {"label": ("car", "truck"), "zone": ("lane", "bay")}
"""What a sighting's columns say by their numbers; a zone that is unknown is none."""
PARTS = {Reading: "kl", Sighting: "78", Presence: "mn"}
"""What a key is besides its subject: a reading's metric, a sighting's track, a presence's zone."""
FLAGS = ("heading", "accuracy", "ignition", "load", "lid", "body")


def columns_of(detector: Detector, kind: type[Rows]) -> dict[str, list[float]]:
    """What each column can be, but for lon and lat, which go together; what it needs is never unknown."""
    some = [NAN, 0.5, *around(numbers(detector))]
    if kind is Reading:
        found = {"value": some}
    elif kind is Sighting:
        shares = [v for v in some if not (v < 0 or v > 1)]
        found = {"still": [v for v in some if not v < 0], "score": shares, "label": [0.0, 1.0], "zone": [NAN, 0.0, 1.0]}
    elif kind is Presence:
        many = [0.0, 1.0, 2.0, *(v for v in some if v.is_integer() and 2 < v < 20)]
        found = {"count": many, "kinds": [0.0, 1.0, 2.0], "stood": [v for v in some if not v < 0]}
        found |= {"surest": [v for v in some if not (v < 0 or v > 1)]}
    else:
        found = {"speed": speeds(detector), **dict.fromkeys(FLAGS, some)}
    found |= dict.fromkeys(further(detector), some)
    if "accuracy" in found:
        found["accuracy"] = [NAN, NAN, 0.0, 5.0, 60.0]
    return {n: [v for v in vs if not (np.isnan(v) and n in detector.needed())] for n, vs in found.items()}


def facts(detector: Detector, kind: type[Rows], name: str = "") -> st.SearchStrategy[list[Fact]]:
    """Up to 24 rows of up to six subjects; before them, if the detector of that name has a story, most of that."""
    somewhere = [p for p in places(detector) if not (np.isnan(p[0]) and "lon" in detector.needed())]
    steps = st.sampled_from([0.0, 1.0, 10.0, 50.0, 100.0, 200.0, 300.0])
    own = st.fixed_dictionaries({n: st.sampled_from(vs) for n, vs in columns_of(detector, kind).items()})
    if kind in PARTS:
        one = st.builds(Fact, st.sampled_from(SUBJECTS), steps, own, st.sampled_from(PARTS[kind]))
    else:
        placed = st.builds(lambda c, p: c | {"lon": p[0], "lat": p[1]}, own, st.sampled_from(somewhere))
        one = st.builds(Fact, st.sampled_from(SUBJECTS), steps, placed)
    plain = st.lists(one, min_size=1, max_size=24)
    story = STORIES.get(name, {}).get(kind)
    if story is None:
        return plain
    part = st.tuples(st.integers(0, 3), st.integers(len(story) // 2, len(story))).map(lambda at: story[at[0] : at[1]])
    return st.one_of(plain, st.tuples(part, plain).map(lambda told: [*told[0], *told[1]]))


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
    if kind is Presence:
        common["zone"] = names.codes(fact.metric for fact in ordered)
    if kind is Sighting:
        common["track"] = np.array([int(fact.metric) for fact in ordered])
        for name, words in WORDS.items():
            said_words = (fact.columns.get(name, NAN) for fact in ordered)
            common[name] = np.array(
                [NOBODY if np.isnan(w) else names.code(words[int(w)]) for w in said_words], np.int32
            )
    own: dict[str, Any] = {name: column(name) for name in kind.own() if name not in common}
    known = {*own, *common}
    extra = {name: column(name) for name in {name for fact in ordered for name in fact.columns} - known}
    return Block(KINDS[kind.kind](**common, **own, extra=extra), key)
