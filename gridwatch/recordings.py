"""recordings: what is replayed, opened: entries, versions, labels, wherever they come from.

Reads a recording's folder, a journal's, a city's data, what was imported or simulated. What all commands of the harness
begin with.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gridwatch.problems import Exit, Problem, city_file

if TYPE_CHECKING:
    from gridwatch.mot import Asked
    from pipeline.engine import LoadVersion
    from pipeline.names import Names
    from pipeline.registers import Registers
    from pipeline.runtime.compose import City
    from pipeline.version import Version
    from replay.labels import Label
    from replay.outcome import Outcome
    from replay.recording import Recording
    from replay.replaying import Entries, Replayed

Change = Callable[["Version"], "Version"]
"""Makes another version of one: other rules, say."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A recording, and how it is to be judged."""

    name: str
    entries: Callable[[], Entries]
    """Made anew each time it is called."""
    first: int
    head: int
    """The positions of its entries."""
    load: LoadVersion
    current: bytes | None = None
    """The payload of a version that is in force from the beginning; None: the journal says what is."""
    labels: list[Label] = field(default_factory=list)
    labelled: Container[str] | None = None
    """The rules of which the labels are all that was wrong; None: all."""
    skew: float = 0.0
    late: float = 0.0
    """By how much clocks are wrong and how late uploads come, seconds: known of the recording."""
    recording: Recording | None = None
    """Where it is a folder with a journal."""
    faults: str = ""
    seed: int = 0
    """What is injected, as it may be written again, and of which dice; '': nothing."""
    notes: tuple[str, ...] = ()
    """What was taken because the recording does not say it, and what was left out."""
    city: City | None = None
    """The configuration that all of it is judged by; None: what the journal says was in force."""

    def changed(self, change: Change) -> Opened:
        """The same recording, judged by other versions."""
        load = self.load
        return replace(self, load=lambda payload, names: change(load(payload, names)))

    def with_faults(self, faults: str, seed: int = 1) -> Opened:
        """The same recording, as if devices and networks had been worse. Raises Problem where the text says nothing
        that there is."""
        from replay.faults import parse

        try:
            parsed = parse(faults)
        except ValueError as error:
            raise Problem(f"--faults: {error}", Exit.USAGE) from None
        return replace(
            self,
            entries=lambda: parsed.entries(self.entries(), self.load, seed, self.current),
            load=anew(lambda: parsed.version(self.load, seed)),
            faults=str(parsed),
            seed=seed,
            skew=self.skew + parsed.skew,
            late=self.late + parsed.late,
        )

    def judge(
        self,
        *,
        start: int | None = None,
        batch: int = 65_536,
        progress: Callable[[int], object] = lambda _: None,
        replaying: Callable[..., Replayed] | None = None,
    ) -> Outcome:
        """Judge it and score it by its labels. replaying: what does it; None: the engine, here. Raises Problem where
        nothing says what its entries mean."""
        from pipeline.engine import NoVersion
        from replay.outcome import judge
        from replay.replaying import replay

        try:
            return judge(
                self.entries(),
                self.load,
                lambda: self.labels,
                complete=self.labelled,
                skew=self.skew,
                late=self.late,
                boxes=any(label.boxes for label in self.labels),
                start=start,
                current=self.current,
                batch=batch,
                progress=progress,
                replaying=replaying or replay,
            )
        except NoVersion as error:
            message = f"{self.name}: {error}. Name the configuration to judge by: --config FILE."
            raise Problem(message, Exit.USAGE) from error


def open_recording(
    folder: Path, config: Path | None = None, labels: Path | None = None, mot: Asked | None = None
) -> Opened:
    """Open what is in a folder. Raises Problem, Faulty.

    folder: a recording, or the configuration of a city on Kafka, or what that is in: then of all that Kafka keeps.
    config: judge by this configuration all along; by the recorded world where it names no registers. labels: a file of
    labels instead of those that lie beside the journal. mot: what a folder of MOT files does not say.
    """
    from replay.labels import read_file
    from replay.recording import find_recording

    if folder.exists() and (folder.is_file() or find_recording(folder) is None):
        from gridwatch.cluster_recordings import on_kafka
        from gridwatch.mot import open_mot

        cluster = on_kafka(folder)
        if cluster is not None:
            taken = cluster.recording()
            opened = open_recording(taken.recording.folder, config, labels)
            return replace(opened, notes=(*opened.notes, *taken.said))

        sequences = open_mot(folder, config, mot)
        if sequences is not None:
            return sequences if labels is None else replace(sequences, labels=read_file(labels))
    recording = recording_in(folder)
    load, current, city = versions(recording, config)
    reader = recording.reader()
    file = labels or recording.labels
    manifest = recording.manifest
    labelled: Container[str] | None = None if manifest.labelled is True else manifest.labelled or ()
    return Opened(
        name=recording.name,
        entries=recording.reader,
        first=reader.first,
        head=reader.head,
        load=load,
        current=current,
        labels=[] if file is None else read_file(file),
        labelled=labelled,
        skew=manifest.skew,
        late=manifest.late,
        recording=recording,
        city=city,
    )


def recording_in(folder: Path) -> Recording:
    """What is in a folder. Raises Problem where that is no recording, Faulty."""
    from replay.recording import find_recording

    recording = find_recording(folder)
    if recording is None:
        message = (
            f"{folder}: there is no journal here. `gridwatch import`, `record` and `run` make them; where a city is on"
            " Kafka, name its city.yaml."
        )
        raise Problem(message, Exit.USAGE)
    return recording


def versions(recording: Recording, config: Path | None) -> tuple[LoadVersion, bytes | None, City | None]:
    """How versions are made, the payload of the one that is in force at the beginning, and the configuration asked
    for: both None where it is the journal that says."""
    from pipeline.journal import Contents
    from pipeline.journal.contents import CONTENTS
    from pipeline.runtime.compose import load_city, load_version

    contents = Contents(recording.journal / CONTENTS)
    if config is None:
        return lambda payload, names: load_version(payload, contents, names), None, None
    city = load_city(city_file(config), recorded=lambda: recorded_world(recording))
    return always(city), b"{}", city


def anew(make: Callable[[], LoadVersion]) -> LoadVersion:
    """What `make` makes, made for each replay: one that has names of its own."""
    made: list[tuple[Names, LoadVersion]] = []

    def load(payload: bytes, names: Names) -> Version:
        if not made or made[0][0] is not names:
            made[:] = [(names, make())]
        return made[0][1](payload, names)

    return load


def always(city: City) -> LoadVersion:
    """One configuration, whatever the journal says."""
    made: list[Version] = []

    def load(_: bytes, names: Names) -> Version:
        if not made or made[0].world.names is not names:
            made[:] = [city.version(names)]
        return made[0]

    return load


def recorded_world(recording: Recording) -> Registers | None:
    """The registers that were in force at the recording's end; None where no version is in it."""
    from pipeline.journal import Contents
    from pipeline.journal.contents import CONTENTS
    from pipeline.runtime.compose import registers_of
    from replay.cutting import version_at

    reader = recording.reader()
    last = version_at(reader, reader.head)
    return None if last is None else registers_of(last, Contents(recording.journal / CONTENTS))
