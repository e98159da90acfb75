"""A replay fuses as the city does, however the journal is cut; without `fusion:` every episode is a case."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from cases.desk import Conditions
from cases.fold import Fold
from cases.fusion import FusionSettings
from cases.making import judge as judged
from cases.store import Store
from cases.words import Report, encode
from pipeline.detector import Detector, Judgement
from pipeline.engine import Engine, LoadVersion
from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import Contents, Journal, JournalBatch
from pipeline.journal.contents import CONTENTS
from pipeline.names import Names
from pipeline.registers import Registers
from pipeline.rows import Position
from pipeline.runtime.compose import load_version
from pipeline.version import Decoded, Hold, Rule, Source, Stream, Version
from pipeline.world import World
from replay.driving import table
from replay.labels import Label
from replay.outcome import judge
from replay.replaying import Replayed, json_lines, replay
from tests.replay.test_real_recordings import TRUCKS, here, imported

#        0   10   20 … 200  210      a silence of 190 s splits what one lorry does into two episodes
ROWS: list[dict[str, float | str]] = [
    {"subject": subject, "ts": ts, "lon": lon, "lat": 31.0, "speed": speed}
    for subject, ts, lon, speed in (
        ("lorry", 0.0, 121.0, 90.0),
        ("lorry", 10.0, 121.0, 90.0),
        ("lorry", 20.0, 121.0, 90.0),
        ("lorry", 200.0, 121.0, 90.0),
        ("van", 205.0, 121.0002, 90.0),
        ("far", 206.0, 122.0, 90.0),
        ("lorry", 210.0, 121.0, 90.0),
        ("lorry", 220.0, 121.0, 10.0),
    )
]
FUSION = {
    "rules": [
        {"id": "same-subject", "same": "subject", "within": "10min"},
        {"id": "same-place", "same": "place", "near": "50 m", "within": "5min"},
    ]
}


class Fast(Detector):
    """Faster than 60 km/h?"""

    rows = Position

    def judge(self, rows: Any, world: Any, memory: Any) -> Judgement:
        return Judgement(wrong=rows.speed > 60.0, measure=rows.speed)


@dataclass
class Kept:
    """Entries in memory."""

    batch: pa.RecordBatch
    first: int = 0

    @property
    def head(self) -> int:
        return int(self.batch.num_rows)

    def read(self, start: int = 0, max_rows: int = 65_536) -> Iterator[JournalBatch]:
        for at in range(start, self.batch.num_rows, max_rows):
            yield JournalBatch(at, self.batch.slice(at, max_rows))


def _recorded(fusion: dict[str, Any] | None, *reports: Report) -> tuple[Kept, LoadVersion]:
    buffer = EntryBuffer()
    buffer.add(Kind.VERSION, "", "", 0.0, b"v")
    for n, row in enumerate(ROWS):
        at = float(row["ts"])
        buffer.add(Kind.DELIVERY, "gps", "", at, b"%d" % n)
        for report in reports:
            if report.at == at:
                buffer.add(Kind.REPORT, "", "", at, encode(report))
        buffer.add(Kind.TICK, "gps", "", at)
    for at in (230.0, 231.0):
        buffer.add(Kind.TICK, "gps", "", at)

    def load(_: bytes, names: Names) -> Version:
        found = table(Position, ROWS, names)

        def decode(batch: pa.RecordBatch, first: int, _: Names) -> Decoded:
            at = np.flatnonzero(batch.column("kind").to_numpy() == Kind.DELIVERY)
            some = found.take(np.array([int(p) for p in batch.column("payload").take(pa.array(at)).to_pylist()]))
            some.position, some.stream = first + at, np.zeros(len(at), np.int32)
            return Decoded([some], [])

        hold = Hold.model_validate({"gap": "60s"})
        return Version(
            id="v",
            city="test",
            sources={"gps": Source("gps", math.inf)},
            streams=[Stream("gps", "gps", Position)],
            rules=[Rule("fast", Fast(), hold, category="speed", version="1")],
            world=World(Registers()).bind(names),
            decode=decode,
            fusion=None if fusion is None else FusionSettings.model_validate(fusion),
        )

    return Kept(buffer.batch()), load


def _told(replayed: Replayed) -> list[tuple[str, float, float, int]]:
    return [(case.subject, case.started, case.ended, case.members) for case in replayed.cases]


@pytest.mark.parametrize("batch", [1, 3, 65_536])
def test_several_episodes_are_one_case(batch: int) -> None:
    entries, load = _recorded(FUSION)
    found = replay(entries, load, batch=batch)
    assert [case[0::3] for case in _told(found)] == [("lorry", 3), ("far", 1)]
    lorry, far = found.cases
    assert (lorry.started, lorry.open, far.open) == (0.0, True, True), "the van goes on"
    keys = [set(json.loads(line)) for line in json_lines(found.cases).splitlines()]
    assert keys[0] - keys[1] == {"members"}
    assert [(case.subject, case.members) for case in found.found] == [("lorry", 2), ("van", 1), ("far", 1)]


@pytest.mark.parametrize("fusion", [None, {}], ids=["no-section", "no-rules"])
def test_without_rules_every_episode_is_a_case(fusion: dict[str, Any] | None) -> None:
    found = replay(*_recorded(fusion))
    assert [case[0::3] for case in _told(found)] == [("lorry", 1), ("lorry", 1), ("van", 1), ("far", 1)]
    assert json_lines(found.cases) == json_lines(replay(*_recorded(None)).cases)
    assert [case.id for case in found.found] == [case.id for case in found.cases]


def test_what_people_told_is_a_member_and_no_case_of_a_rule() -> None:
    near = Report(id="near", channel="hand", category="speed", lon=121.0, lat=31.0, at=206.0)
    far = Report(id="elsewhere", channel="hand", category="speed", lon=120.0, lat=31.0, at=206.0)
    found = replay(*_recorded(FUSION, near, far))
    assert [case[0::3] for case in _told(found)] == [("lorry", 4), ("far", 1)]


def test_what_adds_up_is_called_so() -> None:
    parts = [{"subjects": ["lorry"]}, {"subjects": ["van"], "alone": "nothing"}]
    rule = {"id": "race", "all": parts, "near": "50 m", "within": "1min", "becomes": "race"}
    found = replay(*_recorded({"rules": [rule]}))
    assert [(case.subject, case.category, case.members) for case in found.cases] == [
        ("lorry", "speed", 1),
        ("lorry", "race", 2),
        ("far", "speed", 1),
    ]


def test_a_fused_case_counts_once_for_each_rule_and_subject() -> None:
    labels = [Label(0.0, "fast", "lorry", 220.0), Label(205.0, "fast", "van", math.inf)]
    entries, load = _recorded(FUSION)
    once = judge(entries, load, lambda: labels).scores["fast"]
    entries, load = _recorded(None)
    twice = judge(entries, load, lambda: labels).scores["fast"]
    assert (once.duplicates, twice.duplicates) == (0, 1)
    assert once.right == twice.right


@here(TRUCKS)
def test_real_trucks_are_one_case_each_until_it_is_closed(tmp_path: Path) -> None:
    journal = imported(tmp_path, "jersey_city", TRUCKS, "gps")
    contents, section = Contents(journal / CONTENTS), FusionSettings.model_validate({"rules": FUSION["rules"][:1]})

    def load(payload: bytes, names: Names) -> Version:
        lasting = section.rules[0].model_copy(update={"within": None})
        return replace(load_version(payload, contents, names), fusion=section.model_copy(update={"rules": (lasting,)}))

    fused = replay(Journal.read_only(journal), load)
    alone = replay(Journal.read_only(journal), lambda p, names: load_version(p, contents, names))
    wanted = Counter((case.rule, case.subject) for case in alone.cases)
    assert {(case.rule, case.subject): case.members for case in fused.cases} == wanted
    assert len(fused.cases) == len(wanted) < len(alone.cases)
    for case in fused.cases:
        mine = [each for each in alone.cases if (each.rule, each.subject) == (case.rule, case.subject)]
        assert case.started == min(each.started for each in mine)
        assert case.open == any(each.open for each in mine)


@pytest.mark.parametrize("batch", [1, 7, 65_536])
def test_it_is_what_the_desk_makes_of_the_same_journal(batch: int) -> None:
    near = Report(id="near", channel="hand", category="speed", lon=121.0, lat=31.0, at=206.0)
    entries, load = _recorded(FUSION, near)
    section = FusionSettings.model_validate(FUSION)
    engine, fold = Engine(load), Fold()
    with Store(None, conditions=lambda _: Conditions(city="test", fusion=section)) as store:
        for piece in entries.read(0, batch):
            fold.take(piece.batch, piece.first, judged(engine, piece.batch, piece.first))
            store.apply(fold.due(), fold.passed, fold.through(engine.position))
            fold.drop()
        live = store.list()
    again = replay(entries, load, batch=batch).cases
    names = ("id", "rule", "category", "subject", "started", "confirmed", "members", "lon", "lat", "late", "open")
    assert [[getattr(case, name) for name in names] for case in live] == [
        [getattr(case, name) for name in names] for case in again
    ]
