"""times: times as people and programs write them, as instants."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_BOTH = re.compile(r"Z(?=[+-])")
EXAMPLE = "2024-05-01 08:30:00"


def instant(text: str, zone: ZoneInfo) -> datetime:
    """ISO 8601, also with slashes, in UTC.

    zone: of a time without an offset. A time that its clock shows twice (the hour that comes again in autumn) is taken
    as the first. mosquitto_sub writes `…Z+0800`, a local time with two endings, of which the second is right. Raises
    ValueError with what was expected.
    """
    try:
        when = datetime.fromisoformat(_BOTH.sub("", text).replace("/", "-"))
        local = when if when.tzinfo is not None else when.replace(tzinfo=zone)
        found = local.astimezone(UTC)
        shown = found.astimezone(zone)
    except (ValueError, OverflowError):
        raise ValueError(f"expected a time such as '{EXAMPLE}', got {text[:40]!r}") from None
    if when.tzinfo is None and shown.replace(tzinfo=None) != when:
        raise ValueError(f"there was no {text} in {zone.key}: the clocks went forward")
    return found
