"""files: reports in their folder: named by kind and period, whole or not there, and let go when they are old.

Which have been made is seen from the names alone, so nothing else has to be remembered over a restart.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from datetime import date, tzinfo
from pathlib import Path
from typing import NamedTuple

from cases.indicators.periods import Period, around, moment
from cases.reporting.page import as_html
from cases.reporting.report import Report
from cases.reporting.settings import KINDS
from cases.reporting.workbook import as_xlsx

_NAME = re.compile(r"(daily|weekly|monthly)-(\d{4}-\d\d-\d\d|\d{4}-W\d\d|\d{4}-\d\d)\.(xlsx|html)")


def name(kind: str, period: Period, format: str) -> str:
    """daily-2026-03-01.xlsx, weekly-2026-W09.html, monthly-2026-03.xlsx."""
    return f"{kind}-{period.name}.{format}"


def render(report: Report, format: str, language: str, formats: Iterable[str]) -> bytes:
    """The file's content. formats: all that are made of it."""
    return as_xlsx(report, language) if format == "xlsx" else as_html(report, language, "xlsx" in formats)


def write(report: Report, folder: Path, formats: Iterable[str], language: str) -> list[Path]:
    """The files of a report, in place of those of the same name. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    formats, made = tuple(formats), []
    for format in formats:
        path = folder / name(report.order.kind, report.order.period, format)
        put(path, render(report, format, language, formats))
        made.append(path)
    return made


def put(path: Path, data: bytes) -> None:
    """A file, whole or not there: whoever looks meanwhile sees the old one. Raises OSError."""
    handle, temporary = tempfile.mkstemp(prefix=".report-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def last(folder: Path, formats: Iterable[str], zone: tzinfo) -> Mapping[str, float]:
    """Kind -> the end of the newest period of which all formats are there. Raises OSError."""
    wanted = set(formats)
    there: dict[tuple[str, str], set[str]] = {}
    for kind, named, format, _ in _reports(folder):
        there.setdefault((kind, named), set()).add(format)
    found: dict[str, float] = {}
    for (kind, named), made in there.items():
        period = _period(kind, named, zone)
        if period is not None and wanted <= made:
            found[kind] = max(found.get(kind, period.end), period.end)
    return found


def let_go(folder: Path, before: float, zone: tzinfo) -> int:
    """Remove the reports of periods that ended before then; how many files that were. Raises OSError."""
    gone = 0
    for kind, named, _, path in _reports(folder):
        period = _period(kind, named, zone)
        if period is not None and period.end < before:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


class Made(NamedTuple):
    """A report that is there."""

    name: str
    """Of the file."""
    kind: str
    period: Period
    format: str
    size: int
    made: float
    """UTC seconds."""


def listed(folder: Path, zone: tzinfo) -> list[Made]:
    """The newest period first, of one the longest. Raises OSError."""
    found = []
    for kind, named, format, path in _reports(folder):
        period = _period(kind, named, zone)
        if period is not None:
            about = path.stat()
            found.append(Made(path.name, kind, period, format, about.st_size, about.st_mtime))
    return sorted(found, key=lambda each: (-each.period.end, each.period.start, each.format))


def _reports(folder: Path) -> Iterable[tuple[str, str, str, Path]]:
    """(kind, period's name, format, file) of what is a report by its name."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        match = _NAME.fullmatch(path.name)
        if match:
            yield match[1], match[2], match[3], path


def _period(kind: str, named: str, zone: tzinfo) -> Period | None:
    """The period of that name; None: there is none of that kind."""
    try:
        day = date.fromisoformat(f"{named}-01" if kind == "monthly" else named)  # 2026-W09: its Monday
    except ValueError:
        return None
    period = around(moment(day, zone), KINDS[kind], zone)
    return period if period.name == named else None
