"""A demo city with a month of cases, its console, and a real browser: what tests of the pages stand on.

`city` runs once for all tests of a process; `visit` opens the console as somebody with the roles that are asked for;
`shot` keeps a picture of a page under .cache/screenshots (CI keeps them); `accessible` asks axe. What a page says on
the browser's console as an error, throws, or asks of another host fails the test that opened it.
"""

from __future__ import annotations

import io
import os
import shutil
import time
import uuid
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from cases.database import writing
from console.login_links import one_time_link
from console.people import add_user
from pipeline.runtime.logs import logger
from tests.console.served import Served, served
from tests.services.need import missing

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / ".cache" / "screenshots"
AXE = ROOT / "console" / "web" / "node_modules" / "axe-core" / "axe.min.js"
PAGES = ROOT / "console" / "web" / "dist" / "index.html"
OPTIONS = (
    *("--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio"),
)

PATIENCE = 60_000.0
"""Milliseconds: for so long whatever a page should show is waited for where a test says nothing else. On a busy machine
a page takes its time; what never comes is as wrong a minute later."""
expect.set_options(timeout=PATIENCE)

FAILED = pytest.StashKey[bool]()
Visit = Callable[..., Page]
"""`visit(*roles, path="/", language="en", theme="dark", width=1366, height=768, unit="", phone=False)`"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(ROOT / "tests" / "browser"):
            item.add_marker(pytest.mark.browser)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(300))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """It runs until the last test of this process has ended."""
    if not PAGES.exists() and "GRIDWATCH_PAGES" not in os.environ:
        missing("the built pages", "make web")
    with served(tmp_path_factory.mktemp("city"), log=logger(io.StringIO())) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    program = os.environ.get("GRIDWATCH_TEST_CHROMIUM") or shutil.which("chromium")
    if program is None:
        missing("Chromium", "apt-get install chromium (as root), or set GRIDWATCH_TEST_CHROMIUM=/path")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=program, args=list(OPTIONS))


@pytest.fixture
def visit(city: Served, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Opens pages, each in a browser of its own; what went wrong in one is raised when the test ends. Of a test that
    fails, each page is kept as a picture."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def opened(
        *roles: str,
        path: str = "/",
        language: str = "en",
        theme: str = "dark",
        width: int = 1366,
        height: int = 768,
        unit: str = "",
        phone: bool = False,
        **more: Any,
    ) -> Page:
        size = {"width": width, "height": height}
        context = browser.new_context(
            viewport={"width": 360, "height": 740} if phone else {"width": size["width"], "height": size["height"]},
            has_touch=phone,
            reduced_motion="reduce",  # what fades in has no colour yet that could be measured
            locale="zh-CN" if language == "zh" else "en-GB",
            **more,
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        context.add_init_script(
            f"localStorage.setItem('gridwatch.language', localStorage.getItem('gridwatch.language') ?? '{language}');"
            f"localStorage.setItem('gridwatch.theme', localStorage.getItem('gridwatch.theme') ?? '{theme}');"
        )
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"{page.url} threw {error}"))
        page.on("console", lambda said: wrong.append(f"{page.url} said {said.text}") if _bad(said) else None)
        page.on(
            "request", lambda asked: wrong.append(f"{page.url} asked {asked.url}") if _away(asked.url, city) else None
        )
        page.goto(f"{city.url}/login#link={_link(city, roles, unit)}")
        page.wait_for_url(lambda url: "/login" not in url)
        page.goto(f"{city.url}{path}")
        return page

    yield opened
    pages = [page for context in contexts for page in context.pages]
    for n, page in enumerate(pages if request.node.stash.get(FAILED, False) else []):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"failed-{request.node.name}-{n}.png")
    for context in contexts:
        context.close()
    assert wrong == []


def _bad(said: Any) -> bool:
    # A refused request is the server's to say and the page's to show.
    return said.type == "error" and "Failed to load resource" not in said.text


def _away(url: str, city: Served) -> bool:
    return url.startswith(("http:", "https:")) and not url.startswith(city.url)


def _link(city: Served, roles: tuple[str, ...], unit: str) -> str:
    name, engine = f"{roles[0]}-{uuid.uuid4().hex[:6]}", city.city.cases.engine
    with writing(engine) as connection:
        add_user(connection, name=name, roles=roles, unit=unit, now=time.time(), by="", must_change=False)
    return one_time_link(engine, name, time.time())


@pytest.fixture
def shot() -> Callable[[Page, str], Path]:
    """Keeps what a page looks like: `shot(page, "triage-en-dark")`."""

    def take(page: Page, name: str) -> Path:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        file = SCREENSHOTS / f"{name}.png"
        page.screenshot(path=file)
        return file

    return take


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """Raises where axe finds something serious or critical in a page as it stands."""

    def check(page: Page) -> None:
        page.wait_for_timeout(200)
        # In a world of its own: the page's security policy holds for the page.
        found = page.evaluate(f"async () => {{ {AXE.read_text()}; return (await axe.run()).violations }}")
        serious = [
            f"{each['id']}: {each['help']}: {node['html'][:160]}"
            for each in found
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"][:3]
        ]
        assert serious == []

    return check
