"""Fusion and its oracle agree on whatever happens in whatever order, with a restart anywhere."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings

from cases.fusion import Fusion, FusionSettings, Happening, Outcome, Passed, Scope, Shelving, Suppression
from cases.fusion.settings import FusionRule, StormRule
from tests.cases.fusion.oracle import Oracle
from tests.cases.fusion.test_taking import DEGREE

CATEGORIES = ("a", "b", "c", "old-a", "")
RULES = ("sensor", "camera", "truck")
_names = st.sampled_from(RULES)
_few = st.lists(_names, max_size=2, unique=True).map(tuple)
_category = st.sampled_from(CATEGORIES)


@st.composite
def fusion_rules(draw: st.DrawFn, number: int) -> FusionRule:
    values: dict[str, Any] = {"id": f"rule-{number}", "rules": draw(_few)}
    kind = draw(st.sampled_from(("subject", "place", "all")))
    within = draw(st.sampled_from(("30s", "100s", None)))
    values["within"] = within if kind == "subject" else within or "60s"
    if kind != "subject":
        values["near"] = draw(st.sampled_from(("30 m", "70 m")))
    if kind == "all":
        if draw(st.booleans()):
            values |= {"same": "subject", "near": draw(st.sampled_from(("70 m", None)))}
        parts = st.fixed_dictionaries(
            {"rules": st.tuples(_names), "alone": st.sampled_from(("case", "wait", "nothing"))}
        )
        values |= {"all": draw(st.lists(parts, min_size=2, max_size=3)), "becomes": draw(st.sampled_from("cd"))}
        values["wait"] = draw(st.sampled_from((None, "20s")))
    else:
        values["same"] = kind
        values["reopens"] = draw(st.sampled_from((None, "0s", "50s")))
        values["parts"] = draw(st.sampled_from(("apart", "together")))
    return FusionRule.model_validate(values)


@st.composite
def storm_rules(draw: st.DrawFn, number: int) -> StormRule:
    return StormRule(
        id=f"storm-{number}",
        rules=draw(_few),
        area=draw(st.sampled_from(("all", "subject"))),
        more_than=draw(st.integers(1, 3)),
        within="60s",
        quiet=draw(st.sampled_from((None, "30s"))),
        category=draw(st.sampled_from(("", "storm"))),
    )


@st.composite
def sections(draw: st.DrawFn) -> FusionSettings:
    return FusionSettings(
        rules=tuple(draw(fusion_rules(n)) for n in range(draw(st.integers(0, 3)))),
        storms=tuple(draw(storm_rules(n)) for n in range(draw(st.integers(0, 2)))),
        groups=draw(st.sampled_from(((), (("a", "old-a"),)))),
        reopens=draw(st.sampled_from(("0s", "40s"))),
    )


@dataclass
class Both:
    """The two, side by side; a storm's case is told by its first member's id."""

    section: FusionSettings
    storms: dict[str, str] = field(default_factory=dict)
    """As fusion calls them -> as the oracle does."""

    def __post_init__(self) -> None:
        self.fusion, self.oracle, self.at, self.number = Fusion(self.section), Oracle(self.section), 0.0, 0
        self.seen: list[str] = []

    def name(self, case: str) -> str:
        return self.storms.get(case, case)

    def ours(self, case: str) -> str:
        return next((ours for ours, theirs in self.storms.items() if theirs == case), case)

    def same(self, mine: Outcome | None, theirs: Outcome | None, id: str = "") -> None:
        if mine is not None and mine.storm and mine.how == "opened":
            self.storms[mine.case] = f"storm of {id}"
        assert (mine is None) == (theirs is None), (mine, theirs)
        if mine is not None and theirs is not None:
            found = self.name(mine.case), mine.how, mine.by, mine.category, mine.brings
            assert found == (theirs.case, theirs.how, theirs.by, theirs.category, theirs.brings)

    def passed(self, mine: list[Passed], theirs: list[Passed]) -> None:
        assert len(mine) == len(theirs), (mine, theirs)
        for one, other in zip(mine, theirs, strict=True):
            self.same(one.outcome, other.outcome, one.id)
            assert (one.what, self.name(one.id), one.at) == (other.what, other.id, other.at)

    def partition(self) -> None:
        found = {}
        for case in self.fusion.live().live:
            found[self.name(case.id)] = tuple(each.happening.id for each in case.members)
        kept = {case.id: tuple(m.id for m in case.members) for case in self.oracle.cases}
        forgotten = {case.id for case in self.oracle.cases if case.closed + self.section.longest <= self.at}
        assert found == {id: members for id, members in kept.items() if id in found or id not in forgotten}
        assert [held.happening.id for held in self.fusion.live().held] == [k.happening.id for k in self.oracle.kept]


def _happening(data: st.DataObject, both: Both, ids: list[str]) -> Happening:
    both.number += 1
    rule = data.draw(st.sampled_from((*RULES, "")))
    where = data.draw(st.sampled_from((0, 0, 20, 40, 60, 90, None)))
    return Happening(
        id=f"{data.draw(st.integers(0, 9))}-{both.number}",
        kind="episode" if rule else "report",
        rule=rule,
        category=data.draw(_category),
        subject=data.draw(st.sampled_from(("s1", "s2", ""))),
        part=data.draw(st.sampled_from(("", "1", "2"))),
        place="",
        lon=math.nan if where is None else 120.0,
        lat=math.nan if where is None else 30.0 + where / DEGREE,
        started=both.at - data.draw(st.sampled_from((0.0, 0.0, 10.0, 50.0, 150.0))),
        at=both.at,
        joins=data.draw(st.sampled_from(ids)) if ids and data.draw(st.integers(0, 5)) == 0 else "",
    )


def _scope(data: st.DataObject, both: Both) -> Scope:
    both.number += 1
    values: dict[str, Any] = {
        "id": f"scope-{both.number}",
        "rules": data.draw(_few),
        "subjects": data.draw(st.sampled_from((("s1",), ("s*",)))),
        "since": both.at - 5.0 * data.draw(st.integers(0, 2)),
        "until": both.at + data.draw(st.sampled_from((10.0, 60.0))),
        "reason": "roadworks",
    }
    kind = data.draw(st.sampled_from(("shelving", "fixture", "duplicate")))
    if kind == "shelving":
        return Shelving(**values)
    if kind == "fixture":
        return Suppression(**values, circle=(120.0, 30.0, 30.0))
    return Suppression(
        **values, verdict="duplicate", of_rule=data.draw(st.sampled_from(("", "camera"))), of_subject="s2"
    )


ACTS = (
    ("take",) * 8
    + ("end", "end", "on", "withdraw", "close", "close", "reopen", "merge", "split", "undo", "name", "move")
    + ("put aside", "take back", "time", "restart")
)


def _act(data: st.DataObject, both: Both) -> None:
    fusion, oracle, at = both.fusion, both.oracle, both.at
    act = data.draw(st.sampled_from(ACTS))
    known = {both.name(case.id) for case in fusion.live().live}
    cases = [case for case in oracle.cases if case.id in known]
    members = [m.id for case in cases for m in case.members] + [kept.happening.id for kept in oracle.kept]
    if act == "take":
        h = _happening(data, both, both.seen)
        if members and data.draw(st.integers(0, 9)) == 0:
            h = msgspec.structs.replace(h, id=data.draw(st.sampled_from(members)))
        mine, theirs = fusion.take(msgspec.structs.replace(h, joins=both.ours(h.joins))), oracle.take(h)
        both.passed(fusion.pass_time(at), oracle.pass_time(at))
        both.same(mine, theirs, h.id)
        both.seen = sorted({*both.seen, *(case.id for case in oracle.cases)})
    elif act in ("end", "on", "withdraw") and members:
        member = data.draw(st.sampled_from(members))
        if act == "end":
            fusion.ended(member, at)
            oracle.ended(member, at)
        elif act == "on":
            fusion.went_on(member)
            oracle.went_on(member)
        else:
            both.same(fusion.withdrawn(member), oracle.withdrawn(member))
    elif act == "put aside":
        scope = _scope(data, both)
        fusion.shelve(scope) if isinstance(scope, Shelving) else fusion.suppress(scope)  # type: ignore[arg-type]
        oracle.shelve(scope)
    elif act == "take back" and oracle.scopes:
        id = data.draw(st.sampled_from([scope.id for scope in oracle.scopes]))
        both.passed(fusion.unshelve(id, at), oracle.unshelve(id, at))
    elif act == "time":
        both.passed(fusion.pass_time(at), oracle.pass_time(at))
    elif act == "restart":
        both.fusion = Fusion(both.section)
        both.fusion.load(*fusion.live())
    elif cases:
        case = data.draw(st.sampled_from(cases))
        ours = both.ours(case.id)
        if act == "close":
            how: Literal["closed", "rejected"] = data.draw(st.sampled_from(("closed", "closed", "rejected")))
            fusion.closed(ours, at, how)
            oracle.closed(case.id, at, how)
        elif act == "reopen":
            assert fusion.reopened(ours)
            oracle.reopened(case.id)
        elif act == "merge":
            into = data.draw(st.sampled_from(cases))
            if into is not case:
                fusion.closed(ours, at, "merged", both.ours(into.id))
                oracle.closed(case.id, at, "merged", into.id)
        elif act == "split":
            some = [m.id for m in case.members if m.id != case.id and data.draw(st.booleans())]
            if some and (len(some) < len(case.members) or case.storm_case):
                assert fusion.split(ours, some, at) == oracle.split(case.id, some, at)
        elif act == "undo" and case.storm_case:
            if case.closed + both.section.longest <= at:
                with pytest.raises(ValueError, match="storm"):
                    fusion.undo(ours, at)
                both.passed(fusion.pass_time(at), oracle.pass_time(at))
            else:
                both.passed(fusion.undo(ours, at), oracle.undo(case.id, at))
        elif act == "name":
            category = data.draw(_category)
            fusion.recategorised(ours, category)
            oracle.recategorised(case.id, category)
        elif act == "move":
            fusion.moved(ours, 120.0, 30.0)
            oracle.moved(case.id, 120.0, 30.0)


@settings(deadline=None)
@given(section=sections(), data=st.data())
def test_fusion_is_its_oracle(section: FusionSettings, data: st.DataObject) -> None:
    both = Both(section)
    for _ in range(data.draw(st.integers(1, 30), label="acts")):
        both.at += data.draw(st.sampled_from((0.0, 0.0, 1.0, 10.0, 45.0)))
        _act(data, both)
        both.partition()


def test_what_was_merged_into_a_storm_is_itself_again_once_that_is_undone() -> None:
    section = FusionSettings.model_validate({"storms": [{"id": "storm", "more_than": 1, "within": "60s"}]})
    both = Both(section)

    def take(id: str, joins: str = "") -> None:
        h = Happening(
            id=id,
            kind="episode",
            rule="sensor",
            category="a",
            subject="",
            part="",
            place="",
            started=0.0,
            at=0.0,
            joins=joins,
        )
        both.same(both.fusion.take(h), both.oracle.take(h), id)

    take("first")
    take("second")
    (storm,) = both.storms
    both.fusion.closed("first", 0.0, "merged", storm)
    both.oracle.closed("first", 0.0, "merged", both.storms[storm])
    both.passed(both.fusion.undo(storm, 0.0), both.oracle.undo(both.storms[storm], 0.0))
    take("third", joins="first")
    both.partition()
