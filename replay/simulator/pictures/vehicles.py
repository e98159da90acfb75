"""vehicles: cars, buses and lorries as solids. Ahead is +x, the origin is in their middle on the ground; metres."""

from __future__ import annotations

from functools import cache

import numpy as np

from replay.simulator.pictures.solids import Colour, Face, Solid, box, disc, extruded

PAINTS: tuple[Colour, ...] = (
    (60, 58, 190),
    (200, 198, 196),
    (60, 55, 50),
    (150, 90, 40),
    (120, 120, 118),
    (40, 150, 190),
    (228, 228, 226),
    (90, 120, 60),
)
_GLASS: Colour = (92, 78, 62)
_RUBBER: Colour = (38, 36, 36)
_HUB: Colour = (150, 150, 150)
_RED, _LAMP = (40, 40, 190), (225, 240, 245)
_STEEL: Colour = (70, 68, 66)
Profile = list[tuple[float, float]]

HINGE = (-3.5, 1.15)
"""Of a tipper: x and z of what its body turns about."""


def _wheels(places: tuple[float, ...], half: float, radius: float) -> Solid:
    faces: list[Face] = []
    for x in places:
        for y in (-half, half):
            faces += disc(x, y, radius, radius, _RUBBER)
            faces += disc(x, y, radius, 0.55 * radius, _HUB)
    return Solid(faces)


def _pane(corners: list[tuple[float, float, float]], colour: Colour = _GLASS) -> Face:
    return Face(np.array(corners), colour, on_top=True)


def _sides(profile: Profile, half: float, colour: Colour = _GLASS) -> list[Face]:
    """A pane on each side. profile: anticlockwise from the right."""
    right = [(x, -half, z) for x, z in profile]
    left = [(x, half, z) for x, z in reversed(profile)]
    return [_pane(right, colour), _pane(left, colour)]


def _across(front: tuple[float, float], rear: tuple[float, float], half: float, colour: Colour) -> Face:
    """A pane across it, between two lines (x, z), the lower first."""
    (x, z), (u, w) = front, rear
    return _pane([(x, -half, z), (x, half, z), (u, half, w), (u, -half, w)], colour)


@cache
def car(paint: Colour) -> Solid:
    """A car of 4.5 m."""
    low: Profile = [(-2.2, 0.3), (2.2, 0.3), (2.25, 0.62), (2.05, 0.8), (1.0, 0.96), (-1.9, 1.0), (-2.2, 0.92)]
    high: Profile = [(-1.95, 0.95), (1.1, 0.95), (0.3, 1.45), (-1.25, 1.48)]
    body = extruded(low, -0.88, 0.88, paint)
    roof = extruded(high, -0.74, 0.74, paint)
    panes = [
        *_sides([(-1.55, 1.0), (-0.5, 1.0), (-0.5, 1.38), (-1.1, 1.4)], 0.76),
        *_sides([(-0.38, 1.0), (0.85, 1.0), (0.22, 1.37), (-0.38, 1.38)], 0.76),
        _across((1.06, 0.99), (0.36, 1.42), 0.68, _GLASS),
        _pane([(-1.9, 0.66, 1.0), (-1.9, -0.66, 1.0), (-1.32, -0.66, 1.44), (-1.32, 0.66, 1.44)]),
        *_lamps(2.24, -2.21, 0.7, 0.62, 0.3),
    ]
    return body + roof + Solid(panes) + _wheels((-1.35, 1.4), 0.9, 0.33)


def _lamps(front: float, rear: float, z: float, half: float, wide: float) -> list[Face]:
    found = []
    for y in (-half, half):
        a, b = y - wide / 2, y + wide / 2
        found.append(
            _pane([(front, a, z - 0.1), (front, b, z - 0.1), (front, b, z + 0.08), (front, a, z + 0.08)], _LAMP)
        )
        found.append(_pane([(rear, b, z - 0.1), (rear, a, z - 0.1), (rear, a, z + 0.12), (rear, b, z + 0.12)], _RED))
    return found


