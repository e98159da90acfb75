"""acting: a step that somebody wants to take: whether it may be, and what is kept of it.

Whoever is refused is told why, and what is allowed. A step that was answered before, taken or not, changes nothing.
"""

from __future__ import annotations

from cases.desk import happenings
from cases.desk.act import Refused
from cases.desk.automatic import follow
from cases.desk.book import Row
from cases.desk.taking import take
from cases.desk.work import Work
from cases.life import ACTIONS, Action, Role, allowed
from cases.words import Answer, Step


def act(work: Work, step: Step) -> Answer:
    """Take it, or say why not."""
    case = work.case(step.case)
    if case is None or case["withdrawn"]:
        return Answer(id=step.id, case=step.case, taken=False, why=f"there is no case {step.case}")
    action = ACTIONS.get(step.action)
    if action is None:
        why = f"there is no action '{step.action}'"
        return _refused(step, case, why)
    try:
        _check(step, case, action)
        take(work, case, step)
    except Refused as error:
        return _refused(step, case, str(error))
    decided, work.decided = work.decided, []
    happenings.passed(work, decided)
    follow(work, case)
    return Answer(id=step.id, case=case["id"], taken=True)


def _check(step: Step, case: Row, action: Action) -> None:
    if step.role not in action.roles:
        whose = ", ".join(sorted(action.roles))
        raise Refused(f"'{step.action}' is for {whose}, not for {step.role or 'nobody'}")
    if case["state"] not in action.sources:
        where = ", ".join(action.sources)
        raise Refused(f"'{step.action}' is possible where a case is {where}; this one is {case['state']}")
    if step.revision is not None and step.revision != case["revision"]:
        raise Refused(f"the case has changed since (revision {case['revision']}, you saw {step.revision}): look again")
    lacking = [name for name in action.data if step.data.get(name) in (None, "", [], {})]
    if lacking:
        raise Refused(f"'{step.action}' needs {', '.join(lacking)}")
    if action.note and not step.note.strip():
        raise Refused(f"'{step.action}' needs a note that says why")


def _refused(step: Step, case: Row, why: str) -> Answer:
    role = step.role if step.role in set(Role) else None
    return Answer(id=step.id, case=case["id"], taken=False, why=why, allowed=allowed(case["state"], role))
