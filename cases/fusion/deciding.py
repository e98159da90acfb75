"""deciding: what becomes of one happening, by all that is configured and put aside; and what time brings back.

In this order, and the first that says something decides: the case that somebody named; suppressions and shelvings; the
fusion rules; a rule by which it waits for others; a storm. Otherwise it is a case of its own.
"""

from __future__ import annotations

import heapq
import math
import uuid
from datetime import tzinfo
from typing import Literal

from cases.fusion import adding
from cases.fusion.book import Book, Entry
from cases.fusion.holding import Holding, Scopes
from cases.fusion.settings import FusionRule, FusionSettings
from cases.fusion.storms import Storms
from cases.fusion.words import Happening, Held, Live, Outcome, Passed, Scope, Shelving, Suppression

Kind = Literal["shelving", "suppression"]


class Decider:
    """All that is remembered, and how happenings are decided by it."""

    def __init__(self, settings: FusionSettings, namespace: uuid.UUID, zone: tzinfo) -> None:
        self.settings = settings
        self.book, self.storms = Book(settings), Storms(settings, namespace)
        self.scopes, self.holding = Scopes(zone), Holding()
        self._closed: list[tuple[float, str]] = []
        self._passed: list[Passed] = []
        self._forget = -math.inf

    # ---- one happening

    def decide(self, happening: Happening, at: float, ended: float = math.nan, *, waited: bool = False) -> Outcome:
        """What becomes of it. at: the log's time. ended: when it did. waited: it has waited for others already."""
        return (
            self._named(happening, at, ended)
            or self._aside(happening, at, ended)
            or self._by_rules(happening, at, ended)
            or (None if waited else self._waits(happening, at, ended))
            or self._stormy(happening, at, ended)
            or self._open(happening, at, ended)
        )

    def decide_calmly(self, happening: Happening, at: float, ended: float) -> Outcome:
        """What becomes of it as one of a storm that was none: whatever is put aside now, it was not."""
        return (
            self._named(happening, at, ended)
            or self._by_rules(happening, at, ended)
            or self._open(happening, at, ended)
        )

    def _named(self, happening: Happening, at: float, ended: float) -> Outcome | None:
        entry = self.book.find(happening.joins) if happening.joins else None
        if entry is None or entry.rejected or not (entry.active or at - entry.closed < self.settings.reopens):
            return None
        return self._join(entry, happening, ended, "", "somebody looked: it is about this case")

    def _aside(self, happening: Happening, at: float, ended: float) -> Outcome | None:
        for scope, until in self.scopes.about(happening, at):
            if isinstance(scope, Suppression) and scope.verdict == "duplicate":
                entry = self.book.going_on(scope.of_rule, scope.of_subject)
                if entry is None:
                    continue
                self.scopes.counted(scope)
                return self._join(entry, happening, ended, scope.id, f"a duplicate: {scope.reason}")
            kind: Kind = "shelving" if isinstance(scope, Shelving) else "suppression"
            self.scopes.counted(scope)
            self.holding.add(happening, scope.id, kind, until, ended)
            return Outcome(case="", how="held", by=scope.id, category=happening.category, why=_put_aside(scope))
        return None

    def _by_rules(self, happening: Happening, at: float, ended: float) -> Outcome | None:
        for rule in self.settings.rules:
            if rule.all:
                found = adding.others(self.book, self.holding, rule, happening)
                if found is not None:
                    return self._add_up(rule, happening, found, at, ended)
                continue
            reopens = self.settings.reopens if rule.reopens is None else rule.reopens
            match = adding.same(self.book, rule, happening, at, reopens)
            if match is not None:
                return self._join(match.entry, happening, ended, rule.id, match.why)
        return None

    def _add_up(
        self, rule: FusionRule, happening: Happening, others: list[Happening], at: float, ended: float
    ) -> Outcome:
        entries = {e.id: e for e in (self.book.case_of(each.id) for each in others) if e is not None}
        lead = min(entries.values(), key=lambda entry: (entry.opened, entry.id), default=None)
        waited = [held for held in (self.release(each.id) for each in others) if held is not None]
        waited.sort(key=lambda held: held.number)
        names = " and ".join(each.rule or "a report" for each in (*others, happening))
        why = f"{names} add up to it"
        elsewhere = sorted(set(entries) - {lead.id}) if lead is not None else []
        if elsewhere:
            why += f"; of them, cases of their own: {', '.join(elsewhere)}"
        if lead is None:
            first = waited[0].happening
            lead = self.book.put(Live(id=first.id, category=rule.becomes, opened=at))
            how: Literal["opened", "joined"] = "opened"
        else:
            how = "joined"
        for held in waited:
            self.book.add(lead, held.happening, held.ended)
        self.book.add(lead, happening, ended)
        if not lead.said:
            self.book.call(lead, rule.becomes)
        brings = tuple(held.happening.id for held in waited)
        return Outcome(case=lead.id, how=how, by=rule.id, category=lead.category, why=why, brings=brings)

    def _waits(self, happening: Happening, at: float, ended: float) -> Outcome | None:
        rule = adding.waits(self.settings.rules, happening)
        if rule is None:
            return None
        self.holding.add(happening, rule.id, "part", at + (rule.wait or rule.within or 0.0), ended)
        self.book.add_part(happening)
        what = "waits for the others" if adding.alone(rule, happening) == "wait" else "is nothing without the others"
        why = f"it is a part of what adds up to {rule.becomes}, and {what}"
        return Outcome(case="", how="held", by=rule.id, category=happening.category, why=why)

    def _stormy(self, happening: Happening, at: float, ended: float) -> Outcome | None:
        found = self.storms.count(happening, at)
        if found is None:
            return None
        weather, begins = found
        rule = weather.rule
        if begins:
            category = rule.category or happening.category
            self.book.put(Live(id=weather.case, category=category, opened=at, storm=rule.id))
        entry = self.book.cases[weather.case]
        self.book.add(entry, happening, ended)
        why = f"more than {rule.more_than} in {rule.within / 60:.15g} min"
        how: Literal["opened", "joined"] = "opened" if begins else "joined"
        return Outcome(case=entry.id, how=how, by=rule.id, category=entry.category, why=why, storm=True)

    def _open(self, happening: Happening, at: float, ended: float) -> Outcome:
        entry = self.book.put(Live(id=happening.id, category=happening.category, opened=at))
        self.book.add(entry, happening, ended)
        return Outcome(case=entry.id, how="opened", category=entry.category)

    def _join(self, entry: Entry, happening: Happening, ended: float, by: str, why: str) -> Outcome:
        how: Literal["joined", "reopened"] = "joined" if entry.active else "reopened"
        entry.closed = math.nan
        self.book.add(entry, happening, ended)
        return Outcome(case=entry.id, how=how, by=by, category=entry.category, why=why, storm=bool(entry.storm))

    # ---- time

    def closed(self, case: str, at: float) -> None:
        """A case was closed then: it is remembered for a time."""
        heapq.heappush(self._closed, (at, case))

    def take_passed(self) -> list[Passed]:
        """What happened because time passed, since the last call."""
        passed, self._passed = self._passed, []
        return passed

    def due(self) -> float:
        """When the next thing is due; infinite where none is."""
        waits = (self.storms.due(), self.scopes.due(), self.holding.due())
        return min((each[0] for each in waits if each is not None), default=math.inf)

    def pass_time(self, at: float) -> None:
        """Whatever is due by then, the soonest first; of one time storms, what was put aside, what waits."""
        while (due := self.due()) <= at and due < math.inf:
            storm, scope, held = self.storms.due(), self.scopes.due(), self.holding.due()
            if storm is not None and storm[0] == due:
                case = self.storms.over(*storm[1:])
                if case:
                    self._passed.append(Passed(what="storm", id=case, at=due))
            elif scope is not None and scope[0] == due:
                self.end_scope(scope[1], due)
            elif held is not None:
                released = self.release(held[2])
                if released is not None:
                    self._anew(released, due)
        while self._closed and self._closed[0][0] + self.settings.longest <= at:
            closed, case = heapq.heappop(self._closed)
            entry = self.book.cases.get(case)
            if entry is not None and entry.closed == closed:
                self.book.take_all(entry)
        if at >= self._forget:
            self.storms.forget(at)
            self._forget = at + max((rule.within for rule in self.settings.storms), default=math.inf)

    def end_scope(self, id: str, at: float) -> None:
        """A shelving or suppression is over: what it held and still goes on is decided anew."""
        scope = self.scopes.remove(id)
        kind: Kind = "shelving" if isinstance(scope, Shelving) else "suppression"
        self._passed.append(Passed(what=kind, id=id, at=at))
        for held in self.holding.pop_by(id):
            self._anew(held, at)

    def release(self, id: str) -> Held | None:
        """It is held no more; None where it is not."""
        held = self.holding.pop(id)
        if held is not None and held.kind == "part":
            self.book.drop_part(held.happening)
        return held

    def _anew(self, held: Held, at: float) -> None:
        """What was put aside and has ended is nothing any more; a part is one also when it has ended."""
        happening = held.happening
        if held.kind == "part":
            rule = next((rule for rule in self.settings.rules if rule.id == held.by), None)
            over = rule is not None and adding.alone(rule, happening) == "nothing"
        else:
            over = not math.isnan(held.ended)
        outcome = None if over else self.decide(happening, at, held.ended, waited=held.kind == "part")
        what: Literal["case", "forgotten"] = "forgotten" if over else "case"
        self._passed.append(Passed(what=what, id=happening.id, at=at, happening=happening, outcome=outcome))


def _put_aside(scope: Scope) -> str:
    what = "shelved" if isinstance(scope, Shelving) else f"suppressed ({getattr(scope, 'verdict', '')})"
    return f"{what}: {scope.reason}"
