"""approving: what waits for a named role: more time, a rest, the next level, closing what nobody has verified."""

from __future__ import annotations

import math

from cases.desk.act import Act, Refused
from cases.desk.book import Row
from cases.desk.effects import ending, tasks, terms
from cases.life import ASKS, LEVELS, State
from cases.tables import APPROVALS


def ask(act: Act) -> None:
    what = act.step.data["what"]
    if what not in ASKS:
        raise Refused(f"what can be asked for: {', '.join(ASKS)}")
    if what == "extend":
        until = act.step.data.get("until")
        if not isinstance(until, (int, float)) or not math.isfinite(until) or until <= act.work.at:
            raise Refused("'extend' needs until: UTC seconds, later than now")
    if what == "pass_up" and act.case["level"] == LEVELS[-1]:
        raise Refused(f"there is no level above {act.case['level']}")
    if what == "close_unverified" and act.case["state"] not in (State.HANDLED, State.VERIFYING):
        raise Refused(f"'close_unverified' is for a case that is handled; this one is {act.case['state']}")
    pending = act.work.book.select(
        APPROVALS, APPROVALS.c.case_id == act.case["id"], APPROVALS.c.what == what, APPROVALS.c.answered.is_(None)
    )
    if pending:
        raise Refused(f"'{what}' has been asked for already and waits for {pending[0]['role']}")
    act.work.book.add(
        APPROVALS,
        {
            "id": act.step.id,
            "case_id": act.case["id"],
            "what": what,
            "role": act.work.conditions.policies.approvals[what].value,
            "asked_by": act.step.by,
            "asked": act.work.at,
            "note": act.step.note,
            "data": act.step.data,
            "answered": None,
            "answered_by": "",
            "answer": "",
        },
    )


def waiting(act: Act) -> Row:
    """The request that is answered."""
    approval = act.work.book.get(APPROVALS, str(act.step.data["approval"]))
    if approval is None or approval["case_id"] != act.case["id"] or approval["answered"] is not None:
        raise Refused("this case has no such request that waits for an answer")
    if act.step.role != approval["role"]:
        raise Refused(f"this waits for {approval['role']}, not for {act.step.role}")
    if act.step.by == approval["asked_by"]:
        raise Refused("whoever asked can't be the one who approves")
    return approval


def answered(act: Act, approval: Row, answer: str) -> None:
    approval.update(answered=act.work.at, answered_by=act.step.by, answer=answer)
    act.work.book.touch(APPROVALS, approval)


def approve(act: Act) -> str | None:
    approval = waiting(act)
    what = approval["what"]
    if what == "close_unverified" and act.case["state"] not in (State.HANDLED, State.VERIFYING):
        raise Refused(f"the case is {act.case['state']} now: there is nothing to close unverified")
    if what == "close_unverified":
        ending.not_the_handler(act)
    if what == "suspend" and act.case["state"] == State.SUSPENDED:
        raise Refused("it is suspended already")
    answered(act, approval, "approved")
    if what == "extend":
        act.case["due"], act.case["extensions"] = float(approval["data"]["until"]), act.case["extensions"] + 1
        if act.case["state"] in terms.RUNNING:
            terms.run(act, from_now_on=True)
    elif what == "suspend":
        act.case["before"], act.case["suspended"] = act.case["state"], act.work.at
        terms.stop(act)
    elif what == "pass_up":
        to_level(act, "")
    elif what == "close_unverified":
        tasks.answer(act, "")
        ending.end(act, "closed")
    return ASKS[what]


def to_level(act: Act, level: str) -> None:
    """Up, to a level that gives it to a unit of its own; '': the next. Its time goes on."""
    at = LEVELS.index(act.case["level"])
    act.case["level"] = level or LEVELS[min(at + 1, len(LEVELS) - 1)]
    act.case["mode"] = "passed_up"
    act.case["responsible"], act.case["officer"], act.case["helpers"] = "", "", []
    act.case["dispatched"], act.case["handled"], act.case["handler"] = None, None, ""


def pass_up(act: Act) -> None:
    to_level(act, str(act.step.data.get("level") or ""))


def refuse(act: Act) -> None:
    answered(act, waiting(act), "refused")


def resume(act: Act) -> str:
    limit = terms.limit_of(act)
    if act.case["due"] is not None and limit is not None:
        act.case["due"] = act.work.conditions.hours.resume(act.case["due"], act.case["suspended"], act.work.at, limit)
    back = act.case["before"] or State.FILED
    act.case["before"], act.case["suspended"] = "", None
    if back in terms.RUNNING:
        terms.run(act, from_now_on=True)
    return str(back)
