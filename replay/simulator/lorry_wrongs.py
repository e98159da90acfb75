"""lorry_wrongs: how a lorry's turn becomes wrong, nearly wrong, or right on the edge of what is wrong.

Each entry takes the legs of a usual turn and gives them changed, or None where this turn can't be. Whether the change
is what was wanted is not decided here: truth.py looks at what came of it, and trips.py tries again if need be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import shapely

from replay.simulator import labels
from replay.simulator.changes import EDGE, NEAR, WRONG, Change, gets_dark, leaves_yard, length_of, with_signals
from replay.simulator.legs import FULL
from replay.simulator.motion import drive
from replay.simulator.streets import streets
from replay.simulator.stretches import Leg, drop, level, pulse, ramp

_JUST_INSIDE = 12.0
"""metres from a yard's boundary"""


Maker = Callable[[Change], list[Leg] | None]


def _driven(rule: str) -> Maker:
    """Too fast, in a no-go zone, off the route: another course for one of the drives."""

    def change(c: Change) -> list[Leg] | None:
        at = c.any_drive()
        leg, maker, truck = c.legs[at], c.driver.maker, c.driver.truck
        way = list(leg.way)
        made = maker.wrong(rule, way, truck, c.rng) if c.how == WRONG else maker.nearly(rule, way, truck, c.rng)
        if made is None:
            return None
        taken, course = made
        return c.with_leg(at, replace(leg, way=taken, course=course, seconds=course.seconds))

    return change


def not_sealed(c: Change) -> list[Leg] | None:
    """The lid is open on the way; nearly: for a few seconds, or it is, but the lorry is empty."""
    if c.how != WRONG and c.rng.random() < 0.5:
        at = c.find("back")
        return c.with_leg(at, with_signals(c.legs[at], lid=level(1.0)))
    at = c.find("haul")
    leg = c.legs[at]
    lasts = c.between(130, 320) if c.how == WRONG else c.between(12, 30)
    if leg.seconds < lasts + 120:
        return None
    begins = c.between(50, leg.seconds - lasts - 50)
    return c.with_leg(at, with_signals(leg, lid=pulse(0.0, 1.0, begins, begins + lasts)))


def body_raised(c: Change) -> list[Leg] | None:
    """It drives off with its body up; nearly: until just outside; on the edge: it stands so, just inside."""
    at = c.find("back")
    leg = c.legs[at]
    if leg.course is None:
        return None
    leaves, metres = leaves_yard(c, leg.course)
    if c.how == EDGE:
        return _at_the_gate(c, at, metres, body=True)
    down = leaves + (c.between(55, 150) if c.how == WRONG else c.between(6, 10))
    if down > leg.seconds - 60:
        return None
    return c.with_leg(at, with_signals(leg, body=drop(1.0, 0.0, down)))


def tipping(c: Change) -> list[Leg] | None:
    """It tips on the way, or in a site of others; nearly: it loses a fifth on the way; on the edge: at the gate."""
    at = c.find("haul")
    leg = c.legs[at]
    if c.how == NEAR:
        half = leg.seconds / 2
        changed = with_signals(leg, load=ramp(FULL, FULL - 0.2, 60.0, half))
        tip = c.driver.tip(c.driver.truck.disposal.node, FULL - 0.2)
        return [*c.legs[:at], changed, tip, *c.legs[at + 2 :]]
    if c.how == EDGE:
        return _tips_at_the_gate(c)
    if c.rng.random() < 0.3:
        return _elsewhere(c)
    seconds = c.between(88, 105) if c.rng.random() < 0.5 else c.between(290, 420)
    stand = (c.somewhere(at), seconds)
    return _tips_on_the_way(c, at, stand, full=FULL)


def _tips_on_the_way(c: Change, at: int, stand: tuple[float, float], full: float) -> list[Leg] | None:
    again = c.again(at, stand)
    if again.course is None or again.course.stand is None:
        return None
    a, b = again.course.stand
    ends = min(b - 3.0, a + 95.0)
    again = with_signals(again, body=pulse(0.0, 1.0, a + 4, ends), load=ramp(full, 0.0, a + 8, a + 40))
    rest = [leg for leg in c.legs[at + 1 :] if leg.kind != "tip"]
    return [*c.legs[:at], again, *rest]


