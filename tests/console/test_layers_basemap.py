from __future__ import annotations

import contextlib
import gzip
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from console import basemap
from console.basemap_settings import MapSection
from console.basemap_tiles import FAILURES, LARGEST, OVERHEAD, REST, Tiles
from console.errors import Refused
from tests.console.kit import Town
from tests.console.map_kit import on_the_ground

XYZ = {
    "type": "xyz",
    "url": "https://{s}.tiles.example/{z}/{x}/{y}.png?k={key}",
    "subdomains": ["a", "b"],
    "key_env": "KEY",
}


class Host:
    """A host of tiles. asked: addresses."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.status, self.kind, self.body = 200, "image/png", b"\x89PNG"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        if self.status == 0:
            raise httpx.ConnectError("no route")
        return httpx.Response(self.status, headers={"content-type": self.kind}, content=self.body)


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    host = Host()
    monkeypatch.setattr(basemap, "_TILES", Tiles(httpx.Client(transport=httpx.MockTransport(host))))
    return host


@pytest.fixture
def tiled(tmp_path: Path) -> Town:
    return Town(tmp_path, map=XYZ)


def at_home(town: Town, folder: Path) -> Town:
    """Its configuration is in the folder."""
    city = town.app.state.city
    town.app.state.city = replace(city, settings=replace(city.settings, home=folder))
    return town


def test_tiles_come_through_this_host_and_once(tiled: Town, host: Host) -> None:
    client = tiled.client("BOSS")
    assert re.fullmatch(r"/api/map/tiles/\{z}/\{x}/\{y}\?v=\w{10}", client.get("/api/map").json()["tiles"])
    for _ in range(2):
        answer = client.get("/api/map/tiles/4/3/2")
        assert (answer.content, answer.headers["content-type"]) == (b"\x89PNG", "image/png")
    assert host.asked == ["https://b.tiles.example/4/3/2.png?k="]


@pytest.mark.parametrize(
    ("status", "kind", "body", "answer", "said"),
    [
        pytest.param(204, "", b"", 204, "", id="an_empty_tile"),
        pytest.param(404, "", b"", 404, "application/problem+json", id="no_such_tile"),
        pytest.param(200, "text/html", b"<script>", 200, "application/octet-stream", id="a_page"),
        pytest.param(403, "", b"", 502, "application/problem+json", id="refused"),
        pytest.param(302, "", b"", 502, "application/problem+json", id="sent_elsewhere"),
        pytest.param(0, "", b"", 502, "application/problem+json", id="no_answer"),
        pytest.param(200, "image/png", b"x" * (LARGEST + 1), 502, "application/problem+json", id="too_large"),
    ],
)
def test_what_the_tiles_host_may_do(
    tiled: Town, host: Host, status: int, kind: str, body: bytes, answer: int, said: str
) -> None:
    host.status, host.kind, host.body = status, kind, body
    got = tiled.client("BOSS").get("/api/map/tiles/4/3/2")
    assert (got.status_code, got.headers.get("content-type", "")) == (answer, said)


@pytest.mark.parametrize("tile", ["1/2/0", "0/0/1", "25/0/0", "-1/0/0", "x/0/0"])
def test_no_tile(tiled: Town, host: Host, tile: str) -> None:
    assert tiled.client("BOSS").get(f"/api/map/tiles/{tile}").status_code in (404, 422)
    assert host.asked == []


def test_few_tiles_are_kept(tmp_path: Path, host: Host) -> None:
    host.body = b"x" * 700
    client = Town(tmp_path, map=XYZ | {"cache": "1 kB"}).client("BOSS")
    for x in (0, 1, 0):
        client.get(f"/api/map/tiles/4/{x}/0")
    assert len(host.asked) == 3


def test_places_without_a_tile_are_bounded_too(host: Host) -> None:
    host.status, tiles = 404, Tiles(httpx.Client(transport=httpx.MockTransport(host)))
    section = MapSection.model_validate(XYZ | {"cache": f"{10 * OVERHEAD} B"})
    for x in (*range(30), 29, 0):
        tiles.get(section, "", 5, x, 0, lambda: 0.0)
    assert len(host.asked) == 31


def test_a_host_that_is_down_is_left_alone_for_a_while(host: Host) -> None:
    """Asked at 0 s until it has failed often enough, at 5 s not at all, once at 11 s, by all once it answers again."""
    tiles, section = Tiles(httpx.Client(transport=httpx.MockTransport(host))), MapSection.model_validate(XYZ)
    asked = []
    clock = [0.0]
    for clock[0], status in ((0.0, 0), (REST / 2, 0), (REST + 1, 503), (2 * REST + 2, 200)):
        host.status = status
        for x in range(FAILURES + 2):
            with contextlib.suppress(Refused):
                tiles.get(section, "", 4, x, 0, lambda: clock[0])
        asked.append(len(host.asked))
    assert asked == [FAILURES, FAILURES, FAILURES + 1, FAILURES + 1 + FAILURES + 2]


def test_a_tile_that_drips_has_an_end(host: Host) -> None:
    times = iter(range(0, 1_000, 7))
    tiles = Tiles(httpx.Client(transport=httpx.MockTransport(host)))
    with pytest.raises(Refused, match="doesn't answer"):
        tiles.get(MapSection.model_validate(XYZ), "", 4, 0, 0, lambda: next(times))


@pytest.mark.parametrize(
    ("sent", "got"),
    [
        pytest.param(b"\x1a\x00", b"\x1a\x00", id="plain"),
        pytest.param(gzip.compress(b"\x1a\x00"), b"\x1a\x00", id="packed_and_not_said"),
        pytest.param(b"\x1f\x8bnonsense", None, id="only_looks_packed"),
        pytest.param(gzip.compress(bytes(LARGEST + 1)), None, id="large_once_unpacked"),
    ],
)
def test_vector_tiles_come_unpacked(tmp_path: Path, host: Host, sent: bytes, got: bytes | None) -> None:
    host.kind, host.body = "application/octet-stream", sent
    section = {"type": "vector", "url": "https://tiles.example/{z}/{x}/{y}.pbf"}
    answer = Town(tmp_path, map=section).client("BOSS").get("/api/map/tiles/4/3/2")
    assert (answer.status_code, answer.content if got else None) == (200 if got else 502, got)


def test_other_tiles_have_another_address(tmp_path: Path) -> None:
    """A browser keeps tiles for a day."""

    def address(folder: str, **base: Any) -> str:
        town = at_home(Town(tmp_path / folder, map=base), tmp_path)
        return str(town.client("BOSS").get("/api/map").json()["tiles"])

    for name in ("a", "b", "c", "d"):
        (tmp_path / name).mkdir()
    one = {"type": "xyz", "url": "https://one.example/{z}/{x}/{y}.png"}
    two = {"type": "xyz", "url": "https://two.example/{z}/{x}/{y}.png"}
    assert address("a", **one) != address("b", **two)
    (tmp_path / "city.pmtiles").write_bytes(b"old")
    before = address("c", type="pmtiles", file="city.pmtiles")
    (tmp_path / "city.pmtiles").write_bytes(b"a newer one")
    assert address("d", type="pmtiles", file="city.pmtiles") != before


def test_a_pmtiles_file_is_given_by_ranges(tmp_path: Path) -> None:
    town = at_home(Town(tmp_path, map={"type": "pmtiles", "file": "city.pmtiles", "datum": "GCJ-02"}), tmp_path)
    client = town.client("BOSS")
    assert client.get("/api/map/file").status_code == 404
    (tmp_path / "city.pmtiles").write_bytes(bytes(range(100)))
    answer = client.get("/api/map/file", headers={"Range": "bytes=10-19"})
    assert (answer.status_code, answer.content) == (206, bytes(range(10, 20)))
    said = client.get("/api/map").json()
    assert (said["kind"], said["tiles"].partition("?")[0], said["datum"]) == ("pmtiles", "/api/map/file", "GCJ-02")


def test_plain_ground_has_the_citys_bounds_and_roads(town: Town) -> None:
    assert town.client("BOSS").get("/api/map").json() == {
        "kind": "none",
        "tiles": "",
        "style": "",
        "datum": "WGS-84",
        "tile_size": 256,
        "min_zoom": 0,
        "max_zoom": 18,
        "attribution": "",
        "bounds": None,
        "streets": False,
    }
    assert town.client("BOSS").get("/api/map/streets").status_code == 404
    on_the_ground(town)
    said = town.client("BOSS").get("/api/map").json()
    assert said["streets"]
    assert said["bounds"] == pytest.approx([121.0, 31.0, 122.04, 31.6])
    [road] = town.client("BOSS").get("/api/map/streets").json()["features"]
    assert road["properties"] == {"name": "Road 1", "width": 20.0}


def test_streets_of_a_file(tmp_path: Path) -> None:
    town = at_home(Town(tmp_path, map={"streets": "streets.geojson"}), tmp_path)
    (tmp_path / "streets.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": []}))
    assert town.client("BOSS").get("/api/map/streets").json()["features"] == []


@pytest.mark.parametrize("path", ["/api/map", "/api/map/tiles/0/0/0", "/api/map/file", "/api/map/style"])
def test_strangers_get_nothing(tiled: Town, path: str) -> None:
    assert tiled.client().get(path).status_code == 401


@pytest.mark.parametrize(
    ("said", "where"),
    [
        pytest.param({"type": "xyz"}, "url", id="no_url"),
        pytest.param({"type": "xyz", "url": "https://h/{z}/{x}.png"}, "{y}", id="no_y"),
        pytest.param({"type": "xyz", "url": "file:///{z}/{x}/{y}"}, "https", id="no_host"),
        pytest.param({"type": "xyz", "url": "https://h/{z}/{x}/{y.__class__}"}, "{y}", id="more_than_a_name"),
        pytest.param({"type": "xyz", "url": "https://h/{z}/{x}/{y"}, "braces", id="half_a_brace"),
        pytest.param({"type": "xyz", "url": "https://{s}.h/{z}/{x}/{y}"}, "subdomains", id="no_subdomains"),
        pytest.param({"type": "xyz", "url": "https://h/{z}/{x}/{y}?{key}"}, "key_env", id="no_key"),
        pytest.param({"type": "pmtiles"}, "file", id="no_file"),
        pytest.param({"style": "a.json"}, "style", id="style_of_nothing"),
        pytest.param({"min_zoom": 5, "max_zoom": 4}, "max_zoom", id="zooms"),
    ],
)
def test_faults_of_the_section(said: dict[str, Any], where: str) -> None:
    with pytest.raises(ValidationError, match=where.replace("{", r"\{")):
        MapSection.model_validate(said)
