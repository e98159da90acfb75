"""clocks_words: how wrong a clock is, and since when and by whom it is corrected, in words, English or Chinese."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.clock_estimate import Estimate
    from pipeline.corrections import Correction

DAY = 86_400
_UNITS = {"en": ("d", "h", "min", "s", " "), "zh": ("天", "小时", "分", "秒", "")}


def signed(seconds: float, language: str = "en") -> str:
    """'+8 h 00 min', '-7168 d', '+2 min 05 s'."""
    d, h, m, s, gap = _UNITS[language]
    whole = round(abs(seconds))
    days, rest = divmod(whole, DAY)
    hours, minutes, rest = rest // 3600, rest % 3600 // 60, rest % 60
    parts = [(days, d, "{}"), (hours, h, "{}"), (minutes, m, "{:02}" if days or hours else "{}"), (rest, s, "{:02}")]
    shown = [(number, unit, form) for number, unit, form in parts if number or (unit == m and hours)]
    if not shown:
        return f"0{gap}{s}"
    text = " ".join(f"{form.format(n) if k else n}{gap}{u}" for k, (n, u, form) in enumerate(shown))
    return ("-" if seconds < 0 else "+") + (text if gap else text.replace(" ", ""))


def how(estimate: Estimate) -> str:
    """In a few words: what sort of wrong."""
    what = {
        "zone": "a time zone",
        "rollover": "GPS weeks",
        "steady": "steady",
        "drift": f"drifts {estimate.drift:+.1f} s a day",
        "unsteady": "jumps about",
    }[estimate.kind]
    near = "" if estimate.kind in ("zone", "rollover", "unsteady") else f", ±{estimate.bound:.0f} s"
    return f"{signed(estimate.offset)} ({what}{near})"


def corrected(correction: Correction, at: float, zone: tzinfo, language: str = "en") -> str:
    """'time corrected by -8 h 00 min, approved by wang on 2026-03-01 08:00': what the case says. at: when its rows were
    received, UTC seconds."""
    by, on = correction.by, _time(correction.approved, zone)
    moved = signed(-correction.at(at), language)
    who = f" ({correction.terminal})"
    if language == "zh":
        said = f"时间已校正 {moved}{who}"
        return f"{said}，{f'{on} ' if on else ''}由 {by} 批准" if by else said
    said = f"Time corrected by {moved}{who}"
    return f"{said}, approved by {by}{f' on {on}' if on else ''}" if by else said


def _time(text: str, zone: tzinfo) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (at if at.tzinfo is None else at.astimezone(zone)).strftime("%Y-%m-%d %H:%M")
