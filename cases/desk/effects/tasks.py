"""tasks: what collectors are asked to look at, and their answers."""

from __future__ import annotations

from cases.desk.act import Act
from cases.life import State
from cases.tables import TASKS

_ASKED = (State.CHECKING, State.VERIFYING)
"""Where a task may wait for an answer."""


def ask(act: Act, kind: str) -> None:
    task = {
        "id": act.work.own_id(act.case, kind),
        "case_id": act.case["id"],
        "kind": kind,
        "collector": str(act.step.data.get("collector", "")),
        "asked": act.work.at,
        "answered": None,
        "result": "",
    }
    act.work.book.add(TASKS, task)


def answer(act: Act, result: str) -> None:
    if act.case["state"] not in _ASKED:
        return
    for task in act.work.book.select(TASKS, TASKS.c.case_id == act.case["id"], TASKS.c.answered.is_(None)):
        task["answered"], task["result"] = act.work.at, result
        act.work.book.touch(TASKS, task)
