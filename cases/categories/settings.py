"""settings: the section `categories:` of the configuration, and what a version keeps of it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from cases.deadlines.limits import Limit, LimitText, Unit

STANDARDS = {"gb47678": "GB/T 47678.5-2026", "gb30428": "GB/T 30428.2-2013"}
"""Those that come with gridwatch, as third parties transcribed them."""
CITY = "city"
"""In place of a standard: what only the city's own table has."""


class CategoriesSection(BaseModel):
    """`categories:` what cases are about."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    standard: Literal["gb47678", "gb30428", "none"] = Field("gb47678", description="whose codes the city uses")
    file: str | None = Field(None, min_length=1, description="the city's own table, .csv or .xlsx; its rows come first")
    default_limit: LimitText = Field(
        Limit(1.0, Unit.WORK_DAY), description="how long handling may take where no table says it"
    )
    tables: SkipJsonSchema[dict[str, Any] | None] = None
    """What the tables said when they were read (`Categories.to_plain`): what a version keeps in place of file names, so
    that a replay has the limits of its time."""
