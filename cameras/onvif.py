"""onvif: what a camera says of itself by ONVIF: its profiles and their addresses, its presets, and where it points.

A thin, synchronous side of onvif-zeep-async, for threads. Every question has a time-out. Services are asked at the host
and port that were named, whatever else the camera says of where they are, so that user and password go nowhere else;
they are sent as a digest and stand in no error. A certificate is not checked: cameras sign their own.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit, urlunsplit

T = TypeVar("T")

_PATIENCE = 8.0
"""Seconds for one question."""
_PTZ = "http://www.onvif.org/ver20/ptz/wsdl"
_REFUSED = ("notauthorized", "not authorized", "unauthorized", "401", "failedauthentication", "access denied")
"""What cameras say where user or password is wrong, in small letters."""


class OnvifFailed(Exception):
    """What could not be had; the message says why, in plain words."""


class Position(NamedTuple):
    """Where a camera points, in ONVIF's generic spaces; NaN: not said."""

    pan: float
    """-1..1"""
    tilt: float
    """-1..1"""
    zoom: float = math.nan
    """0..1"""

    def off(self, other: Position) -> float:
        """How far apart the two are, as a share of the range, the greatest of all axes. What is not said counts not."""
        pan = abs(self.pan - other.pan)
        off = (min(pan, abs(2.0 - pan)) / 2.0, abs(self.tilt - other.tilt) / 2.0, abs(self.zoom - other.zoom))
        return max((each for each in off if not math.isnan(each)), default=0.0)


class Status(NamedTuple):
    """Where a camera points, and whether it moves; None: it does not say."""

    position: Position | None
    moving: bool | None


class Preset(NamedTuple):
    """One that is stored in the camera."""

    token: str
    name: str
    position: Position | None


@dataclass(frozen=True, slots=True)
class Profile:
    """A stream that a camera gives."""

    token: str
    name: str
    codec: str | None
    width: int | None
    height: int | None
    fps: float | None
    url: str | None
    """Without user and password."""
    ptz: bool
    """Whether the camera can be turned by it."""


class Device(NamedTuple):
    """What a camera is; '' where it does not say."""

    manufacturer: str
    model: str
    firmware: str


class OnvifCamera:
    """A camera that speaks ONVIF. All methods raise OnvifFailed. One thread uses it, and closes it."""

    def __init__(
        self,
        host: str,
        port: int = 80,
        user: str | None = None,
        password: str | None = None,
        patience: float = _PATIENCE,
    ) -> None:
        """patience: seconds for one question."""
        self._where = f"ONVIF at {host}:{port}"
        self._patience = patience
        self._runner = asyncio.Runner()
        try:
            with _quiet():
                from onvif import ONVIFCamera  # type: ignore[import-untyped]
        except ImportError as error:
            raise OnvifFailed(f"ONVIF needs {error.name}: pip install 'gridwatch[cameras]'") from None
        self._camera: Any = self._ask(_made(ONVIFCamera, host, port, user or "", password or ""))
        try:
            self._ask(self._camera.update_xaddrs())
            self._media: Any = self._ask(self._camera.create_media_service())
            self._ptz: Any = self._ask(self._camera.create_ptz_service()) if _PTZ in self._camera.xaddrs else None
        except OnvifFailed:
            self.close()
            raise

    def close(self) -> None:
        """Let go of its connections."""
        with contextlib.suppress(OnvifFailed):
            self._ask(self._camera.close())
        self._runner.close()

    def __enter__(self) -> OnvifCamera:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def device(self) -> Device:
        """What it is."""
        said = self._ask(self._ask_device())
        return Device(*(_text(said, key) for key in ("Manufacturer", "Model", "FirmwareVersion")))

    def profiles(self) -> list[Profile]:
        """In its own order: the first is the one that is meant for recording."""
        return [self._profile(each) for each in self._ask(self._media.GetProfiles()) or ()]

    def presets(self, profile: str) -> list[Preset]:
        """Those of a profile, by its token; none where it can't be turned."""
        if self._ptz is None:
            return []
        said = self._ask(self._ptz.GetPresets({"ProfileToken": profile})) or ()
        return [Preset(_text(one, "token"), _text(one, "Name"), _position(_of(one, "PTZPosition"))) for one in said]

    def status(self, profile: str) -> Status:
        """Where it points now."""
        if self._ptz is None:
            raise OnvifFailed(f"{self._where}: it says nothing of where it points; leave the section 'onvif' out")
        said = self._ask(self._ptz.GetStatus({"ProfileToken": profile}))
        moves = [str(_of(said, "MoveStatus", axis) or "").upper() for axis in ("PanTilt", "Zoom")]
        moving = True if "MOVING" in moves else False if "IDLE" in moves else None
        return Status(_position(_of(said, "Position")), moving)

    def _profile(self, said: Any) -> Profile:
        token = _text(said, "token")
        setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        url: str | None = None
        with contextlib.suppress(OnvifFailed):  # a profile without a stream is one all the same
            answer = self._ask(self._media.GetStreamUri({"StreamSetup": setup, "ProfileToken": token}))
            url = without_user(_text(answer, "Uri")) or None
        video = "VideoEncoderConfiguration"
        return Profile(
            token=token,
            name=_text(said, "Name"),
            codec=_text(said, video, "Encoding").lower() or None,
            width=_number(_of(said, video, "Resolution", "Width"), int),
            height=_number(_of(said, video, "Resolution", "Height"), int),
            fps=_number(_of(said, video, "RateControl", "FrameRateLimit"), float),
            url=url,
            ptz=self._ptz is not None and _of(said, "PTZConfiguration") is not None,
        )

    async def _ask_device(self) -> Any:
        service = await self._camera.create_devicemgmt_service()
        return await service.GetDeviceInformation()

    def _ask(self, question: Coroutine[Any, Any, T]) -> T:
        try:
            return self._runner.run(_within(question, self._patience))
        except TimeoutError:
            raise OnvifFailed(f"{self._where}: no answer within {self._patience:g} s") from None
        except Exception as error:  # noqa: BLE001  whatever a camera's answers make a library raise
            raise OnvifFailed(f"{self._where}: {_why(error)}") from None


