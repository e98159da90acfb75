"""compare_sides: what is compared: a configuration, what was in force, a version of the journal, or a file of cases."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gridwatch.cli.frame import Exit, Problem
from gridwatch.cli.in_force import last_version, versions_in
from gridwatch.cli.replay import judged
from gridwatch.recordings import Opened, open_recording

if TYPE_CHECKING:
    from cases.case import Case
    from pipeline.version import Rule, Version

RECORDED = "recorded"
_CASES = (".jsonl", ".json", ".ndjson")
_ID = 16


@dataclass(slots=True)
class Side:
    """One of the two."""

    name: str
    """As it is shown: nothing of this machine in it."""
    cases: list[Case]
    version: Version | None = None
    """The last that was in force; None for a file of cases."""
    opened: Opened | None = None
    """To be judged again for a closer look; None for a file of cases."""
    versions: int = 1
    rules: dict[str, Rule] = field(default_factory=dict)
    """Those of the version."""


def side_of(text: str, folder: Path | None, letter: str, only: Container[str] | None, batch: int) -> Side:
    """The side that is meant, judged. letter: A or B. only: the rules that are asked about; None: all. Raises Problem,
    Faulty."""
    from replay.comparing.told import read_cases

    path = Path(text)
    if path.is_file() and path.suffix in _CASES:
        return Side(path.name, read_cases(path))
    if folder is None:
        raise Problem(
            f"{letter} is no file of cases, so that it must be judged: name a recording with --on", Exit.USAGE
        )
    opened, versions = _opened(text, path, folder, letter)
    opened = replace(opened, labels=[])
    version = last_version(opened)
    asked = opened if only is None else opened.changed(lambda each: _having(each, only))
    outcome = judged(asked, batch=batch, what=f"{letter}: ")
    rules = {rule.id: rule for rule in version.rules}
    return Side(_name(text, path), outcome.cases, version, opened, versions, rules)


def _having(version: Version, only: Container[str]) -> Version:
    return replace(version, rules=[rule for rule in version.rules if rule.id in only])


def _opened(text: str, path: Path, folder: Path, letter: str) -> tuple[Opened, int]:
    """And how many versions are in force, one after another."""
    if text == RECORDED:
        opened = open_recording(folder)
        return opened, 1 if opened.current is not None else len(versions_in(opened))
    if path.is_file() or (path / "city.yaml").is_file():
        return open_recording(folder, path), 1
    opened = open_recording(folder)
    known = versions_in(opened)
    meant = [each for each in known if len(text) >= 2 and each.id.startswith(text)]
    if len(meant) == 1:
        payload, load = meant[0].payload, opened.load
        return replace(opened, load=lambda _, names: load(payload, names), current=payload), 1
    there = ", ".join(f"{each.id[:8]} (from entry {each.position} on)" for each in known) or "none"
    raise Problem(
        f"{letter}: expected a configuration, 'recorded', a file of cases (.jsonl) or a version of the recording,"
        f" got '{text}'.\nIts versions: {there}",
        Exit.USAGE,
    )


def _name(text: str, path: Path) -> str:
    if text == RECORDED or not path.exists():
        return text
    file = path / "city.yaml" if path.is_dir() else path
    return "/".join(file.parts[-2:])
