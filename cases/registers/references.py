"""references: do the rows of the desk's registers fit each other and themselves?

Those of the world are checked by the pipeline, with the files that the configuration names beside the store.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from cases.registers.checking import Checked
from pipeline.faults import did_you_mean
from pipeline.register_checks import once_at_a_time
from pipeline.register_csv import Report
from pipeline.register_shapes import swapped

SEVERAL = ("permits", "manifests", "fixtures", "clocks")
"""Registers in which a name may come more than once at a time."""
_REFERENCES = {
    ("units", "parent"): "units",
    ("duty", "unit"): "units",
    ("duty", "helpers"): "units",
    ("officers", "unit"): "units",
}
"""(register, column) -> the register that must have what it names."""
_HINTS = 100
"""Suggestions for so many bad references: each is a long search."""


def check_rows(register: str, after: Sequence[Checked], report: Report) -> None:
    """Names once at a time, and places where the others are."""
    if register not in SEVERAL:
        rows = ((row.id, {"line": n, "valid_from": row.valid_from, "valid_to": row.valid_to}) for n, row in after)
        once_at_a_time(rows, lambda line, name, message: report(line, name, message.replace(" on line 0,", ",")))
    placed = [(line, row) for line, row in after if "lon" in row.data]
    for index in swapped([row.data["lon"] for _, row in placed], [row.data["lat"] for _, row in placed]):
        line, row = placed[index]
        report(line, row.id, "lon and lat look swapped: the other rows are elsewhere")


def check_references(
    registers: Mapping[str, Sequence[Checked]], changed: str, report: Report, also: Collection[str] = ()
) -> None:
    """What rows name is there, also what rows of registers that were not changed name.

    registers: those of the desk, as they are after the change. also: names that count as there."""
    hints = _HINTS
    for (register, column), wanted in _REFERENCES.items():
        if changed not in (register, wanted):
            continue
        there = {row.id for _, row in registers.get(wanted, ())}.union(also)
        for line, row in registers.get(register, ()):
            named = row.data.get(column, [])
            for name in [named] if isinstance(named, str) else named:
                if name not in there:
                    hint = did_you_mean(name, there) if hints > 0 else ""
                    hints -= 1
                    where = "" if register == changed else f"{register}: "
                    report(line, row.id, f"{where}{column} '{name}' is not in {wanted}{hint}")
    if changed == "units":
        _circles(registers["units"], report)


def _circles(units: Sequence[Checked], report: Report) -> None:
    """A unit must not be above itself: a case would be passed up for ever."""
    parents = {row.id: row.data.get("parent", "") for _, row in units}
    for line, row in units:
        seen = {row.id}
        up = parents[row.id]
        while up and up not in seen:
            seen.add(up)
            up = parents.get(up, "")
        if up == row.id:
            report(line, row.id, "parent: it is above itself")
