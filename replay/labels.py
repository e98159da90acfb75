"""labels: what was really wrong in a recording, or was not, as somebody says who knows.

A label names a rule and a subject, from when to when, and its verdict: `confirmed` (it was wrong) or `false alarm` (it
was not, whatever a rule said). A label of something seen by a camera also says where it was in the picture. Files are
JSON lines (`labels.jsonl`) or CSV (`labels.csv`) with the same names; docs/guides/recordings.md has the format.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from pipeline.faults import Fault, Faulty

CONFIRMED, FALSE_ALARM = "confirmed", "false alarm"
VERDICTS = (CONFIRMED, FALSE_ALARM)
COLUMNS = ("rule", "subject", "started", "ended", "verdict", "late", "note")
"""Of the CSV form, in order; `boxes` only JSON lines have."""

Box = tuple[float, float, float, float, float]
"""UTC seconds, then left, top, width and height as shares of the picture."""


@dataclass(frozen=True, slots=True, order=True)
class Label:
    """One thing that was wrong, or was not. Times are UTC seconds; `ended` is infinite while it goes on."""

    started: float
    rule: str
    subject: str
    ended: float
    late: bool = False
    """It happened where nothing could be sent: what showed it came in later."""
    verdict: str = CONFIRMED
    note: str = field(default="", compare=False)
    boxes: tuple[Box, ...] = ()
    """Where it was in the camera's picture, at some times; none: it is told by subject and time alone."""


def write(labels: Iterable[Label], out: TextIO) -> None:
    """As JSON lines, sorted; `ended` is null while it goes on, and what says nothing is left out."""
    for label in sorted(labels):
        line: dict[str, Any] = {
            "rule": label.rule,
            "subject": label.subject,
            "started": _iso(label.started),
            "ended": _iso(label.ended),
        }
        if label.verdict != CONFIRMED:
            line["verdict"] = label.verdict
        if label.late:
            line["late"] = True
        if label.note:
            line["note"] = label.note
        if label.boxes:
            line["boxes"] = [[round(ts, 3), *(round(v, 5) for v in box)] for ts, *box in label.boxes]
        out.write(json.dumps(line, ensure_ascii=False) + "\n")


def write_file(labels: Iterable[Label], file: Path) -> None:
    """`write`, to a file."""
    with file.open("w", encoding="utf-8", newline="\n") as out:
        write(labels, out)


def write_csv(labels: Iterable[Label], out: TextIO) -> None:
    """As CSV with `COLUMNS`, sorted; boxes are not in it."""
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    for label in sorted(labels):
        late = "true" if label.late else ""
        times = (_iso(label.started) or "", _iso(label.ended) or "")
        table.writerow((label.rule, label.subject, *times, label.verdict, late, label.note))


def read_file(file: Path) -> list[Label]:
    """The labels in a file, CSV where its name says so, else JSON lines. Raises Faulty with every bad line."""
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise Faulty([Fault(str(file), 0, "", "expected text in UTF-8; save the file as UTF-8")]) from None
    return read(text.splitlines(), str(file)) if file.suffix.lower() != ".csv" else read_csv(text, str(file))


def read(lines: Iterable[str], name: str = "labels") -> list[Label]:
    """The labels of JSON lines. name: the file's, for faults. Raises Faulty with every bad line."""
    return _read(((n, _object(line)) for n, line in enumerate(lines, 1) if line.strip()), name)


def read_csv(text: str, name: str = "labels") -> list[Label]:
    """The labels of a CSV text with a line of names. Raises Faulty with every bad line."""
    table = csv.DictReader(io.StringIO(text))
    lacking = [column for column in COLUMNS[:3] if column not in (table.fieldnames or ())]
    if lacking:
        message = f"expected the columns {', '.join(COLUMNS)} (those after '{COLUMNS[2]}' may lack); this lacks them"
        raise Faulty([Fault(name, 1, column, message) for column in lacking])
    return _read(((table.line_num, {k: v for k, v in row.items() if k is not None and v}) for row in table), name)


def _object(line: str) -> Mapping[str, Any] | str:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else "expected one JSON object a line"


def _read(found: Iterator[tuple[int, Mapping[str, Any] | str]], name: str) -> list[Label]:
    labels: list[Label] = []
    faults: list[Fault] = []
    for number, fields in found:
        try:
            if isinstance(fields, str):
                raise _BadError("", fields)
            labels.append(_label(fields))
        except _BadError as bad:
            faults.append(Fault(name, number, bad.field, bad.message))
    if faults:
        raise Faulty(faults)
    return labels


def _label(fields: Mapping[str, Any]) -> Label:
    for name in ("rule", "subject"):
        if not isinstance(fields.get(name), str) or not fields[name].strip():
            raise _BadError(name, f"expected the name of a {name}, got nothing")
    verdict = str(fields.get("verdict") or CONFIRMED).strip().lower().replace("_", " ").replace("-", " ")
    if verdict not in VERDICTS:
        raise _BadError("verdict", f"expected {' or '.join(map(repr, VERDICTS))}")
    started, ended = _time(fields, "started"), _time(fields, "ended")
    if math.isinf(started):
        raise _BadError("started", "expected a time, got nothing")
    if ended < started:
        raise _BadError("ended", "expected a time that is not before 'started'")
    late = str(fields.get("late") or "").strip().lower() in ("true", "1", "yes")
    try:
        boxes = tuple((float(t), float(x), float(y), float(w), float(h)) for t, x, y, w, h in fields.get("boxes") or ())
    except (TypeError, ValueError):
        raise _BadError("boxes", "expected a list of [seconds, left, top, width, height]") from None
    note = str(fields.get("note") or "")
    return Label(started, fields["rule"].strip(), fields["subject"].strip(), ended, late, verdict, note, boxes)


def _time(fields: Mapping[str, Any], name: str) -> float:
    """UTC seconds: of a number (UTC seconds), or of ISO 8601 with an offset; infinite where there is nothing."""
    value = fields.get(name)
    if value is None or value == "":
        return math.inf
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    try:
        when = datetime.fromisoformat(str(value).strip())
    except ValueError:
        when = None
    if when is None or when.tzinfo is None:
        message = "expected a time with its offset, such as 2026-03-01T08:00:00Z or 2026-03-01T16:00:00+08:00"
        raise _BadError(name, message)
    return when.timestamp()


def _iso(ts: float) -> str | None:
    """To the millisecond."""
    if not math.isfinite(ts):
        return None
    when = datetime.fromtimestamp(round(ts, 3), UTC)
    return when.isoformat(timespec="milliseconds" if when.microsecond else "seconds").replace("+00:00", "Z")


class _BadError(Exception):
    def __init__(self, field: str, message: str) -> None:
        self.field, self.message = field, message
