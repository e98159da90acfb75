"""case_journal: what the journal still knows of a case: the rule as it was, the world, and the rows around it.

Reads only the stretch of the journal in which the case happened. A journal keeps less than the store does: what it no
longer has is left out, and that is said.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import msgspec

from cases.case import Case as Episode
from cases.export.dossier import Case
from gridwatch.exporting import version_in_force
from gridwatch.journal_about import Stretch, names_of
from pipeline.engine import LoadVersion
from pipeline.entries import Kind
from pipeline.journal import ContentDamaged, ContentMissing, Contents, JournalError, JournalReader
from pipeline.journal.contents import CONTENTS
from pipeline.names import Names
from pipeline.registers import Registers
from pipeline.runtime.compose import VersionPayload, compose, make_rule, read_config, read_version
from pipeline.runtime.config import Configuration
from pipeline.runtime.opening import SNAPSHOTS
from pipeline.version import Rule, Version
from pipeline.world import World
from replay.cutting import position_at
from replay.outcome import Outcome
from replay.recording import find_recording
from replay.report.facts import Facts
from replay.report.picking import Item, items, windows
from replay.surroundings import Surroundings, Window, surroundings

_EARLIER = 60.0
"""Seconds of the journal that are read before the first row that is wanted: sources are a little out of order."""
_LATER = 1800.0
"""... and after the last: rows that came late."""
_DRAWN = 6
"""Members of a case that are drawn at most; a storm can have thousands."""


@dataclass(frozen=True, slots=True)
class Told:
    """What it knows; '' and None for what it does not know any more."""

    configuration: str = ""
    world: str = ""
    """Content hashes of what was in force when the case opened."""
    city: str = ""
    time_zone: str = ""
    rules: Mapping[str, Rule] | None = None
    """Rule id -> the rule as it was then."""
    registers: Registers | None = None
    around: Surroundings | None = None
    """The rows around `items`; None where the journal no longer has them."""
    items: Sequence[Item] = ()
    """What is drawn: the case's members, with the time around each."""
    part: bool = False
    """Whether less was read than there is."""


class Elsewhere(Protocol):
    """Where rows are, beside the journal: a city's history."""

    def around(self, windows: Sequence[Window], version: Version, names: Names, whole: bool) -> Surroundings | None:
        """The rows in the windows; version and names: what they are told by. whole: only if it surely has all of them.
        None: it can't tell now, or has none."""


class FarJournal(Protocol):
    """The journal, where it is not in the city's data: on Kafka."""

    def contents(self, payload: bytes) -> Contents:
        """Where what the payload of a version names is. Raises JournalError."""
        ...

    def around(
        self, windows: Sequence[Window], registers: Registers, load: LoadVersion, current: bytes
    ) -> tuple[Surroundings | None, bool]:
        """The rows in the windows, and whether less was read than there was; None: it has none of then any more.

        current: the payload of the version by which it begins. Raises JournalError.
        """
        ...


