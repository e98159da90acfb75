"""dotted: paths into a payload as a configuration writes them: `pos.lon`; a step of digits is a place in a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_DIGITS = 4


def dotted_path(text: str) -> str:
    """A path into a payload, as it is. Raises ValueError where it is none."""
    steps = text.split(".")
    if not all(steps):
        raise ValueError("expected a dotted path into the payload such as 'pos.lon' or 'pos.0'")
    if any(step.isdecimal() and len(step) > _DIGITS for step in steps):
        raise ValueError(f"expected places in a list below {10**_DIGITS}")
    return text


def value_at(payload: Any, path: str) -> Any:
    """What stands there; None where nothing does.

    A key that is the whole path comes first: a table's column may have a dot in its name.
    """
    if isinstance(payload, Mapping) and path in payload:
        return payload[path]
    for step in path.split("."):
        if isinstance(payload, Mapping):
            payload = payload.get(step)
        elif isinstance(payload, list) and step.isdecimal() and int(step) < len(payload):
            payload = payload[int(step)]
        else:
            return None
    return payload
