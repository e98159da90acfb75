"""streams: a camera's stream or a recording, opened and decoded, picture by picture.

Opens by PyAV (FFmpeg) what `cameras.<name>.url` names: RTSP by TCP or UDP, HTTP MJPEG, files, and whatever else FFmpeg
knows; folders of pictures are cameras/folders.py. Nothing waits for ever: connecting and each read end after `stall`.
What does not decode, or only in part (packets were lost), is counted and left out: half a picture would show things
that are not there. No error holds the address with its password: they are told in words of our own.

Decoding is the costly part, so no more of it is done than is asked for: of key frames each is decoded alone, and with
few pictures a second those are left out that no other refers to.
"""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import av
import av.error
import av.logging
import numpy as np
from av.video.reformatter import VideoReformatter

from cameras.clock import FileClock, StreamClock
from cameras.evidence.ring import Ring
from cameras.settings import CameraSettings
from cameras.watcher import Image

MOST_PIXELS = 64_000_000
"""A stream that says it is larger than any camera is damaged, and would only fill the memory."""
ANALYSE = 1.0
"""Seconds of a live stream that FFmpeg may read to find out what it is; it knows after the first key frame."""
_UNTIMED = ("mpjpeg", "mjpeg", "image2", "image2pipe")
"""Formats that say nothing about time: what counts is when a picture comes."""
_SPARE = 4.0
"""What no other picture refers to is left out where a stream has so many times the pictures that are asked for: at
least one in four is referred to."""

av.logging.set_level(None)  # FFmpeg's own messages name addresses


class StreamFailed(Exception):
    """It can't be opened, or it broke: which, why, what to do; never a secret."""


class Stalled(StreamFailed):
    """Nothing came for `stall`."""


@dataclass(slots=True)
class Facts:
    """What is known of a stream. Counts since it was opened."""

    codec: str = ""
    width: int = 0
    height: int = 0
    rate: float | None = None
    """Pictures a second, as the stream says."""
    packets: int = 0
    """Pictures that came, decoded or not."""
    pictures: int = 0
    undecodable: int = 0
    keyframe_interval: float | None = None
    """Seconds between the last two key frames."""


class Picture:
    """One decoded picture; what it looks like is worked out when it is looked at."""

    __slots__ = ("_frame", "_reformatter", "ts")

    def __init__(self, ts: float, frame: av.VideoFrame, reformatter: VideoReformatter) -> None:
        """ts: UTC seconds."""
        self.ts, self._frame, self._reformatter = ts, frame, reformatter

    def image(self) -> Image:
        """Shape (height, width, 3), blue, green, red. Raises StreamFailed for a kind of picture that can't be shown."""
        try:
            plain = self._reformatter.reformat(self._frame, format="bgr24")
            return np.ascontiguousarray(plain.to_ndarray(), np.uint8)
        except (av.error.FFmpegError, ValueError, MemoryError) as error:
            raise StreamFailed(f"a picture can't be shown ({type(error).__name__})") from None


