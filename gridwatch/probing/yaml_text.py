"""yaml_text: a section as people write one, each guess as a comment at the end of its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from replay.tuning.told import flow

_LONG = 100
"""A comment that would make a longer line stands above it."""


def yaml(section: Mapping[str, Any], comments: Mapping[str, str], indent: str = "", where: str = "") -> Iterator[str]:
    """Lines. comments: dotted place in the section -> what is said there."""
    for name, value in section.items():
        place = f"{where}.{name}" if where else str(name)
        deep = isinstance(value, Mapping) and any(isinstance(inner, Mapping) for inner in value.values())
        line = f"{indent}{name}:" if deep else f"{indent}{name}: {flow(value)}"
        comment = comments.get(place, "")
        if comment and len(line) + len(comment) + 4 > _LONG:
            yield f"{indent}# {name}: {comment}"
        yield f"{line}  # {comment}" if comment and len(line) + len(comment) + 4 <= _LONG else line
        if deep:
            yield from yaml(value, comments, indent + "  ", place)
