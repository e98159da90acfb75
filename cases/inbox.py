"""inbox: steps and reports from this machine's commands to its city: files in the city's data folder.

Whoever may write there may say something; the city takes the files when it next looks, or when it next starts. A file
appears whole or not at all, and is there until the journal has it, so that nothing is lost and its id keeps it from
being done twice.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from cases.words import Report, Step, decode_report, decode_step, encode

INBOX = "inbox"
"""The folder's name in a city's data."""
_STEP, _REPORT = ".step.json", ".report.json"


def drop(data: Path, said: Step | Report) -> Path:
    """Put it there, safely on the disk. data: the city's data folder. Raises OSError."""
    folder = data / INBOX
    folder.mkdir(mode=0o750, exist_ok=True)
    file = folder / f"{said.id}{_STEP if isinstance(said, Step) else _REPORT}"
    part = file.with_suffix(".part")
    with part.open("wb") as writing:
        writing.write(encode(said))
        writing.flush()
        os.fsync(writing.fileno())
    part.replace(file)
    return file


def waiting(data: Path) -> Iterator[tuple[Path, Step | Report | None]]:
    """What is there, in the order in which it was said; None for what can't be read."""
    folder = data / INBOX
    if not folder.is_dir():
        return
    found = [(_read(file), file) for file in folder.iterdir() if file.name.endswith((_STEP, _REPORT))]
    for said, file in sorted(found, key=lambda each: (each[0].at if each[0] else 0.0, each[1].name)):
        yield file, said


def _read(file: Path) -> Step | Report | None:
    try:
        payload = file.read_bytes()
        return decode_step(payload) if file.name.endswith(_STEP) else decode_report(payload)
    except (OSError, msgspec.MsgspecError):
        return None
