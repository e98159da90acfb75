"""deadletters: what could not be used, and why.

Reads the dead letters beside whatever writes them; changes nothing. `--json` gives one object a line, in the order in
which they were set aside: reason, where, message, position, source, topic, received (ISO 8601 UTC), payload (base64;
null where it was delivered long before).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich import box
from rich.table import Table
from rich.text import Text

from gridwatch.cli.data import (
    SHOWN,
    CityData,
    ConfigOption,
    DataOption,
    JsonOption,
    city_data,
    harmless,
    terminal,
)
from gridwatch.cli.frame import Problem, print_json_lines
from pipeline.faults import did_you_mean

if TYPE_CHECKING:
    from pipeline.deadletters import DeadLetter

PAYLOAD = 160
"""So many bytes of a payload are shown; --json gives all that is kept."""


def deadletters(
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
    reason: Annotated[str | None, typer.Option(help="Only these: undecodable, unknown, future …")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help=f"Only the newest so many. Default: {SHOWN}, with --json all.")
    ] = None,
) -> None:
    """Show what could not be used, with where, what was expected and what came."""
    from pipeline.deadletters import FOLDER, read_letters
    from pipeline.journal import Journal, JournalError

    city = city_data(config, data)
    if not (city.folder / FOLDER).is_dir():
        raise Problem(f"There are no dead letters in {city.folder} yet: `gridwatch run` keeps them there.")
    reasons: Counter[str] = Counter()
    newest: deque[DeadLetter] = deque(maxlen=limit if limit is not None or as_json else SHOWN)
    try:
        for dead in read_letters(Journal.read_only(city.folder / FOLDER)):
            reasons[dead.letter.reason] += 1
            if reason is None or dead.letter.reason == reason:
                newest.append(dead)
    except JournalError as error:
        raise Problem(str(error)) from None
    if as_json:
        print_json_lines(_json(dead) for dead in newest)
    elif newest:
        terminal().print(_table(newest, city))
        typer.echo(", ".join(f"{name} {count}" for name, count in reasons.most_common()))
    elif reason is not None and reasons:
        hint = did_you_mean(reason, reasons) or "."
        typer.echo(f"None for '{harmless(reason)}'{hint} There are: {', '.join(sorted(reasons))}.")
    else:
        typer.echo("No dead letters.")


def _json(dead: DeadLetter) -> dict[str, Any]:
    from cases.case import iso

    about = {"source": dead.source, "topic": dead.topic, "received": iso(dead.received)}
    letter = msgspec.to_builtins(dead.letter)
    payload = letter.pop("payload")
    return {**letter, **about, "payload": payload}


def _table(letters: Iterable[DeadLetter], city: CityData) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="bold")
    table.add_column(f"received ({city.zone_name})", no_wrap=True, max_width=19)
    table.add_column("reason", no_wrap=True)
    table.add_column("what was expected, what came", overflow="fold")
    for dead in letters:
        letter = dead.letter
        what = Text.assemble(harmless(letter.where), "\n", harmless(letter.message))
        content = letter.content
        if content:
            cut = " …" if len(content) > PAYLOAD else ""
            what.append("\n")
            what.append(harmless(content[:PAYLOAD].decode("utf-8", "backslashreplace")).plain + cut, "dim")
        table.add_row(city.time(dead.received), letter.reason, what)
    return table
