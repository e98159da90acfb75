"""month: a month of 20,000 cases a day in a PostgreSQL database, made there, in seconds.

600,000 cases of 100 categories, 200 units, 2,000 grid cells, 30 rules and 5,000 subjects. Three in a hundred are
active: those of the last half day, and some of each day before, late ones among them. Each has the steps that led it to
where it stands. Made by the database itself out of hashes of a case's serial number: the same each time. Ids
are in the order of serial numbers, because that is quicker to write.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.schema import AddConstraint, DropConstraint

from cases.tables import CASES, STEPS

BEGAN = 1_772_294_400.0
"""2026-02-28T16:00:00Z: March in Shanghai."""
A_DAY = 20_000
RECENT = 10_000
"""The newest cases are all active."""
OLDER = 74
"""Of the others one in so many."""

UNITS, CATEGORIES, GRIDS, RULES, SUBJECTS = 200, 100, 2000, 30, 5000
_ACTIVE_STATES = {
    "reported": 15,
    "checking": 20,
    "filed": 30,
    "dispatched": 50,
    "returned": 53,
    "handling": 83,
    "handled": 90,
    "verifying": 96,
    "verified": 98,
    "suspended": 100,
}
"""Of a hundred; each up to its number, from that of the one before."""
_ACTIONS = ("file", "dispatch", "accept", "handled", "close")


_QUICKLY = "SET LOCAL jit = off; SET LOCAL maintenance_work_mem = '256MB'"


def unit(number: int) -> str:
    """A unit's id."""
    return f"unit-{number:03}"


def category(number: int) -> str:
    """A category's code."""
    return f"0{1 + number // 20}{number:02}"


def grid(number: int) -> str:
    """A grid cell's code."""
    return f"330106{number:05}"


def fill(connection: sa.Connection, days: int) -> int:
    """Into tables that have nothing in them; how many cases. Indexes are made afterwards, which is quicker."""
    number = days * A_DAY
    connection.exec_driver_sql(_QUICKLY)
    for table in (CASES, STEPS):
        for index in table.indexes:
            index.drop(connection)
        for constraint in _unique(table):
            connection.execute(DropConstraint(constraint))
    connection.exec_driver_sql(_cases(number))
    connection.exec_driver_sql(_STEPS)
    for table in (CASES, STEPS):
        for constraint in _unique(table):
            connection.execute(AddConstraint(constraint, isolate_from_table=False))
        for index in table.indexes:
            index.create(connection)
    return number


def _unique(table: sa.Table) -> list[sa.Constraint]:
    """The key, and what else may not be there twice."""
    return [table.primary_key, *(each for each in table.constraints if isinstance(each, sa.UniqueConstraint))]


def settle(engine: sa.Engine) -> None:
    """What autovacuum does in time: statistics, and which pages all can see."""
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("SET default_transaction_read_only = off")
        connection.exec_driver_sql("VACUUM ANALYZE cases, steps")
        connection.exec_driver_sql("RESET default_transaction_read_only")


def _dice(salt: int, sides: int) -> str:
    return f"mod(hashint8extended(i, {salt}) & 1073741823, {sides})"


def _coded(prefix: str, width: int, salt: int, sides: int) -> str:
    return f"'{prefix}' || lpad({_dice(salt, sides)}::text, {width}, '0')"


def _parted(salt: int, parts: dict[str, int]) -> str:
    """Values by their share of a hundred, as in _ACTIVE_STATES."""
    whens = " ".join(f"WHEN {_dice(salt, 100)} < {below} THEN '{value}'" for value, below in parts.items())
    return f"CASE {whens} END"