def without_user(url: str) -> str:
    """The address without user and password."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


async def _within(question: Coroutine[Any, Any, T], seconds: float) -> T:
    return await asyncio.wait_for(question, seconds)


async def _made(kind: Any, host: str, port: int, user: str, password: str) -> Any:
    """Its connections belong to the loop that runs."""
    return kind(host, port, user, password, no_cache=True, nat_override=True, adjust_time=True)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The library sets up logging for the whole process when it is imported; and what it logs may name addresses."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    try:
        yield
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers
        for name in ("onvif", "zeep", "httpx"):
            logging.getLogger(name).setLevel(logging.CRITICAL)


def _why(error: Exception) -> str:
    """What went wrong, from what a camera or a library says; one line, and of that only what can be printed."""
    os_error = getattr(error, "os_error", None)
    if os_error is not None:
        number = os_error.errno or 0
        return f"it can't be reached: {os.strerror(number) if number > 0 else os_error.strerror or os_error}"
    said = " ".join(str(each) for each in (error, getattr(error, "subcodes", None)) if each)
    plain = "".join(c for c in " ".join(said.split()) if c.isprintable())
    if any(each in plain.lower() for each in _REFUSED):
        return "user or password is wrong, or missing; name the variables that hold them: user_env, password_env"
    return plain[:200] or type(error).__name__


def _of(said: Any, *keys: str) -> Any:
    """What lies there in an answer, of which anything may be missing; None: nothing."""
    for key in keys:
        said = getattr(said, key, None)
    return said


def _text(said: Any, *keys: str) -> str:
    found = _of(said, *keys)
    return "" if found is None else "".join(c for c in str(found) if c.isprintable())[:500]


def _number(said: Any, kind: type[T]) -> T | None:
    try:
        return None if said is None else kind(said)  # type: ignore[call-arg]
    except (TypeError, ValueError):
        return None


def _position(said: Any) -> Position | None:
    axes: Sequence[float | None] = [
        _number(_of(said, *keys), float) for keys in (("PanTilt", "x"), ("PanTilt", "y"), ("Zoom", "x"))
    ]
    pan, tilt, zoom = (math.nan if each is None else each for each in axes)
    return None if math.isnan(pan) or math.isnan(tilt) else Position(pan, tilt, zoom)
