"""density: how many cases there were where: counts by hexagons of one size, for a map.

Reads the places of the cases that were opened in the time that is asked for. The hexagons stand on a corner and lie
on a plane that is true to scale at the middle of what is found; one is named by its row and place in that plane.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import sqlalchemy as sa

from cases.indicators.asking import Question
from cases.tables.desk import CASES
from pipeline.geo import metres_per_degree
from pipeline.rows import Floats, Longs

MOST = 300_000
"""Cases that are read at most: the newest."""
CELLS = 4_000
"""Hexagons at most; where there would be more, they are made twice as wide, and again."""


class Cell(NamedTuple):
    """A hexagon: its six corners, WGS-84 degrees (lon, lat), and how many lie in it."""

    corners: tuple[tuple[float, float], ...]
    cases: int


class Density(NamedTuple):
    """All of them, most cases first. width: metres from side to side. nowhere: cases without a place."""

    cells: Sequence[Cell]
    width: float
    nowhere: int


def ask_density(connection: sa.Connection, question: Question, width: float) -> Density:
    """width: of a hexagon, metres; it becomes more where there would be too many."""
    c = CASES.c
    query = (
        sa.select(c.lon, c.lat)
        .where(c.opened >= question.start, c.opened < min(question.end, question.now), *question.conditions())
        .order_by(c.opened.desc())
        .limit(MOST)
    )
    places = np.array([(row[0], row[1]) for row in connection.execute(query)], np.float64).reshape(-1, 2)
    known = places[np.isfinite(places).all(axis=1)]
    nowhere = len(places) - len(known)
    if not len(known):
        return Density([], width, nowhere)
    middle = known.mean(axis=0)
    east, north = (float(each) for each in metres_per_degree(middle[1]))
    plane = (known - middle) * (east, north)
    while True:
        cells, counts = np.unique(hexagons(plane, width), axis=0, return_counts=True)
        if len(cells) <= CELLS:
            break
        width *= 2
    order = np.argsort(-counts, kind="stable")
    degrees = middle + corners(cells, width) / (east, north)
    found = [
        Cell(tuple((round(float(lon), 7), round(float(lat), 7)) for lon, lat in degrees[at]), int(counts[at]))
        for at in order.tolist()
    ]
    return Density(found, width, nowhere)


def hexagons(plane: Floats, width: float) -> Longs:
    """The hexagon (q, r), axial, that each place (n, 2), metres, lies in; shape (n, 2)."""
    radius = width / math.sqrt(3)
    q = (plane[:, 0] * math.sqrt(3) / 3 - plane[:, 1] / 3) / radius
    r = plane[:, 1] * 2 / 3 / radius
    cube = np.column_stack([q, r, -q - r])
    near = np.round(cube)
    off = np.abs(near - cube)
    # Rounding each apart may leave the plane of the three: the one that was rounded most follows from the others.
    worst = np.argmax(off, axis=1)
    rows = np.arange(len(near))
    near[rows, worst] -= near.sum(axis=1)
    return near[:, :2].astype(np.int64)


def corners(cells: Longs, width: float) -> Floats:
    """The corners of hexagons (n, 2), axial, in the plane, metres: shape (n, 6, 2)."""
    radius = width / math.sqrt(3)
    x = radius * math.sqrt(3) * (cells[:, 0] + cells[:, 1] / 2)
    y = radius * 1.5 * cells[:, 1]
    angles = np.radians(60 * np.arange(6) - 30)
    around = radius * np.column_stack([np.cos(angles), np.sin(angles)])
    return np.asarray(np.column_stack([x, y])[:, None, :] + around[None, :, :], np.float64)