def _cases(number: int) -> str:
    now, each = BEGAN + number / A_DAY * 86400, 86400 / A_DAY
    drawn = f"SELECT i, {BEGAN} + i * {each} AS opened, i >= {number - RECENT} OR {_dice(1, OLDER)} = 0 AS active"
    ended = _parted(3, {"closed": 92, "rejected": 98, "merged": 100})
    filed = f"CASE WHEN state NOT IN ('reported', 'checking', 'rejected') THEN opened + {_dice(4, 3600)} END"
    closed = f"CASE WHEN NOT active THEN opened + 3600 + {_dice(5, 200000)} END"
    first = f"""WITH drawn AS ({drawn} FROM generate_series(0, {number - 1}) AS i),
        stood AS (SELECT *, CASE WHEN active THEN {_parted(2, _ACTIVE_STATES)} ELSE {ended} END AS state FROM drawn),
        timed AS (SELECT *, {filed} AS filed, {closed} AS closed FROM stood),
        later AS (SELECT *, filed + 14400 + {_dice(6, 5)} * 43200 AS due FROM timed)"""
    values = {
        "id": "lpad(to_hex(i), 32, '0')::uuid::text",
        "number": "'202603-' || lpad(i::text, 7, '0')",
        "revision": f"3 + {_dice(7, 9)}",
        "channel": _parted(8, {"machine": 60, "collector": 90, "hotline": 100}),
        "rule": _coded("rule-", 2, 9, RULES),
        "category": f"'0' || (1 + {_dice(10, CATEGORIES)} / 20) || lpad({_dice(10, CATEGORIES)}::text, 2, '0')",
        "subject": _coded("川A·", 5, 11, SUBJECTS),
        "text": f"'占道经营 ' || {_dice(12, 100000)}",
        "members": "1",
        "started": "opened - 60",
        "ended": f"CASE WHEN {_dice(13, 4)} > 0 THEN opened + 600 END",
        "measure": f"60 + {_dice(14, 400)} / 10.0",
        "unit": "'km/h'",
        "lon": f"120.0 + {_dice(15, 400000)} / 1000000.0",
        "lat": f"30.1 + {_dice(16, 400000)} / 1000000.0",
        "address": f"'文三路' || {_dice(17, 900)} || '号'",
        "grid": _coded("330106", 5, 18, GRIDS),
        "severity": f"({_parted(19, {'4': 5, '3': 20, '2': 100})})::int",
        "level": _parted(20, {"community": 70, "street": 95, "city": 100}),
        "mode": "'at_once'",
        "responsible": f"CASE WHEN filed IS NULL OR state = 'filed' THEN '' ELSE {_coded('unit-', 3, 21, UNITS)} END",
        "helpers": f"CASE {_dice(22, 20)} WHEN 0 THEN jsonb_build_array({_coded('unit-', 3, 23, UNITS)}) ELSE '[]' END",
        "file_due": "opened + 3600",
        "deadline": f"CASE WHEN active AND due < {now} THEN 'overdue' ELSE '' END",
        "steps": "4",
        "changed": "coalesce(closed, filed, opened)",
        "opened_position": "i",
        "position": "i",
    }
    values |= {name: name for name in ("state", "opened", "filed", "due", "closed")}
    return _insert(CASES, values, first, "later")


_EMPTY = {str: "''", int: "0", float: "0", bool: "false"}


def _insert(table: sa.Table, values: dict[str, str], first: str, source: str) -> str:
    """All columns; those that nobody names are empty."""
    for column in table.columns:
        values.setdefault(column.name, "NULL" if column.nullable else _EMPTY.get(column.type.python_type, "'[]'"))
    names, made = ", ".join(f'"{name}"' for name in values), ", ".join(values.values())
    return f"INSERT INTO {table.name} ({names}) {first} SELECT {made} FROM {source}"


_STEPS = _insert(
    STEPS,
    {
        "id": "lpad(to_hex(8 * opened_position + n), 32, '0')::uuid::text",
        "case_id": "id",
        "number": "n",
        "action": f"(ARRAY{list(_ACTIONS)!r})[n]",
        "by": "coalesce(nullif(responsible, ''), 'li')",
        "role": "'acceptor'",
        "at": "opened + 900 * n",
        "data": "'{}'",
    },
    "",
    f"cases, generate_series(1, {len(_ACTIONS)}) AS n"
    " WHERE n = 1 OR (filed IS NOT NULL AND n < 4) OR closed IS NOT NULL",
)
