"""demo: a made-up city, watched live: nothing to start by hand, nothing to configure.

Starts an MQTT broker in this process (loopback only), lets the city's vehicles, bins and cameras report to it, and runs
gridwatch on what arrives, just as `gridwatch run` would. Everything it writes goes into a folder of its own,
`var/demo/<time>` unless another is given; a folder that already holds a demo is gone on with, its cases and all.
"""

from __future__ import annotations

import math
import shutil
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol
from zoneinfo import ZoneInfo

import typer

from gridwatch.cli.frame import Problem
from gridwatch.packaged import packaged
from gridwatch.times import duration_option

if TYPE_CHECKING:
    from cases.case import Case
    from gridwatch.cli.demo_cameras import DemoCameras
    from replay.simulator import City
    from replay.simulator.publish import Publisher

_EVERY = 0.25
"""Seconds between two looks at the cases."""
_CONNECTS_WITHIN = 20.0
_ZONE = ZoneInfo("Asia/Shanghai")
_SOURCE = "city"
"""What configs/demo/city.yaml calls its broker."""


class Cases(Protocol):
    """What is read of the cases."""

    def list(self, *, limit: int | None = None) -> Sequence[Case]:
        """The newest, oldest first."""
        ...


class Runtime(Protocol):
    """What the demo runs: `gridwatch.cli.demo_city.DemoCity`, or a stand-in."""

    @property
    def cases(self) -> Cases: ...
    @property
    def rows(self) -> int:
        """How many rows have been judged so far."""
        ...

    @property
    def link(self) -> str:
        """To its console."""
        ...

    def start(self) -> None: ...
    def stop(self) -> None: ...


Factory = Callable[[Path, Mapping[str, Any]], Runtime]
"""(configuration, what is different from it: a mapping of the same shape) -> what runs it"""


def demo(
    headless: Annotated[bool, typer.Option("--headless", help="One plain line a case, no screen.")] = False,
    lasting: Annotated[
        str | None, typer.Option("--for", metavar="60s", help="End by itself after that long. Without: until Ctrl-C.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another day in the same city.")] = 1,
    folder: Annotated[
        Path | None, typer.Option(help="Where the copy of the configuration, the journal and the cases go.")
    ] = None,
    no_cameras: Annotated[
        bool, typer.Option("--no-cameras", help="No cameras: what they look at is not drawn.")
    ] = False,
) -> None:
    """A small city, live in the terminal: vehicles, bins and cameras report, cases appear. Ctrl-C ends it."""
    from gridwatch.cli.demo_city import DemoCity

    seconds = duration_option("--for", lasting)
    headless = headless or not sys.stdout.isatty()
    run_demo(DemoCity, headless=headless, seconds=seconds, seed=seed, folder=folder, cameras=not no_cameras)


def run_demo(
    factory: Factory,
    *,
    headless: bool,
    seconds: float = math.inf,
    seed: int = 1,
    folder: Path | None = None,
    cameras: bool = False,
    clock: Callable[[], float] = time.time,
) -> Watch:
    """Run the demo until `seconds` have passed or Ctrl-C is pressed; answers what was seen. Prints a summary."""
    from gridwatch.cli.demo_cameras import DemoCameras
    from replay.broker import DemoBroker
    from replay.simulator import City
    from replay.simulator.publish import Publisher
    from replay.simulator.registers import write_day

    folder = folder or Path("var") / "demo" / datetime.fromtimestamp(clock(), _ZONE).strftime("%Y%m%d-%H%M%S")
    config = working_copy(folder)
    city = City.demo(seed)
    write_day(config.parent, city.town(), clock())
    with ExitStack() as stack:
        broker = stack.enter_context(DemoBroker())
        different = {"sources": {_SOURCE: {"host": "127.0.0.1", "port": broker.port}}, "metrics": None}
        runtime = factory(config, different)
        runtime.start()
        stack.callback(runtime.stop)
        if not broker.wait_for_subscriber(_CONNECTS_WITHIN):
            raise Problem("gridwatch did not subscribe to the demo's own broker; run it again with GRIDWATCH_DEBUG=1.")
        publisher = Publisher(city.run, "127.0.0.1", broker.port)
        stack.enter_context(publisher)
        looking = DemoCameras(config, broker.port, seed) if cameras else None
        if looking is not None:
            stack.callback(looking.stop)
            looking.start()
        watch = Watch(runtime, publisher, city, folder, clock, seconds, looking)
        with suppress(KeyboardInterrupt):  # the way to end it
            watch.headless() if headless else watch.screen()
        watch.look()
        if headless:
            watch.tell()
    typer.echo(watch.summary())
    return watch


def working_copy(folder: Path) -> Path:
    """The configuration to run in `folder`: a copy of the demo's, unless there is one already."""
    config = folder / "city.yaml"
    if not config.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for file in sorted(original().iterdir()):
            if file.is_file():
                shutil.copyfile(file, folder / file.name)
    return config


def original() -> Path:
    """configs/demo."""
    return packaged("demo")