@cache
def bus(paint: Colour) -> Solid:
    """A city bus of 10 m."""
    body = box((-5.0, 5.0), (-1.25, 1.25), (0.35, 3.0), paint)
    panes = [_across((5.02, 1.2), (5.02, 2.6), 1.1, _GLASS), *_lamps(5.03, -5.03, 0.7, 0.9, 0.35)]
    for n in range(6):
        x = -4.6 + 1.5 * n
        panes += _sides([(x, 1.4), (x + 1.3, 1.4), (x + 1.3, 2.4), (x, 2.4)], 1.27)
    panes += _sides([(-5.0, 0.8), (5.0, 0.8), (5.0, 1.05), (-5.0, 1.05)], 1.26, (225, 225, 222))
    return body + Solid(panes) + _wheels((-3.1, 3.2), 1.27, 0.48)


def _cab(front: float, paint: Colour) -> Solid:
    """The cab of a lorry, whose front is there."""
    profile: Profile = [(front - 1.9, 0.7), (front, 0.7), (front, 1.5), (front - 0.25, 2.75), (front - 1.9, 2.8)]
    panes = [
        _across((front + 0.01, 1.65), (front - 0.22, 2.6), 1.08, _GLASS),
        *_sides([(front - 1.3, 1.7), (front - 0.3, 1.7), (front - 0.45, 2.5), (front - 1.3, 2.5)], 1.22),
        *_lamps(front + 0.02, front - 9.0, 0.95, 0.85, 0.4)[::2],
        _pane(
            [(front + 0.02, -1.1, 0.7), (front + 0.02, 1.1, 0.7), (front + 0.02, 1.1, 0.8), (front + 0.02, -1.1, 0.8)],
            _STEEL,
        ),
    ]
    return extruded(profile, -1.2, 1.2, paint) + Solid(panes)


@cache
def tipper(raised: int, loaded: bool, paint: Colour = (50, 120, 60)) -> Solid:
    """A tipper of 8 m. raised: its body, degrees."""
    chassis = box((-3.9, 3.9), (-0.55, 0.55), (0.65, 1.05), _STEEL)
    body = box((-3.9, 1.8), (-1.22, 1.22), (1.15, 2.45), paint)
    ribs = [
        face
        for x in (-3.7, -2.6, -1.5, -0.4, 0.7, 1.6)
        for face in _sides([(x, 1.15), (x + 0.14, 1.15), (x + 0.14, 2.5), (x, 2.5)], 1.26, (38, 96, 46))
    ]
    inside = Face(
        np.array([(-3.8, -1.12, 2.47), (1.7, -1.12, 2.47), (1.7, 1.12, 2.47), (-3.8, 1.12, 2.47)]), (46, 50, 52)
    )
    body = body + Solid([*ribs, inside])
    if loaded:
        heap: Profile = [(-3.7, 2.46), (1.6, 2.46), (0.7, 2.8), (-0.9, 2.95), (-2.8, 2.8)]
        body = body + extruded(heap, -1.05, 1.05, (72, 92, 112))
    shield = box((1.85, 2.0), (-1.15, 1.15), (1.0, 2.6), (44, 104, 52))
    return chassis + _cab(4.0, paint) + shield + body.tilted(raised, *HINGE) + _wheels((-3.0, -1.7, 2.9), 1.25, 0.52)


@cache
def lorry(paint: Colour, stripe: Colour) -> Solid:
    """A lorry with a closed body, 8 m: a refuse truck, or what a clearing crew comes with."""
    body = box((-4.0, 1.9), (-1.25, 1.25), (1.0, 3.0), paint)
    band = _sides([(-4.0, 1.5), (1.9, 1.5), (1.9, 1.85), (-4.0, 1.85)], 1.27, stripe)
    hatch = _pane([(-4.02, 1.0, 1.15), (-4.02, -1.0, 1.15), (-4.02, -1.0, 2.2), (-4.02, 1.0, 2.2)], (52, 52, 52))
    signs = [
        _pane(
            [(-4.02, y + 0.12, 2.5), (-4.02, y - 0.12, 2.5), (-4.02, y - 0.12, 2.7), (-4.02, y + 0.12, 2.7)],
            (30, 140, 240),
        )
        for y in (-1.0, 1.0)
    ]
    chassis = box((-4.0, 4.0), (-0.55, 0.55), (0.65, 1.0), _STEEL)
    beacon = box((2.6, 2.9), (-0.3, 0.3), (2.8, 3.0), (30, 150, 250))
    return chassis + body + _cab(4.1, paint) + beacon + Solid([*band, hatch, *signs]) + _wheels((-2.6, 2.9), 1.25, 0.5)
