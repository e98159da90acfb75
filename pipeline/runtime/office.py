"""office: where people's steps and reports enter the one ordered log of a running city, and its own clock.

What is said is committed to the journal like a delivery, so that it is safe before anybody is answered, and answered
when the desk has come to it. The clock says that time has passed, whatever sources there are: by it deadlines come.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from cases.database import StoreBroken, StoreTrouble
from cases.inbox import waiting
from cases.office import NoAnswerYet, NotHeard
from cases.store import Store
from cases.words import Answer, Report, Step, encode
from connectors.intake import ForwardClock
from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import JournalError, JournalFailed, JournalFull
from pipeline.runtime.logs import Trouble
from pipeline.runtime.sources import RuntimeFailed

SOURCE = "desk"
"""The source that steps and reports have in the journal."""
_LOOK = 0.02
"""Between two looks for an answer, seconds."""


class _Saying:
    """What waits to be written down, and what became of that."""

    __slots__ = ("done", "error", "said")

    def __init__(self, said: Step | Report) -> None:
        self.said = said
        self.done = False
        self.error: Exception | None = None


class CityOffice:
    """Says things to the city that runs in this process. Safe from any thread.

    `hear_no_more` when the city begins to stop, `close` when it has.
    """

    def __init__(self, commit: Callable[[EntryBuffer], int], store: Store, clock: ForwardClock) -> None:
        self._commit, self._store, self._clock = commit, store, clock
        self._turn = threading.Lock()
        self._sayings: deque[_Saying] = deque()
        self._last = 0.0
        self._moved = threading.Condition()
        self._hearing, self._closed, self._looked_last = True, False, False
        self._asking = 0
        self._wanted: Counter[str] = Counter()
        self._found: dict[str, Answer] = {}
        self._looking: threading.Thread | None = None

    def hear_no_more(self) -> None:
        """Whoever comes now is told that the city is stopping; who has been heard may still be answered."""
        with self._moved:
            self._hearing = False

    def close(self) -> None:
        """Who has no answer by now gets none from this run; the store is not asked any more. Again: nothing."""
        with self._moved:
            self._hearing, self._closed = False, True
            self._looked_last = self._looking is None
            self._moved.notify_all()
            self._moved.wait_for(lambda: self._asking == 0)
        if self._looking is not None:
            self._looking.join()

    def say(self, said: Step | Report, *, patience: float = 5.0) -> Answer:
        """See `cases.office.Office`. The time that counts is when it is written down here."""
        until = time.monotonic() + patience
        with self._moved:
            if not self._hearing:
                raise NotHeard("the city is stopping; say it again when it runs")
            self._asking += 1
        try:
            known = self._answers([said.id]).get(said.id)
        finally:
            with self._moved:
                self._asking -= 1
                self._moved.notify_all()
        if known is not None:
            return known
        try:
            self.write_down(said)
        except (JournalError, RuntimeFailed) as error:
            raise NotHeard(f"it can't be written down now: {error}") from error
        return self._wait(said.id, until)

    def write_down(self, said: Step | Report) -> None:
        """Into the journal. Raises JournalError, RuntimeFailed.

        Who has the turn writes for all who wait for it: a disk takes many at once as fast as one.
        """
        mine = _Saying(said)
        self._sayings.append(mine)
        with self._turn:
            if not mine.done:
                self._write([self._sayings.popleft() for _ in range(len(self._sayings))])
        if mine.error is not None:
            raise mine.error

    def _write(self, sayings: Sequence[_Saying]) -> None:
        buffer = EntryBuffer()
        error: Exception | None = NotHeard("the writing was interrupted; say it again")
        for each in sayings:
            # What is said later is later, so that it comes later in the log's order too.
            at = self._last = max(self._clock.stamp(), math.nextafter(self._last, math.inf))
            kind = Kind.STEP if isinstance(each.said, Step) else Kind.REPORT
            buffer.add(kind, SOURCE, "", at, encode(msgspec.structs.replace(each.said, at=at)))
        try:
            self._commit(buffer)
            error = None
        except Exception as failed:  # noqa: BLE001  each raises it where it was said
            error = failed
        finally:
            for each in sayings:
                each.done, each.error = True, error

    def take_in(self, data: Path) -> int:
        """What lies in the city's inbox; how much that was. Raises as `write_down`."""
        count = 0
        for file, said in waiting(data):
            if said is not None:
                self.write_down(said)
                count += 1
                file.unlink(missing_ok=True)
            else:
                file.rename(file.with_suffix(".damaged"))
        return count

    def _wait(self, id: str, until: float) -> Answer:
        with self._moved:
            self._wanted[id] += 1
            self._moved.notify_all()
            if self._looking is None and not self._closed:
                self._looking = threading.Thread(target=self._look, name="answers", daemon=True)
                self._looking.start()
            try:
                self._moved.wait_for(lambda: id in self._found or self._looked_last, until - time.monotonic())
                if id in self._found:
                    return self._found[id]
            finally:
                self._wanted[id] -= 1
                if not self._wanted[id]:
                    del self._wanted[id]
                    self._found.pop(id, None)
        raise NoAnswerYet("it is written down and will take effect; ask again with the same id")

    def _look(self) -> None:
        """One asks for all who wait: a hundred would keep the desk from its work."""
        closed = False
        while not closed:
            with self._moved:
                self._moved.wait_for(lambda: self._closed or self._wanted)
                closed, wanted = self._closed, [id for id in self._wanted if id not in self._found]
            found = self._answers(wanted)
            with self._moved:
                self._found |= {id: answer for id, answer in found.items() if id in self._wanted}
                self._looked_last = closed
                if found or closed:
                    self._moved.notify_all()
            threading.Event().wait(_LOOK)

    def _answers(self, ids: Sequence[str]) -> dict[str, Answer]:
        """Where the store can't be asked now there are none yet: the journal takes what is said all the same."""
        try:
            return self._store.answers(ids) if ids else {}
        except (StoreTrouble, StoreBroken):
            return {}


class CityClock:
    """Says twice a second (`time.tick`) that time has passed, and looks into the inbox. `start`, `stop`."""

    def __init__(
        self,
        commit: Callable[[EntryBuffer], int],
        tick: float,
        clock: ForwardClock,
        log: Any,
        look: Callable[[], object] = lambda: None,
    ) -> None:
        """look: what else is looked after as often; may raise what `commit` does, and OSError."""
        self.tick = tick
        self._commit, self._clock, self._look = commit, clock, look
        self._trouble = Trouble(log, "the city's clock can't be written down")
        self._look_trouble = Trouble(log, "the inbox can't be taken in")
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clock", daemon=True)

    def start(self) -> None:
        """From now on."""
        self._thread.start()

    def stop(self) -> None:
        """No more."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        ending = False
        while not ending:
            # Once more at the end, when all sources have gone: what they said last is in the past then.
            ending = self._ending.wait(self.tick)
            try:
                # Each for itself: time goes on whatever lies in the inbox.
                self._try(self._look, self._look_trouble)
                self._try(self._tell, self._trouble)
            except RuntimeFailed:
                return

    def _tell(self) -> None:
        buffer = EntryBuffer()
        buffer.add(Kind.CLOCK, "", "", self._clock.stamp())
        self._commit(buffer)

    @staticmethod
    def _try(what: Callable[[], object], trouble: Trouble) -> None:
        try:
            what()
        except (JournalFull, JournalFailed, OSError) as error:
            trouble.failed(error)
        else:
            trouble.worked()
