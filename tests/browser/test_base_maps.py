"""Base maps as they are drawn: what is painted on the tiles at a place is seen where the page says that place is.

Tiles come from a host of the test (tests/services/tiles.py). The page puts its pin at a place given in WGS-84; the mark
on the tiles stands at the same place in the datum of the tiles, so the two must meet on the screen.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import httpx
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from pipeline.geo import Datum, distance, from_wgs84
from tests.browser.conftest import Visit
from tests.console.served import Served
from tests.services.tiles import TileHost, mercator, tile_host, wmts_templates, write_archives
from tests.services.wait import until

pytestmark = pytest.mark.service
LON, LAT = 121.95, 31.0
"""Beside the demo's city: nothing else is drawn there."""
ZOOM = 16
"""At which the page shows a place that it is sent to."""
NEAR = 3.0
"""Pixels; a metre is one there."""
PANEL = 230
"""Pixels on the left of the map, over which the list of layers is."""
FROM = "Surveyed by Example, GS(2026)0001"
Look = Literal["dot", "square"]
Offset = tuple[float, float]
"""Pixels of the screen, east and south."""


@pytest.fixture(scope="module")
def tiles() -> Iterator[TileHost]:
    with tile_host(LON, LAT) as host:
        yield host


def seen(page: Page, look: Look) -> Offset | None:
    """How far the mark on the tiles is from the pin; None: it isn't to be seen."""
    box = page.locator("canvas.maplibregl-canvas").bounding_box()
    pin = page.locator(".gw-pin").bounding_box()
    assert box is not None
    assert pin is not None
    without = page.screenshot(style=".gw-pin { visibility: hidden !important }")
    picture = np.asarray(Image.open(io.BytesIO(without)).convert("RGB"), np.int16)
    top, left = int(box["y"]), int(box["x"]) + PANEL
    red, green, blue = np.moveaxis(picture[top : int(top + box["height"]), left:], 2, 0)
    if look == "dot":
        found = red - np.maximum(green, blue) > 40
    else:
        found = (abs(red - 0xCF) < 4) & (abs(green - 0xE3) < 4) & (abs(blue - 0xEE) < 4)  # --gw-map-water, in the light
    if np.count_nonzero(found) < 100:
        return None
    y, x = np.argwhere(found).mean(axis=0)
    middle = pin["x"] + pin["width"] / 2, pin["y"] + pin["height"] / 2
    return float(left + x + 0.5 - middle[0]), float(top + y + 0.5 - middle[1])


def settled(page: Page, look: Look) -> Offset:
    """As `seen`, once it stays where it is: tiles of lower zooms are drawn first, larger than they are."""
    last: list[Offset | None] = [None]

    def still() -> bool:
        now, before = seen(page, look), last[0]
        last[0] = now
        return now is not None and before is not None and math.dist(now, before) < 0.2

    page.locator(".gw-pin").wait_for()
    until(still, "the mark on the tiles", every=0.25)
    assert last[0] is not None
    return last[0]


def opened(visit: Visit, **how: Any) -> Page:
    """A page whose map has no vehicles: while they glide, all is drawn anew each frame, which costs this machine more
    than all the rest."""
    page = visit("operator", path="/login", **{"language": "en", "theme": "light", "width": 1100, "height": 620} | how)
    page.context.add_init_script("""localStorage.setItem("gridwatch.map.layers", '{"vehicles": false}')""")
    return page


def show(page: Page, city: Served) -> Page:
    page.goto(f"{city.url}/now?lon={LON}&lat={LAT}")
    page.locator(".gw-pin").wait_for()
    return page


def sections(host: TileHost) -> dict[str, tuple[Look, dict[str, Any]]]:
    """What a configuration says of each kind."""
    capabilities = httpx.get(f"{host.wmts(Datum.CGCS2000)}?SERVICE=WMTS&REQUEST=GetCapabilities").text
    by_parameters, by_path = wmts_templates(capabilities)
    return {
        "xyz": ("dot", {"type": "xyz", "url": host.xyz(Datum.WGS84)}),
        "xyz_gcj02": ("dot", {"type": "xyz", "url": host.xyz(Datum.GCJ02), "datum": "GCJ-02"}),
        "wmts_parameters": ("dot", {"type": "wmts", "url": by_parameters, "datum": "CGCS2000"}),
        "wmts_path": ("dot", {"type": "wmts", "url": by_path}),
        "vector_gcj02": ("square", {"type": "vector", "url": host.mvt(Datum.GCJ02), "datum": "GCJ-02", "max_zoom": 14}),
        "vector_style": ("dot", {"type": "vector", "url": host.mvt(Datum.WGS84), "style": "style.json"}),
        "pmtiles_shapes": ("square", {"type": "pmtiles", "file": "shapes.pmtiles"}),
        "pmtiles_pictures": ("dot", {"type": "pmtiles", "file": "pictures.pmtiles"}),
    }


