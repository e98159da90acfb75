"""cluster_recordings: the journal of a city on Kafka as a recording's folder: what reads journals reads it then.

Only read, by nobody's group: workers notice nothing. It is as large on the disk as the same stretch of the journal of
a city in one process.
"""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridwatch.problems import Exit, Problem, city_file

if TYPE_CHECKING:
    from pipeline.runtime.cluster.entries_read import EntriesRead
    from pipeline.runtime.cluster.names import Topics
    from pipeline.runtime.config import Configuration
    from replay.recording import Recording

EARLIER = 60.0
"""Seconds that are taken before a period: sources are a little out of order."""
LATER = 1800.0
"""... and after it: what was received then and Kafka took later."""
_KEPT: list[tempfile.TemporaryDirectory[str]] = []
"""Folders that are there until this process ends."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was read of a journal on Kafka."""

    recording: Recording
    since: float
    """From when on it was asked for, UTC seconds; -inf: from its beginning."""
    kept: float
    """From when on Kafka has the journal whole; -inf: from its beginning."""
    unreadable: int
    """Messages that were none of ours."""

    @property
    def said(self) -> tuple[str, ...]:
        """What it lacks."""
        lines = []
        if self.kept > self.since:
            lines.append(_kept(self.recording.manifest.city, self.kept))
        if self.unreadable:
            lines.append(f"Left out, since gridwatch did not write them, messages of the journal: {self.unreadable}.")
        return tuple(lines)


@dataclass(frozen=True, slots=True)
class OnKafka:
    """A city whose journal is there."""

    file: Path
    """Its configuration."""
    configuration: Configuration
    how: dict[str, Any]
    """What aiokafka's clients are made with."""
    topics: Topics

    def write(self, folder: Path, since: float = -math.inf, until: float = math.inf) -> Taken:
        """What was received from `since` to `until`, UTC seconds, and a little around it, as a recording in a folder
        that is empty.

        Raises Problem where Kafka does not answer or has nothing of then, JournalError where the disk takes no more.
        """
        from pipeline.runtime.cluster.entries_read import EntriesRead
        from pipeline.runtime.cluster.producing import NotTaken

        try:
            with EntriesRead(self.how, self.topics) as entries:
                return self._write(entries, folder, since, until)
        except NotTaken as error:
            raise Problem(str(error)) from None

    def _write(self, entries: EntriesRead, folder: Path, since: float, until: float) -> Taken:
        from pipeline.entries import EntryBuffer, Kind
        from pipeline.journal import Contents, Journal
        from pipeline.journal.contents import CONTENTS
        from pipeline.runtime.cluster.contents import SharedContents
        from replay.recording import JOURNAL, Manifest, Recording

        stretch = entries.stretch(since - EARLIER, until + LATER)
        if until < stretch.kept:
            said = _kept(self.configuration.city, stretch.kept)
            raise Problem(f"{said} What came before is not kept any more: ask for a later time.", Exit.FOUND)
        current = entries.version_before(stretch)
        contents, shared = Contents(folder / JOURNAL / CONTENTS), SharedContents(self.how, self.topics.contents)
        with Journal.open(folder / JOURNAL) as journal:
            for piece in entries.read(stretch):
                kinds = piece.batch.column("kind").to_numpy()
                if piece.first == 0 and current is not None and kinds[0] != Kind.VERSION:
                    begin = EntryBuffer()
                    begin.add(Kind.VERSION, "", "", 0.0, current)
                    shared.fetch(current, contents, patience=0.0)
                    journal.commit(begin)
                for at in (kinds == Kind.VERSION).nonzero()[0].tolist():
                    shared.fetch(piece.batch.column("payload")[at].as_py(), contents, patience=0.0)
                journal.commit(piece.batch)
            if not journal.head:
                raise Problem(f"The topic {self.topics.entries} has nothing that was received then.", Exit.FOUND)
        recording = Recording(folder, folder / JOURNAL, Manifest(city=self.configuration.city))
        return Taken(recording, since, stretch.kept, entries.unreadable)

    def recording(self, since: float = -math.inf, until: float = math.inf) -> Taken:
        """As `write`, in a folder that is there until this process ends."""
        folder: tempfile.TemporaryDirectory[str] = tempfile.TemporaryDirectory(prefix="gridwatch-kafka-")
        _KEPT.append(folder)
        named = Path(folder.name) / self.configuration.city
        named.mkdir()
        return self.write(named, since, until)


def on_kafka(config: Path | None) -> OnKafka | None:
    """The city of a configuration, given that file or its folder; None where there is none, it is not on Kafka, or what
    lies in the folder is a recording.

    None given: the `city.yaml` that is here. Raises Faulty.
    """
    from pipeline.runtime.config import load
    from replay.recording import find_recording

    if config is not None and config.is_dir() and find_recording(config) is not None:
        return None
    file = city_file(config or Path("city.yaml"))
    if file.suffix not in (".yaml", ".yml") or not file.is_file():
        return None
    return kafka_of(file, load(file))


def kafka_of(file: Path, configuration: Configuration) -> OnKafka | None:
    """The city of a configuration that was read; None: it is not on Kafka. Raises Faulty."""
    if configuration.runtime != "cluster" or configuration.kafka is None:
        return None
    from pipeline.runtime.cluster.settings import connection_of

    how = connection_of(file, configuration.kafka)
    return OnKafka(file, configuration, how, configuration.kafka.topics(configuration.city))


def _kept(city: str, since: float) -> str:
    from cases.case import iso

    return f"Kafka has the journal of '{city}' from {iso(math.ceil(since))} on (kafka.retention)."
