"""local_office: what a command on the city's machine says to its desk, whether the city runs or not.

It goes through the city's inbox. A running city takes it within a second; where none runs, it is settled here, by the
same journal and the same desk.
"""

from __future__ import annotations

import io
import time
from contextlib import suppress
from pathlib import Path

from cases.inbox import drop
from cases.office import NoAnswerYet
from cases.store import Store
from cases.words import Answer, Report, Step
from pipeline.journal import JournalBusy
from pipeline.runtime.logs import logger
from pipeline.runtime.settling import settle

_LOOK = 0.05


class LocalOffice:
    """data: the city's data folder. where: its store, as `cases.database.open_database` takes it."""

    def __init__(self, data: Path, where: Path | str) -> None:
        self._data, self._where = data, where

    def say(self, said: Step | Report, *, patience: float = 10.0) -> Answer:
        """See `cases.office.Office`. Raises NoAnswerYet, OSError, JournalError."""
        drop(self._data, said)
        with suppress(JournalBusy):  # the city runs, and looks into its inbox itself
            settle(self._data, self._where, logger(io.StringIO()))
        with Store(self._where, read_only=True) as store:
            until = time.monotonic() + patience
            while (answer := store.answer(said.id)) is None:
                if time.monotonic() >= until:
                    raise NoAnswerYet("it is written down and takes effect as soon as the city has come to it")
                time.sleep(_LOOK)
        return answer
