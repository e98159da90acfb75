"""clock_words: by what the times of a case were corrected, who approved that and when, in English and in Chinese."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Literal

from pipeline.corrections import Correction

Language = Literal["en", "zh"]
DAY = 86_400
_UNITS: dict[Language, tuple[str, str, str, str, str]] = {
    "en": ("d", "h", "min", "s", " "),
    "zh": ("天", "小时", "分", "秒", ""),
}


def signed(seconds: float, language: Language = "en") -> str:
    """'+8 h 00 min', '-7168 d', '+2 min 05 s'; '+8小时00分'."""
    day, hour, minute, second, gap = _UNITS[language]
    days, rest = divmod(round(abs(seconds)), DAY)
    hours, minutes, rest = rest // 3600, rest % 3600 // 60, rest % 60
    parts = [(days, day), (hours, hour), (minutes, minute), (rest, second)]
    shown = [(number, unit) for number, unit in parts if number or (unit == minute and hours)]
    texts = [f"{n:02}{gap}{unit}" if at and unit != hour else f"{n}{gap}{unit}" for at, (n, unit) in enumerate(shown)]
    if not texts:
        return f"0{gap}{second}"
    return ("-" if seconds < 0 else "+") + gap.join(texts)


def corrected(correction: Correction, at: float, zone: tzinfo, language: Language) -> str:
    """What a case says of it. at: when its rows were received, UTC seconds."""
    by, on, moved = correction.by, _time(correction.approved, zone), signed(-correction.at(at), language)
    if language == "zh":
        said = f"终端 {correction.terminal} 的时间已校正 {moved}"
        who = f"，由 {by}{f' 于 {on} ' if on else ''}批准" if by else ""
        return f"{said}{who}{f'：{correction.note}' if correction.note else ''}。"
    said = f"The time of terminal {correction.terminal} was corrected by {moved}"
    who = f", approved by {by}{f' on {on}' if on else ''}" if by else ""
    return f"{said}{who}{f': {correction.note}' if correction.note else ''}."


def _time(text: str, zone: tzinfo) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (at if at.tzinfo is None else at.astimezone(zone)).strftime("%Y-%m-%d %H:%M")
