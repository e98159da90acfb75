"""indicators_city: what indicators and reports need of a city's configuration, given from beside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cases.indicators.working import WorkingTime
from cases.reporting.settings import ReportsSection
from console.city import City
from console.errors import Refused


@dataclass(frozen=True, slots=True)
class Measured:
    """A city whose indicators are asked for."""

    working: WorkingTime
    section: ReportsSection
    """Of which kinds reports are, by what, in which language, and the weights of the score."""
    folder: Path
    """Where reports are kept."""


def measured(city: City) -> Measured:
    """Of this city. Raises Refused where nobody has said."""
    if city.beside.measured is None:
        raise Refused(503, "This city's working hours and reports are not known here. Start it with `gridwatch run`.")
    return city.beside.measured
