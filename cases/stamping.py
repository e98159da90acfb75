"""stamping: where in the one ordered log something stands: after which tick it counts as known (TIME, rule 19).

Reads a journal's entries and what the engine found in them, in order; reports episode changes, steps and reports with
their stamps. A stamp is the tick after which it was known, and never one that all sources had passed already when it
came (a source that lags behind), nor one before an earlier change of the same episode. So it is a property of the
journal, not of how that was cut into batches, nor of how its subjects were dealt to partitions, each with all ticks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from cases.making import Known
from cases.words import Report, Step, decode_report, decode_step
from pipeline.clocks import Clock
from pipeline.entries import Kind
from pipeline.rows import Floats, Longs

CITY = ""
"""The city's own clock, beside those of its sources."""


class Place(NamedTuple):
    """Where in the one order something stands. Compares as it is ordered."""

    stamp: float
    """UTC seconds: the tick after which it counts as known; -inf before any."""
    confirmed: float
    id: str
    position: int
    nth: int
    """Of several changes of one id at one position."""


class Logged(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry of the one ordered log: exactly one of `known`, `step` and `report`."""

    stamp: float
    confirmed: float
    id: str
    position: int
    nth: int
    version: str = ""
    """The payload of the version that was in force."""
    known: Known | None = None
    step: Step | None = None
    report: Report | None = None

    @property
    def place(self) -> Place:
        """Its place in the order."""
        return Place(self.stamp, self.confirmed, self.id, self.position, self.nth)


class Stamps(msgspec.Struct):
    """What a `Stamper` knows, for a snapshot."""

    clocks: list[tuple[str, float, dict[str, float]]]
    passed: float
    version: str
    known: dict[str, float] = {}


class Stamper:
    """Of one journal or one partition of it."""

    def __init__(self) -> None:
        self._known: dict[str, float] = {}
        self._clocks: dict[str, Clock] = {}
        self._moves: tuple[Longs, Floats] = np.empty(0, np.int64), np.empty(0)
        self._before = -np.inf
        self.version = ""
        """The payload of the version that is in force at the end of what was read; '' before any."""
        self._versions: tuple[list[int], list[str]] = [], [""]
        self.passed = -np.inf
        """The tick that every connected source has reached, UTC seconds; -inf before any."""
        self.damaged = 0
        """Entries that were no step or report after all; the journal has them."""

    def stamp(self, batch: pa.RecordBatch, first: int, known: Iterable[Known] = ()) -> list[Logged]:
        """Entries of the journal from position `first` on, and what the engine found in them, in its order: each with
        its place."""
        said = self._read(batch, first)
        seen: Counter[tuple[str, int]] = Counter()
        found: list[Logged] = []
        for each in known:
            key = each.case.id, each.case.position
            found.append(self._entry(each, seen[key]))
            seen[key] += 1
        return found + said

    def begin_after(self, place: Place, version: str) -> None:
        """What comes from now on stands after `place` and is of `version`: for a start without the log up to there."""
        self.version = version
        self.passed = max(self.passed, float(np.nextafter(place.stamp, np.inf)))

    def _entry(self, known: Known, nth: int) -> Logged:
        case = known.case
        stamp = max(known.known, self._floor(case.position), self._known.get(case.id, -np.inf))
        self._known[case.id] = stamp
        return Logged(
            stamp=stamp,
            confirmed=case.confirmed,
            id=case.id,
            position=case.position,
            nth=nth,
            version=self._version_at(case.position),
            known=known,
        )

    def _floor(self, position: int) -> float:
        """What had been passed before an entry of the batch that was read last."""
        positions, values = self._moves
        count = int(np.searchsorted(positions, position))
        return float(values[count - 1]) if count else self._before

    def _version_at(self, position: int) -> str:
        at, payloads = self._versions
        return payloads[int(np.searchsorted(at, position, side="right"))]

    def _read(self, batch: pa.RecordBatch, first: int) -> list[Logged]:
        """Move time on; what people said, held as the city's own clock says."""
        kinds = batch.column("kind").to_numpy()
        self._before = self.passed
        self._versions = [], [self.version]
        moved: list[tuple[int, float]] = []
        said: list[Logged] = []
        at = np.flatnonzero(kinds != Kind.DELIVERY)
        some = batch.take(pa.array(at))
        columns = (some.column(name).to_pylist() for name in ("kind", "source", "topic", "received", "payload"))
        for place, kind, source, member, received, payload in zip(at.tolist(), *columns, strict=True):
            position = first + place
            if kind == Kind.VERSION:
                self.version = payload.decode()
                self._versions[0].append(position)
                self._versions[1].append(self.version)
            elif kind in (Kind.STEP, Kind.REPORT):
                self._moves = _columns(moved)
                entry = self._said(kind, payload, position)
                if entry is not None:
                    said.append(entry)
            elif self._move(kind, source, member, received):
                moved.append((position, self.passed))
        self._moves = _columns(moved)
        return said

    def _said(self, kind: int, payload: bytes, position: int) -> Logged | None:
        try:
            step = decode_step(payload) if kind == Kind.STEP else None
            report = decode_report(payload) if kind == Kind.REPORT else None
        except msgspec.MsgspecError:
            self.damaged += 1
            return None
        word = step or report
        if word is None:
            return None
        city = self._clocks.get(CITY)
        stamp = max(self._floor(position), -np.inf if city is None else city.effective)
        return Logged(
            stamp=stamp,
            confirmed=word.at,
            id=word.id,
            position=position,
            nth=0,
            version=self.version,
            step=step,
            report=report,
        )

    def _move(self, kind: int, source: str, member: str, received: float) -> bool:
        """One entry about time; whether `passed` has moved."""
        if kind == Kind.CLOCK:
            source = member = CITY
        clock = self._clocks.setdefault(source, Clock(source, np.inf))
        if kind in (Kind.TICK, Kind.CLOCK):
            if np.isfinite(received):
                clock.tick(member, received)
        elif kind == Kind.JOIN:
            clock.join(member)
        elif kind == Kind.LEAVE:
            clock.leave(member)
        ticked = [clock for clock in self._clocks.values() if clock.effective > -np.inf]
        connected = [clock.effective for clock in ticked if clock.members]
        # Where nobody is connected nobody can say anything earlier any more.
        passed = min(connected) if connected else max((clock.effective for clock in ticked), default=-np.inf)
        if not passed > self.passed:
            return False
        self.passed = passed
        return True

    def forget(self) -> None:
        """Let go of episodes whose next change stands later in any case."""
        self._known = {id: stamp for id, stamp in self._known.items() if not stamp < self.passed}

    # ---- snapshots

    def stamps(self) -> Stamps:
        """For a snapshot."""
        clocks = [(clock.name, clock.effective, clock.members) for clock in self._clocks.values()]
        return Stamps(clocks, self.passed, self.version, self._known)

    @classmethod
    def of(cls, stamps: Stamps) -> Stamper:
        """One that goes on exactly as the one that gave these."""
        stamper = cls()
        stamper.passed, stamper.version, stamper._known = stamps.passed, stamps.version, dict(stamps.known)
        for name, effective, members in stamps.clocks:
            stamper._clocks[name] = Clock(name, np.inf, effective=effective, members=members)
        return stamper


def _columns(moved: list[tuple[int, float]]) -> tuple[Longs, Floats]:
    return np.array([position for position, _ in moved], np.int64), np.array([value for _, value in moved], np.float64)
