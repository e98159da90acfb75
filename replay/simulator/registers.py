"""registers: the made-up city's tables as the files that a configuration names.

    python -m replay.simulator.registers configs/demo      writes vehicles, devices, bins, zones, routes, permits, …

Zones are written in GCJ-02, as if drawn on a web map; everything else is WGS-84. Nothing in them depends on a day's
seed. Trip sheets and plans are for a day: those of no day are empty tables, so that writing the registers again
changes nothing; whoever lets the city run writes them for its run (`write_day`).
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.geo import Datum, from_wgs84
from replay.simulator import beats, offices, things
from replay.simulator.beats import Beat
from replay.simulator.shifts import hours_text
from replay.simulator.streets import Plane, streets, to_lonlat
from replay.simulator.timetable import Timetable
from replay.simulator.town import Town, Zone

SINCE = "2020-01-01"
"""Everything in the city holds from then on."""
_DAY = 86_400.0
_PERMIT = ("id", "vehicle", "route", "hours", "site", "disposal", "valid_from", "valid_to")
_MANIFEST = ("id", "vehicle", "site", "disposal", "valid_from", "valid_to")
_PLAN = ("id", "subject", "route", "zone", "hours", "share", "radius", "valid_from")
_MOVED_LAST_DAY, _MOVED = "2023-06-30", "2023-07-01"
"""When the terminal of one truck was built into another: why a register of devices has dates."""


def write_registers(folder: Path, town: Town) -> list[Path]:
    """Write the registers of a town into a folder, which is made; answers the files."""
    crews = [*beats.sweepers(town), *beats.patrols(town)]
    files = {
        "vehicles.csv": _csv(("id", "class", "plate", "speed_limit", "valid_from"), _vehicles(town, crews)),
        "devices.csv": _csv(("device", "subject", "valid_from", "valid_to"), _devices(town, crews)),
        "bins.csv": _csv(("id", "class", "lon", "lat", "address", "valid_from"), _bins(town)),
        "permits.csv": _csv(_PERMIT, _permits(town)),
        "manifests.csv": _csv(_MANIFEST, ()),
        "plans.csv": _csv(_PLAN, _bin_plans(town)),
        "zones.geojson": _geojson(_zones(town, crews)),
        "routes.geojson": _geojson(_routes(town, crews)),
        "units.csv": _csv(offices.UNIT, offices.units()),
        "duty.csv": _csv(offices.DUTY, offices.duties()),
        "categories.csv": _csv(offices.CATEGORY, offices.categories()),
        "grid.geojson": _geojson(_polygons(offices.cells())),
        "streets.geojson": _geojson(_lines(offices.street_lines())),
    }
    return _write(folder, files)


def write_day(folder: Path, town: Town, start: float, seconds: float = 3 * _DAY) -> list[Path]:
    """Write what holds for one run: trip sheets for its time, and plans from its start on (UTC seconds).

    A plan's windows that began before are nobody's: what was done of them cannot be known.
    """
    crews = [*beats.sweepers(town), *beats.patrols(town)]
    files = {
        "manifests.csv": _csv(_MANIFEST, _manifests(town, start, start + seconds)),
        "plans.csv": _csv(_PLAN, (*_plans(crews, start), *_bin_plans(town))),
    }
    return _write(folder, files)


def _write(folder: Path, files: Mapping[str, str]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8", newline="\n")
        written.append(folder / name)
    return written


def _vehicles(town: Town, crews: Sequence[Beat]) -> Iterable[Sequence[object]]:
    for truck in town.lorries:
        limit = f"{truck.speed_limit:.0f}" if truck.speed_limit else ""
        yield truck.id, "muck_truck", truck.plate, limit, SINCE
    for refuse in town.refuse:
        yield refuse.id, "refuse_truck", refuse.plate, "", SINCE
    for crew in crews:
        yield crew.id, "sweeper" if crew.sweeps else "patrol", crew.plate, "", SINCE


def _devices(town: Town, crews: Sequence[Beat]) -> Iterable[Sequence[object]]:
    for n, truck in enumerate(town.lorries):
        follower = town.lorries[n + 1] if n == 58 and len(town.lorries) > 59 else None
        if n == 59:
            yield truck.device, town.lorries[58].id, SINCE, _MOVED_LAST_DAY
        yield truck.device, truck.id, _MOVED if follower or n == 59 else SINCE, ""
    for refuse in town.refuse:
        yield refuse.device, refuse.id, SINCE, ""
    for truck in town.lorries:
        if truck.body_device:
            yield truck.body_device, truck.id, SINCE, ""
    for crew in crews:
        yield crew.device, crew.id, SINCE, ""


def _bins(town: Town) -> Iterable[Sequence[object]]:
    if town.bins:
        places = to_lonlat(np.array([(b.x, b.y) for b in town.bins]))
        for n, (each, (lon, lat)) in enumerate(zip(town.bins, places.tolist(), strict=True)):
            yield each.id, things.bin_class(n), f"{lon:.6f}", f"{lat:.6f}", each.address, SINCE
    for thing in things.register(town.sensor_count):
        yield *thing, SINCE


def _permits(town: Town) -> Iterable[Sequence[object]]:
    for truck in town.lorries:
        if truck.permitted or truck.ended:
            for route in truck.routes:
                sites = truck.loading.id, truck.disposal.id
                yield truck.permit, truck.id, route, hours_text(truck.hours), *sites, SINCE, truck.ended


def _manifests(town: Town, start: float, end: float) -> Iterable[Sequence[object]]:
    for truck in town.lorries:
        for slot in Timetable(truck, town).manifests(start, end):
            name = f"M-{truck.number + 1:04d}-{slot.number}"
            yield name, truck.id, truck.loading.id, truck.disposal.id, _iso(slot.since), _iso(slot.due)


def _plans(crews: Sequence[Beat], start: float) -> Iterable[Sequence[object]]:
    for crew in crews:
        place = (crew.place, "") if crew.sweeps else ("", crew.place)
        yield (
            crew.plan,
            crew.id,
            *place,
            crew.hours,
            f"{crew.share * 100:.0f}",
            f"{crew.radius:.0f}",
            _iso(start + beats.STARTS),
        )


def _bin_plans(town: Town) -> Iterable[Sequence[object]]:
    for plan, bin, hours in things.bin_plans(len(town.bins)):
        yield plan, bin, "", "", hours, "", "", SINCE


def _iso(ts: float) -> str:
    return datetime.fromtimestamp(ts, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _zones(town: Town, crews: Sequence[Beat]) -> Iterable[dict[str, Any]]:
    areas = [Zone(crew.place, "beat", crew.area) for crew in crews if not crew.sweeps]
    for zone in [*town.zones, *areas]:
        properties: dict[str, Any] = {"id": zone.id, "use": zone.use}
        if zone.speed_limit:
            properties["speed_limit"] = zone.speed_limit
        if zone.classes:
            properties["classes"] = list(zone.classes)
        ring = _degrees(np.array(zone.outline.exterior.coords), Datum.GCJ02)
        yield _feature(properties, {"type": "Polygon", "coordinates": [ring]})


def _routes(town: Town, crews: Sequence[Beat]) -> Iterable[dict[str, Any]]:
    nodes = streets().nodes
    _ = town.lorries  # whose permits make the routes
    swept = {crew.place: list(crew.way) for crew in crews if crew.sweeps}
    for route, way in sorted({**town.ways, **swept}.items()):
        line = _degrees(nodes[way], Datum.WGS84)
        yield _feature({"id": route}, {"type": "LineString", "coordinates": line})


def _polygons(rings: Iterable[tuple[dict[str, Any], list[list[float]]]]) -> Iterable[dict[str, Any]]:
    for properties, ring in rings:
        yield _feature(properties, {"type": "Polygon", "coordinates": [ring]})


def _lines(ways: Iterable[tuple[dict[str, Any], list[list[list[float]]]]]) -> Iterable[dict[str, Any]]:
    for properties, lines in ways:
        yield _feature(properties, {"type": "MultiLineString", "coordinates": lines})


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
