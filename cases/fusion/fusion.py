"""fusion: which case does a happening belong to? One object, live and in replay; no clock, no database.

Reads happenings in the one order of the log, and what becomes of them and of cases; reports for each happening its
case, or what holds it. docs/concepts/fusion.md has the rules one by one. Time moves by what it is told alone: what is
due by then is done first, at the time at which it was due, so that nothing depends on how often it is told.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, tzinfo
from typing import Literal

from cases.fusion.adding import still_made_of
from cases.fusion.deciding import Decider
from cases.fusion.scopes import faults
from cases.fusion.settings import FusionSettings
from cases.fusion.words import (
    Changed,
    Happening,
    Held,
    Live,
    Memory,
    Outcome,
    Passed,
    Scope,
    Shelving,
    Storm,
    Suppression,
)

NAMELESS = uuid.UUID(int=0)
"""The namespace of no city."""


class Fusion:
    """Of one city."""

    def __init__(
        self, settings: FusionSettings | None = None, namespace: uuid.UUID = NAMELESS, zone: tzinfo = UTC
    ) -> None:
        """settings: None, every happening is a case of its own. namespace: the city's, for storms' ids. zone: of
        suppressions' hours."""
        self.settings = settings or FusionSettings()
        self._namespace, self._zone = namespace, zone
        self._begin()

    def _begin(self) -> None:
        self._decider = Decider(self.settings, self._namespace, self._zone)
        self._book, self._storms = self._decider.book, self._decider.storms
        self._scopes, self._holding = self._decider.scopes, self._decider.holding

    # ---- what it remembers

    def load(
        self,
        live: Iterable[Live],
        held: Iterable[Held] = (),
        shelvings: Iterable[Shelving] = (),
        suppressions: Iterable[Suppression] = (),
        storms: Iterable[Storm] = (),
    ) -> list[Storm]:
        """What a store has kept; gives back the storms whose rule is not there any more.

        A case of which nothing is known any more (it was closed long ago) may be loaded by itself before it is
        reopened.
        """
        before = self.changed()
        for each in live:
            self._book.put(each)
            if not math.isnan(each.closed):
                self._decider.closed(each.id, each.closed)
        held = list(held)
        self._holding.load(held)
        for waits in held:
            if waits.kind == "part":
                self._book.add_part(waits.happening)
        for scope in (*shelvings, *suppressions):
            self._scopes.add(scope)
        gone = self._storms.load(storms)
        self.kept()
        self._mark(before)
        return gone

    def live(self) -> Memory:
        """All that it remembers, for `load`; sorted."""
        scopes = [scope for _, scope in sorted(self._scopes.of.items())]
        return Memory(
            tuple(entry.live() for _, entry in sorted(self._book.cases.items())),
            tuple(sorted(self._holding.of.values(), key=lambda each: each.number)),
            tuple(scope for scope in scopes if isinstance(scope, Shelving)),
            tuple(scope for scope in scopes if isinstance(scope, Suppression)),
            tuple(self._storms.live()),
        )

    def case(self, id: str) -> Live | None:
        """A case as it is remembered, by its id or that of one that was merged into it."""
        entry = self._book.find(id)
        return None if entry is None else entry.live()

    def configure(self, settings: FusionSettings | None, at: float) -> list[Passed]:
        """Other rules from now on. Storms whose rule is gone have ended; a part that waits does so until its time."""
        passed = self.pass_time(at)
        memory, changed, self.settings = self.live(), self.changed(), settings or FusionSettings()
        self._begin()
        gone = self.load(*memory)
        self._mark(changed)
        self._storms.changed.update((storm.rule, storm.area) for storm in gone)
        return passed + [Passed(what="storm", id=storm.case, at=at) for storm in gone if storm.case]

    def changed(self) -> Changed:
        """What, beside cases, is not as it was when `kept` was last called: what a store has to write (keeping.py)."""
        return Changed(
            frozenset(self._holding.changed), frozenset(self._scopes.changed), frozenset(self._storms.changed)
        )

    def kept(self) -> None:
        """All that has changed is in the store."""
        for each in (self._holding.changed, self._scopes.changed, self._storms.changed):
            each.clear()

    def _mark(self, changed: Changed) -> None:
        self._holding.changed |= changed.held
        self._scopes.changed |= changed.scopes
        self._storms.changed |= changed.storms

    def held(self, id: str) -> Held | None:
        """What is held under this id."""
        return self._holding.of.get(id)

    def knows(self, member: str) -> bool:
        """Whether it is in a case or held."""
        return self._book.case_of(member) is not None or member in self._holding.of

    def scope(self, id: str) -> Scope | None:
        """The shelving or suppression of this id that is in force or to come."""
        return self._scopes.of.get(id)

    def storm(self, rule: str, area: str) -> Storm | None:
        """How a storm rule stands in an area."""
        return self._storms.get(rule, area)

    # ---- what becomes known

    def take(self, happening: Happening) -> Outcome:
        """A happening, in the one order of the log; the same id again changes nothing."""
        entry, held = self._book.case_of(happening.id), self._holding.of.get(happening.id)
        if entry is not None:
            return Outcome(case=entry.id, how="joined", category=entry.category, storm=bool(entry.storm))
        if held is not None:
            return Outcome(case="", how="held", by=held.by, category=happening.category)
        self._decider.pass_time(math.nextafter(happening.at, -math.inf))
        return self._decider.decide(happening, happening.at)

    def ended(self, member: str, at: float) -> None:
        """An episode ended, UTC seconds."""
        entry = self._book.case_of(member)
        if entry is not None:
            self._book.ended(entry, member, at)
        elif member in self._holding.of:
            self._holding.ended(member, at if at < math.inf else math.nan)

    def went_on(self, member: str) -> None:
        """Its end was taken back."""
        self.ended(member, math.inf)

    def withdrawn(self, member: str) -> Outcome | None:
        """What a tick concluded was wrong. What becomes of its case; None where it was held or is not known."""
        entry = self._book.case_of(member)
        if entry is None:
            self._decider.release(member)
            return None
        self._book.take_out(entry, member)
        left = list(entry.members.values())
        if not left:
            self._storms.end(entry.id)
            self._book.take_all(entry)
            return Outcome(case=entry.id, how="withdrawn", category=entry.category)
        made = [rule for rule in self.settings.rules if rule.all and rule.becomes == entry.category]
        if made and not entry.said and not any(still_made_of(rule, left) for rule in made):
            self._book.call(entry, left[0].category)
        return Outcome(case=entry.id, how="left", category=entry.category, storm=bool(entry.storm))

    # ---- what people do to cases

    def closed(self, case: str, at: float, how: Literal["closed", "rejected", "merged"], into: str = "") -> None:
        """It ended, the log's time. into: what it goes on as part of, where it was merged."""
        entry = self._book.cases.get(case)
        if entry is None:
            return
        self._storms.end(case)
        target = self._book.find(into) if how == "merged" else None
        if target is not None and target is not entry:
            self._book.merge(entry, target)
        elif how == "merged":
            self._book.take_all(entry)
        else:
            entry.closed, entry.rejected = at, how == "rejected"
            self._decider.closed(case, at)

    def reopened(self, case: str) -> bool:
        """Somebody took the closing back. False: nothing is known of it any more; `load` it."""
        entry = self._book.cases.get(case)
        if entry is not None:
            entry.closed, entry.rejected = math.nan, False
        return entry is not None

    def split(self, case: str, members: Sequence[str], at: float) -> str:
        """Some members become a case of their own, the log's time: its id, the first of them as they came.

        That of a case that was merged before is that case again. Raises ValueError with what is wrong: the first member
        gives a case its id and stays (a storm's case has its own, all can leave it).
        """
        entry = self._book.cases.get(case)
        wanted = [id for id in entry.members if id in set(members)] if entry is not None else []
        if entry is None or len(wanted) != len(set(members)) or not wanted:
            raise ValueError("expected ids of members of this case")
        if case in wanted:
            raise ValueError("expected other members: the first one gives the case its number and stays")
        taken = [self._book.take_out(entry, id) for id in wanted]
        if wanted[0] in entry.merged:
            entry.merged.remove(wanted[0])
        first = taken[0][0]
        new = self._book.put(Live(id=first.id, category=first.category, opened=at))
        for happening, ended in taken:
            self._book.add(new, happening, ended)
        return new.id

    def undo(self, case: str, at: float) -> list[Passed]:
        """A storm as a whole is taken back: each of its members is decided by the rules, in the order in which they
        came. The storm's case has nothing left. Raises ValueError where it is no storm's."""
        self._decider.pass_time(at)
        entry = self._book.cases.get(case)
        if entry is None or not entry.storm:
            raise ValueError("expected the case of a storm, which is still remembered")
        passed = self._decider.take_passed()
        self._storms.end(case, undone=True)
        for happening, ended in self._book.take_all(entry):
            outcome = self._decider.decide_calmly(happening, at, ended)
            passed.append(Passed(what="case", id=happening.id, at=at, happening=happening, outcome=outcome))
        return passed

    def recategorised(self, case: str, category: str) -> None:
        """A person says which category; no rule changes it any more."""
        entry = self._book.cases.get(case)
        if entry is not None:
            entry.said = True
            self._book.call(entry, category)

    def moved(self, case: str, lon: float, lat: float) -> None:
        """A person says where it is."""
        entry = self._book.cases.get(case)
        if entry is not None:
            self._book.move(entry, lon, lat)

    # ---- what people put aside

    def shelve(self, shelving: Shelving) -> None:
        """From its `since` on, until it ends or is taken back. Raises ValueError with what is wrong."""
        self._put_aside(shelving)

    def unshelve(self, id: str, at: float) -> list[Passed]:
        """A shelving or suppression is taken back: what it held and still goes on is decided anew."""
        passed = self.pass_time(at)
        if id in self._scopes.of:
            self._decider.end_scope(id, at)
        return passed + self._decider.take_passed()

    revoke = unshelve

    def suppress(self, suppression: Suppression) -> None:
        """One that a supervisor has reviewed. Raises ValueError with what is wrong."""
        longest = self.settings.proposals.longest
        if suppression.until - suppression.since > longest:
            raise ValueError(f"expected an end within {longest / 86400:.15g} days (fusion.proposals.longest)")
        self._put_aside(suppression)

    def _put_aside(self, scope: Scope) -> None:
        wrong = faults(scope)
        if wrong:
            raise ValueError("; ".join(wrong))
        self._scopes.add(scope)

    # ---- time

    def due(self) -> float:
        """When time alone will change something, the log's time; inf: nothing waits for it."""
        return self._decider.due()

    def pass_time(self, at: float) -> list[Passed]:
        """The log is past that time. What happened because of it, in the order in which it was due.

        Call it before `take` where something may be due: `take` does what was due before by itself, and what came of
        that is given by the next call.
        """
        self._decider.pass_time(at)
        return self._decider.take_passed()
