"""words: what fusion is told and what it answers. Times are UTC seconds, places WGS-84 degrees; NaN where not known.

`at` is always the log's time: when something is known. `started` and `ended` are when it happened. The rules themselves
are one by one in docs/concepts/fusion.md.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import msgspec


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """An episode that opened, or a report."""

    id: str
    kind: Literal["episode", "report"]
    rule: str
    """'' for a report."""
    category: str
    subject: str
    """Whom it is about; '' where nobody knows."""
    part: str
    """What else its key names (a metric, a track, a zone); ''."""
    place: str
    """The zone that it happened in; ''."""
    lon: float = math.nan
    lat: float = math.nan
    started: float
    at: float
    camera: str = ""
    """Which camera saw it; '' where that is the subject itself, or none did."""
    joins: str = ""
    """The case that it is about, where somebody has looked; ''."""
    grid: str = ""
    """The code of the grid cell that it lies in; ''."""
    box: tuple[float, float, float, float] | None = None
    """Where it is in the camera's picture: left, top, width, height as shares; None where that is not known."""

    @property
    def seen_by(self) -> str:
        """The camera, where one saw it. What cameras say of themselves and of tracks has them as subject."""
        return self.camera or self.subject


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a happening."""

    case: str
    """The case's id: its first member's for ever, a storm's of its own; '' where it is held."""
    how: Literal["opened", "joined", "reopened", "held", "left", "withdrawn"]
    """Of `withdrawn()` alone: left (the case goes on without it), withdrawn (nothing is left of the case)."""
    by: str = ""
    """The fusion rule, storm, shelving or suppression that says so; '' where it stands for itself."""
    category: str = ""
    """The case's from now on."""
    why: str = ""
    """Plain words for the operator."""
    brings: tuple[str, ...] = ()
    """What was held and is now in this case too, in the order in which it was known."""
    storm: bool = False
    """Whether the case is a storm's: `opened` then says that the storm began with this happening."""


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """What happened because time passed, or because somebody took a shelving, a suppression or a storm back."""

    what: Literal["case", "forgotten", "shelving", "suppression", "storm"]
    """case: something that was held is decided anew, see `happening` and `outcome`. forgotten: it was held and is over.
    shelving, suppression, storm: that one has ended."""
    id: str
    """Of what was held, of the shelving or suppression; of a storm, its case."""
    at: float
    """When it was due, the log's time."""
    happening: Happening | None = None
    outcome: Outcome | None = None


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A happening of a case, and when it ended; NaN while it goes on. A report is of one moment: it has no end."""

    happening: Happening
    ended: float = math.nan


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """A case as fusion remembers it."""

    id: str
    category: str
    said: bool = False
    """A person said which category; no rule changes it any more."""
    lon: float = math.nan
    lat: float = math.nan
    """Where it is: the first place that any member had, or what a person said."""
    opened: float
    """The log's time."""
    closed: float = math.nan
    """The log's time; NaN while it is active."""
    rejected: bool = False
    members: tuple[Member, ...] = ()
    """In the order in which they came."""
    storm: str = ""
    """The storm rule whose case it is; ''."""
    merged: tuple[str, ...] = ()
    """Ids of cases that go on as part of this one."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A happening that is in no case for now."""

    happening: Happening
    by: str
    """The shelving, the suppression or the composite rule."""
    kind: Literal["shelving", "suppression", "part"]
    number: int
    """Counts up: the order in which they were held."""
    until: float = math.inf
    """When it is looked at again, the log's time; infinite: when what holds it ends."""
    ended: float = math.nan


class Scope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a shelving or a suppression is about: all of what is given must fit. `*` in a name stands for anything.

    Of what machines find only: what people report is never held back.
    """

    id: str
    rules: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    cameras: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    """Zones."""
    grids: tuple[str, ...] = ()
    circle: tuple[float, float, float] | None = None
    """lon, lat, metres."""
    polygon: tuple[tuple[float, float], ...] = ()
    """lon, lat of its corners, at least three."""
    since: float
    until: float
    """The log's time, always finite: nothing is left out for ever."""
    reason: str
    by: str = ""
    """Who said so."""
    count: int = 0
    """How much it has held so far."""


class Shelving(Scope, frozen=True, kw_only=True):
    """What a supervisor puts aside for a period, with a reason (roadworks, emergency transport)."""


class Suppression(Scope, frozen=True, kw_only=True):
    """What a verdict taught, reviewed by a supervisor."""

    verdict: str = ""
    """false alarm, known fixture, duplicate."""
    case: str = ""
    """The case that the verdict was about."""
    hours: str = ""
    """Only then, such as '20:00-05:00'; in the city's time. '': always."""
    box: tuple[float, float, float, float] | None = None
    """Only what is there in the camera's picture."""
    of_rule: str = ""
    of_subject: str = ""
    """Of a duplicate: it joins the active case of this rule and subject, and is only what it is where there is none."""


class Storm(msgspec.Struct, frozen=True, kw_only=True):
    """How often a storm rule's happenings came in one area of late, and the storm's case if there is one."""

    rule: str
    area: str
    recent: tuple[float, ...]
    """When the newest came, the log's time: no more than are needed to tell whether it is a storm."""
    above: float = -math.inf
    """When it last was above the rate, the log's time."""
    case: str = ""
    """The storm's case while it collects; ''."""
    undone: bool = False
    """A person said that it is none: nothing is collected until the rate has been below for a time."""


class Memory(NamedTuple):
    """All that fusion remembers: what `Fusion.load` takes and `Fusion.live` gives."""

    live: tuple[Live, ...] = ()
    held: tuple[Held, ...] = ()
    shelvings: tuple[Shelving, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    storms: tuple[Storm, ...] = ()


class Changed(NamedTuple):
    """Ids of what is held, of shelvings and suppressions; (rule, area) of storms."""

    held: frozenset[str]
    scopes: frozenset[str]
    storms: frozenset[tuple[str, str]]
