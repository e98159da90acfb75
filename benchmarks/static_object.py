"""static_object: is what is left in a street found, once, in its place, and nothing else?

Makes clips (`benchmarks.static_situations`): scenes of real footage, and a drawn one of flat colours; a bag, a heap,
a tipper; clouds, shadows, shake, rain, night, people, traffic; recorded by H.264 as a camera would. Reports for each
whether what was left was found, how soon, how well its place was known, and what else was told.

    python -m benchmarks.static_object          prints the page docs/results/static_object.md
    python -m benchmarks.static_object --write  writes it
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import cv2
import numpy as np

from benchmarks.pages import ROOT, command
from benchmarks.static_clips import VIDEOS, write
from benchmarks.static_situations import Situation, everything
from cameras.boxes import overlap
from cameras.watcher import Fractions, Frame, Seen, View
from cameras.watchers.static_object import StaticObject

PAGE = ROOT / "docs" / "results" / "static_object.md"
SAME = 0.3
"""Boxes that share so much (intersection over union) are of one object."""
LASTS = 15.0
"""Seconds: a wrong object that stands for less makes no case, whatever the rule."""


class Result(NamedTuple):
    """What became of one situation."""

    situation: Situation
    seconds: float
    """The clip's length."""
    tracks: int
    """By how many numbers what was left was told; 0: not found."""
    delay: float
    """Seconds from when it was put down to when it was told first."""
    place: float
    """How much its box shares with the true one (intersection over union), at last."""
    stays: bool
    """Whether it was told to the end."""
    wrong: tuple[float, ...]
    """For how long each wrong object was said to stand, seconds."""
    removed: int
    """Places where something was said to be taken away."""

    @property
    def found(self) -> bool:
        """Once, in its place, to the end."""
        return self.tracks == 1 and self.stays and self.place >= 0.4

    @property
    def lasting(self) -> int:
        """Wrong objects that may make a case."""
        return sum(each >= LASTS for each in self.wrong)


def seen(file: Path, every: float | None, watcher: StaticObject) -> Iterator[tuple[float, list[Seen]]]:
    """What is told of each picture of a clip that is looked at."""
    import av

    look, due = watcher.begin(View("street")), 0.0
    with av.open(str(file)) as opened:
        for picture in opened.decode(video=0):
            if picture.time is None or picture.time + 1e-6 < due:
                continue
            due += every or 0.2
            image = np.asarray(picture.to_ndarray(format="bgr24"), np.uint8)
            found = look.look(Frame(picture.time, image))
            yield picture.time, [each for each in found if isinstance(each, Seen)]


def judge(situation: Situation, told: Iterable[tuple[float, list[Seen]]]) -> Result:
    """How right that was."""
    tracks: dict[tuple[int, str], list[tuple[float, Seen]]] = {}
    last = 0.0
    for ts, objects in told:
        last = ts
        for each in objects:
            tracks.setdefault((each.track, each.label), []).append((ts, each))
    left = situation.left
    mine = []
    if left is not None:
        true = _edges(left.box())
        for key, of in tracks.items():
            if key[1] == "object" and max(overlap(_edges(of[n][1].box), true) for n in (0, -1)) >= SAME:
                mine.append(key)
    wrong, removed = [], 0
    for key, of in tracks.items():
        if key in mine:
            continue
        if key[1] != "object":
            removed += 1
        elif not any(_inside(of[n][1].box, place) for n in (0, -1) for place in situation.also):
            wrong.append(of[-1][1].still)
    if left is None or not mine:
        return Result(situation, last, 0, 0.0, 0.0, False, tuple(wrong), removed)
    of = tracks[max(mine, key=lambda key: tracks[key][-1][0])]
    delay = min(tracks[key][0][0] for key in mine) - left.since
    stays = of[-1][0] >= last - 2 * (situation.every or 0.5)
    return Result(situation, last, len(mine), delay, overlap(_edges(of[-1][1].box), true), stays, tuple(wrong), removed)


def _edges(box: Fractions) -> tuple[float, float, float, float]:
    left, top, right, bottom = box[0], box[1], box[0] + box[2], box[1] + box[3]
    return max(0.0, left), max(0.0, top), min(1.0, right), min(1.0, bottom)


def _inside(box: Fractions, place: Fractions) -> bool:
    """Whether most of a box is there."""
    a, b = _edges(box), _edges(place)
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return wide > 0 and high > 0 and wide * high > 0.5 * (a[2] - a[0]) * (a[3] - a[1])


def run(situations: Iterable[Situation], watcher: StaticObject | None = None) -> Iterator[Result]:
    """Make each clip, and look at it."""
    cv2.setNumThreads(1)
    with TemporaryDirectory() as folder:
        for situation in situations:
            file = write(situation.clip, Path(folder) / "clip.mp4")
            yield judge(situation, seen(file, situation.every, watcher or StaticObject()))


def page(results: Iterable[Result]) -> str:
    """The page that the docs keep."""
    rows: list[str] = []
    groups: dict[str, list[Result]] = {}
    for each in results:
        groups.setdefault(each.situation.group, []).append(each)
        wrong = ", ".join(f"{still:.0f} s" for still in each.wrong)
        what = each.situation
        rows.append(f"| {what.group} | {what.name} | {_cells(each)} | {wrong} | {each.removed or ''} |")
    sums = []
    for name, some in groups.items():
        there = [each for each in some if each.situation.left is not None]
        hours = sum(each.seconds for each in some) / 3600
        found = f"{sum(each.found for each in there)} of {len(there)}" if there else ""
        sums.append(f"| {name} | {found} | {sum(each.lasting for each in some)} in {60 * hours:.0f} min |")
    return TEXT.format(lasts=LASTS, sums="\n".join(sums), rows="\n".join(rows))


def _cells(result: Result) -> str:
    if result.situation.left is None:
        return " | "
    if not result.tracks:
        return "**not found** | "
    more = "" if result.tracks == 1 else f" **{result.tracks} times**"
    end = "" if result.stays else " **not to the end**"
    return f"{result.delay:.0f} s{more}{end} | {100 * result.place:.0f} %"


TEXT = """\
# Static objects in clips that were made for it

`python -m benchmarks.static_object --write` writes this page; `tests/cameras/test_static_object_clips.py` fails where a
part of it drops. The watcher `static_object` with its defaults, 5 pictures a second where nothing else is said.

The scenes are what three real videos show where nothing moves, real footage as it runs, and a drawn street of flat
colours, on which a shadow has nothing to be known by. What is put into them is drawn; then H.264 with key frames every
2 s, as a camera records. Found: once, under one number, in its place, to the end of the clip. Wrong: an object that is
none, and is said to have stood for {lasts:.0f} s or more: less makes no case.

| | found | wrong |
|---|--:|--:|
{sums}

Each clip: how long after it was put down it was told (at 5 s at the earliest; a heap, when the lorry that hides it has
left); how much of its box was right (intersection over union); for how long each wrong object was said to stand; places
where something was said to have been removed.

| | | told after | place | wrong | removed |
|---|---|--:|--:|---|--:|
{rows}

These clips are not real streets: they say what the watcher can be relied on for, and what not, and no more. The method
was chosen while looking at some of them.
"""


def main() -> None:
    """The command."""
    command(__doc__, PAGE, VIDEOS.values(), lambda: page(run(everything())))


if __name__ == "__main__":
    main()
