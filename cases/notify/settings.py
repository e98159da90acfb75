"""settings: the section `notify:` who is told what about cases, by which channel, and when.

A channel is one Apprise URL (https://github.com/caronc/apprise/wiki: e-mail, DingTalk, WeCom, Feishu, SMS …), which is
a secret: it comes from an environment variable and is never logged.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from cases.fusion.settings import Id
from cases.life import LEVELS, Role
from cases.outbox.settings import EVENTS as CHANGES
from pipeline.faults import did_you_mean
from pipeline.hours import Schedule
from pipeline.links import Variable
from pipeline.units import Quantity, Seconds

EVENTS = tuple(dict.fromkeys((*CHANGES, "file_overdue")))
"""What a change of a case can be: what the log says, every action, and a report that waits too long for filing."""
FIELDS = (
    *("number", "event", "category", "code", "name", "subject", "text", "address", "place", "grid", "severity"),
    *("state", "responsible", "due", "at", "note", "rule"),
)
"""What a template may say of a change."""


def _known(names: Iterable[str], all: Iterable[str], what: str) -> None:
    for name in names:
        if name not in all:
            raise ValueError(f"no {what} '{name}'{did_you_mean(name, all)}")


def _events(names: tuple[str, ...]) -> tuple[str, ...]:
    _known(names, EVENTS, "event")
    return names


def _levels(names: tuple[str, ...]) -> tuple[str, ...]:
    _known(names, LEVELS, "level")
    return names


def _template(text: str) -> str:
    try:
        said = [part for part in string.Formatter().parse(text) if part[1] is not None]
        plain = all(name in FIELDS and not spec and not conversion for _, name, spec, conversion in said)
    except ValueError:
        plain = False
    if not plain:
        raise ValueError("expected a text with any of " + ", ".join(f"{{{name}}}" for name in FIELDS))
    return text


Template = Annotated[str, AfterValidator(_template)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Channel(_Section):
    """One of `channels:`."""

    url_env: Variable


class When(_Section):
    """`when:` which changes of which cases; all that is given must fit; `*` stands for anything."""

    events: Annotated[tuple[str, ...], AfterValidator(_events)] = Field(min_length=1, description="which changes")
    rules: tuple[str, ...] = Field((), description="cases that these rules found")
    categories: tuple[str, ...] = Field((), description="codes: '06*'")
    severity: int = Field(1, ge=1, le=4, description="at least, 1 (low) to 4 (urgent)")
    places: tuple[str, ...] = Field((), description="zones that it happened in")
    grids: tuple[str, ...] = Field((), description="codes of grid cells: '330106*' is a district")
    area_classes: tuple[str, ...] = Field((), description="A, B, C")
    levels: Annotated[tuple[str, ...], AfterValidator(_levels)] = Field((), description="where the case is handled")
    responsible: tuple[str, ...] = Field((), description="units that handle it")
    roles: tuple[Role, ...] = Field((), description="of an escalation: who is to be told")
    units: tuple[str, ...] = Field((), description="of an escalation: which unit is to be told")

    def fits(self, event: str, data: Mapping[str, Any], case: Mapping[str, Any]) -> bool:
        """data: the change's; case: a row of `cases`."""
        return (
            event in self.events
            and case["severity"] >= self.severity
            and _among(self.rules, case["rule"])
            and _among(self.categories, case["category"])
            and _among(self.places, case["place"])
            and _among(self.grids, case["grid"])
            and _among(self.area_classes, case["area_class"])
            and _among(self.levels, case["level"])
            and _among(self.responsible, case["responsible"])
            and _among(self.roles, data.get("role") or "")
            and _among(self.units, data.get("unit") or "")
        )


def _among(patterns: tuple[str, ...], value: str) -> bool:
    return not patterns or any(fnmatchcase(value, pattern) for pattern in patterns)


class Escalate(_Section):
    """Who else is told where nobody has acknowledged it."""

    after: Seconds = Field(gt=0, description="since it was last told")
    to: tuple[str, ...] = Field(min_length=1, description="channels")


class NotifyRule(_Section):
    """One of `rules:`."""

    id: Id = Field(description="names the rule in lists")
    when: When
    to: tuple[str, ...] = Field(min_length=1, description="channels")
    during: Literal["working_hours", "outside"] | None = Field(
        None, description="the city's working hours; none: always"
    )
    hours: Schedule | None = Field(None, description="and only in these hours; none: always")
    group: Seconds = Field(Quantity(0.0), ge=0, description="wait so long for more, and tell it in one message")
    cool_down: Seconds = Field(Quantity(0.0), ge=0, description="nothing more about the same for so long")
    per: Literal["case", "subject"] = Field("case", description="the same what")
    escalate: tuple[Escalate, ...] = Field((), description="one after the other, until somebody acknowledges it")
    language: Literal["zh", "en"] = "zh"
    title: str = Field("", max_length=200, description="none: how many cases, and the most urgent one's category")
    text: Template = Field("", description="what is said of each change; none: the usual")

    @property
    def channels(self) -> set[str]:
        """All that it may go to."""
        return {*self.to, *(name for step in self.escalate for name in step.to)}


class NotifySection(_Section):
    """What a city's file says under `notify:`."""

    channels: dict[Id, Channel] = Field(min_length=1)
    rules: tuple[NotifyRule, ...] = Field(min_length=1)
    first_wait: Seconds = Field(Quantity(10.0), gt=0, description="after a failure; then twice as long each time")
    longest_wait: Seconds = Field(Quantity(600.0), gt=0, description="between two attempts at most")
    give_up: Seconds = Field(Quantity(86400.0), gt=0, description="what can't be told for so long is given up")
    keep: Seconds = Field(Quantity(30 * 86400.0), gt=0, description="how long notices are kept")

    @model_validator(mode="after")
    def _fits(self) -> NotifySection:
        ids = [rule.id for rule in self.rules]
        twice = next((id for id in ids if ids.count(id) > 1), None)
        if twice is not None:
            raise ValueError(f"the rule '{twice}' is there twice; each needs an id of its own")
        for rule in self.rules:
            _known(sorted(rule.channels), self.channels, "channel")
        if self.longest_wait < self.first_wait:
            raise ValueError("expected 'longest_wait' of 'first_wait' or more")
        return self
