"""The main path of somebody in the field: on duty, a task taken and done without a network, sent once there is one."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from cases.database import reading
from cases.evidence_files import FOLDER
from cases.tables import CASES, EVIDENCE, STEPS
from cases.tables.duty import DUTIES, DUTY_POSITIONS
from tests.browser.conftest import Visit
from tests.console.served import Served
from tests.services.wait import until

pytestmark = pytest.mark.service
UNIT = "sanitation-east"
"""Milliseconds at most, for what comes by itself: machines that run tests are slow."""
WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "tasks": "Tasks",
        "outbox": "To send",
        "duty": "Duty",
        "on": "Sign on for duty",
        "off": "Sign off",
        "since": "On duty since",
        "take": "Take it",
        "done": "It is done",
        "before": "Photos before",
        "waits": "waits for network",
        "sent": "sent",
        "offline": "no network",
        "is_off": "You are off duty",
    },
    "zh": {
        "tasks": "任务",
        "outbox": "待发送",
        "duty": "上岗",
        "on": "上岗",
        "off": "离岗",
        "since": "在岗，自",
        "take": "接单",
        "done": "处置完成",
        "before": "处置前照片",
        "waits": "等待网络",
        "sent": "已发送",
        "offline": "无网络",
        "is_off": "当前未上岗",
    },
}


def picture() -> bytes:
    out = io.BytesIO()
    Image.radial_gradient("L").resize((2400, 1800)).convert("RGB").save(out, "JPEG")
    return out.getvalue()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("language, theme", [("en", "light"), ("zh", "dark")])
def test_a_task_is_done_without_a_network_and_sent_later(
    city: Served,
    visit: Visit,
    shot: Callable[[Page, str], Any],
    accessible: Callable[[Page], None],
    language: str,
    theme: str,
) -> None:
    word, engine = WORDS[language], city.city.cases.engine

    def count(*where: sa.ColumnElement[bool]) -> int:
        with reading(engine) as connection:
            return connection.execute(sa.select(sa.func.count()).where(*where)).scalar_one()

    here = {"longitude": 104.06 if language == "en" else 104.07, "latitude": 30.66, "accuracy": 9}
    page = visit(
        "unit", unit=UNIT, path="/m", language=language, theme=theme, phone=True, geolocation=here,
        permissions=["geolocation"],
    )  # fmt: skip
    tabs = page.get_by_role("navigation")
    expect(page.locator(".card").first).to_be_visible()
    shot(page, f"officer-tasks-{language}-{theme}")
    accessible(page)

    # On duty: said on every page, and then only is anything located.
    assert count(DUTY_POSITIONS.c.lon == here["longitude"], DUTY_POSITIONS.c.who.like("unit-%")) == 0
    tabs.get_by_text(word["duty"], exact=True).click()
    page.get_by_role("button", name=word["on"], exact=True).click()
    expect(page.get_by_role("link", name=word["since"])).to_be_visible()
    until(lambda: count(DUTY_POSITIONS.c.lon == here["longitude"]) > 0, "the phone says where it is")
    shot(page, f"officer-duty-{language}-{theme}")
    accessible(page)

    # One that is dispatched and that nobody has taken.
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    tabs.get_by_text(word["tasks"], exact=True).click()
    asked = "fetch('/api/mobile/tasks').then(a => a.json()).then(a => a.tasks.find(t => t.state === 'dispatched').case)"
    case = page.evaluate(asked)
    page.locator(f".card[href='/m/task/{case}']").click()
    expect(page.get_by_role("button", name=word["take"])).to_be_visible()
    shot(page, f"officer-task-{language}-{theme}")
    accessible(page)

    # The network goes; what is done is kept, over a reload too.
    page.context.set_offline(True)
    page.get_by_role("button", name=word["take"]).click()
    photo = FilePayload(name="before.jpg", mimeType="image/jpeg", buffer=picture())
    page.get_by_label(word["before"], exact=True).last.set_input_files(files=[photo])
    expect(page.locator(".photo img")).to_have_count(1)
    page.get_by_role("button", name=word["done"]).click()
    expect(page.get_by_text(word["offline"]).first).to_be_visible()
    page.reload()
    expect(page.locator(".card, main h2").first).to_be_visible()  # the list, or the task that was open
    tabs.get_by_text(word["outbox"], exact=True).click()
    expect(page.locator(".m-tag", has_text=word["waits"])).to_have_count(2)
    shot(page, f"officer-offline-{language}-{theme}")
    accessible(page)
    assert count(CASES.c.id == case, CASES.c.state == "dispatched") == 1

    # It is back: everything is sent, once, in order.
    page.context.set_offline(False)
    page.reload()
    expect(page.locator(".m-tag.good", has_text=word["sent"])).to_have_count(2)
    shot(page, f"officer-sent-{language}-{theme}")
    with reading(engine) as connection:
        steps = sa.select(STEPS.c.action).where(STEPS.c.case_id == case, STEPS.c.by == UNIT).order_by(STEPS.c.number)
        assert connection.execute(steps).scalars().all()[-3:] == ["accept", "attach", "handled"]
        mine = (EVIDENCE.c.case_id == case) & (EVIDENCE.c.kind == "photo") & EVIDENCE.c.source.like("unit-%")
        (kept,) = connection.execute(sa.select(EVIDENCE).where(mine)).all()
    assert (kept.extra["when"], kept.extra["lon"]) == ("before", here["longitude"])
    with Image.open(city.folder / "var" / FOLDER / kept.location) as small:
        assert max(small.size) == 1600

    # Off duty nothing is located any more.
    tabs.get_by_text(word["duty"], exact=True).click()
    page.get_by_role("button", name=word["off"]).click()
    expect(page.get_by_role("heading", name=word["is_off"])).to_be_visible()
    until(lambda: count(DUTIES.c.ended.is_(None), DUTIES.c.who.like("unit-%")) == 0, "the duty has ended")
