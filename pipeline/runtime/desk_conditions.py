"""desk_conditions: what a version says about cases, made of what is stored under the hashes of its payload."""

from __future__ import annotations

import zoneinfo
from functools import lru_cache

from cases.categories import categories_of
from cases.deadlines import DeadlinesSection, WorkingHours, WorkingHoursSection
from cases.desk import Conditions, Plain, Policies
from cases.fusion import FusionSettings
from pipeline.journal import Contents
from pipeline.registers import Registers
from pipeline.runtime.compose import read_version
from pipeline.runtime.config import Configuration


class DeskConditions:
    """Asked by the desk with a version's payload; the few last ones are remembered."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._of = lru_cache(maxsize=8)(self._read)

    def __call__(self, payload: str) -> Conditions:
        return self._of(payload) if payload else Conditions()

    def _read(self, payload: str) -> Conditions:
        return conditions(*read_version(payload.encode(), self._contents))


def conditions(configuration: Configuration, registers: Registers) -> Conditions:
    """What a configuration and its registers say about cases."""
    zone = zoneinfo.ZoneInfo(configuration.time_zone)
    section = configuration.working_hours
    return Conditions(
        city=configuration.city,
        zone=zone,
        policies=configuration.policies or Policies(),
        deadlines=configuration.deadlines or DeadlinesSection(),
        hours=WorkingHours(section or WorkingHoursSection(), zone, registers.calendar),
        kinds=Plain() if configuration.categories is None else categories_of(configuration.categories),
        fusion=configuration.fusion or FusionSettings(),
    )
