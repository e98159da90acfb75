"""A supervisor's day: the rates and what one is made of, a shift handed over and signed by both, what does not work."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cases.database import writing
from console.people import add_user
from console.people_passwords import Passwords
from tests.browser.conftest import Visit
from tests.console.served import Served

pytestmark = [pytest.mark.service, pytest.mark.timeout(600)]
PASSWORD = "correct horse battery"
LONG = 60_000
"""Milliseconds: two cores are shared by all that runs."""


def test_from_the_rates_to_a_signed_handover(
    city: Served, visit: Visit, shot: Callable[[Page, str], Path], accessible: Callable[[Page], None]
) -> None:
    with writing(city.city.cases.engine) as connection:
        for name in ("li-out", "wang-in"):
            hash = Passwords().hashed(PASSWORD)
            add_user(
                connection,
                name=name,
                roles=("supervisor",),
                now=time.time(),
                by="",
                password=hash,
                must_change=False,
            )

    # Rates: a number, and what it is made of.
    page = visit("supervisor", path="/indicators/rates?days=last_month", language="en", theme="light")
    page.locator("ul.cards button").first.click(timeout=LONG)
    expect(page.get_by_role("dialog")).to_contain_text("÷")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    shot(page, "indicators-en-light")
    accessible(page)

    # Nothing is connected but the city's own broker: its source works, and says so in words.
    page.goto(f"{city.url}/integrations/flows")
    expect(page.get_by_text("MQTT")).to_be_visible(timeout=LONG)
    shot(page, "integrations-en-light")
    accessible(page)

    # The outgoing writes a note and signs.
    out = visit("supervisor", path="/login", language="zh", theme="dark")
    _become(out, city, "li-out")
    out.goto(f"{city.url}/shifts/handover")
    out.get_by_label("下一班需要知道什么？").fill("东门路灯待修")
    out.get_by_role("button", name="记录").click(timeout=LONG)
    expect(out.get_by_text("东门路灯待修", exact=False).last).to_be_visible(timeout=LONG)
    accessible(out)
    out.get_by_role("button", name="签字交班").click()
    out.get_by_role("combobox", name="接班人").click()
    out.get_by_role("option", name="wang-in").click()
    out.get_by_label("请再次输入您的密码").fill(PASSWORD)
    out.get_by_role("button", name="签字", exact=True).click()
    expect(out.get_by_text("待接班人签字")).to_be_visible(timeout=LONG)

    # The incoming reads the same, and signs it.
    taking = visit("supervisor", path="/login", language="zh", theme="dark")
    _become(taking, city, "wang-in")
    taking.goto(out.url)
    expect(taking.get_by_text("签字后未改动")).to_be_visible(timeout=LONG)
    taking.get_by_role("button", name="签字接班").click()
    taking.get_by_label("请再次输入您的密码").fill(PASSWORD)
    taking.get_by_role("button", name="签字", exact=True).click()
    expect(taking.get_by_text("双方已签字")).to_be_visible(timeout=LONG)
    expect(taking.get_by_role("button", name="撤回")).to_be_hidden()
    shot(taking, "handover-zh-dark")
    accessible(taking)


def _become(page: Page, city: Served, name: str) -> None:
    """Log in as somebody with a password, in place of whoever is."""
    page.context.clear_cookies()
    page.goto(f"{city.url}/login")
    page.locator("input").nth(0).fill(name)
    page.locator("input[type=password]").fill(PASSWORD)
    page.locator("input[type=password]").press("Enter")
    page.wait_for_url(lambda url: "/login" not in url, timeout=LONG)
