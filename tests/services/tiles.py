"""tiles: a host of map tiles as cities have them: XYZ, WMTS by parameters and by path with its capabilities, vector
tiles, and PMTiles files.

Each is a plain ground with one mark on it, at the place that the maker is given, in the datum of the tiles: in pictures
a red dot, in vector tiles a square of the layer `water`, and 100 m north of it a road with a name.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import cv2
import numpy as np

from pipeline.geo import Datum, from_wgs84
from tests.services.tile_formats import Feature, pmtiles, vector_tile

PIXELS = 256
DOT = 9
"""Pixels, of its radius."""
METRES = 40.0
"""Of the square's side."""
_LAYER, _STYLE, _MATRICES = "img", "default", "GoogleMapsCompatible"
_WORLD = 2 * math.pi * 6378137.0


def mercator(lon: float, lat: float) -> tuple[float, float]:
    """Web Mercator, the whole world from 0 to 1; y to the south."""
    return (lon + 180) / 360, (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2


class Mark:
    """A place (WGS-84) on tiles of a datum."""

    def __init__(self, lon: float, lat: float, datum: Datum) -> None:
        self.lat = lat
        there = from_wgs84(lon, lat, datum)
        self.lon_lat = float(there[0]), float(there[1])

    def picture(self, z: int, x: int, y: int, pixels: int = PIXELS) -> bytes:
        """A tile as PNG."""
        ground = np.full((pixels, pixels, 3), (226, 236, 238), np.uint8)
        cv2.rectangle(ground, (0, 0), (pixels - 1, pixels - 1), (200, 210, 214), 1)
        cv2.putText(ground, f"{z}/{x}/{y}", (8, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (150, 150, 150), 1, cv2.LINE_AA)
        at = [(each * 2**z - tile) * pixels for each, tile in zip(mercator(*self.lon_lat), (x, y), strict=True)]
        if all(-DOT <= each <= pixels + DOT for each in at):
            whole = (round(at[0] * 16), round(at[1] * 16))  # in sixteenths, by `shift`
            cv2.circle(ground, whole, DOT * 16, (0, 0, 255), -1, cv2.LINE_AA, shift=4)
        return cv2.imencode(".png", ground)[1].tobytes()

    def shapes(self, z: int, x: int, y: int) -> bytes:
        """A vector tile; b"": there is nothing there."""
        mx, my = (each * 2**z - tile for each, tile in zip(mercator(*self.lon_lat), (x, y), strict=True))
        metre = 2**z / math.cos(math.radians(self.lat)) / _WORLD
        half, far = METRES / 2 * metre, 100 * metre
        if not all(-5 * far < each < 1 + 5 * far for each in (mx, my)):
            return b""
        corners = ((mx - half, my - half), (mx + half, my - half), (mx + half, my + half), (mx - half, my + half))
        road = Feature("line", ((mx - 3 * far, my - far), (mx + 3 * far, my - far)), "Test Street")
        return vector_tile({"water": [Feature("polygon", corners)], "roads": [road]})

    def archive(self, *, pictures: bool, zooms: range = range(18), around: int = 3) -> bytes:
        """A PMTiles file of the tiles around it, so many to each side."""
        tiles: dict[tuple[int, int, int], bytes] = {}
        for z in zooms:
            cx, cy = (int(each * 2**z) for each in mercator(*self.lon_lat))
            for x in range(max(cx - around, 0), min(cx + around + 1, 2**z)):
                for y in range(max(cy - around, 0), min(cy + around + 1, 2**z)):
                    body = self.picture(z, x, y) if pictures else self.shapes(z, x, y)
                    if body:
                        tiles[z, x, y] = body
        lon, lat = self.lon_lat
        metadata = {"attribution": "PMTiles of the test", "vector_layers": [{"id": "water", "fields": {}}]}
        return pmtiles(tiles, (lon - 1, lat - 1, lon + 1, lat + 1), metadata, pictures=pictures)


class TileHost:
    """It answers until the end of `tile_host`. asked: paths. down: it answers 503. deepest: beyond, 404."""

    def __init__(self, lon: float, lat: float) -> None:
        self.marks = {datum: Mark(lon, lat, datum) for datum in Datum}
        self.asked: list[str] = []
        self.down, self.deepest = False, 22
        self.url = ""

    def xyz(self, datum: Datum) -> str:
        """The template of tiles as pictures; with `mvt` in place of `xyz`, as shapes."""
        return f"{self.url}/{datum.value}/xyz/{{z}}/{{x}}/{{y}}.png"

    def mvt(self, datum: Datum) -> str:
        """The template of vector tiles."""
        return f"{self.url}/{datum.value}/mvt/{{z}}/{{x}}/{{y}}.pbf"

    def wmts(self, datum: Datum) -> str:
        """Where its WMTS is; with `?REQUEST=GetCapabilities`, what it has."""
        return f"{self.url}/{datum.value}/wmts"

    def answer(self, address: str) -> tuple[int, str, bytes]:
        """Status, media type, body."""
        split = urlsplit(address)
        self.asked.append(address)
        if self.down:
            return 503, "text/plain", b"down"
        _, datum, kind, *rest = split.path.split("/")
        mark = self.marks[Datum(datum)]
        if kind == "wmts" and not rest:
            names = {name.upper(): values[0] for name, values in parse_qs(split.query).items()}
            if names["REQUEST"] == "GetCapabilities":
                return 200, "application/xml", self._capabilities(Datum(datum)).encode()
            assert names["SERVICE"] == "WMTS"
            assert (names["LAYER"], names["STYLE"], names["TILEMATRIXSET"]) == (_LAYER, _STYLE, _MATRICES)
            numbers = [names["TILEMATRIX"], names["TILECOL"], names["TILEROW"]]
        elif kind == "wmts":
            assert rest[:3] == [_LAYER, _STYLE, _MATRICES]
            numbers = [rest[3], rest[5].partition(".")[0], rest[4]]
        else:
            numbers = [rest[0], rest[1], rest[2].partition(".")[0]]
        z, x, y = map(int, numbers)
        if z > self.deepest:
            return 404, "text/plain", b"no such tile"
        if kind == "mvt":
            body = mark.shapes(z, x, y)
            return (200 if body else 204), "application/vnd.mapbox-vector-tile", body
        return 200, "image/png", mark.picture(z, x, y)

    def _capabilities(self, datum: Datum) -> str:
        """What a WMTS 1.0.0 says of itself, as far as a client's template comes from it."""
        here = self.wmts(datum)
        return f"""<?xml version="1.0"?>
<Capabilities xmlns="http://www.opengis.net/wmts/1.0" xmlns:ows="http://www.opengis.net/ows/1.1"
  xmlns:xlink="http://www.w3.org/1999/xlink" version="1.0.0">
 <ows:OperationsMetadata><ows:Operation name="GetTile"><ows:DCP><ows:HTTP><ows:Get xlink:href="{here}?"/></ows:HTTP>
 </ows:DCP></ows:Operation></ows:OperationsMetadata>
 <Contents><Layer><ows:Identifier>{_LAYER}</ows:Identifier>
  <Style isDefault="true"><ows:Identifier>{_STYLE}</ows:Identifier></Style><Format>image/png</Format>
  <TileMatrixSetLink><TileMatrixSet>{_MATRICES}</TileMatrixSet></TileMatrixSetLink>
  <ResourceURL format="image/png" resourceType="tile"
   template="{here}/{_LAYER}/{{Style}}/{{TileMatrixSet}}/{{TileMatrix}}/{{TileRow}}/{{TileCol}}.png"/>
 </Layer></Contents></Capabilities>"""


def wmts_templates(capabilities: str) -> tuple[str, str]:
    """(by parameters, by path): what somebody writes into the configuration who has read the capabilities."""
    found = {
        name: re.findall(pattern, capabilities)[0]
        for name, pattern in {
            "get": r'ows:Get xlink:href="([^"]+)"',
            "layer": r"<Layer><ows:Identifier>([^<]+)",
            "style": r"<Style[^>]*><ows:Identifier>([^<]+)",
            "set": r"<TileMatrixSet>([^<]+)",
            "path": r'template="([^"]+)"',
        }.items()
    }
    asked = "SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&FORMAT=image/png"
    numbers = "TILEMATRIX={TileMatrix}&TILEROW={TileRow}&TILECOL={TileCol}"
    named = f"LAYER={found['layer']}&STYLE={found['style']}&TILEMATRIXSET={found['set']}"
    by_path = found["path"].replace("{Style}", found["style"]).replace("{TileMatrixSet}", found["set"])
    return f"{found['get']}{asked}&{named}&{numbers}", by_path


@contextmanager
def tile_host(lon: float, lat: float) -> Iterator[TileHost]:
    """A host of tiles with a mark at a place (WGS-84), on a free port of this machine."""
    host = TileHost(lon, lat)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            status, kind, body = host.answer(self.path)
            self.send_response(status)
            if status != 204:
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    host.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="tiles", daemon=True)
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def write_archives(host: TileHost, folder: Path, datum: Datum) -> None:
    """shapes.pmtiles and pictures.pmtiles."""
    mark = host.marks[datum]
    (folder / "shapes.pmtiles").write_bytes(mark.archive(pictures=False))
    (folder / "pictures.pmtiles").write_bytes(mark.archive(pictures=True, zooms=range(12, 18), around=2))
