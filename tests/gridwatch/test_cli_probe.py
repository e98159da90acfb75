"""`gridwatch probe` on real brokers: what comes, how it decodes, and that it takes nothing away."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner, Result

from gridwatch.cli import app
from tests.cluster.topics_kit import Bench
from tests.connectors.fakes import publish
from tests.connectors.test_kafka import write
from tests.runtime.conftest import run, town
from tests.runtime.kit import Run, Town, judged
from tests.services.kafka import kafka
from tests.services.mosquitto import mosquitto

__all__ = ["kafka", "mosquitto", "run", "town"]


def gridwatch(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "120"})


@contextmanager
def sending(send: Callable[[int], None]) -> Iterator[None]:
    """Again and again, as long as the block lasts."""
    over = threading.Event()

    def again() -> None:
        n = 0
        while not over.wait(0.1):
            send(n)
            n += 1

    thread = threading.Thread(target=again)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.service
def test_a_broker_that_no_configuration_knows(town: Town) -> None:
    def send(n: int) -> None:
        town.send([("T1", n, 36.0), ("T2", n, 36.0), ("B1", n, 80.0)])
        publish(town.broker.port, [(f"{town.name}/T1/odd", b"\x01\x02")])

    with sending(send):
        url = f"mqtt://127.0.0.1:{town.broker.port}"
        shown = gridwatch("probe", url, "--topic", f"{town.name}/#", "--for", "4s")
        told = gridwatch("probe", url, "--topic", f"{town.name}/#", "--for", "4s", "--json")
    assert shown.exit_code == 0, shown.output
    assert "(json, position): " in shown.stdout
    assert "neither JSON, nor CSV" in shown.stdout
    pasted = YAML(typ="safe").load(shown.stdout[shown.stdout.index("sources:") :])
    assert pasted["sources"]["broker"]["port"] == town.broker.port
    gps = next(stream for stream in pasted["streams"].values() if stream["rows"] == "position")
    assert gps["fields"]["ts"] == {"path": "t", "unit": "unix_s"}
    objects = [json.loads(line) for line in told.stdout.splitlines()]
    by_topic = {each["topic"].rpartition("/")[2]: each for each in objects}
    assert set(by_topic) == {"gps", "state", "odd"}
    tried = by_topic["gps"]["proposal"]["tried"]
    assert tried["rows"] == tried["messages"] > 0
    assert by_topic["odd"]["proposal"]["section"] is None


@pytest.mark.service
def test_what_is_pasted_is_a_city_without_fault(town: Town, tmp_path: Path) -> None:
    with sending(lambda n: town.send([("T1", n, 36.0), ("B1", n, 80.0)])):
        shown = gridwatch("probe", f"mqtt://127.0.0.1:{town.broker.port}", "--topic", f"{town.name}/#", "--for", "4s")
    rules = "rules:\n  - {id: silent, detector: silent, rows: position}\n"
    text = "city: new\ntime_zone: UTC\n" + shown.stdout[shown.stdout.index("sources:") :] + rules
    (tmp_path / "new.yaml").write_text(text.replace("gridwatch-CITY", "new"))
    checked = gridwatch("check", tmp_path / "new.yaml")
    assert checked.exit_code == 0, checked.output + text


@pytest.mark.service
def test_a_configured_source_beside_the_running_city(town: Town, run: Run) -> None:
    running = run()
    text = town.file.read_text()
    spoilt = town.folder / "spoilt.yaml"
    spoilt.write_text(
        text.replace("{path: v,", "{path: velocity,").replace(
            f"{town.name}/{{device}}/state", f"{town.name}/nobody/{{device}}"
        )
    )
    with sending(lambda n: town.send([("T1", n, 90.0), ("T99", n, 90.0), ("B1", n, 80.0)])):
        shown = gridwatch("probe", "fleet", "--config", town.file, "--for", "4s")
        worse = gridwatch("probe", "fleet", "--config", spoilt, "--for", "4s", "--json")
    assert shown.exit_code == 0, shown.output
    assert "gps (json, position): " in shown.stdout
    assert "unknown: expected a subject of the registers; got 'T99'" in shown.stdout
    assert "To paste" not in shown.stdout, "streams read all that comes"
    judged(running, 1)
    assert running.rows > 0
    state, gps = sorted(map(json.loads, worse.stdout.splitlines()), key=lambda each: str(each["topic"]))
    (made,) = gps["streams"]
    assert made["never_there"] == ["speed"]
    assert made["rules_lack"] == {"speed": ["overspeed"]}
    assert [each["path"] for each in made["not_mapped"]] == ["v"]
    assert (state["streams"], state["unmatched"] > 0) == ([], True)
    assert state["proposal"]["section"]["metrics"]["fill"] == {"path": "fill", "unit": "%"}


KAFKA = """
city: tiny
time_zone: UTC
sources: {{orders: {{type: kafka, brokers: ["{broker}"], topics: [{topic}], group: {group}}}}}
streams:
  other:
    source: orders
    topic: {topic}
    codec: json
    rows: reading
    subject: $.id
    fields: {{ts: {{path: t, unit: unix_s}}}}
    metrics: {{n: {{path: n, unit: "1"}}}}
