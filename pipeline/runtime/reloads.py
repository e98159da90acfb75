"""reloads: how reading the configuration again went: counted, and left where whoever asked for it finds the answer.

What runs in the foreground stands in `<data>/running/<name>`: a lock that it holds as long as it lives, with its pid,
and `told.json`, the answer to the newest reading of each of its parts. `gridwatch reload` asks by SIGHUP and reads it.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
from prometheus_client import CollectorRegistry, Counter, Gauge

from pipeline.faults import Faulty
from pipeline.journal import JournalBusy
from pipeline.journal.files import Lock

RUNNING = "running"
"""The folder in the data folder."""
TOLD = "told.json"
_MOST = 200
"""Faults that an answer has, at most."""


class Answer(msgspec.Struct, frozen=True):
    """How the newest reading of a part went."""

    number: int = 0
    """How many there were, since the process began."""
    at: float = 0.0
    """UTC seconds."""
    taken: bool = True
    """False: it has faults, and all stays as it was."""
    faults: tuple[str, ...] = ()
    version: str = ""
    """What is in force then, as the payload of its VERSION entry says it; '': the part has none."""


class Reloads:
    """Of one process. `taken` and `refused` from any thread."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._count = Counter(
            "gridwatch_reloads", "Configurations that were read again, by part.", ["part", "result"], registry=registry
        )
        self._faults = Gauge(
            "gridwatch_reload_faults",
            "Faults of the newest that was read; 0: it was taken.",
            ["part"],
            registry=registry,
        )
        self._lock = threading.Lock()
        self._answers: dict[str, Answer] = {}
        self._folder: Path | None = None
        self._held: Lock | None = None

    def stand(self, data: Path, name: str) -> None:
        """Be found there from here on. Where that can't be, nobody finds it, and it runs all the same."""
        folder = data / RUNNING / name.replace("/", "_")
        with suppress(OSError, JournalBusy):
            folder.mkdir(parents=True, exist_ok=True)
            self._held = Lock(folder)
            self._folder = folder
            self._tell()

    def leave(self) -> None:
        """Be found no more."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def begin(self, part: str) -> None:
        """It is at work, by what the file says now."""
        with self._lock:
            before = self._answers.get(part)
            self._answers[part] = Answer() if before is None else Answer(before.number + 1, time.time())
            self._faults.labels(part).set(0)
            self._tell()

    def drop(self, part: str) -> None:
        """There is no such part any more."""
        with self._lock:
            if self._answers.pop(part, None) is not None:
                self._faults.remove(part)
                self._tell()

    def taken(self, part: str, version: bytes = b"") -> None:
        """It had no fault, and is in force."""
        self._put(part, True, (), version)

    def refused(self, part: str, error: Exception, version: bytes = b"") -> int:
        """It had faults, which are counted: how many. version: what goes on."""
        faults = error.faults if isinstance(error, Faulty) else str(error).splitlines()
        self._put(part, False, [str(each) for each in faults], version)
        return len(faults)

    def _put(self, part: str, taken: bool, faults: Sequence[str], version: bytes) -> None:
        self._count.labels(part, "taken" if taken else "refused").inc()
        self._faults.labels(part).set(len(faults))
        with self._lock:
            number = self._answers.get(part, Answer()).number + 1
            self._answers[part] = Answer(number, time.time(), taken, tuple(faults[:_MOST]), version.decode())
            self._tell()

    def _tell(self) -> None:
        """The journal is what must not be lost; this may be, where the disk is full."""
        if self._folder is None:
            return
        part = self._folder / f".{TOLD}"
        with suppress(OSError):
            part.write_bytes(msgspec.json.encode(self._answers))
            part.replace(self._folder / TOLD)


@dataclass(frozen=True, slots=True)
class Standing:
    """A process that runs by a configuration and can be asked to read it again."""

    name: str
    pid: int
    folder: Path

    def answers(self) -> dict[str, Answer]:
        """By part. Empty where they can't be read."""
        try:
            return msgspec.json.decode((self.folder / TOLD).read_bytes(), type=dict[str, Answer])
        except (OSError, msgspec.MsgspecError):
            return {}

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return _holder(self.folder) == self.pid


def standing(data: Path) -> Iterator[Standing]:
    """Those that run now, by name."""
    for folder in sorted((data / RUNNING).glob("*")):
        pid = _holder(folder)
        if pid is not None:
            yield Standing(folder.name, pid, folder)


def _holder(folder: Path) -> int | None:
    """Who holds its lock; None: nobody. The system lets go of the lock with the process, so that no other process of
    the same number is ever taken for it."""
    try:
        fd = os.open(folder / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        said = os.pread(fd, 20, 0).decode("ascii", "replace").strip()
        return int(said) if said.isdecimal() else None
    finally:
        os.close(fd)
    return None