@dataclass
class Watch:
    """The demo while it runs: looks at the cases and numbers, and shows them."""

    runtime: Runtime
    publisher: Publisher
    city: City
    folder: Path
    clock: Callable[[], float]
    seconds: float
    cameras: DemoCameras | None = None
    cases: Sequence[Case] = ()
    """those that opened since the start"""
    rows: int = 0
    """judged so far"""
    link: str = field(init=False)
    """Opens the console, once."""
    _started: float = field(init=False)
    _counts: deque[tuple[float, int, int]] = field(default_factory=lambda: deque(maxlen=21))
    """the last five seconds' (when, messages, rows)"""
    _streets: dict[str, str] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)
    """what has a line already: cases by id, and what was said of the cameras"""

    def __post_init__(self) -> None:
        self._started = self.clock()
        self.link = self.runtime.link

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self.clock() - self._started

    def look(self) -> None:
        """Bring cases and counts up to date. Raises what ended the city before its time."""
        if self.publisher.failure:
            raise self.publisher.failure
        self.cases = [case for case in self.runtime.cases.list(limit=500) if case.confirmed >= self._started - 1]
        self.rows = self.runtime.rows
        if self.cameras is not None:
            self.cameras.look()
        self._counts.append((self.clock(), self.publisher.sent, self.rows))

    def where(self, case: Case) -> str:
        """The zone that it happened in, or the street."""
        if case.place or math.isnan(case.lon):
            return case.place
        if case.id not in self._streets:
            from replay.simulator.streets import streets

            self._streets[case.id] = streets().name_at(case.lon, case.lat)[1]
        return self._streets[case.id]

    def headless(self) -> None:
        """One line when the city starts, one for each case."""
        until = f"for {self.seconds:.0f} s" if math.isfinite(self.seconds) else "until Ctrl-C"
        who = f"{self._vehicles} vehicles and crews, {self.city.bins} bins and {self.city.sensors} sensors"
        typer.echo(f"{who} report, {until}")
        typer.echo(f"In a browser: {self.link}")
        while self.elapsed < self.seconds:
            self.look()
            self.tell()
            time.sleep(min(_EVERY, max(self.seconds - self.elapsed, 0.0)))

    def tell(self) -> None:
        """A line for each case that has none yet, and one for what there is to say of the cameras."""
        from gridwatch.cli.demo_view import plain

        if self.cameras is not None and self.cameras.said and self.cameras.said not in self._told:
            self._told.add(self.cameras.said)
            typer.echo(self.cameras.said)
        for case in self.cases:
            if case.id not in self._told:
                self._told.add(case.id)
                typer.echo(plain(case, self.where(case), _ZONE))

    def screen(self) -> None:
        """The whole terminal, until it is over."""
        from rich.console import Console
        from rich.live import Live

        from gridwatch.cli.demo_view import View

        console = Console()
        foot = f"In a browser: {self.link}\nCtrl-C ends it. Journal and cases: {self.folder}"
        view = View(console, "the demo city", foot, _ZONE, self.where)
        with Live(console=console, screen=True, auto_refresh=False) as live:
            while self.elapsed < self.seconds:
                self.look()
                view.foot = self._trouble or foot
                live.update(view.draw(self._numbers(), self.cases, self.clock()), refresh=True)
                time.sleep(_EVERY)

    def summary(self) -> str:
        """What is said at the end."""
        went_on = sum(case.open for case in self.cases)
        rules: dict[str, int] = {}
        for case in self.cases:
            rules[case.rule] = rules.get(case.rule, 0) + 1
        found = ", ".join(f"{count} {rule}" for rule, count in sorted(rules.items())) or "none"
        cases = f"{len(self.cases)} case{'s' if len(self.cases) != 1 else ''}"
        return (
            f"{self.elapsed:.0f} s, {self.publisher.sent} messages, {self.rows} rows, {cases}\n"
            f"Found: {found}; {went_on} still open\n"
            f"Look at them: gridwatch cases list --config {self.folder / 'city.yaml'}"
        )

    @property
    def _trouble(self) -> str:
        """Why there are no cameras; '' where there is nothing to say."""
        said = self.cameras.said if self.cameras is not None else ""
        return said if said.startswith("No ") else ""

    @property
    def _vehicles(self) -> int:
        """How many of them drive or walk."""
        city = self.city
        return city.trucks + city.refuse + city.sweepers + city.patrols

    def _numbers(self) -> Any:
        from gridwatch.cli.demo_view import Numbers

        (then, sent, rows), (now, sent_now, rows_now) = self._counts[0], self._counts[-1]
        span = max(now - then, 1e-3) if len(self._counts) > 1 else math.inf
        return Numbers(
            vehicles=self._vehicles,
            bins=self.city.bins,
            sensors=self.city.sensors,
            messages=(sent_now - sent) / span,
            rows=(rows_now - rows) / span,
            seconds=self.elapsed,
            opened=len(self.cases),
            open=sum(case.open for case in self.cases),
            cameras=self.cameras.looking if self.cameras is not None else None,
        )
