"""settings: what each entry of the section `dispatch` has, whatever it is sent by: what it is told, how long it is
tried, what its answers mean.

What a type needs beside this (an address, a topic) is declared in connectors/dispatch; the two are put together in
pipeline/runtime/dispatch_section.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from cases.life import ACTIONS, LEVELS, Role
from pipeline.faults import did_you_mean
from pipeline.links import Variable
from pipeline.units import Quantity, Seconds

EVENTS = (
    *("opened", "joined", "updated", "ended", "reopened", "withdrawn", "warning", "overdue", "escalated", "storm"),
    *("answered", *ACTIONS),
)
"""What a change of a case can be: what the log says, and every action."""

ANSWERS = tuple(name for name, action in ACTIONS.items() if Role.OUTSIDE in action.roles)
"""What an outside system may do to a case: accept, return, handled …"""


def _known(names: Iterable[str], all: Iterable[str], what: str) -> None:
    for name in names:
        if name not in all:
            raise ValueError(f"no {what} '{name}'{did_you_mean(name, all)}")


def _events(names: tuple[str, ...]) -> tuple[str, ...]:
    _known(names, EVENTS, "event")
    return names


Events = Annotated[tuple[str, ...], AfterValidator(_events)]


def _levels(names: tuple[str, ...]) -> tuple[str, ...]:
    _known(names, LEVELS, "level")
    return names


def _words(words: dict[str, str]) -> dict[str, str]:
    _known([action for action in words.values() if action], ANSWERS, "action of an outside system")
    return words


class Answers(BaseModel):
    """`answers:` how what the other side says becomes a step. Paths have dots: `data.status`, `items.0.state`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: Annotated[dict[str, str], AfterValidator(_words)] = Field(
        {"accepted": "accept", "done": "handled", "refused": "return"},
        description="their word for how it stands -> our action; '': nothing is to be done",
    )
    status: str = Field("status", description="path of their word")
    case: str = Field("case", description="path of our case's id")
    message: str = Field("message", description="path of our message's id")
    reference: str = Field("reference", description="path of their own number, as they gave it when they took it")
    note: str = Field("note", description="path of what they say about it")
    at: str = Field("at", description="path of when, ISO 8601 with an offset, or UTC seconds")
    id: str = Field("id", description="path of the answer's own id; without it, the same content is the same answer")
    secret_env: Variable | None = Field(None, description="their answers over HTTP are signed with it")
    token_env: Variable | None = Field(None, description="or carry it: 'Authorization: Bearer …'")


class Delivery(BaseModel):
    """What is told to a target, and how long it is tried."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    events: Events = Field((), description="which changes of a case it is told; none: all")
    categories: tuple[str, ...] = Field((), description="only cases of these categories; none: all")
    responsible: tuple[str, ...] = Field(
        (), description="only cases that these units handle or help with, until they lose them; none: all"
    )
    levels: Annotated[tuple[str, ...], AfterValidator(_levels)] = Field(
        (), description="only cases at these levels (community, street, city); none: all"
    )
    first_wait: Seconds = Field(Quantity(1.0), gt=0, description="after a failure; then twice as long each time")
    longest_wait: Seconds = Field(Quantity(60.0), gt=0, description="between two attempts at most")
    open_after: int = Field(
        5, ge=1, description="so many failures one after another: then only one message at a time is tried, seldom"
    )
    attempts: int = Field(20, ge=1, description="a message that fails so often, while the target takes others, is dead")
    keep: Seconds = Field(Quantity(30 * 86400.0), gt=0, description="how long what was sent is kept")
    answers: Answers | None = Field(None, description="its answers, which move the case; none: it gives none")

    @model_validator(mode="after")
    def _waits(self) -> Delivery:
        if self.longest_wait < self.first_wait:
            raise ValueError("expected 'longest_wait' of 'first_wait' or more")
        return self

    def wants(
        self, event: str, data: Mapping[str, Any], case: Mapping[str, Any], name: str, before: Collection[str] = ()
    ) -> bool:
        """Whether a change is to be told. data: the change's; case: as it stands; name: the target's own; before: the
        units that had the case before the change, so that whoever loses it is told that too.

        What a target has said itself is not told back to it.
        """
        if data.get("role") == Role.OUTSIDE and data.get("by") == name:
            return False
        called = data.get("step", {}).get("units", ()) if event == "call" else ()
        units = {*units_of(data, case), *before, *called}
        return (
            (not self.events or event in self.events)
            and (not self.categories or case["category"] in self.categories)
            and (not self.responsible or not units.isdisjoint(self.responsible))
            and (not self.levels or case["level"] in self.levels)
        )


def units_of(data: Mapping[str, Any], case: Mapping[str, Any]) -> list[str]:
    """The units that have a case after a change: the one that handles, and those that help."""
    units: list[str] = data.get("units", [case["responsible"], *case["helpers"]])
    return units
