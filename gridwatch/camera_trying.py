"""camera_trying: what does a camera give? Its stream, looked at for some seconds, with the picture that came last.

All pictures are decoded, not only key frames, so that it is known what the camera sends and what of it arrives whole.
The picture's health is what the watcher `scene_health` says; what it tells against what is normal there (covered,
blurred, moved) takes longer to learn, and is not told.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridwatch.problems import Exit, Problem

if TYPE_CHECKING:
    from cameras.settings import CameraSettings
    from cameras.streams import Stream
    from cameras.watcher import Image

FAULT = 0.5
"""From here on a reading of the picture's health is a fault (docs of scene_health)."""
TOLD = ("health_black", "health_frozen", "health_overexposed")
"""What is known of a picture without knowing what is normal there."""
LONG = 4.0
"""Seconds: key frames farther apart than this make key-frame mode slow to see."""
BEHIND = 2.0
"""Seconds: pictures that come later than this are a delay that people notice."""


@dataclass(slots=True)
class Tried:
    """What came of it."""

    shown: str
    codec: str
    width: int
    height: int
    said_rate: float | None
    """Pictures a second, as the stream says."""
    rate: float | None
    """... and as they came."""
    keyframe_interval: float | None
    """Seconds."""
    pictures: int
    undecodable: int
    clock: str
    """'camera': by its sender reports; 'arrival': it sends none, or they are not believed; 'recording'."""
    offset: float | None
    """Seconds by which its clock is ahead of ours; negative: behind, a delay among it."""
    opened: float
    """Seconds until the first picture."""
    health: list[str]
    """In words; empty where the picture is good."""
    advice: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """For machines: rounded, None for what is not known."""
        names = [name for name in self.__slots__ if name != "shown"]
        values = {name: getattr(self, name) for name in names}
        return {"url": self.shown} | {
            name: round(value, 3) if isinstance(value, float) else value for name, value in values.items()
        }


def try_camera(
    settings: CameraSettings,
    environment: Mapping[str, str],
    seconds: float,
    picture: Path | None = None,
    plain: bool = False,
    progress: Callable[[float], object] = lambda _: None,
) -> Tried:
    """Look at a camera for so long. picture: where the last picture goes, marked with its time and a grid of tenths, in
    which zones are written; plain: as it is. Raises Problem."""
    try:
        from cameras.streams import Stream, StreamFailed
    except ImportError as error:
        raise Problem(f"Cameras need {error.name}: pip install 'gridwatch[cameras]'", Exit.CANNOT_RUN) from None

    began = time.monotonic()
    try:
        stream = Stream(settings, environment, start=time.time())
        try:
            seen = _look(stream, seconds, progress)
        finally:
            stream.close()
    except (StreamFailed, ValueError) as error:
        raise Problem(str(error)) from None
    if seen.image is None:
        raise Problem(f"{settings.shown}: within {seconds:g} s no picture came that could be decoded")
    if picture is not None:
        _write(picture, seen.image if plain else _marked(seen.image, seen.ts, stream.facts.codec))
    facts, clock = stream.facts, stream.clock
    tried = Tried(
        shown=settings.shown,
        codec=facts.codec,
        width=facts.width,
        height=facts.height,
        said_rate=facts.rate,
        rate=(facts.packets - seen.before) / seen.lasted if seen.lasted > 0 else None,
        keyframe_interval=facts.keyframe_interval,
        pictures=facts.pictures,
        undecodable=facts.undecodable,
        clock="recording" if clock is None else "camera" if clock.by_camera else "arrival",
        offset=None if clock is None or math.isnan(clock.offset) else clock.offset,
        opened=seen.first - began,
        health=seen.health,
    )
    tried.advice = _advice(tried)
    return tried


@dataclass(slots=True)
class _Look:
    image: Image | None = None
    ts: float = 0.0
    first: float = 0.0
    before: int = 0
    lasted: float = 0.0
    health: list[str] = field(default_factory=list)


def _look(stream: Stream, seconds: float, progress: Callable[[float], object]) -> _Look:
    from cameras.watcher import Frame, Measured, View
    from cameras.watchers.scene_health import SceneHealth
    from pipeline.units import Quantity

    seen, readings = _Look(), {}
    looks = SceneHealth(each=Quantity(0.0), report=Quantity(0.0)).begin(View("camera"))
    start = math.nan
    for picture in stream.pictures():
        at = time.monotonic()
        if seen.image is None:
            # What had been held back while it was opened came at once, and says nothing about the rate.
            seen.first, seen.before, start = at, stream.facts.packets, at if stream.clock else picture.ts
        seen.image, seen.ts = picture.image(), picture.ts
        for said in looks.look(Frame(picture.ts, seen.image)):
            if isinstance(said, Measured):
                readings[said.metric] = said.value
        seen.lasted = (at if stream.clock else picture.ts) - start
        progress(seen.lasted)
        if seen.lasted >= seconds:
            break
    seen.health = sorted(
        metric.removeprefix("health_") for metric, value in readings.items() if metric in TOLD and value >= FAULT
    )
    return seen


def _advice(tried: Tried) -> list[str]:
    said = []
    whole = tried.pictures + tried.undecodable
    if tried.undecodable > whole / 100:
        said.append("Pictures do not arrive whole: use transport tcp, or mend the network on the way.")
    if tried.keyframe_interval is not None and tried.keyframe_interval > LONG:
        said.append(
            f"Key frames come every {tried.keyframe_interval:.1f} s, and key-frame mode sees no more often: set a"
            " shorter interval in the camera."
        )
    if tried.clock == "arrival" and tried.offset is not None and abs(tried.offset) > BEHIND:
        said.append("The camera's clock is far from ours and is not believed: give it a time server (NTP).")
    elif tried.offset is not None and tried.offset < -BEHIND:
        said.append("Pictures come late: the link is slow, or something buffers on the way.")
    if tried.rate is not None and tried.said_rate is not None and tried.rate < 0.8 * tried.said_rate:
        said.append(f"Of {tried.said_rate:g} pictures a second {tried.rate:.1f} come.")
    return said


def _marked(image: Image, ts: float, codec: str) -> Image:
    """The picture with its time and a grid of tenths."""
    import cv2

    marked = image.copy()
    height, width = marked.shape[:2]
    size = max(0.35, height / 1440)
    for n in range(1, 10):
        x, y = width * n // 10, height * n // 10
        cv2.line(marked, (x, 0), (x, height), (0, 255, 255), 1)
        cv2.line(marked, (0, y), (width, y), (0, 255, 255), 1)
        for at in ((x + 2, round(14 * size / 0.35)), (2, y - 2)):
            _text(marked, f"0.{n}", at, size)
    when = datetime.fromtimestamp(ts, UTC).strftime("%Y-%m-%d %H:%M:%S")
    _text(marked, f"{when} UTC  {width} x {height}  {codec}", (4, height - 6), size)
    return marked


def _write(file: Path, image: Image) -> None:
    """Raises Problem."""
    import cv2

    try:
        written, data = cv2.imencode(file.suffix, image)
        if not written:
            raise ValueError
    except (cv2.error, ValueError):
        raise Problem(f"--picture: expected a name such as 'camera.jpg', got '{file.name}'", Exit.USAGE) from None
    file.write_bytes(data.tobytes())


def _text(image: Image, text: str, at: tuple[int, int], size: float) -> None:
    import cv2

    for colour, thick in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, colour, thick, cv2.LINE_AA)
