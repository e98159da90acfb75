"""folders: a folder of pictures as a camera: recorded ones, or one that a camera uploads to.

What counts as the time of a picture is when its file was written. Files go in the order of their times and names. What
is still being written is left for the next look: a file counts once it is `SETTLED` old and has not changed since.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import av.error
from av.video.reformatter import VideoReformatter

from cameras.clock import STEP, StreamClock
from cameras.settings import CameraSettings
from cameras.streams import MOST_PIXELS, Facts, Picture, StreamFailed

KINDS = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
LOOK = 1.0
"""Seconds between two looks into a folder that is followed."""
SETTLED = 0.5
"""Seconds: a file that was written to so lately may not be whole."""


class Folder:
    """A folder's pictures. follow: new ones are waited for until it is set; None: it ends with what is there.

    Raises StreamFailed where it can't be read.
    """

    clock: StreamClock | None = None

    def __init__(self, settings: CameraSettings, follow: threading.Event | None = None) -> None:
        self.settings, self.facts = settings, Facts()
        self._folder, self._follow = Path(settings.url), follow
        self._reformatter = VideoReformatter()
        self._last = (0, "")
        self._ts = 0.0
        self._files()

    def pictures(self, heard: Callable[[], Any] = int) -> Iterator[Picture]:
        """What is in it, and then what comes. One that does not decode is counted and left out."""
        while True:
            for when, name in self._files():
                heard()
                self._last = when, name
                picture = self._picture(when, name)
                if picture is not None:
                    yield picture
            heard()
            if self._follow is None or self._follow.wait(LOOK):
                return

    def newest(self) -> Picture | None:
        """The last one that decodes."""
        for when, name in reversed(self._files()):
            picture = self._picture(when, name)
            if picture is not None:
                return picture
        return None

    def close(self) -> None:
        pass

    def _files(self) -> list[tuple[int, str]]:
        """Those after the last, each with when it was written (nanoseconds)."""
        young = time.time_ns() - round(SETTLED * 1e9) if self._follow is not None else None
        found = []
        try:
            for file in self._folder.iterdir():
                if file.suffix.lower() in KINDS:
                    one = file.stat().st_mtime_ns, file.name
                    if one > self._last and (young is None or one[0] <= young):
                        found.append(one)
        except OSError as error:
            raise StreamFailed(f"{self.settings.shown}: it can't be read ({error.strerror})") from None
        return sorted(found)

    def _picture(self, when: int, name: str) -> Picture | None:
        self.facts.packets += 1
        try:
            with av.open(str(self._folder / name)) as container:
                stream: Any = container.streams.video[0]
                stream.codec_context.options = {"max_pixels": str(MOST_PIXELS)}
                frame = next(container.decode(stream))
        except (av.error.FFmpegError, OSError, ValueError, IndexError, StopIteration, MemoryError):
            self.facts.undecodable += 1
            return None
        self.facts.codec, self.facts.width, self.facts.height = stream.codec_context.name, frame.width, frame.height
        self.facts.pictures += 1
        self._ts = max(when / 1e9, self._ts + STEP)
        return Picture(self._ts, frame, self._reformatter)
