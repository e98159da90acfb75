"""recording: a folder that holds all that is needed to judge again what happened, on any machine.

    recording.json   what it is: city, period, what was left out, whether the labels are all that was wrong
    journal/         entries with ticks and versions; contents/ in it has the configurations and worlds as they were
    labels.jsonl     what was really wrong, or was not (replay/labels.py); may lack
    cases.jsonl      the cases as they stood when it was made; may lack
    city.yaml        the configuration as it was, to be changed and tried; may lack
    evidence/        files that cases point to; may lack

Whatever has a journal is a recording: a city's data folder, what `gridwatch import` and `gridwatch simulate` write.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from pipeline.faults import Fault, Faulty
from pipeline.journal import JournalReader
from pipeline.journal.reader import SEGMENTS

MANIFEST = "recording.json"
JOURNAL = "journal"
LABELS = "labels.jsonl"
CASES = "cases.jsonl"
CONFIGURATION = "city.yaml"
EVIDENCE = "evidence"
FORMAT = 1


class Manifest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a recording says of itself."""

    format: int = FORMAT
    city: str = ""
    made_by: str = ""
    """record, export, import, simulate"""
    since: str = ""
    until: str = ""
    """From when to when deliveries were received, ISO 8601 UTC."""
    case: str = ""
    """The id of the case that it was made for."""
    positions: tuple[int, int] | None = None
    """Which of the original journal's entries: the first, and the one after the last."""
    filters: dict[str, list[str]] = {}
    """What alone was taken (subjects, topics); what is not named was taken whole."""
    labelled: bool | list[str] = True
    """Whether the labels are all that was wrong: of all rules, of none, or of these."""
    skew: float = 0.0
    """By how much clocks are known to be wrong, seconds."""
    late: float = 0.0
    """How long after the fact uploads came, seconds."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A folder with a journal, and what lies beside it."""

    folder: Path
    journal: Path
    manifest: Manifest = field(default_factory=Manifest)

    @property
    def labels(self) -> Path | None:
        """The file of labels; None where there is none."""
        found = [self.folder / LABELS, self.folder / "labels.csv"]
        return next((file for file in found if file.exists()), None)

    @property
    def name(self) -> str:
        """What it is called: the folder's name."""
        folder = self.folder.resolve()
        return folder.parent.name if folder.name == JOURNAL else folder.name

    def reader(self) -> JournalReader:
        """Its entries."""
        return JournalReader(self.journal)


def find_recording(folder: Path) -> Recording | None:
    """The recording in a folder, given that, the journal's own, or a city's data; None where there is no journal.

    Raises Faulty where its manifest can't be read.
    """
    if (folder / SEGMENTS).is_dir():
        beside = folder.parent if (folder.parent / MANIFEST).exists() and folder.name == JOURNAL else folder
        return Recording(beside, folder, read_manifest(beside))
    if (folder / JOURNAL / SEGMENTS).is_dir():
        return Recording(folder, folder / JOURNAL, read_manifest(folder))
    return None


def read_manifest(folder: Path) -> Manifest:
    """What a folder says of itself; the defaults where it says nothing. Raises Faulty."""
    file = folder / MANIFEST
    if not file.exists():
        return Manifest()
    try:
        content: Any = json.loads(file.read_bytes())
        manifest = msgspec.convert(content, Manifest)
    except (ValueError, msgspec.ValidationError) as error:
        raise Faulty([Fault(str(file), 0, "", f"expected what gridwatch wrote: {error}")]) from None
    if manifest.format != FORMAT:
        message = f"expected a recording of format {FORMAT}, got {manifest.format}; a newer gridwatch wrote it"
        raise Faulty([Fault(str(file), 0, "format", message)])
    return manifest


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Into a folder that exists."""
    content = {"format": manifest.format, **msgspec.to_builtins(manifest)}
    text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True)
    (folder / MANIFEST).write_text(text + "\n", "utf-8")
