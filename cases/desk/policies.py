"""policies: the section `policies:` what happens to cases by itself, who approves, and how cases are numbered.

Of `handling` the first entry that fits a case counts; without any nothing happens by itself.
"""

from __future__ import annotations

import string
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from cases.life import ASKS, Role

_PARTS = {"year", "month", "day", "serial", "city"}


def _pattern(text: str) -> str:
    try:
        names = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
        text.format(year=2026, month=1, day=1, serial=1, city="city")
    except (KeyError, IndexError, ValueError):
        names = {""}
    if not names <= _PARTS or "serial" not in names:
        raise ValueError(
            "expected a pattern with {serial} and any of {year}, {month}, {day}, {city}, such as"
            " '{year}{month:02}{day:02}-{serial:05}'"
        )
    return text


def _approvers(roles: dict[str, Role]) -> dict[str, Role]:
    unknown = sorted(set(roles) - set(ASKS))
    if unknown:
        raise ValueError(f"expected any of {', '.join(ASKS)}, got '{unknown[0]}'")
    return dict.fromkeys(ASKS, Role.SUPERVISOR) | roles


class Fits(BaseModel):
    """`when:` which cases an entry is for; what is left out fits all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channels: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    categories: tuple[str, ...] = Field((), description="codes; one that ends in '*' fits all that begin so")
    severity: int = Field(1, ge=1, le=4, description="at least")

    def fits(self, case: dict[str, Any]) -> bool:
        """Whether a row of `cases` is one of them."""
        code = case["category"]
        return (
            (not self.channels or case["channel"] in self.channels)
            and (not self.rules or case["rule"] in self.rules)
            and (not self.categories or any(code == each or _begins(code, each) for each in self.categories))
            and case["severity"] >= self.severity
        )


def _begins(code: str, pattern: str) -> bool:
    return pattern.endswith("*") and code.startswith(pattern[:-1])


class Handling(BaseModel):
    """One entry of `handling:`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: Fits = Fits()
    check: bool = Field(False, description="a collector looks before it is filed (核实)")
    file: bool = Field(False, description="filed by itself; with `check` once the collector has found it so")
    dispatch: bool = Field(False, description="given by itself to the unit that the duty matrix or the category names")
    call: bool = Field(False, description="all units named for its place are told at once when it is filed (吹哨)")
    verify: Literal["by_hand", "collector", "pipeline"] = Field(
        "by_hand", description="once handled: nobody by itself, a collector (核查), or what the sensors show"
    )
    close: bool = Field(False, description="closed by itself once verified")
    over: Literal["propose", "close"] = Field(
        "propose", description="what has ended by itself before anybody handled it: proposed for closing, or closed"
    )


class Policies(BaseModel):
    """What a city's file says under `policies:`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: Annotated[str, AfterValidator(_pattern)] = Field(
        "{year}{month:02}{day:02}-{serial:05}",
        description="a case's number; {serial} counts from 1 what has the rest the same",
    )
    approvals: Annotated[dict[str, Role], AfterValidator(_approvers)] = Field(
        {}, validate_default=True, description="which role approves: extend, suspend, pass_up, close_unverified"
    )
    handling: tuple[Handling, ...] = ()

    def handling_of(self, case: dict[str, Any]) -> Handling:
        """What holds for a row of `cases`."""
        return next((each for each in self.handling if each.when.fits(case)), Handling())

    def numbered(self, day: datetime, serial: int, city: str) -> str:
        """A case's number. day: when it was opened, local time."""
        return self.number.format(year=day.year, month=day.month, day=day.day, serial=serial, city=city)
