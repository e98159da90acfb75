"""paging: a register as people look at it: a page at a time, searched, filtered, sorted, as of a time.

A page's `after` begins the next one behind its last row, whatever has come or gone meanwhile. Small registers are
sorted in memory. Of a large one (`large_page`) each request reads a bounded stretch of its table, so that a page may
have few rows, or none, and still an `after`: whoever asks goes on from there.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from cases.registers.cells import ranges
from cases.registers.changing import Standing
from cases.registers.duty import fits
from cases.registers.history import kept
from cases.registers.kinds import GEOMETRY, Register
from cases.registers.rows import Kept
from pipeline.geo import metres_per_degree

STRETCH = 400_000
"""Rows of a large table that one request reads at most where no index helps."""
TALL = 0.05
"""Degrees of latitude: of a larger part of the map a large register shows nothing; 5 km."""
Box = tuple[float, float, float, float]
"""West, south, east, north, WGS-84 degrees."""


class WrongPage(ValueError):
    """`after`, or what is sorted by, is nothing that there is."""


class Asked(NamedTuple):
    """What is wanted. search: text anywhere in a row. where: column -> text, `*` in it stands for anything. sort: a
    column; '': the key. at: only rows that hold then, UTC seconds; None: all. after: of the page before; ''."""

    search: str = ""
    where: Mapping[str, str] = {}
    sort: str = ""
    descending: bool = False
    at: float | None = None
    after: str = ""
    limit: int = 100


class Page(NamedTuple):
    """after: '' where there is no more. total: all that fit; None: not counted."""

    rows: list[Standing]
    after: str
    total: int | None


def small_page(register: Register, rows: Sequence[Standing], asked: Asked) -> Page:
    """A page of a small register. Raises WrongPage."""
    column = asked.sort or register.key
    if column != register.key and column not in {each.name for each in register.columns if each.name != GEOMETRY}:
        raise WrongPage(f"sort: there is no column '{column}'")
    number = register.column(column).number
    search = asked.search.casefold()
    fitting = [each for each in rows if _fits(register, each.row, asked, search)]
    keyed = sorted(((_key(register, each, column, number), each) for each in fitting), key=lambda pair: pair[0])
    if asked.descending:
        keyed.reverse()
    if asked.after:
        last = _decoded(asked.after, 4)
        try:
            keyed = [pair for pair in keyed if (pair[0] < last if asked.descending else pair[0] > last)]
        except TypeError:
            raise WrongPage("after: expected what a page has given") from None
    shown = keyed[: asked.limit]
    return Page([each for _, each in shown], _after(shown[-1][0]) if len(keyed) > len(shown) else "", len(fitting))


def _fits(register: Register, row: Kept, asked: Asked, search: str) -> bool:
    if asked.at is not None and not row.holds(asked.at):
        return False
    for name, wanted in asked.where.items():
        value = row.id if name == register.key else row.data.get(name, "")
        texts = value if isinstance(value, list) else [_text(value)]
        if not any(fits(wanted, text) for text in texts or [""]):
            return False
    if not search:
        return True
    texts = [_text(value) for name, value in row.data.items() if name != GEOMETRY]
    return any(search in text.casefold() for text in (row.id, *texts))


def _text(value: Any) -> str:
    return ";".join(value) if isinstance(value, list) else str(value)


def _key(register: Register, each: Standing, column: str, number: bool) -> tuple[int, Any, str, int]:
    """What a row is sorted by; rows that do not have the column come last."""
    row = each.row
    times = {"valid_from": row.valid_from, "valid_to": row.valid_to}
    value = row.id if column == register.key else times.get(column, row.data.get(column, ""))
    if column in times:
        value = max(min(value, 1e18), -1e18)  # JSON has no infinity
    elif number and value != "":
        value = float(value)
    else:
        value = _text(value)
    return int(value == ""), value, row.id, each.number


def large_page(connection: sa.Connection, register: Register, asked: Asked, total: int) -> Page:
    """A page of a large register. total: how many rows it has. Raises WrongPage."""
    table = register.points
    texts = {column.name for column in register.columns} & {column.name for column in table.columns}
    unknown = set(asked.where) - texts
    if asked.sort not in ("", register.key) or unknown:
        raise WrongPage(f"a register this large is sorted by {register.key} and filtered by {', '.join(sorted(texts))}")
    where: list[sa.ColumnElement[bool]] = [table.c.until.is_(None)]
    if asked.at is not None:
        where += [
            sa.or_(table.c.valid_from.is_(None), table.c.valid_from <= asked.at),
            sa.or_(table.c.valid_to.is_(None), table.c.valid_to > asked.at),
        ]
    by_id = register.key == "id" or "id" not in {column.name for column in register.columns}
    if by_id and not asked.where:
        return _by_id(connection, register, asked, where, total)
    where += [table.c[name] == text for name, text in asked.where.items()]
    if asked.search:
        name = table.c.id if by_id else table.c[register.key]
        where.append(name.contains(asked.search, autoescape=True))
    return _stretch(connection, register, asked, where, total)


def _by_id(
    connection: sa.Connection, register: Register, asked: Asked, where: list[sa.ColumnElement[bool]], total: int
) -> Page:
    """By the index of ids: in their order, from the beginning of one."""
    table = register.points
    if asked.search:
        # Two ways to say it: the range finds it by the index, the other is right in every order of letters.
        if connection.dialect.name == "sqlite":
            where += [table.c.id >= asked.search, table.c.id < asked.search + "\U0010ffff"]
        where.append(table.c.id.startswith(asked.search, autoescape=True))
    if asked.after:
        id, number = _decoded(asked.after, 2)
        if not isinstance(id, str) or not id.isprintable() or not _is_number(number):
            raise WrongPage("after: expected what a page has given")
        place, last = sa.tuple_(table.c.id, table.c.number), sa.tuple_(sa.literal(id), sa.literal(number))
        where.append(place < last if asked.descending else place > last)
    order = (table.c.id.desc(), table.c.number.desc()) if asked.descending else (table.c.id, table.c.number)
    query = sa.select(table).where(*where).order_by(*order).limit(asked.limit + 1)
    found = connection.execute(query).mappings().all()
    shown = found[: asked.limit]
    after = _after((shown[-1]["id"], shown[-1]["number"])) if len(found) > len(shown) else ""
    counted = total if not asked.search and asked.at is None else None
    return Page([Standing(row["number"], kept(register, row)) for row in shown], after, counted)


def _stretch(
    connection: sa.Connection, register: Register, asked: Asked, where: list[sa.ColumnElement[bool]], total: int
) -> Page:
    """In the order in which they came, from one number to another."""
    table = register.points
    (start,) = _decoded(asked.after, 1) if asked.after else (0,)
    if not _is_number(start):
        raise WrongPage("after: expected what a page has given")
    end = start + STRETCH
    most = connection.execute(sa.select(sa.func.max(table.c.number))).scalar_one() or 0
    query = sa.select(table).where(table.c.number > start, table.c.number <= end, *where).order_by(table.c.number)
    found = connection.execute(query.limit(asked.limit + 1)).mappings().all()
    shown = found[: asked.limit]
    if len(found) > len(shown):
        after = _after((shown[-1]["number"],))
    else:
        after = _after((end,)) if end < most else ""
    counted = total if not asked.search and not asked.where and asked.at is None else None
    return Page([Standing(row["number"], kept(register, row)) for row in shown], after, counted)


def large_in_box(
    connection: sa.Connection, register: Register, box: Box, at: float | None, limit: int
) -> list[Standing] | None:
    """The rows of a large register within a part of the map; one more than `limit` where there are more. None: the part
    is too large to look through."""
    west, south, east, north = box
    if north - south > TALL or north <= south or east <= west:
        return None
    lon, lat = (west + east) / 2, (south + north) / 2
    wide, tall = (float(each) for each in metres_per_degree(lat))
    metres = max((east - west) / 2 * wide, (north - south) / 2 * tall)
    if metres > 2 * TALL * tall:
        return None
    table = register.points
    cells = sa.or_(*(table.c.cell.between(first, last) for first, last in ranges(lon, lat, metres)))
    where = [table.c.until.is_(None), cells, table.c.lon.between(west, east), table.c.lat.between(south, north)]
    found = connection.execute(sa.select(table).where(*where).limit(limit + 1)).mappings().all()
    rows = [Standing(row["number"], kept(register, row)) for row in found]
    return [each for each in rows if at is None or each.row.holds(at)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and 0 <= value < 1 << 62


def _after(key: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _decoded(after: str, length: int) -> tuple[Any, ...]:
    try:
        key = json.loads(base64.urlsafe_b64decode(after))
    except (ValueError, binascii.Error, RecursionError):
        raise WrongPage("after: expected what a page has given") from None
    if not isinstance(key, list) or len(key) != length:
        raise WrongPage("after: expected what a page has given")
    return tuple(key)
