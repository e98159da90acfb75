"""case_reports: what indicators and reports need of a city's configuration: its clock, categories and weights."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from cases.categories import Categories, read_categories
from cases.deadlines import WorkingHoursSection
from cases.indicators.working import WorkingTime
from cases.registers.lookup import Lookup
from cases.reporting.settings import ReportsSection
from pipeline.register_files import load_registers
from pipeline.register_section import RegisterFiles
from pipeline.runtime.config import Configuration


class City(NamedTuple):
    """Of a configuration."""

    name: str
    zone: ZoneInfo
    working: WorkingTime
    categories: Categories
    section: ReportsSection
    folder: Path
    """Where reports are kept."""


def city_of(configuration: Configuration, folder: Path, connection: sa.Connection) -> City:
    """folder: the configuration file's own. The calendar may be in the store. Raises Faulty."""
    zone, files = ZoneInfo(configuration.time_zone), configuration.registers
    if "calendar" in files.stored:
        calendar = Lookup(connection).holidays()
    else:
        calendar = load_registers(RegisterFiles(calendar=files.calendar), folder, zone).calendar
    section = configuration.reports or ReportsSection()
    categories = configuration.categories
    return City(
        configuration.city,
        zone,
        WorkingTime(configuration.working_hours or WorkingHoursSection(), zone, calendar),
        Categories() if categories is None else read_categories(categories, folder),
        section,
        configuration.data / section.folder,
    )
