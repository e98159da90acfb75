"""taking: a step that is allowed takes effect and is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cases.desk.act import Act
from cases.desk.book import Row
from cases.desk.effects import approving, correcting, ending, filing, handling, joining
from cases.desk.work import Work
from cases.life import ACTIONS
from cases.words import Step

EFFECTS: Mapping[str, Callable[[Act], str | None]] = {
    "check": filing.check,
    "checked": filing.checked,
    "file": filing.file,
    "reject": filing.reject,
    "dispatch": handling.dispatch,
    "recall": handling.recall,
    "return": handling.return_back,
    "handled": handling.handled,
    "verify": ending.verify,
    "verified": ending.verified,
    "rework": ending.rework,
    "close": ending.close,
    "over": ending.over,
    "reopen": ending.reopen,
    "ask": approving.ask,
    "approve": approving.approve,
    "refuse": approving.refuse,
    "pass_up": approving.pass_up,
    "resume": approving.resume,
    "assign": handling.assign,
    "urge": handling.urge,
    "call": handling.call,
    "merge": joining.merge,
    "split": joining.split,
    "undo": joining.undo,
    "correct": correcting.correct,
    "verdict": correcting.verdict,
    "attach": correcting.attach,
}
"""By action; the others do nothing else than what `cases.life` says."""


def take(work: Work, case: Row, step: Step) -> None:
    """Do what the action does. Raises Refused where its data is not good enough; nothing has been changed then."""
    before = case["state"]
    effect = EFFECTS.get(step.action)
    to = ACTIONS[step.action].to
    if effect is not None:
        to = effect(Act(work, case, step)) or to
    if to:
        case["state"] = str(to)
    kept = {name: getattr(step, name) for name in ("id", "action", "by", "role", "note", "data")}
    work.record(case, kept, before)
