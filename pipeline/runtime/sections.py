"""sections: the parts of the configuration that no room owns: time, rules, metrics, journal.

A room that has something to configure declares a pydantic model beside the code that reads it and adds one line to
`Configuration` (`pipeline/runtime/config.py`); reading, faults, `gridwatch check` and the JSON Schema follow from that.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    model_validator,
)

from pipeline.sizes import Size
from pipeline.units import Quantity, Seconds
from pipeline.version import Hold


def _seconds(value: float, unit: float = 1.0) -> Any:
    return Quantity(value * unit)


class Section(BaseModel):
    """What every section is: closed to unknown keys, never changed after reading."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class TimeSection(Section):
    """`time:` how the engine's time moves. See docs/concepts/time.md."""

    tick: Seconds = Field(_seconds(0.5), description="how often a connected source says that time has passed")
    ahead: Seconds = Field(
        _seconds(5, 60), description="a row whose time is more than this beyond its receipt is set aside"
    )
    forget: Seconds = Field(_seconds(7, 86400), description="after this much silence a subject is forgotten")

    @model_validator(mode="after")
    def _positive(self) -> TimeSection:
        if self.tick <= 0 or self.forget <= 0 or self.ahead < 0:
            raise ValueError("expected 'tick' and 'forget' above 0 and 'ahead' of 0 or more")
        return self


def _id(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise ValueError("expected letters, digits, '.', '-' and '_', such as 'off-route'")
    return name


class RuleSection(Hold):
    """One of `rules:` a detector with its parameters, hold and category."""

    id: Annotated[str, AfterValidator(_id)] = Field(description="names the rule in cases; never reuse one for another")
    detector: str = Field(description="which question is asked of each row")
    category: str = Field("", description="the code that a case gets; in quotes where it is all digits")
    rows: str | None = Field(None, description="the kind of row, for a detector that reads any kind")
    metric: str | None = Field(None, description="of readings: the one metric that is judged")
    classes: tuple[str, ...] = Field((), description="only subjects of these classes; none: all")
    parameters: dict[str, Any] = Field({}, description="the detector's own; see its section in the docs")


class MetricsSection(Section):
    """`metrics:` where Prometheus finds the numbers; null turns it off."""

    host: str = "127.0.0.1"
    port: int = Field(9108, ge=0, le=65535)


class JournalSection(Section):
    """`journal:` how long deliveries are kept, and how often state is saved."""

    keep: Seconds = Field(_seconds(30, 86400), description="older deliveries go, but never those that a restart needs")
    max_bytes: Size = Field(50 * 10**9, description="beyond this the oldest go")
    snapshot_every: Seconds = Field(_seconds(60), description="what a restart replays at most")

    @model_validator(mode="after")
    def _positive(self) -> JournalSection:
        if self.keep <= 0 or self.max_bytes <= 0 or self.snapshot_every <= 0:
            raise ValueError("expected 'keep', 'max_bytes' and 'snapshot_every' above 0")
        return self