def _tips_at_the_gate(c: Change) -> list[Leg] | None:
    at = c.find("haul")
    leg = c.legs[at]
    inside = shapely.buffer(c.driver.maker.town.yard(c.driver.truck.disposal), -_JUST_INSIDE)
    whole = length_of(leg.way)
    line = shapely.LineString(streets().nodes[list(leg.way)])
    along = np.arange(max(whole - 400.0, 0.0), whole, 2.0)
    points = shapely.line_interpolate_point(line, along)
    first = np.flatnonzero(shapely.contains(inside, points))
    if not len(first):
        return None
    return _tips_on_the_way(c, at, (float(along[first[0]]), c.between(60, 100)), full=FULL)


def _elsewhere(c: Change) -> list[Leg] | None:
    """In a disposal site that is not its own."""
    truck, town = c.driver.truck, c.driver.maker.town
    other = c.rng.choice([n for n, site in enumerate(town.disposal_sites) if site.id != truck.disposal.id])
    node = town.disposal_sites[int(other)].node
    back = c.legs[c.find("back")]
    there = c.driver.drive("haul", truck.loading.node, node, load=level(FULL))
    home = truck.depot.node if back.kind == "home" else truck.loading.node
    return [c.legs[0], there, c.driver.tip(node), c.driver.drive(back.kind, node, home)]


def suspicious_stop(c: Change) -> list[Leg] | None:
    """It stands in a street; nearly: not for long; on the edge: for long, just inside a site."""
    at = c.any_drive()
    if c.how == EDGE:
        at = c.find("back")
        course = c.legs[at].course
        return _at_the_gate(c, at, leaves_yard(c, course)[1], body=False) if course else None
    waits = labels.FOR[labels.SUSPICIOUS_STOP]
    seconds = c.between(300, 480) if c.how == WRONG else c.between(0.55, 0.72) * waits
    return c.with_leg(at, c.again(at, (c.somewhere(at), seconds)))


def overload(c: Change) -> list[Leg] | None:
    """It takes more than it may; nearly: less than a tenth more."""
    if c.how == EDGE:
        return None
    ahead = c.legs[c.find("back")].kind == "return"
    return c.driver.usual(ahead, full=c.between(1.14, 1.25) if c.how == WRONG else c.between(1.03, 1.07))


def trip_not_completed(c: Change) -> list[Leg] | None:
    """It tips elsewhere, or goes home loaded; nearly: it is in its site just before it is due."""
    d, truck = c.driver, c.driver.truck
    load, haul, tip, back = c.legs
    if c.how == WRONG and c.rng.random() < 0.4:
        return _elsewhere(c)
    if c.how == WRONG:
        home = d.drive("home", truck.loading.node, truck.depot.node, load=level(FULL))
        parked = c.slot.due + c.between(180, 420) - c.starts - load.seconds - home.seconds
        if parked < 60:
            return None
        rest = d.stop("rest", parked, truck.depot.node, ignition=level(0.0), load=level(FULL))
        haul = d.drive("haul", truck.depot.node, truck.disposal.node, load=level(FULL))
        return [load, home, rest, haul, tip, back]
    late = c.slot.due - c.between(100, 160) - c.starts - load.seconds - haul.seconds
    if late < 0:
        return None
    wait = d.stop("wait", late, truck.loading.node, load=level(FULL))
    return [load, wait, haul, tip, back]


def signal_lost(c: Change) -> list[Leg] | None:
    """The box is dead; nearly: for a few minutes, or the lorry creeps through the dark."""
    if c.how == EDGE:
        return _creeps(c)
    at = c.any_drive()
    leg = c.legs[at]
    if leg.course is None or gets_dark(leg.course):
        return None
    lasts = c.between(400, 720) if c.how == WRONG else c.between(200, 250)
    lasts = min(lasts, leg.seconds - 140)
    if lasts < (380 if c.how == WRONG else 150):
        return None
    begins = c.between(60, leg.seconds - lasts - 60)
    return c.with_leg(at, replace(leg, dead=(begins, begins + lasts)))


