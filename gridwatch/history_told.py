"""history_told: how far a history is, for the command that says it: of a city in one process, or of workers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.history.settings import HistorySection
    from pipeline.runtime.config import Configuration
    from pipeline.runtime.history_state import State


def told(file: Path, configuration: Configuration, section: HistorySection) -> tuple[State, int | None, str]:
    """What is counted, how much is to be written (None: nothing has been begun), and of what.

    file: of the configuration. Of a city on Kafka the counts are of the workers in its data folder on this machine.
    Raises Problem where Kafka does not answer.
    """
    from pipeline.journal import Journal, JournalError
    from pipeline.runtime.history_city import FOLDER
    from pipeline.runtime.history_state import read_state
    from pipeline.runtime.opening import JOURNAL

    if configuration.runtime == "cluster":
        return _of_workers(file, configuration, section)
    state = read_state(configuration.data / FOLDER)
    try:
        head = Journal.read_only(configuration.data / JOURNAL).head
    except JournalError:
        head = 0
    begun = state.where == section.where and state.position >= 0
    return state, max(0, head - state.position) if begun else None, "journal entries"


def _of_workers(file: Path, configuration: Configuration, section: HistorySection) -> tuple[State, int | None, str]:
    from gridwatch.problems import Exit, Problem
    from pipeline.runtime.cluster.history_marks import ask_marks
    from pipeline.runtime.cluster.producing import NotTaken
    from pipeline.runtime.cluster.settings import connection_of
    from pipeline.runtime.history_city import FOLDER
    from pipeline.runtime.history_state import State, read_state

    kafka = configuration.kafka
    if kafka is None:
        raise Problem(f"{file}: 'runtime: cluster' needs a section 'kafka'.", Exit.USAGE)
    try:
        marks, ends = ask_marks(connection_of(file, kafka), kafka.topics(configuration.city))
    except NotTaken as error:
        raise Problem(str(error)) from None
    states = [read_state(each / FOLDER) for each in sorted(configuration.data.glob("worker-*"))]
    states = [each for each in states if each.where == section.where]
    mine = {at: (offset, mark) for at, (offset, mark) in marks.items() if mark.where == section.where}
    state = State(
        where=section.where,
        since=max((mark.since for _, mark in mine.values()), default=0.0),
        through=min((mark.through for _, mark in mine.values()), default=0.0),
        at=max((each.at for each in states), default=0.0),
        trouble=next((each.trouble for each in states if each.trouble), ""),
    )
    for name in ("points", "beyond", "refused", "lost", "gone"):
        setattr(state, name, sum(getattr(each, name) for each in states))
    behind = sum(max(0, end - mine[at][0]) for at, end in ends.items() if at in mine)
    return state, behind if mine else None, "Kafka messages"
