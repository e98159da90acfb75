"""label: what was really wrong in a recording: from the verdicts of operators, from CSV, from other labels.

Writes `labels.jsonl` beside the recording's journal, which every command of the harness reads. Verdicts are about the
cases that came: with them alone nobody knows what was missed, so that a case without a label counts neither for nor
against a rule, until `--complete` says that the labels are all that was wrong.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from gridwatch.cli.frame import Exit, Problem
from gridwatch.exporting import said_of
from gridwatch.recordings import recording_in

if TYPE_CHECKING:
    from replay.labels import Label
    from replay.recording import Recording


def label(
    folder: Annotated[Path, typer.Argument(help="A recording, or the data folder of a city.")],
    from_: Annotated[
        list[Path] | None,
        typer.Option("--from", metavar="FILE", help="Labels in CSV or JSON lines. May be repeated; the last counts."),
    ] = None,
    verdicts: Annotated[
        Path | None,
        typer.Option(metavar="DATA", help="What operators said: a city's data folder. Default: that folder's own."),
    ] = None,
    complete: Annotated[
        str | None,
        typer.Option(metavar="RULES", help="These rules' labels are all that was wrong: all, or with commas."),
    ] = None,
    partial: Annotated[bool, typer.Option("--partial", help="No rule's labels are all that was wrong.")] = False,
    anew: Annotated[bool, typer.Option("--anew", help="Forget the labels that are there.")] = False,
    csv: Annotated[Path | None, typer.Option(help="Write all labels there as CSV, to be edited by hand.")] = None,
) -> None:
    """Say what was really wrong in a recording: from verdicts and files, into its labels."""
    from cases.store import FILE
    from replay.labelling import merged, within
    from replay.labels import read_file, write_csv, write_file
    from replay.recording import LABELS, write_manifest

    recording = recording_in(folder)
    if complete is not None and partial:
        raise Problem("--complete and --partial: one of the two", Exit.USAGE)
    there = recording.labels
    before = [] if anew or there is None else read_file(there)
    store = verdicts if verdicts is not None else recording.folder
    if verdicts is not None and not (verdicts / FILE).exists():
        raise Problem(f"{verdicts}: there are no cases here. Name the data folder of a city.", Exit.USAGE)
    said = said_of(store / FILE)
    if verdicts is not None:
        since, until = _period(recording)
        said = within(said, since, until)
    given = [each for file in from_ or [] for each in read_file(file)]
    found = merged(before, said, given)
    if not found:
        raise Problem(
            "There is nothing to label it with. `gridwatch cases verdict` says of a case whether it was so; --from FILE"
            " takes labels from a file.",
            Exit.FOUND,
        )
    target = recording.folder / LABELS
    write_file(found, target)
    labelled = recording.manifest.labelled
    if complete is not None:
        names = [name.strip() for name in complete.split(",") if name.strip()]
        labelled = True if names == ["all"] else names
    elif partial or (said and there is None and not given):
        labelled = False
    write_manifest(msgspec.structs.replace(recording.manifest, labelled=labelled), recording.folder)
    if csv is not None:
        with csv.open("w", encoding="utf-8", newline="") as out:
            write_csv(found, out)
    _tell(found, labelled, target)


def _period(recording: Recording) -> tuple[float, float]:
    """When the recording's first and last entries were received, UTC seconds."""
    reader = recording.reader()
    times = [
        float(at)
        for position in (reader.first, max(reader.head - 1, reader.first))
        for piece in reader.read(position, 1)
        for at in piece.batch.column("received").to_pylist()[:1]
    ]
    return (min(times), max(times)) if times else (0.0, 0.0)


def _tell(labels: list[Label], labelled: bool | list[str], file: Path) -> None:
    count = Counter(each.verdict for each in labels)
    told = ", ".join(f"{number} {verdict}" for verdict, number in sorted(count.items()))
    typer.echo(f"{len(labels)} labels ({told}) in {file}")
    if labelled is True:
        typer.echo("They are all that was wrong: a case without a label is false.")
    elif labelled:
        typer.echo(f"They are all that was wrong by {', '.join(labelled)}.")
    else:
        typer.echo(
            "They are not all that was wrong: a case without a label counts neither way (--complete changes it)."
        )
