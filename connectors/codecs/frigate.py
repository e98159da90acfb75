"""frigate: the section `streams.<name>` with `codec: frigate`: what Frigate says on its topic `frigate/events`.

Frigate (frigate.video) watches cameras and follows objects; a message is one object that has changed, and not a
picture. Its boxes are in pixels of the resolution that it detects at, and how long an object has stood is in frames,
so that the stream says how large its pictures are and how many come in a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from connectors.codecs.sightings import LABELS, OTHER, Words
from connectors.codecs.stream import StreamSettings
from pipeline.rows import Rows, Sighting
from pipeline.units import Quantity, Seconds

WHOSE = "$.after.camera"
"""Where Frigate says which camera it was."""

_LARGEST = 20_000
_OWN = frozenset(Sighting.own()) - frozenset(Rows.own()) | {"subject", "ts", "received"}


def _size(given: tuple[int, int]) -> tuple[int, int]:
    if not all(0 < each <= _LARGEST for each in given):
        raise ValueError(f"expected width and height in pixels, 1 to {_LARGEST}, such as [1280, 720]")
    return given


Size = Annotated[tuple[int, int], AfterValidator(_size)]


class FrigateCamera(BaseModel):
    """What one camera has otherwise."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: Size | None = Field(None, description="its own detect.width and detect.height")
    fps: float | None = Field(None, gt=0, le=1000, description="its own detect.fps")


class FrigateStream(StreamSettings):
    """`codec: frigate`: what Frigate's cameras saw."""

    codec: Literal["frigate"]
    rows: Literal["sighting"] = "sighting"
    subject: Literal["$.after.camera"] = Field("$.after.camera", description="which camera: as Frigate names it")
    forget: Seconds = Field(Quantity(600.0), gt=0, description="an object that is not told for so long is forgotten")
    size: Size | None = Field(None, description="Frigate's detect.width and detect.height: of what boxes are pixels")
    fps: float = Field(5.0, gt=0, le=1000, description="Frigate's detect.fps: how many frames are a second")
    cameras: dict[str, FrigateCamera] = Field({}, description="those that have a size or fps of their own")
    labels: Words = Field(LABELS, min_length=1, description=f"that are told apart; any other becomes '{OTHER}'")
    zones: Words = Field((), description="of Frigate's zones, those that are meant")

    @classmethod
    def units(cls) -> Mapping[str, str]:
        return {"still": "s"} | dict.fromkeys(("score", "x", "y", "w", "h"), "1")

    def gives(self, column: str) -> bool:
        return column in _OWN

    def seen_by(self, camera: str) -> tuple[Size | None, float]:
        """A camera's size and frames a second."""
        own = self.cameras.get(camera)
        if own is None:
            return self.size, self.fps
        return own.size or self.size, own.fps or self.fps

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problems = self.subject_problems()
        if self.size is None and not any(each.size for each in self.cameras.values()):
            problems.append("size: expected the width and height that Frigate detects at, such as [1280, 720]")
        if problems:
            raise ValueError("; ".join(problems))
        return self
