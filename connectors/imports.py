"""imports: recorded files as if a source had delivered them.

Reads files in any of `connectors.recorded.formats` by the mappings of streams. Reports a journal's entries: a tick,
then the deliveries in the order of their times with the ticks between them. Where a recording says when a message was
received, that is its time; else it is the time of its own newest row, because nothing else is known.

Ticks, and why these: one at the time of the first record, before it, so that no record comes from before all time;
one after the records of each time, at least `tick` apart; and one every `step` through longer silences, so that what
silence means is found out, and no stretch is long enough to mean that the source was down; and one at the end that
lets go what `lateness` holds back. What comes after the last record is not known, so no silence is concluded from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, model_validator

from connectors.recorded.files import RecordedFile
from connectors.recorded.formats import FORMATS, Reading, check, guess, has_devices
from connectors.recorded.message import LeftOut, Wanted
from connectors.recorded.spool import Delivery, Spool
from connectors.recorded.traccar import read_devices
from pipeline.entries import Kind
from pipeline.faults import Fault, Faulty
from pipeline.units import Quantity, Seconds


class ImportSource(BaseModel):
    """`type: import`: nothing is connected; deliveries come by `gridwatch import` alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["import"]
    tick: Seconds = Quantity(60.0)
    """How far apart ticks are in a silence. Coarser is quicker to replay, finer finds silence sooner."""
    down: Seconds = Quantity(3600.0)
    """As of every source; must be longer than `tick`, or every silence would mean that the source was down."""

    @model_validator(mode="after")
    def _order(self) -> ImportSource:
        if not 0 < self.tick < self.down:
            raise ValueError("expected 'tick' above 0 and below 'down'")
        return self


class Entry(NamedTuple):
    """One journal entry of an import."""

    kind: Kind
    source: str
    topic: str
    received: float
    payload: bytes


@dataclass(frozen=True, slots=True)
class Imported:
    """What files came to."""

    formats: dict[Path, str]
    """what each was read as"""
    left_out: LeftOut
    bad: int
    """records that could not be read"""


def read_deliveries(
    files: Sequence[Path],
    wanted: Wanted,
    into: Spool,
    on_bad: Callable[[Fault], object] = lambda _: None,
    format_name: str | None = None,
) -> Imported:
    """The records of several files as one series, into a spool, which then has them in the order of their times.

    on_bad: is told what is left out, each with its file and line. format_name: of all files; None: as each seems to be.
    Raises Faulty where a file as a whole is none of the formats or does not fit the mapping.
    """
    reading, formats, bad, faults = Reading(wanted), dict[Path, str](), 0, list[Fault]()
    recorded = []
    for path in files:
        try:
            file = RecordedFile(path)
            check(file)
            formats[path] = format_name or guess(file)
            if formats[path] == "traccar" and has_devices(file):
                reading.devices |= read_devices(file)
            else:
                recorded.append((file, formats[path]))
        except Faulty as faulty:
            faults += faulty.faults
    for file, name in recorded:
        try:
            for made in FORMATS[name][0](file, reading):
                if isinstance(made, Fault):
                    bad += 1
                    on_bad(made)
                elif not faults:
                    into.add(made)
        except Faulty as faulty:
            faults += faulty.faults if format_name else [*faulty.faults[:-1], _guessed(faulty.faults[-1], name)]
    if faults:
        raise Faulty(faults)
    return Imported(formats, reading.left_out, bad)


def _guessed(fault: Fault, name: str) -> Fault:
    """The same, and that the format was a guess."""
    others = ", ".join(FORMATS)
    return replace(fault, message=f"{fault.message}. (It was read as {name}; another of {others} is said by --format.)")


def entries(
    deliveries: Iterable[Delivery], tick: float, step: float, lateness: float, sources: Sequence[str] = ("",)
) -> Iterator[Entry]:
    """Deliveries, in the order of their times, with the ticks that they imply, the same of all sources.

    tick: the least distance of two ticks; step: the distance of ticks in a silence, at least `tick`; all in seconds.
    """

    def ticks(at: float) -> Iterator[Entry]:
        return (Entry(Kind.TICK, source, "", at, b"") for source in sources)

    ticked = now = math.nan
    for delivery in deliveries:
        if math.isnan(ticked):
            ticked = now = delivery.received
            yield from ticks(ticked)
        for each in _ticks(ticked, now, delivery.received, tick, step):
            yield from ticks(ticked := each)
        now = delivery.received
        yield Entry(Kind.DELIVERY, delivery.source, delivery.topic, delivery.received, delivery.payload)
    if not math.isnan(ticked):
        end = now + lateness + tick
        for each in _ticks(ticked, now, end, tick, step):
            yield from ticks(each)
        yield from ticks(end)


def _ticks(ticked: float, now: float, until: float, tick: float, step: float) -> Iterator[float]:
    """The ticks after those records that came at `now` and before those that come at `until`; `ticked` was the last."""
    if until > now >= ticked + tick:
        yield (ticked := now)
    while until > ticked + step:
        yield (ticked := ticked + step)


def silence_step(source: object, tick: float) -> float:
    """How far apart ticks are in a silence, seconds: what an import source says; for one that is live otherwise, half
    of its `down`, so that no silence means that it was down, and at most a minute."""
    if isinstance(source, ImportSource):
        return max(source.tick, tick)
    return max(min(60.0, float(getattr(source, "down", 60.0)) / 2), tick)
