"""calendar_warnings: do the city's schedules name days that its calendar can't tell?

Reads the registers and today's date; reports what is likely not meant: schedules by workdays without a calendar, and a
calendar that ends soon (each year's holidays are announced late in the year before).
"""

from __future__ import annotations

from datetime import date, timedelta

from pipeline.faults import Fault
from pipeline.hours import KINDS
from pipeline.registers import Registers
from pipeline.runtime.document import Document

_SOON = timedelta(days=45)


def calendar_warnings(document: Document, registers: Registers, today: date) -> list[Fault]:
    """None, or one."""
    asking = sorted(text for text in registers.schedules() if any(kind in text.lower() for kind in KINDS))
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
