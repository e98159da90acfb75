"""health_beside: how a running city is doing, for the console: its sources, devices, dead letters, journal and machine.

Reads the city's own objects from any thread and changes nothing. What it tells is in console/integrations_told.py.
"""

from __future__ import annotations

import hashlib
import json
import math
import platform
import re
import resource
import shutil
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from prometheus_client import Counter, Gauge

from cases.case import iso
from cases.inbox import INBOX
from cases.store import FILE
from connectors.source import Status
from console.integrations_masked import masked
from console.integrations_told import (
    ClocksOut,
    ContentOut,
    ExampleOut,
    JournalOut,
    LetterGroupOut,
    LettersOut,
    MachineOut,
    SilentOut,
    SourceOut,
    VersionOut,
)
from gridwatch.health_clocks import TerminalsTold
from gridwatch.health_devices import Devices
from gridwatch.health_letters import LetterTally
from pipeline.journal.contents import CONTENTS
from pipeline.runtime.at_work import CityAtWork
from pipeline.runtime.embedded import Embedded
from pipeline.runtime.opening import JOURNAL

QUIET = 120.0
"""Without a delivery for so many seconds a source that is connected is called quiet."""
_MINUTE = 60.0
_HASH = re.compile(r"[0-9a-f]{64}")


class HealthBeside:
    """Of a city that has been started."""

    def __init__(self, city: Embedded, now: Callable[[], float] = time.time) -> None:
        """now: UTC seconds."""
        self._city, self._now = city, now
        self._started = now()
        self._tally = LetterTally(city.inside.letters.journal)
        self._devices = Devices(city.inside.engine, self._tally, lambda: list(city.city.configuration.cameras), now)
        self._terminals = TerminalsTold(city.terminal_clocks, lambda: city.city.configuration.registers, now)
        self._rates = Rates()
        self._oldest: tuple[int, float | None] = (-1, None)

    def sources(self) -> list[SourceOut]:
        """Those of the configuration, the cameras of it, and the inbox of commands."""
        found = [self._source(name, *of) for name, of in sorted(self._city.receivers.items())]
        all_, well = self._devices.cameras(QUIET)
        if all_:
            state = "works" if well == all_ else "trouble"
            found.append(source_out("cameras", "camera", state, f"{well}/{all_}", hint="" if well == all_ else "quiet"))
        return found

    def _source(self, name: str, settings: Any, status: Status) -> SourceOut:
        now, last = self._now(), status.received
        trouble = status.failed is not None or status.waiting_for_journal or status.connected_since is None
        quiet = last is None or now - last > QUIET
        if status.failed is not None:
            hint = "restart"
        elif status.waiting_for_journal:
            hint = "journal"
        elif status.connected_since is None:
            hint = "connect"
        else:
            hint = "" if not quiet else "nothing_yet" if last is None else "quiet"
        return source_out(
            name,
            settings.type,
            "trouble" if trouble else "quiet" if quiet else "works",
            about(settings),
            connected=None if status.connected_since is None else iso(status.connected_since),
            last=None if last is None else iso(last),
            rate=self._rates.of(name, status.deliveries, time.monotonic()),
            count=status.deliveries,
            delay=self._devices.delay(name),
            in_flight=status.in_flight,
            refused=dict(status.refused),
            error=status.last_error if trouble else "",
            hint=hint,
        )

    def kafka(self) -> None:
        """There is none."""

    def journal(self) -> JournalOut:
        """How much is kept, and how far judging is."""
        inside, metrics, now = self._city.inside, self._city.metrics, self._now()
        journal, section = inside.journal, self._city.city.configuration.journal
        saved, newest = metrics.snapshot_saved_at, self._city.newest
        first = journal.first
        return JournalOut(
            bytes=journal.nbytes,
            entries=journal.head - first,
            oldest=self._oldest_received(first),
            keep=float(section.keep),
            max_bytes=int(section.max_bytes),
            lag_entries=max(self._city.lag, 0),
            lag=None if math.isnan(newest) else round(max(now - newest, 0.0), 3),
            snapshot_age=None if saved is None else round(time.monotonic() - saved, 1),
            snapshot_bytes=_value(metrics.snapshot_bytes),
            dead_letter_bytes=inside.letters.journal.nbytes,
        )

    def machine(self) -> MachineOut:
        """The process, its disk and its store."""
        return machine_out(self._city, self._started)

    def version(self) -> VersionOut | None:
        """What is in force; None before anything is."""
        engine = self._city.inside.engine
        version, payload = engine.version, engine.version_payload
        if version is None or not payload:
            return None
        said = json.loads(payload)
        return VersionOut(
            id=hashlib.sha256(payload).hexdigest()[:16],
            config=said["config"],
            world=said["world"],
            rules=len(version.rules),
            streams=len(version.streams),
        )

    def history(self, limit: int) -> list[ContentOut]:
        """Configurations and registers that have been in force, the newest first."""
        return contents_out(self._city.city.configuration.data, self.version(), limit)

    def letters(self) -> LettersOut:
        """What could not be used, by what was wrong with it."""
        self._tally.look()
        fates = {str(fate): int(count) for fate, count in dict(self._city.inside.engine.counts).items()}
        return letters_out(self._tally, _value(self._city.metrics.letters_lost), fates)

    def silent(self, after: float, kind: str, limit: int) -> SilentOut:
        """See gridwatch/health_devices.py."""
        return self._devices.silent(after, kind, limit)

    def clocks(self, off: float, limit: int) -> ClocksOut:
        """Likewise."""
        return self._devices.clocks(off, limit, self._terminals)

    def correction(self, terminal: str, stream: str, at: float) -> tuple[str, float, float] | None:
        """See gridwatch/health_clocks.py."""
        return self._terminals.correction(terminal, stream, at)

    def _oldest_received(self, first: int) -> str | None:
        """When the journal's first entry was received; read once for each first."""
        if self._oldest[0] != first:
            piece = next(iter(self._city.inside.journal.read(first, 1)), None)
            self._oldest = (first, None if piece is None else piece.batch.column("received")[0].as_py())
        at = self._oldest[1]
        return None if at is None else iso(at)


