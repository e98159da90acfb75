"""An operator's day: works the queue by keyboard beside a second one, puts cases off, makes a case of a call."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.service


def rows(page: Page) -> Locator:
    return page.locator("[role=grid] [role=row]")


def current(page: Page) -> Locator:
    return page.locator("[role=grid] [role=row][aria-selected=true]")


def ready(page: Page) -> None:
    rows(page).first.wait_for()
    expect(current(page)).to_have_count(1)


def to_row_with(page: Page, state: str) -> str:
    """Go to the first case in this state; its number."""
    row = rows(page).filter(has_text=state).first
    row.locator(".what").click()
    expect(current(page)).to_contain_text(state)
    return row.locator(".mono").inner_text()


@pytest.mark.parametrize(
    "language, theme, said",
    [
        pytest.param("en", "dark", {"reported": "reported", "filed": "filed", "why": "Why"}, id="en-dark"),
        pytest.param("zh", "light", {"reported": "上报", "filed": "已立案", "why": "说明"}, id="zh-light"),
    ],
)
def test_the_queue_by_keyboard(
    visit: Visit,
    shot: Callable[[Page, str], Path],
    accessible: Callable[[Page], None],
    language: str,
    theme: str,
    said: dict[str, str],
) -> None:
    page = visit("operator", path="/triage", language=language, theme=theme)
    ready(page)
    page.keyboard.press("j")
    expect(current(page)).to_have_attribute("aria-rowindex", "2")
    page.keyboard.press("k")
    expect(current(page)).to_have_attribute("aria-rowindex", "1")

    number = to_row_with(page, said["reported"])
    preview = page.locator(".preview")
    expect(preview).to_contain_text(number)
    expect(preview.locator(".actions kbd", has_text="f")).to_be_visible()
    shot(page, f"triage-{language}-{theme}")
    accessible(page)
    page.keyboard.press("f")
    expect(rows(page).filter(has_text=number)).to_contain_text(said["filed"])

    number = to_row_with(page, said["reported"])
    page.keyboard.press("r")
    dialog = page.get_by_role("dialog").filter(has_text=number)
    expect(dialog.locator("button[type=submit]")).to_be_disabled()
    dialog.get_by_label(said["why"], exact=True).fill("测试 test")
    accessible(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".row.left").filter(has_text=number)).to_be_visible()  # it stays in its place

    expect(dialog).to_be_hidden()

    # Many at once, and out of the queue for a while.
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator(".row.checked")).to_have_count(2)
    page.keyboard.press("s")
    times = page.get_by_role("dialog").locator(".times")
    times.locator("button").first.wait_for()
    page.keyboard.press("2")
    expect(page.locator(".row.checked")).to_have_count(0)
    expect(times).to_be_hidden()
    page.keyboard.press("n")
    expect(page.locator(".row.left")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog").last).to_contain_text("Esc")


def test_two_on_one_case_see_each_other(visit: Visit) -> None:
    one = visit("acceptor", path="/triage")
    ready(one)
    number = to_row_with(one, "reported")
    other = visit("acceptor", path="/triage", language="zh")
    ready(other)
    rows(other).filter(has_text=number).locator(".what").click()
    for page in (one, other):
        expect(page.locator(".preview .names")).to_contain_text("acceptor-")
        expect(rows(page).filter(has_text=number).locator(".names")).to_contain_text("acceptor-")


def test_a_call_becomes_a_case_unless_it_is_known(
    visit: Visit, shot: Callable[[Page, str], Path], accessible: Callable[[Page], None]
) -> None:
    page = visit("operator", path="/newcase?lon=121.8842&lat=30.9357", language="zh", theme="light")
    category = page.get_by_role("combobox", name="类别", exact=True)
    category.click()
    category.press_sequentially("ljx")  # 垃圾箱 …, by the first letters of its pinyin
    page.get_by_role("option").filter(has_text="垃圾").first.wait_for()
    page.keyboard.press("Enter")
    page.get_by_label("问题描述").fill("垃圾箱满了两天没人清")
    likely = page.get_by_role("region", name=re.compile("可能已有的案件"))
    expect(likely.locator("p, li").first).to_be_visible()
    shot(page, "newcase-zh-light")
    accessible(page)
    page.get_by_role("button", name="上报", exact=True).click()
    number = page.locator(".done .number")
    expect(number).to_have_text(re.compile(r"^\S{6,}$"))
    shot(page, "newcase-number-zh-light")

    # The next who calls about it is shown what is known first, and joins it.
    page.goto(page.url)
    category.click()
    category.press_sequentially("ljx")
    page.get_by_role("option").filter(has_text="垃圾").first.wait_for()
    page.keyboard.press("Enter")
    page.get_by_label("问题描述").fill("垃圾箱满了两天没人清")
    likely.get_by_role("button", name="并入此案").first.click()
    page.get_by_role("button", name="并入", exact=True).click()
    expect(page.locator(".done")).to_contain_text("已并入")
