"""teaching: what a verdict proposes for the next time: a suppression, which a supervisor reviews."""

from __future__ import annotations

from cases.desk import remembering
from cases.desk.act import Act, Refused
from cases.fusion import Happening, keeping
from cases.fusion.verdicts import DUPLICATE, propose


def propose_suppression(act: Act) -> None:
    """Of the first thing in the case that a machine found. What is proposed is named in the step's data.

    A duplicate says of which case it is one, `of`; without it nothing is proposed.
    """
    found = next((each for each in _members(act, act.case["id"]) if each.rule), None)
    verdict, of = act.step.data["verdict"], act.step.data.get("of")
    if verdict == DUPLICATE and of is not None and (of == act.case["id"] or act.work.case(str(of)) is None):
        raise Refused("a duplicate is one of another case: 'of' is that one's id")
    if found is None:
        return
    suppression = propose(
        verdict,
        found,
        id=act.work.own_id(act.case, "suppression"),
        case=act.case["id"],
        at=act.work.at,
        by=act.step.by,
        note=act.step.note,
        proposals=act.work.conditions.fusion.proposals,
        of=next(iter(_members(act, str(of))), None) if verdict == DUPLICATE and of is not None else None,
    )
    if suppression is not None:
        keeping.add(act.work.book.connection, suppression, act.work.at, state=keeping.PROPOSED)
        act.step.data["proposed"] = suppression.id


def _members(act: Act, case: str) -> list[Happening]:
    row = act.work.case(case)
    return [] if row is None else [each.happening for each in remembering.live(act.work.book, row).members]
