"""page: an exported case as a page that loads nothing: print it on A4, or read it in a browser.

The template is page.html. Every text in it is escaped, and what a reader could not see or would be misled by (control
characters, changes of writing direction) is replaced.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from cases.export import words
from cases.export.bar import bar
from cases.export.dossier import Case, Dossier, Drawing
from cases.export.manifest import CASE, Part
from cases.export.words import Language

SHOWN = ("image/jpeg", "image/png", "image/webp")
"""What a page shows; all else is named in it."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COUNTS = ("checks", "dispatches", "returns", "reworks", "extensions", "urges", "reopenings")
_BLANKS = "\n\t\u3000\u00a0"
_FILES = ("files", "photos")
"""Of a step: how many; they stand elsewhere."""


@dataclass(frozen=True, slots=True)
class Exported:
    """When, by whom and how an export was made."""

    at: float
    """UTC seconds."""
    by: str
    gridwatch: str
    language: Language = "en"
    contact: bool = False


class Limit(NamedTuple):
    """What became of a deadline."""

    key: str
    due: float | None
    done: float | None
    kind: str
    """good, bad, open"""
    word: str
    by: float
    """Seconds late; 0 where it is not."""


def page(
    dossier: Dossier, parts: Sequence[Part], data: bytes, exported: Exported, shown: Mapping[str, bytes], linked: bool
) -> bytes:
    """The page, up to where its manifest goes.

    parts: what the table of parts names. data: case.json. shown: the pictures by their part's name. linked: whether
    the other files lie beside the page.
    """
    zone = ZoneInfo(dossier.time_zone)
    language = exported.language

    def time(ts: float | None) -> str:
        return clock(ts, zone)

    evidence = [part for part in parts if part.name.startswith("evidence/")]
    about = dossier.about
    case = about.case
    text = _TEMPLATE.render(
        dossier=dossier,
        about=about,
        case=case,
        parts=parts,
        exported=exported,
        language=language,
        linked=linked,
        style=Markup(_STYLE),  # noqa: S704 ours
        data=Markup(data.decode()),  # noqa: S704 JSON without '<'
        data_name=CASE,
        pictures=[(part, _source(part, shown[part.name])) for part in evidence if part.name in shown],
        others=[part for part in evidence if part.name not in shown],
        members=_members(about, language),
        limits=_limits(case, exported.at),
        bar=_svg(bar(about, exported.at, language, lasted)),
        counts=[(key, case[key]) for key in _COUNTS if case[key]],
        w=lambda key: words.label(key, language) if key in words.WORDS else key,
        state=lambda key: words.word(words.STATES, key, language),
        role=lambda key: words.word(words.ROLES, key, language),
        other=lambda key: words.word(words.OTHERS, key, language),
        action=lambda key: words.action(key, language),
        time=time,
        lasted=lasted,
        measure=_measure,
        place=_place,
        settings=settings,
        details=lambda step: _details(step, time, language),
        taken=lambda part: _taken(part, time, language),
        clock=lambda part: offset(part, language),
        svg=_svg,
    )
    return text.encode("utf-8", "replace")


def visible(value: Any) -> Any:
    """A text with whatever can't be seen, or turns what follows around, replaced."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return "".join(c if c.isprintable() or c in _BLANKS else "\N{REPLACEMENT CHARACTER}" for c in value)


def clock(ts: float | None, zone: ZoneInfo) -> str:
    """UTC seconds as the city's people write them, with the offset from UTC; '' for none that a calendar has."""
    if ts is None or not math.isfinite(ts):
        return ""
    try:
        when = (_EPOCH + timedelta(seconds=round(ts))).astimezone(zone)
    except (OverflowError, ValueError):
        return ""
    shift = when.strftime("%z")
    return f"{when:%Y-%m-%d %H:%M:%S} {shift[:3]}:{shift[3:]}"


def lasted(seconds: float) -> str:
    """How long, to two figures or so: 45 s, 12 min, 3.5 h, 2.1 d."""
    for unit, size in (("d", 86_400.0), ("h", 3_600.0)):
        if seconds >= size * (2 if unit == "d" else 1):
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"


def settings(of: Mapping[str, Any]) -> str:
    """Those that are set, as they are written in a configuration."""
    given = [(name, value) for name, value in of.items() if value not in (None, [], "", {}, "0 s")]
    return ", ".join(f"{n}: {v if isinstance(v, str) else json.dumps(v, ensure_ascii=False)}" for n, v in given)


def offset(part: Part, language: Language) -> str:
    """How far the clock was off, where anything was taken by one."""
    if part.captured is None:
        return ""
    said = f"{part.clock_offset:+.2f} s" if part.clock_offset is not None else ""
    return f"{words.label('clock', language)} {said}" if said else words.label("clock_unknown", language)


def _taken(part: Part, time: Any, language: Language) -> str:
    said = (part.source, time(part.captured), offset(part, language))
    return " · ".join(each for each in said if each)


def _members(about: Case, language: Language) -> str:
    counts = (("episodes", len(about.episodes)), ("reports_n", len(about.reports)))
    return ", ".join(f"{count} {words.label(key, language)}" for key, count in counts if count)


def _limits(case: Mapping[str, Any], now: float) -> list[Limit]:
    pairs = (("filing", case["file_due"], case["filed"]), ("handling", case["due"], case["handled"]))
    return [_limit(key, due, done, now, ended=case["closed"] is not None) for key, due, done in pairs]


def _limit(key: str, due: float | None, done: float | None, now: float, *, ended: bool) -> Limit:
    if due is None:
        return Limit(key, due, done, "open", "no_due", 0.0)
    if done is None:
        late = now - due
        if ended or late <= 0:
            return Limit(key, due, done, "open", "not_yet", 0.0)
        return Limit(key, due, done, "bad", "overdue_by", late)
    return (
        Limit(key, due, done, "good", "in_time", 0.0)
        if done <= due
        else Limit(key, due, done, "bad", "late_by", done - due)
    )


def _measure(case: Mapping[str, Any]) -> str:
    return "" if case["measure"] is None else f"{case['measure']:.4g} {case['unit']}".strip()


def _place(case: Mapping[str, Any]) -> str:
    return "" if case["lon"] is None else f"{case['lon']:.6f}, {case['lat']:.6f} (WGS-84)"


def _details(step: Mapping[str, Any], time: Any, language: Language) -> str:
    """What else a step said, in a line."""
    said = []
    for key, value in sorted(step["data"].items()):
        if key == "fields":
            said.append(settings(value))
        elif key in _FILES:
            said += [f"{words.label(key, language)} {len(value)}"] if value else []
        elif key == "until" and isinstance(value, int | float):
            said.append(f"{words.label('until', language)} {time(float(value))}")
        elif isinstance(value, str):
            said.append(words.word(words.OTHERS, value, language))
        else:
            said.append(f"{key.replace('_', ' ')} {json.dumps(value, ensure_ascii=False)}")
    return ", ".join(each for each in said if each)


def _source(part: Part, data: bytes) -> str:
    return f"data:{part.media};base64,{base64.b64encode(data).decode()}"


def _svg(drawing: Drawing) -> Markup:
    return Markup(drawing.svg)  # noqa: S704 drawn here


_HERE = files(__package__)
_STYLE = _HERE.joinpath("page.css").read_text("utf-8")
_TEMPLATE = Environment(
    autoescape=True, undefined=StrictUndefined, finalize=visible, trim_blocks=True, lstrip_blocks=True
).from_string(_HERE.joinpath("page.html").read_text("utf-8"))
