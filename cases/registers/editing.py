"""editing: what people change in a register by hand: a set of edits, all of them or none, as one change of its history.

A change is a new validity: what held until then stays as it was, up to the moment from which the new row holds. Only a
correction says that a row never was as it stood; removing one says that it never was. Registers without dates know
corrections alone. What a change did can be undone, while nothing has changed its rows since. The checks are those of an
import. Large registers: `cases/registers/editing_large.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from cases.database import writing
from cases.registers.changing import Changes, Standing, same
from cases.registers.checking import Checked, Record, check
from cases.registers.importing import Import, Imported, add_rows, numbered, reporter, take_out, unfit, write_change
from cases.registers.kinds import Register
from cases.registers.rows import Kept, since, until, version
from cases.tables.registers import REGISTER_CHANGES, REGISTER_ROWS
from pipeline.faults import Fault, Faulty
from pipeline.geo import Datum

ADD, CHANGE, END, CORRECT, REMOVE = "add", "change", "end", "correct", "remove"
EDIT, UNDO = "edit", "undo"
"""Modes of a change in the history, beside those of imports."""


class ChangedMeanwhile(Exception):
    """The register is no longer as whoever asks has seen it."""


class Edit(NamedTuple):
    """One edit. number: of the row that it is about. record: how the row is to be, all of it; places in WGS-84. at:
    from when on, UTC seconds."""

    what: str
    number: int = 0
    record: Record | None = None
    at: float = 0.0


def edit(engine: sa.Engine, wanted: Import, edits: Sequence[Edit], seen: int | None = None) -> Imported:
    """Do it. wanted: register, who, when, why (`source`), and the world that must not break. seen: the number of the
    change after which the register looked as the edits suppose; None: whatever it is.

    Raises Faulty with the line of each fault counted over the edits from 1, ChangedMeanwhile, StoreTrouble.
    """
    from cases.registers.editing_large import edit_points

    faults: list[Fault] = []
    report = reporter(wanted.file, faults)
    records = [each.record._replace(line=n) for n, each in enumerate(edits, 1) if each.record is not None]
    checked = {each.line: each for each in check(wanted.register, records, Datum.WGS84, wanted.zone, report)}
    if faults:
        raise Faulty(faults)
    if wanted.register.table is not None:
        return edit_points(engine, wanted, edits, checked, seen)
    with writing(engine) as connection:
        as_seen(connection, wanted.register, seen)
        standing = numbered(connection, wanted.register.name)
        return _do(connection, wanted, _edited(wanted, standing, edits, checked))


def undo(engine: sa.Engine, wanted: Import, change: int) -> Imported:
    """Take back what a change did: its rows go, those that it took out come back. Raises as `edit`, and LookupError
    where there is no such change of this register."""
    from cases.registers.editing_large import undo_points

    with writing(engine) as connection:
        done = REGISTER_CHANGES.c
        query = sa.select(done.number).where(done.number == change, done.register == wanted.register.name)
        if connection.execute(query).first() is None:
            raise LookupError(f"there is no change {change} of {wanted.register.name}")
        if wanted.register.table is not None:
            return undo_points(connection, wanted, change)
        rows = REGISTER_ROWS.c
        mine = REGISTER_ROWS.select().where(rows.register == wanted.register.name)
        came = connection.execute(mine.where(rows.since == change)).mappings().all()
        later = [row for row in came if row["until"] is not None]
        if later:
            raise Faulty([_later(wanted, row["id"], row["until"]) for row in later[:20]])
        going = {row["number"] for row in came}
        back = [
            Checked(n, Kept(row["id"], since(row["valid_from"]), until(row["valid_to"]), row["data"]))
            for n, row in enumerate(connection.execute(mine.where(rows.until == change)).mappings(), 1)
        ]
        stays = [Checked(0, row) for number, row in numbered(connection, wanted.register.name) if number not in going]
        return _do(connection, wanted, Changes(sorted(going), [each.row for each in back], [*stays, *back]))


def _later(wanted: Import, id: str, change: int) -> Fault:
    return Fault(wanted.file.name, 0, id, f"change {change} has changed it since; undo that one first")


def as_seen(connection: sa.Connection, register: Register, seen: int | None) -> None:
    """Raises ChangedMeanwhile where it is no longer so."""
    now = version(connection, register.name)
    if seen is not None and seen != now:
        raise ChangedMeanwhile(f"{register.name} was changed meanwhile (change {now}); look again before you change it")


def ended(row: Kept, at: float) -> Kept | None:
    """What stays of a row that holds only until then; None: nothing."""
    return row._replace(valid_to=at) if row.valid_from < at else None


def outcome(wanted: Import, line: int, each: Edit, old: Kept | None, new: Kept | None) -> list[Kept]:
    """The rows that stand in place of `old` after an edit of it. Raises Faulty."""

    def refuse(id: str, what: str) -> Faulty:
        return Faulty([Fault(wanted.file.name, line, id, what)])

    if each.what == ADD:
        return [new] if new is not None else []
    if old is None:
        raise refuse("", "expected a row that is there; look at the register again")
    if each.what == REMOVE:
        return []
    if each.what != END and new is None:
        raise refuse(old.id, "expected how the row is to be")
    dated = wanted.register.dated
    if new is not None and (each.what == CORRECT or not dated):
        return [new]
    if not dated:
        raise refuse(old.id, f"{wanted.register.name} has no dates: remove the row instead of ending it")
    if old.valid_to <= each.at:
        raise refuse(old.id, "valid_to: it has ended before that; correct it, or add a new row")
    rest = [row for row in [ended(old, each.at)] if row is not None]
    if new is None:
        return rest
    if new.valid_to <= each.at:
        raise refuse(old.id, "valid_to: expected a time after that from which the change holds")
    return [*rest, new._replace(valid_from=each.at if math.isfinite(each.at) else new.valid_from)]


def _edited(
    wanted: Import, standing: Sequence[Standing], edits: Sequence[Edit], checked: dict[int, Checked]
) -> Changes:
    rows = {each.number: each.row for each in standing}
    changes = Changes()
    gone: set[int] = set()
    after: list[Checked] = []
    for line, each in enumerate(edits, 1):
        old = rows.get(each.number) if each.what != ADD and each.number not in gone else None
        new = checked[line].row if line in checked else None
        made = outcome(wanted, line, each, old, new)
        if old is not None:
            gone.add(each.number)
            if len(made) == 1 and same(made[0]) == same(old):
                after.append(Checked(line, old))
                continue
            changes.removed.append(each.number)
        changes.added += made
        after += [Checked(line, row) for row in made]
    changes.after = [Checked(0, row) for number, row in rows.items() if number not in gone] + after
    return changes


def _do(connection: sa.Connection, wanted: Import, changes: Changes) -> Imported:
    """Check the register as it would be, and write it."""
    faults = unfit(connection, wanted, changes, set())
    if faults:
        raise Faulty(faults)
    done = Imported(None, len(changes.after), len(changes.added), len(changes.removed))
    if changes.added or changes.removed:
        done.number = write_change(connection, wanted, done)
        take_out(connection, REGISTER_ROWS, changes.removed, done.number)
        add_rows(connection, wanted.register.name, changes.added, done.number)
    return done
