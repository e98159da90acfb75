"""intake: what lies between a source's connection and the journal, the same for every source.

Keeps the entries that wait for the next commit, stamps them, adds ticks, joins and leaves, commits. Reports to the
caller whether the journal took them. Not for several threads: it belongs to the thread that reads.

A stamp is never earlier than the one before, so that no delivery is older than a tick that is already in the journal.
Where the wall clock steps back, stamps go on at half its speed until it has caught up (rather than standing still,
which would stop every timer of the engine for as long).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

from connectors.source import Commit, Log, Status, retryable
from pipeline.entries import EntryBuffer, Kind


class ForwardClock:
    """The wall clock, made to go forward only."""

    def __init__(self, now: Callable[[], float] = time.time, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._now, self._elapsed = now, elapsed
        self._last, self._at = -math.inf, elapsed()

    def stamp(self) -> float:
        """UTC seconds, never less than the last one."""
        at = self._elapsed()
        if self._last == -math.inf:
            self._last = self._now()
        else:
            self._last = max(self._now(), self._last + max(0.0, at - self._at) / 2)
        self._at = at
        return self._last


class Intake:
    """The entries of one source on their way into the journal.

    source: its name. member: the name of this connection among those of the source. tick: seconds between ticks.
    """

    def __init__(
        self,
        source: str,
        member: str,
        commit: Commit,
        tick: float,
        status: Status,
        log: Log,
        clock: ForwardClock,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self.source, self.member, self.tick, self.status = source, member, tick, status
        self.clock = clock
        self.buffer = EntryBuffer()
        self.joined = False
        self._commit, self._log, self._elapsed = commit, log, elapsed
        self._tick_due = math.inf
        self._newest: float | None = None
        self._stopped_at: float | None = None

    def join(self) -> None:
        """The connection stands; its first tick is due at once."""
        if not self.joined:
            self.joined = True
            self._tick_due = self._elapsed()
            self.buffer.add(Kind.JOIN, self.source, self.member, self.clock.stamp())

    def leave(self) -> None:
        """The connection is gone."""
        if self.joined:
            self.joined = False
            self._tick_due = math.inf
            self.buffer.add(Kind.LEAVE, self.source, self.member, self.clock.stamp())

    def deliver(self, topics: Sequence[str], payloads: Sequence[bytes], received: float) -> None:
        """Deliveries of one burst, in order. received: a stamp of this intake's clock."""
        buffer, n = self.buffer, len(topics)
        buffer.kinds.extend([int(Kind.DELIVERY)] * n)
        buffer.sources.extend([self.source] * n)
        buffer.topics.extend(topics)
        buffer.received.extend([received] * n)
        buffer.payloads.extend(payloads)
        buffer.nbytes += sum(map(len, payloads))
        self._newest = received if n else self._newest

    def until_tick(self) -> float:
        """Seconds until the next tick is due, 0 where it is; infinite while not joined."""
        return max(0.0, self._tick_due - self._elapsed())

    def tick_if_due(self) -> None:
        """Say that time has passed, where that is due. The tick goes into the same commit as what was read before
        it."""
        at = self._elapsed()
        if self.joined and at >= self._tick_due:
            self.buffer.add(Kind.TICK, self.source, self.member, self.clock.stamp())
            # A tick that came late (a long commit) does not make the next ones come early.
            self._tick_due = max(self._tick_due + self.tick, at + self.tick / 2)

    def commit(self) -> bool:
        """Commit what waits. False: the journal can't take it now; the buffer is kept for the next attempt.

        Raises what `commit` raises where that is not `retryable`.
        """
        buffer = self.buffer
        if not len(buffer):
            return True
        try:
            self._commit(buffer)
        except Exception as error:
            if not retryable(error):
                raise
            self._refused(error)
            return False
        if self._stopped_at is not None:
            self._log.info(
                f"{self.source}: the journal takes deliveries again",
                source=self.source,
                after=round(self._elapsed() - self._stopped_at, 1),
            )
            self._stopped_at, self.status.waiting_for_journal = None, False
        self.status.deliveries += buffer.kinds.count(Kind.DELIVERY)
        self.status.received = self._newest
        self.status.commits += 1
        self.buffer = EntryBuffer()
        return True

    def _refused(self, error: Exception) -> None:
        if self._stopped_at is not None:
            return
        self._stopped_at, self.status.waiting_for_journal = self._elapsed(), True
        self.status.last_error = (
            f"{self.source}: the journal can't take deliveries: {error} Nothing is acknowledged, the sender keeps "
            "what it has; reading goes on by itself when the journal does"
        )
        self._log.error(self.status.last_error, source=self.source)
