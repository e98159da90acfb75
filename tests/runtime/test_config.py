"""The configuration file: what it says, and every fault of it with its line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import SOURCES
from connectors.codecs import CODECS
from pipeline.faults import Faulty
from pipeline.runtime.compose import load_city
from pipeline.runtime.config import Configuration, load, snapshot
from pipeline.runtime.document import parse_document
from pipeline.runtime.schema import json_schema

GOOD = """\
city: demo
time_zone: Asia/Shanghai
data: var/demo
time: {tick: 500ms, ahead: 5min, forget: 7d}
sources:
  fleet:
    type: mqtt
    host: broker.example
    client_id: gridwatch-demo
    subscribe: ["$share/g/fleet/+/gps", "bins/#"]
    down: 45s
streams:
  gps:
    source: fleet
    topic: fleet/{device}/gps
    codec: json
    rows: position
    subject: "{device}"
    datum: WGS-84
    fields:
      ts: {path: time, unit: unix_s}
      lon: {path: pos.lon}
      lat: {path: pos.lat}
      speed: {path: v, unit: km/h}
  bins:
    source: fleet
    topic: bins/{device}/state
    codec: json
    rows: reading
    subject: "{device}"
    fields: {ts: {path: t, unit: iso8601}}
    metrics: {fullness: {path: fill, unit: "%"}}
rules:
  - id: overspeed
    detector: overspeed
    category: "0311"
    for: 30s
    gap: 5min
    parameters: {tolerance: 10 %}
  - {id: bin-full, detector: threshold, metric: fullness}
  - {id: silent-truck, detector: silent, rows: position, parameters: {after: 10min}}
