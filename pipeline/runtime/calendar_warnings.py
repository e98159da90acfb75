"""calendar_warnings: do the city's schedules name days that its calendar can't tell?

Reads the registers, the rules' `hours`, `working_hours` and today's date; reports what is likely not meant: schedules
by workdays without a calendar, and from November on a calendar that ends with the year (each year's holidays are
announced late in the year before).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from cases.deadlines.settings import DEFAULT_HOURS
from pipeline.faults import Fault
from pipeline.hours import KINDS
from pipeline.registers import Registers
from pipeline.runtime.document import Document

_SOON = timedelta(days=60)
"""from 1 November on"""


def calendar_warnings(document: Document, registers: Registers, today: date) -> list[Fault]:
    """None, or one."""
    schedules = registers.schedules() | set(_hours(document)) | set(_working_hours(document))
    asking = sorted(text for text in schedules if any(kind in text.lower() for kind in KINDS))
    if not asking:
        return []
    until = registers.calendar_until
    if until is None:
        message = f"'{asking[0]}' names days by a calendar, and there is none (calendar: china): Mo-Fr count as worked"
        return [document.fault(("registers",), message)]
    if until - today > _SOON:
        return []
    message = f"the calendar is known until {until}; then Mo-Fr count as worked, without holidays: '{asking[0]}'"
    return [document.fault(("registers", "calendar"), message)]


def _hours(document: Document) -> Iterator[str]:
    """What rules have as their parameter `hours`."""
    rules: Any = document.at(("rules",))
    for rule in rules if isinstance(rules, list) else []:
        parameters = rule.get("parameters") if isinstance(rule, dict) else None
        hours = parameters.get("hours") if isinstance(parameters, dict) else None
        if isinstance(hours, str):
            yield hours


def _working_hours(document: Document) -> Iterator[str]:
    """When the city works, where it has deadlines that need it."""
    section: Any = document.at(("working_hours",))
    if not isinstance(section, dict):
        return
    seasons = section.get("seasons")
    for each in (section, *(seasons if isinstance(seasons, list) else [])):
        hours = each.get("hours", DEFAULT_HOURS) if isinstance(each, dict) else None
        if isinstance(hours, str):
            yield hours
