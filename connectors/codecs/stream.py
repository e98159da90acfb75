"""stream: what every section `streams.<name>` says, and what makes rows of its payloads, whatever the codec.

To add a codec: write what a payload says as a `Codec` (pipeline/codec.py) in a file of this folder, add a line to
`connectors.codecs.UNPACKERS` and a section in docs/connectors/codecs.md. Where a mapping is not what makes rows of it,
or it must be as fast as JSON: its settings (a `StreamSettings` with a literal `codec`), its reader, a line in `CODECS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Protocol

from numpy.typing import NDArray
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from connectors.codecs.topics import TopicPattern
from pipeline.dotted import dotted_path
from pipeline.faults import did_you_mean
from pipeline.names import Names
from pipeline.rows import Longs, Rows
from pipeline.units import Quantity, Seconds

_LEVEL = re.compile(r"\{[A-Za-z_]\w*\}")
LONGEST_SUBJECT = 200
"""A longer subject is a fault of the sender, characters."""
EXCERPT = 60
"""Bytes of what can't be decoded that are shown."""


def _pattern(text: str) -> str:
    TopicPattern(text)
    return text


class StreamSettings(BaseModel):
    """What every codec's section has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    topic: Annotated[str, AfterValidator(_pattern)]
    codec: str
    rows: str = Field(description="the kind of row that its payloads become")
    subject: str = Field(description="whose: '{device}', a level of the topic, or '$.dev.id', a path into the payload")
    unknown: Literal["aside", "accept"] = Field("aside", description="what becomes of a subject that is in no register")
    gap: Seconds = Field(Quantity(300.0), gt=0, description="a longer silence of a subject leaves a gap to be filled")
    lateness: Seconds = Field(Quantity(0.0), ge=0, description="how long rows wait for their elders")
    forget: Seconds | None = Field(
        None, gt=0, description="after this much silence whom or what it was about is forgotten; else time.forget"
    )

    @field_validator("subject")
    @classmethod
    def _subject(cls, value: str) -> str:
        if value[:2] in ("$.", "@."):
            dotted_path(value[2:])
        elif not _LEVEL.fullmatch(value):
            raise ValueError(
                "expected a level of the topic such as '{device}', or a path into the payload such as '$.dev.id'"
            )
        return value

    @property
    def level(self) -> str | None:
        """The topic's level that says whose; None where the payload does."""
        return self.subject[1:-1] if self.subject.startswith("{") else None

    def subject_problems(self) -> list[str]:
        """What is wrong between the topic and the subject."""
        names = TopicPattern(self.topic).names
        if self.level is None or self.level in names:
            return []
        return [f"subject: the topic has no level '{self.subject}'{did_you_mean(self.level, names)}"]

    @classmethod
    def units(cls) -> Mapping[str, str]:
        """Columns whose unit the format itself says -> that unit."""
        return {}

    def feeds(self, rows: str, metric: str | None = None) -> bool:
        """Does it give rows of that kind (and, of readings, of that metric)?"""
        return self.rows == rows and metric is None

    def gives(self, column: str) -> bool:
        """Do its rows have that column?"""
        raise NotImplementedError

    def carries(self) -> Mapping[str, float]:
        """Columns that readings of that name are carried into -> how old one may be, seconds."""
        return {}


@dataclass(slots=True)
class Chunk:
    """What became of some payloads. Columns have shape (n,), one entry a row, sorted by payload and then by time."""

    at: Longs
    """which payload, counted from 0"""
    values: dict[str, NDArray[Any]]
    """`ts` (UTC seconds), and whatever else the reader makes rows of"""
    subjects: list[str] | None
    """Whose, where the payload says so."""
    bad: list[tuple[int, str]] = field(default_factory=list)
    """(which payload, expected …; got …)"""


class Reader(Protocol):
    """One stream's section, compiled: payloads to rows. Bad payloads never raise."""

    chunk: int
    """How many payloads are to be read together."""

    def read(self, payloads: list[bytes], long: bool) -> Chunk:
        """Columns out of payloads. long: some are so long that their depth must be looked at."""
        ...

    def rows(self, each: Rows, columns: dict[str, NDArray[Any]], names: Names) -> Rows:
        """Rows of the stream's kind. each: what every row has; columns: `Chunk.values` for the same rows, but `ts`."""
        ...


@dataclass(frozen=True, slots=True)
class CodecKind:
    """One payload format: `streams.<name>` with this `codec`."""

    settings: type[StreamSettings]
    """The section of the configuration."""
    reader: Callable[[Any], Reader]
    """A section of that type -> its reader."""


def excerpt(payload: bytes) -> str:
    """The beginning of what came, as it is shown to people."""
    return repr(payload[:EXCERPT]) + ("…" if len(payload) > EXCERPT else "")
