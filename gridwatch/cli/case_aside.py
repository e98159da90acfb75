"""case_aside: what is put aside at present and until when: shelvings, suppressions, and the storms that go on.

Reads the store beside the running city. Everything listed comes back by itself; `gridwatch cases step city` puts aside,
reviews and takes back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from gridwatch.cli.data import CityData, ConfigOption, DataOption, JsonOption, city_data, harmless, terminal
from gridwatch.cli.frame import Exit, Problem, print_json_lines

if TYPE_CHECKING:
    import sqlalchemy as sa

_ABOUT = ("rules", "categories", "subjects", "cameras", "places", "grids")
_SHOWN = ("id", "kind", "state", "verdict", "case_id", "reason", "by", "reviewed_by", "ended_by", "count", "now")
_TIMES = ("since", "until", "asked", "reviewed", "ended")


def aside(
    all_: Annotated[bool, typer.Option("--all", help="What was refused and what is over, too.")] = False,
    held: Annotated[
        str | None, typer.Option(metavar="ID", help="What this one holds now; also the id of a fusion rule.")
    ] = None,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what is put aside (搁置, 抑制), until when and why, and the storms that go on."""
    from cases.fusion import listing

    city = city_data(config, data)
    with _reading(city) as connection:
        if held is not None:
            found = listing.held(connection, _whole(connection, held))
            rows, stormy = [_episode(row) for row in found], list[dict[str, Any]]()
        else:
            rows = [_scope(row) for row in listing.put_aside(connection, everything=all_)]
            stormy = [_storm(row) for row in listing.storms(connection)]
    if as_json:
        print_json_lines([*rows, *stormy])
        return
    console = terminal()
    if held is not None:
        console.print(_episodes(rows, city) if rows else "It holds nothing now.")
        return
    if rows:
        console.print(_scopes(rows, city))
    if stormy:
        console.print(_storms(stormy, city))
    if not rows and not stormy:
        typer.echo("Nothing is put aside, and there is no storm.")


@contextmanager
def _reading(city: CityData) -> Iterator[sa.Connection]:
    from cases.database import open_database, reading
    from cases.database_errors import StoreBroken, StoreTrouble
    from cases.migrations import NewerSchema, OlderSchema, has_tables

    nothing = Problem(f"There are no cases in {city.folder} yet: `gridwatch run` makes them.")
    try:
        engine = open_database(city.store, read_only=True)
        try:
            if not has_tables(engine):
                raise nothing
            with reading(engine) as connection:
                yield connection
        finally:
            engine.dispose()
    except FileNotFoundError:
        raise nothing from None
    except (NewerSchema, OlderSchema, StoreBroken, StoreTrouble) as error:
        raise Problem(str(error)) from None


def _whole(connection: sa.Connection, id: str) -> str:
    """The id of which this is the beginning; else as given: a fusion rule's. Raises Problem where it is several's."""
    from cases.fusion import listing

    ids = [row["id"] for row in listing.put_aside(connection, everything=True) if row["id"].startswith(id)]
    if len(ids) > 1 and id not in ids:
        raise Problem(f"several have an id that begins with '{id}': {', '.join(ids[:3])}; give more of it", Exit.FOUND)
    return id if id in ids or not ids else ids[0]


def _scope(row: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON gives it: when it is in force, what it is about, how much it has held and holds now."""
    from cases.case import iso

    said = {name: row[name] for name in _SHOWN}
    return said | {name: _time(row[name], iso) for name in _TIMES} | {"about": row["data"]}


def _episode(row: Mapping[str, Any]) -> dict[str, Any]:
    from cases.case import iso

    names = ("id", "rule", "category", "subject", "place")
    said = {name: row["data"].get(name) or None for name in names}
    return said | {"started": iso(row["data"]["started"]), "ended": _time(row["held_ended"], iso)}


def _storm(row: Mapping[str, Any]) -> dict[str, Any]:
    from cases.case import iso

    said = {"kind": "storm", "case_id": row["id"], "number": row["number"], "rule": row["rule"], "area": row["area"]}
    return said | {"state": row["state"], "since": iso(row["opened"]), "members": row["members"]}


def _time(value: float | None, iso: Any) -> str | None:
    return None if value is None else iso(value)


def _scopes(rows: Iterable[Mapping[str, Any]], city: CityData) -> Table:
    table = _table("id", "what", "about", f"until ({city.zone_name})", "held", "why")
    for row in rows:
        what = row["kind"] if row["state"] == "in force" else f"{row['kind']}, {row['state']}"
        count = Text(f"{row['now']} of {row['count']}" if row["count"] else "", justify="right")
        until = Text(city.time(_seconds(row["until"])))
        table.add_row(Text(row["id"][:8]), Text(what), harmless(_about(row["about"])), until, count, _why(row))
    return table


def _why(row: Mapping[str, Any]) -> Text:
    return harmless(f"{row['reason']} ({row['by']})" if row["by"] else row["reason"])


def _about(scope: Mapping[str, Any]) -> str:
    words = [", ".join(scope[name]) for name in _ABOUT if scope.get(name)]
    if "circle" in scope:
        lon, lat, metres = scope["circle"]
        words.append(f"{metres:.15g} m around {lon:.5f}, {lat:.5f}")
    if "polygon" in scope:
        words.append(f"an area of {len(scope['polygon'])} corners")
    if "box" in scope:
        words.append("a part of the picture")
    if "hours" in scope:
        words.append(scope["hours"])
    if "of_subject" in scope:
        words.append(f"as {scope['of_subject']}")
    return "; ".join(words)


def _episodes(rows: Iterable[Mapping[str, Any]], city: CityData) -> Table:
    table = _table("episode", f"started ({city.zone_name})", "rule", "subject", "")
    for row in rows:
        started = Text(city.time(_seconds(row["started"])))
        goes_on = Text("" if row["ended"] else "goes on")
        table.add_row(
            Text(row["id"][:8]), started, harmless(row["rule"] or ""), harmless(row["subject"] or ""), goes_on
        )
    return table


def _storms(rows: Iterable[Mapping[str, Any]], city: CityData) -> Table:
    table = _table("storm's case", f"since ({city.zone_name})", "storm rule", "area", "members")
    for row in rows:
        since = Text(city.time(_seconds(row["since"])))
        table.add_row(
            Text(row["number"]), since, harmless(row["rule"]), harmless(row["area"]), Text(str(row["members"]))
        )
    return table


def _table(*names: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="bold", expand=False)
    for n, name in enumerate(names):
        table.add_column(name, no_wrap=n == 0, overflow="fold", style="dim" if n == 0 else None)
    return table


def _seconds(text: str | None) -> float:
    from datetime import datetime

    return math.nan if text is None else datetime.fromisoformat(text).timestamp()
