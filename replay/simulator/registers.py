"""registers: the made-up city's tables as the files that a configuration names.

    python -m replay.simulator.registers configs/demo      writes vehicles, devices, bins, zones, routes, permits

Zones are written in GCJ-02, as if drawn on a web map; everything else is WGS-84. Nothing in them depends on a day's
seed or on the time, so that writing them again changes nothing.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.geo import Datum, from_wgs84
from replay.simulator.streets import Plane, streets, to_lonlat
from replay.simulator.town import Town

SINCE = "2020-01-01"
"""Everything in the city holds from then on."""
_MOVED_LAST_DAY, _MOVED = "2023-06-30", "2023-07-01"
"""When the terminal of one truck was built into another: why a register of devices has dates."""


def write_registers(folder: Path, town: Town) -> list[Path]:
    """Write the registers of a town into a folder, which is made; answers the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "vehicles.csv": _csv(("id", "class", "plate", "speed_limit", "valid_from"), _vehicles(town)),
        "devices.csv": _csv(("device", "subject", "valid_from", "valid_to"), _devices(town)),
        "bins.csv": _csv(("id", "class", "lon", "lat", "address", "valid_from"), _bins(town)),
        "permits.csv": _csv(("id", "vehicle", "route", "valid_from"), _permits(town)),
        "zones.geojson": _geojson(_zones(town)),
        "routes.geojson": _geojson(_routes(town)),
    }
    written = []
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8", newline="\n")
        written.append(folder / name)
    return written


def _vehicles(town: Town) -> Iterable[Sequence[object]]:
    for truck in town.lorries:
        limit = f"{truck.speed_limit:.0f}" if truck.speed_limit else ""
        yield truck.id, "muck_truck", truck.plate, limit, SINCE
    for refuse in town.refuse:
        yield refuse.id, "refuse_truck", refuse.plate, "", SINCE


def _devices(town: Town) -> Iterable[Sequence[object]]:
    for n, truck in enumerate(town.lorries):
        follower = town.lorries[n + 1] if n == 58 and len(town.lorries) > 59 else None
        if n == 59:
            yield truck.device, town.lorries[58].id, SINCE, _MOVED_LAST_DAY
        yield truck.device, truck.id, _MOVED if follower or n == 59 else SINCE, ""
    for refuse in town.refuse:
        yield refuse.device, refuse.id, SINCE, ""


def _bins(town: Town) -> Iterable[Sequence[object]]:
    if not town.bins:
        return
    places = to_lonlat(np.array([(b.x, b.y) for b in town.bins]))
    for each, (lon, lat) in zip(town.bins, places.tolist(), strict=True):
        yield each.id, "street_bin", f"{lon:.6f}", f"{lat:.6f}", each.address, SINCE


def _permits(town: Town) -> Iterable[Sequence[object]]:
    for truck in town.lorries:
        for route in truck.routes:
            yield truck.permit, truck.id, route, SINCE


def _zones(town: Town) -> Iterable[dict[str, Any]]:
    for zone in town.zones:
        properties: dict[str, Any] = {"id": zone.id, "use": zone.use}
        if zone.speed_limit:
            properties["speed_limit"] = zone.speed_limit
        if zone.classes:
            properties["classes"] = list(zone.classes)
        ring = _degrees(np.array(zone.outline.exterior.coords), Datum.GCJ02)
        yield _feature(properties, {"type": "Polygon", "coordinates": [ring]})


def _routes(town: Town) -> Iterable[dict[str, Any]]:
    nodes = streets().nodes
    _ = town.lorries  # whose permits make the routes
    for route, way in sorted(town.ways.items()):
        line = _degrees(nodes[way], Datum.WGS84)
        yield _feature({"id": route}, {"type": "LineString", "coordinates": line})


def _degrees(points: Plane, datum: Datum) -> list[list[float]]:
    lonlat = to_lonlat(points)
    lon, lat = from_wgs84(lonlat[:, 0], lonlat[:, 1], datum)
    return [[round(x, 6), round(y, 6)] for x, y in zip(lon.tolist(), lat.tolist(), strict=True)]


def _feature(properties: dict[str, Any], geometry: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def _geojson(features: Iterable[dict[str, Any]]) -> str:
    """One feature a line, so that a change shows."""
    lines = ",\n".join(json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in features)
    return f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'


def main(arguments: Sequence[str]) -> int:
    """The command: one folder."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m replay.simulator.registers FOLDER\n")
        return 2
    for path in write_registers(Path(arguments[0]), Town()):
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
