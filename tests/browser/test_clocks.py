"""A terminal with a wrong clock in a real browser: listed as watched by nobody, corrected, and revoked."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from pipeline.entries import EntryBuffer, Kind
from tests.console.served import Served

pytestmark = [pytest.mark.service, pytest.mark.timeout(240)]
TERMINAL = "muck-007"
"""It names itself as the vehicle does; the demo's own terminals go by other names."""


def bring(city: Served) -> None:
    """A quarter of an hour of its rows, up to a minute ago, by a clock that is 8 h ahead."""
    buffer, start = EntryBuffer(), time.time() - 1_000
    for n in range(90):
        at = start + 10.0 * n
        said = {"time": at + 8 * 3600, "pos": {"lon": 121.9, "lat": 30.9}, "v": 20, "dir": 90, "acc": 3}
        buffer.add(Kind.DELIVERY, "city", f"fleet/{TERMINAL}/gps", at, json.dumps(said).encode())
    city.city._city.inside.journal.commit(buffer)


def test_a_wrong_clock_is_corrected_and_revoked(
    city: Served, visit: Callable[..., Any], shot: Callable[..., Path], accessible: Callable[..., None]
) -> None:
    bring(city)
    page = visit("administrator", path="/integrations/devices")
    card = page.get_by_role("region", name="Terminals with wrong clocks")
    row = card.get_by_role("row").filter(has_text=TERMINAL)
    expect(row).to_contain_text("8 h ahead (a time zone)")
    expect(row).to_contain_text("no, nobody watches it")
    expect(row).to_contain_text("could be corrected")
    card.scroll_into_view_if_needed()
    accessible(page)
    shot(page, "integrations-clocks-en-dark")
    row.get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_role("textbox").fill("sends local time")
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    page.get_by_text(f"{TERMINAL} is corrected from now on.").wait_for()
    expect(row).to_contain_text("−8 h")
    expect(row.get_by_role("cell").nth(4)).to_have_text("corrected")
    chinese = visit("administrator", path="/integrations/devices", language="zh", theme="light")
    listed = chinese.get_by_role("region", name="时钟有误的终端")
    expect(listed.get_by_role("row").filter(has_text=TERMINAL)).to_contain_text("快 8小时")
    listed.scroll_into_view_if_needed()
    shot(chinese, "integrations-clocks-zh-light")
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    page.get_by_text(f"{TERMINAL} is no longer corrected.").wait_for()
    expect(row).to_contain_text("could be corrected")


def test_who_may_not_edit_registers_sees_the_list_alone(city: Served, visit: Callable[..., Any]) -> None:
    bring(city)
    page = visit("operator", path="/integrations/devices")
    card = page.get_by_role("region", name="Terminals with wrong clocks")
    expect(card.get_by_role("row").filter(has_text=TERMINAL)).to_contain_text("8 h ahead")
    expect(card.get_by_role("button")).to_have_count(0)
