"""keeping: what fusion remembers beside the cases, in the store's tables: what is held and by what, storms.

Cases and their members have tables of their own; whoever keeps those loads them. Everything here is to be called inside
the transaction of the effects themselves.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from cases.database import upsert
from cases.fusion.fusion import Fusion
from cases.fusion.words import Happening, Held, Memory, Scope, Shelving, Storm, Suppression
from cases.tables.suppressions import HELD, SCOPES, STORMS

PROPOSED, IN_FORCE, OVER = "proposed", "in force", "over"
_OWN = frozenset({"since", "until", "reason", "by", "count"})
"""Fields of a scope that have columns of their own."""


def read(connection: sa.Connection) -> Memory:
    """What `write` has kept, without cases."""
    held = connection.execute(sa.select(HELD).order_by(HELD.c.number)).mappings()
    scopes = connection.execute(sa.select(SCOPES).where(SCOPES.c.state == IN_FORCE).order_by(SCOPES.c.id)).mappings()
    storms = connection.execute(sa.select(STORMS).order_by(STORMS.c.rule, STORMS.c.area)).mappings()
    found = [scope_of(dict(row)) for row in scopes]
    return Memory(
        held=tuple(_held(dict(row)) for row in held),
        shelvings=tuple(each for each in found if isinstance(each, Shelving)),
        suppressions=tuple(each for each in found if isinstance(each, Suppression)),
        storms=tuple(_storm(dict(row)) for row in storms),
    )


def write(connection: sa.Connection, fusion: Fusion, at: float) -> None:
    """What has changed since `Fusion.kept` was last called, which is for the caller when this is committed.

    at: the log's time. A scope that fusion no longer has is over.
    """
    changed = fusion.changed()
    held = {id: fusion.held(id) for id in sorted(changed.held)}
    _replace(connection, HELD, [_held_row(each) for each in held.values() if each is not None], ("id",))
    _delete(connection, HELD, [{"id": id} for id, each in held.items() if each is None])
    storms = {key: fusion.storm(*key) for key in sorted(changed.storms)}
    _replace(connection, STORMS, [_storm_row(each) for each in storms.values() if each is not None], ("rule", "area"))
    _delete(connection, STORMS, [{"rule": rule, "area": area} for (rule, area), s in storms.items() if s is None])
    for id in sorted(changed.scopes):
        _write_scope(connection, id, fusion.scope(id), at)


def add(connection: sa.Connection, scope: Scope, at: float, *, state: str, reviewed_by: str = "") -> None:
    """A shelving, or a suppression that is proposed or in force. at: when it was asked for."""
    row = scope_row(scope) | {"state": state, "asked": at, "reviewed_by": reviewed_by, "ended_by": "", "ended": None}
    row |= {"reviewed": at if reviewed_by else None, "count": scope.count}
    connection.execute(SCOPES.insert(), row)


def scope_of(row: Mapping[str, Any]) -> Scope:
    """A row of `scopes` as fusion takes it."""
    kind: type[Scope] = Shelving if row["kind"] == "shelving" else Suppression
    return msgspec.convert(row["data"] | {"id": row["id"]} | {name: row[name] for name in _OWN}, kind)


def scope_row(scope: Scope) -> dict[str, Any]:
    """What a scope itself says, as columns of `scopes`."""
    data = plain(scope)
    return {
        "id": scope.id,
        "kind": "shelving" if isinstance(scope, Shelving) else "suppression",
        "verdict": getattr(scope, "verdict", ""),
        "case_id": getattr(scope, "case", ""),
        **{name: getattr(scope, name) for name in _OWN - {"count"}},
        "data": {name: value for name, value in data.items() if value and name not in _OWN and name != "id"},
    }


def plain(struct: msgspec.Struct) -> dict[str, Any]:
    """As JSON has it; what is not known is left out."""
    return _finite(msgspec.to_builtins(struct))  # type: ignore[no-any-return]


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items() if not isinstance(v, float) or math.isfinite(v)}
    return [_finite(each) for each in value] if isinstance(value, list | tuple) else value


def _write_scope(connection: sa.Connection, id: str, scope: Scope | None, at: float) -> None:
    mine = SCOPES.update().where(SCOPES.c.id == id)
    if scope is not None:
        connection.execute(mine.values(count=scope.count))
    else:
        connection.execute(mine.where(SCOPES.c.state == IN_FORCE).values(state=OVER, ended=at))


def _held_row(held: Held) -> dict[str, Any]:
    values = {name: getattr(held, name) for name in ("by", "kind", "number")}
    values |= {"until": _known(held.until), "ended": _known(held.ended)}
    return values | {"id": held.happening.id, "data": plain(held.happening)}


def _held(row: Mapping[str, Any]) -> Held:
    values = {name: row[name] for name in ("by", "kind", "number")}
    values |= {name: row[name] for name in ("until", "ended") if row[name] is not None}
    return Held(**values, happening=msgspec.convert(row["data"], Happening))


def _storm_row(storm: Storm) -> dict[str, Any]:
    values = {"rule": storm.rule, "area": storm.area, "case_id": storm.case, "undone": storm.undone}
    return values | {"above": _known(storm.above), "recent": list(storm.recent)}


def _storm(row: Mapping[str, Any]) -> Storm:
    above = -math.inf if row["above"] is None else row["above"]
    values = {"rule": row["rule"], "area": row["area"], "case": row["case_id"], "undone": row["undone"]}
    return Storm(**values, above=above, recent=tuple(row["recent"]))


def _known(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _replace(connection: sa.Connection, table: sa.Table, rows: Sequence[Any], keys: Sequence[str]) -> None:
    if rows:
        connection.execute(upsert(table, connection, keys=keys), rows)


def _delete(connection: sa.Connection, table: sa.Table, keys: Iterable[Mapping[str, str]]) -> None:
    keys = list(keys)
    if keys:
        where = [table.c[name] == sa.bindparam(f"key_{name}") for name in keys[0]]
        values = [{f"key_{name}": value for name, value in key.items()} for key in keys]
        connection.execute(table.delete().where(*where), values)
