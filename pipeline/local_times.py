"""local_times: times that a clock on a wall showed, as instants.

A text without an offset means nothing without its zone. Where the clocks go forward an hour is left out, where they go
back one comes twice: a time of the first there never was, of the second nobody can tell which was meant. Both are
refused rather than guessed: an hour too early or too late is a wrong fact, and looks like a right one.
"""

from __future__ import annotations

import re
import zoneinfo
from datetime import datetime
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator

from pipeline.faults import did_you_mean

EXAMPLE = "2024-05-01 08:30:00"

_DIGITS = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)", re.ASCII)
_WRITTEN = re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})[ T](\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?", re.ASCII)


def _zone(name: str) -> str:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        hint = did_you_mean(name, zoneinfo.available_timezones())
        raise ValueError(f"expected a time zone such as 'Asia/Shanghai' or 'Europe/Berlin'{hint}") from None
    return name


TimeZone = Annotated[str, AfterValidator(_zone)]
"""The IANA name of a zone that there is."""


@lru_cache(maxsize=8192)  # a fleet's rows of one second are read once: a tenth of the cost
def local_seconds(text: str, zone: zoneinfo.ZoneInfo) -> float:
    """UTC seconds, to the microsecond; what is finer is cut off.

    text: `2024-05-01 08:30:00`, also with slashes, with T, with fractions or without seconds, or the 14 digits
    `20240501083000`. Raises ValueError with what was expected, for a text with an offset too.
    """
    when = _written(text)
    first, second = (when.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    before, after = first.utcoffset(), second.utcoffset()
    if before != after:
        skipped = before is not None and after is not None and before < after
        why = "never came: the clocks went forward" if skipped else "came twice: the clocks went back"
        raise ValueError(f"in {zone.key} {text} {why}")
    return first.timestamp()


def _written(text: str) -> datetime:
    found = _WRITTEN.fullmatch(_DIGITS.sub(r"\1-\2-\3 \4:\5:\6", text))
    if found is not None:
        year, _, month, day, hour, minute, second, fraction = found.groups()
        parts = map(int, (year, month, day, hour, minute, second or 0, (fraction or "").ljust(6, "0")[:6]))
        try:
            return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001  its zone is the caller's
        except ValueError:
            pass  # no such day or hour: said below
    raise ValueError(f"expected a time without an offset such as '{EXAMPLE}', got {text[:40]!r}")
