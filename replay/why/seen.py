"""seen: what is seen of one subject and one rule while an engine judges: its rows, and what its hold was given."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from pipeline.columns import Array
from pipeline.episode import EpisodeEvent
from pipeline.scan import Judged
from pipeline.version import Aside

LACKS = "lacks"
METRIC = "metric"
CLASS = "class"
"""Why an accepted row is no row for the rule (docs/concepts/time.md, rule 6)."""


class Came(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the subject, when its turn came."""

    ts: float
    received: float
    position: int
    """The journal position of its delivery, and"""
    turn: int
    """the one at which its turn came."""
    fate: str
    """live, late, future, too old, repeated, disordered"""
    part: str
    """Of its key: the metric of a reading."""
    said: dict[str, float | str]
    """The columns that the detector needs, where there are any; what carried readings filled in, too."""
    unfit: str = ""
    """Why it is no row for the rule: LACKS, METRIC or CLASS; '' if it is one."""
    of: str = ""
    """The columns, the metric or the classes that it lacks."""

    @property
    def counts(self) -> bool:
        """Whether it was accepted, and is a row for the rule."""
        return self.fate in ("live", "late") and not self.unfit


@dataclass(slots=True)
class Taken:
    """Rows of the key that went through the hold together."""

    late: bool
    before: dict[str, Array]
    """The hold's state before them: one record, as `pipeline.scan.HOLD_FIELDS` has it."""
    judged: Judged
    heard: bool
    """False: late rows of a gap through which the rule's hold went on. They change nothing, but what silence had said.
    """


@dataclass(slots=True)
class Fed:
    """What a block of entries came to, as far as the rule and the subject are concerned."""

    first: int
    end: int
    came: list[Came] = field(default_factory=list)
    """In turn order."""
    taken: list[Taken] = field(default_factory=list)
    """Only where it was listened."""
    events: list[EpisodeEvent] = field(default_factory=list)
    """Of the subject's episodes by the rule, and"""
    downs: list[EpisodeEvent] = field(default_factory=list)
    """of sources that were down."""
    asides: list[tuple[float, Aside]] = field(default_factory=list)
    """What never became a row, where it names the subject, and when it was received."""
