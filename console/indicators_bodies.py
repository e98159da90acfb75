"""indicators_bodies: what the routes about indicators answer. Times are ISO 8601 in the city's zone, durations seconds,
rates 0 to 1 and null where they are not known."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

Kind = Literal["daily", "weekly", "monthly"]


class CountOut(BaseModel):
    """A number of cases."""

    id: str
    moment: str = Field(description="what puts a case into a period: opened, filed or due")
    zh: str
    en: str
    means: str
    means_zh: str


class RateOut(BaseModel):
    """A quotient of two sums of counts."""

    id: str
    zh: str
    en: str
    numerator: list[str]
    denominator: list[str]
    better: str = Field(description="higher, lower, or '' where neither is")
    source_zh: str
    source_en: str
    weight: float | None = Field(description="in the score; null: not in it")


class DimensionOut(BaseModel):
    """What cases can be told apart by."""

    id: str
    zh: str
    en: str


class CatalogueOut(BaseModel):
    """Everything that can be asked for."""

    counts: list[CountOut]
    rates: list[RateOut]
    dimensions: list[DimensionOut]
    periods: list[str]
    zone: str
    today: str = Field(description="of the city, YYYY-MM-DD")


class LineOut(BaseModel):
    """The indicators of a group in a period."""

    period: str
    start: str
    end: str
    by: dict[str, str]
    counts: dict[str, int]
    rates: dict[str, float | None]
    score: float | None


class IndicatorsOut(BaseModel):
    """What was asked for."""

    start: str
    end: str
    whole: LineOut = Field(description="of all that was asked for, not told apart")
    before: LineOut = Field(description="of the period before, as long or as far")
    lines: list[LineOut]
    left_out: int = Field(description="lines beyond the limit")
    names: dict[str, dict[str, str]] = Field(description="by dimension: what people call a value")


class TookOut(BaseModel):
    """How long a group's cases took from being filed to being handled."""

    by: dict[str, str]
    cases: int
    median: float | None
    p95: float | None
    worked_median: float | None = Field(description="in working time")
    worked_p95: float | None
    bars: list[int] = Field(description="cases by how long they took, see `edges`")


class SpreadOut(BaseModel):
    """Of durations."""

    median: float
    p90: float


class StayOut(BaseModel):
    """How long cases were in a state, of the stays that ended in the time that was asked for."""

    state: str
    by: dict[str, str]
    stays: int
    clock: SpreadOut
    working: SpreadOut


class TimesOut(BaseModel):
    """How long things took."""

    edges: list[float] = Field(description="at which one bar ends and the next begins; the last bar has no end")
    whole: TookOut
    groups: list[TookOut]
    states: list[StayOut]
    left_out: int = Field(description="groups and stays beyond the limit")
    names: dict[str, dict[str, str]]


class CellOut(BaseModel):
    """A hexagon."""

    corners: list[tuple[float, float]] = Field(description="six of (lon, lat), WGS-84")
    cases: int


class DensityOut(BaseModel):
    """How many cases there were where."""

    cells: list[CellOut]
    width: float = Field(description="of a hexagon from side to side, metres")
    nowhere: int = Field(description="cases without a place")


class WeekOut(BaseModel):
    """A rule's cases of a week."""

    period: str
    cases: int
    false: int


class QualityOut(BaseModel):
    """How often a rule was right, by what people said of its cases."""

    rule: str
    cases: int
    confirmed: int
    false: int = Field(description="false alarm or known fixture")
    rejected: int = Field(description="not accepted, and nobody said what it was")
    precision: float | None = Field(description="confirmed / (confirmed + false)")
    weeks: list[WeekOut]


class ReportOut(BaseModel):
    """A report that is there."""

    name: str
    kind: Kind
    period: str
    format: str
    size: int = Field(description="bytes")
    made: str


class ReportsOut(BaseModel):
    """Reports, and when they are made by themselves."""

    reports: list[ReportOut]
    kinds: list[Kind] = Field(description="made by themselves; none: only by hand")
    at: str = Field(description="at this time of the day, on the day after the period")
    language: str


class ReportIn(BaseModel):
    """A report to be made now."""

    kind: Kind
    day: str = Field("", pattern=r"^(\d{4}-\d{2}-\d{2})?$", description="of the period; '': the newest that is over")