def _creeps(c: Change) -> list[Leg] | None:
    """A jam in a tunnel: nothing is heard for longer than a lost signal takes, and all of it comes later."""
    at = c.find("haul")
    leg, net, town = c.legs[at], streets(), c.driver.maker.town
    edges = [net.edge_between(a, b) for a, b in zip(leg.way, leg.way[1:], strict=False)]
    dark = [n for n, edge in enumerate(edges) if edge in town.dark]
    if not dark:
        return None
    creeping = (dark[0], dark[-1], c.between(10, 13))
    course = drive(net, list(leg.way), c.driver.maker.pace(c.driver.truck), c.rng, fast=creeping)
    return c.with_leg(at, replace(leg, course=course, seconds=course.seconds))


def jump(c: Change) -> list[Leg] | None:
    """Its receiver is somewhere else for a while; nearly: a hundred metres off. Never where lorries must not be."""
    at = c.any_drive()
    leg = c.legs[at]
    if c.how == EDGE or leg.course is None:
        return None
    # shorter than it takes to be off the route
    lasts = c.between(24, 28) if c.how == WRONG else c.between(15, 40)
    begins = c.between(60, max(leg.seconds - 120, 61))
    far, turn = (c.between(3_200, 5_000) if c.how == WRONG else c.between(70, 120)), c.between(0, 2 * np.pi)
    east, north = far * np.cos(turn), far * np.sin(turn)
    x, y, _, _ = leg.course.at(begins + np.arange(0.0, lasts, 1.0))
    town = c.driver.maker.town
    bad = shapely.union_all([z.outline.buffer(150) for z in town.drawn])
    if shapely.contains_xy(bad, x + east, y + north).any() or gets_dark(leg.course):
        return None
    return c.with_leg(at, replace(leg, jump=(begins, begins + lasts, float(east), float(north))))


def sensor_contradiction(c: Change) -> list[Leg] | None:
    """The ignition's wire says off while it drives; nearly: for a moment."""
    at = c.any_drive()
    leg = c.legs[at]
    lasts = c.between(130, 260) if c.how == WRONG else c.between(10, 30)
    if c.how == EDGE or leg.seconds < lasts + 100:
        return None
    begins = c.between(40, leg.seconds - lasts - 40)
    return c.with_leg(at, replace(leg, shown={"ignition": pulse(1.0, 0.0, begins, begins + lasts)}))


TURNS: dict[str, Maker] = {
    labels.OVERSPEED: _driven(labels.OVERSPEED),
    labels.NO_GO: _driven(labels.NO_GO),
    labels.OFF_ROUTE: _driven(labels.OFF_ROUTE),
    labels.NOT_SEALED: not_sealed,
    labels.BODY_RAISED: body_raised,
    labels.TIPPING: tipping,
    labels.SUSPICIOUS_STOP: suspicious_stop,
    labels.OVERLOAD: overload,
    labels.TRIP_NOT_COMPLETED: trip_not_completed,
    labels.SIGNAL_LOST: signal_lost,
    labels.JUMP: jump,
    labels.SENSOR_CONTRADICTION: sensor_contradiction,
}
"""What can be wrong on any turn. Hours, permits and sensors that say the same for hours are trips.py's."""


def _at_the_gate(c: Change, at: int, metres: float, body: bool) -> list[Leg] | None:
    """It stands just inside the yard that it leaves, for long, maybe with its body up."""
    again = c.again(at, (max(metres - _JUST_INSIDE, 1.0), c.between(200, 300)))
    if again.course is None or again.course.stand is None:
        return None
    a, b = again.course.stand
    return c.with_leg(at, with_signals(again, body=pulse(0.0, 1.0, a + 2, b - 5)) if body else again)
