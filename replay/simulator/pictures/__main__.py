"""__main__: the demo city's clips as files.

python -m replay.simulator.pictures var/clips 1      writes roadside.mp4, street.mp4, yard.mp4 and yard-empty.png
"""

from __future__ import annotations

import sys
from pathlib import Path

from replay.simulator.pictures import MAKERS, write, write_picture

EMPTY = "yard"
"""Whose first picture is wanted by itself: what its container looks like when it is empty."""


def main(folder: Path, seed: int) -> None:
    """Write them all; those that are there already are left."""
    for name, make in MAKERS.items():
        film, empty = folder / f"{name}.mp4", folder / f"{name}-empty.png"
        if name == EMPTY and not empty.exists():
            write_picture(make(seed), empty)
        if not film.exists():
            write(make(seed), film)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
