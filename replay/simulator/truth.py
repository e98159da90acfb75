"""truth: from when to when is a vehicle really too fast, where it must not be, open, tipping, overloaded …?

Reads a drive, or a lorry's whole turn, second by second, with the limits of labels.py; what sensors say counts only
where the sensor is what is wrong. Reports spans. A turn is only used for a day's wrongs when it is decisive: a span
that noise could split, hide or make, or that lasts about as long as its rule waits, would be neither clearly wrong nor
clearly right, and no rule could be scored by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import shapely

from replay.labels import Label
from replay.simulator import labels
from replay.simulator.motion import Course
from replay.simulator.seen import Flags, Seen, Spans, spans, stands
from replay.simulator.streets import Floats, streets
from replay.simulator.stretches import Stretch
from replay.simulator.timetable import Slot, Timetable
from replay.simulator.town import BESIDE, DARK, Town, Truck

_DOUBT, _DOUBT_OUTSIDE = 40.0, 12.0
"""metres; noise beside high houses is up to 30 m"""
_SURELY = 35.0
"""Seconds that a wrong goes on beyond what its rule waits for, to be seen at any report interval."""
_HARDLY = 4.0
"""Seconds by which what is nearly wrong falls short."""
SHORTEST = {
    labels.OVERSPEED: 45.0,
    labels.NO_GO: 40.0,
    labels.OFF_ROUTE: 75.0,
    labels.SUSPICIOUS_STOP: 270.0,
    labels.TRIP_NOT_COMPLETED: 150.0,
}
"""Seconds that a wrong must last to be clearly one; by other rules _SURELY more than `for`. Stray fixes break stops,
and of a trip that is over a parked lorry tells each minute."""
_APART = 40.0
"""Seconds of right that divide two wrongs: less is hardly seen."""


def shortest(rule: str) -> float:
    """How long what is wrong by this rule lasts at least, seconds."""
    return SHORTEST.get(rule, labels.FOR[rule] + _SURELY)


@dataclass
class Truth:
    """What holds in a town, made ready to be asked often."""

    town: Town

    @cached_property
    def _no_go(self) -> list[shapely.Geometry]:
        """The no-go zones: a little too large, as they are, a little too small."""
        zones = [z for z in self.town.drawn if z.use == "no_go"]
        sizes = []
        for by in (1.0, 0.0, -1.0):
            sized = [z.outline.buffer(by * (_DOUBT_OUTSIDE if z.id == BESIDE else _DOUBT)) for z in zones]
            sizes.append(shapely.union_all(sized))
            shapely.prepare(sizes[-1])
        return sizes

    @cached_property
    def _slow(self) -> shapely.Geometry:
        return shapely.union_all([z.outline for z in self.town.drawn if z.use == "limit"])

    @cached_property
    def _disposals(self) -> list[tuple[str, shapely.Geometry]]:
        return [(site.id, self.town.yard(site)) for site in self.town.disposal_sites]

    _routes: dict[tuple[str, ...], shapely.Geometry] = field(default_factory=dict, repr=False)

    def routes(self, truck: Truck) -> shapely.Geometry:
        """The ways that its permit names."""
        if truck.routes not in self._routes:
            nodes = streets().nodes
            lines = shapely.MultiLineString([nodes[self.town.ways[route]] for route in truck.routes])
            shapely.prepare(lines)
            self._routes[truck.routes] = lines
        return self._routes[truck.routes]

    def wrongs(self, course: Course, truck: Truck, near: bool = False) -> dict[str, Spans] | None:
        """For each rule of a drive the spans (seconds after the departure) in which it is wrong; None if the course
        is not decisive. near: it may be near a speed limit.
        """
        t = np.arange(0.0, course.seconds + 1.0)
        x, y, speed, _ = course.at(t)
        limit = np.where(shapely.contains_xy(self._slow, x, y), 30.0, labels.CITY_LIMIT)
        limit = np.minimum(limit, truck.speed_limit or np.inf)
        excess = speed / (limit * (1 + labels.SPEED_TOLERANCE))
        # it drives 20 m a second at most: two seconds are near enough for where it is
        routes, places = self.routes(truck), shapely.points(x[::2], y[::2])
        off = [
            ~shapely.dwithin(routes, places, labels.OFF_ROUTE_METRES + by).repeat(2)[: len(t)] & truck.permitted
            for by in (-_DOUBT, 0.0, _DOUBT)
        ]
        found = {
            labels.OVERSPEED: _sure([excess > share for share in (0.99 if near else 0.92, 1.0, 1.08)], t),
            labels.NO_GO: _sure([shapely.contains_xy(zone, x, y) for zone in self._no_go], t),
            labels.OFF_ROUTE: _sure(off, t),
        }
        result = {rule: span for rule, span in found.items() if span is not None}
        if len(result) < len(found) or any(b - a < SHORTEST[rule] for rule, span in result.items() for a, b in span):
            return None
        return result

    @staticmethod
    def dark(course: Course) -> Spans:
        """The spans without network."""
        t = np.arange(0.0, course.seconds + 1.0)
        x, y, _, _ = course.at(t)
        return spans(shapely.contains_xy(DARK, x, y), t)

    # -- a whole turn

    def labels(
        self, turn: Sequence[Stretch], truck: Truck, table: Timetable, slot: Slot, near: bool = False
    ) -> list[Label] | None:
        """All that is wrong in a lorry's turn; None if it is not decisive. slot: which turn it is, for its manifest."""
        found: list[Label] = []
        arrived: dict[str, Label] = {}
        """what was wrong at the end of the last drive: it goes on until the next begins"""
        for stretch in turn:
            if stretch.course is not None:
                drive = self.wrongs(stretch.course, truck, near)
                if drive is None:
                    return None
                before, arrived = arrived, {}
                for rule, a, b in [(rule, a, b) for rule, its in drive.items() for a, b in its]:
                    label = Label(stretch.start + a, rule, truck.id, stretch.start + b)
                    if a < 2.0 and rule in before:
                        found.remove(before[rule])
                        label = replace(label, started=before[rule].started)
                    if label.ended > stretch.end - 2.0:
                        arrived[rule] = label
                    found.append(label)
        seen = Seen.of(turn, self.town)
        for rule, flags, solid in self._body(seen, truck, table, slot):
            for a, b in _joined(spans(flags, seen.t)):
                of_it = spans(solid & (seen.t >= a) & (seen.t < b), seen.t)
                longest = max((d - c for c, d in of_it), default=0.0)
                if longest >= shortest(rule):
                    found.append(Label(a, rule, truck.id, b))
                elif longest > labels.FOR[rule] - _HARDLY:
                    return None
        checked = [self._heard(label, seen, truck) for label in found]
        heard = [label for label in checked if label is not None]
        if len(heard) < len(checked):
            return None
        terminal = list(_terminal(turn, truck))
        return None if None in terminal else sorted(heard + [each for each in terminal if each])

    def _body(self, seen: Seen, truck: Truck, table: Timetable, slot: Slot) -> Iterator[tuple[str, Flags, Flags]]:
        """For each rule whether it is broken, at each moment, and whether that counts for how long it is."""
        moving, outside = seen.speed >= labels.MOVING, ~seen.yard
        edges, allowed = np.unique(np.floor(seen.t / 60.0), return_inverse=True)
        hours = np.array([table.allowed(m * 60.0, m * 60.0 + 1) for m in edges.tolist()])[allowed]
        if truck.permitted:
            late = stands(moving & outside & ~hours, hours | seen.yard)
            yield labels.OUTSIDE_HOURS, late, late
            trip = self._trip(seen, truck, slot, table.slot(slot.number + 1))
            yield labels.TRIP_NOT_COMPLETED, trip, trip
        else:
            without = stands(moving & outside, seen.yard)
            yield labels.NO_PERMIT, without, without
        shut = (seen.lid <= labels.LID_CLOSED) | (seen.load < labels.EMPTY)
        open_ = (seen.lid > labels.LID_OPEN) & (seen.load >= labels.LOADED) & moving
        yield labels.NOT_SEALED, stands(open_, shut), open_
        off = seen.ignition < 0.5
        driven = off & (seen.speed >= labels.CONTRADICTED)
        yield labels.SENSOR_CONTRADICTION, stands(driven, ~off), driven
        over = stands(seen.load > labels.OVERLOADED, seen.load < labels.NOT_OVERLOADED)
        up = (seen.body >= labels.RAISED) & outside
        stops = (seen.speed <= labels.STANDING) & outside
        tips = self._tips(seen, truck)
        yield labels.OVERLOAD, over, over
        yield labels.BODY_RAISED, up, up
        yield labels.SUSPICIOUS_STOP, stops, stops
        yield labels.TIPPING, tips, tips

    def _tips(self, seen: Seen, truck: Truck) -> Flags:
        """The body is up outside the site that its permit names (without one: outside all), and the load falls."""
        own = [yard for name, yard in self._disposals if name == truck.disposal.id or not truck.permitted]
        wrong = (seen.body >= labels.TIPPING_RAISED) & ~shapely.contains_xy(shapely.union_all(own), seen.x, seen.y)
        before = np.maximum.accumulate(np.where(wrong, 0, np.arange(len(wrong))))
        tips: Flags = wrong & (seen.load[before] - seen.load >= labels.FALL)
        return tips

    def _trip(self, seen: Seen, truck: Truck, slot: Slot, following: Slot) -> Flags:
        """It left its site loaded, and is in another disposal site, or empty, or overdue, before it was at its own;
        with the next trip sheet that is over. Who drives past another one's gate with the load on goes on rightly.
        """
        inside = {name: shapely.contains_xy(yard, seen.x, seen.y) for name, yard in self._disposals}
        site = shapely.contains_xy(self.town.yard(truck.loading), seen.x, seen.y)
        left = np.logical_or.accumulate(~site & (seen.load >= labels.CARRIES) & (seen.t > slot.since))
        there = np.logical_or.accumulate(left & inside.pop(truck.disposal.id))
        elsewhere = np.logical_or.reduce(list(inside.values()))
        late = seen.t >= slot.due
        bad = left & (late | (seen.load < labels.GONE) | elsewhere)
        good = ~left | ~(late | (seen.load < labels.CARRIES) | elsewhere)
        found: Flags = stands(bad, good) & ~there & (seen.t < following.since)
        return found

    def _heard(self, label: Label, seen: Seen, truck: Truck) -> Label | None:
        """The label, late where all of it was in the dark; None if it is not heard clearly, live or late."""
        at = (seen.t >= label.started) & (seen.t <= label.ended)
        hidden = seen.dark | seen.dead
        if not hidden[at].any():
            near = (seen.t > label.started - 30) & (seen.t < label.ended + 30)
            return label if label.ended - label.started > 120 or not hidden[near].any() else None
        need = shortest(label.rule)
        if any(b - a >= need for a, b in spans(at & ~hidden, seen.t)):
            return label
        clear = (seen.t > label.started - 5) & (seen.t < label.ended + 5)
        by_gnss = label.rule in (labels.OVERSPEED, labels.NO_GO, labels.OFF_ROUTE, labels.SUSPICIOUS_STOP)
        if seen.dark[clear].all() and not seen.dead[clear].any() and (by_gnss or not truck.body_device):
            return Label(label.started, label.rule, label.subject, label.ended, late=True)
        return None


