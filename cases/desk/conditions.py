"""conditions: what a version says about cases: policies, categories, deadlines, fusion; and what registers say.

The desk asks for the conditions of the version that was in force when something entered the log.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import NamedTuple, Protocol

from cases.deadlines import DeadlinesSection, Limit, WorkingHours
from cases.desk.policies import Policies
from cases.fusion.settings import FusionSettings
from pipeline.episode import city_namespace


class Where(NamedTuple):
    """What a place is called. '' where nothing is known."""

    address: str = ""
    grid: str = ""
    """The unit grid cell's code."""
    area_class: str = ""
    """A, B or C: how soon things have to be done there."""


class Kinds(Protocol):
    """What categories say. An unknown code gets what is usual."""

    def severity(self, code: str) -> int:
        """1 (low) to 4 (urgent)."""
        ...

    def mode(self, code: str) -> str:
        """How it is handled: at_once, promised, jointly, passed_up, sent_back."""
        ...

    def unit(self, code: str) -> str:
        """The unit that handles it where the duty matrix names none; ''."""
        ...

    def part(self, code: str) -> str:
        """The kind of part that it is about; '' for none."""
        ...

    def limit(self, code: str, condition: str, area_class: str) -> Limit | None:
        """How long it may take from filing; None: nothing says."""
        ...


class Places(Protocol):
    """What the registers say. Times are UTC seconds, places WGS-84 degrees."""

    def where(self, lon: float, lat: float, at: float) -> Where:
        """What is known of a place."""
        ...

    def component(self, lon: float, lat: float, part: str, at: float) -> str:
        """The code of the nearest part of a kind; '' where none is near."""
        ...

    def duty(self, category: str, grid: str, place: str, level: str, at: float) -> tuple[str, Sequence[str]]:
        """The unit whose duty it is, and those that help; ('', ()) where nothing says.

        place: a zone, or ''. level: one of `cases.life.LEVELS`; above the first it is the one over that unit.
        """
        ...


class Plain:
    """A city without categories and registers."""

    def severity(self, code: str) -> int:
        """In the middle."""
        return 2

    def mode(self, code: str) -> str:
        """At once."""
        return "at_once"

    def unit(self, code: str) -> str:
        """None."""
        return ""

    def part(self, code: str) -> str:
        """None."""
        return ""

    def limit(self, code: str, condition: str, area_class: str) -> Limit | None:
        """None."""
        return None

    def where(self, lon: float, lat: float, at: float) -> Where:
        """Nowhere."""
        return Where()

    def component(self, lon: float, lat: float, part: str, at: float) -> str:
        """None."""
        return ""

    def duty(self, category: str, grid: str, place: str, level: str, at: float) -> tuple[str, Sequence[str]]:
        """Nobody's."""
        return "", ()


@dataclass(frozen=True)
class Conditions:
    """Of one version."""

    city: str = "city"
    zone: tzinfo = UTC
    policies: Policies = field(default_factory=Policies)
    deadlines: DeadlinesSection = field(default_factory=DeadlinesSection)
    hours: WorkingHours = field(default_factory=lambda: WorkingHours.always(UTC))
    kinds: Kinds = field(default_factory=Plain)
    fusion: FusionSettings = field(default_factory=FusionSettings)

    @property
    def namespace(self) -> uuid.UUID:
        """Of the city's ids."""
        return city_namespace(self.city)
