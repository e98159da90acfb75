"""vehicle_photos: the section `vehicle_photos`: what is kept of the pictures that vehicles' terminals take.

They come with the terminals' own messages (docs/connectors/jt808.md), not from cameras that are watched here; what is
kept, and how faces are hidden before it is, is as for those.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from cameras.evidence.settings import Faces, StoreUrl
from cameras.files import resolved
from pipeline.units import Quantity, Seconds


class VehiclePhotos(BaseModel):
    """The section `vehicle_photos`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    store: StoreUrl = Field(description="a folder of their own, file://… or s3://bucket/prefix, as of `evidence`")
    keep: Seconds = Field(Quantity(30 * 86_400.0), gt=0, description="what is older is deleted; cases have copies")
    room: int = Field(2000, ge=1, description="megabytes of them; beyond that the oldest go, and are counted")
    before: Seconds = Field(
        Quantity(60.0), ge=0, description="one that was taken so long before a case's start belongs to it"
    )
    after: Seconds = Field(Quantity(60.0), ge=0, description="and so long after its end")
    faces: Faces = Faces()

    def resolved(self, base: Path) -> VehiclePhotos:
        """The same with the folders and files that it names taken from `base` on, where they are relative."""
        folder = self.store if "://" in self.store else str(base / Path(self.store).expanduser())
        return resolved(self, base).model_copy(update={"store": folder})
