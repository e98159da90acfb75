"""What is not in the queue one by one: a storm that collects cases, and what a supervisor shelves for a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_operator import current, ready, rows

pytestmark = pytest.mark.service


def test_a_storm_is_seen_opened_and_undone(
    visit: Visit, shot: Callable[[Page, str], Path], accessible: Callable[[Page], None]
) -> None:
    other = visit("operator", path="/triage")
    expect(other.locator(".aside .storm")).to_contain_text("gust")
    page = visit("supervisor", path="/triage", language="zh", theme="light", width=1920, height=1080)
    page.locator(".aside .storm", has_text="gust").click()
    drawer = page.get_by_role("dialog", name="风暴与搁置")
    storm = drawer.locator("article").filter(has_text="gust")
    many = int(storm.locator("p").inner_text().split("已汇集")[1].split("条")[0])
    assert many >= 5
    storm.get_by_role("button", name="汇集内容").click()
    expect(storm.locator("tbody tr")).to_have_count(many)
    expect(storm.locator("tbody")).to_contain_text("B-02")
    shot(page, "storm-zh-light")
    accessible(page)

    storm.get_by_role("button", name="在列表中显示").click()
    expect(drawer).to_be_hidden()
    expect(rows(page)).to_have_count(1)
    expect(rows(page).locator(".storm")).to_contain_text("gust")
    expect(rows(page).locator(".members")).to_have_text(f"×{many}")
    shot(page, "storm-in-the-queue-zh-light")

    page.locator(".aside .storm").click()
    storm.get_by_role("button", name="撤销风暴").click()
    asked = page.get_by_role("dialog").filter(has_text="撤销风暴").last
    asked.get_by_label("说明").fill("不是一回事，逐个处理")
    shot(page, "storm-undone-zh-light")
    _said(asked)
    for each in (page, other):
        expect(each.locator(".aside .storm")).to_have_count(0)

    # What it had collected are cases of their own again.
    ready(other)
    other.keyboard.press("n")
    other.get_by_role("textbox").first.fill("B-02")
    expect(rows(other).filter(has_text="B-02")).not_to_have_count(0)
    expect(rows(other).locator(".storm")).to_have_count(0)


def _said(asked: Locator) -> None:
    """Say it; where the storm has changed since one looked, one is told how and says it again."""
    for _ in range(5):
        asked.locator("button[type=submit]").click()
        try:
            expect(asked).to_be_hidden(timeout=10_000)
        except AssertionError:
            expect(asked.get_by_role("listitem")).not_to_have_count(0)
        else:
            return


def test_a_rule_is_shelved_with_a_reason_and_for_how_long(
    visit: Visit, shot: Callable[[Page, str], Path], accessible: Callable[[Page], None]
) -> None:
    other = visit("operator", path="/triage", language="zh", theme="light")
    expect(other.locator(".aside .shelved")).to_have_text("搁置 1 项")
    page = visit("supervisor", path="/triage")
    page.locator(".aside .shelved").click()
    drawer = page.get_by_role("dialog", name="Storms and what is shelved")
    shelved = drawer.locator("article")
    expect(shelved).to_contain_text("bin-lid-open")
    expect(shelved).to_contain_text("lid sensors are being replaced")
    expect(shelved).to_contain_text("boss, until")

    drawer.get_by_role("button", name="Shelve something").click()
    dialog = page.get_by_role("dialog", name="Shelve", exact=True)
    shelve = dialog.locator("button[type=submit]")
    dialog.get_by_role("combobox", name="Rule", exact=True).fill("bin-batt")
    page.get_by_role("option", name="bin-battery", exact=True).click()
    expect(shelve).to_be_disabled()
    dialog.get_by_label("Why", exact=True).fill("a bad delivery of batteries")
    dialog.get_by_text("1 d", exact=True).click()
    shot(page, "shelve-en-dark")
    accessible(page)
    shelve.click()
    expect(dialog).to_be_hidden()
    own = shelved.filter(has_text="bin-battery")
    expect(own).to_contain_text("a bad delivery of batteries")
    expect(own).to_contain_text("23 h 59 min left")
    shot(page, "shelved-en-dark")
    expect(other.locator(".aside .shelved")).to_have_text("搁置 2 项")

    own.get_by_role("button", name="End it now").click()
    page.locator(".el-popconfirm").get_by_role("button", name="End it now").click()
    expect(shelved).to_have_count(1)
    expect(other.locator(".aside .shelved")).to_have_text("搁置 1 项")
    other.locator(".aside .shelved").click()
    expect(other.get_by_role("dialog").locator("article")).to_contain_text("bin-lid-open")
    expect(other.get_by_role("button", name="新增搁置")).to_have_count(0)  # that is a supervisor's
    expect(current(other)).to_have_count(1)