def told_of(
    about: Case,
    data: Path,
    most: int | None = None,
    elsewhere: Elsewhere | None = None,
    far: FarJournal | None = None,
) -> Told:
    """data: the city's data folder. most: entries that are read around its opening; None: all that are wanted.
    elsewhere: is asked for the rows first; where it has none, the journal is read. far: the journal; None: it is in the
    city's data.

    Raises JournalError where the journal is damaged or can't be read, Faulty.
    """
    then = hashes(about.case["version"])
    if far is not None:
        return _told_by(far, about, elsewhere) if any(then) else Told()
    recording = find_recording(data) if data.exists() else None
    if recording is None:
        return Told(*then)
    reader, position = recording.reader(), about.case["opened_position"]
    kept = about.case["version"].encode() if any(then) else None
    payload = kept or _version(reader, min(max(position, reader.first), reader.head))
    if payload is None:
        return Told()
    contents = Contents(recording.journal / CONTENTS)
    load = _loading(lambda _: contents)
    try:
        names = Names()
        version = load(payload, names)
    except JournalError:  # what it names is not kept any more
        return Told(*then)
    registers, zone = version.world.registers, version.world.registers.time_zone
    if position < reader.first and kept is None:  # what was in force then is not known; the city has hardly moved
        return Told(city=version.city, time_zone=zone, registers=registers)
    rules = {rule.id: rule for rule in version.rules}
    shown = _items(about, rules)
    around, part = None, False
    if shown and elsewhere is not None:
        around = elsewhere.around(windows(shown), version, names, whole=position >= reader.first)
    if shown and around is None and position >= reader.first:
        first = position_at(reader, min(item.since for item in shown) - _EARLIER)
        last = position_at(reader, max(item.until for item in shown) + _LATER)
        if most is not None and last - first > most:
            part, first, last = True, max(first, position - most // 2), min(last, position + most // 2)
        stretch = Stretch(reader, last, names_of((item.subject for item in shown), registers))
        current = payload if not _changed(reader, first, position) else _version(reader, first)
        if last > first:
            around = surroundings(stretch, load, windows(shown), start=first, current=current)
    return Told(*hashes(payload), version.city, zone, rules, registers, around, shown, part)


def _told_by(far: FarJournal, about: Case, elsewhere: Elsewhere | None) -> Told:
    payload = about.case["version"].encode()
    load, names = _loading(far.contents), Names()
    try:
        version = load(payload, names)
    except (ContentMissing, ContentDamaged):  # what it names is not kept any more
        return Told(*hashes(payload))
    registers, rules = version.world.registers, {rule.id: rule for rule in version.rules}
    shown, around, part = _items(about, rules), None, False
    if shown and elsewhere is not None:
        around = elsewhere.around(windows(shown), version, names, whole=True)
    if shown and around is None:
        around, part = far.around(windows(shown), registers, load, payload)
    if shown and around is None and elsewhere is not None:
        around = elsewhere.around(windows(shown), version, names, whole=False)
    return Told(*hashes(payload), version.city, registers.time_zone, rules, registers, around, shown, part)


def _loading(contents: Callable[[bytes], Contents]) -> LoadVersion:
    """Versions out of their payloads, each world compiled once. contents: where what a payload names is. Raises
    JournalError, Faulty."""
    known: dict[bytes, tuple[Configuration, World]] = {}

    def load(payload: bytes, names: Names) -> Version:
        if payload not in known:
            configuration, registers = read_version(payload, contents(payload))
            known[payload] = configuration, World(registers)
        return compose(*known[payload], names)

    return load


def rules_then(
    version: str | None, position: int, data: Path, far: FarJournal | None = None
) -> tuple[Mapping[str, Rule], str, str]:
    """The rules that were in force, and the hashes of configuration and world; nothing where nobody knows any more.

    version: the payload of what was in force when a case opened; None: as the journal says of that position. Reads no
    more of the journal than that takes. far: as for `told_of`. Raises JournalError, Faulty.
    """
    if far is not None:
        known = hashes(version)
        return (_rules(far.contents(str(version).encode()), known[0]) if any(known) else {}), *known
    recording = find_recording(data) if data.exists() else None
    if recording is None:
        return {}, *hashes(version)
    payload = version.encode() if version and any(hashes(version)) else None
    if payload is None:
        reader = recording.reader()
        if position < reader.first:
            return {}, "", ""
        payload = _version(reader, min(position, reader.head))
    configuration, world = hashes(payload)
    return _rules(Contents(recording.journal / CONTENTS), configuration), configuration, world


def _rules(contents: Contents, configuration: str) -> Mapping[str, Rule]:
    try:
        stored = contents.get(configuration) if configuration else None
    except JournalError:  # it is not kept any more
        stored = None
    rules = [] if stored is None else [make_rule(each) for each in read_config(stored).rules]
    return {rule.id: rule for rule in rules}


def registers_then(version: str | None, data: Path, far: FarJournal | None = None) -> Registers | None:
    """The registers that were in force when a case opened, where any clock was corrected; None where none was, or
    nobody knows any more. version: the payload. far: as for `told_of`. Raises JournalError."""
    world = hashes(version)[1]
    recording = find_recording(data) if far is None and data.exists() else None
    if not world or (far is None and recording is None):
        return None
    if far is not None:
        contents = far.contents(str(version).encode())
    elif recording is not None:
        contents = Contents(recording.journal / CONTENTS)
    try:
        stored = contents.get(world)
    except (ContentMissing, ContentDamaged):  # it is not kept any more
        return None
    return Registers.from_bytes(stored) if b"clocks" in stored else None


def hashes(payload: str | bytes | None) -> tuple[str, str]:
    """Of the configuration and the world that a version names; '' where none is known."""
    try:
        found = msgspec.json.decode(payload or b"", type=VersionPayload)
    except msgspec.DecodeError:
        return "", ""
    return found.config, found.world


def _version(reader: JournalReader, position: int) -> bytes | None:
    return version_in_force(reader, position, reader.folder / SNAPSHOTS) if reader.head > reader.first else None


def _items(about: Case, rules: Mapping[str, Rule]) -> list[Item]:
    """The first members with the time around each, as the reports of replays choose it."""
    episodes = [_episode(row) for row in about.episodes[:_DRAWN]]
    ends = [each.started if math.isnan(each.ended) else each.ended for each in episodes]
    last = max([about.case["changed"], *ends])
    return items(Facts("", Outcome(cases=episodes, rules=dict(rules), until=last)))


def _episode(row: Mapping[str, Any]) -> Episode:
    values = {name: row[name] for name in Episode.__struct_fields__ if name in row}
    return msgspec.convert({name: math.nan if value is None else value for name, value in values.items()}, Episode)


def _changed(reader: JournalReader, first: int, position: int) -> bool:
    """Whether another version came into force from a position on, up to another."""
    kinds = (piece.batch.column("kind").to_numpy() for piece in Stretch(reader, position + 1).read(first))
    return any((some == Kind.VERSION).any() for some in kinds)