"""


def committed(bench: Bench, topic: str) -> list[Any]:
    """What the configuration's group has committed, by partition."""

    async def ask() -> list[Any]:
        from aiokafka import AIOKafkaConsumer, TopicPartition

        consumer = AIOKafkaConsumer(group_id=bench.topics.prefix, enable_auto_commit=False, **bench.connection)
        await consumer.start()
        try:
            partitions = [TopicPartition(topic, at) for at in (0, 1)]
            consumer.assign(partitions)
            return [await consumer.committed(each) for each in partitions]
        finally:
            await consumer.stop()

    return asyncio.run(ask())


@pytest.mark.service
def test_a_topic_of_kafka_without_touching_its_group(kafka: str, tmp_path: Path) -> None:
    bench = Bench(kafka)
    topic = f"{bench.topics.prefix}.orders"
    bench.make(topic, 2)
    (tmp_path / "city.yaml").write_text(KAFKA.format(broker=bench.broker, topic=topic, group=bench.topics.prefix))
    write(bench, topic, b'{"old": true}')

    def send(n: int) -> None:
        write(bench, topic, json.dumps({"id": f"v{n % 3}", "t": time.time(), "fill": n}).encode())

    with sending(send):
        told = gridwatch("probe", "orders", "--config", tmp_path, "--for", "5s", "--json")
    assert told.exit_code == 0, told.output
    (kind,) = [json.loads(line) for line in told.stdout.splitlines()]
    assert kind["topic"] == topic
    assert [(each["rows"], each["refused"][0]["count"] > 0) for each in kind["streams"]] == [(0, True)]
    assert kind["proposal"]["section"]["subject"] == "$.id"
    assert "old" not in json.dumps(kind), "it begins with what comes from then on"
    assert committed(bench, topic) == [None, None]


PUSHED = """
city: tiny
time_zone: UTC
data: data
sources:
  push: {type: http, port: 0, partners: {acme: {token_env: TOKEN}}}
  files: {type: import}
streams: {}
"""


def configured(folder: Path, text: str = PUSHED) -> Path:
    gps: dict[str, Any] = {"source": "files", "topic": "t/{d}", "codec": "json", "rows": "reading", "subject": "{d}"}
    gps |= {"fields": {"ts": {"path": "t", "unit": "unix_s"}}, "metrics": {"n": {"path": "n", "unit": "1"}}}
    (folder / "city.yaml").write_text(text.replace("streams: {}", f"streams: {json.dumps({'gps': gps})}"))
    return folder


@pytest.mark.parametrize(
    "words, code, told",
    [
        pytest.param(["http://x"], 2, "expected mqtt://HOST", id="no-mqtt"),
        pytest.param(["mqtt://x:y"], 2, "HOST:PORT", id="no-port"),
        pytest.param(["mqtt://127.0.0.1:9", "--for", "1s"], 3, "was not reached", id="nobody-there"),
        pytest.param(["mqtt://x", "--topic", "a/#/b"], 2, "expected a topic filter", id="no-filter"),
        pytest.param(["push", "--for", "x"], 2, "expected a duration", id="no-duration"),
        pytest.param(["psh"], 2, "no source 'psh'; did you mean 'push'?", id="no-source"),
        pytest.param(["push"], 3, "Start `gridwatch run`, then probe again", id="nothing-journaled"),
        pytest.param(["files"], 2, "gridwatch import FILE", id="recorded-files"),
    ],
)
def test_wrong_use(words: list[str], code: int, told: str, tmp_path: Path) -> None:
    result = gridwatch("probe", *words, "--config", configured(tmp_path))
    assert result.exit_code == code, result.output
    assert told in result.stderr.replace("\n", " ")


def test_what_a_city_journals_of_a_source_that_answers(tmp_path: Path) -> None:
    from pipeline.entries import EntryBuffer, Kind
    from pipeline.journal import Journal
    from pipeline.runtime.opening import JOURNAL

    configured(tmp_path)
    buffer, now = EntryBuffer(), time.time()
    for n in range(5):
        payload = json.dumps({"ts": now - 10 + n, "device": f"d{n}", "fill": 10 * n}).encode()
        buffer.add(Kind.DELIVERY, "push", "acme/state", now - 10 + n, payload)
        buffer.add(Kind.DELIVERY, "files", "t/1", now - 10 + n, b"{}")
    with Journal.open(tmp_path / "data" / JOURNAL) as journal:
        journal.commit(buffer)
    told = gridwatch("probe", "push", "--config", tmp_path, "--for", "1s", "--json")
    assert told.exit_code == 0, told.output
    (kind,) = [json.loads(line) for line in told.stdout.splitlines()]
    assert (kind["topic"], kind["messages"]) == ("acme/state", 5)
    assert kind["proposal"]["section"]["subject"] == "$.device"
    assert kind["proposal"]["tried"]["rows"] == 5
