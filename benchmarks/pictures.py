"""pictures: what do the watchers of pictures see in real ones? Number plates, the camera's own health, waste at bins.

Reads 300 pictures of Chinese number plates, five real videos, into which faults are put, and 200 photographs of
containers. Reports how many plates are read, beside RapidOCR alone, and how many when they are put onto cars; which
faults are found, and how many where there is none; and how often waste is told, by cross-validation.

    python -m benchmarks.pictures          prints the page docs/results/pictures.md
    python -m benchmarks.pictures --write  writes it

Plates: how they are read was chosen on every second one, and is reported on the others. Photographs: those of one day,
or of one place, are never in both what is learnt and what is judged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import sqrt
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from benchmarks.bins import DATA
from benchmarks.camera_faults import PICTURES, VIDEOS, health
from benchmarks.pages import ROOT, command
from benchmarks.plates_on_cars import VOTING, WIDTHS, Result, on_cars
from cameras.bin_pictures import Features, Judge
from cameras.plate_reader import PlateReader
from cameras.plates import Ballot, Reading
from cameras.watcher import Image

PAGE = ROOT / "docs" / "results" / "pictures.md"
PLATES = DATA / "plates"
PHOTOS = DATA / "bin_photos"
MODEL = DATA / "models" / "yolox_nano.onnx"
HOME = "皖"


def read(path: Path) -> Image:
    """A picture, whatever signs its name has."""
    found = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    if found is None:
        raise ValueError(f"{path} is no picture")
    return np.asarray(found, np.uint8)


# ---- plates ----------------------------------------------------------------------------------------------------------


class Plates(NamedTuple):
    """How many are read right, of how many."""

    of: int
    bare: int
    signs: int
    ours: int
    home: int
    told: int
    """... as sure as `sure`"""
    right: int
    """... of these"""


def plates() -> tuple[Plates, Plates]:
    """The half that it was chosen on, and the other one."""
    from rapidocr import RapidOCR
    from rapidocr.ch_ppocr_rec import TextRecOutput

    bare = RapidOCR(params={"Global.log_level": "error", "EngineConfig.onnxruntime.intra_op_num_threads": 1})
    reader = PlateReader()
    files = sorted(PLATES.glob("*.jpg"))
    rows: list[tuple[bool, ...]] = []
    for file in files:
        image = read(file)
        answer = bare(image, use_det=False, use_cls=False, use_rec=True)
        said = (answer.txts or ("",))[0] if isinstance(answer, TextRecOutput) else ""
        readings = reader.read(image)
        ours, sure = _voted(readings)
        home, _ = _voted(readings, HOME)
        only = "".join(sign for sign in said if sign.isalnum())
        right = ours == file.stem
        rows.append((True, said == file.stem, only == file.stem, right, home == file.stem, sure, sure and right))
    halves = [np.sum(rows[start::2], axis=0).tolist() for start in (0, 1)]
    return Plates(*halves[0]), Plates(*halves[1])


def plates_for_cars() -> list[tuple[str, Image]]:
    """Every sixth of the other half: what each says, and its picture."""
    return [(file.stem, read(file)) for file in sorted(PLATES.glob("*.jpg"))[1::12]]


def _voted(readings: Sequence[Reading], home: str = "") -> tuple[str, bool]:
    ballot = Ballot(home)
    for reading in readings:
        ballot.add(reading)
    plate = ballot.plate()
    assert plate is not None
    return plate.text, plate.score >= 0.5


# ---- waste at bins ---------------------------------------------------------------------------------------------------


class Photos(NamedTuple):
    """How many photographs are judged right."""

    of: int
    right: int
    commonest: int

    @property
    def share(self) -> float:
        return self.right / self.of

    def between(self) -> tuple[float, float]:
        """Wilson's interval: the true share lies in it 19 times of 20."""
        z, n, p = 1.96, self.of, self.share
        middle, half = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def photos(folds: int = 10) -> dict[str, Photos]:
    """By sort of photograph, by cross-validation in groups."""
    features = Features(MODEL)
    files = [(file, dirty) for dirty, folder in enumerate(("clean", "dirty")) for file in _sorted(PHOTOS / folder)]
    seen = np.array([features.of(read(file)) for file, _ in files])
    dirty = np.array([each for _, each in files], np.bool_)
    wide = np.array([bool(re.match(r"\d{5}_\d\d", file.stem)) for file, _ in files])
    groups = [_group(file) for file, _ in files]
    order = np.random.default_rng(0).permutation(len(set(groups)))
    fold = {group: int(order[n]) % folds for n, group in enumerate(sorted(set(groups)))}
    mine = np.array([fold[group] for group in groups])
    right = np.zeros(len(files), np.bool_)
    for each in range(folds):
        judge = Judge(seen[mine != each], dirty[mine != each])
        right[mine == each] = (judge.dirty(seen[mine == each]) >= 0.5) == dirty[mine == each]
    return {
        name: Photos(int(some.sum()), int(right[some].sum()), int(max(dirty[some].sum(), (~dirty)[some].sum())))
        for name, some in {"all": np.ones_like(wide), "near, by telephone": ~wide, "wide street views": wide}.items()
    }


def _sorted(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".jpeg", ".png"))


def _group(file: Path) -> str:
    """Those of one day show one round; two of the others are the same picture in two sizes."""
    day = re.match(r"WhatsApp Image (\S+) at", file.name)
    if day:
        return day[1]
    return "twice" if file.stem == "large" or file.stem.endswith("ndice") else f"{file.parent.name}/{file.stem}"


# ---- the page --------------------------------------------------------------------------------------------------------