STYLE = {
    "version": 8,
    "sources": {"city": {"type": "vector", "tiles": ["/api/map/tiles/{z}/{x}/{y}"]}},
    "layers": [
        {"id": "ground", "type": "background", "paint": {"background-color": "#ffffff"}},
        {"id": "w", "type": "fill", "source": "city", "source-layer": "water", "paint": {"fill-color": "#ff0000"}},
    ],
}


@pytest.mark.parametrize(
    ("language", "theme", "kinds"),
    [
        pytest.param("en", "dark", ["xyz", "pmtiles_pictures"], id="en_dark"),
        pytest.param("zh", "light", ["xyz_gcj02", "wmts_parameters", "vector_gcj02"], id="zh_light"),
        pytest.param("en", "light", ["wmts_path", "vector_style", "pmtiles_shapes"], id="en_light"),
    ],
)
def test_what_is_painted_is_where_the_page_says(
    city: Served,
    visit: Visit,
    tiles: TileHost,
    shot: Callable[[Page, str], Path],
    language: str,
    theme: str,
    kinds: list[str],
) -> None:
    write_archives(tiles, city.folder, Datum.WGS84)
    (city.folder / "style.json").write_text(json.dumps(STYLE))
    page = opened(visit, language=language, theme=theme)
    off = {}
    for kind in kinds:
        look, section = sections(tiles)[kind]
        with city.drawn_on(section | {"attribution": FROM}):
            off[kind] = math.hypot(*settled(show(page, city), look))
            shot(page, f"base-map-{kind.replace('_', '-')}-{language}-{theme}")
            expect(page.locator(".maplibregl-ctrl-attrib-inner")).to_have_text(FROM)
    assert max(off.values()) < NEAR, off


def test_tiles_whose_datum_is_not_said_are_as_far_off_as_the_datums_are(
    city: Served, visit: Visit, tiles: TileHost
) -> None:
    """What the tests above would see if nothing were shifted. Another base map at the same place is drawn at once."""
    there = [float(each) for each in from_wgs84(LON, LAT, Datum.GCJ02)]
    assert float(distance(LON, LAT, *there)) > 400
    scale = 512 * 2**ZOOM
    away = [(b - a) * scale for a, b in zip(mercator(LON, LAT), mercator(*there), strict=True)]
    section = {"type": "xyz", "url": tiles.xyz(Datum.GCJ02)}
    with city.drawn_on(section):
        page = show(opened(visit), city)
        assert math.dist(settled(page, "dot"), away) < NEAR
    with city.drawn_on(section | {"datum": "GCJ-02"}):
        page.reload()
        assert math.hypot(*settled(page, "dot")) < NEAR


def test_where_there_are_no_closer_tiles_those_of_further_out_are_drawn_larger(
    city: Served, visit: Visit, tiles: TileHost
) -> None:
    tiles.deepest = 15
    try:
        with city.drawn_on({"type": "xyz", "url": tiles.xyz(Datum.WGS84) + "?deepest"}):
            assert math.hypot(*settled(show(opened(visit), city), "dot")) < 2 * NEAR
    finally:
        tiles.deepest = 22


def test_a_tiles_host_that_is_down_is_said_and_the_map_goes_on(
    city: Served,
    visit: Visit,
    tiles: TileHost,
    shot: Callable[[Page, str], Path],
    accessible: Callable[[Page], None],
) -> None:
    tiles.down = True
    try:
        with city.drawn_on({"type": "xyz", "url": tiles.xyz(Datum.WGS84) + "?down", "streets": "streets.geojson"}):
            page = visit("operator", path=f"/now?lon={LON}&lat={LAT}")
            said = page.get_by_role("status").filter(has_text="base map")
            expect(said).to_be_visible()
            moving = page.get_by_role("region", name="Layers").get_by_text("moving")
            expect(moving).to_be_visible()
            page.locator("canvas.maplibregl-canvas").click(position={"x": 500, "y": 300})
            shot(page, "base-map-down-en-dark")
            accessible(page)
            before = len(tiles.asked)
            page.reload()
            expect(said).to_be_visible()
            assert len(tiles.asked) <= before + 1  # it is left alone for a while
    finally:
        tiles.down = False
