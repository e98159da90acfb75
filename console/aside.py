"""aside: who may see, and who may end, what is put aside: shelvings and suppressions, rows of `scopes`.

What is about cells of one area is that area's. What names no cell is the whole city's, unless a case's verdict brought
it: then it is about that case's subject or place, and is where the case is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from cases.intake.text import tidy
from cases.tables import CASES, SCOPES
from console.access import own_unit, sees
from console.settings import Token

Row = Mapping[str, Any]
ENDING = frozenset({"unshelve", "review", "revoke"})
"""Actions about one that is there."""


def of_cases(connection: sa.Connection, scopes: Iterable[Row]) -> dict[str, Row]:
    """The cases by whose verdicts they came, by id."""
    ids = {each["case_id"] for each in scopes} - {""}
    return {row["id"]: dict(row) for row in connection.execute(sa.select(CASES).where(CASES.c.id.in_(ids))).mappings()}


def concerns(who: Token, scope: Row, case: Row | None) -> bool:
    """Whether it may hold something that they see. case: of `of_cases`."""
    if own_unit(who) is not None:
        return False
    grids = _grids(scope)
    if not who.areas or (not grids and case is None):
        return True
    return any(_overlap(each, area) for each in grids for area in who.areas) or (not grids and _sees(who, case))


def within(who: Token, scope: Row, case: Row | None) -> bool:
    """Whether it holds nothing but what they see, so that it is theirs to end."""
    if not who.areas:
        return True
    grids = _grids(scope)
    return all(each.startswith(who.areas) for each in grids) if grids else _sees(who, case)


def one(connection: sa.Connection, id: object) -> Row | None:
    """The one of this id."""
    if not isinstance(id, str):
        return None
    row = connection.execute(sa.select(SCOPES).where(SCOPES.c.id == tidy(id, 200))).mappings().first()
    return None if row is None else dict(row)


def _sees(who: Token, case: Row | None) -> bool:
    return case is not None and sees(who, case)


def _grids(scope: Row) -> list[str]:
    return [str(each) for each in scope["data"].get("grids") or ()]


def _overlap(grid: str, area: str) -> bool:
    """grid: with * for anything, as a scope has it."""
    fixed, star, _ = grid.partition("*")
    return grid.startswith(area) or (bool(star) and area.startswith(fixed))
