"""words: what the API says to people, in the language that the request asks for.

Everything is written in English where it is said. Chinese is data: `words.zh.toml` beside this, English templates ->
Chinese ones (`pipeline/wording.py`), in tables by what they are of. What is not in there is answered in English: what
only programs and administrators of machines meet (tests/console/test_words_zh.py has the list).
"""

from __future__ import annotations

import tomllib
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from cases.export.words import OTHERS, ROLES, STATES
from cases.life import ACTIONS, CITY_ACTIONS
from cases.registers.kinds import REGISTERS
from pipeline.wording import Wording

LANGUAGE: ContextVar[str] = ContextVar("LANGUAGE", default="en")
"""Of the request that is being answered: en or zh."""


def language_of(accepted: str) -> str:
    """The language that an `Accept-Language` likes best; English where it names neither."""
    liked: list[tuple[float, str]] = []
    for each in accepted[:200].split(","):
        tag, _, weight = each.strip().partition(";q=")
        name = tag.strip().lower().partition("-")[0]
        if name in ("en", "zh"):
            try:
                liked.append((float(weight or 1), name))
            except ValueError:
                continue
    best = max((weight for weight, _ in liked), default=0.0)
    return next((name for weight, name in liked if weight == best > 0), "en")


def worded(sentence: str) -> str:
    """A sentence in the language of the request; as it is where there is none."""
    return in_chinese(sentence) if LANGUAGE.get() == "zh" else sentence


def in_chinese(sentence: str) -> str:
    """A sentence in Chinese; as it is where there is none."""
    return wording().find(sentence) or sentence


@cache
def wording() -> Wording:
    """All of them, with what registers, actions, states and roles are called, which sentences name."""
    found = {column.name: column.zh for register in REGISTERS.values() for column in register.columns}
    found |= {register.name: register.zh for register in REGISTERS.values()}
    found |= {english: chinese for group in (OTHERS, STATES, ROLES) for english, (_, chinese) in group.items()}
    found |= {name: action.zh for name, action in [*ACTIONS.items(), *CITY_ACTIONS.items()]}
    return Wording(found | {english: chinese for table in tables().values() for english, chinese in table.items()})


def tables() -> dict[str, dict[str, str]]:
    """The file, as it is."""
    file = Path(__file__).with_name("words.zh.toml")
    return tomllib.loads(file.read_text("utf-8"))
