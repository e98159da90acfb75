"""case_steps: what people do to cases from a command line: report something, take a step, bring a hotline's orders.

They speak to the running city over its web API, as everybody does who is not the city itself: from here or from another
computer. The address is --url or GRIDWATCH_URL, else where the configuration's `web` listens; GRIDWATCH_TOKEN has the
secret of one of web.tokens, which says who it is.
"""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Annotated, Any

import typer

from gridwatch.asking import URL_ENV, RunningCity, running_city
from gridwatch.cli.data import ConfigOption, JsonOption, harmless, terminal
from gridwatch.cli.frame import Exit, Problem, print_json_lines, say_error

UrlOption = Annotated[
    str | None, typer.Option("--url", envvar=URL_ENV, help="Where the city's web API is. Default: as `web` says.")
]
KeyOption = Annotated[
    str | None, typer.Option("--key", help="Your name for it: the same one again changes nothing. Default: a new one.")
]
PhotoOption = Annotated[
    list[Path] | None, typer.Option("--photo", help="A picture; several may be given.", exists=True, dir_okay=False)
]
CITY = "city"
"""Stands for the city, where a step is about no case."""
AT_ONCE = 200
"""Orders of one request."""
SHOWN = 20
"""Orders not taken that are named one by one."""


def report(
    category: Annotated[str, typer.Option(help="What it is: a code of the city's categories.")],
    text: Annotated[str, typer.Option(help="What is to be seen.")] = "",
    lon: Annotated[float | None, typer.Option(help="Degrees.")] = None,
    lat: Annotated[float | None, typer.Option(help="Degrees.")] = None,
    datum: Annotated[str, typer.Option(help="WGS-84, GCJ-02, BD-09 or CGCS2000.")] = "WGS-84",
    address: Annotated[str, typer.Option(help="Where, in words.")] = "",
    name: Annotated[str, typer.Option(help="Who reports; kept from everybody but the desk.")] = "",
    phone: Annotated[str, typer.Option(help="How to reach them.")] = "",
    email: Annotated[str, typer.Option(help="How to reach them.")] = "",
    severity: Annotated[int, typer.Option(min=0, max=4, help="1 (low) to 4 (urgent); 0: as the category says.")] = 0,
    photo: PhotoOption = None,
    joins: Annotated[str, typer.Option(help="The case that it is about, if you know.")] = "",
    new: Annotated[bool, typer.Option("--new", help="It is none of the likely duplicates: report it.")] = False,
    key: KeyOption = None,
    config: ConfigOption = None,
    url: UrlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Report something. Likely duplicates are shown first; then say --joins CASE or --new."""
    with running_city(config, url) as city:
        if lon is not None and lat is not None and not joins and not new:
            place = {"lon": lon, "lat": lat, "datum": datum, "category": category, "text": text}
            likely = city.get("/api/duplicates", **place)
            if likely:
                _show_likely(likely, as_json)
                raise typer.Exit(Exit.FOUND)
        body: dict[str, Any] = {
            "category": category,
            "text": text,
            "lon": lon,
            "lat": lat,
            "datum": datum,
            "address": address,
        }
        body |= {"contact": {"name": name, "phone": phone, "email": email}, "severity": severity, "joins": joins}
        body["photos"] = [_upload(city, each)["location"] for each in photo or ()]
        done = city.post("/api/reports", body, key or str(uuid.uuid4()))
    if as_json:
        print_json_lines([done])
    else:
        typer.echo(f"{done['number']}: reported" + (f", case {done['case']}" if done["case"] else ""))


def step(
    case: Annotated[
        str, typer.Argument(help="A case's id, the beginning of it, or its number; city: the city itself.")
    ],
    action: Annotated[str, typer.Argument(help="What is done: file, dispatch, accept, handled, close …")],
    note: Annotated[str, typer.Option(help="Why, in a few words; some actions need it.")] = "",
    data: Annotated[
        list[str] | None, typer.Option("--data", help="What the action needs, as KEY=VALUE; JSON or text; may repeat.")
    ] = None,
    photo: PhotoOption = None,
    revision: Annotated[
        int | None, typer.Option(min=0, help="Refuse it if the case has changed since this one.")
    ] = None,
    key: KeyOption = None,
    config: ConfigOption = None,
    url: UrlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a step in a case. Exit code 1: it is not possible now; what is, is said."""
    values = dict(_pair(each) for each in data or ())
    with running_city(config, url) as city:
        if photo:
            values["photos"] = [_upload(city, each)["location"] for each in photo]
        body = {"action": action, "note": note, "data": values, "revision": revision}
        path = "/api/steps" if case == CITY else f"/api/cases/{_in_path(case)}/steps"
        done = city.post(path, body, key or str(uuid.uuid4()))
    if as_json:
        print_json_lines([done])
    else:
        typer.echo(f"{CITY}: {action}" if case == CITY else f"{done['case']}: {done['state']}")


def import_orders(
    file: Annotated[
        Path,
        typer.Argument(help="The orders: .csv or .xlsx, columns named in the first line.", exists=True, dir_okay=False),
    ],
    hotline: Annotated[str, typer.Option(help="Whose mapping: a name of intake.hotlines.")],
    config: ConfigOption = None,
    url: UrlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring the orders of a file. What was brought before changes nothing; each that is not taken is named."""
    rows = _rows(file)
    answers: list[dict[str, Any]] = []
    with running_city(config, url) as city:
        for start in range(0, len(rows), AT_ONCE):
            orders = [row for _, row in rows[start : start + AT_ONCE]]
            answers += city.post(f"/api/hotline/{_in_path(hotline)}", orders)["orders"]
    lines = [{"line": line, **answer} for (line, _), answer in zip(rows, answers, strict=True)]
    refused = [each for each in lines if not each["taken"]]
    if as_json:
        print_json_lines(lines)
    else:
        for each in refused[:SHOWN]:
            say_error(harmless(f"{file}:{each['line']}  {each['order']}   {each['why']}").plain)
        if len(refused) > SHOWN:
            say_error(f"and {len(refused) - SHOWN} more; all with --json")
        typer.echo(f"{len(lines) - len(refused)} orders taken, {len(refused)} not")
    if refused:
        raise typer.Exit(Exit.FOUND)


def _rows(file: Path) -> list[tuple[int, dict[str, str]]]:
    """(line, cells by column) of each order. Raises Problem, Faulty."""
    from cases.sheets import cells_of
    from pipeline.faults import Fault, Faulty

    faults: list[Fault] = []

    def fault(line: int, name: str, message: str) -> None:
        faults.append(Fault(str(file), line, name, message))

    found = list(cells_of(file.read_bytes(), file.name, fault))
    if faults:
        raise Faulty(faults)
    if not found:
        raise Problem(f"{file}: expected a first line that names the columns; the file is empty", Exit.USAGE)
    (_, header), *rows = found
    return [(line, {name: cell for name, cell in zip(header, cells, strict=False) if name}) for line, cells in rows]


def _upload(city: RunningCity, file: Path) -> Any:
    return city.post("/api/photos", file.read_bytes())


def _pair(text: str) -> tuple[str, Any]:
    """`unit=unit-7`, `found=true`, `helpers=["a", "b"]`."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise Problem(f"--data: expected KEY=VALUE such as unit=unit-7, got '{text}'", Exit.USAGE)
    try:
        return name.strip(), json.loads(value, parse_constant=_no_number)
    except ValueError:
        return name.strip(), value


def _no_number(text: str) -> None:
    """NaN and Infinity are words, as anything else that is no JSON."""
    raise ValueError(text)


def _in_path(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")


def _show_likely(likely: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json_lines(likely)
        return
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="bold")
    for title in ("case", "alike", "metres", "category", "state", "opened (UTC)", "text"):
        table.add_column(title, overflow="fold")
    for each in likely:
        cells = (each["case"], f"{each['score']:.0%}", f"{each['metres']:.0f}", each["category"], each["state"])
        table.add_row(
            *(harmless(cell) for cell in (*cells, (each["opened"] or "")[:16].replace("T", " "), each["text"] or ""))
        )
    terminal().print(table)
    typer.echo("It may be one of these: report it with --joins CASE, or with --new if it is none of them.")
