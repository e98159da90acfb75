"""An administrator's day, and a new colleague's first: made, let in, must choose a password, shown out."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ROOT, Visit
from tests.console.served import Served

pytestmark = pytest.mark.service
CHOSEN = "five words make a good one"
OTHER = {"en": "zh", "zh": "en"}


def words(part: str, language: str) -> Any:
    """What a part of the pages says in a language."""
    return json.loads((ROOT / "console/web/src/views" / part / "locale" / f"{language}.json").read_text("utf-8"))


@pytest.mark.parametrize("language, theme", [("en", "dark"), ("zh", "light")])
def test_a_colleague_is_let_in_and_shown_out(
    city: Served,
    browser: Browser,
    visit: Visit,
    shot: Callable[[Page, str], Path],
    accessible: Callable[[Page], None],
    language: str,
    theme: str,
) -> None:
    """The colleague has the other language."""
    name, word, login = f"colleague-{uuid.uuid4().hex[:6]}", words("admin", language), words("login", OTHER[language])
    page = visit("administrator", path="/admin", language=language, theme=theme)
    page.get_by_role("button", name=word["newUser"]).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(word["loginName"]).fill(name)
    dialog.get_by_text(word["role"]["acceptor"], exact=True).click()
    accessible(page)
    dialog.locator("button[type=submit]").click()
    password = page.locator("[data-test=secret]").inner_text()
    assert re.fullmatch(r"([a-z2-9]{5}-){3}[a-z2-9]{5}", password)
    shot(page, f"admin-secret-{language}-{theme}")
    page.get_by_role("button", name=word["kept"]).click()

    locale = "zh-CN" if OTHER[language] == "zh" else "en-GB"
    theirs = browser.new_context(locale=locale, viewport={"width": 1366, "height": 768}, reduced_motion="reduce")
    other = theirs.new_page()
    other.goto(f"{city.url}/triage")
    other.get_by_label(login["name"], exact=True).fill(name)
    other.get_by_label(login["password"], exact=True).fill("not the password")
    other.get_by_role("button", name=login["enter"], exact=True).click()
    expect(other.get_by_role("alert")).to_have_text(login["wrong"])
    shot(other, f"login-{OTHER[language]}")
    accessible(other)
    other.get_by_label(login["password"], exact=True).fill(password)
    other.get_by_role("button", name=login["enter"], exact=True).click()
    other.get_by_label(login["old"], exact=True).fill(password)
    other.get_by_label(login["new"], exact=True).fill(CHOSEN)
    other.get_by_label(login["again"], exact=True).fill(CHOSEN)
    shot(other, f"login-password-{OTHER[language]}")
    other.get_by_role("button", name=login["change"], exact=True).click()
    other.wait_for_url(f"{city.url}/triage")

    page.get_by_role("link", name=word["tabs"]["trail"]).click()
    changed = page.get_by_role("row").filter(has_text=name).filter(has_text=word["done"]["user_password"])
    expect(changed).to_be_visible()
    accessible(page)
    page.get_by_role("link", name=word["tabs"]["sessions"]).click()
    page.get_by_role("button", name=re.compile(rf"^{word['end']}\s*[:：]\s*{name}$")).click()
    expect(page.get_by_role("row").filter(has_text=name)).to_have_count(0)
    other.goto(f"{city.url}/triage")
    expect(other.get_by_label(login["name"], exact=True)).to_be_visible()
    theirs.close()
    for tab in ("roles", "tokens", "configuration"):
        page.get_by_role("link", name=word["tabs"][tab]).click()
        expect(page.locator("#main")).not_to_be_empty()
        shot(page, f"admin-{tab}-{language}-{theme}")
        accessible(page)
