"""filing: from a report to a case: looked at, filed, or rejected."""

from __future__ import annotations

from cases.deadlines import FILE_OVERDUE
from cases.desk.act import Act, Refused
from cases.desk.effects import ending, tasks, terms


def check(act: Act) -> None:
    act.case["checks"] += 1
    tasks.ask(act, "check")


def checked(act: Act) -> None:
    if not isinstance(act.step.data["found"], bool):
        raise Refused("'checked' needs found: true or false")
    tasks.answer(act, "yes" if act.step.data["found"] else "no")


def file(act: Act) -> None:
    severity = act.step.data.get("severity")
    if severity is not None and severity not in (1, 2, 3, 4):
        raise Refused("severity is 1 (low) to 4 (urgent)")
    if act.step.data.get("category"):
        recategorise(act, str(act.step.data["category"]))
    act.case["condition"] = str(act.step.data.get("condition") or act.case["condition"])
    act.case["severity"] = severity or act.case["severity"]
    act.case["filed"] = act.work.at
    act.work.drop_timers(act.case, (FILE_OVERDUE,))
    terms.begin(act)


def recategorise(act: Act, category: str) -> None:
    """A person says what it is; no rule makes something else of it any more."""
    act.case["category"], act.case["category_said"] = category, True
    act.work.fusion.recategorised(act.case["id"], category)


def reject(act: Act) -> None:
    tasks.answer(act, "")
    ending.end(act, "rejected")
