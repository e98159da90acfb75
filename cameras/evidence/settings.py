"""settings: the section `evidence` of a configuration: what is kept of what cameras see, where, and for how long.

No secret stands in it: those of an object store come from the environment (AWS_ACCESS_KEY_ID and so on), and what seals
an original is a public key, which opens nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from cameras.files import resolved
from cameras.models import MODELS, Model
from pipeline.units import Quantity, Seconds, Share


def _store(text: str) -> str:
    try:
        parts = urlsplit(text)
        secret = parts.username is not None or parts.password is not None or bool(parts.query)
    except ValueError:
        raise ValueError("expected a folder, or an address such as 's3://bucket/evidence'") from None
    if not text or not text.isprintable():
        raise ValueError("expected a folder, or an address such as 's3://bucket/evidence'")
    if secret:
        raise ValueError(
            "expected an address without user, password or '?': what an object store needs comes from the environment,"
            " such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    return text


def _recipient(text: str) -> str:
    from cameras.evidence.sealing import check_recipient

    return check_recipient(text)


StoreUrl = Annotated[str, AfterValidator(_store)]
PublicKey = Annotated[str, AfterValidator(_recipient)]


class Faces(BaseModel):
    """`evidence.faces`: how faces are found before anything is stored. Without it nothing would be."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Model = Field(MODELS["yolox_nano"], description="YOLOX that knows persons: their heads are hidden")
    person: int = Field(0, ge=0, description="the class of persons in the model's list; 0 in COCO's")
    faint: Share = Field(Quantity(0.05), gt=0, le=1, description="how sure of a person it has to be; low, to miss none")
    closely: int = Field(
        640, ge=64, description="pixels: parts that are looked at by themselves are no larger; smaller: smaller faces"
    )
    none: str | None = Field(
        None,
        min_length=8,
        description="no face is looked for, and why that is lawful; the reason stands in each evidence",
    )

    @model_validator(mode="after")
    def _one(self) -> Faces:
        if self.none is not None and self.model_fields_set - {"none"}:
            raise ValueError("expected either 'none' with its reason, or how faces are found")
        return self


class Trigger(BaseModel):
    """`evidence.when.<name>`: of what evidence is kept: once for each track that fulfils all of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: tuple[str, ...] = Field((), description="of these; not given: whatever it is")
    zones: tuple[str, ...] = Field((), description="in these zones of the picture; not given: anywhere")
    watcher: str = Field("", description="seen by this watcher; not given: by any")
    cameras: tuple[str, ...] = Field((), description="of these cameras; not given: all")
    still: Seconds = Field(Quantity(0.0), ge=0, description="once it has stood for so long; 0 s: at the first sight")
    category: str = Field("", description="what it is kept for, such as waste.dumping")
    sealed: PublicKey | None = Field(
        None, description="keep the original too, which only the owner of this public key (age1…) can open"
    )

    def wants(self, camera: str, watcher: str, told: Mapping[str, Any]) -> bool:
        """Whether an object, as a message of sightings has it, fulfils it. How long nobody knows is not long."""
        return (
            (not self.cameras or camera in self.cameras)
            and (not self.watcher or watcher == self.watcher)
            and (not self.labels or told["label"] in self.labels)
            and (not self.zones or told.get("zone", "") in self.zones)
            and (self.still == 0 or told["still"] >= self.still)
        )


class EvidenceSettings(BaseModel):
    """The section `evidence`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    store: StoreUrl = Field(description="a folder, file://… or s3://bucket/prefix; or whatever else fsspec knows")
    keep: Seconds = Field(Quantity(30 * 86_400.0), gt=0, description="what is older is deleted")
    clip: bool = Field(True, description="a clip too, not only pictures")
    before: Seconds = Field(Quantity(10.0), ge=0, description="the clip begins so long before it came to rest")
    after: Seconds = Field(Quantity(5.0), ge=0, description="... and ends so long after the trigger")
    fps: float = Field(5.0, gt=0, le=30, description="pictures a second of the clip, at most")
    room: int = Field(32, ge=1, le=4096, description="megabytes of each camera's stream that are held in memory")
    waiting: Path | None = Field(
        None, description="a folder in which evidence waits while an object store can't be reached"
    )
    waiting_room: int = Field(
        1000, ge=1, description="megabytes that may wait; then the oldest is dropped, and counted"
    )
    faces: Faces = Faces()
    when: Mapping[str, Trigger] = Field(min_length=1)

    @model_validator(mode="after")
    def _waits(self) -> EvidenceSettings:
        if self.waiting is not None and ("://" not in self.store or self.store.startswith("file:")):
            raise ValueError("expected no 'waiting': the store is a folder, which can always be reached")
        return self

    def resolved(self, base: Path) -> EvidenceSettings:
        """The same with the folders and files that it names taken from `base` on, where they are relative."""
        folder = self.store if "://" in self.store else str(base / Path(self.store).expanduser())
        return resolved(self, base).model_copy(update={"store": folder})

    @property
    def held(self) -> float:
        """Seconds of a stream that are held for clips; 0: none are made."""
        longest = max(trigger.still for trigger in self.when.values())
        return longest + self.before + self.after if self.clip else 0.0
