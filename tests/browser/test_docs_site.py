"""The documentation's site in a browser: it asks no other host, searches and changes its language by itself."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.docs_site import built


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing: what was asked for is in the browser's own list."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the site is served."""
    folder: Path = built(tmp_path_factory.mktemp("docs") / "site")
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page that may ask the site alone."""
    context = browser.new_context(color_scheme="dark")
    opened = context.new_page()
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    yield opened
    context.close()
    assert asked
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []


@pytest.mark.parametrize(
    "start, word, found",
    [
        pytest.param("/guides/first-city.html", "bin sensors", "Adding bin sensors", id="english"),
        pytest.param("/zh/edge.html", "接入派遣系统", "接入派遣系统", id="chinese"),
    ],
)
def test_what_is_searched_for_is_found(page: Page, address: str, start: str, word: str, found: str) -> None:
    page.goto(address + start, wait_until="networkidle")  # the index is fetched after the page is there
    page.locator("button.md-search__button").click()
    page.locator("input[aria-autocomplete=list]").fill(word)
    expect(page.get_by_role("option").filter(has_text=found).first).to_be_visible()


def test_the_language_is_changed_and_the_page_stays(page: Page, address: str) -> None:
    page.goto(f"{address}/guides/add-camera.html")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Adding a camera")
    page.get_by_role("article").get_by_role("link", name="中文").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("接入摄像机")
    expect(page.locator("html")).to_have_attribute("lang", "zh")
    assert page.locator('header a[hreflang="en"]').get_attribute("href") == "../guides/add-camera.html"
