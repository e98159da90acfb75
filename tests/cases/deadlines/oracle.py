"""oracle: deadlines by walking from minute to minute, as docs/concepts/deadlines.md says; slow, and independent.

For schedules whose boundaries are on whole minutes outside the hours in which clocks change, and starts on whole
minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = 60


@dataclass
class Oracle:
    """A city that works from Monday to Friday in `periods`, minutes after midnight; `days` says otherwise of some."""

    zone: ZoneInfo
    periods: list[tuple[int, int]]
    days: Mapping[date, str] = field(default_factory=dict)

    def works(self, ts: int) -> bool:
        """In the minute that begins then."""
        local = datetime.fromtimestamp(ts, UTC).astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        today, yesterday = local.date(), local.date() - timedelta(days=1)
        return any(
            (self._worked(today) and start <= minute < end)
            or (self._worked(yesterday) and start <= minute + 1440 < end)
            for start, end in self.periods
        )

    def _worked(self, day: date) -> bool:
        return self.days.get(day, "workday" if day.isoweekday() <= 5 else "restday") == "workday"

    def worked(self, since: int, until: int) -> int:
        """Minutes."""
        return sum(self.works(ts) for ts in range(since, until, MINUTE))

    def due(self, start: int, minutes: int) -> int:
        """When so many minutes have been worked."""
        ts = start
        while minutes > 0:
            minutes -= self.works(ts)
            ts += MINUTE
        return ts
