"""cluster_workers: the processes that judge for a replay, and who may watch and break them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from gridwatch.cluster_judge import Job
from gridwatch.problems import Exit, Problem


@dataclass(slots=True)
class Workers:
    """The processes that judge."""

    job: Job
    log: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    again: int = 5
    """How many that end by themselves are started again: Faust 0.15 ends now and then where two join at once."""

    def start(self) -> None:
        """One more."""
        command = [sys.executable, "-m", "gridwatch.cluster_judge", msgspec.json.encode(self.job).decode()]
        with self.log.open("ab") as log:
            self.processes.append(subprocess.Popen(command, stdout=log, stderr=log))

    def kill(self, at: int = 0) -> None:
        """One of them, at once."""
        process = self.processes.pop(at)
        process.kill()
        process.wait()

    def look(self) -> None:
        """What has ended by itself is started again, as a supervisor would. Raises Problem where that does not help."""
        for process in list(self.processes):
            if process.poll() is None:
                continue
            self.processes.remove(process)
            self.again -= 1
            if self.again >= 0:
                self.start()
            else:
                tail = self.log.read_text("utf-8", "replace")[-2000:]
                raise Problem(f"a worker has ended with {process.returncode}:\n{tail}", Exit.CANNOT_RUN)


class Watching:
    """What is called while it goes on; for tests that break things."""

    async def published(self, workers: Workers, message: int) -> None:
        """So many messages are in Kafka; the next is sent when this is done."""

    def heard(self, workers: Workers, entries: int, at: float) -> None:
        """An answer has come that a worker gave at this time (UTC seconds); so many entries were judged by then."""

    def ended(self, workers: Workers) -> None:
        """All have come; the workers are still there."""
