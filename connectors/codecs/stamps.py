"""stamps: times as formats write them, as UTC seconds. All raise ValueError where the text is no time."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))
"""In which JT/T 808 writes its times: all year."""


def iso_seconds(text: object, zone: timezone | None = None) -> float:
    """ISO 8601 with an offset (`Z`, `+08:00`, `+0800`), to the microsecond; what is finer is cut off.

    zone: in which a time without an offset is; None: there is none such.
    """
    if not isinstance(text, str):
        raise ValueError(f"expected a time such as 2024-05-01T08:30:00Z, got {text!r:.40}")
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"expected a time such as 2024-05-01T08:30:00Z, got {text[:40]!r}") from None
    if when.tzinfo is None:
        if zone is None:
            raise ValueError(f"the time {text[:40]!r} has no offset such as Z or +08:00")
        when = when.replace(tzinfo=zone)
    return when.timestamp()


def bcd_seconds(digits: object) -> float:
    """Twelve digits YYMMDDhhmmss, China's time, as JT/T 808 writes them."""
    if not isinstance(digits, str) or len(digits) != 12 or not digits.isdecimal():
        raise ValueError(f"expected a time of twelve digits, YYMMDDhhmmss, got {digits!r:.40}")
    two = [int(digits[i : i + 2]) for i in range(0, 12, 2)]
    try:
        return datetime(2000 + two[0], *two[1:], tzinfo=CHINA).timestamp()  # type: ignore[arg-type, misc]
    except ValueError:
        raise ValueError(f"there is no time {digits} (YYMMDDhhmmss)") from None
