"""told: cases and changes as the desk leaves them, for tests of whoever follows it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from cases.database import upsert, writing
from cases.tables import CASES, CHANGES

T0 = 1_767_225_600.0
"""2026-01-01T00:00:00Z."""

_BLANK: dict[str, Any] = {
    column.name: ({} if column.name == "helpers" else False if isinstance(column.type, sa.Boolean) else "")
    if isinstance(column.type, sa.String | sa.JSON | sa.Boolean)
    else None
    if column.nullable
    else 0
    for column in CASES.columns
} | {"proposal": None, "merged_into": None, "split_from": None, "storm": None}


def case_row(id: str, **values: Any) -> dict[str, Any]:
    """A case that is dispatched, of category 06042."""
    plain = {"number": id, "state": "dispatched", "category": "06042", "severity": 2, "level": "community"}
    told = {"started": T0, "opened": T0, "channel": "machine", "helpers": [], "lon": 120.16, "lat": 30.25}
    return {**_BLANK, "id": id, **plain, **told, **values}


def happened(
    engine: sa.Engine, case: str, event: str, at: float = T0, said: dict[str, Any] | None = None, **v: Any
) -> None:
    """A case is now so, and followers are told. said: of the change; v: of the case."""
    row = case_row(case, **v)
    units = [unit for unit in (row["responsible"], *row["helpers"]) if unit]
    data = {"state": row["state"], "revision": row["revision"], "units": units, **(said or {})}
    with writing(engine) as connection:
        connection.execute(upsert(CASES, connection), [row])
        connection.execute(CHANGES.insert().values(case_id=case, event=event, at=at, data=data))
