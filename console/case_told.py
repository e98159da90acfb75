"""case_told: what a running city's journal, cameras and printer know of a case, beside its store: the shape of it.

`CaseBeside` is what the front door gives (gridwatch/case_beside.py); these are the answers, as they go out. Times in
series are UTC seconds, because there are many of them; places are WGS-84 degrees.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from pydantic import BaseModel, Field

from cases.export.words import Language
from pipeline.corrections import Correction

Form = Literal["html", "zip", "pdf"]
Row = Mapping[str, Any]


class Setting(BaseModel):
    """One parameter of a rule, written as in a configuration."""

    name: str
    value: str


class Hold(BaseModel):
    """How long it must be wrong, and right again; seconds."""

    wrong_for: float
    right_for: float
    gap: float | None
    assume: float | None
    silence: bool = Field(description="whether too long a silence is what is wrong")


class RuleThen(BaseModel):
    """A rule as it was when it found the case."""

    id: str
    version: str
    category: str
    detector: str
    question: str = Field(description="what the detector asks, in English")
    rows: str = Field(description="the kind of row that it judges: position, reading, sighting or presence")
    metric: str | None
    parameters: list[Setting]
    hold: Hold


class Limit(BaseModel):
    """What a value is held against."""

    name: str
    value: float


class Line(BaseModel):
    """One column around a case."""

    name: str
    unit: str
    points: list[tuple[float, float]] = Field(description="(UTC seconds, value)")
    limits: list[Limit]
    limit: list[tuple[float, float]] | None = Field(None, description="a limit that changes from row to row")


class Around(BaseModel):
    """The rows around one member of a case."""

    rule: str
    subject: str
    part: str
    since: float = Field(description="UTC seconds: from when it is looked at")
    until: float
    started: float
    ended: float | None = Field(description="null while it goes on")
    confirmed: float | None
    lines: list[Line]
    rows: int = Field(description="how many there are, drawn or not")


class TrailPoint(BaseModel):
    """Where it was."""

    ts: float
    lon: float
    lat: float
    speed: float | None = Field(description="km/h")
    heading: float | None
    inside: bool = Field(description="while it was wrong")


class Trail(BaseModel):
    """The way of a vehicle around a member of a case."""

    subject: str
    points: list[TrailPoint]


class Surrounded(BaseModel):
    """What the journal has around a case."""

    members: list[Around]
    trails: list[Trail]
    lacking: Literal["", "gone", "damaged", "part"] = Field(
        description="gone: the journal has none of that time any more; damaged: it can't be read; part: there is more "
        "of it than is read for a page, the export has it"
    )


class Found(NamedTuple):
    """The rule that found a case, and what was in force."""

    rule: RuleThen | None
    """None where nothing tells any more."""
    configuration: str
    """SHA-256; '' where nothing tells any more."""
    world: str
    """The same of the registers."""


class Sealed(NamedTuple):
    """A sealed original, as a case has it."""

    data: bytes
    digest: str
    """Its SHA-256."""
    evidence: str
    """The id of the piece of evidence that it is of, in the camera's store."""
    camera: str
    captured: float
    """UTC seconds; NaN where not known."""


class Camera(NamedTuple):
    """A camera and where it stands, WGS-84 degrees; None where nobody says."""

    id: str
    name: str
    lon: float | None
    lat: float | None


class CantBe(Exception):
    """It can't be had; the message says why and what to do, in plain words."""


class CaseBeside(Protocol):
    """What a running city offers the page of a case. Any thread."""

    def found(self, case: Row, rule: str, version: str) -> Found:
        """A rule as it was when it found a case. case: a row of the table."""

    def corrected(self, case: Row, subjects: Collection[str]) -> Sequence[Correction]:
        """By what the times of a case's rows were corrected. subjects: of its members."""

    def around(self, case: str) -> Surrounded:
        """What the journal has around it. case: its id. One is worked out at a time, and the last are remembered.
        Raises CantBe where too many wait."""

    def export(self, case: str, form: Form, language: Language, by: str, contact: bool) -> bytes:
        """One file, as `gridwatch cases export` writes it. Raises CantBe."""

    def unseal(self, sealed: Sealed, by: str, reason: str, identity: str) -> bytes:
        """A sealed original, opened; noted in the camera's store before, where it is still there. identity: the secret
        key, which is not kept. Raises CantBe."""

    def cameras(self) -> Sequence[Camera]:
        """All there are."""