def _joined(found: Spans) -> Spans:
    """Spans so near each other that they are seen as one are one."""
    joined: Spans = []
    for a, b in found:
        if joined and a - joined[-1][1] < _APART:
            joined[-1] = (joined[-1][0], b)
        else:
            joined.append((a, b))
    return joined


def _terminal(turn: Sequence[Stretch], truck: Truck) -> Iterator[Label | None]:
    """What is wrong with the box and the receiver; None where that is not clear."""
    for a, b in sorted({dead for stretch in turn for dead in stretch.dead}):
        if b - a > labels.LOST_AFTER + 60:
            yield Label(a + labels.LOST_AFTER, labels.SIGNAL_LOST, truck.id, b)
        elif b - a > labels.LOST_AFTER - 40:
            yield None
    for stretch in turn:
        if stretch.leg.jump:
            a, b, east, north = stretch.leg.jump
            if np.hypot(east, north) > 5 * labels.JUMP_METRES:
                yield Label(stretch.start + a, labels.JUMP, truck.id, stretch.start + b)


def _sure(measures: Sequence[Flags], t: Floats) -> Spans | None:
    """The exact spans; None unless they are as many by the loose and by the strict measure (loose, exact, strict)."""
    loose, exact, strict = (spans(flags, t) for flags in measures)
    return exact if len(loose) == len(exact) == len(strict) else None