class Stream:
    """One stream from its opening to its end.

    start: when a recording began, UTC seconds; for a live stream it has no meaning. ring: holds its last seconds, for
    clips. Raises StreamFailed where it can't be opened, ValueError where a variable of the environment is missing.
    """

    def __init__(
        self,
        settings: CameraSettings,
        environment: Mapping[str, str] = os.environ,
        start: float = 0.0,
        now: Callable[[], float] = time.time,
        ring: Ring | None = None,
    ) -> None:
        self.settings, self.facts, self._ring = settings, Facts(), ring
        self.clock: StreamClock | None = StreamClock() if settings.live else None
        self._file = FileClock(start)
        self._now = now
        self._key: float | None = None
        self._damaged = False
        self._reformatter = VideoReformatter()
        address, began = settings.address(environment), time.monotonic()
        try:
            self._container: Any = av.open(
                address, options=_options(settings), timeout=(max(settings.stall, 5.0), settings.stall)
            )
        except (av.error.FFmpegError, OSError, ValueError) as error:
            # FFmpeg gives up on a server that says nothing by complaining of what it sent.
            silent = settings.live and time.monotonic() - began > 0.9 * settings.stall
            raise _told(av.error.TimeoutError(0, "") if silent else error, settings, opening=True) from None
        try:
            self._stream = self._choose()
        except StreamFailed:
            self.close()
            raise
        self._untimed = settings.live and self._container.format.name in _UNTIMED

    def _choose(self) -> Any:
        streams = self._container.streams.video
        if not streams:
            raise StreamFailed(f"{self.settings.shown}: there is no video in it")
        chosen = streams[0]
        context = chosen.codec_context
        context.thread_count = 1  # a core is shared by several cameras: threads would only add delay and memory
        context.options = {"max_pixels": str(MOST_PIXELS)}
        self.facts.codec = context.name
        self.facts.width, self.facts.height = context.width, context.height
        rate = chosen.average_rate or chosen.guessed_rate
        self.facts.rate = float(rate) if rate else None
        fps = self.settings.fps
        if fps is not None and rate and fps * _SPARE <= float(rate):
            context.skip_frame = "NONREF"
        if self._ring is not None:
            self._ring.open(chosen)
        return chosen

    @property
    def keyframes(self) -> bool:
        """Only key frames are decoded: those that can be on their own."""
        return self.settings.fps is None

    def pictures(self, heard: Callable[[], Any] = int) -> Iterator[Picture]:
        """What it shows, as it comes: a live stream for ever, a recording to its end. Raises StreamFailed, Stalled.

        heard: called with each packet, decoded or not: the stream lives. Of what a live stream had held back while it
        was opened only the newest is shown, since nobody knows yet when that was.
        """
        held: tuple[float | None, av.VideoFrame] | None = None
        for packet in self._packets():
            arrival = self._now()
            heard()
            self._hear(packet, arrival)
            for frame in self._decoded(packet):
                at = self._seconds(frame.pts)
                if self.clock is None:
                    yield Picture(self._file.stamp(at), frame, self._reformatter)
                elif self.clock.catching_up and not self._untimed:
                    held = at, frame
                else:
                    held = None
                    yield Picture(self.clock.stamp(at, arrival), frame, self._reformatter)
            if held is not None and self.clock is not None and not self.clock.catching_up:
                (at, frame), held = held, None
                yield Picture(self.clock.stamp(at, arrival), frame, self._reformatter)

    def first(self) -> Picture:
        """One picture as soon as there is one: what a snapshot is. Raises StreamFailed."""
        for packet in self._packets():
            arrival = self._now()
            self._hear(packet, arrival)
            for frame in self._decoded(packet):
                at = self._seconds(frame.pts)
                ts = self._file.stamp(at) if self.clock is None else self.clock.stamp(at, arrival)
                return Picture(ts, frame, self._reformatter)
        raise StreamFailed(f"{self.settings.shown}: it ended without a picture")

    def close(self) -> None:
        self._container.close()

    def _seconds(self, stamp: int | None) -> float | None:
        return None if stamp is None or self._untimed else float(stamp * self._stream.time_base)

    def _packets(self) -> Iterator[Any]:
        demuxed = self._container.demux(self._stream)
        for _ in count():
            try:
                packet = next(demuxed, None)
            except av.error.InvalidDataError:
                self.facts.undecodable += 1
                continue
            except (av.error.EOFError, StopIteration):
                return
            except (av.error.FFmpegError, OSError, ValueError) as error:
                raise _told(error, self.settings, opening=False) from None
            if packet is None:
                return
            yield packet

    def _hear(self, packet: Any, arrival: float) -> None:
        if not packet.size:
            return
        self.facts.packets += 1
        at = self._seconds(packet.pts)
        if self.clock is not None and self.clock.hear(at, arrival, _said(packet)):
            self._key = None
        if packet.is_keyframe and at is not None:
            if self._key is not None and at > self._key:
                self.facts.keyframe_interval = at - self._key
            self._key = at
        if self._ring is not None:
            self._ring.hear(packet, self._file.when(at) if self.clock is None else self.clock.when(at, arrival))

    def _decoded(self, packet: Any) -> list[av.VideoFrame]:
        context = self._stream.codec_context
        try:
            if not self.keyframes:
                frames = list(packet.decode())
            elif not packet.size or not packet.is_keyframe:
                return []
            else:
                # Drained after each: a decoder that puts pictures in order would wait for the next key frame.
                frames = [*packet.decode(), *context.decode(None)]
                context.flush_buffers()
        except (av.error.FFmpegError, OSError, ValueError, MemoryError):
            self.facts.undecodable += 1
            self._damaged = True
            if self.keyframes:
                context.flush_buffers()
            return []
        self._damaged = not packet.is_keyframe and (self._damaged or any(frame.is_corrupt for frame in frames))
        # Up to the next key frame pictures are made of the damaged one.
        whole = [] if self._damaged else [frame for frame in frames if not frame.is_corrupt]
        self.facts.undecodable += len(frames) - len(whole)
        self.facts.pictures += len(whole)
        if whole:
            self.facts.width, self.facts.height = whole[-1].width, whole[-1].height
        return whole


