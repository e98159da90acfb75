"""settings: the section `cameras` of a configuration: which cameras there are, how they are read, what they watch.

A camera's address holds no secret: user and password are named by environment variables and are put into the address
only in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from cameras.files import resolved
from cameras.platforms.settings import OfPlatform
from cameras.watcher import View, Zone, corners
from pipeline.faults import did_you_mean
from pipeline.geo import Datum, to_wgs84
from pipeline.links import Variable, secrets
from pipeline.units import Quantity, Seconds, Share

LONGEST_NAME = 80
"""Letters of a camera's name, or its area's."""
CameraName = Annotated[str, Field(pattern=r"^[^/+#\s\x00]+$", description="one level of an MQTT topic")]


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
        known = parts.username is None and parts.password is None
    except ValueError:
        raise ValueError("expected an address such as 'rtsp://10.0.0.7/stream1', or a file") from None
    if not text or not text.isprintable():
        raise ValueError("expected an address such as 'rtsp://10.0.0.7/stream1', or a file")
    if not known:
        raise ValueError(
            "expected no user or password in the address: name the environment variables that hold them with"
            " user_env and password_env, and change a password that has been written down"
        )
    return text


class Area(BaseModel):
    """`zones.<name>`: a part of the picture."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    corners: tuple[tuple[float, float], ...] = Field(description="x, y as shares of the picture, at least three")
    about: str = Field("", description="the thing of the registers that stands there, such as a bin")
    preset: str = Field("", description="the preset in which it is seen; not given: in all")

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        return {"corners": value} if isinstance(value, list | tuple) else value

    @model_validator(mode="after")
    def _polygon(self) -> Area:
        corners(self.corners)
        return self

    def zone(self, name: str) -> Zone:
        return Zone(name, corners(self.corners), self.about)


class Preset(BaseModel):
    """`presets.<name>`: a position to which the camera turns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pictures: tuple[Path, ...] = Field((), description="of what it sees there, by day and by night")
    token: str = Field("", description="of the preset by ONVIF")

    @model_validator(mode="after")
    def _known(self) -> Preset:
        if not self.pictures and not self.token:
            raise ValueError("expected pictures of what the camera sees there, or the preset's token by ONVIF")
        return self


class Spot(BaseModel):
    """`at`: where the camera stands."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lon: float = Field(ge=-180, le=180, description="degrees")
    lat: float = Field(ge=-90, le=90)
    datum: Datum = Field(Datum.WGS84, description="of the two")


