"""sightings: the section `streams.<name>` with `codec: sightings`: what cameras saw, in gridwatch's own format.

A message is one picture of one camera: when it was taken, and each object in it with its track, label and box. It
becomes a row for each object, or one for each zone (`rows: presence`). Labels and zones are words of the sender, so the
stream names those that it takes: however many words a camera makes up, nothing grows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from connectors.codecs.stream import StreamSettings
from pipeline.faults import did_you_mean
from pipeline.rows import KINDS, Rows
from pipeline.units import Quantity, Seconds

# fmt: off
COCO = (
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light",
    "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow",
    "elephant", "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee", "skis",
    "snowboard", "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard",
    "tennis racket", "bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple", "sandwich",
    "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch", "potted plant", "bed",
    "dining table", "toilet", "tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave", "oven",
    "toaster", "sink", "refrigerator", "book", "clock", "vase", "scissors", "teddy bear", "hair drier",
    "toothbrush",
)
# fmt: on
"""The classes of the COCO data set, which most object detectors are trained for (Lin et al. 2014; 80 as released)."""

LABELS = (*COCO, "van", "tricycle", "vehicle", "bag", "object", "removed", "presence")
"""What is taken where a stream does not say."""

OTHER = "other"
"""The label of whatever has a label that the stream does not take."""

MOST_OBJECTS = 1000
"""In one picture; more is a fault of the sender."""

_MOST_WORDS = 1000
_LONGEST_WORD = 100
_EVERY = frozenset(("subject", "ts", "received"))

BESIDE = "beside"
"""The column of sightings that says how many stand beside the object."""


def _words(words: tuple[str, ...]) -> tuple[str, ...]:
    if any(not 0 < len(word) <= _LONGEST_WORD for word in words):
        raise ValueError(f"expected words of 1 to {_LONGEST_WORD} characters")
    if len(words) > _MOST_WORDS:
        raise ValueError(f"expected at most {_MOST_WORDS} words")
    twice = sorted({word for word in words if words.count(word) > 1})
    if twice:
        raise ValueError(f"'{twice[0]}' is there twice")
    return words


Words = Annotated[tuple[str, ...], AfterValidator(_words)]


class SightingStream(StreamSettings):
    """`codec: sightings`: what cameras saw."""

    codec: Literal["sightings"]
    rows: Literal["sighting", "presence"] = Field("sighting", description="for each object, or for each zone")
    subject: str = Field("{camera}", description="which camera: a level of the topic, or '$.camera', in the payload")
    forget: Seconds | None = Field(
        Quantity(600.0), gt=0, description="a track that is not seen for so long is forgotten; zones by time.forget"
    )
    labels: Words = Field(LABELS, min_length=1, description=f"that are told apart, or count; others are '{OTHER}'")
    zones: Words = Field((), description="of the pictures, that objects may be said to be in")
    beside: Words = Field((), description="of the labels: how many of these stand beside each object is told")

    @model_validator(mode="before")
    @classmethod
    def _zones_come_back(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("rows") == "presence":
            return {"forget": None} | given
        return given

    @classmethod
    def units(cls) -> Mapping[str, str]:
        shares = ("score", "x", "y", "w", "h", "surest")
        return {"still": "s", "stood": "s"} | dict.fromkeys((*shares, "count", "kinds", BESIDE), "1")

    def gives(self, column: str) -> bool:
        own = frozenset(KINDS[self.rows].own()) - frozenset(Rows.own())
        return column in own or column in _EVERY or (column == BESIDE and bool(self.beside))

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problems = self.subject_problems()
        if self.subject.startswith("@."):
            problems.append("subject: a picture is of one camera; write '$.' for a path into the payload")
        elif self.subject[2:].split(".")[0] in ("ts", "objects", "zones") and self.level is None:
            problems.append(
                "subject: 'ts', 'objects' and 'zones' say when, what and where, not who; choose another path"
            )
        problems += self._presence_problems() if self.rows == "presence" else self._sighting_problems()
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _presence_problems(self) -> list[str]:
        problems = [] if self.zones else ["zones: expected the zones that rows are to be about, such as [stall]"]
        return problems + (["beside: only rows of objects have it; leave it out"] if self.beside else [])

    def _sighting_problems(self) -> list[str]:
        problems = [
            f"beside: '{word}' is none of the labels{did_you_mean(word, self.labels)}"
            for word in self.beside
            if word not in self.labels
        ]
        return problems + ([] if self.forget else ["forget: expected a duration such as '10min'"])
