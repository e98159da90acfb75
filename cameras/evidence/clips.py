"""clips: what a camera showed before and after, as a small video in which no face can be seen.

Decodes what the ring held, takes some pictures a second, hides heads in each, those too that were found only in the
picture before or after it, and writes H.264 in MP4 with the times of the pictures. The original, for sealing, is the
packets themselves, in Matroska, neither decoded nor changed.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import av
import av.error
import numpy as np
from av.video.reformatter import VideoReformatter

from cameras.evidence.faces import Hider, Region, hide
from cameras.evidence.ring import Cut, Packet
from cameras.sampling import Sampler
from cameras.watcher import Image

_CODECS = ("libx264", "libopenh264", "libvpx-vp9", "mpeg4")
"""The first that this FFmpeg has: what browsers show comes first."""
_TICKS = 90_000
"""Of the video's clock, a second."""
_MICRO = 1_000_000
_MOST = 64_000_000
"""Pixels: a stream that says it is larger is damaged, and would only fill the memory."""
_LARGEST = 1280
"""Pixels: a clip is no wider or higher."""
_EXACT = 1e-4
"""Seconds: times are rounded to microseconds on their way."""
_KEYS = 2
"""Seconds from one key frame to the next, about."""


class ClipFailed(Exception):
    """No clip could be made; the message says why."""


class Clip(NamedTuple):
    """A clip."""

    data: bytes
    first: float
    """When its first and its last picture were taken, UTC seconds."""
    last: float
    heads: int
    """The most that were found in one picture."""


def make(cut: Cut, begin: float, end: float, fps: float, hider: Hider) -> Clip:
    """Of what was taken from `begin` to `end`. Raises ClipFailed."""
    out = io.BytesIO()
    codec = next((each for each in _CODECS if each in av.codecs_available), None)
    if codec is None:
        raise ClipFailed(f"this FFmpeg can write none of {', '.join(_CODECS)}")
    first = last = begin
    heads = 0
    try:
        with av.open(out, "w", format="mp4") as container:
            stream: Any = None
            for ts, image, regions in _hidden(_images(cut, begin, end, fps), hider):
                if stream is None:
                    stream, first = _stream(container, codec, image, fps), ts
                picture = av.VideoFrame.from_ndarray(image[: stream.height, : stream.width], format="bgr24")
                picture.pts, picture.time_base = round((ts - first) * _TICKS), Fraction(1, _TICKS)
                container.mux(stream.encode(picture))
                last, heads = ts, max(heads, len(regions))
            if stream is None:
                raise ClipFailed("no picture of that time could be decoded")
            container.mux(stream.encode())
    except (av.error.FFmpegError, ValueError, MemoryError) as error:
        raise ClipFailed(f"it could not be written ({type(error).__name__})") from None
    return Clip(out.getvalue(), first, last, heads)


def original(cut: Cut) -> bytes:
    """The packets as they came, as a Matroska file. Raises ClipFailed."""
    out, at, before = io.BytesIO(), cut.packets[0].ts, -1
    try:
        with av.open(io.BytesIO(cut.coding)) as known, av.open(out, "w", format="matroska") as container:
            stream = container.add_stream_from_template(known.streams.video[0])
            for one in cut.packets:
                packet = _packet(one, at)
                before = max(before + 1, round((one.ts - one.early - at) * _MICRO))
                packet.dts, packet.pts = before, max(packet.pts, before)
                packet.stream, packet.is_keyframe = stream, one.key
                container.mux(packet)
    except (av.error.FFmpegError, ValueError, MemoryError) as error:
        raise ClipFailed(f"it could not be written ({type(error).__name__})") from None
    return out.getvalue()


def _packet(one: Packet, begin: float) -> Any:
    """As FFmpeg has it, its time in microseconds from `begin` on."""
    packet: Any = av.Packet(one.data)
    packet.pts, packet.time_base = round((one.ts - begin) * _MICRO), Fraction(1, _MICRO)
    return packet


def _stream(container: Any, codec: str, image: Image, fps: float) -> Any:
    rate = Fraction(fps).limit_denominator(1000)
    stream = container.add_stream(codec, rate=rate)
    stream.height, stream.width = (edge // 2 * 2 for edge in image.shape[:2])  # what codecs want
    stream.pix_fmt = "yuv420p"
    stream.time_base = stream.codec_context.time_base = Fraction(1, _TICKS)
    stream.codec_context.gop_size = max(1, round(_KEYS * fps))
    stream.codec_context.thread_count = 1
    stream.options = {"preset": "veryfast", "crf": "26"} if codec == "libx264" else {}
    return stream


def _images(cut: Cut, begin: float, end: float, fps: float) -> Iterator[tuple[float, Image]]:
    """The pictures that are taken, with their times."""
    sampler, reformatter, at, last = Sampler(fps), VideoReformatter(), cut.packets[0].ts, begin - 1.0
    with av.open(io.BytesIO(cut.coding)) as known:
        context: Any = known.streams.video[0].codec_context
        context.thread_count, context.options = 1, {"max_pixels": str(_MOST)}
        for one in (*cut.packets, None):
            try:
                frames = context.decode(None if one is None else _packet(one, at))
            except av.error.FFmpegError:
                continue  # a damaged packet: what can't be decoded is not in the clip
            for frame in frames:
                ts = last if frame.pts is None else at + frame.pts / _MICRO
                if begin - _EXACT <= ts <= end + _EXACT and ts > last and not frame.is_corrupt and sampler.wanted(ts):
                    last = ts
                    wide, high = _size(frame.width, frame.height)
                    plain = reformatter.reformat(frame, wide, high, "bgr24")
                    yield ts, np.ascontiguousarray(plain.to_ndarray(), np.uint8)


def _size(width: int, height: int) -> tuple[int, int]:
    share = min(1.0, _LARGEST / max(width, height))
    return max(2, round(width * share)), max(2, round(height * share))


def _hidden(images: Iterator[tuple[float, Image]], hider: Hider) -> Iterator[tuple[float, Image, list[Region]]]:
    """Each picture with the heads hidden that are in it, or in the one before or after it: who is missed in one picture
    is found in the next, and has not gone far."""
    held: tuple[float, Image, list[Region], list[Region]] | None = None
    for ts, image in images:
        found = hider.find(image)
        before: list[Region] = []
        if held is not None:
            yield _one(*held, found)
            before = held[2]
        held = ts, image, found, before
    if held is not None:
        yield _one(*held, [])


def _one(
    ts: float, image: Image, found: list[Region], before: list[Region], after: list[Region]
) -> tuple[float, Image, list[Region]]:
    return ts, hide(image, {*before, *found, *after}), found
