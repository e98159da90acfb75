"""shifts: at which hours of the day a lorry's permit lets it drive, by its number."""

from __future__ import annotations


def shift(n: int) -> tuple[tuple[int, int], ...]:
    """Some drive by night, some by day, most at any hour but for two breaks, each lorry at other times: whenever one
    looks, most may drive, and some may not.
    """
    if n % 12 == 4:
        return ((20 * 60, 4 * 60 + 30),)
    if n % 12 == 10:
        return ((4 * 60 + 30, 20 * 60 + 30),)
    first = n * 53 % 48 * 15
    return tuple((at % 1440, (at + 660) % 1440) for at in (first + 60, first + 780))


def hours_text(windows: tuple[tuple[int, int], ...]) -> str:
    """As a register of permits writes them: 20:00-04:30."""
    return ",".join(f"{a // 60:02d}:{a % 60:02d}-{b // 60:02d}:{b % 60:02d}" for a, b in windows)
