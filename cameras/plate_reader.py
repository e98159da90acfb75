"""plate_reader: reads number plates from pictures of them.

Takes the text recogniser that comes with RapidOCR (PP-OCRv6, Apache-2.0), or another one of its kind, and asks it for
plates (cameras.plates). Each picture is read three times: as it is, with a margin, because a plate is often cut at its
first sign, and in grey at full contrast, because a blue plate in the dusk has little. Where a plate is in a picture of
a street is not asked here.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from cameras.plates import PROVINCES, Alphabet, Ballot, Plate, Reading, understand
from cameras.watcher import Image
from pipeline.units import Quantity, Share

_HIGH = 48
"""The recogniser's pictures are so high."""
_WIDE = 320
"""... and at least so wide, as it was taught: 40 steps, and a plate has eight signs at most."""
_OURS = "PP-OCRv6_rec_small.onnx"


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
        import onnxruntime  # type: ignore[import-untyped]

        self._given = settings or Reads()
        file = self._given.model or _packaged()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._given.threads
        self._session: Any = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
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
        return [understand(self._alphabet.logs(self._likely(view))) for view in _views(image)]

    def best(self, images: Iterable[Image]) -> Plate | None:
        """What pictures of one plate say together; None: nothing that is as sure as `sure`."""
        ballot = self.ballot()
        for image in images:
            for reading in self.read(image):
                ballot.add(reading)
        plate = ballot.plate()
        return plate if plate is not None and plate.score >= self._given.sure else None

    def _likely(self, view: Image) -> NDArray[np.float32]:
        width = max(1, min(2 * _WIDE, round(_HIGH * view.shape[1] / view.shape[0])))
        drawn = cv2.resize(view, (width, _HIGH), interpolation=cv2.INTER_CUBIC).astype(np.float32)
        given = np.zeros((1, 3, _HIGH, max(_WIDE, width)), np.float32)
        given[0, :, :, :width] = drawn.transpose(2, 0, 1) / 127.5 - 1.0
        found: NDArray[np.float32] = self._session.run(None, {self._input: given})[0][0]
        return found


def _views(image: Image) -> Iterator[Image]:
    yield image
    high, wide = image.shape[:2]
    y, x = max(1, round(high / 12)), max(1, round(wide / 16))
    yield np.asarray(cv2.copyMakeBorder(image, y, y, x, x, cv2.BORDER_REPLICATE), np.uint8)
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    low, top = int(grey.min()), max(1, int(grey.max()) - int(grey.min()))
    full = np.round((grey.astype(np.float32) - low) * (255.0 / top)).astype(np.uint8)
    yield np.repeat(full[..., None], 3, axis=2)


def _packaged() -> Path:
    spec = importlib.util.find_spec("rapidocr")
    if spec is None or spec.origin is None:
        message = "reading plates needs a text recogniser: pip install 'gridwatch[plates]', or name a `model`"
        raise FileNotFoundError(message)
    return Path(spec.origin).parent / "models" / _OURS