def page(
    read: tuple[Plates, Plates],
    watched: Mapping[str, Sequence[tuple[str, str, dict[str, float]]]],
    judged: Mapping[str, Photos],
    put: Mapping[int, Result],
) -> str:
    """The page that the docs keep."""
    other = read[1]
    lines = [
        f"| {name} | {getattr(read[0], row)} of {read[0].of} | {getattr(other, row)} of {other.of} |"
        f" {100 * getattr(other, row) / other.of:.1f} % |"
        for name, row in (
            ("RapidOCR, every sign as it is", "bare"),
            ("RapidOCR, letters and digits only", "signs"),
            ("gridwatch", "ours"),
            (f"gridwatch, `home: {HOME}`", "home"),
        )
    ]
    names = list(watched)
    rows = []
    for n, (what, fault, _) in enumerate(watched[names[0]]):
        cells = []
        for name in names:
            values = watched[name][n][2]
            if fault:
                cells.append(f"{values[fault]:.2f}" + ("" if values[fault] >= 0.5 else " **not found**"))
            else:
                worst = max(values, key=lambda each: values[each])
                cells.append(f"{values[worst]:.2f}" + (f" **{worst}**" if values[worst] >= 0.5 else ""))
        rows.append(f"| {what} | {fault and f'`{fault}`'} | {' | '.join(cells)} |")
    shares = [
        f"| {name} | {each.of} | {each.commonest} | {each.right} | {100 * each.share:.1f} % |"
        f" {100 * each.between()[0]:.0f} to {100 * each.between()[1]:.0f} % |"
        for name, each in judged.items()
    ]
    by_sort = judged["near, by telephone"].commonest + judged["wide street views"].commonest
    return TEXT.format(
        plates="\n".join(lines),
        voting=VOTING,
        on_cars="\n".join(f"| {width} | {' | '.join(map(str, each))} |" for width, each in put.items()),
        pictures=PICTURES,
        told=other.told,
        right=other.right,
        of=other.of,
        head=" | ".join(names),
        rule="--:|" * len(names),
        health="\n".join(rows),
        photos="\n".join(shares),
        by_sort=100 * by_sort / judged["all"].of,
    )


TEXT = """\
# What is seen in real pictures

`python -m benchmarks.pictures --write` writes this page; `tests/cameras/test_real_pictures.py` fails where the numbers
drop.

## Number plates

300 cropped pictures of Chinese number plates, 94 x 24 pixels, blue ones, most of one province (Apache-2.0,
sirius-ai/LPRNet_Pytorch). A plate is read when every sign of it is right. How plates are read was chosen on every
second picture; the last column is the other half's. RapidOCR is asked to read the whole picture as one line, with the
same model (PP-OCRv6).

| | the half that it was chosen on | the other half | |
|---|--:|--:|--:|
{plates}

RapidOCR says the dot that stands on a plate too, so that the second row is what the third is to be compared with.
`home` says which province most plates here are of, as a city knows; without it nothing is assumed about the first sign,
which is what is lost most often. Of the other half, {told} plates of {of} are as sure as half (`sure`, without `home`),
and {right} of these are right. Each picture is by itself here; several of one vehicle are voted on. Not measured: new
energy and special plates.

## Plates on cars

There are no real pictures here of Chinese plates on vehicles. So every twelfth plate, of the other half, is drawn over
the own plate of one of four real cars (`car-detection.mp4`, CC BY 4.0, Intel), turned by up to 6° and slanted by up to
10°, with noise, and compressed as JPEG. This proves the mechanics, and says how large a plate has to be; on a street
there is dirt, dusk and motion as well. Told is what is as sure as half after {voting} such pictures.

| pixels wide | plates | found | right from one picture | told | right of these |
|--:|--:|--:|--:|--:|--:|
{on_cars}

## The camera's own health

Five real videos in which nothing is wrong with the camera, {pictures} pictures of each; from the middle on, something
is done to them. Where it is no fault: the highest of all seven readings, which has to stay below 0.5. Where it is one:
its reading, which has to reach 0.5. Both are the median of each reading over the last quarter of the video's pictures,
but for the first row: there it is the highest at any time.

| what was done | fault | {head} |
|---|---|{rule}
{health}

What has no texture can't lose it: the car park is bare tarmac, and the watcher can't tell that it is covered (a bag
over that lens it takes for a camera that was moved) or out of focus.

## Waste at containers

200 photographs of street containers, 100 clean, 100 with waste beside or out of them (MIT); by cross-validation in ten
parts, photographs of one day together. The commonest class is what always saying the same gets.

| photographs | of | commonest class | right | | true share, 19 times of 20 |
|---|--:|--:|--:|--:|--:|
{photos}

What this shows, and what it does not: the two sorts of photograph are not equally clean, so that who tells only street
views from telephones, and looks at nothing else, is right in {by_sort:.0f} % of all. Near pictures are judged better
than that by far. In wide street views, where a bag is a few pixels large, there is no proof that the judgement is
better than always saying "clean". About twenty variants were tried on these pictures; a percent or two may be luck. The
classifier is optional and comes without weights (`cameras.bin_pictures`).
"""


def main() -> None:
    """The command."""
    cv2.setNumThreads(1)
    command(__doc__, PAGE, [PLATES, PHOTOS, MODEL, *VIDEOS.values()], _page)


def _page() -> str:
    watched = {name: list(health(video)) for name, video in VIDEOS.items()}
    return page(plates(), watched, photos(), {width: on_cars(plates_for_cars(), width) for width in WIDTHS})


if __name__ == "__main__":
    main()
