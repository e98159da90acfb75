"""Every page of the desk in both languages and themes: it comes, says nothing wrong, and axe finds nothing serious.

In Chinese nothing English is left on them, nor on the pages behind them, in what the server says, or in a refusal.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import ROOT, Visit
from tests.browser.latin import english
from tests.console.served import Served

pytestmark = [pytest.mark.service, pytest.mark.timeout(600)]
VIEWS = ROOT / "console" / "web" / "src" / "views"
BEHIND = (
    *("/rules/overspeed", "/rules/not-swept", "/registers/plans", "/shifts/handover", "/shifts/patrols"),
    *("/integrations/letters", "/integrations/system", "/admin/roles", "/admin/configuration", "/rules/nowhere"),
)
"""What is behind the navigation, and what is not there."""
ALL = ("operator", "supervisor", "integrator", "administrator")


def pages() -> list[str]:
    """The routes that are in the navigation, as the views' own files say them."""
    found = []
    for file in sorted(VIEWS.glob("*/index.ts")):
        text = file.read_text("utf-8")
        path = re.search(r"path: '([^']+)'", text)
        if path is not None and "nav:" in text:
            found.append(path[1])
    return found


def test_there_are_pages() -> None:
    assert "/now" in pages()
    assert "/triage" in pages()


@pytest.mark.parametrize("language, theme, width", [("en", "dark", 1366), ("zh", "light", 1920)])
def test_each_page_comes_and_is_accessible(
    city: Served,
    visit: Visit,
    shot: Callable[[Page, str], Path],
    accessible: Callable[[Page], None],
    language: str,
    theme: str,
    width: int,
) -> None:
    page = visit(*ALL, language=language, theme=theme, width=width, height=width * 9 // 16)
    for path in pages():
        page.goto(f"{city.url}{path}")
        page.locator("#main h1, #head h1").first.wait_for()
        page.wait_for_timeout(800)  # charts and maps draw themselves; nothing is asserted of when
        shot(page, f"{path.strip('/').replace('/', '-')}-{language}-{theme}")
        accessible(page)
        assert language == "en" or english(page) == [], path


def test_nothing_english_is_behind_the_chinese_pages(city: Served, visit: Visit) -> None:
    page = visit(*ALL, language="zh", theme="light", width=1366, height=768)
    found = page.request.get(f"{city.url}/api/cases?limit=200").json()["cases"]
    by_rule = {each["rule"]: f"/cases/{each['id']}" for each in found}
    left = {}
    for path in (*BEHIND, *sorted(by_rule.values())[:2]):
        page.goto(f"{city.url}{path}")
        page.locator("#main h1, #head h1").first.wait_for()
        page.wait_for_timeout(500)  # what is answered is drawn
        if english(page):
            left[path] = english(page)
    assert left == {}
