"""health_cluster: how a city on Kafka is doing, for the console: who ticks, how far partitions are, who holds whom up.

By what the console's process reads along (pipeline/runtime/cluster/seen.py): what only a judge knows, such as which
device has been silent for a day, is not known here, and that is said.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import numpy as np

from cases.case import iso
from console.integrations_told import (
    ClocksOut,
    ContentOut,
    DelayOut,
    HeldOut,
    KafkaOut,
    LettersOut,
    MachineOut,
    NotKnown,
    PartitionOut,
    SilentOut,
    SourceOut,
    VersionOut,
)
from gridwatch.health_beside import QUIET, Rates, about, contents_out, letters_out, machine_out, source_out
from gridwatch.health_clocks import TerminalsTold, clocks_out
from gridwatch.health_letters import LetterTally
from pipeline.runtime.cluster.city import ClusterCity
from pipeline.runtime.cluster.following import Reach
from pipeline.runtime.cluster.seen import CITY, SeenPartition, SeenSource

LATE = 5.0
"""Seconds that ticks may be old before somebody is said to hold the others up."""
STILL = 30.0
"""Seconds after which what has not moved stands: judging that is behind moves, if slowly."""
RECENT = 600.0
_PARTITIONS, _MEMBERS = 200, 20
"""Shown; the ones that are furthest behind."""
_DEVICES = (
    "Only the workers know which devices are silent, and they do not tell it yet:"
    " ask `gridwatch export` for what came, or run the city in one process."
)


class HealthOfCluster:
    """`console.integrations_told.Health` of a city that has been started."""

    def __init__(self, city: ClusterCity, letters: LetterTally, now: Callable[[], float] = time.time) -> None:
        """letters: where the city puts what was set aside. now: UTC seconds."""
        self._city, self._tally, self._now = city, letters, now
        self._started = now()
        self._terminals = TerminalsTold(city.terminal_clocks, lambda: city.city.configuration.registers, now)
        self._rates = Rates()

    def sources(self) -> list[SourceOut]:
        """Those of the configuration, and others that tick."""
        seen, settings = self._city.seen.sources(), self._city.city.configuration.sources
        names = sorted({*settings, *seen} - {CITY})
        return [self._source(name, settings.get(name), seen.get(name, SeenSource())) for name in names]

    def _source(self, name: str, settings: Any, of: SeenSource) -> SourceOut:
        now, away = self._now(), self._city.following.away
        ticks = of.tick > now - QUIET
        quiet = of.received is None or of.received < now - QUIET
        trouble = bool(away) or not ticks
        hint = "" if not quiet else "nothing_yet" if of.received is None else "quiet"
        return source_out(
            name,
            "unknown" if settings is None else settings.type,
            "trouble" if trouble else "quiet" if quiet else "works",
            "; ".join(filter(None, (about(settings), ", ".join(sorted(filter(None, of.members))[:_MEMBERS])))),
            last=None if of.received is None else iso(of.received),
            rate=self._rates.of(name, of.deliveries, time.monotonic()),
            count=of.deliveries,
            delay=self._delay(of),
            error=away or ("" if ticks else "nobody brings its deliveries: start `gridwatch ingest`, and see its log"),
            hint="connect" if trouble else hint,
        )

    def _delay(self, of: SeenSource) -> DelayOut | None:
        recent = [each for each in of.delays if each[0] > self._now() - RECENT]
        if not recent:
            return None
        median, p95 = np.percentile([delay for _, delay, _ in recent], (50, 95)).tolist()
        subjects = len({subject for *_, subject in recent})
        return DelayOut(median=round(median, 3), p95=round(p95, 3), subjects=subjects)

    def journal(self) -> None:
        """Kafka has it."""

    def kafka(self) -> KafkaOut:
        """How far each partition is, and what the cases wait for."""
        following, seen = self._city.following, self._city.seen
        reach, partitions = following.reach, seen.partitions()
        known = {at: partitions.get(at, SeenPartition()) for at in reach.end or partitions}
        told = [self._partition(at, of, reach) for at, of in known.items()]
        told.sort(key=lambda each: (-(math.inf if each.behind is None else each.behind), each.partition))
        return KafkaOut(
            away=following.away,
            asked=iso(reach.at) if reach.at else None,
            partitions=told[:_PARTITIONS],
            left_out=max(len(told) - _PARTITIONS, 0),
            held=held(known, seen.sources(), self._now()),
            skipped=following.skipped,
            unreadable=seen.unreadable,
        )

    def _partition(self, at: int, of: SeenPartition, reach: Reach) -> PartitionOut:
        heard = math.isfinite(of.passed)
        end = reach.end.get(at)
        return PartitionOut(
            partition=at,
            messages=None if end is None else end - reach.first.get(at, 0),
            unsaved=None if end is None or at not in reach.safe else max(end - reach.safe[at], 0),
            passed=iso(of.passed) if heard else None,
            behind=round(max(self._now() - of.passed, 0.0), 1) if heard else None,
        )

    def machine(self) -> MachineOut:
        """This process, its disk, and the store."""
        return machine_out(self._city, self._started)

    def version(self) -> VersionOut | None:
        """What is in force; None where that is not known."""
        payload = self._city.payload
        if not payload:
            return None
        said, own = json.loads(payload), self._city.seen.decoding
        return VersionOut(
            id=hashlib.sha256(payload).hexdigest()[:16],
            config=said["config"],
            world=said["world"],
            rules=0 if own is None else len(own.rules),
            streams=0 if own is None else len(own.streams),
        )

    def history(self, limit: int) -> list[ContentOut]:
        """Those that have been in force while this console ran on this machine."""
        return contents_out(self._city.city.configuration.data, self.version(), limit)

    def letters(self) -> LettersOut:
        """What could not be used, of the newest."""
        return letters_out(self._tally, 0, {})

    def silent(self, after: float, kind: str, limit: int) -> SilentOut:
        """Not known here."""
        _unknown()

    def clocks(self, off: float, limit: int) -> ClocksOut:
        """By what this process has read along; rows that are merely late are not looked at."""
        return clocks_out([], self._tally, self._terminals, limit)

    def correction(self, terminal: str, stream: str, at: float) -> tuple[str, float, float] | None:
        """See gridwatch/health_clocks.py."""
        return self._terminals.correction(terminal, stream, at)


def held(partitions: Mapping[int, SeenPartition], sources: Mapping[str, SeenSource], now: float) -> HeldOut | None:
    """Who keeps what all found from being filed; None: nobody does, or nothing is known yet. now: UTC seconds."""
    unheard = sorted(at for at, of in partitions.items() if not math.isfinite(of.passed))
    if unheard:
        return _held("unjudged", partition=unheard[0])
    ticks = [(at, name, member) for name, of in sources.items() for member, at in of.members.items()]
    ticks = [each for each in ticks if math.isfinite(each[0])]
    if not partitions or not ticks:
        return None
    slowest = min(partitions, key=lambda at: (partitions[at].passed, at))
    passed, (tick, source, member) = partitions[slowest].passed, min(ticks)
    if now - passed < LATE:
        return None
    if now - tick > LATE and tick - passed < LATE:
        return _held("member", source=source, member=member, since=iso(tick))
    if max(of.passed for of in partitions.values()) - passed > LATE:
        return _held("partition", partition=slowest, since=iso(passed))
    if tick - passed > LATE:
        still = now - max(of.moved for of in partitions.values()) > STILL
        return _held("gone" if still else "all", since=iso(passed))
    return None


def _held(
    why: str, partition: int | None = None, source: str = "", member: str = "", since: str | None = None
) -> HeldOut:
    said = {"why": why, "partition": partition, "source": source, "member": member, "since": since}
    return HeldOut.model_validate(said)


def _unknown() -> NoReturn:
    raise NotKnown(_DEVICES)
