"""duty_settings: how people on duty are located (`web.duty`), and what is public (`web.public`)."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.units import Quantity, Seconds


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DutySection(_Section):
    """`web.duty:` what holds for everybody who signs on for duty."""

    keep: Seconds = Field(
        Quantity(7 * 86_400.0), gt=0, description="how long positions are kept; then they are deleted"
    )
    every: Seconds = Field(Quantity(30.0), ge=5, le=600, description="a phone says so often where it is")
    silent: Seconds = Field(
        Quantity(1800.0), gt=0, description="a duty ends by itself after so long without a position"
    )
    longest: Seconds = Field(Quantity(43_200.0), gt=0, description="and after so long in any case")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.silent < 3 * self.every:
            raise ValueError("silent: expected at least three times `every`, so that one lost position ends no duty")
        return self


class PublicSection(_Section):
    """`web.public:` what anybody may read without a name; nothing, unless it is said."""

    parking: bool = Field(False, description="free parking spaces, as the cameras count them")
    reports: bool = Field(False, description="how a report stands, by its number")
    stale: Seconds = Field(Quantity(600.0), gt=0, description="an older count of spaces is said to be unknown")
