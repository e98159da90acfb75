"""jt808: what vehicle terminals said, out of a file of their frames.

Reads one hexadecimal frame a line; what is wrong with a frame stands in its object, what is none gets an object of its
own, and neither ends the command. `--json` gives one object for each line that is not empty, in their order: `line`
(from 1) and the message's fields, or `line`, `error` and the beginning of the line as `input`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from gridwatch.cli.data import JsonOption, harmless
from gridwatch.cli.frame import Exit, Problem, print_json_lines

app = typer.Typer(help="JT/T 808: what vehicle terminals say.", no_args_is_help=True)

LONGEST = 1 << 22
"""Bytes of a line."""
_SHOWN = 80

FileArgument = Annotated[
    Path | None, typer.Argument(help="One hexadecimal frame a line. Default, and '-': what comes on standard input.")
]


@app.callback()
def _group() -> None:
    """Keeps `decode` a command of the group although it is its only one."""


@app.command("decode")
def decode(file: FileArgument = None, as_json: JsonOption = False) -> None:
    """Show what frames of JT/T 808 (2011, 2013, 2019) say, and what is wrong with them."""
    standard = file is None or str(file) == "-"
    if file is not None and not standard and not file.is_file():
        raise Problem(f"There is no file {file}. Name a file with one hexadecimal frame a line.", Exit.USAGE)
    opened = nullcontext(sys.stdin.buffer) if standard or file is None else file.open("rb")
    with opened as stream:
        found = objects(lines(stream))
        if as_json:
            print_json_lines(found)
            return
        for each in found:
            typer.echo(harmless(_shown(each)).plain)


def lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """(number, line) of those that are not empty; of one that is too long one byte more than LONGEST."""
    number = 0
    while line := stream.readline(LONGEST + 1):
        number += 1
        whole = line
        while len(line) > LONGEST and not line.endswith(b"\n"):
            line = stream.readline(LONGEST + 1)  # the rest of it, which nobody needs
        whole = whole.removeprefix(b"\xef\xbb\xbf").strip()
        if whole:
            yield number, whole


def objects(numbered: Iterable[tuple[int, bytes]]) -> Iterator[dict[str, Any]]:
    """One object for each line."""
    from gridwatch.jt808 import NoFrame
    from gridwatch.jt808 import decode as decode_frame

    for number, line in numbered:
        try:
            if len(line) > LONGEST:
                raise NoFrame(f"expected a line of at most {LONGEST} characters")
            yield {"line": number} | decode_frame(line.decode("ascii", "replace"))
        except NoFrame as error:
            yield {"line": number, "error": str(error), "input": line[:_SHOWN].decode("ascii", "backslashreplace")}


def _shown(each: dict[str, Any]) -> str:
    """One line for people: who, what, when and where, and what is wrong."""
    if "error" in each:
        return f"{each['line']}: no frame: {each['error']}"
    said = f"{each['line']}: {each['terminal']} {each['msg_id']} {each['name'] or 'unknown to the standard'}"
    if each.get("time"):
        said += f" {each['time']} lat {each.get('lat')} lon {each.get('lon')} {each.get('speed_kmh')} km/h"
    if "locations" in each:
        said += f" {len(each['locations'])} locations"
    if "more" in each:
        said += f" (and {len(each['more'])} more on this line)"
    return said + (f"; {'; '.join(each['errors'])}" if each.get("errors") else "")
