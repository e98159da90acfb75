"""health_devices: which devices of the registers are silent, and whose clocks are wrong, by what the engine has heard.

Asked from any thread. What was heard is looked at every few seconds at most, however many ask: with 100,000 vehicles a
look takes a tenth of a second.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection
from typing import NamedTuple

import numpy as np

from cases.case import iso
from console.integrations_told import ClockOut, ClocksOut, DelayOut, DeviceOut, SilentOut
from gridwatch.health_clocks import TerminalsTold, clocks_out
from gridwatch.health_letters import LetterTally
from pipeline.engine import Engine
from pipeline.heard import Heard, heard
from pipeline.registers import Table
from pipeline.rows import Floats, Longs, Presence, Sighting

LOOK = 3.0
"""Between two looks at what was heard, seconds."""
RECENT, HOUR = 600.0, 3600.0
BEHIND = 600.0
"""Seconds behind its receipt from which a row makes one think of its clock; links hold rows back for less."""
VEHICLE, BIN, CAMERA = "vehicle", "bin", "camera"
KINDS = (VEHICLE, BIN, CAMERA)
_SEEN = frozenset({Sighting.kind, Presence.kind})


class _Registered(NamedTuple):
    ids: list[str]
    about: list[str]


class Devices:
    """Of one engine at work. cameras: those of the configuration."""

    def __init__(
        self, engine: Engine, letters: LetterTally, cameras: Callable[[], Collection[str]], now: Callable[[], float]
    ) -> None:
        self._engine, self._letters, self._cameras, self._now = engine, letters, cameras, now
        self._lock = threading.Lock()
        self._looked = -np.inf
        self._heard: list[Heard] = []

    def heard(self) -> list[Heard]:
        """What was heard, as of a few seconds ago at most."""
        with self._lock:
            if time.monotonic() - self._looked > LOOK:
                self._heard = heard(self._engine)
                self._looked = time.monotonic()
            return self._heard

    def delay(self, source: str) -> DelayOut | None:
        """From event time to receipt, of the source's lines that were heard of late; None: none was."""
        version = self._engine.version
        names = [] if version is None else [each.name for each in version.streams if each.source == source]
        codes = [code for code, name in enumerate(list(self._engine.streams)) if name in names]
        since, found, subjects = self._now() - RECENT, [], 0
        for each in self.heard():
            mine = np.isin(each.stream, codes) & (each.received > since)
            found.append(each.received[mine] - each.ts[mine])
            subjects += len(np.unique(each.subject[mine]))
        delays = np.concatenate([*found, np.empty(0)])
        if not len(delays):
            return None
        median, p95 = (round(float(each), 3) for each in np.percentile(delays, (50, 95)))
        return DelayOut(median=median, p95=p95, subjects=subjects)

    def cameras(self, within: float) -> tuple[int, int]:
        """How many there are, and how many of them were heard within so many seconds."""
        ids = self._registered(self._now())[CAMERA].ids
        return len(ids), int((self._last(ids) > self._now() - within).sum())

    def silent(self, after: float, kind: str, limit: int) -> SilentOut:
        """Those that were not heard for `after` seconds, the longest first; never heard come first. kind: '': all."""
        now, registered = self._now(), self._registered(self._now())
        counts, found = {}, []
        for name in KINDS:
            last = self._last(registered[name].ids)
            quiet = np.flatnonzero(~(last > now - after))
            counts[name] = len(quiet)
            if kind in ("", name):
                found += [(float(last[at]), name, at) for at in quiet.tolist()]
        found.sort()
        mounted = self._mounted(now)
        devices = []
        for last_heard, name, at in found[:limit]:
            known, id = np.isfinite(last_heard), registered[name].ids[at]
            devices.append(
                DeviceOut(
                    id=id,
                    kind=name,
                    about=registered[name].about[at],
                    devices=mounted.get(id, []),
                    heard=iso(last_heard) if known else None,
                    silent=round(now - last_heard, 1) if known else None,
                )
            )
        return SilentOut(
            after=after,
            registered={name: len(each.ids) for name, each in registered.items()},
            silent=counts,
            devices=devices,
            left_out=max(len(found) - limit, 0),
        )

    def clocks(self, off: float, limit: int, terminals: TerminalsTold) -> ClocksOut:
        """Whose newest row of the last hour was more than `off` seconds ahead of its receipt, or far behind it; whose
        rows were set aside since their times can't be true; and who is in no register."""
        since, streams, found = self._now() - HOUR, list(self._engine.streams), []
        for each in self.heard():
            offset = each.ts - each.received
            wrong = np.flatnonzero(((offset > off) | (offset < -max(off, BEHIND))) & (each.received > since))
            found += [
                ClockOut(
                    subject=self._engine.names[int(each.subject[at])],
                    stream=streams[int(each.stream[at])],
                    offset=round(float(offset[at]), 1),
                    heard=iso(float(each.received[at])),
                    aside=0,
                )
                for at in wrong.tolist()
            ]
        return clocks_out(found, self._letters, terminals, limit)

    def _last(self, ids: list[str]) -> Floats:
        """When each was heard last, by whichever line, UTC seconds; -inf: not that is known. Shape (len(ids),)."""
        names = self._engine.names
        codes: Longs = np.fromiter((names.find(id) for id in ids), np.int64, len(ids))
        looked = self.heard()
        top = max([int(codes.max(initial=-1)), *(int(each.subject.max(initial=-1)) for each in looked)]) + 1
        last = np.full(top + 1, -np.inf)  # the last place is nobody's
        for each in looked:
            mine = each.subject >= 0
            np.maximum.at(last, each.subject[mine], each.received[mine])
        last[top] = -np.inf
        return np.asarray(last[codes])

    def _registered(self, now: float) -> dict[str, _Registered]:
        """By kind: who is in the registers now."""
        version = self._engine.version
        if version is None:
            return {kind: _Registered([], []) for kind in KINDS}
        registers = version.world.registers
        looked = [np.unique(each.subject) for each in self.heard() if each.kind in _SEEN]
        seen = {self._engine.names[int(code)] for codes in looked for code in codes}
        cameras = sorted({*self._cameras(), *seen} - {""})
        return {
            VEHICLE: _holding(registers.vehicles, "plate", now),
            BIN: _holding(registers.bins, "address", now),
            CAMERA: _Registered(cameras, [""] * len(cameras)),
        }

    def _mounted(self, now: float) -> dict[str, list[str]]:
        """Subject -> the devices that are mounted on it."""
        version = self._engine.version
        found: dict[str, list[str]] = defaultdict(list)
        if version is not None:
            table = version.world.registers.devices
            for device, subject, start, end in zip(
                table.text("device"),
                table.text("subject"),
                table.numbers("valid_from"),
                table.numbers("valid_to"),
                strict=True,
            ):
                if start <= now < end:
                    found[subject].append(device)
        return found


def _holding(table: Table, about: str, now: float) -> _Registered:
    holds = np.flatnonzero((table.numbers("valid_from") <= now) & (now < table.numbers("valid_to"))).tolist()
    ids, words = table.text("id"), table.text(about)
    return _Registered([ids[at] for at in holds], [words[at] for at in holds])
