"""settings: what differs between two versions of a rule, and between two worlds.

Reads rules and registers; reports differences as (name, A's, B's), the values as a configuration writes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np

from pipeline.registers import Registers, Table
from pipeline.version import Rule, Version
from replay.written import detector_name, written

_NAMED = 5
"""Rows of a register that are named; the others are counted."""


class Changed(NamedTuple):
    """One difference; None: not set, or not there."""

    name: str
    a: Any
    b: Any


def section(rule: Rule) -> dict[str, Any]:
    """A rule's settings, defaults too, the detector's parameters beside the hold's."""
    return {
        "detector": detector_name(rule),
        "category": rule.category,
        "rows": rule.kind.kind,
        "metric": rule.metric,
        "classes": ", ".join(sorted(rule.classes)) or None,
        **written(rule),
    }


def of_rules(a: Rule | None, b: Rule | None) -> list[Changed]:
    """What differs, in the order of a configuration; a rule that is not there is one difference."""
    if a is None or b is None:
        return [] if a is b else [Changed("rule", a and a.id, b and b.id)]
    one, other = section(a), section(b)
    found = [Changed(key, one.get(key), other.get(key)) for key in {**one, **other} if one.get(key) != other.get(key)]
    if not found and a.version != b.version:
        found.append(Changed("version", a.version, b.version))
    return found


def of_worlds(a: Version, b: Version) -> list[Changed]:
    """What differs in streams, time and registers; where only the mapping of payloads does, that it does."""
    found = [Changed(name, getattr(a, name), getattr(b, name)) for name in ("city", "ahead", "forget")]
    found = [each for each in found if each.a != each.b]
    mine, theirs = ({stream.name: stream for stream in version.streams} for version in (a, b))
    for name in sorted({*mine, *theirs}):
        one, other = mine.get(name), theirs.get(name)
        if one is None or other is None:
            found.append(Changed(f"stream {name}", one and one.source, other and other.source))
            continue
        for each in fields(one):
            values = (getattr(one, each.name), getattr(other, each.name))
            if values[0] != values[1]:
                found.append(Changed(f"stream {name} {each.name}", *map(_plain, values)))
    if a.world.hash != b.world.hash:
        found += of_registers(a.world.registers, b.world.registers)
    return found


def of_registers(a: Registers, b: Registers) -> list[Changed]:
    """By register: how many rows only one side has, and the first of their ids."""
    found: list[Changed] = []
    for each in fields(Registers):
        one, other = getattr(a, each.name), getattr(b, each.name)
        mine, theirs = _rows(one), _rows(other)
        only_a, only_b = ([row for row in rows if row not in rest] for rows, rest in ((mine, theirs), (theirs, mine)))
        if only_a or only_b:
            found.append(Changed(each.name, _listed(only_a), _listed(only_b)))
    return found


def _rows(register: Any) -> dict[tuple[str, str], None]:
    """(id, content) of each row, in order."""
    return dict.fromkeys(_row_by_row(register))


def _row_by_row(register: Any) -> Iterator[tuple[str, str]]:
    if isinstance(register, Table):
        columns = [column if isinstance(column, list) else column.tolist() for column in register.columns.values()]
        for row in zip(*columns, strict=True):
            yield str(row[0]), repr(row)
    elif isinstance(register, Mapping):
        for key, value in register.items():
            yield f"{key} {value:g}" if isinstance(value, float) else f"{key} {value}", repr(value)
    elif isinstance(register, list):
        for each in register:
            yield each.id, repr([_exact(getattr(each, field.name)) for field in fields(each)])
    else:
        yield str(register), ""


def _exact(value: Any) -> Any:
    """Lines as all of their numbers: numpy shows few of them."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    return [_exact(each) for each in value] if isinstance(value, list) else value


def _listed(rows: list[tuple[str, str]]) -> str | None:
    if not rows:
        return None
    ids = list(dict.fromkeys(id for id, _ in rows))
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    return ", ".join(ids[:_NAMED]) + more


def _plain(value: Any) -> Any:
    return value.kind if isinstance(value, type) and hasattr(value, "kind") else value
