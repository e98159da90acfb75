"""export: a period of what a city has recorded, around a case or from one time to another, as a folder that replays
anywhere: journal with ticks and versions, the world as it was, configuration, labels, cases.

What came before the period is not in it, so that what was going on at its beginning is not known to it. Where it is
made for a case, it is judged again at once, and said whether the same case comes of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwatch.cli.data import FILE, city_data
from gridwatch.cli.frame import Exit, Problem
from gridwatch.cluster_recordings import OnKafka, on_kafka
from gridwatch.exporting import cases_in, city_of, new_folder, said_of, version_in_force, write_beside
from gridwatch.recordings import open_recording, recording_in
from gridwatch.times import duration_option, time_option

if TYPE_CHECKING:
    from cases.case import Case
    from pipeline.journal import Contents
    from replay.cutting import Keep
    from replay.labels import Label
    from replay.recording import Recording

SubjectsOption = Annotated[
    list[str] | None, typer.Option("--subject", help="Only what is about this vehicle, bin or camera. May be repeated.")
]
TopicsOption = Annotated[
    list[str] | None,
    typer.Option("--topic", help="Only these topics; + stands for a level, # for the rest. May be repeated."),
]


@dataclass(frozen=True, slots=True)
class _Period:
    since: float
    until: float
    case: Case | None = None


def export(
    to: Annotated[Path, typer.Argument(help="The folder to write; it must be empty or not exist.")],
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="A city's data folder, a recording, or the city.yaml of a city on Kafka. Default: the city.yaml here."
        ),
    ] = None,
    case: Annotated[str | None, typer.Option(help="Around this case: its id, or the beginning of it.")] = None,
    since: Annotated[str | None, typer.Option(help="From then on: ISO 8601; without offset the city's time.")] = None,
    until: Annotated[str | None, typer.Option(help="Up to then.")] = None,
    before: Annotated[str, typer.Option(help="How long before the case.")] = "30min",
    after: Annotated[str, typer.Option(help="How long after the case's end.")] = "10min",
    subject: SubjectsOption = None,
    topic: TopicsOption = None,
    config: Annotated[
        Path | None, typer.Option(help="The city's configuration, or the folder it is in. Default: city.yaml.")
    ] = None,
) -> None:
    """Cut a period out of what was recorded, as a folder that replays anywhere."""
    from cases.case import iso
    from pipeline.journal import Contents
    from pipeline.journal.contents import CONTENTS
    from pipeline.runtime.opening import SNAPSHOTS
    from replay.cutting import Cut, position_at
    from replay.labelling import within
    from replay.recording import Manifest

    if (case is None) == (since is None and until is None):
        raise Problem("Name a case (--case ID), or a period (--since and --until).", Exit.USAGE)
    cluster = on_kafka(config if folder is None else folder)
    zone, store = None, None
    if folder is None or cluster is not None:
        data = city_data(config if folder is None else folder, None)
        folder, zone, store = data.folder, data.zone, data.store
    recording = recording_in(folder) if cluster is None else None
    if recording is not None:
        store = store or recording.folder / FILE
    if case is not None:
        found = find_case(case, store, recording)
        period = _around(found, duration_option("--before", before), duration_option("--after", after))
    else:
        period = _Period(time_option("--since", since, zone), time_option("--until", until, zone, math.inf))
    if recording is None:
        recording = _from_kafka(cluster, period)
    reader = recording.reader()
    first = position_at(reader, period.since)
    last = reader.head if math.isinf(period.until) else position_at(reader, math.nextafter(period.until, math.inf))
    if first >= last:
        raise Problem(f"{recording.folder}: nothing was recorded then.", Exit.FOUND)
    version = version_in_force(reader, first, recording.journal / SNAPSHOTS)
    contents = Contents(recording.journal / CONTENTS)
    keep = keep_of(subject, topic, contents, version)
    new_folder(to)
    cut = Cut(to, contents, keep)
    try:
        cut.begin(version, period.since if math.isfinite(period.since) else 0.0)
        for piece in reader.read(first):
            if piece.first >= last:
                break
            cut.take(piece.between(piece.first, min(piece.end, last)))
    finally:
        cut.close()
    manifest = Manifest(
        city=recording.manifest.city or city_of(version, contents),
        made_by="export",
        since=iso(cut.since) or "",
        until=iso(cut.until) or "",
        case=period.case.id if period.case else "",
        positions=(first, last) if cluster is None else None,
        filters=filters_of(subject, topic),
        labelled=recording.manifest.labelled if recording.labels else False,
        skew=recording.manifest.skew,
        late=recording.manifest.late,
    )
    labels = within(_labels(recording, store), period.since, period.until)
    labels = [each for each in labels if not subject or each.subject in subject]
    write_beside(to, manifest, version, contents, labels, _cases(store, period, subject))
    typer.echo(f"{cut.deliveries} deliveries, {cut.entries} entries and {len(labels)} labels in {to}")
    if version is None:
        typer.echo("The journal no longer says which configuration was in force: replay it with --config.", err=True)
        raise typer.Exit(Exit.FOUND)
    if period.case is not None:
        _judge_again(to, period.case, before)
    typer.echo(f"Next: gridwatch replay {to}")


def keep_of(
    subjects: Sequence[str] | None, topics: Sequence[str] | None, contents: Contents, version: bytes | None
) -> Keep | None:
    """Which deliveries are kept; None: all. contents: the journal's. version: in force at the beginning. Raises
    Problem."""
    from pipeline.runtime.compose import load_version
    from replay.cutting import about, on_topics

    if version is None and subjects:
        raise Problem(
            "The journal no longer says which configuration was in force then, so whom a delivery is about is not"
            " known. Leave --subject out.",
            Exit.FOUND,
        )
    load = lambda payload, names: load_version(payload, contents, names)  # noqa: E731
    keep = about(subjects, load, version) if subjects else None
    return on_topics(_matching(topics), keep) if topics else keep


def filters_of(subjects: Sequence[str] | None, topics: Sequence[str] | None) -> dict[str, list[str]]:
    """As the manifest has them."""
    return {name: list(given) for name, given in (("subject", subjects), ("topic", topics)) if given}


def _around(case: Case, before: float, after: float) -> _Period:
    """The period of a case that goes on ends with what was recorded."""
    return _Period(case.started - before, math.inf if case.open else case.ended + after, case)


def _from_kafka(cluster: OnKafka | None, period: _Period) -> Recording:
    """What Kafka has of a period. Raises Problem."""
    if cluster is None:
        raise RuntimeError("there is a recording, or a city on Kafka")
    taken = cluster.recording(period.since, period.until)
    for line in taken.said:
        typer.echo(line, err=True)
    return taken.recording


def find_case(id: str, store: Path | str | None, recording: Recording | None) -> Case:
    """As it is stored, else as it comes of a replay. Raises Problem."""
    from cases.store import NoSuchCase
    from replay.why.survey import NotToldOf, which_case

    try:
        with cases_in(store) as cases:
            if cases is not None:
                return cases.get(id)
        if recording is None:
            raise NoSuchCase("There are no cases yet: `gridwatch worker` makes their tables.")
        opened = open_recording(recording.folder)
        return which_case(opened.entries(), (opened.load, opened.current), id)
    except (NoSuchCase, NotToldOf) as error:
        raise Problem(str(error), Exit.FOUND) from None


def _judge_again(to: Path, case: Case, before: str) -> None:
    """Say whether the same case comes of it."""
    found = next((each for each in open_recording(to).judge().cases if each.id == case.id), None)
    if found is not None and (found.started, found.confirmed) == (case.started, case.confirmed):
        typer.echo(f"Judged again: case {case.id[:8]} comes of it, started and confirmed as it was.")
        return
    what = "otherwise" if found is not None else "not"
    typer.echo(
        f"Judged again: case {case.id[:8]} comes {what}. What made it began earlier: take more before it"
        f" (--before {before} was taken), or what --subject and --topic left out.",
        err=True,
    )
    raise typer.Exit(Exit.FOUND)


def _cases(store: Path | str | None, period: _Period, subjects: Sequence[str] | None) -> list[Case] | None:
    """Those that touch the period, as the city has them; None where it has no list."""
    with cases_in(store) as cases:
        if cases is None:
            return None
        return [
            case
            for case in cases.list()
            if case.started <= period.until
            and (case.open or case.ended >= period.since)
            and (not subjects or case.subject in subjects)
        ]


def _labels(recording: Recording, store: Path | str | None) -> list[Label]:
    from replay.labelling import merged
    from replay.labels import read_file

    known = [] if recording.labels is None else read_file(recording.labels)
    return merged(said_of(store), known)


def _matching(topics: Sequence[str]) -> Callable[[str], bool]:
    from connectors.codecs.topics import TopicPattern

    try:
        patterns = [TopicPattern(topic) for topic in topics]
    except ValueError as error:
        raise Problem(f"--topic: {error}", Exit.USAGE) from None
    return lambda topic: any(pattern.match(topic) is not None for pattern in patterns)
