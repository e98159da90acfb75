"""The topics of a city on a real Kafka: made, found fit, and what does not fit is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from gridwatch.cli import app
from pipeline.runtime.cluster.producing import LARGEST, NotTaken
from pipeline.runtime.cluster.settings import KafkaSection
from pipeline.runtime.cluster.topics import TopicsUnfit, look, make, require, wanted
from tests.cluster.topics_kit import Bench, connection
from tests.runtime.kit import CITY
from tests.services.mosquitto import free_port

pytestmark = pytest.mark.service


@pytest.fixture
def bench(kafka: str) -> Bench:
    return Bench(kafka)


def section(bench: Bench, partitions: int = 3, replication: int = 1) -> KafkaSection:
    return KafkaSection.model_validate(
        {"brokers": [bench.broker], "prefix": bench.topics.prefix, "partitions": partitions, "replication": replication}
    )


def test_what_is_missing_is_made_once(bench: Bench) -> None:
    mine = section(bench)
    assert mine.topics("city") == bench.topics
    with pytest.raises(TopicsUnfit, match=rf"{bench.topics.entries}: is missing; `gridwatch topics` makes it"):
        require(bench.connection, mine, bench.topics)
    missing = look(bench.connection, mine, bench.topics).missing
    assert sorted(make(bench.connection, mine, missing)) == sorted(each.name for each in wanted(mine, bench.topics))
    require(bench.connection, mine, bench.topics)
    assert len(make(bench.connection, mine, missing)) == 5  # somebody else was quicker


def test_two_brokers_must_have_what_three_keep(bench: Bench) -> None:
    for topic in wanted(section(bench, replication=3), bench.topics):
        assert topic.configuration["min.insync.replicas"] == "2"


@pytest.mark.parametrize(
    "made, said",
    [
        pytest.param(
            {"partitions": 5},
            r"has 5 partitions, expected 3; set kafka.partitions to 5: the number is fixed at the first start",
            id="partitions",
        ),
        pytest.param(
            {"cleanup_policy": "compact"},
            r"cleanup.policy is compact, expected delete; set it: kafka-configs",
            id="kept",
        ),
        pytest.param({"retention_ms": "1000"}, r"retention.ms is 1000, expected 604800000 or more", id="retention"),
        pytest.param({"max_message_bytes": "1000"}, rf"max.message.bytes is 1000, expected {LARGEST}", id="size"),
    ],
)
def test_what_does_not_fit_is_said(bench: Bench, made: dict[str, str], said: str) -> None:
    how = {"partitions": 3, "max_message_bytes": str(LARGEST)} | made
    bench.make(bench.topics.entries, **how)  # type: ignore[arg-type]
    found = look(bench.connection, section(bench), bench.topics)
    assert len(found.unfit) == 1
    with pytest.raises(TopicsUnfit, match=said):
        require(bench.connection, section(bench), bench.topics)


def test_more_than_is_asked_for_fits(bench: Bench) -> None:
    bench.make(bench.topics.entries, 3, max_message_bytes=str(2 * LARGEST), retention_ms="-1")
    assert look(bench.connection, section(bench), bench.topics).unfit == []


def test_too_few_brokers(bench: Bench) -> None:
    (line,) = look(bench.connection, section(bench, replication=3), bench.topics).unfit
    assert line == "kafka.replication is 3, but 1 broker can be seen: start the others, or set it to 1"


def test_nobody_answers(bench: Bench) -> None:
    with pytest.raises(NotTaken, match=r"does not answer .* check 'kafka.brokers'"):
        look(connection(f"127.0.0.1:{free_port()}", timeout=1.0), section(bench), bench.topics)


def test_the_command(bench: Bench, tmp_path: Path) -> None:
    city = tmp_path / "city.yaml"
    text = CITY.format(every="1s", host="127.0.0.1", port=1, name="fleet", hold="5s")
    (tmp_path / "vehicles.csv").write_text("id,class,plate,speed_limit,valid_from,valid_to\n")
    (tmp_path / "bins.csv").write_text("id,class,lon,lat,address,valid_from,valid_to\n")
    kafka = (
        f"runtime: cluster\nkafka: {{brokers: ['{bench.broker}'], prefix: {bench.topics.prefix}, replication: %d}}\n"
    )

    def run(replication: int, *more: str) -> tuple[int, str]:
        city.write_text(text + kafka % replication)
        done = CliRunner().invoke(app, ["topics", str(city), *more])
        return done.exit_code, done.output

    code, said = run(1, "--check")
    assert code == 1
    assert f"{bench.topics.entries}: is missing" in said
    code, said = run(1)
    assert code == 0
    assert f"made {bench.topics.changelog}" in said
    assert run(1, "--check") == (0, f"5 topics of {bench.topics.prefix} fit, the journal has 12 partitions\n")
    code, said = run(2)
    assert code == 1
    assert "is kept by 1 broker, expected 2" in said
    city.write_text(text)
    done = CliRunner().invoke(app, ["topics", str(city)])
    assert done.exit_code == 2
    assert "has no section 'kafka'" in done.output
