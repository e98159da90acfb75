"""words: what people and outside systems say to the desk: a step about a case, or a report of something.

They are entries of the journal (kinds STEP and REPORT) and take effect in the one ordered log, so that a restart never
undoes them and a replay sees them where they were said. Each has an id of its own: the same one again changes nothing.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec

PIPELINE, POLICY = "pipeline", "policy"
"""Who takes a step where nobody does: what the pipeline saw, and what the configuration says happens by itself."""


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that somebody does to a case. Times are UTC seconds."""

    id: str
    """A UUID, made by whoever asks."""
    case: str
    action: str
    """One of `cases.life.ACTIONS`."""
    by: str
    """Who: an account, a unit's id, an outside system's name, PIPELINE or POLICY."""
    role: str
    """In which role, one of `cases.life.Role`; whoever lets them in answers for it."""
    at: float
    revision: int | None = None
    """The case's, as they saw it: if it has changed since, the step is refused. None: whatever it is."""
    note: str = ""
    data: dict[str, Any] = {}
    """What the action needs, see `cases.life.ACTIONS`."""


class Report(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that somebody tells. Place in WGS-84 degrees."""

    id: str
    channel: str
    """By which way: hand, collector, open311, hotline …; 'machine' is for episodes."""
    number: str = ""
    """The reporter's own number for it; '' until they get ours."""
    category: str
    text: str = ""
    subject: str = ""
    """Whom it is about, where that is known: a bin's id, a plate of the fleet register."""
    lon: float | None = None
    lat: float | None = None
    address: str = ""
    contact: dict[str, str] = {}
    photos: tuple[str, ...] = ()
    """Where they are kept, in the evidence store."""
    severity: int = 0
    """1 (low) to 4 (urgent); 0: as the category says."""
    at: float
    joins: str = ""
    """The case that it is about, where somebody has looked; '': by the fusion rules."""
    extra: dict[str, Any] = {}

    @property
    def where(self) -> tuple[float, float]:
        """lon, lat; NaN where not known."""
        return math.nan if self.lon is None else self.lon, math.nan if self.lat is None else self.lat


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a step or a report."""

    id: str
    case: str
    taken: bool
    why: str = ""
    """Why not."""
    allowed: tuple[str, ...] = ()
    """What could be done instead, by anybody."""


_ENCODER = msgspec.json.Encoder()
_STEP, _REPORT = msgspec.json.Decoder(Step), msgspec.json.Decoder(Report)


def encode(said: Step | Report) -> bytes:
    """The payload of a journal entry."""
    return _ENCODER.encode(said)


def decode_step(payload: bytes) -> Step:
    """Raises msgspec.MsgspecError where it is none."""
    return _STEP.decode(payload)


def decode_report(payload: bytes) -> Report:
    """Raises msgspec.MsgspecError where it is none."""
    return _REPORT.decode(payload)
