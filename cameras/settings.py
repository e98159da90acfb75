"""settings: the section `cameras` of a configuration: which cameras there are, how they are read, what they watch.

A camera's address holds no secret: user and password are named by environment variables and are put into the address
only in memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from cameras.watcher import Zone, corners
from pipeline.units import Quantity, Seconds

Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="the name of an environment variable")]
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


class CameraSettings(BaseModel):
    """`cameras.<name>`: one camera. Without `fps` and `every` its key frames are looked at."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: Annotated[str, AfterValidator(_address)] = Field(
        description="rtsp://, rtsps://, http://, https://, whatever else FFmpeg opens, a file, or a folder of pictures;"
        " {user} and {password} in it stand for those of the environment"
    )
    user_env: Variable | None = None
    password_env: Variable | None = None
    transport: Literal["tcp", "udp"] = Field("tcp", description="of RTSP; udp loses pictures where packets are lost")
    keyframes: bool = Field(False, description="look at key frames only: far cheaper; this is so if nothing is said")
    fps: float | None = Field(None, gt=0, le=60, description="pictures a second, at most")
    every: Seconds | None = Field(None, gt=0, description="a snapshot that often; the camera is left alone meanwhile")
    stall: Seconds = Field(Quantity(10.0), ge=1, description="without anything for so long it is opened again")
    loop: bool = Field(False, description="a file begins again at its end")
    zones: Mapping[str, Area] = Field(default_factory=dict)
    watchers: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict, description="name of a watcher: parameters")

    @model_validator(mode="after")
    def _one_way(self) -> CameraSettings:
        if sum((self.keyframes, self.fps is not None, self.every is not None)) > 1:
            raise ValueError("expected one of 'keyframes', 'fps' and 'every'")
        return self

    @property
    def live(self) -> bool:
        """It counts its own time and can't be read faster than it comes; a file can."""
        scheme = urlsplit(self.url).scheme
        return len(scheme) > 1 and scheme != "file"

    @property
    def shown(self) -> str:
        """The address as errors and logs name it: neither user nor password, nor what follows a '?'."""
        return self.url.partition("?")[0]

    def credentials(self, environment: Mapping[str, str]) -> tuple[str | None, str | None]:
        """User and password. Raises ValueError naming the variable that is not set."""
        values = []
        for key, variable in (("user_env", self.user_env), ("password_env", self.password_env)):
            if variable is not None and variable not in environment:
                raise ValueError(
                    f"{key}: the environment variable '{variable}' is not set; set it, or leave the key out"
                )
            values.append(environment[variable] if variable is not None else None)
        return values[0], values[1]

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
