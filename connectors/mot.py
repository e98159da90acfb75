"""mot: folders of other people's detections, as the trackers' benchmarks have them.

A sequence is one camera's pictures: `det/det.txt` (or any one `.txt` in `det/`, or a bare `det.txt`), perhaps
`gt/gt.txt` (or `gt.txt`), what is true; and perhaps `seqinfo.ini`, which says how large and how many a second the
pictures are. Between them and the sequence's name may lie a folder `data`. Reads MOTChallenge (Milan et al. 2016,
https://motchallenge.net/instructions) and what is written alike: a line is an object in a picture, `frame,track,left,
top,width,height,score,class,…`, 7 to 10 numbers, pixels, pictures from 1.

Nothing is guessed silently: where no one says the size or the rate of the pictures, `Sequence` says what was taken.
A line that can't be read is left out and told with its file and line.
"""

from __future__ import annotations

import configparser
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from connectors.codecs.sightings import COCO
from connectors.mot_lines import Objects, read_objects
from pipeline.faults import Fault
from pipeline.rows import Floats, Longs

CLASSES: Mapping[int, str] = dict(enumerate(COCO))
"""What the numbers of classes mean where nobody says: those of COCO, counted from 0, as most detectors give them."""

USUAL_RATE = 10.0
"""Pictures a second where nobody says: road cameras are sampled so. To be told to the user as taken, not known."""

_PLAIN = "data"


class Picture(NamedTuple):
    """What a detector found in one picture, as `cameras.sightings` takes it."""

    ts: float
    """seconds"""
    boxes: Floats
    """shape (n, 4): left, top, width, height, as shares of the picture"""
    scores: Floats
    """shape (n,), 0..1, NaN: unknown"""
    labels: list[str]
    tracks: Longs | None
    """The file's own numbers, below 0 for none; None where they are not to be trusted."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """One camera's pictures."""

    name: str
    """Its folder below the one that was asked for, with '/' between."""
    found: Objects
    """What the detector found; pixels."""
    truth: Objects | None
    """What is true; None: nobody says. Without any rows: nothing is wrong."""
    rate: float
    """Pictures a second."""
    rate_from: str
    """Who says so: `seqinfo.ini`, `given`, or `assumed`."""
    size: tuple[float, float]
    """Width and height of a picture, pixels."""
    size_from: str
    """Who says so: `seqinfo.ini`, `given`, or `boxes`: as far as any box reaches."""
    last: int
    """The number of the last picture."""
    faults: tuple[Fault, ...]
    """Lines that were left out, and what was chosen where there was a choice."""

    def ts(self, frame: float, origin: float = 0.0) -> float:
        """When a picture was taken, where the first was taken at `origin`; seconds."""
        return origin + (frame - 1.0) / self.rate

    def shares(self, boxes: Floats) -> Floats:
        """Boxes in pixels as shares of the picture."""
        return np.asarray(boxes / np.array(self.size * 2))

    def pictures(
        self, origin: float = 0.0, classes: Mapping[int, str] = CLASSES, trust_tracks: bool = False
    ) -> Iterator[Picture]:
        """Every picture from the first to the last, also those in which nothing was found.

        origin: when the first was taken. classes: their names; any other is 'object'. trust_tracks: take the file's
        numbers of objects.
        """
        found = self.found
        boxes = self.shares(found.box)
        labels = [classes.get(kind, "object") for kind in found.kind.tolist()]
        begins = np.searchsorted(found.frame, np.arange(1, self.last + 2)).tolist()
        for frame, (begin, end) in enumerate(pairwise(begins), 1):
            tracks = found.track[begin:end] if trust_tracks else None
            yield Picture(self.ts(frame, origin), boxes[begin:end], found.score[begin:end], labels[begin:end], tracks)


def sequences(
    folder: Path, rate: float | None = None, size: tuple[float, float] | None = None, detections: str = "*.txt"
) -> list[Sequence]:
    """Every sequence in a folder, at any depth, by name; also the folder itself, or a single file of detections.

    rate, size: where no `seqinfo.ini` says. detections: which files of a folder `det` are meant, where it has several
    detectors'. Raises FileNotFoundError where there is nothing at `folder`.
    """
    if not folder.exists():
        raise FileNotFoundError(f"{folder}: nothing is there")
    if folder.is_file():
        return [_sequence(folder.stem, folder, None, folder.parent, folder.parent, rate, size, [])]
    found = []
    for base in [folder, *sorted(path for path in folder.rglob("*") if path.is_dir())]:
        name, chosen, faults = _name(base, folder), *_chosen(base, folder, detections)
        if chosen is not None:
            found.append(_sequence(name, chosen, _truth(base), base, folder, rate, size, faults))
    return sorted(found, key=lambda sequence: sequence.name)


