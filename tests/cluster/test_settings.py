"""The sections `runtime` and `kafka`: what is missing or wrong is said, and none of it changes what is judged."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from gridwatch.cli import app
from pipeline.faults import Faulty
from pipeline.runtime.cluster.settings import KafkaSection, connection, connection_of
from pipeline.runtime.config import load, snapshot
from tests.cluster.test_routing import CITY


def city(folder: Path, more: str) -> Path:
    file = folder / "city.yaml"
    file.write_text(CITY + more)
    return file


@pytest.mark.parametrize(
    "more, said",
    [
        pytest.param(
            "runtime: cluster\n", r"runtime .*such as kafka: \{brokers: \['kafka-1:9092'\]\}", id="no section"
        ),
        pytest.param("runtime: clutser\nkafka: {brokers: [a:1]}\n", "runtime", id="no such runtime"),
        pytest.param("kafka: {brokers: []}\n", "kafka.brokers", id="no broker"),
        pytest.param("kafka: {brokers: [a:1], partitions: 0}\n", "kafka.partitions", id="no partition"),
        pytest.param("kafka: {brokers: [a:1], retention: 10min}\n", "kafka.retention", id="too short"),
        pytest.param("kafka: {brokers: [a:1], prefix: a/b}\n", "kafka.prefix", id="no name for a topic"),
        pytest.param(
            "kafka: {brokers: [a:1], username_env: U}\n", "'username_env' and 'password_env'", id="half a login"
        ),
    ],
)
def test_faults(tmp_path: Path, more: str, said: str) -> None:
    with pytest.raises(Faulty, match=said):
        load(city(tmp_path, more))


def test_defaults(tmp_path: Path) -> None:
    configuration = load(city(tmp_path, "runtime: cluster\nkafka: {brokers: [a:1]}\n"))
    section = configuration.kafka
    assert section is not None
    assert (section.partitions, section.replication, section.retention) == (12, 3, 7 * 86400.0)
    assert section.topics(configuration.city).entries == "dealt.entries"
    assert section.topics("x" * 300).changelog == f"{'x' * 200}-engine-changelog"


def test_it_judges_nothing(tmp_path: Path) -> None:
    plain = snapshot(load(city(tmp_path, "")))
    assert snapshot(load(city(tmp_path, "runtime: cluster\nkafka: {brokers: [a:1]}\n"))) == plain


def test_what_the_clients_are_made_with(tmp_path: Path) -> None:
    section = KafkaSection.model_validate(
        {
            "brokers": ["a:1", "b:2"],
            "mechanism": "SCRAM-SHA-512",
            "username_env": "KAFKA_USER",
            "password_env": "KAFKA_PASSWORD",
            "timeout": "3s",
        }
    )
    assert connection(section, tmp_path, {"KAFKA_USER": "city", "KAFKA_PASSWORD": "hidden"}) == {
        "bootstrap_servers": ["a:1", "b:2"],
        "request_timeout_ms": 3000,
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "city",
        "sasl_plain_password": "hidden",
    }
    with pytest.raises(Faulty, match="username_env: the environment variable 'KAFKA_USER' is not set"):
        connection_of(tmp_path / "city.yaml", section)


def test_such_a_city_is_not_for_one_process(tmp_path: Path) -> None:
    file = city(tmp_path, "runtime: cluster\nkafka: {brokers: [a:1]}\n")
    done = CliRunner().invoke(app, ["run", str(file)])
    assert done.exit_code == 2
    assert "gridwatch ingest" in done.output
