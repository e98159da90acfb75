"""asking: what a supervisor says is to be put aside, in the words of a request, as fusion takes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from pydantic import TypeAdapter

from cases.fusion.words import Scope
from pipeline.units import Seconds

Kind = TypeVar("Kind", bound=Scope)
_SECONDS: TypeAdapter[float] = TypeAdapter(Seconds)


def asked(kind: type[Kind], said: Mapping[str, Any], *, id: str, at: float, by: str, reason: str) -> Kind:
    """A shelving or suppression. at: the log's time; it begins then if nothing else is said.

    said: the fields of `kind`. `since` and `until` are UTC seconds, or text in ISO 8601 with an offset; in place of
    `until` there may be `lasts`, such as '8 h'. Raises ValueError with what is wrong, in plain words.
    """
    values = {name: value for name, value in said.items() if name not in ("id", "by", "reason", "count", "lasts")}
    values |= {name: _time(name, values[name]) for name in ("since", "until") if name in values}
    values.setdefault("since", at)
    if "lasts" in said:
        if "until" in values:
            raise ValueError("expected 'until' or 'lasts', got both")
        values["until"] = values["since"] + _SECONDS.validate_python(said["lasts"])
    if "until" not in values:
        raise ValueError("expected an end: 'until' a time such as 2026-03-01T18:00:00+08:00, or 'lasts' such as '8 h'")
    try:
        return msgspec.convert(values | {"id": id, "by": by, "reason": reason}, kind)
    except msgspec.ValidationError as error:
        raise ValueError(f"{error}; known: {', '.join(_fields(kind))}") from None


def _fields(kind: type[Scope]) -> list[str]:
    return [name for name in kind.__struct_fields__ if name not in ("id", "by", "reason", "count", "case", "verdict")]


def _time(name: str, value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    try:
        when = datetime.fromisoformat(str(value).strip())
    except ValueError:
        when = None
    if when is None or when.tzinfo is None:
        raise ValueError(f"expected '{name}' with its offset, such as 2026-03-01T18:00:00+08:00, got '{value}'")
    return when.timestamp()
