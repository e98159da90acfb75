"""The main path of a dispatcher: from the queue to a case, given to a unit, accepted, handled, verified, closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from cases.database import reading
from cases.tables import CASES, EVIDENCE, STEPS
from cases.tables.people import AUDIT
from tests.browser.conftest import Visit
from tests.console.served import Served

pytestmark = [pytest.mark.service, pytest.mark.timeout(300)]
WORDS: dict[str, dict[str, str]] = {
    "en": {
        "why": "Why it fired",
        "history": "History",
        "evidence": "Evidence",
        "dispatch": "Dispatch",
        "unit": "Unit",
        "accept": "Accept",
        "handled": "Say it is handled",
        "verified": "Verified",
        "close": "Close",
        "also": "also looking",
        "export": "Export",
        "page": "Page (.html)",
    },
    "zh": {
        "why": "为何触发",
        "history": "办理过程",
        "evidence": "证据",
        "dispatch": "派遣",
        "unit": "处置部门",
        "accept": "接单",
        "handled": "处置反馈",
        "verified": "核查通过",
        "close": "结案",
        "also": "同时查看",
        "export": "导出",
        "page": "网页 (.html)",
    },
}
STATES = {
    "en": ("dispatched", "being handled", "handled", "verified", "closed"),
    "zh": ("已派遣", "处置中", "已处置", "核查通过", "已结案"),
}


def filed(city: Served) -> tuple[str, str]:
    """A case with pictures that nobody has yet: id and number."""
    pictured = sa.select(EVIDENCE.c.case_id)
    query = sa.select(CASES.c.id, CASES.c.number).where(CASES.c.id.in_(pictured), ~CASES.c.withdrawn)
    query = query.where(CASES.c.state == "filed", CASES.c.rule != "", CASES.c.responsible == "")
    with reading(city.city.cases.engine) as connection:
        id, number = connection.execute(query.order_by(CASES.c.opened).limit(1)).one()
    return str(id), str(number)


def said(page: Page, action: str, state: str) -> None:
    """Take a step, and see where the case is then; what has no way back asks once more."""
    main = page.locator("#main")
    main.get_by_role("button", name=action, exact=True).click()
    again = page.get_by_role("dialog").get_by_role("button", name=action, exact=True)
    expect(again.or_(page.locator("#head .state", has_text=state)).first).to_be_visible()
    if again.is_visible():
        again.click()
    expect(page.locator("#head .state")).to_have_text(state)


@pytest.mark.parametrize("language, theme", [("en", "dark"), ("zh", "light")])
def test_a_case_is_given_out_and_followed_until_it_is_closed(
    city: Served,
    visit: Visit,
    shot: Callable[[Page, str], Any],
    accessible: Callable[[Page], None],
    language: str,
    theme: str,
) -> None:
    word = WORDS[language]
    (case, number), engine = filed(city), city.city.cases.engine
    dispatched, handling, handled, verified, closed = STATES[language]

    # From the queue to a case; then to ours, which shows all that it has on one screen.
    desk = visit("dispatcher", "acceptor", path="/triage", language=language, theme=theme)
    desk.locator("#main a[href^='/cases/']").first.click()
    desk.wait_for_url("**/cases/*")
    desk.goto(f"{city.url}/cases/{case}")
    expect(desk.locator("h1")).to_contain_text(number)
    expect(desk.get_by_role("heading", name=word["why"])).to_be_in_viewport()
    expect(desk.get_by_role("region", name=word["evidence"])).to_be_in_viewport(ratio=1)
    button = desk.locator("#main").get_by_role("button", name=word["dispatch"], exact=True)
    expect(button).to_be_in_viewport(ratio=1)
    desk.wait_for_function("document.querySelector('#main .large img')?.naturalWidth > 0")
    expect(desk.locator("#main .gw-pin").first).to_be_visible()
    shot(desk, f"case-{language}-{theme}")
    accessible(desk)

    # Given to the unit that is offered first.
    offered = desk.evaluate(f"fetch('/api/cases/{case}/units').then(answer => answer.json())")
    button.click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_role("combobox", name=word["unit"], exact=True).click()
    desk.get_by_role("option").filter(has_text=offered[0]["name"]).first.click()
    shot(desk, f"case-dispatch-{language}-{theme}")
    accessible(desk)
    dialog.get_by_role("button", name=word["dispatch"], exact=True).click()
    expect(desk.locator("#head .state")).to_have_text(dispatched)
    expect(desk.locator(f"#main [title='{offered[0]['id']}']").first).to_have_text(offered[0]["name"])

    # The unit takes it and does it; the desk sees that without asking, and who else looks.
    unit = visit("unit", unit=offered[0]["id"], path=f"/cases/{case}", language=language, theme=theme)
    said(unit, word["accept"], handling)
    expect(unit.get_by_text(word["also"])).to_be_visible()
    said(unit, word["handled"], handled)
    expect(desk.locator("#head .state")).to_have_text(handled)

    # Verified and closed by the desk; the history has it all.
    said(desk, word["verified"], verified)
    said(desk, word["close"], closed)
    history = desk.get_by_role("region", name=word["history"])
    history.scroll_into_view_if_needed()
    shot(desk, f"case-closed-{language}-{theme}")
    accessible(desk)
    with reading(engine) as connection:
        steps = sa.select(STEPS.c.action).where(STEPS.c.case_id == case).order_by(STEPS.c.number)
        done = connection.execute(steps).scalars().all()
        opened = sa.select(sa.func.count()).where(AUDIT.c.action == "evidence.opened", AUDIT.c.about.contains(number))
        assert connection.execute(opened).scalar_one() > 0
    expect(history.get_by_role("listitem")).to_have_count(len(done) + 1)
    assert done[-5:] == ["dispatch", "accept", "handled", "verified", "close"]

    # Taken along as a file, and found again in the list of what was.
    desk.get_by_role("button", name=word["export"], exact=True).click()
    with desk.expect_download(timeout=60_000) as kept:
        desk.get_by_role("menuitem", name=word["page"]).click()
    assert kept.value.suggested_filename == f"{number}.html"
    desk.goto(f"{city.url}/cases?text={number}")
    expect(desk.locator(f"a[href='/cases/{case}']")).to_be_visible()
    shot(desk, f"cases-{language}-{theme}")
    accessible(desk)
