"""history: what came, into InfluxDB, by a thread that follows what is judged at its own pace.

It has a position of its own, which moves only when the points before it are taken. So InfluxDB may be slow, full or
away for as long as entries are kept, and this process may be killed at any moment: afterwards the thread goes on where
it was, and what it writes twice is the same points. Judging knows nothing of it: while this catches up it takes at most
a quarter of what the process, and all others of the machine, leave of a core. Points that are in no journal (measures,
the pipeline's numbers) wait on disk (history_spool).

Where lines come from is a `Feed`: the journal's (history_feed) or that of Kafka's partitions (cluster/history_feed).
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import msgspec
from prometheus_client import CollectorRegistry

from connectors.history.influx import Influx, Unwritten, Written
from pipeline.journal import JournalError
from pipeline.journal.files import put
from pipeline.runtime.history_numbers import Numbers, sampled
from pipeline.runtime.history_spool import Spool
from pipeline.runtime.history_state import REFUSED, STATE, State, keep_refused
from pipeline.runtime.logs import Trouble

_GATHER = 1.0
"""Between two looks at what has come, seconds."""
_SAVED = 2.0
"""Between two times that the position is saved, seconds."""
_SHARE, _LEAST = 0.25, 0.05
"""Of what the others of the process leave of a core, while there is much to catch up; and at least so much of one."""
_LONGEST = 5.0
"""Seconds of one rest, with the work before it."""
_AGAIN = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before attempts."""


class Feed(Protocol):
    """Lines in order, and how far they are. For the one thread, but where it says otherwise."""

    @property
    def behind(self) -> int:
        """How much is not written; from any thread."""
        ...

    @property
    def more(self) -> bool:
        """Whether `take` has something worth its while at once."""
        ...

    @property
    def counts(self) -> Mapping[str, int]:
        """What became of rows, by `Writer.counts`' words; from any thread."""
        ...

    def take(self) -> list[str]:
        """Lines of a bounded piece of what comes next. Raises JournalError, OSError: it may be tried again."""
        ...

    def done(self) -> None:
        """All that was taken is written. Raises OSError, as `take`."""
        ...

    def close(self) -> None:
        """Let go of all. Raises nothing."""
        ...


class Source(Protocol):
    """`pipeline.runtime.history_measures.Measures`, or those of several."""

    @property
    def lost(self) -> int: ...

    def take(self) -> list[str]: ...


