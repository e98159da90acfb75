"""benchmarks: runs them all, each in a process of its own, and says what is met.

Writes benchmarks/results/latest.json: a list of objects with name, value, unit, limit, ratio, target, met and a note.
Ends with 1 where something is not met or could not be measured. Eight minutes on two idle cores; what else runs
on the machine makes it longer, and absolute limits (times, above all) harder to keep.

    python -m benchmarks [NAME ...] [--docs]

NAME: only these modules (engine, memory …); their results take the place of their last ones. --docs: put the table into
docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.result import HEADINGS, Result, cells, machine

MODULES = (
    "engine",
    "rules",
    "replay_day",
    "live_mqtt",
    "live_mqtt_judged",
    "jt808_gateway",
    "memory",
    "recovery",
    "cameras",
    "triage_list",
    "event_to_console",
    "cluster_worker",
    "history_write",
)
ARGUMENTS = {"live_mqtt": ["--messages", "120000", "--rounds", "3"]}
"""So that all of them together take little more than six minutes."""
RESULTS = Path(__file__).parent / "results" / "latest.json"
DOCS = Path(__file__).parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- results: written by `python -m benchmarks --docs` -->", "<!-- end of results -->"


def measure(module: str) -> list[Result]:
    """What one module says; none where it failed, and why is on the terminal."""
    arguments = [sys.executable, "-m", f"benchmarks.{module}", *ARGUMENTS.get(module, [])]
    done = subprocess.run(arguments, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        return []
    return [json.loads(line) for line in done.stdout.splitlines()]


def merged(earlier: list[Result], new: list[Result]) -> list[Result]:
    """All by name, the new ones in place of earlier ones of the same name."""
    return list({result["name"]: result for result in [*earlier, *new]}.values())


def table(results: list[Result]) -> Table:
    """For the terminal."""
    shown = Table(title=machine(), title_justify="left")
    for i, heading in enumerate(HEADINGS):
        shown.add_column(heading, justify="left" if i == 0 else "right")
    for result in results:
        shown.add_row(*cells(result), style="" if result["met"] else "bold red")
        if result.get("note"):
            shown.add_row(f"  [dim]{result['note']}[/dim]")
    return shown


def markdown(results: list[Result]) -> str:
    """For the docs."""
    lines = [f"Measured on: {machine()}.", "", f"| {' | '.join(HEADINGS)} | note |", "|---" * (len(HEADINGS) + 1) + "|"]
    lines += [f"| {' | '.join(cells(result))} | {result.get('note', '')} |" for result in results]
    return "\n".join(lines)


def write_docs(results: list[Result]) -> None:
    """Put the table between the markers."""
    text = DOCS.read_text()
    assert BEGIN in text and END in text, f"{DOCS}: expected the lines '{BEGIN}' and '{END}'"  # noqa: PT018
    between = f"{BEGIN}\n\n{markdown(results)}\n\n{END}"
    DOCS.write_text(re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: between, text, flags=re.DOTALL))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="measure, and say what is met")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these: {', '.join(MODULES)}")
    parser.add_argument("--docs", action="store_true", help="put the table into docs/performance.md")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in MODULES]
    if unknown:
        parser.error(f"no benchmark '{unknown[0]}'; there are: {', '.join(MODULES)}")
    console, began = Console(width=None if sys.stdout.isatty() else 120), time.monotonic()
    results: list[Result] = []
    failed = []
    for module in options.names or MODULES:
        with console.status(f"{module} …"):
            found = measure(module)
        results += found
        failed += [] if found else [module]
    if options.names and RESULTS.exists():
        results = merged(json.loads(RESULTS.read_text()), results)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    if options.docs:
        write_docs(results)
    console.print(table(results))
    seconds = time.monotonic() - began
    console.print(f"{seconds:.0f} s, load {os.getloadavg()[1]:.1f}; written to benchmarks/results/latest.json")
    for module in failed:
        console.print(f"[bold red]{module} could not be measured, see above[/bold red]")
    return 0 if not failed and all(result["met"] for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
