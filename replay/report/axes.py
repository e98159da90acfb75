"""axes: where to put the marks of an axis: round numbers, round times of the city's day, and how long things last."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, tzinfo

from replay.report.plain import clock

_STEPS = (
    *(1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0),
    *(3600.0, 7200.0, 10800.0, 21600.0, 43200.0, 86400.0, 172800.0, 604800.0, 2592000.0),
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def numbers(low: float, high: float, about: int = 3) -> list[float]:
    """Round numbers from low to high, about so many."""
    span = high - low
    if not (math.isfinite(span) and span > 0):
        return [low]
    step = 10.0 ** math.floor(math.log10(span / about))
    step *= next(factor for factor in (1, 2, 5, 10) if span / (step * factor) <= about + 1)
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 12) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def times(since: float, until: float, zone: tzinfo, about: int = 6) -> list[tuple[float, str]]:
    """(UTC seconds, as that zone writes it) of round times of the day, about so many."""
    span = max(until - since, 1.0)
    step = next((each for each in _STEPS if span / each <= about), _STEPS[-1])
    offset = ((_EPOCH + timedelta(seconds=since)).astimezone(zone).utcoffset() or timedelta()).total_seconds()
    first = math.ceil((since + offset) / step)
    last = math.floor((until + offset) / step)
    form = "%H:%M:%S" if step < 60 else "%H:%M" if step < 86_400 else "%m-%d"
    found = []
    for k in range(first, last + 1):
        ts = k * step - offset
        written = clock(ts, zone, form)
        midnight = step < 86_400 and written.strip("0:") == ""
        found.append((ts, clock(ts, zone, "%m-%d") if midnight else written))
    return found


def lasted(seconds: float) -> str:
    """How long, to two figures or so: 45 s, 12 min, 3.5 h, 2.1 d; '' where that is not known."""
    if not math.isfinite(seconds):
        return ""
    if abs(seconds) < 1 and seconds:
        return f"{seconds:.1f} s"
    for unit, size in (("d", 86_400.0), ("h", 3_600.0)):
        if seconds >= size * (2 if unit == "d" else 1):
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"


def short(number: float) -> str:
    """A number to three figures, without an exponent where that is readable."""
    if not math.isfinite(number):
        return ""
    if abs(number) >= 1000:
        return f"{number:,.0f}"
    return f"{number:.3g}"


def rate(number: float) -> str:
    """To the hundredth where it is small; '' for what is not known."""
    if not math.isfinite(number):
        return ""
    return f"{number:.2f}" if number < 100 else f"{number:,.0f}"


def share(number: float) -> str:
    """A share to four figures, 1 as 1; '' for what is not known."""
    return "" if math.isnan(number) else f"{number:.4f}".rstrip("0").rstrip(".")
