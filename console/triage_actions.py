"""triage_actions: what can be done to a case or to the city, by whom and where: `cases.life`, as a page needs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from cases.export import words
from cases.life import ACTIONS, ASKS, CITY_ACTIONS, ENDED, LEVELS, VERDICTS, Action, Role, State
from console.access import somebody

router = APIRouter(tags=["triage"])

MAY: Mapping[str, tuple[str, ...]] = {
    "check": ("collector",),
    "verify": ("collector",),
    "checked": ("photos",),
    "file": ("category", "condition", "severity"),
    "dispatch": ("helpers", "mode", "officer"),
    "handled": ("photos",),
    "verified": ("photos",),
    "rework": ("photos",),
    "close": ("reply",),
    "reject": ("reply",),
    "ask": ("until",),
    "verdict": ("of",),
    "pass_up": ("level",),
}
"""What may be given in a step's data beyond what must be."""
NO_WAY_BACK = frozenset({"reject", "close", "merge", "split", "undo"})
"""Actions that a page asks about once more: no later one restores all; those who reported it are told, or members
belong elsewhere."""


class ActionOut(BaseModel):
    """Something that may be done."""

    name: str
    zh: str
    about: Literal["case", "city"]
    roles: list[str]
    """Whose it is, of those that people have."""
    states: list[str]
    """Where it is possible."""
    to: str | None
    """Where it leads; null: nowhere else, or the desk knows."""
    needs: list[str]
    """Keys that its data must have."""
    may: list[str]
    """Keys that its data may have."""
    note: bool
    """Whether it must say why."""
    final: bool
    """Whether there is no whole way back."""


class StateOut(BaseModel):
    """Where a case can be."""

    name: str
    en: str
    zh: str
    ended: bool


class LifeOut(BaseModel):
    """A case's life: actions, states, and the words that steps' data take."""

    actions: list[ActionOut]
    states: list[StateOut]
    asks: list[str]
    verdicts: list[str]
    levels: list[str]


@router.get("/api/actions", dependencies=[Depends(somebody)])
def actions() -> LifeOut:
    """All actions that people take, and all states."""
    return LifeOut(
        actions=[_action(name, each, "case") for name, each in ACTIONS.items()]
        + [_action(name, each, "city") for name, each in CITY_ACTIONS.items()],
        states=[
            StateOut(name=each, en=words.STATES[each][0], zh=words.STATES[each][1], ended=each in ENDED)
            for each in State
        ],
        asks=list(ASKS),
        verdicts=list(VERDICTS),
        levels=list(LEVELS),
    )


def _action(name: str, action: Action, about: Literal["case", "city"]) -> ActionOut:
    return ActionOut(
        name=name,
        zh=action.zh,
        about=about,
        roles=sorted(role for role in action.roles if role not in (Role.POLICY, Role.PIPELINE)),
        states=list(action.sources),
        to=action.to or None,
        needs=list(action.data),
        may=list(MAY.get(name, ())),
        note=action.note,
        final=name in NO_WAY_BACK,
    )
