"""reporting: columns of changes as episode events, with names, ids and the rule's version."""

from __future__ import annotations

import math
import uuid
from operator import itemgetter
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from pipeline.clocks import Down
from pipeline.episode import Change, Episode, EpisodeEvent, city_namespace, episode_id
from pipeline.hold import REASONS, Changes

if TYPE_CHECKING:
    from pipeline.engine import Engine
    from pipeline.judging import RuleState

SOURCE_DOWN = "source_down"
"""The rule of cases about a source that was down."""


class _Scribe:
    """Writes one rule's episodes; what is the same for all of them is looked up once."""

    def __init__(self, engine: Engine, namespace: uuid.UUID, kind: str, state: RuleState) -> None:
        self.names, self.kind = engine.names, engine.kinds[kind]
        self.namespace, self.rule, self.versions = namespace, state.rule.id, state.versions
        self.smaller_is_worse = state.rule.detector.worse is not max

    def episode(
        self,
        slot: int,
        started: float,
        confirmed: float,
        peak: float,
        lon: float,
        lat: float,
        place: int,
        late: bool,
        version: int,
        ended: float = math.nan,
        reason: str = "",
    ) -> Episode:
        """The episode of a slot's key."""
        subject, part = self.kind.key_name(slot, self.names)
        worse = -peak if self.smaller_is_worse else peak
        return Episode(
            id=episode_id(self.namespace, self.rule, f"{subject}\x1f{part}" if part else subject, started),
            rule=self.rule,
            rule_version=self.versions[version],
            subject=subject,
            part=part,
            started=started,
            confirmed=confirmed,
            ended=ended,
            reason=reason,
            measure=worse if math.isfinite(worse) else math.nan,
            lon=lon,
            lat=lat,
            place=self.names[place],
            late=late,
        )


class Reporter:
    """Turns an engine's changes into events."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def _namespace(self) -> uuid.UUID:
        return city_namespace(self.engine.version.city if self.engine.version else "")

    def events(self, changes: list[tuple[str, str, Changes]]) -> list[EpisodeEvent]:
        """Events of (kind of row, rule id, changes), in order of (position, id), and for one id as they came about."""
        found: list[tuple[int, str, int, EpisodeEvent]] = []
        namespace = self._namespace()
        for kind, rule_id, blocks in changes:
            if not blocks.blocks:
                continue
            scribe = _Scribe(self.engine, namespace, kind, self.engine.rules[rule_id])
            for change, columns in blocks.blocks:
                over = change is Change.ENDED
                records = zip(*(columns[name].tolist() for name in COLUMNS), strict=True)
                for position, order, known, ended, reason, *said in records:
                    episode = scribe.episode(*said, *((ended, REASONS[reason]) if over else ()))
                    event = EpisodeEvent(change=change, known=known, position=position, episode=episode)
                    found.append((position, episode.id, order, event))
        found.sort(key=itemgetter(0, 1, 2))
        return [event for *_, event in found]

    def down(self, down: Down) -> list[EpisodeEvent]:
        """Events about a source that was down, or still is."""
        engine = self.engine
        nan = float("nan")
        after = engine.clocks.by_name[down.source].down_after
        episode = Episode(
            id=episode_id(self._namespace(), SOURCE_DOWN, down.source, down.since),
            rule=SOURCE_DOWN,
            rule_version="",
            subject=down.source,
            part="",
            started=down.since,
            confirmed=down.since + after,
            ended=nan,
            reason="",
            measure=nan,
            lon=nan,
            lat=nan,
            place="",
            late=False,
        )

        def event(change: Change, episode: Episode) -> EpisodeEvent:
            return EpisodeEvent(change=change, known=down.known, position=down.position, episode=episode)

        if down.withdrawn:
            return [event(Change.WITHDRAWN, episode)]
        events = [] if down.told else [event(Change.OPENED, episode)]
        if down.until == down.until:
            over = msgspec.structs.replace(episode, ended=down.until, reason="removed" if down.removed else "clear")
            events.append(event(Change.ENDED, over))
        return events

    def standing(self) -> list[Episode]:
        """All open episodes, sorted by (started, id)."""
        found: list[Episode] = []
        namespace = self._namespace()
        for state in self.engine.rules.values():
            scribe = _Scribe(self.engine, namespace, state.rule.kind.kind, state)
            for table, slot_keys in ((state.keys, None), (state.gaps, state.gap_key)):
                going = np.flatnonzero((table["open"] | table["assumed"]) & ~table["ended"] & ~table["barred"])
                for slot in going.tolist():
                    record = {name: table[name][slot].item() for name in table.fields}
                    started = record["started"] if record["open"] else record["since"]
                    key = slot if slot_keys is None else int(slot_keys[slot])
                    values = (record[name] for name in COLUMNS[7:])
                    found.append(scribe.episode(key, started, *values))
            if state.silence is not None:
                table = state.silence.states
                for slot in np.flatnonzero(np.isfinite(table["silent"])).tolist():
                    started, lon, lat = (float(table[name][slot]) for name in ("silent", "lon", "lat"))
                    version = int(table["version"][slot])
                    found.append(scribe.episode(slot, started, started, -np.inf, lon, lat, -1, False, version))
        for clock in self.engine.clocks.by_name.values():
            if clock.down_open:
                opened = self.down(Down(clock.name, clock.newest, float("nan"), float("nan"), 0))
                found.append(opened[0].episode)
        return sorted(found, key=lambda episode: (episode.started, episode.id))


COLUMNS = (
    "position", "order", "known", "ended", "reason",
    "slot", "started", "confirmed", "peak", "lon", "lat", "place", "late", "version",
)  # fmt: skip
"""What a block of changes is read as: of the change, and of its episode as `_Scribe.episode` takes it."""
