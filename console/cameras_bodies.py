"""cameras_bodies: what the routes of cameras take and give. Times are ISO 8601; shares are of the picture, 0 to 1."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

MOST_ZONES, MOST_CORNERS = 200, 200

State = Literal["up", "stalled", "down", "away", "silent", "unknown"]
"""silent: it has not been heard of for a while; unknown: never."""
Mode = Literal["day", "infrared", "away", ""]
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]*$")]
Words = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f]*$")]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class PictureOut(BaseModel):
    """A picture: when it was taken, of which scene. `tag` changes with it."""

    tag: str
    at: str
    age: float = Field(description="seconds, now")
    width: int
    height: int
    preset: str
    infrared: bool
    away: bool
    heads: int = Field(description="how many heads were hidden in it")


class SeenOut(BaseModel):
    """What its watchers saw in the last picture: how many of each label; the longest standing of them, seconds."""

    at: str
    labels: dict[str, int]
    longest: float | None


class ReadingOut(BaseModel):
    """One number that its watchers measured."""

    about: str
    metric: str
    value: float
    at: str


class OpenOut(BaseModel):
    """An open case about it."""

    id: str
    number: str
    category: str
    severity: int
    state: str
    going_on: int
    started: str


class CameraOut(BaseModel):
    """A camera on the wall."""

    id: str
    name: str
    area: str
    lon: float | None
    lat: float | None
    state: State
    reason: str
    heard: str | None = Field(description="when it last said how it is")
    frame: PictureOut | None
    unseen: str = Field(description="why there is no new picture, where that is known")
    fps: float | None
    looked: float | None
    preset: str
    mode: Mode
    sees: SeenOut | None
    readings: list[ReadingOut]
    cases: list[OpenOut] = Field(description="some, the gravest first")
    open: int = Field(description="how many there are")
    watchers: list[str]


class CamerasOut(BaseModel):
    """A page of cameras. `now`: by the city's clock, for ages; `of`: how many there are in all."""

    now: str
    cameras: list[CameraOut]
    of: int
    areas: list[str]


class ZoneIn(BaseModel):
    """A zone: corners in order around it; what stands there; at which preset, '' for all."""

    model_config = ConfigDict(extra="forbid")

    corners: list[tuple[Share, Share]] = Field(min_length=3, max_length=MOST_CORNERS)
    about: Words = ""
    preset: Words = ""


class ZonesIn(BaseModel):
    """All zones of a camera. revision: of those that were changed; others have saved since where it is not the last."""

    model_config = ConfigDict(extra="forbid")

    zones: dict[Name, ZoneIn] = Field(max_length=MOST_ZONES)
    revision: int = Field(ge=0, le=2**31)
    note: Words = ""


class TryIn(BaseModel):
    """Zones to be checked."""

    model_config = ConfigDict(extra="forbid")

    zones: dict[Name, ZoneIn] = Field(max_length=MOST_ZONES)


class RestoreIn(BaseModel):
    """Which of the earlier ones are to hold again; 0: the configuration's own."""

    model_config = ConfigDict(extra="forbid")

    back_to: int = Field(ge=0, le=2**31)
    revision: int = Field(ge=0, le=2**31)


class WrongOut(BaseModel):
    """Where, and what."""

    where: str
    what: str


class TriedOut(BaseModel):
    """What is wrong, and what might not be meant."""

    faults: list[WrongOut]
    warnings: list[WrongOut]


class ZoneOut(BaseModel):
    """A zone."""

    corners: list[tuple[float, float]]
    about: str
    preset: str


class ZonesOut(BaseModel):
    """What is in force now; `drawn`: in the console; `outdated`: the configuration's have changed since."""

    zones: dict[str, ZoneOut]
    revision: int
    drawn: bool
    outdated: bool
    warnings: list[WrongOut] = []


class VersionOut(BaseModel):
    """What was saved once; `zones` are None where it was decided that the configuration's hold again."""

    revision: int
    at: str
    by: str
    note: str
    zones: dict[str, ZoneOut] | None


class HistoryOut(BaseModel):
    """The newest first."""

    versions: list[VersionOut]


class WatcherOut(BaseModel):
    """One of its watchers: the zones at which it looks (none: at the whole picture), its presets, its parameters."""

    name: str
    zones: list[str]
    everywhere: bool = Field(description="it looks at whatever zones there are")
    presets: list[str]
    parameters: dict[str, Any]


class ObjectOut(BaseModel):
    """What was seen in the last picture."""

    track: int
    label: str
    score: float | None
    box: tuple[float, float, float, float] = Field(description="left, top, width, height")
    zone: str
    still: float | None
    text: str


class ChangeOut(BaseModel):
    """How it was, from then on. until: when it last said so; null: it is so still. What follows later is not known."""

    at: str
    until: str | None
    state: str
    reason: str


class HealthOut(BaseModel):
    """How it was. known: seconds of which something is known, of those that were asked for; up: of those."""

    since: str
    now: str
    changes: list[ChangeOut]
    known: float
    up: float


class WholeOut(CameraOut):
    """One camera with all that is known of it."""

    now: str
    edited_here: bool = Field(description="its zones may be drawn here; an edge box's are in its own file")
    presets: list[str]
    frames: list[PictureOut]
    zones: ZonesOut
    watching: list[WatcherOut]
    objects: list[ObjectOut]
    health: dict[str, str | float | None]
    changes: list[ChangeOut]
