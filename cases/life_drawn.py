"""life_drawn: the life of a case as the documentation shows it, made from `cases/life.py`.

    python -m cases.life_drawn docs/concepts/cases.md docs/zh/cases.md

writes the diagram (Mermaid) and the tables into these pages, between `<!-- life: … -->` and `<!-- end -->`. A test
fails where a page differs (tests/cases/test_life_drawn.py).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from cases.export.words import ROLES, STATES, Language
from cases.life import ACTIONS, ACTIVE, ASKS, CITY_ACTIONS, ENDED, Action, Role, State

_ANY = "open"
"""Stands for every state that is not an end."""
_LEADS: Mapping[str, State] = {"reopen": State.FILED}
"""Where an action leads that has no state of its own in the table: the desk says `filed`, or `reported` where the case
never was."""
_PLACES = re.compile(r"(<!-- life: (\w+(?: zh)?) -->\n).*?(\n<!-- end -->)", re.DOTALL)


def diagram() -> str:
    """A Mermaid state diagram, in both languages. Actions that change no state are in the table only."""
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f'    state "{state} {STATES[state][1]}" as {state}' for state in State]
    lines += [f'    state "any open state 未结束" as {_ANY}', f"    [*] --> {State.REPORTED}"]
    lines += [f"    {source} --> {to}: {' / '.join(names)}" for (source, to), names in _arrows().items()]
    lines += [f"    {state} --> [*]" for state in State if state in ENDED]
    return "\n".join([*lines, "```"])


def actions(language: Language) -> str:
    """A table of what may be done to a case."""
    rows = [
        (f"`{name}`", each.zh, _who(each, language), _where(each, language), _to(name, each, language), _needs(each))
        for name, each in ACTIONS.items()
    ]
    return _table(("action", "", "who", "where", "to", "needs"), rows, language)


def city(language: Language) -> str:
    """A table of what may be done to the city."""
    rows = [(f"`{name}`", each.zh, _who(each, language), _needs(each)) for name, each in CITY_ACTIONS.items()]
    return _table(("action", "", "who", "needs"), rows, language)


def filled(page: str) -> str:
    """A page with its parts as they should be."""
    return _PLACES.sub(lambda found: found[1] + PARTS[found[2]]() + found[3], page)


PARTS: Mapping[str, Callable[[], str]] = {
    "diagram": diagram,
    "actions": lambda: actions("en"),
    "actions zh": lambda: actions("zh"),
    "city": lambda: city("en"),
    "city zh": lambda: city("zh"),
}
_SAID: Mapping[str, tuple[str, str]] = {
    "": ("", ""),
    "action": ("action", "操作"),
    "who": ("who", "角色"),
    "where": ("where a case is", "可用状态"),
    "to": ("leads to", "转到"),
    "needs": ("needs", "必填"),
    "anybody": ("anybody", "任何人"),
    "asked": ("the role it waits for", "所等待的角色"),
    "open": ("any open state", "任何未结束状态"),
    "any": ("any state", "任何状态"),
    "stays": ("as it is", "不变"),
    "before": ("the state before", "挂起前的状态"),
    "what": ("what was asked for", "所申请的状态"),
}


def _arrows() -> dict[tuple[str, str], list[str]]:
    """(from, to) -> the actions that lead there."""
    found: dict[tuple[str, str], list[str]] = {}
    for source, to, said in _turns():
        if source != to:
            found.setdefault((source, to), []).append(said)
    return found


def _turns() -> Iterator[tuple[str, str, str]]:
    for name, action in ACTIONS.items():
        to = action.to or _LEADS.get(name)
        said = f"{name} {action.zh}"
        if to is not None:
            for source in [_ANY] if action.sources == ACTIVE else action.sources:
                yield source, to, said
    approve, resume = ACTIONS["approve"], ACTIONS["resume"]
    yield from ((_ANY, state, f"approve {what} {approve.zh}") for what, state in ASKS.items() if state is not None)
    yield from ((source, _ANY, f"resume {resume.zh}") for source in resume.sources)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], language: Language) -> str:
    lines = [[_said(head, language) for head in heads], ["---"] * len(heads), *rows]
    return "\n".join("|".join(["", *(f" {cell} " if cell else " " for cell in line), ""]) for line in lines)


def _said(key: str, language: Language) -> str:
    return _SAID[key][language == "zh"]


def _to(name: str, action: Action, language: Language) -> str:
    if action.to is None:
        return _said("stays", language)
    state = action.to or _LEADS.get(name)
    return f"`{state}`" if state else _said("before" if name == "resume" else "what", language)


def _where(action: Action, language: Language) -> str:
    if set(action.sources) == set(State):
        return _said("any", language)
    return _said("open", language) if action.sources == ACTIVE else ", ".join(f"`{each}`" for each in action.sources)


def _who(action: Action, language: Language) -> str:
    if "approval" in action.data:
        return _said("asked", language)
    if action.roles == frozenset(Role):
        return _said("anybody", language)
    comma = "、" if language == "zh" else ", "
    return comma.join(ROLES[role][language == "zh"] for role in Role if role in action.roles)


def _needs(action: Action) -> str:
    return ", ".join(f"`{key}`" for key in (*action.data, *(["note"] if action.note else [])))


def main(files: list[str]) -> None:
    """Write the parts into pages."""
    for file in map(Path, files):
        file.write_text(filled(file.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
