"""version: what is in force: sources, streams, rules and the world, as the engine sees them.

The composed configuration (`pipeline.runtime`) makes one from YAML and registers; tests make one by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.detector import Detector
from pipeline.names import Names
from pipeline.rows import Floats, Ints, Rows
from pipeline.units import Seconds

if TYPE_CHECKING:
    from pipeline.world import World


class Hold(BaseModel):
    """How long wrong must last to be an episode, and how long right to end it. See docs/concepts/time.md, rule 8."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    for_: Seconds = Field(0.0, alias="for")
    clear: Seconds = 0.0
    gap: Seconds | None = None
    assume: Seconds | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Hold:
        if self.gap is not None and self.assume is not None:
            raise ValueError(
                "expected 'gap' or 'assume', got both: a silence either breaks a run or counts as the last answer"
            )
        if min(self.for_, self.clear, self.gap or 0.0, self.assume or 0.0) < 0:
            raise ValueError("expected durations of 0 or more")
        return self


@dataclass(frozen=True, slots=True)
class Source:
    """Where deliveries come from."""

    name: str
    down: float = 30.0
    """A stretch without a tick longer than this means that the source was down, seconds."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One mapping of a source to one kind of row."""

    name: str
    source: str
    rows: type[Rows]
    gap: float = 300.0
    """A live row more than this after its line's newest leaves a remembered gap, seconds."""
    lateness: float = 0.0
    """How long rows wait for their elders, seconds; 0: not at all."""
    carry: Mapping[str, float] = field(default_factory=dict)
    """Columns of positions that readings of that name are carried into -> how old one may be, seconds."""
    forget: float | None = None
    """After how much silence its lines are forgotten, and how old a row may be, seconds; None: as the version says."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A detector with its parameters, hold and category, as configured."""

    id: str
    detector: Detector
    hold: Hold = field(default_factory=Hold)
    category: str = ""
    version: str = ""
    """Changes with anything that could change its judgement: detector, parameters, hold, rows, metric, classes."""
    rows: type[Rows] | None = None
    """For a detector that reads any kind; otherwise its own."""
    metric: str | None = None
    """Of readings: the one metric that it judges; None: each."""
    classes: tuple[str, ...] = ()
    """Only subjects of these classes; none: all."""

    @property
    def kind(self) -> type[Rows]:
        """The kind of row it is fed."""
        return self.rows or self.detector.reads()


@dataclass(slots=True)
class Aside:
    """Something that was not judged, and why: it is counted, and can be looked at."""

    position: int
    """The journal position of its delivery."""
    reason: str
    """undecodable, unmatched, unknown, future, too old, repeated, disordered"""
    where: str
    """The stream, with the topic or the field: `gps fleet/7/gps`."""
    message: str
    """expected …; got …"""


@dataclass(frozen=True, slots=True)
class Said:
    """When some rows of one stream were by their terminals' own clocks, before any correction. All of shape (n,)."""

    stream: str
    terminal: Ints
    """Codes of the engine's names; NOBODY where it is in no register."""
    ts: Floats
    received: Floats


@dataclass(slots=True)
class Decoded:
    """What became of some deliveries: blocks of rows, each of one stream, in journal order, and what was set aside."""

    rows: list[Rows]
    aside: list[Aside]
    said: list[Said] = field(default_factory=list)
    """What terminals' clocks are watched by (pipeline/clock_watch.py)."""


Decode = Callable[[pa.RecordBatch, int, Names], Decoded]
"""Deliveries (entries of kind DELIVERY and others, which it skips), the position of the first, the engine's names."""


@dataclass(slots=True)
class Version:
    """All that is in force from a journal entry on."""

    id: str
    city: str
    sources: Mapping[str, Source]
    streams: list[Stream]
    rules: list[Rule]
    world: World
    decode: Decode
    ahead: float = 300.0
    """A row whose ts is more than this beyond its `received` is set aside as `future`, seconds."""
    forget: float = 7 * 86400.0
    """After this much silence a line, a key or a remembered gap is forgotten, seconds, if its stream says no other."""
    fusion: object | None = None
    """What is one case, as `cases.fusion` has it: whoever makes cases of episodes reads it, the engine does not."""
