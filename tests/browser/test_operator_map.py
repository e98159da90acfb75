"""The map: an operator finds a vehicle, follows it, sees its trail, and what happens to a case without asking."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.service


def test_an_operator_follows_a_vehicle(
    visit: Visit, shot: Callable[[Page, str], Path], accessible: Callable[[Page], None]
) -> None:
    page = visit("operator", path="/now")
    expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()
    layers = page.get_by_role("region", name="Layers")
    expect(layers.get_by_text(re.compile(r"moving \d+"))).to_be_visible()
    expect(layers.locator("label", has_text="Bins").locator(".count")).to_have_text(re.compile(r"\d+"))
    page.get_by_role("combobox", name="Plate, bin").fill("muck-001")
    page.get_by_role("option", name=re.compile("muck-001")).first.click()
    card = page.get_by_role("complementary", name="Vehicle")
    expect(card.get_by_text("km/h").first).to_be_visible()
    expect(card.get_by_text(re.compile(r"\d+ reports"))).to_be_visible()
    card.get_by_role("button", name="Follow").click()
    expect(card.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "true")
    shot(page, "now-vehicle-en-dark")
    accessible(page)
    layers.locator("label", has_text="Routes").click()
    page.reload()
    expect(page.get_by_role("checkbox", name=re.compile("Routes"))).to_be_checked()


@pytest.mark.parametrize("language, word", [("en", "New case from its last"), ("zh", "以最近 10 分钟轨迹")])
def test_a_case_begins_with_a_vehicles_way_or_a_place(visit: Visit, language: str, word: str) -> None:
    page = visit("operator", path="/now?vehicle=muck-002", language=language)
    page.get_by_role("link", name=re.compile(word)).click()
    text = page.locator("textarea").first
    expect(text).to_have_value(re.compile(r"muck-002 .*\d+\.\d (km|公里)", re.DOTALL))
    page.goto(page.url.split("/newcase")[0] + "/now")
    page.locator("canvas").first.wait_for()
    page.get_by_role("checkbox").first.wait_for()
    page.locator("canvas").first.click(position={"x": 640, "y": 12})
    page.locator("aside a[href^='/newcase']").click()
    expect(page).to_have_url(re.compile(r"/newcase\?lon=12\d\.\d+&lat=3\d\.\d+"))


def test_one_of_a_unit_sees_its_cases_and_no_vehicles(visit: Visit) -> None:
    page = visit("unit", path="/now", unit="sanitation-east", language="zh")
    layers = page.get_by_role("region", name="图层")
    expect(layers.locator("label", has_text="案件").locator(".count")).to_have_text(re.compile(r"\d+"))
    expect(layers.locator("label", has_text="车辆")).to_have_count(0)
