"""told: a comparison as data, and cases out of what `gridwatch replay --json` wrote."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cases.case import Case, iso, known
from pipeline.faults import Fault, Faulty
from replay.comparing.explaining import Both, Why
from replay.comparing.looking import Row
from replay.comparing.matching import Difference, Matched
from replay.comparing.settings import Changed

FORMAT = 1


@dataclass(slots=True)
class Compared:
    """All that is to be told."""

    a: str
    b: str
    """What the sides are called."""
    matched: Matched
    rules: Mapping[str, str]
    """A's rule -> B's, as they were held against each other."""
    settings: Mapping[str, Sequence[Changed]] = field(default_factory=dict)
    """A's rule -> what differs in it; those that are alike are not there."""
    worlds: Sequence[Changed] = ()
    whys: Mapping[int, Why] = field(default_factory=dict)
    """Index into the differences -> why; not of all of them."""


def to_json(compared: Compared) -> str:
    """All differences. The same sides, the same bytes. Ends with a line's end."""
    matched = compared.matched
    counts: dict[str, dict[str, int]] = {}
    for one in matched.differences:
        mine = counts.setdefault(one.rule, {})
        mine[one.what] = mine.get(one.what, 0) + 1
    said = {
        "format": FORMAT,
        "a": compared.a,
        "b": compared.b,
        "rules": [
            {
                "rule": rule,
                "b": other,
                "cases_a": matched.a[rule],
                "cases_b": matched.b[rule],
                "same": matched.same[rule],
                **{what: counts.get(rule, {}).get(what, 0) for what in ("moved", "changed", "vanished", "appeared")},
                "settings": [_changed(each) for each in compared.settings.get(rule, ())],
            }
            for rule, other in sorted(compared.rules.items())
        ],
        "world": [_changed(each) for each in compared.worlds],
        "differences": [_difference(one, compared.whys.get(n)) for n, one in enumerate(matched.differences)],
    }
    return json.dumps(said, ensure_ascii=False, allow_nan=False, indent=1, default=str) + "\n"


def _changed(each: Changed) -> dict[str, Any]:
    return {"name": each.name, "a": each.a, "b": each.b}


def _difference(one: Difference, why: Why | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "what": one.what,
        "rule": one.rule,
        "subject": one.case.subject,
        "fields": list(one.fields),
        "a": None if one.a is None else one.a.to_json(),
        "b": None if one.b is None else one.b.to_json(),
        "beside": None if one.beside is None else one.beside.id,
    }
    if why is not None:
        told |= {"because": why.because, "rows": [_row(row) for row in why.rows]}
    return told


def _row(row: Both) -> dict[str, Any]:
    columns = {name: known(value) for name, value in row.columns}
    return {
        "ts": iso(row.ts),
        "late": row.late,
        "skipped": row.skipped,
        "columns": columns,
        "a": _said(row.a),
        "b": _said(row.b),
    }


def _said(row: Row | None) -> dict[str, Any] | None:
    return None if row is None else {"said": row.said, "measure": known(row.measure)}


def read_cases(file: Path) -> list[Case]:
    """The cases in what `gridwatch replay --json` or `gridwatch cases list --json` wrote; their parts are not in it.

    Raises Faulty with every line that is not one.
    """
    cases: list[Case] = []
    faults: list[Fault] = []
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        try:
            said = json.loads(line)
            if not said.get("withdrawn"):
                cases.append(_case(said))
        except (ValueError, KeyError, TypeError, AttributeError):
            message = "expected a case as `gridwatch replay --json` writes it: one object a line"
            faults.append(Fault(str(file), number, "", message))
    if faults:
        raise Faulty(faults)
    return cases


def _case(said: Mapping[str, Any]) -> Case:
    names = ("id", "rule", "rule_version", "category", "subject", "unit")
    read: dict[str, Any] = {name: str(said[name]) for name in names}
    read |= {name: _time(said[name]) for name in ("started", "confirmed", "ended")}
    read |= {name: math.nan if said[name] is None else float(said[name]) for name in ("lon", "lat", "measure")}
    return Case(
        **read,
        place=said["place"] or "",
        late=bool(said["late"]),
        part="",
        reason="",
        withdrawn=False,
        opened_position=-1,
        position=-1,
    )


def _time(text: str | None) -> float:
    return math.nan if text is None else datetime.fromisoformat(text).timestamp()
