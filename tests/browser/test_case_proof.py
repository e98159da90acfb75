"""What proves a case: a clip that plays where it stands, a sealed original, the case as a file that proves itself."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from typer.testing import CliRunner

from cameras.evidence.sealing import new_identity, seal
from cases.database import reading, writing
from cases.evidence_files import FOLDER, Files
from cases.tables import CASES, EVIDENCE
from gridwatch.cli import app
from tests.browser.conftest import Visit
from tests.cameras.clips import clip, jpeg
from tests.console.served import Served

pytestmark = pytest.mark.service


@pytest.fixture
def secret() -> tuple[str, str]:
    """What opens a sealed original, and what seals one."""
    return new_identity()


@pytest.fixture
def case(city: Served, tmp_path: Path, secret: tuple[str, str]) -> str:
    """The number of a case with a picture, a clip and a sealed original of one moment."""
    engine, files = city.city.cases.engine, Files(city.folder / "var" / FOLDER)
    kept = {
        "frame": files.put(jpeg(20), ".jpg"),
        "clip": files.put(clip(tmp_path / "clip.mp4").read_bytes(), ".mp4"),
        "sealed": files.put(seal(jpeg(20), secret[1]), ".jpg.age"),
    }
    bare = CASES.c.id.not_in(sa.select(EVIDENCE.c.case_id))
    wanted = sa.select(CASES.c.id, CASES.c.number).where(CASES.c.category == "vehicle.overspeed", bare)
    with reading(engine) as connection:
        id, number = connection.execute(wanted.order_by(CASES.c.opened.desc()).limit(1)).one()
    moment = uuid.uuid4().hex
    with writing(engine) as connection:
        for kind, file in kept.items():
            row = {"id": uuid.uuid4().hex, "case_id": id, "kind": kind, "location": file.location}
            row |= {"sha256": file.sha256, "captured": time.time() - 60.0, "clock_offset": 0.02, "source": "roadside"}
            connection.execute(EVIDENCE.insert(), [row | {"extra": {"evidence": moment}}])
    return str(number)


@pytest.mark.parametrize(
    "language, theme", [pytest.param("en", "dark", id="en-dark"), pytest.param("zh", "light", id="zh-light")]
)
def test_a_clip_plays_and_a_sealed_original_needs_a_reason(
    visit: Visit,
    shot: Callable[[Page, str], Path],
    accessible: Callable[[Page], None],
    case: str,
    secret: tuple[str, str],
    language: str,
    theme: str,
) -> None:
    page = visit("operator", path=f"/cases/{case}", language=language, theme=theme)
    viewer = page.locator(".viewer")
    pieces = viewer.locator(".strip button")
    expect(pieces).to_have_count(3)
    answers: list[int] = []
    page.on("response", lambda each: answers.append(each.status) if "/evidence/" in each.url else None)
    pieces.nth(1).click()
    video = viewer.locator("video")
    expect(video).to_have_js_property("readyState", 4)
    assert video.get_attribute("poster")
    assert 206 in answers, "it comes in parts"
    shot(page, f"case-clip-{language}-{theme}")
    accessible(page)
    video.evaluate("async (video) => { await video.play() }")
    page.wait_for_function("() => document.querySelector('.viewer video').currentTime > 0.3")
    video.focus()
    page.keyboard.press("ArrowLeft")  # back in the clip, not to the picture before it
    expect(video).to_be_visible()

    pieces.nth(2).click()
    viewer.locator(".other button").click()
    dialog = page.get_by_role("dialog")
    fetch = dialog.locator("button[type=submit]")
    expect(fetch).to_be_disabled()
    dialog.locator("textarea").fill("the court asks for it")
    shot(page, f"case-sealed-{language}-{theme}")
    accessible(page)
    dialog.locator("input[type=password]").fill(new_identity()[0])
    fetch.click()
    expect(dialog.get_by_role("alert")).to_be_visible()  # another's key
    dialog.locator("input[type=password]").fill(secret[0])
    with page.expect_download() as opened:
        fetch.click()
    assert Path(opened.value.path()).read_bytes() == jpeg(20)
    expect(dialog).to_be_hidden()


@pytest.mark.parametrize(
    "language, form, item",
    [
        pytest.param("en", "zip", "files", id="zip"),
        pytest.param("zh", "pdf", "PDF", id="pdf-zh"),
    ],
)
def test_an_export_proves_itself(visit: Visit, tmp_path: Path, case: str, language: str, form: str, item: str) -> None:
    page = visit("supervisor", path=f"/cases/{case}", language=language, theme="light")
    page.locator(".export .el-dropdown button").click()
    with page.expect_download(timeout=60_000) as kept:
        page.get_by_role("menuitem").filter(has_text=item).click()
    file = tmp_path / kept.value.suggested_filename
    kept.value.save_as(file)
    assert file.suffix == f".{form}"
    answer = CliRunner().invoke(app, ["verify", str(file)])
    assert answer.exit_code == 0, answer.output


def test_an_export_that_fails_says_why_and_is_offered_again(
    visit: Visit, shot: Callable[[Page, str], Path], case: str
) -> None:
    page = visit("supervisor", path=f"/cases/{case}")
    page.route("**/export?**", lambda route: route.fulfill(status=503, json={"detail": "No browser to print with."}))
    page.locator(".export .el-dropdown button").click()
    page.get_by_role("menuitem").filter(has_text="PDF").click()
    failed = page.locator(".export .failed")
    expect(failed).to_contain_text("No browser to print with.")
    shot(page, "case-export-failed-en-dark")
    page.unroute("**/export?**")
    with page.expect_download(timeout=60_000):
        failed.get_by_role("button", name="Try again").click()
    expect(failed).to_be_hidden()


@pytest.mark.parametrize(
    "language, theme", [pytest.param("en", "dark", id="en-dark"), pytest.param("zh", "light", id="zh-light")]
)
def test_a_case_on_paper_has_its_map(
    visit: Visit, shot: Callable[[Page, str], Path], case: str, language: str, theme: str
) -> None:
    page = visit("operator", path=f"/cases/{case}", language=language, theme=theme, width=900, height=1200)
    paper = page.locator("figure.paper")
    expect(paper.locator("path[stroke='#fff']").first).to_be_attached(timeout=30_000)
    expect(paper).to_be_hidden()
    page.emulate_media(media="print")
    expect(paper.locator("svg")).to_be_visible()
    expect(page.locator(".case-map")).to_be_hidden()
    expect(paper.locator("circle").first).to_be_visible()
    paper.scroll_into_view_if_needed()
    shot(page, f"case-paper-{language}-{theme}")
