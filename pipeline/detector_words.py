"""detector_words: what a detector asks, how, and what its parameters mean, in other languages than English.

Whoever writes a detector says it in English in the code. Other languages are data beside it: `words.zh.toml` in the
folder of the detector's module, a table for each detector by its name. All of it may be left out; what is not there
stays English.

    [overspeed]
    question = "车辆是否超速？"
    about = "读取定位数据……"
    parameters.tolerance = "允许超过限速的比例。"
    missing."no permit with a route" = "没有列明路线的处置证"
"""

from __future__ import annotations

import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.registry import NotRegistered, detector
from pipeline.wording import Wording


class DetectorWords:
    """Of one detector in one language; '' where there are no words."""

    def __init__(self, told: dict[str, Any]) -> None:
        """told: its table. Raises ValueError where that is not as described above."""
        strange = set(told) - {"question", "about", "parameters", "missing"}
        if strange or not all(isinstance(told.get(name, {}), dict) for name in ("parameters", "missing")):
            raise ValueError("expected question, about and the tables parameters and missing")
        self.question, self.about = str(told.get("question", "")), str(told.get("about", ""))
        self.parameters = {str(name): str(words) for name, words in told.get("parameters", {}).items()}
        self.missing = Wording({str(english): str(words) for english, words in told.get("missing", {}).items()})


_NONE = DetectorWords({})


@cache
def detector_words(name: str, language: str) -> DetectorWords:
    """Of the detector of that name. A file that can't be read, or says something else, has no words: it is not worth
    a city that does not start."""
    try:
        return read_words(name, language)
    except (NotRegistered, TypeError, ImportError, OSError, ValueError):
        return _NONE


def read_words(name: str, language: str) -> DetectorWords:
    """As `detector_words`. Raises what the registry does, OSError where there is no file, ValueError of its faults."""
    module = sys.modules[detector(name).__module__]
    if module.__file__ is None:
        return _NONE
    told = _file(Path(module.__file__).with_name(f"words.{language}.toml"))
    table = told.get(name, {})
    if not isinstance(table, dict):
        raise ValueError(f"{name}: expected a table")
    return DetectorWords(table)


@cache
def _file(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text("utf-8"))
