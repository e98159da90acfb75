"""solids: things with flat faces, in the sun: which faces are seen, how bright each is, and what shadow it has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from replay.simulator.pictures.lens import NEAR, Floats, Image, Lens

Colour = tuple[int, int, int]
"""blue, green, red"""

SUN = np.array([-0.52, -0.40, 0.75]) / np.linalg.norm([-0.52, -0.40, 0.75])
"""Towards it: behind the camera, on the left."""
_DULL, _SHADE = 0.50, 0.58
"""How bright what the sun does not reach is; how much light a shadow leaves."""
_FINE = 4
"""Corners are drawn to 1/16 of a pixel, or slow things would jump."""


class Face(NamedTuple):
    """A flat face. corners: anticlockwise as seen from outside."""

    corners: Floats
    colour: Colour
    on_top: bool = False
    """It lies on another face, as a window does on a wall, and is drawn after all that do not."""


@dataclass(frozen=True)
class Solid:
    """Faces around an origin on the ground: x ahead, y to the left, z up."""

    faces: Sequence[Face]

    def tilted(self, degrees: float, x: float, z: float) -> Solid:
        """Turned about a hinge that lies across it: its front goes up."""
        a = np.radians(degrees)
        turn = np.array([[np.cos(a), 0.0, -np.sin(a)], [0.0, 1.0, 0.0], [np.sin(a), 0.0, np.cos(a)]])
        hinge = np.array([x, 0.0, z])
        return Solid([face._replace(corners=(face.corners - hinge) @ turn.T + hinge) for face in self.faces])

    def __add__(self, other: Solid) -> Solid:
        return Solid([*self.faces, *other.faces])

    def at(self, x: float, y: float, heading: float = 0.0) -> Floats:
        """All its corners when it stands there. heading: degrees to the left from +x. Shape (n, 3)."""
        return np.asarray(self._known.corners @ _turned(heading).T + [x, y, 0.0])

    @cached_property
    def _known(self) -> _Known:
        ends = np.cumsum([len(face.corners) for face in self.faces])
        normals = np.array([np.cross(c[1] - c[0], c[2] - c[0]) for c in (face.corners for face in self.faces)])
        return _Known(
            np.concatenate([face.corners for face in self.faces]),
            [slice(end - len(face.corners), end) for end, face in zip(ends.tolist(), self.faces, strict=True)],
            normals / np.linalg.norm(normals, axis=1)[:, None],
            np.array([face.corners.mean(axis=0) for face in self.faces]),
            np.array([face.colour for face in self.faces], np.float64),
            np.array([face.on_top for face in self.faces]),
        )

    def seen(self, lens: Lens, x: float, y: float, heading: float) -> Iterator[tuple[Floats, list[float]]]:
        """The faces that are seen when it stands there, in the order in which they are drawn: corners in pixels and
        colour. None where some of it is too near."""
        known, turn = self._known, _turned(heading)
        corners = known.corners @ turn.T + [x, y, 0.0]
        if lens.ahead(corners).min() < NEAR:
            return
        normals, to_lens = known.normals @ turn.T, lens.place - (known.middles @ turn.T + [x, y, 0.0])
        bright = _DULL + (1.0 - _DULL) * 1.25 * np.maximum(0.0, normals @ SUN)
        colours = np.minimum(known.colours * bright[:, None], 255.0).tolist()
        far = np.linalg.norm(to_lens, axis=1)
        pixels = lens.seen(corners)
        outside = (normals * to_lens).sum(axis=1) > 0.0
        for n in np.lexsort((-far, known.on_top)).tolist():
            if outside[n]:
                yield pixels[known.parts[n]], colours[n]


class _Known(NamedTuple):
    """A solid's faces, one after the other."""

    corners: Floats
    parts: list[slice]
    """Which corners are whose."""
    normals: Floats
    middles: Floats
    colours: Floats
    on_top: NDArray[np.bool_]


def _turned(heading: float) -> Floats:
    a = np.radians(heading)
    return np.array([[np.cos(a), -np.sin(a), 0.0], [np.sin(a), np.cos(a), 0.0], [0.0, 0.0, 1.0]])


def extruded(profile: Iterable[tuple[float, float]], right: float, left: float, colour: Colour) -> Solid:
    """A profile (x, z), anticlockwise as seen from the right, drawn out across: from y `right` to y `left`."""
    outline = list(profile)
    near = np.array([(x, right, z) for x, z in outline])
    far = np.array([(x, left, z) for x, z in outline])
    faces = [Face(near, colour), Face(far[::-1], colour)]
    for n in range(len(outline)):
        m = (n + 1) % len(outline)
        faces.append(Face(np.array([near[n], far[n], far[m], near[m]]), colour))
    return Solid(faces)


def box(x: tuple[float, float], y: tuple[float, float], z: tuple[float, float], colour: Colour) -> Solid:
    """A box along the axes."""
    return extruded([(x[0], z[0]), (x[1], z[0]), (x[1], z[1]), (x[0], z[1])], y[0], y[1], colour)


def disc(x: float, y: float, z: float, radius: float, colour: Colour) -> list[Face]:
    """A wheel's side."""
    turns = np.linspace(0.0, 2 * np.pi, 14, endpoint=False)
    ring = np.stack([x + radius * np.cos(turns), np.full(14, y), z + radius * np.sin(turns)], axis=1)
    return [Face(ring if y < 0 else ring[::-1], colour, on_top=True)]


def draw(canvas: Image, lens: Lens, solid: Solid, x: float = 0.0, y: float = 0.0, heading: float = 0.0) -> None:
    """Draw it where it stands, and the shadow first."""
    shadow(canvas, lens, solid.at(x, y, heading))
    for corners, colour in solid.seen(lens, x, y, heading):
        fill(canvas, corners, colour)


def shadow(canvas: Image, lens: Lens, corners: Floats, dark: float = _SHADE) -> None:
    """The shadow that something convex with these corners has on the ground."""
    on_ground = corners - SUN * (corners[:, 2:] / SUN[2])
    if lens.ahead(on_ground).min() < NEAR:
        return
    hull = cv2.convexHull(lens.seen(on_ground).astype(np.float32))[:, 0]
    high, wide = canvas.shape[:2]
    left, top = np.maximum(np.floor(hull.min(axis=0)).astype(int) - 4, 0)
    right, bottom = np.minimum(np.ceil(hull.max(axis=0)).astype(int) + 4, [wide, high])
    if left >= right or top >= bottom:
        return
    cover = np.zeros((bottom - top, right - left, 3), np.uint8)
    fill(cover, hull - [left, top], (255, 255, 255))
    soft = cv2.blur(cover, (5, 3)).astype(np.float32) * np.float32((1.0 - dark) / 255.0)
    part = canvas[top:bottom, left:right]
    part[:] = (part * (np.float32(1.0) - soft)).astype(np.uint8)


def fill(canvas: Image, corners: Floats, colour: Sequence[float]) -> None:
    """A polygon with smooth edges. corners: pixels, shape (n, 2)."""
    fine = np.round(np.clip(corners, -4000, 8000) * (1 << _FINE)).astype(np.int32)
    cv2.fillPoly(canvas, [fine], tuple(colour), cv2.LINE_AA, _FINE)
