"""indicators_beside: what the console's indicators and reports need of a running city's configuration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlalchemy as sa

    from console.indicators_city import Measured
    from pipeline.runtime.config import Configuration


def measured_of(file: Path, configuration: Configuration, engine: sa.Engine) -> Measured:
    """Of the configuration in `file`. engine: the store, which may have the calendar. Raises Faulty, StoreTrouble."""
    from cases.database import reading
    from console.indicators_city import Measured
    from gridwatch.case_reports import city_of

    with reading(engine) as connection:
        city = city_of(configuration, file.resolve().parent, connection)
    return Measured(city.working, city.section, city.folder)
