"""demo_view: what `gridwatch demo` shows: a line of numbers, and the newest cases as they open and end.

Colours are the terminal's own named ones, without backgrounds, and what matters less is dim: so it can be read on dark
and on light (bright black is invisible on some dark schemes). It takes no more than 120 columns: a line whose ends are
far apart is hard to follow.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cases.case import Case

_COLOURS = {
    "magenta": ("overspeed",),
    "red": ("no-go", "tipping", "dumping", "no-permit", "outside-hours"),
    "yellow": ("not-sealed", "body-raised", "overload", "trip-not-completed"),
    "blue": ("off-route", "suspicious-stop", "not-swept", "not-patrolled"),
    "green": ("bin-full", "bin-overflow", "bin-full-soon", "bin-not-emptied", "not-emptied-as-planned"),
    "cyan": ("signal-lost", "jump", "sensor-constant", "sensor-contradiction"),
}
"""Of the demo's rules: where and how they drive, what they do with their load, bins, devices; others are plain."""
_COLOUR_OF = {rule: colour for colour, rules in _COLOURS.items() for rule in rules}
_WIDEST = 120
_FRAME = 9
"""lines around the table's rows: the head, the numbers, the table's own head, the foot"""


@dataclass(slots=True)
class Numbers:
    """The line above the cases."""

    vehicles: int
    bins: int
    sensors: int
    messages: float
    """a second"""
    rows: float
    """a second"""
    seconds: float
    """since the start"""
    opened: int
    open: int
    cameras: int | None = None
    """that look; None: there are none"""


def measure(case: Case) -> str:
    """What the case measures, with its unit: `+27 km/h`, `1,204 m`, `97 %`."""
    if math.isnan(case.measure):
        return ""
    sign = "+" if case.unit == "km/h" else ""
    return f"{case.measure:{sign},.0f} {case.unit}".strip()


def lasted(case: Case, now: float) -> str:
    """How long it lasted, or has gone on: `47 s`, `3 min 10 s`."""
    ended = now if math.isnan(case.ended) else case.ended
    seconds = max(round(ended - case.started), 0)
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def plain(case: Case, where: str, zone: ZoneInfo) -> str:
    """A case as one line for a log."""
    parts = (_clock(case.confirmed, zone), case.rule, case.subject, where, measure(case), case.id)
    return "  ".join(part for part in parts if part)


class View:
    """Draws the demo's screen. where: the name of the place of a case."""

    def __init__(self, console: Console, title: str, foot: str, zone: ZoneInfo, where: Callable[[Case], str]) -> None:
        self.console, self.title, self.foot, self.zone, self.where = console, title, foot, zone, where

    def draw(self, numbers: Numbers, cases: Sequence[Case], now: float) -> RenderableType:
        """The screen: cases oldest first as given, newest first as shown, as many as there is room for."""
        room = max(self.console.height - _FRAME, 3)
        newest = sorted(cases, key=lambda case: (case.confirmed, case.id), reverse=True)[:room]
        head = Text.assemble(("gridwatch", "bold"), f"  {self.title}", ("  " + _since(numbers.seconds), "dim"))
        body: RenderableType = self._table(newest, now)
        if not newest:
            waiting = "All is well so far. The first cases come within half a minute."
            body = Padding(Text(waiting, style="italic"), (1, 2))
        foot = Text(self.foot, style="dim", overflow="ellipsis", no_wrap=True)
        return Group(Padding(head, (1, 2, 0, 2)), Padding(_line(numbers), (0, 2)), body, Padding(foot, (0, 2)))

    def _table(self, cases: Sequence[Case], now: float) -> Table:
        table = Table(
            box=SIMPLE_HEAD, width=min(self.console.width, _WIDEST), header_style="dim", padding=(0, 1), pad_edge=True
        )
        table.add_column("seen", no_wrap=True)
        table.add_column("what", no_wrap=True)
        table.add_column("who", no_wrap=True)
        table.add_column("where", no_wrap=True, overflow="ellipsis", ratio=1)
        table.add_column("worst", justify="right", no_wrap=True)
        table.add_column("for", justify="right", no_wrap=True)
        table.add_column("state", no_wrap=True)
        for case in cases:
            colour = _COLOUR_OF.get(case.rule, "default")
            state = Text("● open", style=f"bold {colour}") if case.open else Text("ended", style="dim")
            if case.late:
                state.append(" (late)")
            table.add_row(
                Text(_clock(case.confirmed, self.zone), style="bold" if now - case.confirmed < 10 else ""),
                Text(case.rule, style=f"bold {colour}" if case.open else colour),
                case.subject,
                self.where(case),
                measure(case),
                lasted(case, now),
                state,
            )
        return table


def _line(numbers: Numbers) -> Text:
    parts = (
        (f"{numbers.vehicles}", "vehicles"),
        (f"{numbers.bins}", "bins"),
        (f"{numbers.sensors}", "sensors"),
        *(((f"{numbers.cameras}", "cameras"),) if numbers.cameras is not None else ()),
        (f"{numbers.messages:.0f}", "messages/s"),
        (f"{numbers.rows:.0f}", "rows/s"),
        (f"{numbers.opened}", "cases" if numbers.opened != 1 else "case"),
        (f"{numbers.open}", "open"),
    )
    line = Text()
    for n, (number, what) in enumerate(parts):
        line.append("   " if n else "")
        line.append(number, style="bold")
        line.append(f" {what}")
    return line


def _since(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"


def _clock(ts: float, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(ts, zone).strftime("%H:%M:%S")
