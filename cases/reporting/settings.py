"""settings: the section `reports:`: which reports are made by themselves, when, of what, and where they are kept.

The score's default weights are 30/20/20/20/10, as one district of Chengdu weighs its indicators; which ones is
not known, so this choice is ours and every city's own to make.
"""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from cases.indicators.catalogue import RATES
from cases.indicators.dimensions import DIMENSIONS
from pipeline.faults import did_you_mean
from pipeline.units import Quantity, Seconds

KINDS = MappingProxyType({"daily": "day", "weekly": "week", "monthly": "month"})
"""Kind of report -> the period that it is about."""
WEIGHTS = MappingProxyType(
    {"closing_in_time": 30.0, "closing": 20.0, "handling_in_time": 20.0, "dispatching_right": 20.0, "rework": 10.0}
)

Kind = Literal["daily", "weekly", "monthly"]
Language = Literal["zh", "en"]
Format = Literal["xlsx", "html"]


def _clock(text: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError("expected a time of the day such as '07:00'")
    return text


def _dimension(name: str) -> str:
    if name not in DIMENSIONS:
        raise ValueError(f"no way to tell cases apart by '{name}'{did_you_mean(name, DIMENSIONS)}")
    return name


class ReportsSection(BaseModel):
    """`reports:` what is made by itself after each day, week and month."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: tuple[Kind, ...] = Field(("daily", "weekly", "monthly"), description="which are made by themselves")
    at: Annotated[str, AfterValidator(_clock)] = Field(
        "07:00", description="when, on the day after; in the city's time"
    )
    by: tuple[Annotated[str, AfterValidator(_dimension)], ...] = Field(
        ("unit", "street", "grid", "class"), description="a table for each: unit, street, grid, category, officer …"
    )
    formats: tuple[Format, ...] = Field(("xlsx", "html"), min_length=1, description="a workbook; a page for A4")
    language: Language = "zh"
    folder: Path = Field(Path("reports"), description="where they are kept; relative to the data folder")
    keep: Seconds | None = Field(Quantity(3 * 366 * 86400.0), gt=0, description="older ones go; null: none ever goes")
    score: dict[str, float] = Field(dict(WEIGHTS), description="综合评价: weights of rates; {}: no score")

    @model_validator(mode="after")
    def _weights(self) -> ReportsSection:
        for name, weight in self.score.items():
            if name not in RATES:
                raise ValueError(f"no rate '{name}' to weigh{did_you_mean(name, RATES)}")
            if not 0 < weight < float("inf"):
                raise ValueError(f"expected a weight above 0 for {name}")
            if not RATES[name].better:
                raise ValueError(f"{name} is neither better high nor low, so it can't be weighed")
        return self

    @property
    def clock(self) -> time:
        """`at`, as a time of the day."""
        return time.fromisoformat(self.at)
