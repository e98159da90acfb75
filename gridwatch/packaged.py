"""packaged: the configurations that come with gridwatch: in a checkout, or in an installed package."""

from __future__ import annotations

from pathlib import Path

import gridwatch
from gridwatch.problems import Problem


def packaged(name: str) -> Path:
    """The folder configs/`name` with its city.yaml. Raises Problem where the installation lacks it."""
    package = Path(gridwatch.__file__).resolve().parent
    places = (package.parent / "configs" / name, package / "_configs" / name)
    for place in places:
        if (place / "city.yaml").is_file():
            return place
    message = f"gridwatch's own configuration {name} is missing: expected {places[0]} or {places[1]}; install it again."
    raise Problem(message)
