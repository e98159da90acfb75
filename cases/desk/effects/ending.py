"""ending: whether it is done, and what becomes of it then. Who judges is never who handled."""

from __future__ import annotations

from typing import Literal

from cases.desk import remembering
from cases.desk.act import Act, Refused
from cases.desk.effects import tasks, terms
from cases.desk.opening import MACHINE
from cases.life import Role, State
from cases.tables import REPORTS


def verify(act: Act) -> None:
    collector = str(act.step.data.get("collector", ""))
    if collector and collector in (act.case["handler"], act.case["responsible"]):
        raise Refused("who handled it can't be the one who looks whether it is done")
    tasks.ask(act, "verify")


def not_the_handler(act: Act) -> None:
    # An automatic step has been decided by the configuration, not by who handled.
    if act.step.by == act.case["handler"] and act.step.role != Role.POLICY:
        raise Refused(f"{act.step.by} handled it: somebody else has to say whether it is done")


def verified(act: Act) -> None:
    not_the_handler(act)
    tasks.answer(act, "yes")


def rework(act: Act) -> None:
    tasks.answer(act, "no")
    act.case["reworks"] += 1
    act.case["handled"], act.case["handler"], act.case["proposal"] = None, "", None
    terms.run(act, from_now_on=True)


def close(act: Act) -> None:
    not_the_handler(act)
    end(act, "closed")


def over(act: Act) -> None:
    tasks.answer(act, "")
    end(act, "closed")


def end(act: Act, how: Literal["closed", "rejected"]) -> None:
    """It is at its end; those who reported it are told."""
    act.case["closed"] = act.work.at
    act.case["proposal"] = None
    terms.stop(act)
    act.work.fusion.closed(act.case["id"], act.work.at, how)
    reply = str(act.step.data.get("reply") or "")
    if act.case["channel"] == MACHINE and act.case["members"] <= 1:
        return  # nobody has reported it
    for report in act.work.book.select(REPORTS, REPORTS.c.case_id == act.case["id"]):
        report["answer"] = reply or how
        act.work.book.touch(REPORTS, report)
        about = {"report": report["id"], "channel": report["channel"], "number": report["number"]}
        act.work.changed(act.case, "answered", about | {"answer": how, "reply": reply})


def reopen(act: Act) -> str:
    never_filed = act.case["filed"] is None
    act.case["reopenings"] += 1
    act.case["closed"], act.case["handled"], act.case["handler"], act.case["proposal"] = None, None, "", None
    act.case["responsible"], act.case["officer"], act.case["helpers"] = "", "", []
    if not act.work.fusion.reopened(act.case["id"]):
        act.work.fusion.load([remembering.live(act.work.book, act.case)])
    if never_filed:
        return State.REPORTED
    act.case["filed"] = act.work.at
    terms.begin(act)
    return State.FILED
