"""names: what people call units, officers and categories: from the store's registers and the city's categories."""

from __future__ import annotations

import sqlalchemy as sa

from cases.categories import EVENT, Categories, Category
from cases.registers.lookup import Lookup
from cases.reporting.report import Names


def names_of(connection: sa.Connection, categories: Categories, language: str, at: float) -> Names:
    """Dimension -> value -> name, as the registers have it at a time; what has no name is left out."""
    lookup, chinese = Lookup(connection), language == "zh"
    known = [categories.find(each.code) for each in categories.all]
    named = [(each.code, each.name if chinese else each.name_en or each.name) for each in known]
    # Standards share the first digits of their codes: the city's own comes last, and with it its word for them.
    groups = [
        (each.code[:2], each.group if chinese else each.group_en or each.group) for each in (*known, *_own(categories))
    ]
    return {
        "unit": {unit.id: unit.name for unit in lookup.units(at) if unit.name},
        "officer": {officer.id: officer.name for officer in lookup.officers(at) if officer.name},
        "category": {code: f"{code} {name}" for code, name in named if name not in ("", code)},
        "class": {code: f"{code} {name}" for code, name in groups if name and code.isdigit()},
    }


def _own(categories: Categories) -> list[Category]:
    """Of the city's standard: events after parts."""
    return sorted(categories.own(), key=lambda each: each.kind == EVENT)