journal: {keep: 30d, max_bytes: 50 GB, snapshot_every: 60s}
metrics: {host: 127.0.0.1, port: 9108}
"""

Write = Callable[[str], Path]


def choices(*names: str) -> str:
    """As a fault lists them."""
    return ", ".join(f"'{name}'" for name in names)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        file = tmp_path / "city.yaml"
        file.write_text(text, "utf-8")
        return file

    return write


def faults_in(file: Path) -> list[str]:
    """The faults, each without the folder that the file is in."""
    with pytest.raises(Faulty) as caught:
        load_city(file)
    return [str(fault).replace(f"{file.parent}/", "") for fault in caught.value.faults]


def test_reads_what_it_says(write: Write) -> None:
    file = write(GOOD)
    configuration = load(file)
    assert (configuration.city, configuration.time_zone) == ("demo", "Asia/Shanghai")
    assert configuration.data == file.parent / "var/demo"
    assert (configuration.time.tick, configuration.time.ahead, configuration.time.forget) == (0.5, 300, 604800)
    assert configuration.sources["fleet"].down == 45
    assert list(configuration.streams) == ["gps", "bins"]
    assert configuration.rules[0].for_ == 30
    assert configuration.rules[0].category == "0311"
    assert configuration.journal.max_bytes == 50_000_000_000
    assert configuration.metrics is not None
    assert configuration.metrics.port == 9108


def test_sections_that_are_left_out_or_empty_have_their_defaults(write: Write) -> None:
    text = re.sub(r"(?m)^(time|data|journal|metrics): .*\n", "", GOOD) + "journal:\nregisters:\n"
    configuration = load(write(text))
    assert configuration.time.tick == 0.5
    assert configuration.journal.keep == 30 * 86400
    assert configuration.metrics is not None
    assert configuration.registers.vehicles is None


def test_null_turns_metrics_off(write: Write) -> None:
    assert load(write(GOOD.replace("metrics: {host: 127.0.0.1, port: 9108}", "metrics: null"))).metrics is None


def test_what_is_different_replaces_key_by_key(write: Write) -> None:
    configuration = load(write(GOOD), {"sources": {"fleet": {"port": 4711}}, "metrics": None})
    assert configuration.metrics is None
    assert configuration.sources["fleet"].model_dump()["port"] == 4711
    assert configuration.sources["fleet"].model_dump()["host"] == "broker.example"


# (what is changed, into what, the faults that must come of it)
@pytest.mark.parametrize(
    "old, new, expected",
    [
        pytest.param(
            "for: 30s",
            "for: 30",
            ["city.yaml:37  rules.0.for   expected a duration such as '90s' or '10min', got a bare number"],
            id="bare-number",
        ),
        pytest.param(
            "for: 30s",
            "fro: 30s",
            ["city.yaml:37  rules.0.fro   unknown key; did you mean 'for'?"],
            id="unknown-key",
        ),
        pytest.param(
            "tolerance: 10 %",
            "tolerence: 10 %",
            ["city.yaml:39  rules.0.parameters.tolerence   unknown key; did you mean 'tolerance'?"],
            id="unknown-parameter",
        ),
        pytest.param(
            "tolerance: 10 %",
            "tolerance: 10",
            [
                (
                    "city.yaml:39  rules.0.parameters.tolerance   "
                    "expected a percentage such as '10 %' or '2.5 %', got a bare number"
                )
            ],
            id="parameter-without-unit",
        ),
        pytest.param(
            "gap: 5min\n",
            "gap: 5min\n    tolerance: 10 %\n",
            ["city.yaml:39  rules.0.tolerance   unknown key here; it is one of the detector's: parameters: "],
            id="parameter-in-the-wrong-place",
        ),
        pytest.param(
            "detector: overspeed",
            "detector: overspede",
            ["city.yaml:35  rules.0.detector   no detector 'overspede'; did you mean 'overspeed'?"],
            id="unknown-detector",
        ),
        pytest.param(
            "metric: fullness}",
            "metric: fullness, parameters: {above: 60 °C}}",
            ["city.yaml:40  rules.1.parameters.above   expected '… %', the unit of 'fullness' in stream bins"],
            id="the-unit-of-another-metric",
        ),
        pytest.param(
            'unit: "%"}',
            'unit: "cm"}',
            [
                (
                    "city.yaml:40  rules.1.parameters.above   "
                    "expected '… cm', the unit of 'fullness' in stream bins; '90 %' is the default"
                )
            ],
            id="a-default-in-another-unit",
        ),
        pytest.param(
            "detector: threshold, metric: fullness}",
            "detector: threshold, parameters: {column: speed, above: 60 °C}}",
            [
                (
                    "city.yaml:40  rules.1.parameters   "
                    "expected 'speed' in one of these units: km/h, m/s, kn, mph; got '°C'"
                )
            ],
            id="a-unit-that-the-column-cannot-have",
        ),
        pytest.param(
            "detector: threshold, metric: fullness}",
            "detector: threshold, parameters: {column: tank, above: 60 %}}",
            ["city.yaml:40  rules.1.rows   expected the kind of row that 'threshold' is to read: position or reading"],
            id="a-column-of-no-kind",
        ),
        pytest.param(
            "metric: fullness}",
            "metric: fulness}",
            ["city.yaml:40  rules.1.metric   no stream gives a metric 'fulness'; did you mean 'fullness'?"],
            id="unknown-metric",
        ),
        pytest.param(
            "    source: fleet\n    topic: fleet",
            "    source: fleat\n    topic: fleet",
            ["city.yaml:14  streams.gps.source   no source 'fleat'; did you mean 'fleet'?"],
            id="unknown-source",
        ),
        pytest.param(
            "type: mqtt",
            "type: mqqt",
            [f"city.yaml:7  sources.fleet.type   expected {choices(*SOURCES, 'import')}; did you mean 'mqtt'?"],
            id="unknown-kind-of-source",
        ),
        pytest.param(
            "codec: json\n    rows: position",
            "codec: jsn\n    rows: position",
            [f"city.yaml:16  streams.gps.codec   expected {choices(*CODECS)}; did you mean 'json'?"],
            id="unknown-codec",
        ),
        pytest.param(
            'category: "0311"',
            "category: 0311",
            ["city.yaml:36  rules.0.category   expected text, got a number; put it in quotes: '0311'"],
            id="code-without-quotes",
        ),
        pytest.param(
            "id: bin-full",
            "id: overspeed",
            ["city.yaml:40  rules.1.id   the same rule id is in line 34 already"],
            id="rule-id-twice",
        ),
        pytest.param(
            "id: bin-full",
            "id: source_down",
            ["city.yaml:40  rules.1.id   'source_down' is a rule of gridwatch's own; choose another id"],
            id="reserved-rule-id",
        ),
        pytest.param(
            "time_zone: Asia/Shanghai",
            "time_zone: Asia/Shangai",
            [
                (
                    "city.yaml:2  time_zone   expected a time zone such as 'Asia/Shanghai' or 'Europe/Berlin'; "
                    "did you mean 'Asia/Shanghai'?"
                )
            ],
            id="unknown-time-zone",
        ),
        pytest.param(
            "detector: silent, rows: position",
            "detector: silent",
            ["city.yaml:41  rules.2.rows   expected the kind of row that 'silent' is to read: position or reading"],
            id="kind-of-row-needed",
        ),
        pytest.param(
            "detector: silent, rows: position",
            "detector: silent, rows: positions",
            ["city.yaml:41  rules.2.rows   no kind of row 'positions'; did you mean 'position'?"],
            id="unknown-kind-of-row",
        ),
        pytest.param(
            "detector: threshold,",
            "detector: threshold, rows: position,",
            [
                "city.yaml:40  rules.1.metric   only reading rows have a metric, this rule reads position rows",
                "city.yaml:40  rules.1.rows   'threshold' reads reading rows; leave this key out",
            ],
            id="wrong-kind-of-row",
        ),
        pytest.param(
            'subscribe: ["$share/g/fleet/+/gps", "bins/#"]',
            'subscribe: ["$share/g/fleet/+/gps", "bin/#"]',
            [
                (
                    "city.yaml:27  streams.bins.topic   "
                    "nothing subscribes to this topic; add a filter for it to sources.fleet.subscribe"
                )
            ],
            id="topic-without-subscription",
        ),
        pytest.param(
            "city: demo\n",
            "city: demo\ncity: other\n",
            ["city.yaml:2  city   the same key is in line 1 already"],
            id="key-twice",
        ),
        pytest.param("city: demo\n", "", ["city.yaml:1  city   expected this key, it is missing"], id="key-missing"),
        pytest.param(
            "max_bytes: 50 GB",
            "max_bytes: 50",
            ["city.yaml:42  journal.max_bytes   expected a size such as '50 GB' or '500 MiB', got a bare number"],
            id="bare-size",
        ),
        pytest.param(
            "    gap: 5min\n",
            "    gap: 5min\n    assume: 5min\n",
            [
                (
                    "city.yaml:34  rules.0   expected 'gap' or 'assume', got both: "
                    "a silence either breaks a run or counts as the last answer"
                )
            ],
            id="gap-and-assume",
        ),
        pytest.param("tick: 500ms", "tick: .inf s", ["city.yaml:4  time.tick   expected a duration"], id="infinite"),
        pytest.param(
            "rules:\n", "rules: &r\n  - *r\n", ["city.yaml:33  rules.0   expected a value, got an alias"], id="loop"
        ),
        pytest.param(
            "city: demo", "city: !python/name:os.system x", ["city.yaml:1  city   expected a plain value"], id="tag"
        ),
        pytest.param(
            "city: demo",
            "registers: {datum: WGS-84, vehicles: fleet.csv}\ncity: demo",
            ["fleet.csv   expected a file that can be read: No such file or directory"],
            id="register-file-missing",
        ),
    ],
)
def test_a_fault_says_where_and_what(write: Write, old: str, new: str, expected: list[str]) -> None:
    assert GOOD.count(old) == 1
    found = faults_in(write(GOOD.replace(old, new)))
    for line in expected:
        assert any(fault.startswith(line) for fault in found), "\n".join(found)
    if "alias" not in expected[0] and "plain value" not in expected[0]:
        assert len(found) == len(expected), "\n".join(found)


@pytest.mark.parametrize(
    "text, line, message",
    [
        pytest.param("a: [1, 2\nb: 3\n", 2, "expected ',' or ']'", id="open-bracket"),
        pytest.param("a: 1\n\tb: 2\n", 2, "indent with spaces", id="tab"),
        pytest.param("a: b: c\n", 1, "needs quotes", id="colon-in-text"),
        pytest.param("a: 'x\n", 2, "never closed", id="open-quote"),
        pytest.param("a: 1\n---\nb: 2\n", 2, "one YAML document", id="two-documents"),
        pytest.param("a: 1\nb: \x07\n", 2, "control character", id="control-character"),
        pytest.param("- a\n- b\n", 1, "expected a mapping", id="not-a-mapping"),
    ],
)
def test_what_is_no_yaml_is_one_fault_with_its_line(write: Write, text: str, line: int, message: str) -> None:
    (fault,) = faults_in(write(text))
    assert fault.startswith(f"city.yaml:{line}   ")
    assert message in fault


def test_what_is_no_text_file_is_one_fault(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("city: demo\n# Stra\xdfe".encode("latin-1"))
    assert faults_in(tmp_path / "latin.yaml") == ["latin.yaml:2   expected text in UTF-8; save the file as UTF-8"]
    assert "gridwatch init" in faults_in(tmp_path / "none.yaml")[0]
    assert "got a folder" in faults_in(tmp_path)[0]


def test_all_faults_come_at_once_in_the_order_of_the_file(write: Write, tmp_path: Path) -> None:
    (tmp_path / "devices.csv").write_text("device,subject\nx,nobody\n")
    text = (
        GOOD.replace("for: 30s", "for: 30")
        .replace("type: mqtt", "type: mqtt\n    prot: 1883")
        .replace("detector: silent", "detector: sillent")
        .replace("data: var/demo", "registers: {devices: devices.csv}")
        .replace("metrics: {fullness: {path: fill", "metrics: {fullness: {path: 7")
    )
    found = faults_in(write(text))
    assert [fault.split("   ")[0] for fault in found] == [
        "city.yaml:8  sources.fleet.prot",
        "city.yaml:33  streams.bins.metrics.fullness.path",
        "city.yaml:38  rules.0.for",
        "city.yaml:42  rules.2.detector",
        "devices.csv:2  x",
    ]


SECRET = "hunter2-Geheim"


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(f"password: {SECRET}", id="unknown-key"),
        pytest.param(f"password_env: {SECRET}", id="password-for-its-variable"),
        pytest.param(f"username_env: [{SECRET}]", id="list"),
        pytest.param(f"port: {SECRET}", id="number"),
        pytest.param(f"protocol: {SECRET}", id="choice"),
        pytest.param(f"tls: {SECRET}", id="mapping"),
        pytest.param(f"tls: {{key: {SECRET}}}", id="validator"),
        pytest.param(f"tls: {{passphrase: {SECRET}}}", id="deeper"),
        pytest.param(f"down: {SECRET}", id="duration"),
        pytest.param(f"keepalive: {SECRET}", id="bounded-duration"),
        pytest.param(f"status_topic: '#{SECRET}'", id="topic"),
        pytest.param(f"password_env: *{SECRET}", id="alias"),
        pytest.param(f"password_env: !{SECRET} x", id="tag"),
        pytest.param(f"password_env: '{SECRET}", id="open-quote"),
        pytest.param(f"password_env: {{{SECRET}", id="open-brace"),
        pytest.param(f"password_env: a: {SECRET}", id="colon"),
    ],
)
def test_no_fault_repeats_what_stands_under_sources(write: Write, line: str) -> None:
    found = faults_in(write(GOOD.replace("host: broker.example", f"host: broker.example\n    {line}")))
    assert found
    assert not any(SECRET in fault or "hunter2" in fault for fault in found), found


def test_a_secret_in_the_place_of_the_kind_is_not_repeated_either(write: Write) -> None:
    found = faults_in(write(GOOD.replace("type: mqtt", f"type: {SECRET}")))
    assert found
    assert not any(SECRET in fault for fault in found)


def test_merged_mappings_and_anchors_read_as_what_they_stand_for(write: Write) -> None:
    text = GOOD.replace("  - {id: bin-full,", "  - &bin {id: bin-full,").replace(
        "  - {id: silent-truck,", "  - {<<: *bin, id: bin-full-2}\n  - {id: silent-truck,"
    )
    rules = load(write(text)).rules
    assert [rule.id for rule in rules] == ["overspeed", "bin-full", "bin-full-2", "silent-truck"]
    assert rules[2].metric == "fullness"


@given(st.text(alphabet=st.sampled_from("ab:-{}[]&*!|>'\"#%@`,?\n\t 0.")))
def test_any_text_is_data_or_faults(text: str) -> None:
    try:
        document = parse_document(text, "x.yaml")
    except Faulty as faulty:
        faults = faulty.faults
    else:
        json.dumps(document.data, allow_nan=False)
        return
    assert len(faults) == 1


def test_a_stored_configuration_reads_back_the_same(write: Write) -> None:
    stored = snapshot(load(write(GOOD)))
    again = Configuration.model_validate(json.loads(json.dumps(stored)))
    assert snapshot(again) == stored
    assert "data" not in stored
    assert stored["rules"][0]["for"] == "30 s"


def test_a_section_that_is_not_there_changes_no_version_and_one_that_is_there_does(write: Write) -> None:
    """So that a city's versions stay what they were when gridwatch learns a section."""
    assert not {"working_hours", "deadlines"} & set(snapshot(load(write(GOOD))))
    hours = "working_hours: {hours: workdays 09:00-17:00}\n"
    steps = "deadlines: {escalation: [{after: 4工作时, do: notify, role: supervisor}]}\n"
    stored = snapshot(load(write(GOOD + hours + steps)))
    assert stored["working_hours"] == {"hours": "workdays 09:00-17:00", "seasons": [], "day": None}
    assert stored["deadlines"]["escalation"][0]["after"] == "4 work hours"
    again = Configuration.model_validate(json.loads(json.dumps(stored)))
    assert snapshot(again) == stored


def test_the_schema_knows_every_section_and_each_detectors_parameters() -> None:
    schema = json_schema()
    assert set(schema["properties"]) == set(Configuration.model_fields)
    assert schema["$defs"]["TimeSection"]["properties"]["tick"]["default"] == "0.5 s"
    rule = schema["$defs"]["RuleSection"]
    assert "overspeed" in rule["properties"]["detector"]["enum"]
    assert "tolerance" in schema["$defs"]["parameters of overspeed"]["properties"]
    references = re.findall(r'"\$ref": "#/\$defs/([^"]+)"', json.dumps(schema))
    assert set(references) <= set(schema["$defs"])
