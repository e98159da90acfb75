"""triage_filters: which cases somebody wants to see: what a list is asked with, and what is kept under a name."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from cases.intake.text import tidy
from cases.life import State
from cases.reading import Filters
from console.access import limited
from console.settings import Token

_Words = Annotated[list[str], Field(max_length=50), AfterValidator(lambda values: [tidy(each, 200) for each in values])]
Time = Annotated[AwareDatetime | None, Field(description="When it was opened: ISO 8601 with an offset.")]


class Wanted(BaseModel):
    """Which cases; what is left out restricts nothing. Several values: any of them."""

    model_config = ConfigDict(frozen=True)

    state: list[State] = []
    category: _Words = Field([], description="Codes; one that ends in '*' means all that begin so.")
    responsible: _Words = []
    grid: _Words = []
    channel: _Words = []
    deadline: _Words = Field([], description="warning, overdue.")
    rule: _Words = []
    subject: _Words = []
    level: _Words = []
    severity: int = Field(0, ge=0, le=4, description="At least.")
    storm: str = Field("", max_length=200, description="Those that collect a storm, by its rule's id; '*': by any.")
    text: str = Field("", max_length=200, description="In number, subject, text, place or address.")
    mine: bool = Field(False, description="What I, or my unit, handle, help with, or am asked to look at.")
    snoozed: Literal["shown", "hidden", "only"] = Field("shown", description="Those that are put off for me now.")


class Listing(Wanted):
    """A page of a list."""

    ended: bool = Field(False, description="Also those that have ended, and the newest first.")
    since: Time = None
    until: Time = None
    after: str = Field("", max_length=400, description="What the page before gave.")
    limit: int = Field(50, ge=1, le=500)


def filters_of(wanted: Wanted, who: Token) -> Filters:
    """As the store is asked; nobody is shown what they may not see."""
    filters = Filters(
        state=tuple(wanted.state),
        category=tuple(wanted.category),
        responsible=tuple(wanted.responsible),
        grid=tuple(wanted.grid),
        channel=tuple(wanted.channel),
        deadline=tuple(wanted.deadline),
        rule=tuple(wanted.rule),
        subject=tuple(wanted.subject),
        level=tuple(wanted.level),
        severity=wanted.severity,
        storm=tidy(wanted.storm),
        text=tidy(wanted.text),
        mine=tuple(each for each in (who.name, who.unit) if each) if wanted.mine else (),
    )
    return limited(who, filters)
