"""cameras: how many cameras does a core look at?

A street is drawn and encoded as a camera does it (1920 x 1080, H.264 without B pictures, 25 a second, a key frame every
2 s, about 4 Mbit/s). Then two ways of looking at it, each with the watchers static_object and scene_health, against
PyAV decoding alone, on one core:

- camera_keyframes: only key frames are decoded and looked at; the limit is PyAV decoding only these.
- camera_5fps: all is decoded, five pictures a second are looked at; the limit is PyAV decoding all.

What is measured is the processor's time, in stream seconds for each of its seconds, which is how many such cameras a
core carries; rounds take turns, and the median of their ratios counts. camera_memory is what each further camera of a
process takes: eight of them are looked at in one process, against one.

    python -m benchmarks.cameras [--seconds 40] [--rounds 3]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any

import av
import cv2
import numpy as np

from benchmarks.result import Result, at_most, one_core, rate, say
from cameras.looking import Looking
from cameras.settings import CameraSettings
from cameras.streams import Stream
from cameras.watcher import Frame, Image
from cameras.watchers.scene_health import SceneHealth
from cameras.watchers.static_object import StaticObject

WIDE, HIGH, RATE, KEY = 1920, 1080, 25, 50
TARGETS = {"camera_keyframes": 0.6, "camera_5fps": 0.5}
MEMORY = 100.0
"""MB that a further camera may take."""
TOGETHER = 8


class Street:
    """Houses, a road, cars on it, noise."""

    def __init__(self) -> None:
        dice = np.random.default_rng(7)
        coarse = dice.uniform(60, 190, (HIGH // 40, WIDE // 40, 3)).astype(np.float32)
        scene = cv2.resize(coarse, (WIDE, HIGH), interpolation=cv2.INTER_NEAREST)
        scene[HIGH // 2 :] = (95, 98, 100)
        self._scene = np.clip(scene + dice.normal(0, 6, (HIGH, WIDE, 1)), 0, 255).astype(np.uint8)
        self._grain = [dice.normal(0, 2.5, (HIGH, WIDE, 1)).astype(np.int8) for _ in range(7)]

    def picture(self, n: int) -> Image:
        """The n-th."""
        picture = self._scene.copy()
        for car, (speed, row, paint) in enumerate(((7, 600, (50, 40, 160)), (-5, 760, (150, 90, 40)))):
            left = (n * speed + 700 * car) % (WIDE + 400) - 300
            cv2.rectangle(picture, (left, row), (left + 280, row + 110), paint, -1)
            cv2.rectangle(picture, (left + 60, row - 60), (left + 220, row), (200, 190, 170), -1)
        return np.asarray(np.clip(picture.astype(np.int16) + self._grain[n % 7], 0, 255), np.uint8)


def draw(file: Path, seconds: int) -> None:
    """The clip."""
    street = Street()
    with av.open(str(file), "w") as container:
        stream: Any = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDE, HIGH, "yuv420p"
        stream.options = {"preset": "veryfast", "tune": "zerolatency", "b": "4M", "bf": "0", "g": str(KEY)}
        stream.codec_context.time_base = Fraction(1, RATE)
        for n in range(seconds * RATE):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(street.picture(n), format="bgr24")))
        container.mux(stream.encode())


def decoded(file: Path, *, keyframes: bool) -> int:
    """PyAV alone: how many pictures."""
    with av.open(str(file)) as container:
        context = container.streams.video[0].codec_context
        context.thread_count = 1
        if keyframes:
            context.skip_frame = "NONKEY"
        return sum(1 for _ in container.decode(video=0))


def looked(file: Path, *, keyframes: bool) -> int:
    """As a camera's worker does it: how many pictures were looked at."""
    from cameras.sampling import Sampler

    settings = CameraSettings(url=str(file), fps=None if keyframes else 5.0)
    looking = Looking("street", {"static_object": StaticObject(), "scene_health": SceneHealth()})
    sampler, stream, count = Sampler(settings.fps), Stream(settings), 0
    for picture in stream.pictures():
        if sampler.wanted(picture.ts):
            looking.look(Frame(picture.ts, picture.image()))
            count += 1
    stream.close()
    return count


def cost(work: Callable[[], int], pictures: int) -> float:
    """Seconds of the processor that it takes. pictures: what it must have come to."""
    began = time.process_time()
    found = work()
    taken = time.process_time() - began
    assert abs(found - pictures) <= 2, f"expected {pictures} pictures, got {found}"
    return taken


def measure(file: Path, seconds: int, rounds: int) -> list[Result]:
    """Both ways."""
    results = []
    for name, keyframes in (("camera_keyframes", True), ("camera_5fps", False)):
        every, some = (seconds * RATE // KEY,) * 2 if keyframes else (seconds * RATE, seconds * 5)
        ours, limits = [], []
        for _ in range(rounds):
            limits.append(cost(lambda keyframes=keyframes: decoded(file, keyframes=keyframes), every))  # type: ignore[misc]
            ours.append(cost(lambda keyframes=keyframes: looked(file, keyframes=keyframes), some))  # type: ignore[misc]
        ratio = median(limit / own for limit, own in zip(limits, ours, strict=True))
        cores = seconds / median(ours)
        note = f"{cores:.0f} cameras a core, static_object and scene_health; the limit is PyAV decoding alone"
        results.append(rate(name, "s/s", cores, seconds / median(limits), TARGETS[name], ratio, note))
    return results


def memory(file: Path) -> Result:
    """What a further camera of a process takes, MB."""
    script = f"from benchmarks.cameras import hold; hold({str(file)!r}, int(__import__('sys').argv[1]))"
    one, many = (
        float(subprocess.run([sys.executable, "-c", script, str(n)], check=True, stdout=subprocess.PIPE).stdout)
        for n in (1, TOGETHER)
    )
    each = (many - one) / (TOGETHER - 1)
    note = f"each further camera of a process, 5 pictures a second; the first, with Python and all: {one:.0f} MB"
    return at_most("camera_memory", "MB", each, MEMORY, note)


def hold(file: str, cameras: int) -> None:
    """Look at the clip as so many cameras, side by side, and print the most memory that the process had, MB."""
    import resource

    settings = CameraSettings(url=file, fps=5.0)
    streams = [Stream(settings) for _ in range(cameras)]
    all_of = [
        Looking(f"street-{n}", {"static_object": StaticObject(), "scene_health": SceneHealth()}) for n in range(cameras)
    ]
    for n, pictures in enumerate(zip(*(stream.pictures() for stream in streams), strict=True)):
        if n % 5 == 0:
            for looking, picture in zip(all_of, pictures, strict=True):
                looking.look(Frame(picture.ts, picture.image()))
        if n == 10 * RATE:
            break
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    one_core()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory(prefix="cameras-") as folder:
        file = Path(folder) / "street.mp4"
        draw(file, options.seconds)
        say([*measure(file, options.seconds, options.rounds), memory(file)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
