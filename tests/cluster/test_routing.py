"""Entries dealt to partitions: each to where its subjects are, in order, none lost; and each row judged once."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.entries import Kind
from pipeline.names import Names
from pipeline.runtime.cluster.messages import decode_entries, encode_entries, partitions_of
from pipeline.runtime.cluster.routing import FIRST, Part, Router, judged_by, partition_of
from pipeline.runtime.compose import City, load_city
from pipeline.version import Version
from tests.cluster.topics_kit import batch

CITY = """\
city: dealt
time_zone: Asia/Shanghai
metrics: null
sources:
  fleet: {type: mqtt, host: broker, client_id: dealt, subscribe: ["#"]}
streams:
  uploads:
    source: fleet
    topic: up/+
    codec: json
    rows: position
    subject: "@.who"
    datum: WGS-84
    each: $
    unknown: accept
    fields: {ts: {path: t, unit: unix_s}, lon: {path: x}, lat: {path: y}}
"""
EVERYWHERE = (Kind.TICK, Kind.VERSION, Kind.JOIN, Kind.LEAVE, Kind.CLOCK)

Entry = tuple[Kind, str, str, float, bytes]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    file: Path = tmp_path_factory.mktemp("dealt") / "city.yaml"
    file.write_text(CITY)
    return load_city(file)


def upload(*who: str) -> bytes:
    return json.dumps([{"who": each, "t": 1000.0 + n, "x": 121.4, "y": 31.2} for n, each in enumerate(who)]).encode()


subjects = st.lists(st.sampled_from([f"T{n}" for n in range(8)]), max_size=5)
payloads = st.one_of(subjects.map(lambda who: upload(*who)), st.sampled_from([b"rubbish", b"[]", b""]))
others = st.sampled_from([*EVERYWHERE, Kind.STEP, Kind.REPORT])


@st.composite
def entries(draw: st.DrawFn) -> list[Entry]:
    kinds = draw(st.lists(st.one_of(st.just(Kind.DELIVERY), others), min_size=1, max_size=12))
    made: list[Entry] = []
    for n, kind in enumerate(kinds):
        topic = draw(st.sampled_from(["up/a", "up/b", "nobody/listens"])) if kind == Kind.DELIVERY else ""
        made.append((kind, "fleet", topic, float(n), draw(payloads) if kind == Kind.DELIVERY else b""))
    return made


def whose(entry: Entry) -> set[str]:
    kind, _, topic, _, payload = entry
    if kind != Kind.DELIVERY or not topic.startswith("up/") or not payload.startswith(b"[{"):
        return set()
    return {each["who"] for each in json.loads(payload)}


def should(entry: Entry, count: int) -> set[int]:
    """The partitions that an entry belongs to."""
    if entry[0] in EVERYWHERE:
        return set(range(count))
    if entry[0] != Kind.DELIVERY:
        return {FIRST}
    return {partition_of(who, count) for who in whose(entry)} or {partition_of(entry[2], count)}


def received(parts: list[Part], partition: int) -> list[float]:
    return [at for part in parts if part.partition == partition for at in part.batch["received"].to_pylist()]


@settings(max_examples=60, deadline=None)
@given(given_entries=entries(), count=st.integers(1, 5))
def test_each_goes_to_the_partitions_of_its_subjects_in_order(
    city: City, given_entries: list[Entry], count: int
) -> None:
    parts = Router(city.version, count).route(batch(*given_entries))
    for partition in range(count):
        wanted = [entry[3] for entry in given_entries if partition in should(entry, count)]
        assert received(parts, partition) == wanted
    for part in parts:
        for at, kind in zip(part.batch["received"].to_pylist(), part.batch["kind"].to_pylist(), strict=True):
            where = tuple(sorted(should(given_entries[int(at)], count)))
            if kind == Kind.DELIVERY:
                assert part.to == (where if len(where) > 1 else ())


def judged(version: Version, names: Names, message: pa.RecordBatch) -> tuple[Counter[tuple[str, float]], int]:
    decoded = version.decode(message, 0, names)
    rows: Counter[tuple[str, float]] = Counter()
    for block in decoded.rows:
        at = message["received"].to_numpy()[block.position]
        who = [names.strings[code] for code in np.asarray(block.subject).tolist()]
        rows.update(zip(who, at.tolist(), strict=True))
    return rows, len(decoded.aside)


@settings(max_examples=40, deadline=None)
@given(given_entries=entries(), count=st.integers(1, 5))
def test_each_row_is_judged_once_and_what_can_not_be_decoded_is_set_aside_once(
    city: City, given_entries: list[Entry], count: int
) -> None:
    whole_names = Names()
    whole = judged(city.version(whole_names), whole_names, batch(*given_entries))
    rows: Counter[tuple[str, float]] = Counter()
    aside = 0
    versions = []
    for partition in range(count):
        names = Names()
        load = judged_by(partition, count, lambda _, mine: city.version(mine))
        versions.append((load(b"", names), names))
    for part in Router(city.version, count).route(batch(*given_entries)):
        message = decode_entries(encode_entries(part.batch, part.to))
        assert partitions_of(message) == part.to
        version, names = versions[part.partition]
        more, left = judged(version, names, message)
        assert {partition_of(who, count) for who, _ in more} <= {part.partition}
        rows.update(more)
        aside += left
    assert (rows, aside) == whole


def test_where_a_mapping_has_changed_meanwhile_the_first_judges_what_belongs_to_none(city: City) -> None:
    payload = upload("T1", "T2", "T3", "T4", "T5")
    message = decode_entries(encode_entries(batch((Kind.DELIVERY, "fleet", "up/a", 0.0, payload)), (1, 2)))
    found: dict[int, set[str]] = {}
    for partition in (1, 2):
        names = Names()
        version = judged_by(partition, 4, lambda _, mine: city.version(mine))(b"", names)
        found[partition] = {who for who, _ in judged(version, names, message)[0]}
    everybody = {f"T{n}" for n in range(1, 6)}
    assert found[1] | found[2] == everybody
    assert not found[1] & found[2]
    assert found[2] == {who for who in everybody if partition_of(who, 4) == 2}


def test_a_part_has_the_names_of_its_own_entries_alone(city: City) -> None:
    entries = [(Kind.DELIVERY, "fleet", f"up/{n}", 1000.0, upload(f"T{n}")) for n in range(50)]
    for part in Router(city.version, 4).route(batch(*entries)):
        topic = part.batch.column("topic")
        assert sorted(topic.dictionary.to_pylist()) == sorted(topic.to_pylist())
        assert partition_of(f"T{topic[0].as_py().removeprefix('up/')}", 4) == part.partition
