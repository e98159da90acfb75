"""storms: does a rule find more new cases in an area than anybody can look at one by one?

Counts what would become a case of its own, for each storm rule and area, by the log's time. Only the newest times are
kept: one more than the rate allows tells whether it is above it.
"""

from __future__ import annotations

import math
import uuid
from collections import deque
from collections.abc import Iterable, Iterator

from cases.fusion.scopes import chosen
from cases.fusion.settings import FusionSettings, StormRule
from cases.fusion.space import Squares, placed
from cases.fusion.words import Happening, Storm
from pipeline.episode import episode_id


class Weather:
    """Of one storm rule in one area."""

    __slots__ = ("above", "area", "case", "recent", "rule", "undone")

    def __init__(self, rule: StormRule, storm: Storm) -> None:
        self.rule, self.area = rule, storm.area
        self.recent = deque(storm.recent, maxlen=rule.more_than + 1)
        self.above, self.case, self.undone = storm.above, storm.case, storm.undone

    @property
    def ends(self) -> float:
        """When it is over if nothing comes, the log's time; infinite where there is no storm."""
        return self.above + self.rule.ends if self.case or self.undone else math.inf

    def over(self) -> None:
        """It collects no more."""
        self.case, self.undone, self.above = "", False, -math.inf

    def storm(self) -> Storm:
        """As it is kept."""
        return Storm(
            rule=self.rule.id,
            area=self.area,
            recent=tuple(self.recent),
            above=self.above,
            case=self.case,
            undone=self.undone,
        )


class Storms:
    """All of them."""

    def __init__(self, settings: FusionSettings, namespace: uuid.UUID) -> None:
        self._rules = {rule.id: rule for rule in settings.storms}
        self._squares = {rule.id: Squares(rule.side) for rule in settings.storms if rule.side}
        self._namespace = namespace
        self._weather: dict[tuple[str, str], Weather] = {}
        self._by_case: dict[str, Weather] = {}
        self._stormy: dict[tuple[str, str], Weather] = {}
        """Those that end by themselves."""
        self.changed: set[tuple[str, str]] = set()

    def load(self, storms: Iterable[Storm]) -> list[Storm]:
        """What is known of late; gives back the storms whose rule is not there any more."""
        gone = []
        for storm in storms:
            rule = self._rules.get(storm.rule)
            if rule is None:
                gone.append(storm)
                continue
            weather = self._weather[storm.rule, storm.area] = Weather(rule, storm)
            if storm.case or storm.undone:
                self._stormy[storm.rule, storm.area] = weather
                self._by_case[storm.case] = weather
        return gone

    def live(self) -> Iterator[Storm]:
        """What `load` takes."""
        for _, weather in sorted(self._weather.items()):
            yield weather.storm()

    def get(self, rule: str, area: str) -> Storm | None:
        """One of them."""
        weather = self._weather.get((rule, area))
        return None if weather is None else weather.storm()

    def count(self, happening: Happening, at: float) -> tuple[Weather, bool] | None:
        """One more that would be a case of its own: its storm, and whether that begins with it; None where it may be.

        The first rule that is about it counts it, and no other.
        """
        rule = next((rule for rule in self._rules.values() if chosen(rule, happening)), None)
        if rule is None:
            return None
        key = rule.id, self._area(rule, happening)
        weather = self._weather.get(key)
        if weather is None:
            weather = self._weather[key] = Weather(rule, Storm(rule=rule.id, area=key[1], recent=()))
        self.changed.add(key)
        weather.recent.append(at)
        while weather.recent[0] <= at - rule.within:
            weather.recent.popleft()
        if len(weather.recent) > rule.more_than:
            weather.above = at
            if not weather.case and not weather.undone:
                name = f"{key[1]}\x1f{happening.id}"
                weather.case = episode_id(self._namespace, f"storm:{rule.id}", name, at)
                self._by_case[weather.case] = self._stormy[key] = weather
                return weather, True
        return (weather, False) if weather.case else None

    def end(self, case: str, *, undone: bool = False) -> None:
        """A storm's case collects no more. undone: nor does another until the rate has been below."""
        weather = self._by_case.pop(case, None)
        if weather is not None:
            key = weather.rule.id, weather.area
            weather.case, weather.undone = "", undone
            if not undone:
                del self._stormy[key]
            self.changed.add(key)

    def due(self) -> tuple[float, str, str] | None:
        """The storm that is over first: when, its rule, its area; None where there is none."""
        return min(((weather.ends, *key) for key, weather in self._stormy.items()), default=None)

    def over(self, rule: str, area: str) -> str:
        """That one has ended: its case, '' where it was undone."""
        weather = self._stormy.pop((rule, area))
        case = weather.case
        self._by_case.pop(case, None)
        weather.over()
        self.changed.add((rule, area))
        return case

    def forget(self, at: float) -> None:
        """What is too long ago to count any more."""
        for key, weather in list(self._weather.items()):
            while weather.recent and weather.recent[0] <= at - weather.rule.within:
                weather.recent.popleft()
            if not weather.recent and not weather.case and not weather.undone:
                del self._weather[key]
                self.changed.add(key)

    def _area(self, rule: StormRule, happening: Happening) -> str:
        """Which of the rule's areas; '' for whatever does not say."""
        if rule.area == "grid":
            return happening.grid
        if rule.area == "place":
            return happening.place
        if rule.area == "subject":
            return happening.subject
        if rule.area == "all" or not placed(happening.lon, happening.lat):
            return ""
        row, column = self._squares[rule.id].of(happening.lon, happening.lat)
        return f"{row}/{column}"
