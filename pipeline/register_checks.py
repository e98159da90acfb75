"""register_checks: do the rows of the registers fit each other? Ids once at a time, references, places.

Reads rows that are good each by itself; reports what is wrong between them, with a suggestion where there is a likely
one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from pipeline.faults import Fault, did_you_mean
from pipeline.register_csv import REQUIRED, Report, Row
from pipeline.register_shapes import swapped
from pipeline.registers import Line

_HINTS, _MANY = 100, 5_000
"""Suggestions for so many bad references of a register, and none among more ids than that: each is a long search."""

_REFERENCES: dict[tuple[str, str], tuple[str, ...]] = {
    ("devices", "subject"): ("vehicles", "bins"),
    ("permits", "vehicle"): ("vehicles",),
    ("permits", "route"): ("routes",),
    ("permits", "site"): ("zones",),
    ("permits", "disposal"): ("zones",),
    ("manifests", "vehicle"): ("vehicles",),
    ("manifests", "site"): ("zones",),
    ("manifests", "disposal"): ("zones",),
    ("plans", "subject"): ("vehicles", "bins"),
    ("plans", "route"): ("routes",),
    ("plans", "zone"): ("zones",),
}
"""(register, column) -> the registers of which one must have what it names."""

_BOX = ("left", "top", "width", "height")

Shape = tuple[int, str, list[Line]]
"""(line, id, lines) of a feature"""


def once_at_a_time(rows: Iterable[tuple[str, Row]], report: Report) -> None:
    """An id may come again only where the times do not overlap."""
    by_id: dict[str, list[Row]] = {}
    for name, row in rows:
        by_id.setdefault(name, []).append(row)
    for name, same in by_id.items():
        if len(same) > 1:
            same.sort(key=lambda r: (r.get("valid_from", -np.inf), r["line"]))
            for earlier, later in itertools.pairwise(same):
                if later.get("valid_from", -np.inf) < earlier.get("valid_to", np.inf):
                    message = f"'{name}' is already on line {earlier['line']}, at the same time"
                    report(later["line"], name, message)


def check_references(
    rows: Mapping[str, list[Row]],
    ids: Mapping[str, Iterable[str]],
    file: Mapping[str, str | None],
    faults: list[Fault],
    reporter: Callable[[str | None], Report],
) -> None:
    """Every vehicle, route, zone and subject that a row names is in its register.

    ids: by register that may be named. file: by register, None for those that the configuration does not name.
    """
    known = {register: _mentioned(ids[register], file[register], faults) for register in ids}
    for (register, column), wanted in _REFERENCES.items():
        named = [known[each] for each in wanted]
        if any(each is None for each in named):
            continue
        there: set[str] = set().union(*(each for each in named if each is not None))
        where = " or ".join(name for name in (file[each] for each in wanted) if name)
        place = f"is not in {where}" if where else "is in no file: the configuration names none"
        hints = _HINTS if len(there) <= _MANY else 0
        for row in rows[register]:
            name = row.get(column)
            if name is not None and name not in there:
                hint = did_you_mean(name, there) if hints > 0 else ""
                hints -= 1
                report = reporter(file[register])
                report(row["line"], row[REQUIRED[register][0]], f"{column} '{name}' {place}{hint}")
    vehicles = {r["id"] for r in rows["vehicles"]}
    for row in rows["bins"]:
        if row["id"] in vehicles:
            report = reporter(file["bins"])
            report(row["line"], row["id"], f"'{row['id']}' is a vehicle too, in {file['vehicles']}")
    for row in rows["plans"]:
        if "route" in row and "zone" in row:
            reporter(file["plans"])(row["line"], row["id"], "expected a route or a zone, got both")
    for row in rows["fixtures"]:
        given = [name for name in _BOX if name in row]
        if ("zone" in row) == bool(given) or len(given) not in (0, len(_BOX)):
            got = ", ".join([*(["zone"] if "zone" in row else []), *given]) or "neither"
            message = f"expected a zone, or a box ({', '.join(_BOX)}); got {got}"
            reporter(file["fixtures"])(row["line"], row["camera"], message)
    for row in rows["clocks"]:
        if row.get("drift") and "valid_from" not in row:
            message = "expected a valid_from: since when the clock has been ahead by the offset, and drifts"
            reporter(file["clocks"])(row["line"], row["terminal"], message)


def _mentioned(good: Iterable[str], file: str | None, faults: list[Fault]) -> set[str] | None:
    """The ids in a file, those of bad rows too; None where it could not be read, to blame nobody else for that."""
    ids = set(good)
    bad = {fault.path for fault in faults if fault.file == file}
    return None if bad and not ids else ids | bad


def check_places(
    bins: list[Row],
    shapes: Mapping[str, list[Shape]],
    file: Mapping[str, str | None],
    reporter: Callable[[str | None], Report],
) -> None:
    """Places whose lon and lat are swapped, where both orders are on the globe: seen by where the others are."""
    places = [("bins", r["line"], r["id"], r["lon"], r["lat"]) for r in bins]
    for register, found in shapes.items():
        places += [(register, n, name, *lines[0][0].tolist()) for n, name, lines in found]
    for index in swapped([p[3] for p in places], [p[4] for p in places]):
        register, line, name, _, _ = places[index]
        reporter(file[register])(line, name, "lon and lat look swapped: the rest of the city is elsewhere")
