"""`gridwatch export` and `replay` from a city on Kafka: the same recording, and the same cases of it."""

from __future__ import annotations

import json
import math
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cases.case import iso
from gridwatch.cli import app
from gridwatch.recordings import Opened
from pipeline.entries import Kind
from pipeline.journal import Contents
from pipeline.runtime.cluster.entries_read import time_of
from pipeline.runtime.cluster.judging import PartitionJudge
from pipeline.runtime.cluster.loading import Versions
from pipeline.runtime.cluster.messages import decode_entries, encode_found
from pipeline.runtime.cluster.producing import Producer
from pipeline.runtime.cluster.routing import FIRST
from replay.recording import find_recording, read_manifest
from replay.scenarios.families import START
from tests.cluster.dealt_kit import Dealt
from tests.cluster.recordings import recorded

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    return recorded(tmp_path_factory.mktemp("original"), "dead-zones", hours=0.5)


@pytest.fixture(scope="module")
def city(kafka: str, original: Opened, tmp_path_factory: pytest.TempPathFactory) -> Dealt:
    assert original.recording is not None
    folder, there = tmp_path_factory.mktemp("city"), original.recording.folder
    for each in there.iterdir():
        if each.is_file():
            (folder / each.name).write_bytes(each.read_bytes())
    dealt = Dealt(folder, kafka, (there / "city.yaml").read_text("utf-8"))
    dealt.deal(original.entries())
    return dealt


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def cases(folder: Path, *words: object) -> list[dict[str, Any]]:
    result = run("replay", folder, *words, "--json", "-")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def comparable(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without where in the journal it stands."""
    return [{name: value for name, value in case.items() if "position" not in name} for case in found]


def journal(folder: Path) -> list[tuple[Any, ...]]:
    """All that it says but which version."""
    recording = find_recording(folder)
    assert recording is not None
    batches = [piece.batch for piece in recording.reader().read()]
    rows = [row for each in batches for row in zip(*(column.to_pylist() for column in each.columns), strict=True)]
    return [row for row in rows if row[0] != Kind.VERSION]


def export(city: Dealt, to: Path, *words: object) -> str:
    made = run("export", to, city.file, *words)
    assert made.exit_code == 0, made.output
    return made.output


def test_the_same_cases_come_of_what_was_exported(city: Dealt, original: Opened, tmp_path: Path) -> None:
    assert original.recording is not None
    expected = comparable([case.to_json() for case in original.judge().cases])
    assert expected
    for name in ("one", "two"):
        assert "on (kafka.retention)" not in export(city, tmp_path / name, "--since", "2000-01-01")
    assert comparable(cases(tmp_path / "one")) == expected
    assert journal(tmp_path / "one") == journal(tmp_path / "two")
    assert sorted(journal(tmp_path / "one")) == sorted(journal(original.recording.folder))
    assert comparable(cases(city.file)) == expected  # without a folder between


def test_a_period_is_what_a_journal_gives_of_it(city: Dealt, original: Opened, tmp_path: Path) -> None:
    assert original.recording is not None
    words = ("--since", iso(START + 600.0), "--until", iso(START + 1200.0))
    export(city, tmp_path / "kafka", *words)
    made = run("export", tmp_path / "journal", original.recording.folder, *words)
    assert made.exit_code == 0, made.output
    assert journal(tmp_path / "kafka")
    assert sorted(journal(tmp_path / "kafka")) == sorted(journal(tmp_path / "journal"))
    manifests = [read_manifest(tmp_path / name) for name in ("kafka", "journal")]
    assert [(each.city, each.since, each.until) for each in manifests] == [
        (manifests[1].city, manifests[1].since, manifests[1].until)
    ] * 2


def test_what_retention_has_let_go_of_is_said(city: Dealt, tmp_path: Path) -> None:
    """Of each partition something else is gone, the version too: judging has said which it was."""
    judge = PartitionJudge(FIRST, city.partitions, Versions(Contents(city.file.parent / "ingest")))
    producer = Producer(city.bench.connection, city.topics.known)
    producer.start()
    records = city.bench.read(city.topics.entries)
    for record in records[FIRST][:8]:
        found = judge.take([(record.offset, record.value)])
        if found is not None:
            producer.send(city.topics.known, encode_found(found))
    producer.close()
    city.bench.forget(city.topics.entries, {at: 10 + at for at in range(city.partitions)})
    said = export(city, tmp_path / "rest", "--since", "2000-01-01")
    (since,) = re.findall(r"from (\S+) on \(kafka.retention\)", said)
    kept = datetime.fromisoformat(since).timestamp()
    assert kept == math.ceil(max(time_of(records[at][10 + at].value) or 0.0 for at in range(city.partitions)))
    rest = journal(tmp_path / "rest")
    assert {row for row in rest if row[3] > kept} == {row for row in whole(records) if row[3] > kept}
    assert cases(tmp_path / "rest")  # by that version
    early = run("export", tmp_path / "none", city.file, "--until", iso(kept - 3600.0))
    assert (early.exit_code, since in early.output) == (1, True), early.output
    assert "ask for a later time" in early.output


def whole(records: dict[int, list[Any]]) -> set[tuple[Any, ...]]:
    batches = [decode_entries(record.value) for each in records.values() for record in each]
    rows = (row for each in batches for row in zip(*(column.to_pylist() for column in each.columns), strict=True))
    return {row for row in rows if row[0] != Kind.VERSION}


@pytest.mark.parametrize(
    "key, value, said",
    [
        pytest.param("brokers", ["127.0.0.1:9"], "check that the brokers run", id="no-broker"),
        pytest.param("prefix", "never-made", "gridwatch topics", id="no-topics"),
    ],
)
def test_what_to_do_is_said(city: Dealt, tmp_path: Path, key: str, value: Any, said: str) -> None:
    data = json.loads(city.file.read_text("utf-8"))
    data["kafka"] |= {key: value, "timeout": "2s"}
    for each in city.file.parent.iterdir():
        if each.is_file():
            (tmp_path / each.name).write_bytes(each.read_bytes())
    (tmp_path / "city.yaml").write_text(json.dumps(data), "utf-8")
    for words in (["export", tmp_path / "to", tmp_path, "--since", "2000-01-01"], ["replay", tmp_path]):
        ended = run(*words)
        assert (ended.exit_code, said in ended.output) == (3, True), ended.output


def test_what_is_none_of_ours_is_left_out_and_said(city: Dealt, tmp_path: Path) -> None:
    producer = Producer(city.bench.connection, city.topics.entries)
    producer.start()
    producer.send(city.topics.entries, b"somebody else's", partition=2)
    producer.close()
    assert "messages of the journal: 1" in export(city, tmp_path / "to", "--since", "2000-01-01")


def test_what_comes_in_is_not_recorded_beside(city: Dealt, tmp_path: Path) -> None:
    ended = run("record", tmp_path / "to", "--config", city.file)
    assert (ended.exit_code, "gridwatch export" in ended.output) == (3, True), ended.output


def test_a_case_that_is_not_stored_is_not_looked_for_in_kafka(city: Dealt, tmp_path: Path) -> None:
    ended = run("export", tmp_path / "to", city.file, "--case", "abc")
    assert (ended.exit_code, "gridwatch worker" in ended.output) == (1, True), ended.output
