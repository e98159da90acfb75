"""sightings: the section `streams.<name>` with `codec: sightings`: what cameras saw, in gridwatch's own format.

A message is one picture of one camera: when it was taken, and each object in it with its track, label and box. Labels
and zones are words of the sender, so the stream names those that it takes: however many words a camera makes up,
nothing grows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from connectors.codecs.stream import StreamSettings
from pipeline.rows import Rows, Sighting
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

LABELS = (*COCO, "van", "tricycle", "vehicle", "bag", "object")
"""What is taken where a stream does not say."""

OTHER = "other"
"""The label of whatever has a label that the stream does not take."""

MOST_OBJECTS = 1000
"""In one picture; more is a fault of the sender."""

_MOST_WORDS = 1000
_LONGEST_WORD = 100
_OWN = frozenset(Sighting.own()) - frozenset(Rows.own()) | {"subject", "ts", "received"}


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
    rows: Literal["sighting"] = "sighting"
    subject: str = Field("{camera}", description="which camera: a level of the topic, or '$.camera', in the payload")
    forget: Seconds = Field(Quantity(600.0), gt=0, description="a track that is not seen for so long is forgotten")
    labels: Words = Field(LABELS, min_length=1, description=f"that are told apart; any other becomes '{OTHER}'")
    zones: Words = Field((), description="of the pictures, that objects may be said to be in")

    @classmethod
    def units(cls) -> Mapping[str, str]:
        return {"still": "s"} | dict.fromkeys(("score", "x", "y", "w", "h"), "1")

    def gives(self, column: str) -> bool:
        return column in _OWN

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problems = self.subject_problems()
        if self.subject.startswith("@."):
            problems.append("subject: a picture is of one camera; write '$.' for a path into the payload")
        elif self.subject[2:].split(".")[0] in ("ts", "objects") and self.level is None:
            problems.append("subject: 'ts' and 'objects' say when and what, not who; choose another path")
        if problems:
            raise ValueError("; ".join(problems))
        return self
