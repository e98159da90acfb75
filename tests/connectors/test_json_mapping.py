"""The section `streams.<name>` with codec json: what it refuses, and in which words."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.codecs import CODECS, codec
from connectors.codecs.json_mapping import JsonStream
from connectors.codecs.topics import TopicPattern
from connectors.mqtt import MqttSource
from tests.connectors.mappings import BINS, GPS, stream


@pytest.mark.parametrize(
    "base, changes, message",
    [
        pytest.param(GPS, {"datum": None}, "every place states its datum", id="no-datum"),
        pytest.param(GPS, {"fields": {"ts": None}}, "fields: expected 'ts', it is missing", id="no-time"),
        pytest.param(GPS, {"fields": {"lat": None}}, "fields: expected 'lat'", id="no-lat"),
        pytest.param(
            GPS, {"fields": {"ts": {"path": "t"}}}, "fields.ts: expected a unit: unix_s", id="time-without-unit"
        ),
        pytest.param(GPS, {"fields": {"ts": {"path": "t", "unit": "unix"}}}, "did you mean 'unix_s'", id="time-unit"),
        pytest.param(
            GPS, {"fields": {"ts": {"path": "t", "unit": "local"}}}, "expected a zone beside the unit", id="no-zone"
        ),
        pytest.param(
            GPS,
            {"fields": {"ts": {"path": "t", "unit": "local", "zone": "Asia/Shangai"}}},
            "did you mean 'Asia/Shanghai'",
            id="no-such-zone",
        ),
        pytest.param(
            GPS,
            {"fields": {"ts": {"path": "t", "unit": "iso8601", "zone": "Asia/Shanghai"}}},
            "iso8601 says its zone itself",
            id="a-zone-too-many",
        ),
        pytest.param(
            GPS,
            {"fields": {"speed": {"path": "v", "unit": "km/h", "zone": "Asia/Shanghai"}}},
            "only the time 'ts' has a zone",
            id="the-zone-of-a-speed",
        ),
        pytest.param(
            BINS,
            {"metrics": {"fullness": {"path": "f", "unit": "%", "zone": "Asia/Shanghai"}}},
            "only the time 'ts' has a zone",
            id="the-zone-of-a-metric",
        ),
        pytest.param(GPS, {"fields": {"speed": {"path": "v"}}}, "fields.speed: expected a unit: km/h", id="speed-unit"),
        pytest.param(
            GPS, {"fields": {"speed": {"path": "v", "unit": "m"}}}, "one of these units: km/h", id="wrong-unit"
        ),
        pytest.param(
            GPS,
            {"fields": {"speed": {"path": "v", "unit": "0.1 km/h"}}},
            "km/h, m/s, kn, mph; write 'unit: km/h' and 'scale: 0.1'",
            id="tenths-as-a-unit",
        ),
        pytest.param(
            GPS, {"fields": {"brush": {"path": "b"}}}, "fields.brush: expected a unit such as", id="further-unit"
        ),
        pytest.param(GPS, {"fields": {"stream": {"path": "b", "unit": "1"}}}, "this name is taken", id="name-taken"),
        pytest.param(GPS, {"fields": {"Brush": {"path": "b", "unit": "1"}}}, "small letters", id="name-form"),
        pytest.param(
            GPS, {"metrics": {"x": {"path": "x", "unit": "%"}}}, "only reading rows", id="metrics-of-positions"
        ),
        pytest.param(GPS, {"subject": "{devcie}"}, "did you mean 'device'", id="no-such-level"),
        pytest.param(GPS, {"subject": "device"}, "a level of the topic such as", id="subject-form"),
        pytest.param(GPS, {"subject": "@.id"}, "there is no 'each'", id="item-without-each"),
        pytest.param(GPS, {"subject": "$.id", "each": "$"}, "write '@.'", id="payload-is-the-list"),
        pytest.param(GPS, {"topic": "fleet/#/gps"}, "expected a topic such as", id="hash-inside"),
        pytest.param(GPS, {"topic": "fleet/x{device}/gps"}, "got the level", id="part-of-a-level"),
        pytest.param(GPS, {"topic": "{device}/{device}"}, "twice", id="a-name-twice"),
        pytest.param(GPS, {"topic": ""}, "expected a topic such as", id="no-topic"),
        pytest.param(GPS, {"fields": {"lon": {"path": "pos..lon"}}}, "expected a dotted path", id="empty-step"),
        pytest.param(GPS, {"fields": {"lon": {"path": "p.99999"}}}, "places in a list below", id="list-too-long"),
        pytest.param(
            GPS, {"fields": {"x": {"path": "pos", "unit": "1"}}}, "can't be a value and hold", id="leaf-and-node"
        ),
        pytest.param(GPS, {"gap": "0s"}, "greater than 0", id="gap"),
        pytest.param(GPS, {"feilds": {}}, "Extra inputs", id="unknown-key"),
        pytest.param(
            BINS, {"metrics": {"ts": {"path": "n", "unit": "1"}}}, "metrics.ts: a field has this name", id="a-field-too"
        ),
        pytest.param(
            BINS, {"metrics": {"fullness": None, "temperature": None}}, "metrics: expected at least one", id="no-metric"
        ),
        pytest.param(
            BINS, {"metrics": {"fullness": {"path": "f"}}}, "metrics.fullness: expected a unit", id="metric-unit"
        ),
        pytest.param(
            BINS,
            {"metrics": {"fullness": {"path": "f", "unit": "1", "words": {"full": 1}, "scale": 2}}},
            "words say their numbers themselves",
            id="words-with-a-scale",
        ),
        pytest.param(
            BINS,
            {"fields": {"ts": {"path": "t", "unit": "unix_s", "words": {"now": 1}}}},
            "a time has neither scale nor words",
            id="a-time-in-words",
        ),
        pytest.param(BINS, {"fields": {"lon": {"path": "x"}}}, "a reading has no lon", id="readings-have-no-place"),
    ],
)
def test_faults(base: dict[str, Any], changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        stream(base, **changes)
    assert message in str(caught.value)


def test_all_faults_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        stream(GPS, datum=None, subject="{x}", fields={"ts": None, "brush": {"path": "b"}})
    for word in ("datum:", "subject:", "'ts'", "fields.brush:"):
        assert word in str(caught.value)


@pytest.mark.parametrize("base", [GPS, BINS])
def test_a_version_can_keep_it(base: dict[str, Any]) -> None:
    """What a journal's version entry keeps of a section is read back as the same."""
    one = stream(base, gap="90s")
    assert JsonStream.model_validate(one.model_dump(mode="json", by_alias=True)) == one
    assert one.gap == 90.0


