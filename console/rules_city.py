"""rules_city: what a running city says of its rules, and lets be tried and changed (gridwatch/rules_beside.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

Values = Mapping[str, Any]
"""Parameter -> its value as a configuration gives it; None: not set."""


class Parameter(NamedTuple):
    """One parameter of a rule. kind: what it is: a duration, length, speed, percentage, amount, number, text, choice,
    flag or list. hold: of how long wrong must last, not of the detector."""

    name: str
    value: Any
    default: Any
    kind: str
    about: str
    hold: bool
    given: bool
    """The configuration says it; else it is the default."""
    optional: bool
    least: float | None
    most: float | None
    choices: tuple[str, ...]
    examples: tuple[str, ...]


class Reason(NamedTuple):
    """Why a rule can't judge some subjects."""

    why: str
    subjects: int
    examples: Sequence[str]


class Covered(NamedTuple):
    """How many subjects a rule can judge."""

    judged: int
    unjudged: int
    reasons: Sequence[Reason]
    notes: Sequence[str]


class Rule(NamedTuple):
    """A rule in force."""

    id: str
    detector: str
    question: str
    about: str
    category: str
    kind: str
    metric: str
    classes: Sequence[str]
    version: str
    unit: str
    parameters: Sequence[Parameter]
    covered: Covered


class Put(NamedTuple):
    """Parameters that were put in force. before, after: of those that differ. version: the rule's, from now on."""

    before: Values
    after: Values
    version: str


class CantBe(ValueError):
    """It can't be done, and why, in plain words."""

    def __init__(self, why: str, *, faults: bool = False) -> None:
        """faults: it is the values that are wrong."""
        super().__init__(why)
        self.faults = faults


@dataclass(slots=True)
class Tryout:
    """A rule that is tried with other parameters on what was recorded. Times are UTC seconds."""

    id: str
    rule: str
    version: str
    """Of the rule as it is in force."""
    values: Values
    hours: float
    by: str
    asked: float
    state: Literal["waiting", "running", "done", "failed", "cancelled"] = "waiting"
    progress: float = 0.0
    why: str = ""
    """Of one that failed."""
    ended: float | None = None
    result: dict[str, Any] | None = None
    """As gridwatch/tryout.py writes it."""
    seconds: float = field(default=0.0)


class RunningRules(Protocol):
    """Of a running city. Any thread."""

    def rules(self) -> Sequence[Rule]:
        """Those in force, in the order of the configuration."""
        ...

    def put(self, rule: str, version: str, values: Values) -> Put:
        """Write parameters into the configuration and take it into force, soon. version: of the rule as it was seen.
        Raises CantBe, LookupError where there is no such rule."""
        ...

    def try_out(self, rule: str, values: Values, hours: float, by: str) -> Tryout:
        """Try it, when it is its turn. Raises CantBe, LookupError."""
        ...

    def tryouts(self) -> Sequence[Tryout]:
        """Those that are remembered, the newest first."""
        ...

    def cancel(self, id: str) -> None:
        """End one, if it has not ended. Raises LookupError."""
        ...