def _options(settings: CameraSettings) -> dict[str, str]:
    """What FFmpeg is told before it opens it."""
    if not settings.live:
        return {}
    patience = str(round(settings.stall * 1e6))
    options = {"fpsprobesize": "0", "analyzeduration": str(round(ANALYSE * 1e6))}
    if settings.url.startswith(("rtsp:", "rtsps:")):
        return options | {
            "rtsp_transport": settings.transport,
            "allowed_media_types": "video",  # what people say near a camera is nobody's business
            "timeout": patience,
        }
    return options | {"rw_timeout": patience}


def _said(packet: Any) -> float | None:
    """The UTC time of a packet by the camera's own clock: FFmpeg works it out from sender reports (AVProducerReference-
    Time: microseconds since 1970, then flags)."""
    if not packet.has_sidedata("prft"):
        return None
    microseconds: int = struct.unpack_from("<q", bytes(packet.get_sidedata("prft")))[0]
    return microseconds / 1e6


_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (av.error.HTTPUnauthorizedError, "it refuses user and password; name the variables with user_env, password_env"),
    (av.error.HTTPForbiddenError, "it allows this user no pictures"),
    (av.error.HTTPNotFoundError, "there is no stream of that path; the camera's manual or its ONVIF profiles name it"),
    (av.error.ConnectionRefusedError, "nobody listens there; check host and port"),
    (av.error.ProtocolNotFoundError, "this kind of address is not known; expected rtsp://, http:// or a file"),
    (av.error.FileNotFoundError, "there is no such file"),
    (av.error.PermissionError, "it may not be read by this user"),
    (av.error.InvalidDataError, "what comes from there is no video that FFmpeg knows"),
    (av.error.BrokenPipeError, "the connection broke"),
    (av.error.ConnectionResetError, "it closed the connection"),
)


def _told(error: Exception, settings: CameraSettings, *, opening: bool) -> StreamFailed:
    """In words of our own: what FFmpeg raises holds the whole address."""
    shown = settings.shown
    if isinstance(error, av.error.ExitError | av.error.TimeoutError):
        if opening:
            return StreamFailed(f"{shown}: it did not answer within {max(settings.stall, 5.0):g} s")
        return Stalled(f"{shown}: nothing came for {settings.stall:g} s")
    for kind, words in _WORDS:
        if isinstance(error, kind):
            return StreamFailed(f"{shown}: {words}")
    said = error.strerror if isinstance(error, OSError | av.error.FFmpegError) else None
    if opening:
        return StreamFailed(f"{shown}: it can't be opened ({said or type(error).__name__}); check host, port and path")
    return StreamFailed(f"{shown}: it broke ({said or type(error).__name__})")