@pytest.mark.parametrize(
    "pattern, topic, levels",
    [
        ("a/{x}/c", "a/b/c", {"x": "b"}),
        ("a/{x}/c", "a//c", None),
        ("a/+/c", "a//c", {}),
        ("a/+/c", "a/b/d/c", None),
        ("a/#", "a", {}),
        ("a/#", "a/b/c", {}),
        ("a/#", "ab", None),
        ("#", "anything/at/all", {}),
        ("{x}/{y}", "1/2", {"x": "1", "y": "2"}),
        ("a.b/+", "axb/c", None),
        ("v3/{app}/devices/{id}/up", "v3/x@ttn/devices/d-1/up", {"app": "x@ttn", "id": "d-1"}),
    ],
)
def test_topics(pattern: str, topic: str, levels: dict[str, str] | None) -> None:
    assert TopicPattern(pattern).match(topic) == levels


def test_an_unknown_codec_gets_a_suggestion() -> None:
    assert codec("json") is CODECS["json"]
    with pytest.raises(KeyError, match=r"no codec 'jsno'; did you mean 'json'\?"):
        codec("jsno")


MQTT: dict[str, Any] = {"type": "mqtt", "host": "h", "client_id": "c", "subscribe": ["a/+"]}


@pytest.mark.parametrize(
    "changes, message",
    [
        pytest.param({"subscribe": []}, "at least 1", id="nothing-subscribed"),
        pytest.param({"subscribe": ["a/b#"]}, "expected a topic filter", id="hash-in-a-level"),
        pytest.param({"subscribe": ["a/#/b"]}, "expected a topic filter", id="hash-inside"),
        pytest.param({"subscribe": ["$share/g"]}, "expected a shared subscription", id="half-shared"),
        pytest.param({"status_topic": "a/+"}, "without '+' and '#'", id="status-wildcard"),
        pytest.param({"protocol": 4}, "'5' or '3.1.1'", id="protocol"),
        pytest.param({"client_id": ""}, "at least 1", id="no-client-id"),
        pytest.param({"receive_maximum": 0}, "greater than or equal to 1", id="no-window"),
        pytest.param({"tls": {"key": "k.pem"}}, "'certificate' and 'key' together", id="key-alone"),
        pytest.param({"password_env": "not a name!"}, "String should match pattern", id="a-password-itself"),
        pytest.param({"password": "x"}, "Extra inputs", id="never-a-value"),
    ],
)
def test_faults_of_an_mqtt_source(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        MqttSource.model_validate(MQTT | changes)
    assert message in str(caught.value)


@pytest.mark.parametrize("protocol, meant", [(5, "5"), ("5", "5"), ("3.1.1", "3.1.1")])
def test_an_mqtt_source(protocol: Any, meant: str) -> None:
    source = MqttSource.model_validate(MQTT | {"protocol": protocol, "subscribe": ["a/+", "$share/g/b/#", "#"]})
    assert source.protocol == meant
    assert MqttSource.model_validate(source.model_dump(mode="json")) == source