class OnvifSettings(BaseModel):
    """`onvif`: where the camera is asked where it points."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(pattern=r"^[^\s/@]+$", description="name or address, without user and password")
    port: int = Field(80, ge=1, le=65535)
    user_env: Variable | None = Field(None, description="not given: the camera's own")
    password_env: Variable | None = None
    profile: str = Field("", description="token of the profile whose position is asked for; not given: the first")
    poll: Seconds = Field(Quantity(2.0), ge=0.2, description="it is asked that often")
    tolerance: Share = Field(Quantity(0.02), gt=0, lt=1, description="of its range, by which a position may be off")


class CameraSettings(BaseModel):
    """`cameras.<name>`: one camera. Without `fps` and `every` its key frames are looked at."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: Annotated[str, AfterValidator(_address)] = Field(
        "",
        description="rtsp://, rtsps://, http://, https://, whatever else FFmpeg opens, a file, or a folder of pictures;"
        " {user} and {password} in it stand for those of the environment",
    )
    platform: OfPlatform | None = Field(None, description="in place of `url`: whose gateway is asked for its stream")
    name: str = Field("", max_length=LONGEST_NAME, description="what people call it; not given: its key")
    area: str = Field("", max_length=LONGEST_NAME, description="the part of the city, by which cameras are chosen")
    at: Spot | None = Field(None, description="where it stands: lon, lat, datum")
    user_env: Variable | None = None
    password_env: Variable | None = None
    transport: Literal["tcp", "udp"] = Field("tcp", description="of RTSP; udp loses pictures where packets are lost")
    keyframes: bool = Field(False, description="look at key frames only: far cheaper; this is so if nothing is said")
    fps: float | None = Field(None, gt=0, le=60, description="pictures a second, at most")
    every: Seconds | None = Field(None, gt=0, description="a snapshot that often; the camera is left alone meanwhile")
    stall: Seconds = Field(Quantity(10.0), ge=1, description="without anything for so long it is opened again")
    loop: bool = Field(False, description="a file begins again at its end")
    zones: Mapping[str, Area] = Field(default_factory=dict)
    presets: Mapping[str, Preset] = Field(default_factory=dict)
    onvif: OnvifSettings | None = None
    watchers: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict, description="name of a watcher: parameters")

    @model_validator(mode="after")
    def _one_source(self) -> CameraSettings:
        if bool(self.url) == (self.platform is not None):
            raise ValueError("expected 'url', or 'platform' that is asked for it")
        return self

    @model_validator(mode="after")
    def _one_way(self) -> CameraSettings:
        if sum((self.keyframes, self.fps is not None, self.every is not None)) > 1:
            raise ValueError("expected one of 'keyframes', 'fps' and 'every'")
        return self

    @model_validator(mode="after")
    def _of_presets(self) -> CameraSettings:
        for name, area in self.zones.items():
            if area.preset and area.preset not in self.presets:
                there = ", ".join(self.presets) or "none"
                hint = did_you_mean(area.preset, self.presets) or f"; presets: {there}"
                raise ValueError(f"zone '{name}': no preset '{area.preset}'{hint}")
        for name, preset in self.presets.items():
            if not preset.pictures and self.onvif is None:
                raise ValueError(f"preset '{name}': expected pictures of it, or a section 'onvif' that knows its token")
        return self

    def views(self, camera: str) -> Iterator[tuple[str, View]]:
        """Each preset with its zones; the preset '' where there are no others. camera: its name."""
        for preset in self.presets or ("",):
            areas = self.zones.items()
            yield preset, View(camera, {name: a.zone(name) for name, a in areas if a.preset in ("", preset)})

    @property
    def place(self) -> tuple[float | None, float | None]:
        """Where it stands: lon, lat, WGS-84; None where nobody says."""
        if self.at is None:
            return None, None
        lon, lat = to_wgs84(self.at.lon, self.at.lat, self.at.datum)
        return round(float(lon), 7), round(float(lat), 7)

    @property
    def variables(self) -> set[str]:
        """The environment variables that it needs."""
        of = (self,) if self.onvif is None else (self, self.onvif)
        return {name for each in of for name in (each.user_env, each.password_env) if name is not None}

    @property
    def live(self) -> bool:
        """It counts its own time and can't be read faster than it comes; a file can."""
        scheme = urlsplit(self.url).scheme
        return self.platform is not None or (len(scheme) > 1 and scheme != "file")

    @property
    def shown(self) -> str:
        """The address as errors and logs name it: neither user nor password, nor what follows a '?'."""
        return self.url.partition("?")[0] if self.platform is None else self.platform.shown

    def read_from(self, url: str) -> CameraSettings:
        """The same, read from where its platform says."""
        return self.model_copy(update={"url": url})

    def credentials(self, environment: Mapping[str, str]) -> tuple[str | None, str | None]:
        """User and password. Raises ValueError naming the variable that is not set."""
        user, password = secrets(environment, user_env=self.user_env, password_env=self.password_env)
        return user, password

    def onvif_credentials(self, environment: Mapping[str, str]) -> tuple[str | None, str | None]:
        """The same for ONVIF: its own, or else the camera's."""
        own = self.onvif if self.onvif is not None and (self.onvif.user_env or self.onvif.password_env) else self
        user, password = secrets(environment, user_env=own.user_env, password_env=own.password_env)
        return user, password

    def resolved(self, base: Path) -> CameraSettings:
        """The same with its files, the camera's own among them, taken from `base` on where they are relative."""
        local = not self.live and "://" not in self.url
        return resolved(self, base).model_copy(update={"url": str(base / self.url)} if local else {})

    def address(self, environment: Mapping[str, str]) -> str:
        """The address with user and password in it: a secret. Raises ValueError as `credentials` does."""
        user, password = (quote(said or "", safe="") for said in self.credentials(environment))
        if "{user}" in self.url or "{password}" in self.url:
            return self.url.replace("{user}", user).replace("{password}", password)
        if not user and not password:
            return self.url
        scheme, mark, rest = self.url.partition("://")
        return f"{scheme}{mark}{user}:{password}@{rest}" if mark else self.url


class CamerasSettings(BaseModel):
    """The section `cameras`, and how its work is shared out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cameras: Mapping[CameraName, CameraSettings] = Field(default_factory=dict)
    together: int = Field(8, ge=1, le=64, description="how many cameras share a process, at most")
    heartbeat: Seconds = Field(
        Quantity(30.0), gt=0, description="a process that looks at one picture for longer hangs, and is ended"
    )
    at_once: int = Field(2, ge=1, le=16, description="how many snapshots a process takes at the same time")
