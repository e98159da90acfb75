"""wrong_clocks: what rules find where a quarter of the terminals has a wrong clock, and where that is corrected.

The simulator's fleet, whose devices' clocks are stamped wrong (`skew`), judged three times: with right clocks; with
wrong ones; with those corrected by what is estimated from the same deliveries, as `gridwatch clocks approve --all`
does. Scored by the simulator's labels, with no allowance for wrong clocks.

    python -m benchmarks.wrong_clocks [--small]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from gridwatch.cli.simulate import configured
from pipeline.clock_estimate import WEEKS
from pipeline.clock_list import Bounds, Listed, listed
from pipeline.clock_watch import ClockWatch
from pipeline.engine import LoadVersion
from pipeline.journal import JournalBatch
from pipeline.names import Names
from pipeline.registers import Registers, Table
from pipeline.runtime.compose import City, compose
from pipeline.version import Version
from pipeline.world import World
from replay.outcome import Outcome, judge
from replay.scenarios.families import FAMILIES, SMALL, START, Family
from replay.scenarios.library import Scenario
from replay.scenarios.recording import entries
from replay.simulator.conditions import CLEAR

SKEWS = {
    "right": 0.0,
    "8 h ahead": 8 * 3600.0,
    "8 h behind": -8 * 3600.0,
    "1,024 weeks behind": -WEEKS,
}
SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is judged."""

    pieces: list[JournalBatch]
    first: int = 0

    def read(self, start: int = 0, max_rows: int = 0) -> Iterator[JournalBatch]:
        """All of it."""
        yield from self.pieces


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the table."""

    clocks: str
    corrected: bool
    labels: int
    found: int
    false: int
    aside: int
    """Rows that were set aside for their times."""
    terminals: int
    """Whose clocks were estimated to be wrong."""


def measured(
    folder: Path, family: Family, hours: float, skews: Mapping[str, float] = SKEWS, seed: int = 1
) -> Iterator[Found]:
    """The table. folder: empty, for the city's files. skews: what is simulated, seconds that clocks are ahead."""
    made: City | None = None
    for name, skew in skews.items():
        scenario = Scenario("clocks", name, replace(CLEAR, skew=skew, skewed=SHARE if skew else 0.0))
        city = family.city(scenario, seed)
        made = made or configured(folder, city.town())
        (source,) = made.configuration.sources
        pieces, at = [], 0
        for buffer in entries(city, START, hours * 3600, source, b"{}"):
            pieces.append(JournalBatch(at, buffer.batch()))
            at += len(buffer)
        wrong = estimated(made, pieces)
        for corrected in (False, True) if skew else (False,):
            registers = approved(made.registers, wrong) if corrected else made.registers
            done = judge(Recorded(pieces), loading(made, registers), partial(getattr, city, "labels"))
            yield line(name, corrected, done, len({each.terminal for each in wrong}))


def estimated(city: City, pieces: list[JournalBatch]) -> list[Listed]:
    """Whose clocks are wrong."""
    names, watch = Names(), ClockWatch()
    version = city.version(names)
    for piece in pieces:
        watch.take(names, version.decode(piece.batch, piece.first, names).said)
    return listed(watch, [], Bounds.of(version), START)


def approved(registers: Registers, wrong: list[Listed]) -> Registers:
    """With all that is proposed, from the beginning."""
    rows = {each.terminal: {"terminal": each.terminal, "offset": each.proposed(START)} for each in wrong}
    return replace(registers, clocks=Table.of("clocks", list(rows.values())))


def loading(city: City, registers: Registers) -> LoadVersion:
    """One version, whatever the journal says."""
    world = World(registers)
    made: list[Version] = []

    def load(_: bytes, names: Names) -> Version:
        if not made or made[0].world.names is not names:
            made[:] = [compose(city.configuration, world, names)]
        return made[0]

    return load


def line(name: str, corrected: bool, done: Outcome, terminals: int) -> Found:
    """All rules together."""
    scores = done.scores.values()
    aside = done.counts["future"] + done.counts["too old"]
    labels, false = sum(each.labels for each in scores), sum(len(each.false) for each in scores)
    found = sum(each.right for each in scores)
    return Found(name, corrected, labels, found, false, aside, terminals)


def main() -> None:
    """Print the table, as the guide has it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", action="store_true", help="a smaller city for four hours")
    small = parser.parse_args().small
    family = (SMALL if small else FAMILIES)["fleet"]
    print("| a quarter of the clocks | corrected | estimated wrong | set aside | found | false cases |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for each in measured(Path(folder), family, family.hours):
            said = "–" if each.clocks == "right" else "yes" if each.corrected else "no"
            cells = (each.clocks, said, each.terminals, f"{each.aside:,}", f"{each.found} of {each.labels}", each.false)
            print(f"| {' | '.join(map(str, cells))} |")


if __name__ == "__main__":
    main()
