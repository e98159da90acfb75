"""frame: what all commands share: exit codes, how an error is told, and output for machines.

An error is one or two plain lines on stderr that say what to do next. A traceback comes only with GRIDWATCH_DEBUG=1.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Iterable, Mapping
from typing import Any

import typer
from typer.core import TyperGroup

from gridwatch.problems import Exit, Problem, city_file
from pipeline.faults import Faulty

__all__ = ["CommandGroup", "Exit", "Problem", "city_file", "debugging", "print_json_lines", "say_error"]


def debugging() -> bool:
    """Whether tracebacks are wanted."""
    return os.environ.get("GRIDWATCH_DEBUG", "") not in ("", "0")


def say_error(message: str) -> None:
    """One error, on stderr."""
    for line in message.splitlines():
        typer.echo(line, err=True)


def print_json_lines(objects: Iterable[Mapping[str, Any]]) -> None:
    """One object a line, on stdout."""
    for each in objects:
        typer.echo(json.dumps(each, ensure_ascii=False, allow_nan=False))


USAGE_ERROR = typer.BadParameter.__mro__[1]
"""Typer's own class of wrong use; it has no public name in all of the releases that we run with."""


class CommandGroup(TyperGroup):
    """Ends every command that fails with its exit code and without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Exit(Exit.INTERRUPTED) from None
        except Exception as error:  # the one place where every failure becomes a line and an exit code
            if isinstance(error, typer.Exit | typer.Abort | USAGE_ERROR):
                raise
            if debugging():
                traceback.print_exc(file=sys.stderr)
            raise typer.Exit(_told(error)) from None


def _told(error: Exception) -> Exit:
    """Say what went wrong; the exit code that it means."""
    from pipeline.journal import JournalError

    if isinstance(error, Faulty):
        say_error(str(error))
        count = len(error.faults)
        say_error(f"{count} fault{'s' if count > 1 else ''}. Mend what is named and start again.")
        return Exit.FOUND
    if isinstance(error, Problem):
        say_error(str(error))
        return error.exit_code
    if isinstance(error, JournalError):
        say_error(str(error))
        return Exit.CANNOT_RUN
    if isinstance(error, BrokenPipeError):
        return Exit.FINE
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        say_error(f"{where}{error.strerror or error}. Mend that and start again.")
        return Exit.CANNOT_RUN
    say_error(f"gridwatch failed by a fault of its own: {type(error).__name__}: {error}")
    say_error("Run it again with GRIDWATCH_DEBUG=1 in the environment and report what it then prints.")
    return Exit.CANNOT_RUN
