"""joining: several cases become one, or one several."""

from __future__ import annotations

from cases.desk import opening
from cases.desk.act import Act, Refused
from cases.desk.effects import terms
from cases.life import ENDED


def merge(act: Act) -> None:
    into = act.work.case(str(act.step.data["into"]))
    if into is None or into["id"] == act.case["id"] or into["state"] in ENDED or into["withdrawn"]:
        raise Refused("a case can be merged into another one that is not at its end")
    for table, member in act.work.members(act.case["id"]):
        act.work.joins(table, member, into["id"])
    into["members"] += act.case["members"]
    into["going_on"] += act.case["going_on"]
    into["started"] = min(into["started"], act.case["started"])
    if act.case["going_on"]:
        into["ended"], into["proposal"] = None, None
    act.case["merged_into"], act.case["closed"], act.case["proposal"] = into["id"], act.work.at, None
    terms.stop(act)
    act.work.fusion.closed(act.case["id"], act.work.at, "merged", into["id"])
    act.work.changed(into, "joined", {"case": act.case["id"], "by": act.step.by, "why": act.step.note})


def split(act: Act) -> None:
    wanted = act.step.data["members"]
    if not isinstance(wanted, list) or not all(isinstance(each, str) for each in wanted):
        raise Refused("members are a list of ids of episodes and reports")
    mine = {member["id"]: (table, member) for table, member in act.work.members(act.case["id"])}
    unknown = [each for each in wanted if each not in mine or each == act.case["id"]]
    if unknown or len(set(wanted)) >= len(mine):
        raise Refused("some of its members, but neither the first nor all, can become a case of their own")
    try:
        new = act.work.fusion.split(act.case["id"], wanted, act.work.at)
    except ValueError as error:
        raise Refused(str(error)) from None
    first_first = sorted(wanted, key=lambda each: each != new)
    opened = opening.of_members(act.work, act.case, new, [mine[each][1] for each in first_first])
    for id, (table, member) in mine.items():
        if id in wanted:
            act.work.joins(table, member, new)
    act.case["members"] -= opened["members"]
    act.case["going_on"] -= opened["going_on"]
    act.step.data["opened"] = new
    act.work.changed(opened, "opened", {"by": act.step.by, "why": act.step.note, "split_from": act.case["id"]})


def undo(act: Act) -> None:
    """A storm that was none: all that it collected is decided one by one."""
    try:
        passed = act.work.fusion.undo(act.case["id"], act.work.at)
    except ValueError as error:
        raise Refused(str(error)) from None
    act.case["members"], act.case["going_on"], act.case["closed"] = 0, 0, act.work.at
    terms.stop(act)
    act.work.decided += passed
