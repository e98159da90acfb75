"""plate_reader: reads number plates from pictures of them.

Takes the text recogniser that comes with RapidOCR (PP-OCRv6, Apache-2.0), or another one of its kind, and asks it for
plates (cameras.plates). Each picture is read three times: as it is, with a margin, because a plate is often cut at its
first sign, and in grey at full contrast, because a blue plate in the dusk has little. Where a plate is in a picture of
a vehicle is for `cameras.plate_finder` to say; of the texts that it finds the most like a plate is read here.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from cameras.onnx_session import on_processor
from cameras.plates import PROVINCES, Alphabet, Ballot, Plate, Reading, understand
from cameras.watcher import Image
from pipeline.units import Quantity, Share

_HIGH = 48
"""The recogniser's pictures are so high."""
_WIDE = 320
"""... and at least so wide, as it was taught: 40 steps, and a plate has eight signs at most."""
_OURS = "PP-OCRv6_rec_small.onnx"
_STRANGE = 10.0
"""What is so much likelier to be another text (logarithm) is no plate: of plates it is up to 8, of other texts 13."""


class Reads(BaseModel):
    """How plates are read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Path | None = None
    """A text recogniser (ONNX, PP-OCR's), whose metadata names its signs; not given: that of the package rapidocr."""
    threads: int = Field(1, ge=1, le=64)
    """Of the processor, at most."""
    home: str = Field("", pattern=f"^[{PROVINCES}]?$")
    """The province of most plates here, such as 皖; what else a plate says outweighs it. Not given: none is assumed."""
    home_share: Share = Field(Quantity(0.80), gt=0, lt=1)
    """... and how many are of it."""
    sure: Share = Field(Quantity(0.50), ge=0, le=1)
    """A plate is told when its least sure sign is as sure as this."""


class PlateReader:
    """A text recogniser that reads plates."""

    def __init__(self, settings: Reads | None = None) -> None:
        """FileNotFoundError: there is no model. ValueError: it can't read Chinese plates."""
        self._given = settings or Reads()
        file = self._given.model or packaged(_OURS)
        self._session = on_processor(file, self._given.threads)
        said = self._session.get_modelmeta().custom_metadata_map.get("character")
        if said is None:
            raise ValueError(f"{file.name} does not name its signs; take a recogniser of PP-OCR as RapidOCR has it")
        self._alphabet = Alphabet(["", *said.splitlines(), " "])
        self._input = self._session.get_inputs()[0].name

    def ballot(self) -> Ballot:
        """For the pictures of one vehicle."""
        return Ballot(self._given.home, self._given.home_share)

    def read(self, image: Image) -> list[Reading]:
        """What a picture of a plate says, looked at in several ways. image: the plate and little else."""
        readings = []
        for view in _views(image):
            likely = self._likely(view)
            reading = understand(self._alphabet.logs(likely))
            anything = float(np.log(np.maximum(likely.max(1), 1e-6)).sum())
            readings.append(replace(reading, strange=anything - max(reading.fits.values(), default=-np.inf)))
        return readings

    def among(self, images: Iterable[Image]) -> list[Reading]:
        """What the one says that is the most like a plate; []: none of them is like one."""
        best: tuple[float, list[Reading]] = (_STRANGE, [])
        for image in images:
            readings = self.read(image)
            best = min(best, (float(np.mean([each.strange for each in readings])), readings), key=lambda each: each[0])
        return best[1]

    def best(self, images: Iterable[Image]) -> Plate | None:
        """What pictures of one plate say together; None: nothing that is as sure as `sure`."""
        ballot = self.ballot()
        for image in images:
            for reading in self.read(image):
                ballot.add(reading)
        return self.sure(ballot)

    def sure(self, ballot: Ballot) -> Plate | None:
        """What was voted for; None: nothing that is as sure as `sure`."""
        plate = ballot.plate()
        return plate if plate is not None and plate.score >= self._given.sure else None

    def _likely(self, view: Image) -> NDArray[np.float32]:
        import cv2

        width = max(1, min(2 * _WIDE, round(_HIGH * view.shape[1] / view.shape[0])))
        drawn = cv2.resize(view, (width, _HIGH), interpolation=cv2.INTER_CUBIC).astype(np.float32)
        given = np.zeros((1, 3, _HIGH, max(_WIDE, width)), np.float32)
        given[0, :, :, :width] = drawn.transpose(2, 0, 1) / 127.5 - 1.0
        found: NDArray[np.float32] = self._session.run(None, {self._input: given})[0][0]
        return found


@lru_cache(maxsize=8)
def plate_reader(settings: Reads) -> PlateReader:
    """The process's reader: the same for all who ask for the same."""
    return PlateReader(settings)


def _views(image: Image) -> Iterator[Image]:
    import cv2

    yield image
    high, wide = image.shape[:2]
    y, x = max(1, round(high / 12)), max(1, round(wide / 16))
    yield np.asarray(cv2.copyMakeBorder(image, y, y, x, x, cv2.BORDER_REPLICATE), np.uint8)
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    low, top = int(grey.min()), max(1, int(grey.max()) - int(grey.min()))
    full = np.round((grey.astype(np.float32) - low) * (255.0 / top)).astype(np.uint8)
    yield np.repeat(full[..., None], 3, axis=2)


def packaged(model: str) -> Path:
    """A model that comes with the package rapidocr. FileNotFoundError: it is not installed."""
    spec = importlib.util.find_spec("rapidocr")
    if spec is None or spec.origin is None:
        message = "reading plates needs models of text: pip install 'gridwatch[plates]', or name a `model` of your own"
        raise FileNotFoundError(message)
    return Path(spec.origin).parent / "models" / model
