"""putting_aside: steps about the city rather than a case: what a supervisor shelves for a time, and suppressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cases.desk import happenings
from cases.desk.act import Refused
from cases.desk.book import Row
from cases.desk.work import Work
from cases.fusion import Scope, Shelving, Suppression, keeping
from cases.fusion.asking import asked
from cases.life import CITY_ACTIONS
from cases.tables import CHANGES, SCOPES
from cases.words import Answer, Step

PROPOSED, REFUSED = "proposed", "refused"


def act(work: Work, step: Step) -> Answer:
    """Take it, or say why not."""
    action = CITY_ACTIONS[step.action]
    try:
        if step.role not in action.roles:
            raise Refused(f"'{step.action}' is for {', '.join(sorted(action.roles))}, not for {step.role or 'nobody'}")
        lacking = [name for name in action.data if step.data.get(name) in (None, "", [], {})]
        if lacking:
            raise Refused(f"'{step.action}' needs {', '.join(lacking)}")
        if action.note and not step.note.strip():
            raise Refused(f"'{step.action}' needs a note that says why")
        _DO[step.action](work, step)
    except Refused as error:
        return Answer(id=step.id, case="", taken=False, why=str(error), allowed=tuple(CITY_ACTIONS))
    said = {"by": step.by, "role": step.role, "note": step.note, "step": step.data}
    work.book.append(CHANGES, {"case_id": "", "event": step.action, "at": work.at, "data": said})
    return Answer(id=step.id, case="", taken=True)


def _shelve(work: Work, step: Step) -> None:
    _put(work, step, Shelving, work.fusion.shelve)


def _suppress(work: Work, step: Step) -> None:
    _put(work, step, Suppression, work.fusion.suppress)


def _put(work: Work, step: Step, kind: type[Scope], begin: Callable[[Any], None]) -> None:
    said: Mapping[str, Any] = step.data["scope"]
    if not isinstance(said, Mapping):
        raise Refused("scope says what it is about: rules, subjects, cameras, places, a circle …, and until when")
    try:
        scope = asked(kind, said, id=step.id, at=work.at, by=step.by, reason=step.note)
        begin(scope)
    except ValueError as error:
        raise Refused(str(error)) from None
    keeping.add(work.book.connection, scope, work.at, state=keeping.IN_FORCE, reviewed_by=step.by)


def _row(work: Work, step: Step, kind: str, state: str) -> Row:
    row = work.book.get(SCOPES, str(step.data["id"]))
    if row is None or row["kind"] != kind or row["state"] != state:
        raise Refused(f"there is no {kind} {step.data['id']} that is {state}")
    return row


def _end(work: Work, step: Step, kind: str, end: Callable[[str, float], Any]) -> None:
    row = _row(work, step, kind, keeping.IN_FORCE)
    row |= {"state": keeping.OVER, "ended": work.at, "ended_by": step.by}
    work.book.touch(SCOPES, row)
    work.book.flush()
    happenings.passed(work, end(row["id"], work.at))


def _unshelve(work: Work, step: Step) -> None:
    _end(work, step, "shelving", work.fusion.unshelve)


def _revoke(work: Work, step: Step) -> None:
    _end(work, step, "suppression", work.fusion.revoke)


def _review(work: Work, step: Step) -> None:
    row = _row(work, step, "suppression", PROPOSED)
    agree = step.data["agree"]
    if not isinstance(agree, bool):
        raise Refused("'review' needs agree: true or false")
    if step.by == row["by"]:
        raise Refused("whoever proposed it can't be the one who reviews it")
    if agree:
        scope = keeping.scope_of(row)
        try:
            work.fusion.suppress(scope)  # type: ignore[arg-type]  # the row's kind says that it is one
        except ValueError as error:
            raise Refused(str(error)) from None
    row |= {"state": keeping.IN_FORCE if agree else REFUSED, "reviewed": work.at, "reviewed_by": step.by}
    work.book.touch(SCOPES, row)
    work.book.flush()


_DO: Mapping[str, Callable[[Work, Step], None]] = {
    "shelve": _shelve,
    "unshelve": _unshelve,
    "suppress": _suppress,
    "review": _review,
    "revoke": _revoke,
}
