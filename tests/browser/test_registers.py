"""The registers and the rules in a real browser: a file with a bad row, a change and its undo; a rule that is tried."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.service, pytest.mark.timeout(240)]
OFFICERS = "人员编号,姓名,责任网格\no1,王芳,9901*\no2,,9902*\n"


def test_a_file_with_a_bad_row_and_the_way_back(
    visit: Callable[..., Any], shot: Callable[..., Path], accessible: Callable[..., None]
) -> None:
    page = visit("administrator", path="/registers/officers")
    page.get_by_role("button", name="Import").click()
    file = {"name": "officers.csv", "mimeType": "text/csv", "buffer": OFFICERS.encode("gbk")}
    page.set_input_files("input[type=file]", files=[file])
    page.get_by_role("button", name="See what it would do").click()
    page.get_by_text("expected a value for name").wait_for()
    accessible(page)
    shot(page, "registers-import-en-dark")
    page.get_by_label("Import without the bad rows").check()
    page.get_by_role("dialog").get_by_role("button", name="Import", exact=True).click()
    page.get_by_role("button", name="Open o1").click()
    page.get_by_role("textbox", name="Name *").fill("王芳芳")
    page.get_by_role("button", name="Change", exact=True).last.click()
    page.get_by_role("cell", name="王芳芳").wait_for()
    page.get_by_role("button", name="History").click()
    page.get_by_role("button", name="Undo").first.click()
    page.get_by_role("button", name="Take this change back").click()
    page.get_by_role("cell", name="王芳", exact=True).wait_for()
    page.keyboard.press("Escape")
    accessible(page)


def test_a_rule_is_tried(visit: Callable[..., Any], shot: Callable[..., Path], accessible: Callable[..., None]) -> None:
    page = visit("supervisor", path="/rules/overspeed", language="zh", theme="light")
    page.get_by_role("textbox", name="tolerance").fill("0 %")
    page.get_by_role("button", name="试算").click()
    page.locator(".result").wait_for(timeout=120_000)
    accessible(page)
    shot(page, "rules-tryout-zh-light")