class History:
    """`start` and `stop`, each once; `settle` from any thread."""

    def __init__(
        self,
        feed: Feed,
        influx: Influx,
        folder: Path,
        spool: Spool,
        state: State,
        tell: Any,
        *,
        measures: Source | None = None,
        registry: CollectorRegistry | None = None,
        process: str = "",
    ) -> None:
        """feed: what is written. folder: for what it keeps. tell: a structlog logger. registry: whose numbers are
        written, and which gets this thread's own. process: whose they are, where a city has several."""
        self._feed, self._influx = feed, influx
        self._folder, self._spool, self.state = folder, spool, state
        self._measures, self._registry, self._process = measures, registry, process
        self._settings = influx.settings
        self._trouble = Trouble(tell, f"history can't be written to {influx.settings.where}")
        self._tell = tell
        self._lines: list[str] = []
        self._saved = self._sampled = 0.0
        self._failed = 0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)
        if registry is not None:
            Numbers(registry, self.state, spool, lambda: feed.behind, lambda: feed.counts)

    def start(self) -> None:
        """Begin."""
        self._save(True)
        self._thread.start()

    def stop(self) -> None:
        """End; what is not written is written by the next start."""
        self._ending.set()
        if self._thread.ident is not None:
            self._thread.join()
        self.settle()
        self._save(True)

    def settle(self) -> None:
        """What the judging thread has measured so far is on disk when this returns."""
        if self._measures is not None:
            self._spool.add(self._measures.take())

    # ---- the thread

    def _run(self) -> None:
        try:
            self._write()
        finally:
            self._feed.close()

    def _write(self) -> None:
        pace = _Pace()
        while not self._ending.is_set():
            try:
                more = self._step()
            except Unwritten as error:
                self._fails(error, error.after)
            except (JournalError, OSError) as error:
                self._fails(error)
            except Exception as error:  # noqa: BLE001  whatever it is: the city goes on, and this tries again
                self._tell.exception("history failed by a fault of its own")
                self._fails(error)
            else:
                self._works()
                self._ending.wait(pace.rest() if more else _GATHER)

    def _step(self) -> bool:
        """One bounded piece of work; whether there is more at once."""
        self._sample()
        self.settle()
        waiting = self._send_spool()
        if not self._lines:
            self._lines = self._feed.take()
        if self._lines:
            self._send_lines()
        self._feed.done()
        self._save()
        return waiting or self._feed.more

    def _send_lines(self) -> None:
        """All that was decoded; what is taken is not sent again."""
        while self._lines and not self._ending.is_set():
            some = self._lines[: self._settings.batch]
            self._count(self._influx.write(some))
            del self._lines[: len(some)]
        if self._lines:
            raise Unwritten("it is being stopped", "")

    def _send_spool(self) -> bool:
        some, size = self._spool.first(self._settings.batch)
        if some:
            self._count(self._influx.write(some))
            self._spool.done(size)
        return self._spool.nbytes > 0

    def _count(self, done: Written) -> None:
        state = self.state
        state.points += done.taken
        state.beyond += done.beyond
        state.at = time.time()
        if done.refused:
            if not state.refused:
                line, why = done.refused[0]
                advice = f"they are set aside in {self._folder / REFUSED}"
                self._tell.error(f"InfluxDB refuses points: {why}; {advice}", point=line[:200])
            state.refused += len(done.refused)
            keep_refused(self._folder, done.refused)

    def _sample(self) -> None:
        now = time.monotonic()
        wanted = "metrics" in self._settings.keep and self._registry is not None
        if wanted and now - self._sampled >= self._settings.metrics_every:
            self._sampled = now
            assert self._registry is not None  # noqa: S101  said by `wanted`
            self._spool.add(sampled(self._registry, time.time(), self._process))

    # ---- trouble

    def _fails(self, error: Exception, after: float = 0.0) -> None:
        if self._ending.is_set():
            return
        self._trouble.failed(error)
        self.state.trouble = str(error)
        wait = _AGAIN[min(self._failed, len(_AGAIN) - 1)]
        self._failed += 1
        # While nothing can be written, what the judging thread measures must not pile up in memory.
        until = time.monotonic() + max(wait, after)
        while not self._ending.wait(min(_GATHER, max(0.0, until - time.monotonic()))) and time.monotonic() < until:
            self.settle()
            self._sample()
        self._save()

    def _works(self) -> None:
        if self._failed:
            self._failed, self.state.trouble = 0, ""
            self._trouble.worked()
            self._save(True)

    def _save(self, now: bool = False) -> None:
        at = time.monotonic()
        if now or at - self._saved >= _SAVED:
            self._saved = at
            self.state.lost = self._spool.lost + (self._measures.lost if self._measures is not None else 0)
            with suppress(JournalError, OSError):  # a full disk: the older one makes a start write more again
                put(self._folder / STATE, msgspec.json.encode(self.state))


class _Pace:
    """How long a thread rests after each piece of work: Python's threads share one interpreter."""

    def __init__(self) -> None:
        self._at, self._own, self._all = time.monotonic(), time.thread_time(), time.process_time()

    def rest(self) -> float:
        """Seconds. To be called by the thread itself."""
        at, own, all_of_it = time.monotonic(), time.thread_time(), time.process_time()
        took, passed = own - self._own, max(at - self._at, 1e-6)
        # Where the machine is crowded judging may want more than it gets: that looks like idleness from here.
        busy = max((all_of_it - self._all - took) / passed, os.getloadavg()[0] / (os.cpu_count() or 1))
        self._at, self._own, self._all = at, own, all_of_it
        return max(0.0, min(took / max(_SHARE * (1.0 - busy), _LEAST), _LONGEST) - took)
