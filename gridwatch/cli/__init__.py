"""The command line. One file a command group; `COMMANDS` is all there is.

Exit codes: 0 fine; 1 something was found (faults, a missed expectation); 2 wrong use; 3 it can't run here and now (a
service, the disk); 130 stopped by Ctrl-C.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

import gridwatch
from gridwatch.cli import (
    camera,
    cases,
    categories,
    clocks,
    dispatch,
    evidence,
    history,
    jt808,
    models,
    notify,
    registers,
    report,
    store,
    users,
)
from gridwatch.cli.check import check
from gridwatch.cli.compare import compare
from gridwatch.cli.console import console
from gridwatch.cli.deadletters import deadletters
from gridwatch.cli.demo import demo
from gridwatch.cli.explain import explain
from gridwatch.cli.export import export
from gridwatch.cli.frame import CommandGroup
from gridwatch.cli.healthy import healthy
from gridwatch.cli.importing import import_
from gridwatch.cli.indicators import indicators
from gridwatch.cli.ingest import ingest
from gridwatch.cli.init import init
from gridwatch.cli.label import label
from gridwatch.cli.list import list_
from gridwatch.cli.new import new
from gridwatch.cli.probe import probe
from gridwatch.cli.record import record
from gridwatch.cli.reload import reload
from gridwatch.cli.replay import replay
from gridwatch.cli.run import run
from gridwatch.cli.schema import schema
from gridwatch.cli.score import score
from gridwatch.cli.simulate import simulate
from gridwatch.cli.topics import topics
from gridwatch.cli.tune import tune
from gridwatch.cli.verify import verify
from gridwatch.cli.why import why
from gridwatch.cli.worker import worker

COMMANDS: dict[str, Callable[..., Any]] = {
    "run": run,
    "worker": worker,
    "console": console,
    "topics": topics,
    "ingest": ingest,
    "reload": reload,
    "healthy": healthy,
    "demo": demo,
    "init": init,
    "check": check,
    "schema": schema,
    "probe": probe,
    "new": new,
    "list": list_,
    "explain": explain,
    "import": import_,
    "replay": replay,
    "why": why,
    "record": record,
    "export": export,
    "verify": verify,
    "label": label,
    "compare": compare,
    "tune": tune,
    "simulate": simulate,
    "score": score,
    "deadletters": deadletters,
    "indicators": indicators,
}
"""Single commands, in the order in which help shows them."""

GROUPS: dict[str, typer.Typer] = {
    "cases": cases.app,
    "categories": categories.app,
    "clocks": clocks.app,
    "dispatch": dispatch.app,
    "camera": camera.app,
    "evidence": evidence.app,
    "history": history.app,
    "jt808": jt808.app,
    "models": models.app,
    "notify": notify.app,
    "registers": registers.app,
    "report": report.app,
    "store": store.app,
    "users": users.app,
}
"""Commands that have commands of their own."""

app = typer.Typer(
    name="gridwatch",
    cls=CommandGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Watches a city for the people who run it: telemetry in, cases with evidence and a deadline out.",
    epilog="Exit codes: 0 fine, 1 something was found, 2 wrong use, 3 it can't run here and now.",
)
for name, command in COMMANDS.items():
    app.command(name)(command)
for name, group in GROUPS.items():
    app.add_typer(group, name=name)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gridwatch {gridwatch.__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_version)
    ] = False,
) -> None:
    pass


def main() -> None:
    """The `gridwatch` command."""
    app()
