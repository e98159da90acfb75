"""stored_registers: registers between the city's store and its configuration.

What the world is compiled from may be kept in the store: it is read beside whatever writes it, and where there is no
store yet it has no rows. What only the desk reads is always there; files that the configuration names for it are put
there.
"""

from __future__ import annotations

import os
from pathlib import Path
from zoneinfo import ZoneInfo

from cases.database import StoreBroken, StoreTrouble, open_database, reading
from cases.migrations import NewerSchema, OlderSchema, has_tables, migrate
from cases.registers.declared import bring_in, declared
from cases.registers.world import stored_world
from cases.store_section import store_of
from pipeline.faults import Fault, Faulty
from pipeline.register_files import Stored
from pipeline.runtime.config import Configuration


def stored_registers(file: Path, configuration: Configuration) -> Stored | None:
    """The rows of every register that the configuration in `file` takes from the store; None: it takes none.

    Raises Faulty with what stands in the way.
    """
    wanted = configuration.registers.stored
    if not wanted:
        return None
    try:
        where = store_of(configuration.store, configuration.data, os.environ)
        if isinstance(where, Path) and not where.exists():
            return Stored()
        engine = open_database(where, read_only=True)
        try:
            if not has_tables(engine):
                return Stored()
            with reading(engine) as connection:
                return stored_world(connection, wanted)
        finally:
            engine.dispose()
    except (StoreTrouble, StoreBroken, NewerSchema, OlderSchema, OSError, ValueError) as error:
        raise Faulty([Fault(str(file), 0, "registers", f"the store can't be read: {error}")]) from error


def bring_in_registers(file: Path, configuration: Configuration, at: float) -> None:
    """Put the registers of the desk whose files the configuration names into the store. at: UTC seconds.

    Raises Faulty.
    """
    if not declared(configuration.registers):
        return
    try:
        engine = open_database(store_of(configuration.store, configuration.data, os.environ))
        try:
            migrate(engine)
            zone = ZoneInfo(configuration.time_zone)
            bring_in(engine, configuration.registers, file.resolve().parent, zone, at)
        finally:
            engine.dispose()
    except (StoreTrouble, StoreBroken, NewerSchema, OSError, ValueError) as error:
        raise Faulty([Fault(str(file), 0, "registers", f"the store can't be written: {error}")]) from error
