"""fusing: which of the episodes that a replay finds are one case, by the very fusion of the city (cases/fusion).

Reads what became known, in the one order of the log, and reports of people in the journal; the rules are those of the
version in force. What people did to cases at the time is not done again: nothing is closed or split, and nothing is put
aside. A case of nothing but reports is none that a rule found, and is left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import msgspec
import pyarrow as pa

from cases.case import Case
from cases.fold import Fold, Logged
from cases.fusion import Fusion, FusionSettings, Happening, Live
from cases.making import Known
from pipeline.engine import LoadVersion
from pipeline.episode import Change, city_namespace
from pipeline.names import Names
from pipeline.version import Version


class Fusing:
    """Of one replay."""

    def __init__(self) -> None:
        self._fold = Fold()
        self._fusion: Fusion | None = None
        self._said: dict[str, tuple[str, FusionSettings | None]] = {}
        """Payload of a version -> its city, and what it says of fusion."""

    def listening(self, load: LoadVersion) -> LoadVersion:
        """The same versions, with what they say of fusion noted."""

        def loaded(payload: bytes, names: Names) -> Version:
            version = load(payload, names)
            section = version.fusion if isinstance(version.fusion, FusionSettings) else None
            self._said[payload.decode()] = version.city, section
            return version

        return loaded

    @property
    def configured(self) -> bool:
        """Whether any version says what is one case; without, every episode is."""
        return any(section is not None for _, section in self._said.values())

    def take(self, batch: pa.RecordBatch, first: int, known: Iterable[Known]) -> None:
        """Entries from position `first` on, and what became known by them, in the engine's order."""
        self._fold.take(batch, first, known)
        self.enter(self._fold.due())
        self._fold.drop()

    def enter(self, entries: Iterable[Logged]) -> None:
        """Entries of the one ordered log, in its order, from whoever made it."""
        for entry in entries:
            self._enter(entry)

    def finish(self) -> None:
        """There is nothing more: what still waits for ticks goes in too."""
        self.enter(self._fold.due(everything=True))

    def cases(self, standing: Mapping[str, Case]) -> tuple[list[Case], list[Case]]:
        """The cases, and what they are for scores: one for each rule and subject in a case. Both sorted by (started,
        id). standing: each episode as it stands, by id."""
        whole, single = [], []
        for live in self._fusion.live().live if self._fusion is not None else ():
            members = [standing[m.happening.id] for m in live.members if m.happening.id in standing]
            members = [member for member in members if not member.withdrawn]
            if not members:
                continue
            whole.append(_one(members, live, live.id, len(live.members)))
            groups: dict[tuple[str, str], list[Case]] = {}
            for member in members:
                groups.setdefault((member.rule, member.subject), []).append(member)
            for group in groups.values():
                id = live.id if group[0] is members[0] else group[0].id
                single.append(_one(group, live, id, len(group)))
        return sorted(whole, key=_order), sorted(single, key=_order)

    def _enter(self, entry: Logged) -> None:
        fusion = self._in_force(entry)
        fusion.pass_time(math.nextafter(entry.stamp, -math.inf))
        if entry.report is not None:
            told = entry.report
            lon, lat = told.where
            happening = Happening(
                id=told.id,
                kind="report",
                rule="",
                category=told.category,
                subject=told.subject,
                part="",
                place="",
                lon=lon,
                lat=lat,
                started=told.at,
                at=_at(entry),
                joins=told.joins,
            )
            fusion.take(happening)
        elif entry.known is not None:
            _tell(fusion, entry.known, _at(entry))

    def _in_force(self, entry: Logged) -> Fusion:
        city, section = self._said.get(entry.version, ("", None))
        if self._fusion is None:
            self._fusion = Fusion(section, city_namespace(city))
        elif self._fusion.settings != (section or FusionSettings()):
            self._fusion.configure(section, math.nextafter(_at(entry), -math.inf))
        return self._fusion


def _at(entry: Logged) -> float:
    """The log's time; before any tick what the entry itself says is all there is."""
    return entry.stamp if math.isfinite(entry.stamp) else entry.confirmed


def _tell(fusion: Fusion, known: Known, at: float) -> None:
    case = known.case
    forgotten = known.change is Change.REOPENED and not fusion.knows(case.id)
    if known.change is Change.OPENED or forgotten:
        names = ("id", "rule", "category", "subject", "part", "place", "lon", "lat", "started")
        fusion.take(Happening(kind="episode", at=at, **{name: getattr(case, name) for name in names}))
    elif known.change is Change.ENDED:
        fusion.ended(case.id, case.ended)
    elif known.change is Change.REOPENED:
        fusion.went_on(case.id)
    elif known.change is Change.WITHDRAWN:
        fusion.withdrawn(case.id)


def _one(members: Sequence[Case], live: Live, id: str, count: int) -> Case:
    """Several as one: what the first shows, from the earliest start to the last end. count: with people's reports."""
    first, last = members[0], max(members, key=lambda each: math.inf if each.open else each.ended)
    if count == 1 and first.category == live.category:
        return first
    return msgspec.structs.replace(
        first,
        id=id,
        category=live.category,
        started=min(each.started for each in members),
        ended=last.ended,
        reason=last.reason,
        position=max(each.position for each in members),
        members=count,
    )


def _order(case: Case) -> tuple[float, str]:
    return case.started, case.id
