"""map_page: what thousands of moving vehicles, and a wall of cameras, cost the page.

A console of its own tells where 5,000 vehicles are, each of which moves once a second; Chromium shows all of them on
the map. Of the wall: 200 cameras with a new picture every two seconds, of which a page's worth is in sight.

Measured is the processor's time of the page's own scripts, by the browser's numbers (CDP `Performance`, thread ticks,
so that other programs count little): of the map per frame that was drawn, with what comes every two seconds in it; of
the wall per second. Limits: half of what a frame has at 60 a second (8 ms), and a tenth of a second. Without a graphics
card the processor draws, too: how many frames that gives says little about the page, and is told, not judged.

    python -m benchmarks.map_page [--vehicles 5000] [--cameras 200] [--seconds 10]

The pages are those of console/web/dist, or of $GRIDWATCH_PAGES. It is not one of `make bench`: it needs Chromium.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.result import Result, at_most, say
from cases.database import open_database, writing
from console.app import create_app
from console.cameras_known import Change, Known, Picture, Tried, Zones
from console.city import Beside
from console.login_links import one_time_link
from console.people import add_user
from console.settings import Settings, WebSection
from gridwatch.web_running import WebServer
from pipeline.latest import Latest
from pipeline.names import Names
from pipeline.registers import Registers, Table
from pipeline.rows import Position, unknown
from tests.browser.conftest import OPTIONS
from tests.console.kit import PASSWORDS, FakeOffice, fresh_store

LON, LAT = 121.5, 31.2
FRAME, WALL = 8.0, 100.0
"""Milliseconds of a frame of the map, and of a second of the wall."""
SIZE = {"width": 1366, "height": 768}
_FRAMES = """
window.gwFrames = 0
let last = 0
const ask = window.requestAnimationFrame.bind(window)
window.requestAnimationFrame = (work) => ask((at) => {
  if (at !== last) window.gwFrames++
  last = at
  work(at)
})
"""
"""Counts frames; several may ask for the same one."""


class Moving:
    """The ground of a city whose vehicles drive in circles, once a second further, until `end`."""

    def __init__(self, number: int) -> None:
        self.latest, self.run, self.number = Latest(1_000_000), 1, number
        names = [f"V-{n:05}" for n in range(number)]
        self.registers = Registers(vehicles=Table.of("vehicles", [{"id": each, "class": "truck"} for each in names]))
        self._names, self._ended, dice = Names(), threading.Event(), np.random.default_rng(1)
        self._codes = self._names.codes(names)
        self._around = dice.uniform(-0.05, 0.05, (2, number)), dice.uniform(0, 2 * np.pi, number)
        self._thread = threading.Thread(target=self._drive, name="vehicles", daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def _drive(self) -> None:
        while not self._ended.wait(1.0):
            self._move(time.time())

    def _move(self, now: float) -> None:
        n, (middle, phase) = self.number, self._around
        angle = phase + now / 40
        lon, lat = LON + middle[0] + 0.003 * np.cos(angle), LAT + middle[1] + 0.003 * np.sin(angle)
        rest = [np.degrees(-angle) % 360, unknown(n), np.ones(n), *(unknown(n) for _ in range(3))]
        seen, none = np.full(n, now), np.zeros(n, np.int32)
        rows = Position(self._codes, seen, seen, np.arange(n), none, lon, lat, np.full(n, 40.0), *rest)
        self.latest.take(self._names, [rows], 300.0)


class Wall:
    """Cameras, each with another picture every two seconds."""

    def __init__(self, number: int) -> None:
        ground = np.random.default_rng(2).integers(0, 255, (9, 16, 3), np.uint8)
        shades = [cv2.resize(np.roll(ground, n, 1), (640, 360)) for n in range(8)]
        self._pictures = [cv2.imencode(".jpg", each)[1].tobytes() for each in shades]
        self._ids = [f"camera-{n:03}" for n in range(number)]

    def known(self) -> Sequence[Known]:
        """As `console.cameras_known.Cameras`, all the others too."""
        return [self._camera(each) for each in self._ids]

    def camera(self, id: str) -> Known | None:
        return self._camera(id) if id in self._ids else None

    def changes(self, id: str) -> Sequence[Change]:
        return ()

    def picture(self, id: str, preset: str | None, infrared: bool | None) -> tuple[Picture, bytes] | None:
        ts = time.time() // 2 * 2
        return _picture(ts), self._pictures[int(ts / 2 + len(id)) % len(self._pictures)]

    def own_zones(self, id: str) -> Zones:
        return {}

    def try_zones(self, id: str, zones: Zones) -> Tried:
        return Tried()

    def keep_zones(self, id: str, zones: Zones | None, revision: int) -> None:
        raise OSError("nobody draws on this wall")

    def _camera(self, id: str) -> Known:
        now = time.time()
        health = {"ts": now, "state": "up", "reason": "", "fps": 25.0, "looked": 5.0}
        return Known(id, name=id, area="north", health=health, pictures=(_picture(now // 2 * 2),))


def _picture(ts: float) -> Picture:
    return Picture(f"{ts:.0f}", ts, 640, 360, preset="", infrared=False, away=False, heads=0)


@contextmanager
def console(folder: Path, beside: Beside) -> Iterator[tuple[str, str]]:
    """(its address, a link that logs in an operator)."""
    (folder / "cases.sqlite").write_bytes(fresh_store())
    engine = open_database(folder / "cases.sqlite")
    section = WebSection.model_validate({"port": 0, "requests_per_minute": 100_000})
    settings = Settings(section, folder / "kept", home=folder)
    app = create_app(FakeOffice(engine), engine, settings, os.environ, time.time, None, beside, PASSWORDS)
    with writing(engine) as connection:
        add_user(connection, name="op", roles=("operator",), now=time.time(), by="", must_change=False)
    server = WebServer(app, section, None)
    server.start()
    try:
        yield server.url, f"{server.url}/login#link={one_time_link(engine, 'op', time.time())}"
    finally:
        server.stop()
        engine.dispose()


@dataclass(frozen=True)
class Cost:
    """Of some seconds of a page: how many frames it asked for, and the processor's seconds of its scripts."""

    seconds: float
    frames: int
    scripts: float