def _name(base: Path, folder: Path) -> str:
    parts = base.relative_to(folder).parts
    if parts and parts[-1] == _PLAIN:
        parts = parts[:-1]
    named = folder.resolve()
    return "/".join(parts) or (named.parent if named.name == _PLAIN else named).name


def _chosen(base: Path, folder: Path, detections: str) -> tuple[Path | None, list[Fault]]:
    """The file of a sequence's detections; None: this is no sequence."""
    inside = sorted(path for path in (base / "det").glob(detections) if path.is_file())
    usual = base / "det" / "det.txt"
    if usual in inside:
        return usual, []
    if len(inside) > 1:
        others = ", ".join(path.name for path in inside[1:])
        message = f"taken, the first by name; beside it there is {others}: name the one that is meant"
        return inside[0], [Fault(inside[0].relative_to(folder).as_posix(), 0, "", message)]
    if inside:
        return inside[0], []
    bare = base / "det.txt"
    return (bare, []) if base.name != "det" and bare.is_file() else (None, [])


def _truth(base: Path) -> Path | None:
    inside = [base / "gt" / "gt.txt", base / "gt.txt", *sorted((base / "gt").glob("*.txt"))]
    return next((path for path in inside if path.is_file()), None)


def _sequence(
    name: str,
    detections: Path,
    truth: Path | None,
    base: Path,
    folder: Path,
    rate: float | None,
    size: tuple[float, float] | None,
    faults: list[Fault],
) -> Sequence:
    found = read_objects(detections, folder, faults)
    true = read_objects(truth, folder, faults, truth=True) if truth is not None else None
    said_rate, said_size, length = _said(base, folder, faults)
    rate_from, size_from = "seqinfo.ini", "seqinfo.ini"
    if said_rate is None:
        said_rate, rate_from = (rate, "given") if rate is not None else (USUAL_RATE, "assumed")
    if said_size is None:
        said_size, size_from = (size, "given") if size is not None else (_reach(found, true), "boxes")
    last = max(found.last, length)
    return Sequence(name, found, true, said_rate, rate_from, said_size, size_from, last, tuple(faults))


def _reach(*objects: Objects | None) -> tuple[float, float]:
    """As far as any box reaches; nothing reaches anywhere in a sequence without boxes."""
    corners = [one.box[:, :2] + one.box[:, 2:] for one in objects if one is not None and len(one.box)]
    if not corners:
        return 1.0, 1.0
    wide, high = np.concatenate(corners).max(axis=0).tolist()
    return max(wide, 1.0), max(high, 1.0)


def _said(base: Path, folder: Path, faults: list[Fault]) -> tuple[float | None, tuple[float, float] | None, int]:
    """What `seqinfo.ini` says, there or a folder up where `data` lies between: rate, size, number of pictures."""
    places = [base, base.parent] if base.name == _PLAIN else [base]
    file = next((place / "seqinfo.ini" for place in places if (place / "seqinfo.ini").is_file()), None)
    if file is None:
        return None, None, 0
    where = file.relative_to(folder).as_posix() if file.is_relative_to(folder) else file.name
    read = configparser.ConfigParser(interpolation=None)
    try:
        read.read_string(file.read_text("utf-8-sig"))
    except (configparser.Error, UnicodeDecodeError) as error:
        faults.append(Fault(where, getattr(error, "lineno", None) or 0, "", "expected '[Sequence]' and 'key=value'"))
        return None, None, 0
    section = read["Sequence"] if read.has_section("Sequence") else {}

    def number(key: str) -> float | None:
        if key not in section:
            return None
        try:
            value = float(section[key])
        except ValueError:
            value = math.nan
        if math.isfinite(value) and value > 0:
            return value
        faults.append(Fault(where, 0, key, "expected a number above 0"))
        return None

    wide, high, length = number("imWidth"), number("imHeight"), number("seqLength")
    return number("frameRate"), (wide, high) if wide and high else None, int(length or 0)
