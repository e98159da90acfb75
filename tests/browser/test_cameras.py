"""Cameras in a browser: the wall with its pictures, one camera, and a zone that is moved, saved and taken back."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import sqlalchemy as sa
from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import Page, expect

from cameras.latest_form import Shown, closed
from cases.database import reading, writing
from cases.tables import EVIDENCE, REPORTS
from cases.tables.camera_health import CAMERA_HEALTH
from console.cameras_health import keep
from console.cameras_known import Change
from gridwatch.camera_section import read_cameras
from tests.console.served import Served
from tests.services.wait import until

pytestmark = [pytest.mark.service, pytest.mark.timeout(180), pytest.mark.usefixtures("seen")]


@pytest.fixture
def seen(city: Served) -> None:
    """A camera of the demo says how it is, what it sees, and gives a picture, as its process would."""
    source = city.city._city.city.configuration.sources["city"]
    picture = np.full((360, 640, 3), (96, 112, 104), np.uint8)
    cv2.putText(picture, "roadside", (150, 120), cv2.FONT_HERSHEY_SIMPLEX, 2, (235, 235, 235), 3)
    now = time.time()
    thing = {"track": 1, "label": "object", "box": [0.5, 0.47, 0.06, 0.1], "still": 12, "zone": "verge"}
    said = {
        "cameras/roadside/health": json.dumps({"ts": now, "state": "up", "fps": 25.0, "looked": 5.0}).encode(),
        "cameras/roadside/sightings": json.dumps({"ts": now, "objects": [thing]}).encode(),
        "frames/roadside": closed(
            Shown(camera="roadside", ts=now, width=640, height=360), cv2.imencode(".jpg", picture)[1].tobytes()
        ),
    }
    client = Client(CallbackAPIVersion.VERSION2, client_id="roadside", protocol=MQTTv311)
    client.connect("127.0.0.1", getattr(source, "port"))  # noqa: B009 its type has more than MQTT's
    client.loop_start()
    for topic, payload in said.items():
        client.publish(topic, payload, qos=1).wait_for_publish(10.0)
    client.disconnect()
    client.loop_stop()


def test_the_wall_and_a_zone_that_is_moved(
    city: Served,
    visit: Callable[..., Page],
    shot: Callable[[Page, str], Path],
    accessible: Callable[[Page], None],
) -> None:
    page = visit("integrator", path="/cameras")
    tile = page.locator("[data-camera=roadside]")
    expect(tile.locator("img")).to_be_visible()
    expect(tile).to_contain_text("up")
    expect(tile).to_contain_text("1 × object")
    accessible(page)
    shot(page, "cameras-wall-en-dark")
    tile.click()
    expect(page.get_by_text("What its watchers see now")).to_be_visible()
    accessible(page)
    shot(page, "camera-en-dark")

    page.get_by_role("button", name="Edit zones").click()
    corner = page.get_by_role("button", name="Corner 1 of 4 of verge")
    corner.focus()
    page.keyboard.press("Shift+ArrowLeft")
    page.get_by_role("textbox", name="What was changed, and why").fill("The verge begins earlier")
    accessible(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. The camera is watched by these zones")).to_be_visible()
    shot(page, "camera-zones-en-dark")
    drawn = read_cameras(city.folder / "city.yaml")
    assert drawn.drawn == {"roadside"}
    assert drawn.cameras["roadside"].settings.zones["verge"].corners[0] == pytest.approx((0.195, 0.589))

    page.get_by_role("button", name="Let it hold again").last.click()
    expect(page.get_by_text("in force")).to_have_count(1)
    expect(page.get_by_text("back to 0")).to_be_visible()
    assert read_cameras(city.folder / "city.yaml").drawn == frozenset()


def test_it_speaks_chinese_by_daylight(visit: Callable[..., Page], shot: Callable[[Page, str], Path]) -> None:
    page = visit("operator", path="/cameras/roadside", language="zh", theme="light", width=1920, height=1080)
    expect(page.get_by_text("当前识别结果")).to_be_visible()
    expect(page.get_by_role("button", name="编辑区域")).to_have_count(0)
    shot(page, "camera-zh-light")


def test_a_case_begins_with_a_cameras_picture(city: Served, visit: Callable[..., Page]) -> None:
    page = visit("operator", path="/cameras/roadside")
    page.get_by_role("link", name="New case from this frame").click()
    expect(page.get_by_label("What is wrong", exact=True)).to_have_value(re.compile("^Seen by camera "))
    category = page.get_by_role("combobox", name="Category", exact=True)
    category.click()
    category.press_sequentially("06010")
    page.get_by_role("option").filter(has_text="Exposed garbage").first.wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Report", exact=True).click()
    number = page.locator(".done .number")
    expect(number).to_have_text(re.compile(r"^\S{6,}$"))
    with reading(city.city.cases.engine) as connection:
        told = connection.execute(sa.select(REPORTS).where(REPORTS.c.number == number.inner_text())).mappings().one()
    assert len(told["photos"]) == 1

    def proof() -> Any:
        found = sa.select(EVIDENCE.c.kind, EVIDENCE.c.source).where(EVIDENCE.c.case_id == told["case_id"])
        with reading(city.city.cases.engine) as connection:
            return connection.execute(found).all()

    until(lambda: proof() == [("frame", "roadside")], "the picture to be the case's evidence")


@pytest.mark.parametrize(
    "language, theme, words",
    [
        pytest.param("en", "dark", ("The last 30 days", "nothing heard"), id="en-dark"),
        pytest.param("zh", "light", ("最近 30 天", "没有消息"), id="zh-light"),
    ],
)
def test_a_month_of_a_camera_leaves_gaps_open(
    city: Served,
    visit: Callable[..., Page],
    shot: Callable[[Page, str], Path],
    accessible: Callable[[Page], None],
    language: str,
    theme: str,
    words: tuple[str, str],
) -> None:
    day, now = 86_400.0, time.time()
    kept = [(20.0, 12.2, "up"), (12.2, 12.0, "down"), (12.0, 6.5, "up"), (4.0, 3.5, "stalled"), (3.5, 1.5, "up")]
    with writing(city.city.cases.engine) as connection:
        connection.execute(CAMERA_HEALTH.delete())
        changes = [Change(now - since * day, state, "", now - until * day) for since, until, state in kept]
        keep(connection, {"roadside": changes})
    page = visit("operator", path="/cameras/roadside", language=language, theme=theme, height=1300)
    month = page.locator("section", has=page.get_by_role("heading", name=words[0]))
    expect(month.locator(".day")).to_have_count(31, timeout=30_000)
    expect(month.locator("tbody tr").filter(has_text=words[1])).to_be_visible()
    assert month.locator("rect.down").count() >= 1
    assert month.locator("rect.silent").count() == 0
    accessible(page)
    shot(page, f"camera-month-{language}-{theme}")