def watched(page: Page, seconds: int) -> Cost:
    """What a page costs from now on, by the browser's own numbers."""
    numbers = page.context.new_cdp_session(page)
    numbers.send("Performance.enable", {"timeDomain": "threadTicks"})

    def scripts() -> float:
        found = numbers.send("Performance.getMetrics")["metrics"]
        return next(float(each["value"]) for each in found if each["name"] == "ScriptDuration")

    before, frames, begun = scripts(), page.evaluate("window.gwFrames"), time.perf_counter()
    page.wait_for_timeout(seconds * 1000)
    took = time.perf_counter() - begun
    return Cost(took, page.evaluate("window.gwFrames") - frames, scripts() - before)


def opened(browser: Browser, address: str, link: str, path: str) -> Page:
    page = browser.new_context(viewport=SIZE, locale="en-GB").new_page()  # type: ignore[arg-type]
    page.add_init_script(_FRAMES)
    page.goto(link)
    page.wait_for_url(lambda url: "/login" not in url, timeout=60_000)
    page.goto(address + path)
    return page


def of_map(browser: Browser, folder: Path, number: int, seconds: int) -> list[Result]:
    moving = Moving(number)
    try:
        with console(folder, Beside(ground=moving)) as (address, link):
            page = opened(browser, address, link, f"/now?lon={LON}&lat={LAT}")
            page.locator(".gw-pin").wait_for(timeout=60_000)
            for _ in range(4):  # from 16 to 12, where ten kilometres are in sight and vehicles are not counted yet
                page.get_by_role("button", name="Zoom out").click()
                page.wait_for_timeout(700)
            page.get_by_text(f"moving {number}").wait_for(timeout=60_000)
            page.wait_for_timeout(3_000)
            cost = watched(page, seconds)
            page.context.close()
    finally:
        moving.end()
    each = 1000 * cost.scripts / max(cost.frames, 1)
    rate = f"{cost.frames / cost.seconds:.1f} frames/s without a graphics card"
    drawn = f"{number:,} vehicles, all in sight and moving; {rate}"
    return [at_most("map_scripts", "ms", each, FRAME, f"a frame's scripts; {drawn}")]


def of_wall(browser: Browser, folder: Path, number: int, seconds: int) -> list[Result]:
    with console(folder, Beside(cameras=Wall(number))) as (address, link):
        page = opened(browser, address, link, "/cameras")
        page.locator("img").first.wait_for(timeout=60_000)
        page.wait_for_timeout(4_000)
        cost = watched(page, seconds)
        tiles = page.locator("img").count()
        page.context.close()
    each = 1000 * cost.scripts / cost.seconds
    return [at_most("wall_scripts", "ms", each, WALL, f"a second's scripts; {number} cameras, {tiles} in sight")]


def run(vehicles: int = 5_000, cameras: int = 200, seconds: int = 10) -> list[Result]:
    """Both."""
    program = os.environ.get("GRIDWATCH_TEST_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as found:
        browser = playwright.chromium.launch(executable_path=program, args=list(OPTIONS))
        for part in ("map", "wall"):
            Path(found, part).mkdir()
        return of_map(browser, Path(found, "map"), vehicles, seconds) + of_wall(
            browser, Path(found, "wall"), cameras, seconds
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="map_page: see the head of the file")
    parser.add_argument("--vehicles", type=int, default=5_000)
    parser.add_argument("--cameras", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=10)
    options = parser.parse_args()
    say(run(options.vehicles, options.cameras, options.seconds))


if __name__ == "__main__":
    main()
