"""rows: what the store's read side gives, as the API says it: times as ISO 8601, nothing that only the engine needs.

The models are made of the rows themselves (`cases.reading_rows`), so that the contract has every field and no second
list of them.
"""

from __future__ import annotations

from types import GenericAlias
from typing import Any, get_args, get_type_hints

import msgspec
from pydantic import BaseModel, create_model

from cases.case import iso
from cases.reading import Page
from cases.reading_rows import Listed, Row, Whole

_TIMES = frozenset(
    {"started", "confirmed", "ended", "opened", "filed", "dispatched", "handled", "closed", "suspended", "changed"}
    | {"file_due", "due", "at", "asked", "answered", "captured"}
)
"""Columns that are times, in whichever table; `handled` and `answered` are never anything else."""
_INSIDE = frozenset({"opened_position", "position", "contact", "extra"})
"""For the engine; and what is personal."""


def _model(kind: type[msgspec.Struct]) -> type[BaseModel]:
    """A row's kind, as it goes out."""
    fields: dict[str, Any] = {}
    for name, hint in get_type_hints(kind).items():
        if name in kind.__struct_fields__ and name not in _INSIDE:
            inner = next((each for each in get_args(hint) if isinstance(each, type) and issubclass(each, Row)), None)
            if inner is not None:
                hint = GenericAlias(list, (_model(inner),))
            elif isinstance(hint, type) and issubclass(hint, Row):
                hint = _model(hint)
            fields[name] = (str | None if name in _TIMES else hint, ...)
    return create_model(kind.__name__, __doc__=kind.__doc__, **fields)


_CASES: Any = GenericAlias(list, (_model(Listed),))
CasesOut = create_model(
    "Cases",
    __doc__="A page of cases; `after` gives the next one, '': there is none.",
    cases=(_CASES, ...),
    after=(str, ...),
)
CaseOut = create_model(
    "Case",
    __base__=_model(Whole),
    __doc__="A case with all that belongs to it; `allowed`: the actions that this token may take now.",
    allowed=(list[str], ...),
)


def page(found: Page) -> dict[str, Any]:
    """As `CasesOut` says."""
    return {"cases": [told(each) for each in found.cases], "after": found.after}


def told(row: Any) -> Any:
    """A row, or what holds rows, as it goes out."""
    if isinstance(row, list):
        return [told(each) for each in row]
    if not isinstance(row, msgspec.Struct):
        return row
    found = {name: getattr(row, name) for name in row.__struct_fields__ if name not in _INSIDE}
    return {name: _time(value) if name in _TIMES else told(value) for name, value in found.items()}


def _time(value: float | None) -> str | None:
    return None if value is None else iso(value)
