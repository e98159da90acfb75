"""reporting: columns of changes as episode events, with names, ids and the rule's version."""

from __future__ import annotations

import math
import uuid
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
            state = self.engine.rules[rule_id]
            for change, columns in blocks.blocks:
                over = change is Change.ENDED
                records = zip(*(columns[name].tolist() for name in COLUMNS), strict=True)
                for position, order, known, slot, started, confirmed, ended, reason, *rest, late, version in records:
                    episode = self._episode(
                        namespace,
                        kind,
                        state,
                        slot,
                        started,
                        confirmed,
                        *rest,
                        late=late,
                        version=version,
                        ended=ended if over else np.nan,
                        reason=REASONS[reason] if over else "",
                    )
                    event = EpisodeEvent(change=change, known=known, position=position, episode=episode)
                    found.append((position, episode.id, order, event))
        found.sort(key=lambda item: item[:3])
        return [event for *_, event in found]

    def _episode(
        self,
        namespace: uuid.UUID,
        kind: str,
        state: RuleState,
        slot: int,
        started: float,
        confirmed: float,
        peak: float,
        lon: float,
        lat: float,
        place: int,
        *,
        late: bool,
        version: int,
        ended: float = np.nan,
        reason: str = "",
    ) -> Episode:
        names = self.engine.names
        subject, part = (names[code] for code in self.engine.kinds[kind].key_numbers.pairs[slot])
        rule = state.rule
        worse = peak if rule.detector.worse is max else -peak
        return Episode(
            id=episode_id(namespace, rule.id, f"{subject}\x1f{part}" if part else subject, started),
            rule=rule.id,
            rule_version=state.versions[version],
            subject=subject,
            part=part,
            started=started,
            confirmed=confirmed,
            ended=ended,
            reason=reason,
            measure=worse if math.isfinite(worse) else np.nan,
            lon=lon,
            lat=lat,
            place=names[place],
            late=late,
        )

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
            over = msgspec.structs.replace(episode, ended=down.until, reason="clear")
            events.append(event(Change.ENDED, over))
        return events

    def standing(self) -> list[Episode]:
        """All open episodes, sorted by (started, id)."""
        found: list[Episode] = []
        namespace = self._namespace()
        for state in self.engine.rules.values():
            kind = state.rule.kind.kind
            for table, slot_keys in ((state.keys, None), (state.gaps, state.gap_key)):
                going = np.flatnonzero((table["open"] | table["assumed"]) & ~table["ended"] & ~table["barred"])
                for slot in going.tolist():
                    record = {name: table[name][slot].item() for name in table.fields}
                    started = record["started"] if record["open"] else record["since"]
                    key = slot if slot_keys is None else int(slot_keys[slot])
                    values = (record[name] for name in ("confirmed", "peak", "lon", "lat", "place"))
                    found.append(
                        self._episode(
                            namespace,
                            kind,
                            state,
                            key,
                            started,
                            *values,
                            late=record["late"],
                            version=record["version"],
                        )
                    )
            if state.silence is not None:
                table = state.silence.states
                for slot in np.flatnonzero(np.isfinite(table["silent"])).tolist():
                    started, lon, lat = (float(table[name][slot]) for name in ("silent", "lon", "lat"))
                    version = int(table["version"][slot])
                    found.append(
                        self._episode(
                            namespace,
                            kind,
                            state,
                            slot,
                            started,
                            started,
                            -np.inf,
                            lon,
                            lat,
                            -1,
                            late=False,
                            version=version,
                        )
                    )
        for clock in self.engine.clocks.by_name.values():
            if clock.down_open:
                opened = self.down(Down(clock.name, clock.newest, float("nan"), float("nan"), 0))
                found.append(opened[0].episode)
        return sorted(found, key=lambda episode: (episode.started, episode.id))


COLUMNS = (
    "position",
    "order",
    "known",
    "slot",
    "started",
    "confirmed",
    "ended",
    "reason",
    "peak",
    "lon",
    "lat",
    "place",
    "late",
    "version",
)
