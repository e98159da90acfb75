"""trips: what a lorry does all day, and which of it is wrong.

A lorry waits in its depot with the ignition off, drives to its loading site, and from then on makes turns by its
timetable: it loads with an open lid, hauls, tips with a raised body, and drives back for the next turn, or home when
the next slot is not its own. Turns follow each other without a gap and for ever; they are made when they are needed.
A turn that is wrong, nearly wrong or on an edge is drawn until the truth about it is what was wanted, or given up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import shapely

from replay.labels import Label
from replay.simulator import labels
from replay.simulator.changes import EDGE, NEAR, WRONG, Change
from replay.simulator.legs import Driver
from replay.simulator.lorry_wrongs import TURNS
from replay.simulator.rates import Rates
from replay.simulator.stretches import Leg, Stretch, level, timed
from replay.simulator.timetable import Slot, Timetable
from replay.simulator.town import Truck
from replay.simulator.violations import Maker

_TRIES = 8
_LATE = 300.0
"""Seconds after which a slot is lost."""
_AHEAD = 240
"""Slots that are looked through for the next turn: about a week."""
_LONG = 1_200.0
"""Seconds of waiting for which a driver turns the key."""
_NEVER = Rates(0.0)


@dataclass(slots=True)
class Lorry:
    """One muck truck's days."""

    truck: Truck
    maker: Maker
    rng: np.random.Generator
    rates: Rates
    """how often something is wrong"""
    near: Rates = _NEVER
    edge: Rates = _NEVER
    table: Timetable = field(init=False)
    driver: Driver = field(init=False)
    opened: tuple[str, float] | None = None
    """with what it has begun"""
    _ahead: Slot | None = None
    """the next turn, as last planned"""
    _stuck: int = 0
    """on how many turns yet its lid's sensor says the same"""
    _same: int = 0
    """on how many it has said the same"""
    _since: float = np.inf
    """since when it has been wrong about that, UTC seconds"""

    def __post_init__(self) -> None:
        self.table = Timetable(self.truck, self.maker.town)
        self.driver = Driver(self.truck, self.maker, self.rng)

    def stretches(self, start: float, opening: Sequence[tuple[str, float]] = ()) -> Iterator[Stretch]:
        """For ever, from `start` on, in the middle of what it was doing.

        opening: (rule, seconds after the start): one of these is broken first, if it can be; `opened` says which.
        """
        slot, turn = self.table.at(start), None
        for rule, after in dict(reversed(opening)).items():  # of one rule the first
            if turn is None and (turn := self._opened(slot, start, rule, after)):
                self.opened = (rule, after)
        if turn is None:
            turn = self._begun(slot, start) if self.truck.permitted else self._away(slot, start)
        found = [label for stretch in turn for label in stretch.labels]
        kept = [replace(stretch, labels=()) for stretch in turn if stretch.end > start]
        turn = self._labelled(kept, found)
        while True:
            yield from turn
            now, ahead = turn[-1].end, self._ahead
            turn = self._turn(ahead, now) if ahead else self._away(self.table.at(now), now)

    # -- turns

    def _begun(self, slot: Slot, start: float) -> list[Stretch]:
        """A turn that it is in the middle of; whatever is wrong begins later, so that all of it can be seen."""
        turn = self._turn(slot, slot.since)
        self._stuck = 0
        loaded = next((stretch.end for stretch in turn if stretch.leg.kind == "load"), start)
        for label in turn[0].labels:
            unseen = label.rule == labels.TRIP_NOT_COMPLETED and loaded < start + 60
            begins = label.started - (labels.LOST_AFTER if label.rule == labels.SIGNAL_LOST else 0.0)
            if unseen or begins < start + 60:
                return self._usual(slot, slot.since)
        return turn

    def _usual(self, slot: Slot, now: float) -> list[Stretch]:
        ahead = self._next(slot)
        legs = self.driver.usual(self._on(slot, ahead))
        return self._whole(legs, slot, ahead, now)

    def _turn(self, slot: Slot, now: float) -> list[Stretch]:
        """A turn that begins at the loading site, wrong as the dice say."""
        if not self.truck.permitted:
            return self._unpermitted(slot, now)
        stuck = self._stuck_sensor()
        for how, rates in ((WRONG, self.rates), (NEAR, self.near), (EDGE, self.edge)):
            rule = rates.draw(tuple(TURNS), self.rng)
            if rule and not (stuck and rule == labels.NOT_SEALED):
                made = self._changed(rule, how, slot, now)
                if made:
                    return self._with_sensor(made, stuck)
        return self._with_sensor(self._late(slot, now) or self._usual(slot, now), stuck)

    def _changed(self, rule: str, how: str, slot: Slot, now: float) -> list[Stretch] | None:
        ahead = self._next(slot)
        for _ in range(_TRIES):
            legs = self.driver.usual(self._on(slot, ahead))
            changed = TURNS[rule](Change(self.driver, legs, how, slot, now))
            if changed is None:
                continue
            turn = self._whole(changed, slot, ahead, now)
            found = self._true(turn, slot, how)
            if found is not None and (any(label.rule == rule for label in found) if how == WRONG else not found):
                return self._labelled(turn, found)
        return None

    def _true(self, turn: list[Stretch], slot: Slot, how: str) -> list[Label] | None:
        return self.maker.truth.labels(turn, self.truck, self.table, slot, near=how != WRONG)

    @staticmethod
    def _labelled(turn: list[Stretch], found: Sequence[Label]) -> list[Stretch]:
        return [replace(turn[0], labels=(*turn[0].labels, *found)), *turn[1:]]

    @staticmethod
    def _on(slot: Slot, ahead: Slot | None) -> bool:
        """Whether the next turn follows without a break."""
        return ahead is not None and ahead.since < slot.until + 1.0

    def _whole(self, legs: list[Leg], slot: Slot, ahead: Slot | None, now: float) -> list[Stretch]:
        """The legs, and what follows until the next turn can begin."""
        turn = timed(legs, now)
        return [*turn, *self._idle(slot, turn[-1].end, ahead, at_home=legs[-1].kind == "home")]

    def _idle(self, slot: Slot, now: float, ahead: Slot | None = None, at_home: bool = True) -> list[Stretch]:
        """From the end of a turn to the beginning of the next, at the loading site."""
        truck, driver = self.truck, self.driver
        if ahead is None:
            ahead = self._next(slot)
        elif now > ahead.since + _LATE - 60:
            ahead = self._next(ahead)
        self._ahead = ahead
        legs = []
        if ahead is None:
            later = self.table.slot(slot.number + _AHEAD).since
            return timed([driver.stop("rest", later - now, truck.depot.node, ignition=level(0.0))], now)
        if at_home:
            rest = max(ahead.since - self.table.lead - now, 30.0)
            fetch = driver.drive("fetch", truck.depot.node, truck.loading.node)
            legs = [driver.stop("rest", rest, truck.depot.node, ignition=level(0.0)), fetch]
        waits = max(ahead.since - now - sum(leg.seconds for leg in legs), 0.0) + self.rng.uniform(1.0, 20.0)
        on = level(1.0 if waits < _LONG else 0.0)
        return timed([*legs, driver.stop("wait", waits, truck.loading.node, ignition=on)], now)

    def _away(self, slot: Slot, now: float) -> list[Stretch]:
        """In its depot until the next turn; without a permit it should not leave it even then."""
        turn = self._idle(slot, now)
        for _ in range(_TRIES):
            if self.truck.permitted or (found := self._true(turn, slot, WRONG)) is not None:
                break
            turn = self._idle(slot, now)
        return turn if self.truck.permitted else self._labelled(turn, found or ())

    def _next(self, slot: Slot) -> Slot | None:
        """The next turn that it will drive."""
        for number in range(slot.number + 1, slot.number + _AHEAD):
            if self.truck.permitted or self.rng.random() < self.rates.of(labels.NO_PERMIT) / 2:
                return self.table.slot(number)
        return None

    # -- what takes more than one turn, or the clock

    def _unpermitted(self, slot: Slot, now: float) -> list[Stretch]:
        """A turn that it has no permit for, and the way home."""
        for _ in range(_TRIES):
            turn = self._whole(self.driver.usual(ahead=False), slot, None, now)
            if found := self._true(turn, slot, WRONG):
                return self._labelled(turn, found)
        return self._idle(slot, now, at_home=False)

    def _late(self, slot: Slot, now: float) -> list[Stretch] | None:
        """It drives home after its hours have ended, or (nearly) just before they do."""
        ahead = self._next(slot)
        if self._on(slot, ahead):
            return None
        wrong = self.rng.random() < 2 * self.rates.of(labels.OUTSIDE_HOURS)
        nearly = self.rng.random() < 2 * self.near.of(labels.OUTSIDE_HOURS)
        if not wrong and not nearly:
            return None
        load, haul, tip, home = self.driver.usual(ahead=False)
        arrives = now + load.seconds + haul.seconds + tip.seconds
        ends = self.table.ends(now)
        leaves = ends - (self.rng.uniform(0.2, 0.5) * home.seconds if wrong else home.seconds + 120.0)
        if leaves < arrives:
            return None
        pause = self.driver.stop("pause", leaves - arrives, self.truck.disposal.node)
        turn = self._whole([load, haul, tip, pause, home], slot, ahead, now)
        found = self._true(turn, slot, WRONG)
        if found is None or wrong != any(label.rule == labels.OUTSIDE_HOURS for label in found):
            return None
        return self._labelled(turn, found)

    def _stuck_sensor(self) -> bool:
        """Whether its lid's sensor is stuck on this turn."""
        if self._stuck:
            self._stuck -= 1
            self._same += 1
            return True
        often, nearly = (rates.of(labels.SENSOR_CONSTANT) / 2 for rates in (self.rates, self.near))
        die = self.rng.random()
        if die < often:
            self._stuck = int(self.rng.integers(labels.TRIPS + 1, 2 * labels.TRIPS))
        elif die < often + nearly:
            self._stuck = labels.TRIPS - 1
        return False

    def _with_sensor(self, turn: list[Stretch], stuck: bool) -> list[Stretch]:
        """The turn as a stuck sensor shows it. It is wrong from the arrival after so many trips that are alike, up to
        the arrival after the first that is not.
        """
        if stuck:
            turn = [replace(s, leg=replace(s.leg, shown={**s.leg.shown, "lid": level(0.0)})) for s in turn]
            if self._same == labels.TRIPS:
                self._since = self._arrival(turn)
                turn = self._labelled(turn, [Label(self._since, labels.SENSOR_CONSTANT, self.truck.id, np.inf)])
            return turn
        if self._same >= labels.TRIPS:
            label = Label(self._since, labels.SENSOR_CONSTANT, self.truck.id, self._arrival(turn))
            turn = self._labelled(turn, [label])
        self._same = 0
        return turn

    def _arrival(self, turn: Sequence[Stretch]) -> float:
        """When it is back in the loading site's yard for good, UTC seconds."""
        last = [stretch for stretch in turn if stretch.course is not None][-1]
        t = np.arange(last.start, last.end, 1.0)
        x, y, _, _ = last.place(t)
        outside = np.flatnonzero(~shapely.contains_xy(self.maker.town.yard(self.truck.loading), x, y))
        return float(t[outside[-1]]) + 1.0 if len(outside) else last.start

    # -- how a demo begins

    def _opened(self, slot: Slot, start: float, rule: str, after: float) -> list[Stretch] | None:
        """A turn that has been under way so long that `rule` is broken `after` seconds from the start on."""
        if not self.truck.permitted:
            return None
        for _ in range(2):
            legs = self.driver.usual(True)
            changed = TURNS[rule](Change(self.driver, legs, WRONG, slot, slot.since))
            if changed is None:
                continue
            tried = self._true(timed(changed, slot.since), slot, WRONG) or ()
            first = next((label for label in tried if label.rule == rule and not label.late), None)
            if first is None:
                continue
            seconds = changed[0].seconds + start + after - first.started
            lasts = sum(leg.seconds for leg in changed[1:3])
            if seconds < 60 or slot.since + seconds + lasts > slot.due - 60:
                continue
            load = replace(changed[0], seconds=seconds, signals={})
            turn = self._whole([load, *changed[1:]], slot, self._next(slot), slot.since)
            found = self._true(turn, slot, WRONG)
            if found:
                return self._labelled(turn, [each for each in found if each.ended > start])
        return None
