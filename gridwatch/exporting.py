"""exporting: what lies beside a recording's journal, so that it replays anywhere: what it is, configuration, labels.

Reads the version that was in force at its beginning; writes the configuration as a file that can be changed and tried.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gridwatch.problems import Exit, Problem

if TYPE_CHECKING:
    from cases.case import Case
    from cases.store import Store
    from pipeline.journal import Contents, JournalReader
    from replay.labels import Label
    from replay.recording import Manifest

_NOTE = """\
# The configuration as it was recorded, with every default written out. Change it and see what becomes of the cases:
#     gridwatch compare recorded city.yaml --on .
# It has no section 'registers': the world is the recorded one, until it gets a section of its own.
"""


def new_folder(folder: Path) -> None:
    """Make the folder of a new recording. Raises Problem where something is there."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Problem(f"{folder} is not empty. A recording begins a folder of its own: name a new one.", Exit.USAGE)
    folder.mkdir(parents=True, exist_ok=True)


def version_in_force(reader: JournalReader, position: int, snapshots: Path) -> bytes | None:
    """The payload of the version in force at a position: what the journal says, or the newest snapshot where nothing
    changed since; None where neither knows.

    snapshots: the folder that they may be in.
    """
    import numpy as np

    from pipeline.engine import Engine
    from pipeline.entries import Kind
    from pipeline.journal import Contents, Snapshots
    from pipeline.journal.contents import CONTENTS
    from pipeline.runtime import state
    from pipeline.runtime.compose import load_version
    from replay.cutting import version_at

    found = version_at(reader, position)
    latest = Snapshots(snapshots).latest() if found is None else None
    if latest is None:
        return found
    at, data = latest
    for piece in reader.read(position):
        if piece.first >= at:
            break
        if (piece.batch.column("kind").to_numpy()[: at - piece.first] == np.uint8(Kind.VERSION)).any():
            return None  # what was before that version is not known
    contents = Contents(reader.folder / CONTENTS)
    engine = Engine(lambda payload, names: load_version(payload, contents, names))
    state.restore(engine, data)
    return engine.version_payload


def city_of(version: bytes | None, contents: Contents) -> str:
    """The city that a version is of; '' where there is none."""
    return "" if version is None else str(json.loads(contents.get(json.loads(version)["config"]))["city"])


@contextmanager
def cases_in(store: Path | str | None) -> Iterator[Store | None]:
    """A city's cases, to be read; None where there are none. store: a file or a URL. Raises Problem."""
    from cases.database import StoreTrouble
    from cases.store import Store

    if store is None or (isinstance(store, Path) and not store.exists()):
        yield None
        return
    try:
        cases = Store(store, read_only=True)
    except StoreTrouble as error:
        raise Problem(str(error)) from None
    with cases:
        yield None if cases.empty else cases


def said_of(store: Path | str | None) -> list[Label]:
    """The labels of what was said of a city's cases; none where there are no cases. store: a file or a URL."""
    from cases.database import reading
    from cases.labels import told
    from replay.labelling import of_verdicts

    with cases_in(store) as cases:
        if cases is None:
            return []
        with reading(cases.engine) as connection:
            return of_verdicts(told(connection))


def write_beside(
    folder: Path,
    manifest: Manifest,
    version: bytes | None,
    contents: Contents,
    labels: Sequence[Label] = (),
    cases: Sequence[Case] | None = None,
) -> None:
    """The manifest, the configuration, labels and cases, into a recording's folder.

    labels: none, no file. cases: None, no file.
    """
    from replay.labels import write_file
    from replay.recording import CASES, CONFIGURATION, LABELS, write_manifest
    from replay.replaying import json_lines

    write_manifest(manifest, folder)
    if version is not None:
        stored = contents.get(json.loads(version)["config"])
        (folder / CONFIGURATION).write_text(_NOTE + configuration_text(stored), "utf-8")
    if labels:
        write_file(labels, folder / LABELS)
    if cases is not None:
        (folder / CASES).write_text(json_lines(cases), "utf-8")


def configuration_text(stored: bytes) -> str:
    """A stored configuration as YAML."""
    import io

    from ruamel.yaml import YAML

    content = json.loads(stored)
    del content["format"]
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = 120
    out = io.StringIO()
    yaml.dump(_without_nothing(content), out)
    return out.getvalue()


def _without_nothing(content: object) -> object:
    """Without keys that say nothing: null, {} and []."""
    if isinstance(content, dict):
        kept = {key: _without_nothing(value) for key, value in content.items()}
        return {key: value for key, value in kept.items() if value not in (None, {}, [])}
    return [_without_nothing(each) for each in content] if isinstance(content, list) else content