def machine_out(city: CityAtWork, started: float) -> MachineOut:
    """This process, its disk and its store. started: UTC seconds."""
    configuration = city.city.configuration
    room = shutil.disk_usage(configuration.data)
    file = configuration.data / FILE
    inbox = configuration.data / INBOX
    return MachineOut(
        software=version_of("gridwatch"),
        python=platform.python_version(),
        started=iso(started),
        memory=_memory(),
        disk_free=room.free,
        disk_total=room.total,
        store=city.cases.engine.dialect.name,
        store_bytes=file.stat().st_size if file.exists() else None,
        inbox=sum(1 for each in inbox.iterdir() if each.suffix == ".json") if inbox.is_dir() else 0,
        metrics=city.server.url if city.server else "",
    )


def contents_out(data: Path, now: VersionOut | None, limit: int) -> list[ContentOut]:
    """What a data folder keeps of versions, the newest first. now: what is in force."""
    current = set() if now is None else {now.config, now.world}
    files = [each for each in (data / JOURNAL / CONTENTS).glob("??/*") if _HASH.fullmatch(each.name)]
    newest = sorted(files, key=lambda each: -each.stat().st_mtime)[:limit]
    return [_content(each, each.name in current) for each in newest]


def letters_out(tally: LetterTally, lost: int, fates: dict[str, int]) -> LettersOut:
    """What was counted. lost: letters for which there was no room. fates: what became of all rows."""
    groups = []
    for (reason, source, stream, expected), group in tally.copies()[0]:
        examples = [
            ExampleOut(where=masked(each.where), message=masked(each.message), received=iso(each.received))
            for each in reversed(group.examples)
        ]
        groups.append(
            LetterGroupOut(
                reason=reason,
                source=source,
                stream=stream,
                expected=masked(expected),
                count=group.count,
                last=examples[0].received,
                examples=examples,
            )
        )
    return LettersOut(groups=groups, held=tally.counted, lost=lost, fates=fates)


class Rates:
    """How fast counters grow, by what those who ask have seen: over a minute, or since somebody last asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[str, deque[tuple[float, int]]] = {}

    def of(self, name: str, count: int, at: float) -> float | None:
        """A second; None where nobody has asked before. at: of a clock that only goes forward, seconds."""
        with self._lock:
            seen = self._seen.setdefault(name, deque())
            if seen and count < seen[-1][1]:  # it has begun anew
                seen.clear()
            if not seen or at - seen[-1][0] >= 1.0:
                seen.append((at, count))
            while len(seen) > 2 and at - seen[1][0] >= _MINUTE:
                seen.popleft()
            since, before = seen[0]
            return round((count - before) / (at - since), 2) if at > since else None


def source_out(name: str, kind: str, state: str, about: str, **more: Any) -> SourceOut:
    """What is not said is not known."""
    nothing = dict.fromkeys(("connected", "last", "rate", "count", "delay", "in_flight"))
    said = nothing | {"name": name, "kind": kind, "state": state, "about": about, "error": "", "hint": ""} | more
    return SourceOut.model_validate(said)


def about(settings: Any) -> str:
    """Where it is and what is read there; never who we are to it."""
    host, port = getattr(settings, "host", ""), getattr(settings, "port", "")
    topics = ", ".join(getattr(settings, "subscribe", ()))
    return f"{host}:{port} {topics}".strip(": ") if host else topics


def _value(metric: Gauge | Counter) -> int:
    return int(next(iter(metric.collect())).samples[0].value)


def _memory() -> int | None:
    """Bytes that the process holds; where the system does not say, the most that it ever held."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024


def _content(file: Path, in_force: bool) -> ContentOut:
    about = file.stat()
    with file.open("rb") as content:
        kind = "configuration" if content.read(1) == b"{" else "world"
    said = {"sha256": file.name, "kind": kind, "stored": iso(about.st_mtime), "in_force": in_force}
    return ContentOut.model_validate(said | {"bytes": about.st_size})
