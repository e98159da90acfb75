"""limits: how long something may take, on which of the two clocks: '2 urgent hours', '4 work hours', '5工作日'.

紧急工作时/日 (urgent) run day and night, and a day is 24 hours. 工作时/日 run in working periods alone; how much
working time a day is says the city (`cases/deadlines/working.py`). A duration such as '90min' is clock time: urgent
hours. Which unit '2 hours' or '2小时' would mean depends on whom one asks, so a limit says it or is refused.
"""

from __future__ import annotations

import math
import re
import unicodedata
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, PlainSerializer, TypeAdapter, WithJsonSchema

from pipeline.units import Seconds


class Unit(StrEnum):
    """What a limit counts."""

    URGENT_HOUR = "urgent_hour"
    """紧急工作时"""
    URGENT_DAY = "urgent_day"
    """紧急工作日, 自然日: 24 hours of clock time."""
    WORK_HOUR = "work_hour"
    """工作时"""
    WORK_DAY = "work_day"
    """工作日"""

    @property
    def working(self) -> bool:
        """Whether it runs in working periods alone."""
        return self in (Unit.WORK_HOUR, Unit.WORK_DAY)


_CHINESE = {
    Unit.URGENT_HOUR: "紧急工作时",
    Unit.URGENT_DAY: "紧急工作日",
    Unit.WORK_HOUR: "工作时",
    Unit.WORK_DAY: "工作日",
}
_WORDS = {
    **{zh: unit for unit, zh in _CHINESE.items()},
    **{unit.replace("_", " "): unit for unit in Unit},
    **{unit.replace("_", " ") + "s": unit for unit in Unit},
    "紧急工作小时": Unit.URGENT_HOUR,
    "自然日": Unit.URGENT_DAY,
    "natural day": Unit.URGENT_DAY,
    "natural days": Unit.URGENT_DAY,
    "工作小时": Unit.WORK_HOUR,
    "working hour": Unit.WORK_HOUR,
    "working hours": Unit.WORK_HOUR,
    "working day": Unit.WORK_DAY,
    "working days": Unit.WORK_DAY,
}
_TEXT = re.compile(r"(\d+(?:\.\d+)?(?:e[-+]\d+)?)\s*个?\s*(\D+?)")
_LIKELY = "a limit such as '2 urgent hours', '4 work hours', '5 work days', '4工作时' or '90min' (clock time)"
_DURATION: TypeAdapter[float] = TypeAdapter(Seconds)


class Limit(NamedTuple):
    """How long something may take. amount: above 0."""

    amount: float
    unit: Unit

    def __str__(self) -> str:
        word = self.unit.replace("_", " ")
        return f"{_written(self.amount)} {word}{'' if self.amount == 1 else 's'}"

    @property
    def zh(self) -> str:
        """'4工作时'."""
        return f"{_written(self.amount)}{_CHINESE[self.unit]}"

    @classmethod
    def parse(cls, value: object) -> Limit:
        """What a table or a configuration says. Raises ValueError with what was expected."""
        if isinstance(value, Limit):
            return value
        if not isinstance(value, str):
            raise ValueError(f"expected {_LIKELY}")
        plain = " ".join(unicodedata.normalize("NFKC", value).replace("_", " ").lower().split())
        match = _TEXT.fullmatch(plain)
        unit = _WORDS.get(match[2]) if match else None
        if match and unit:
            limit = cls(float(match[1]), unit)
        else:
            limit = cls(_clock_time(plain) / 3600, Unit.URGENT_HOUR)
        if not 0 < limit.amount < math.inf:
            raise ValueError(f"expected {_LIKELY}, above 0")
        return limit


def _written(amount: float) -> str:
    """So that it is read as the same again."""
    return repr(float(amount)).removesuffix(".0")


def _clock_time(plain: str) -> float:
    try:
        return _DURATION.validate_python(plain)
    except ValueError:
        raise ValueError(f"expected {_LIKELY}") from None


LimitText = Annotated[
    Limit,
    BeforeValidator(Limit.parse),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "description": _LIKELY, "examples": ["2 urgent hours", "4 work hours"]}),
]
"""A limit in a configuration, written as text."""
