"""The documentation draws the life of a case as `cases/life.py` has it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cases.life import ACTIONS, ASKS, CITY_ACTIONS, LEVELS, Role, State
from cases.life_drawn import PARTS, diagram, filled
from tests.docs_pages import ROOT

PAGES = [ROOT / "docs" / "concepts" / "cases.md", ROOT / "docs" / "zh" / "cases.md"]
page_by_page = pytest.mark.parametrize("page", PAGES, ids=["en", "zh"])


@page_by_page
def test_the_page_is_as_the_code(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text == filled(text), "run: python -m cases.life_drawn docs/concepts/cases.md docs/zh/cases.md"
    parts = re.findall(r"<!-- life: ([\w ]+) -->", text)
    assert {part.removesuffix(" zh") for part in parts} == {part.removesuffix(" zh") for part in PARTS}


@page_by_page
def test_it_tells_of_everything(page: Path) -> None:
    text = page.read_text("utf-8")
    rows = set(re.findall(r"(?m)^\| `(\w+)` \|", text))
    assert rows == {*State, *Role, *ACTIONS, *ASKS, *CITY_ACTIONS}
    for action in (*ACTIONS.values(), *CITY_ACTIONS.values()):
        assert action.zh in text
    if page == PAGES[0]:
        assert all(level in text for level in LEVELS)


def test_every_state_is_drawn_with_a_way_in_and_a_way_out() -> None:
    arrows = re.findall(r"(?m)^    (\S+) --> ([^\s:]+)", diagram())
    for state in State:
        assert any(to == state for _, to in arrows), state
        assert any(source == state for source, _ in arrows), state


def test_a_change_of_the_code_changes_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    text = PAGES[0].read_text("utf-8")
    monkeypatch.setitem(ACTIONS, "file", ACTIONS["file"]._replace(to=State.HANDLING))
    assert filled(text) != text
