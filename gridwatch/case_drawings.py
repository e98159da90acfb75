"""case_drawings: a case's map and its curves, as SVG: from the registers and the rows of the journal.

The map is the city's own registers, with the trails of whom the case is about and the place of it; no tiles are needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from shapely.geometry import shape

from cases.export.dossier import Case, Drawing
from cases.export.words import Language, label
from gridwatch.case_journal import Told
from pipeline.registers import Registers
from pipeline.rows import Floats, Position, Sighting
from replay.report.charts import case_chart, rows_chart
from replay.report.ground import Ground, Plane, ground
from replay.report.markup import Markup, el
from replay.report.pictures import picture
from replay.report.series import lines, rows_of

_LEAST, _STILL = 250.0, 700.0
"""Metres from the middle of the map to its edge, at least; and where nothing has moved: so far that a place is known by
what is around it."""
_RATIO = 0.5
_MARKS = 500
"""Places that are marked at most; a storm can have thousands."""
_SCALES = [each * 10**power for power in range(6) for each in (1, 2, 5)]


def map_of(about: Case, told: Told, language: Language, cell: Mapping[str, Any] | None = None) -> Drawing | None:
    """Where it was; None where no place is known. cell: the outline of its grid cell, GeoJSON in WGS-84."""
    trails = list(_trails(told))
    places = _places(about)
    lon = np.array([*(each[0] for each in places), *(x for trail in trails for x in trail[1])], np.float64)
    lat = np.array([*(each[1] for each in places), *(y for trail in trails for y in trail[2])], np.float64)
    plane = Plane.around(lon, lat, least=_LEAST if trails else _STILL, ratio=_RATIO)
    if plane is None:
        return None
    registers = told.registers or Registers()
    drawn = ground(registers, plane)
    # The ground is drawn to three times as far; the legend is of what is in the picture.
    seen = ground(registers, replace(plane, half_width=plane.half_width / 3, half_height=plane.half_height / 3))
    parts = [drawn.markup, *_outline(plane, cell)]
    for during, *line in trails:
        parts.append(el("path", d=plane.path(*line) or "M0 0", class_="trail during" if during else "trail"))
    for place in reversed(places):
        parts += _mark(plane, *place)
    unit = plane.half_width / 500
    svg = el("svg", *parts, *_scale(plane, unit), *_north(plane, unit, language), viewBox=plane.box, class_="map",
             role="img", style=f"--u:{unit:.4g}px")  # fmt: skip
    return Drawing(svg, _legend(seen, bool(trails), cell is not None, language))


def charts_of(about: Case, told: Told, zone: ZoneInfo) -> list[Drawing]:
    """The columns that the rule looks at, around each member; where in the picture it was, for a camera's."""
    found: list[Drawing] = []
    around = told.around
    if around is None:
        return found
    pictured = any(row["kind"] in ("marked", "frame") for row in about.evidence)
    for item in told.items:
        rule = (told.rules or {}).get(item.rule)
        rows = rows_of(item, rule, around)
        if rule is None or rows is None or not len(rows):
            continue
        caption = f"{item.rule}: {item.subject} {item.part}".strip()
        curves = lines(item, rule, rows, around)
        if isinstance(rows, Sighting) and not pictured:
            others = around.rows(Sighting, item.subject, item.since, item.until)
            found.append(Drawing(picture(item, rows, others), caption))
        found.append(Drawing(case_chart(item, curves, zone) if curves else rows_chart(item, rows.ts, zone), caption))
    return found


def _trails(told: Told) -> Iterator[tuple[bool, Floats, Floats]]:
    """(whether it is the happening itself, lon, lat): of each member's subject the time around it, then its own."""
    if told.around is None:
        return
    for item in told.items:
        rows = told.around.rows(Position, item.subject, item.since, item.until)
        rows = rows.take(np.isfinite(rows.lon) & np.isfinite(rows.lat))
        if len(rows) < 2:
            continue
        yield False, rows.lon, rows.lat
        inside = rows.take((rows.ts >= item.started) & (rows.ts <= item.ended))
        if len(inside) > 1:
            yield True, inside.lon, inside.lat


def _places(about: Case) -> list[tuple[float, float]]:
    """The case's own first, then those of its members and reports, each once, the first `_MARKS`."""
    rows = [about.case, *about.episodes, *about.reports]
    known = [(row["lon"], row["lat"]) for row in rows if row["lon"] is not None and row["lat"] is not None]
    return list(dict.fromkeys(known))[:_MARKS]


def _outline(plane: Plane, cell: Mapping[str, Any] | None) -> list[Markup]:
    """A grid cell's edge."""
    area = shape(cell) if cell is not None else None
    rings = [ring for each in getattr(area, "geoms", [area]) if each for ring in (each.exterior, *each.interiors)]
    d = "".join(plane.path(*np.asarray(ring.coords, np.float64).T[:2], closed=True) for ring in rings)
    return [el("path", d=d, class_="cell")] if d else []


def _mark(plane: Plane, lon: float, lat: float) -> list[Markup]:
    (x,), (y,) = plane.put(np.array([lon]), np.array([lat]))
    d = f"M{x:.1f} {y:.1f}h0"
    return [el("path", d=d, class_="at"), el("path", d=d, class_="at-in")]


def _scale(plane: Plane, unit: float) -> list[Markup]:
    """A ruler in the lower left corner."""
    length = max((each for each in _SCALES if each <= plane.half_width / 2.5), default=1)
    x, y = -plane.half_width + 22 * unit, plane.half_height - 18 * unit
    said = f"{length / 1000:g} km" if length >= 1000 else f"{length} m"
    ruler = el("path", d=f"M{x:.1f} {y - 7 * unit:.1f}v{7 * unit:.1f}h{length}v{-7 * unit:.1f}", class_="ruler")
    return [ruler, el("text", said, x=round(x + length + 8 * unit, 1), y=round(y, 1), class_="mark-name")]


def _north(plane: Plane, unit: float, language: Language) -> list[Markup]:
    """An arrow in the upper right corner."""
    x, y = plane.half_width - 26 * unit, -plane.half_height + 20 * unit
    arrow = (
        f"M{x:.1f} {y + 30 * unit:.1f}v{-30 * unit:.1f}m{-6 * unit:.1f} {9 * unit:.1f}l{6 * unit:.1f} {-9 * unit:.1f}"
        f"l{6 * unit:.1f} {9 * unit:.1f}"
    )
    said = el("text", label("north", language), x=round(x, 1), y=round(y + 46 * unit, 1), class_="mark-name mid")
    return [el("path", d=arrow, class_="ruler"), said]


def _legend(seen: Ground, trails: bool, cell: bool, language: Language) -> str:

    there = (("routes", seen.routes), ("roads", seen.roads), ("bins", seen.bins), ("trail", trails), ("grid", cell))
    said = [use.replace("_", " ") for use in seen.uses] + [label(key, language) for key, is_there in there if is_there]
    return f"● {label('reported_place', language)}" + "".join(f" · {each}" for each in said)
