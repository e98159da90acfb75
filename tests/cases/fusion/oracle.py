"""oracle: docs/concepts/fusion.md again, slow and without any index: every case is looked at for everything.

Written from the page, with the same names for what goes in and out and nothing else in common with `cases/fusion` but
the settings and the test whether a scope or a rule is about a happening.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from cases.fusion import FusionSettings, Happening, Outcome, Passed, Scope, Shelving, Suppression
from cases.fusion.scopes import chosen, covers
from cases.fusion.settings import FusionRule, StormRule
from pipeline.geo import distance


def away(one: Any, other: Any) -> float:
    """Metres; NaN where one has no place."""
    return float(distance(one.lon, one.lat, other.lon, other.lat))


@dataclass
class Case:
    id: str
    category: str
    opened: float
    lon: float = math.nan
    lat: float = math.nan
    said: bool = False
    state: str = "active"
    closed: float = math.nan
    storm: tuple[str, str] | None = None
    storm_case: bool = False
    members: list[Happening] = field(default_factory=list)


@dataclass
class Kept:
    happening: Happening
    by: str
    kind: str
    until: float


class Oracle:
    def __init__(self, settings: FusionSettings) -> None:
        self.settings = settings
        self.cases: list[Case] = []
        self.kept: list[Kept] = []
        self.scopes: list[Scope] = []
        self.ends: dict[str, float] = {}
        self.into: dict[str, str] = {}
        self.counts: dict[tuple[str, str], list[float]] = {}
        self.above: dict[tuple[str, str], float] = {}
        self.collects: dict[tuple[str, str], str] = {}
        self.undone: set[tuple[str, str]] = set()
        self.passed: list[Passed] = []

    # ---- happenings

    def take(self, happening: Happening) -> Outcome:
        for case in self.cases:
            if any(each.id == happening.id for each in case.members):
                return Outcome(case=case.id, how="joined", category=case.category)
        for kept in self.kept:
            if kept.happening.id == happening.id:
                return Outcome(case="", how="held", by=kept.by, category=happening.category)
        self.time(math.nextafter(happening.at, -math.inf))
        return self.decide(happening, happening.at)

    def decide(self, h: Happening, at: float, *, waited: bool = False, calm: bool = False) -> Outcome:
        case = self.named(h, at)
        if case is not None:
            return self.join(case, h, "")
        if not calm and h.kind == "episode":
            for scope in sorted(self.scopes, key=lambda each: (each.since, each.id)):
                if not (scope.since <= at < scope.until and covers(scope, h)):
                    continue
                if isinstance(scope, Suppression) and scope.verdict == "duplicate":
                    repeated = [
                        case
                        for case in self.cases
                        if case.state == "active"
                        and not case.storm_case
                        and any(m.subject == scope.of_subject and scope.of_rule in ("", m.rule) for m in case.members)
                    ]
                    if repeated:
                        return self.join(min(repeated, key=lambda c: (c.opened, c.id)), h, scope.id)
                    continue
                self.kept.append(Kept(h, scope.id, "scope", scope.until))
                return Outcome(case="", how="held", by=scope.id, category=h.category)
        for rule in self.settings.rules:
            outcome = self.add_up(rule, h, at) if rule.all else self.same(rule, h, at)
            if outcome is not None:
                return outcome
        if not calm and not waited and h.kind == "episode":
            for rule in self.settings.rules:
                alone = self.alone(rule, h)
                if alone != "case":
                    wait = rule.within if rule.wait is None else rule.wait
                    assert wait is not None
                    self.kept.append(Kept(h, rule.id, "part", at + wait))
                    return Outcome(case="", how="held", by=rule.id, category=h.category)
        if not calm:
            for storm in self.settings.storms:
                if chosen(storm, h):
                    outcome = self.stormy(storm, h, at)
                    if outcome is not None:
                        return outcome
                    break
        self.into.pop(h.id, None)  # undone, a storm's member is the case again that it was before it was merged
        self.cases.append(Case(h.id, h.category, at, h.lon, h.lat, members=[h]))
        return Outcome(case=h.id, how="opened", category=h.category)

    def alone(self, rule: FusionRule, h: Happening) -> str:
        for part in rule.all:
            if chosen(part, h):
                return part.alone
        return "case"

    def named(self, h: Happening, at: float) -> Case | None:
        name = self.into.get(h.joins, h.joins)
        for case in self.cases:
            if case.id == name and (
                case.state == "active" or (case.state == "closed" and at - case.closed < self.settings.reopens)
            ):
                return case
        return None

    def join(self, case: Case, h: Happening, by: str) -> Outcome:
        how: Any = "joined" if case.state == "active" else "reopened"
        case.state, case.closed = "active", math.nan
        self.put(case, h)
        return Outcome(case=case.id, how=how, by=by, category=case.category)

    def put(self, case: Case, h: Happening) -> None:
        case.members.append(h)
        if math.isnan(case.lon):
            case.lon, case.lat = h.lon, h.lat

    def end(self, h: Happening) -> float:
        return h.started if h.kind == "report" else self.ends.get(h.id, math.inf)

    # ---- rules

    def code(self, category: str) -> str:
        return next((group[0] for group in self.settings.groups if category in group), category)

    def word(self, h: Happening) -> str:
        return self.code(h.category) if h.category else f"rule:{h.rule}" if h.rule else f"only {h.id}"

    def same(self, rule: FusionRule, h: Happening, at: float) -> Outcome | None:
        if not chosen(rule, h):
            return None
        fitting = []
        for case in self.cases:
            words = {self.code(case.category)} | {self.word(m) for m in case.members}
            if case.storm_case or self.word(h) not in words or not any(chosen(rule, m) for m in case.members):
                continue
            parts = {m.part for m in case.members if m.subject == h.subject} if h.subject else set()
            fits = not h.part or h.part in parts or "" in parts or rule.parts == "together"
            metres = 0.0
            if rule.same == "subject":
                if not parts or not fits:
                    continue
            else:
                metres = away(case, h)
                assert rule.near is not None
                if not metres <= rule.near or (parts and not fits):
                    continue
            if case.state == "active":
                first = min(m.started for m in case.members)
                last = max(self.end(m) for m in case.members)
                apart = max(0.0, first - h.started, h.started - last)
                if rule.within is not None and apart > rule.within:
                    continue
                fitting.append((0, apart, metres, case.opened, case.id, case))
            elif case.state == "closed":
                reopens = self.settings.reopens if rule.reopens is None else rule.reopens
                if at - case.closed < reopens:
                    fitting.append((1, at - case.closed, metres, case.opened, case.id, case))
        if not fitting:
            return None
        return self.join(min(fitting, key=lambda each: each[:5])[5], h, rule.id)

    def add_up(self, rule: FusionRule, h: Happening, at: float) -> Outcome | None:
        pool = [m for case in self.cases if case.state == "active" and not case.storm_case for m in case.members]
        pool += [kept.happening for kept in self.kept if kept.kind == "part"]
        within = rule.within or 0.0

        def together(one: Happening, other: Happening) -> bool:
            if rule.same == "subject" and (one.subject != other.subject or not one.subject):
                return False
            return abs(one.started - other.started) <= within and (rule.near is None or away(one, other) <= rule.near)

        def metres(one: Happening) -> float:
            return math.inf if math.isnan(away(one, h)) else away(one, h)

        for mine, part in enumerate(rule.all):
            if not chosen(part, h):
                continue
            choices = [
                sorted(
                    (m for m in pool if chosen(other, m)), key=lambda m: (abs(m.started - h.started), metres(m), m.id)
                )
                for number, other in enumerate(rule.all)
                if number != mine
            ]
            choices = [[m for m in some if together(m, h)] for some in choices]
            for some in product(*choices):
                everyone = [h, *some]
                if len({m.id for m in everyone}) == len(everyone) and all(together(a, b) for a in some for b in some):
                    return self.make(rule, h, list(some), at)
        return None

    def make(self, rule: FusionRule, h: Happening, some: list[Happening], at: float) -> Outcome:
        ids = {m.id for m in some}
        cases = [case for case in self.cases if any(m.id in ids for m in case.members)]
        waited = [kept for kept in self.kept if kept.happening.id in ids]
        self.kept = [kept for kept in self.kept if kept.happening.id not in ids]
        how: Any = "joined"
        if cases:
            case = min(cases, key=lambda c: (c.opened, c.id))
        else:
            how = "opened"
            case = Case(waited[0].happening.id, rule.becomes, at)
            self.cases.append(case)
        for kept in waited:
            self.put(case, kept.happening)
        self.put(case, h)
        if not case.said:
            case.category = rule.becomes
        brings = tuple(kept.happening.id for kept in waited)
        return Outcome(case=case.id, how=how, by=rule.id, category=case.category, brings=brings)

    # ---- storms

    def area(self, rule: StormRule, h: Happening) -> str:
        if rule.area == "all":
            return ""
        assert rule.area in ("grid", "place", "subject"), "squares have a test of their own"
        return str(getattr(h, rule.area))

    def stormy(self, rule: StormRule, h: Happening, at: float) -> Outcome | None:
        key = rule.id, self.area(rule, h)
        times = self.counts.setdefault(key, [])
        times.append(at)
        how: Any = "joined"
        if sum(time > at - rule.within for time in times) > rule.more_than:
            self.above[key] = at
            if key not in self.collects and key not in self.undone:
                how = "opened"
                self.collects[key] = f"storm of {h.id}"
                self.cases.append(Case(self.collects[key], rule.category or h.category, at, storm=key, storm_case=True))
        if key not in self.collects:
            return None
        case = next(case for case in self.cases if case.id == self.collects[key])
        case.members.append(h)
        return Outcome(case=case.id, how=how, by=rule.id, category=case.category, storm=True)

    def calm(self, case: str) -> None:
        for key, id in list(self.collects.items()):
            if id == case:
                del self.collects[key]

    # ---- time

    def time(self, at: float) -> None:
        while True:
            quiet = {rule.id: rule.ends for rule in self.settings.storms}
            stormy = [*self.collects, *self.undone]
            due: list[tuple[float, int, Any]] = [(self.above[key] + quiet[key[0]], 0, key) for key in stormy]
            due += [(scope.until, 1, scope.id) for scope in self.scopes]
            due += [(kept.until, 2, n) for n, kept in enumerate(self.kept) if kept.kind == "part"]
            soonest = min(due, default=None)
            if soonest is None or soonest[0] > at:
                return
            when, what, which = soonest
            if what == 0:
                if which in self.collects:
                    self.passed.append(Passed(what="storm", id=self.collects.pop(which), at=when))
                self.undone.discard(which)
            elif what == 1:
                self.over(which, when)
            else:
                self.again(self.kept.pop(which), when)

    def over(self, id: str, at: float) -> None:
        scope = next(scope for scope in self.scopes if scope.id == id)
        self.scopes.remove(scope)
        kind: Any = "shelving" if isinstance(scope, Shelving) else "suppression"
        self.passed.append(Passed(what=kind, id=id, at=at))
        mine = [kept for kept in self.kept if kept.by == id]
        self.kept = [kept for kept in self.kept if kept.by != id]
        for kept in mine:
            self.again(kept, at)

    def again(self, kept: Kept, at: float) -> None:
        h, outcome = kept.happening, None
        if kept.kind == "part":
            rule = next(rule for rule in self.settings.rules if rule.id == kept.by)
            if self.alone(rule, h) == "wait":
                outcome = self.decide(h, at, waited=True)
        elif h.id not in self.ends:
            outcome = self.decide(h, at)
        what: Any = "forgotten" if outcome is None else "case"
        self.passed.append(Passed(what=what, id=h.id, at=at, happening=h, outcome=outcome))

    def pass_time(self, at: float) -> list[Passed]:
        self.time(at)
        passed, self.passed = self.passed, []
        return passed

    # ---- what becomes of them

    def ended(self, member: str, at: float) -> None:
        self.ends[member] = at

    def went_on(self, member: str) -> None:
        self.ends.pop(member, None)

    def withdrawn(self, member: str) -> Outcome | None:
        self.kept = [kept for kept in self.kept if kept.happening.id != member]
        for case in self.cases:
            left = [m for m in case.members if m.id != member]
            if len(left) == len(case.members):
                continue
            case.members = left
            if not left:
                self.cases.remove(case)
                self.calm(case.id)
                return Outcome(case=case.id, how="withdrawn", category=case.category)
            made = [rule for rule in self.settings.rules if rule.all and rule.becomes == case.category]
            whole = any(all(any(chosen(part, m) for m in left) for part in rule.all) for rule in made)
            if made and not case.said and not whole:
                case.category = left[0].category
            return Outcome(case=case.id, how="left", category=case.category)
        return None

    def closed(self, id: str, at: float, how: str, into: str = "") -> None:
        self.calm(id)
        case = next(case for case in self.cases if case.id == id)
        if how == "merged":
            other = next(each for each in self.cases if each.id == into)
            for m in case.members:
                self.put(other, m)
            self.cases.remove(case)
            self.into = {alias: into if case == id else case for alias, case in self.into.items()} | {id: into}
        else:
            case.state, case.closed = how, at

    def reopened(self, id: str) -> None:
        case = next(case for case in self.cases if case.id == id)
        case.state, case.closed = "active", math.nan

    def split(self, id: str, members: list[str], at: float) -> str:
        case = next(case for case in self.cases if case.id == id)
        some = [m for m in case.members if m.id in members]
        case.members = [m for m in case.members if m.id not in members]
        new = Case(some[0].id, some[0].category, at)
        self.into.pop(new.id, None)
        for m in some:
            self.put(new, m)
        self.cases.append(new)
        return new.id

    def undo(self, id: str, at: float) -> list[Passed]:
        passed = self.pass_time(at)
        case = next(case for case in self.cases if case.id == id)
        for key, collecting in list(self.collects.items()):
            if collecting == id:
                self.undone.add(key)
        self.calm(id)
        self.cases.remove(case)
        for h in case.members:
            outcome = self.decide(h, at, calm=True)
            passed.append(Passed(what="case", id=h.id, at=at, happening=h, outcome=outcome))
        return passed

    def recategorised(self, id: str, category: str) -> None:
        for case in self.cases:
            if case.id == id:
                case.category, case.said = category, True

    def moved(self, id: str, lon: float, lat: float) -> None:
        for case in self.cases:
            if case.id == id:
                case.lon, case.lat = lon, lat

    def shelve(self, scope: Scope) -> None:
        self.scopes = [each for each in self.scopes if each.id != scope.id] + [scope]

    suppress = shelve

    def unshelve(self, id: str, at: float) -> list[Passed]:
        passed = self.pass_time(at)
        if any(scope.id == id for scope in self.scopes):
            self.over(id, at)
        return passed + self.pass_time(-math.inf)
