"""declared: registers of the desk whose source are files that the configuration names.

They are put into the store as they are, whenever the configuration is read: the same file again changes nothing, and
its history says when it was another. They can be changed in their files only.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from cases.database import open_database, writing
from cases.registers.importing import Import, Imported, import_file
from cases.registers.kinds import REGISTERS
from cases.tables import METADATA
from pipeline.faults import Fault, Faulty
from pipeline.register_section import DESK, STORE, PlacesFile, RegisterFiles

BY = "configuration"
"""Who does it, in the history."""


def declared(section: RegisterFiles) -> tuple[str, ...]:
    """The registers of the desk that come from files, those first that others name."""
    return tuple(name for name in DESK if section.file_of(name) not in (None, STORE))


def bring_in(engine: sa.Engine, section: RegisterFiles, folder: Path, zone: ZoneInfo, at: float) -> dict[str, Imported]:
    """Put the files that the section names into the store; what became of each. at: UTC seconds, for the history.

    folder: what the files' names are relative to. Raises Faulty with the faults of all of them; those without are in.
    """
    done: dict[str, Imported] = {}
    faults: list[Fault] = []
    for wanted in _wanted(section, folder, zone, at):
        try:
            done[wanted.register.name] = import_file(engine, wanted)
        except Faulty as faulty:
            faults += faulty.faults
        except OSError as error:
            faults.append(
                Fault(wanted.file.name, 0, "", f"expected a file that can be read: {error.strerror or error}")
            )
    if faults:
        raise Faulty(faults)
    return done


def check_declared(section: RegisterFiles, folder: Path, zone: ZoneInfo) -> None:
    """Raises Faulty with the faults of all files that the section names for the desk. Touches no store."""
    if declared(section):
        engine = open_database(None)
        try:
            with writing(engine) as connection:
                METADATA.create_all(connection)
            bring_in(engine, section, folder, zone, 0.0)
        finally:
            engine.dispose()


def _wanted(section: RegisterFiles, folder: Path, zone: ZoneInfo, at: float) -> Iterator[Import]:
    for name in declared(section):
        places: PlacesFile | str = getattr(section, name)
        datum = section.datum_of(places) if isinstance(places, PlacesFile) else None
        yield Import(REGISTERS[name], folder / str(section.file_of(name)), zone, at, BY, datum=datum)
