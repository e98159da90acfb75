"""pictures: what the demo city's cameras show: clips that are drawn, by seed, and what is wrong in them.

    clips(seed=1)          {"roadside": …, "street": …, "yard": …}
    write(clip, path)      an MP4 with H.264, as a camera gives it

A street with traffic, and nothing to report; a roadside where a tipper leaves a heap; a yard whose container fills.
The same seed gives the same pictures. Needs numpy, OpenCV and PyAV, which the extra `cameras` brings.
"""

from __future__ import annotations

from replay.simulator.pictures.clip import FPS, Clip, Happening
from replay.simulator.pictures.film import write, write_picture
from replay.simulator.pictures.roadside import roadside
from replay.simulator.pictures.street import street
from replay.simulator.pictures.yard import yard

__all__ = ["FPS", "MAKERS", "Clip", "Happening", "clips", "write", "write_picture"]

MAKERS = {"roadside": roadside, "street": street, "yard": yard}
"""Name of a camera -> what draws its clip, given a seed."""


def clips(seed: int = 1) -> dict[str, Clip]:
    """All of them, by the camera's name."""
    return {name: make(seed) for name, make in MAKERS.items()}
