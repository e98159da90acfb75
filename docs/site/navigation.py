"""navigation: docs/site/nav.toml, with every page in its place, in a language."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

HERE = Path(__file__).resolve().parent
ZH = "zh/"
ELSEWHERE = {"zh/cases.md": "concepts/cases.md", "zh/console.md": "console/README.md"}
"""Chinese pages whose English one is not a guide of the same name."""


def navigation(pages: Sequence[str], language: str) -> list[tuple[str, list[str]]]:
    """(title of the part, its pages) in order. language: en or zh. Raises ValueError where a page has no place."""
    parts = tomllib.loads((HERE / "nav.toml").read_text("utf-8"))["part"]
    chinese = {english(page): page for page in pages if page.startswith(ZH)}
    found: list[list[str]] = [[] for _ in parts]
    lost = []
    for page in (page for page in pages if not page.startswith(ZH)):
        places = [(at, nth) for at, part in enumerate(parts) for nth, each in enumerate(part["pages"]) if page == each]
        places += [
            (at, nth) for at, part in enumerate(parts) for nth, each in enumerate(part["pages"]) if fits(page, each)
        ]
        if places:
            found[places[0][0]].append(page)
        else:
            lost.append(page)
    lost += sorted(set(chinese) - set(pages))
    if lost:
        raise ValueError(f"docs/site/nav.toml has no place for {', '.join(lost)}")
    for part, there in zip(parts, found, strict=True):
        there.sort(key=lambda page: _order(page, part["pages"]))
    if language == "zh":
        found = [[chinese.get(page, page) for page in there] for there in found]
    return [(part[language], there) for part, there in zip(parts, found, strict=True)]


def english(page: str) -> str:
    """The English page of a Chinese one."""
    if page in ELSEWHERE:
        return ELSEWHERE[page]
    own = page.removeprefix(ZH)
    return own if "/" in own or own == "README.md" else f"guides/{own}"


def fits(page: str, pattern: str) -> bool:
    """Is a page in the folder of a pattern?"""
    return "*" in pattern and fnmatchcase(page, pattern) and page.count("/") == pattern.count("/")


def _order(page: str, patterns: Sequence[str]) -> tuple[int, str]:
    exact = [nth for nth, each in enumerate(patterns) if each == page]
    return (exact or [nth for nth, each in enumerate(patterns) if fits(page, each)])[0], re.sub(r"README", "", page)
