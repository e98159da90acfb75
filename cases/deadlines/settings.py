"""settings: the sections `working_hours:` and `deadlines:` of the configuration.

The first says when the city works; with its calendar (`registers.calendar`) it is the clock of 工作时. The second says
what happens on the way to a deadline and after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, tzinfo
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from cases.deadlines.limits import Limit, LimitText, Unit
from cases.life import LEVELS, Role
from pipeline.calendars import Calendar
from pipeline.hours import Hours, Schedule
from pipeline.units import Quantity, Seconds, Share

DEFAULT_HOURS = "workdays 08:00-12:00,14:00-18:00"
_MONDAY = date(2001, 1, 1)


def _month_day(text: str) -> str:
    try:
        if not re.fullmatch(r"\d\d-\d\d", text):
            raise ValueError
        date.fromisoformat(f"2000-{text}")
    except ValueError:
        raise ValueError("expected a month and a day such as '05-01'") from None
    return text


MonthDay = Annotated[str, AfterValidator(_month_day)]


def _some(text: str) -> str:
    """A schedule by which somebody works in an ordinary week."""
    if not _in_a_week(text):
        raise ValueError(f"expected hours in which somebody works, got '{text}'")
    return text


WorkSchedule = Annotated[Schedule, AfterValidator(_some)]


def _in_a_week(text: str) -> float:
    """Seconds of the windows of an ordinary week."""
    hours = Hours(text, UTC)
    days = (date.fromordinal(_MONDAY.toordinal() + number) for number in range(7))
    return 60.0 * sum(end - start for day in days for start, end in hours.on(day))


class Season(BaseModel):
    """A part of the year with hours of its own (夏季作息)."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    from_: MonthDay = Field(alias="from", description="its first day, month-day")
    to: MonthDay = Field(description="its last day; before `from`: of the next year")
    hours: WorkSchedule

    def has(self, day: date) -> bool:
        """Whether a day lies in it."""
        said = f"{day:%m-%d}"
        if self.from_ <= self.to:
            return self.from_ <= said <= self.to
        return said >= self.from_ or said <= self.to


class WorkingHoursSection(BaseModel):
    """`working_hours:` when the city works."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hours: WorkSchedule = Field(DEFAULT_HOURS, description="by the calendar: holidays are off, moved work days count")
    seasons: tuple[Season, ...] = Field((), description="parts of the year with other hours; the first that fits")
    day: Seconds | None = Field(
        None, gt=0, le=86400, description="working time of a work day in limits; none: that of a Monday by `hours`"
    )

    @property
    def day_seconds(self) -> float:
        """Working time of a work day, seconds."""
        monday = 60.0 * sum(end - start for start, end in Hours(self.hours, UTC).on(_MONDAY))
        return self.day or monday or 8 * 3600.0

    def at(self, day: date) -> str:
        """The schedule of a day."""
        return next((season.hours for season in self.seasons if season.has(day)), self.hours)


def windows(
    section: WorkingHoursSection, zone: tzinfo, calendar: Calendar, days: Iterable[int]
) -> Iterator[tuple[float, float]]:
    """(start, end) of every window that begins on the days with these ordinals, UTC seconds."""
    schedules = {text: Hours(text, zone, calendar) for text in (section.hours, *(s.hours for s in section.seasons))}
    for ordinal in days:
        yield from schedules[section.at(date.fromordinal(ordinal))].windows(ordinal, ordinal)


class EscalationStep(BaseModel):
    """What happens by itself some time after a deadline has passed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    after: LimitText = Field(description="how long after the deadline, on either clock")
    do: Literal["urge", "pass_up", "notify"] = Field(description="督办, 上报 to the next level, or tell somebody")
    role: Role | None = Field(None, description="whom it is about or who is told")
    unit: str | None = Field(None, min_length=1, description="a unit's id in its place")
    level: Literal["community", "street", "city"] | None = Field(None, description="of pass_up; none: the next one")

    @model_validator(mode="after")
    def _fits(self) -> EscalationStep:
        if self.do == "notify" and self.role is None and self.unit is None:
            raise ValueError("expected 'role' or 'unit' beside 'do: notify': who is told")
        if self.level is not None and self.do != "pass_up":
            raise ValueError(f"expected 'level' ({', '.join(LEVELS)}) only beside 'do: pass_up'")
        return self


class DeadlinesSection(BaseModel):
    """`deadlines:` what happens on the way to a deadline and after it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    warn_after: Share = Field(Quantity(0.75), gt=0, lt=1, description="a warning when so much of the limit has passed")
    warn_before: LimitText | None = Field(None, description="or so long before the deadline, in place of that")
    file_within: LimitText = Field(
        Limit(1.0, Unit.WORK_HOUR), description="立案时限: how long a report may wait for filing or rejecting"
    )
    escalation: tuple[EscalationStep, ...] = Field((), description="steps after the deadline, in any order")
