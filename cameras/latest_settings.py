"""latest_settings: the section `frames` of a configuration: the latest picture of each camera, for the console."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from cameras.evidence.settings import EvidenceSettings, Faces
from pipeline.units import Quantity, Seconds


class LatestSettings(BaseModel):
    """`frames:` without it no picture leaves a camera's process but evidence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    every: Seconds = Field(Quantity(10.0), ge=1, description="of each camera, a picture that often at most")
    width: int = Field(640, ge=160, le=1920, description="pixels; a smaller picture stays as it is")
    quality: int = Field(70, ge=30, le=95, description="of the JPEG")
    faces: Faces | None = Field(
        None, description="how heads are found, which are hidden; not given: as `evidence.faces` says, or its defaults"
    )

    def hiding(self, evidence: EvidenceSettings | None) -> LatestSettings:
        """The same, saying how heads are found. evidence: the section of the same file."""
        if self.faces is not None:
            return self
        return self.model_copy(update={"faces": evidence.faces if evidence is not None else Faces()})
