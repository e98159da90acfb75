"""A city with cameras: the stream of sightings in a configuration, its faults, and rules about what was seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.codecs import CODECS
from pipeline.detector import Detector, Judgement, Memory
from pipeline.faults import Faulty
from pipeline.names import Names
from pipeline.registry import DETECTORS
from pipeline.rows import Sighting
from pipeline.runtime.compose import compose, config_bytes, load_city, read_config
from pipeline.runtime.config import examine, load
from pipeline.runtime.coverage import Coverage, coverage
from pipeline.runtime.seen import fixture_warnings
from pipeline.world import World

CITY = """\
city: demo
time_zone: Asia/Shanghai
registers: {datum: WGS-84, vehicles: vehicles.csv}
sources:
  fleet: {type: mqtt, host: h, client_id: c, subscribe: ["fleet/+/gps", "cameras/+/sightings"]}
streams:
  gps:
    source: fleet
    topic: fleet/{device}/gps
    codec: json
    rows: position
    subject: "{device}"
    datum: WGS-84
    fields: {ts: {path: t, unit: unix_s}, lon: {path: x}, lat: {path: y}}
  seen:
    source: fleet
    topic: cameras/{camera}/sightings
    codec: sightings
    unknown: accept
    forget: 20min
rules:
  - {id: parked, detector: threshold, parameters: {column: still, above: 5min}, for: 10s}
"""


def write(folder: Path, old: str = "", new: str = "") -> Path:
    """The city, with `new` in place of `old`."""
    assert old in CITY
    (folder / "vehicles.csv").write_text("id,class\nm1,muck_truck\n")
    (folder / "city.yaml").write_text(CITY.replace(old, new) if old else CITY)
    return folder / "city.yaml"


def test_it_is_what_the_engine_runs(tmp_path: Path) -> None:
    city = load_city(write(tmp_path))
    stored = read_config(config_bytes(city.configuration))
    assert stored.streams == city.configuration.streams
    version = compose(stored, city.world, Names())
    assert [(s.name, s.rows.kind, s.forget) for s in version.streams] == [
        ("gps", "position", None),
        ("seen", "sighting", 1200.0),
    ]
    (rule,) = version.rules
    assert rule.kind is Sighting


@pytest.mark.parametrize(
    "old, new, fault",
    [
        pytest.param(
            "codec: sightings",
            "codec: sighting",
            f"streams.seen.codec   expected {', '.join(repr(name) for name in CODECS)}; did you mean 'sightings'?",
            id="codec",
        ),
        pytest.param("forget: 20min", "forget: 20", "streams.seen.forget   expected a duration", id="bare-number"),
        pytest.param("forget:", "forgets:", "streams.seen.forgets   unknown key; did you mean 'forget'?", id="key"),
        pytest.param(
            "forget: 20min",
            "lables: [car]",
            "streams.seen.lables   unknown key; did you mean 'labels'?",
            id="key-of-its-own",
        ),
        pytest.param("forget: 20min", "labels: []", "streams.seen.labels   expected at least 1", id="no-labels"),
        pytest.param(
            "forget: 20min",
            "zones: [a, a]",
            "streams.seen.zones   'a' is there twice",
            id="zone-twice",
        ),
        pytest.param(
            "topic: cameras/{camera}/sightings",
            "topic: cameras/{cam}/sightings",
            "streams.seen.subject   the topic has no level '{camera}'; did you mean 'cam'?",
            id="level",
        ),
        pytest.param(
            "topic: cameras/{camera}/sightings",
            "topic: seen/{camera}",
            "streams.seen.topic   nothing subscribes to this topic",
            id="nobody-subscribes",
        ),
        pytest.param(
            "above: 5min", "above: 90 %", "rules.0.parameters.above   expected '… ms' or '… s' or '… min'", id="unit"
        ),
        pytest.param(
            "column: still, above: 5min",
            "column: score, below: 50 %",
            "rules.0.parameters.below   expected '… 1', the unit of 'score' in stream seen",
            id="unit-of-a-share",
        ),
        pytest.param(
            "for: 10s",
            "metric: fullness",
            "rules.0.metric   only reading rows have a metric, this rule reads sighting rows",
            id="metric",
        ),
        pytest.param(
            "detector: threshold, parameters: {column: still, above: 5min}",
            "detector: overspeed, rows: sighting",
            "rules.0.rows   'overspeed' reads position rows; leave this key out",
            id="rows-of-another-detector",
        ),
        pytest.param(
            "detector: threshold, parameters: {column: still, above: 5min}",
            "detector: silent, rows: sightings",
            "rules.0.rows   no kind of row 'sightings'; did you mean 'sighting'?",
            id="rows-in-the-plural",
        ),
    ],
)
def test_faults(tmp_path: Path, old: str, new: str, fault: str) -> None:
    with pytest.raises(Faulty) as caught:
        load(write(tmp_path, old, new))
    (told,) = map(str, caught.value.faults)
    assert fault in told


class Standing(Detector):
    """A detector that asks for labels and zones."""

    rows = Sighting
    labels: tuple[str, ...] = ("car",)
    zones: tuple[str, ...] = ()

    def judge(self, rows: Sighting, world: World, memory: Memory | None) -> Judgement:
        return Judgement(wrong=rows.still > 5)


@pytest.mark.parametrize(
    "stream, parameters, faults",
    [
        pytest.param("", "{}", [], id="defaults"),
        pytest.param("", "{labels: [traffic light, other]}", [], id="coco-and-other"),
        pytest.param("labels: [cra, bus]", "{labels: [bus]}", [], id="its-own"),
        pytest.param(
            "",
            "{labels: [bus, truk]}",
            ["labels.1   no stream takes the label 'truk'; did you mean 'truck'?"],
            id="typo",
        ),
        pytest.param(
            "labels: [kiosk]",
            "{}",
            ["labels.0   no stream takes the label 'car'; add it to streams.seen.labels"],
            id="the-default-is-none-of-them",
        ),
        pytest.param(
            "",
            "{zones: [lane]}",
            ["zones.0   no stream takes the zone 'lane'; add it to streams.seen.zones"],
            id="no-zones",
        ),
        pytest.param("zones: [lane]", "{zones: [lane]}", [], id="its-zone"),
        pytest.param(
            "zones: [lane]",
            "{zones: [lanes]}",
            ["zones.0   no stream takes the zone 'lanes'; did you mean 'lane'?"],
            id="zone",
        ),
    ],
)
def test_labels_and_zones_that_a_rule_asks_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: str, parameters: str, faults: list[str]
) -> None:
    monkeypatch.setitem(DETECTORS.own, "standing", Standing)
    file = write(tmp_path, "threshold, parameters: {column: still, above: 5min}", f"standing, parameters: {parameters}")
    file.write_text(file.read_text().replace("    forget: 20min\n", f"    {stream}\n"))
    told = [str(fault).partition("rules.0.parameters.")[2] for fault in examine(file).faults]
    assert told == faults


def covered(file: Path) -> Coverage:
    (found,) = coverage(load_city(file))
    return found


ACCEPTED = "stream seen accepts subjects that are in no register; they are judged too"
NOBODY_LISTED = "the registers have no subject that it is about"
SEEN = CITY[CITY.index("  seen:") : CITY.index("rules:")]


@pytest.mark.parametrize(
    "old, new, notes",
    [
        pytest.param(
            "    unknown: accept\n",
            "    unknown: accept\n",
            [NOBODY_LISTED, ACCEPTED],
            id="accepted",
        ),
        pytest.param("    unknown: accept\n", "", [NOBODY_LISTED], id="set-aside"),
        pytest.param(SEEN, "", ["no stream gives sighting rows", NOBODY_LISTED], id="no-such-stream"),
        pytest.param(
            "column: still, above: 5min}",
            "column: speeds, above: 5 1}, rows: sighting",
            ["no stream gives 'speeds'", NOBODY_LISTED, ACCEPTED],
            id="no-such-column",
        ),
    ],
)
def test_a_rule_about_what_was_seen_is_never_silent(tmp_path: Path, old: str, new: str, notes: list[str]) -> None:
    found = covered(write(tmp_path, old, new))
    assert (found.judged, found.notes) == (0, notes)


@pytest.mark.parametrize("rows, kind", [("sighting", "objects"), ("presence", "zones")])
def test_a_rule_about_cameras_of_the_section_can_judge_them(tmp_path: Path, rows: str, kind: str) -> None:
    more = (
        f"cameras: {{gate: {{url: gate.mp4}}, yard: {{url: yard.mp4}}}}\nrules:\n  - {{id: {kind}, detector: silent, "
    )
    file = write(tmp_path, CITY[CITY.index("rules:") :], f"{more}rows: {rows}}}\n")
    file.write_text(file.read_text().replace("forget: 20min", f"rows: {rows}\n    zones: [lane]"))
    found = covered(file)
    assert (found.judged, found.notes) == (2, [ACCEPTED])


DURATIONS = " or ".join(f"'… {unit}'" for unit in ("ms", "s", "min", "h", "d"))
ZONES = """\
  zones:
    source: fleet
    topic: cameras/{camera}/sightings
    codec: sightings
    rows: presence
    unknown: accept
    labels: [person]
    zones: [stall, gate]
"""


@pytest.mark.parametrize(
    "rule, faults",
    [
        pytest.param("detector: occupied, parameters: {zones: [stall, gate]}", [], id="its-zones"),
        pytest.param(
            "detector: occupied, parameters: {zones: [stahl]}",
            ["parameters.zones.0   no stream takes the zone 'stahl'; did you mean 'stall'?"],
            id="typo",
        ),
        pytest.param(
            "detector: stationary, parameters: {zones: [stall]}",
            ["parameters.zones.0   no stream takes the zone 'stall'; add it to streams.seen.zones"],
            id="of-the-other-kind-of-row",
        ),
        pytest.param("detector: threshold, parameters: {column: count, above: 5 1}", [], id="a-column-of-its-own"),
        pytest.param("detector: threshold, parameters: {column: stood, above: 5min}", [], id="and-its-unit"),
        pytest.param(
            "detector: threshold, parameters: {column: stood, above: 5 1}",
            [f"parameters.above   expected {DURATIONS}, the unit of 'stood' in stream zones"],
            id="not-its-unit",
        ),
        pytest.param("detector: threshold, rows: presence, parameters: {column: count, above: 5 1}", [], id="said"),
        pytest.param(
            "detector: occupied, metric: fullness",
            ["metric   only reading rows have a metric, this rule reads presence rows"],
            id="metric",
        ),
        pytest.param(
            "detector: occupied, parameters: {hours: 8-9}",
            ["parameters.hours   expected hours such as 'Mo-Fr 20:00-04:30', got '8-9': no window '8-9'"],
            id="hours",
        ),
    ],
)
def test_rules_about_zones(tmp_path: Path, rule: str, faults: list[str]) -> None:
    file = write(tmp_path, "rules:\n", f"{ZONES}rules:\n  - {{id: zone, {rule}}}\n")
    assert [str(fault).partition("rules.0.")[2] for fault in examine(file).faults] == faults


@pytest.mark.parametrize(
    "fixture, rule, told",
    [
        pytest.param("gate,,object,0.1,0.1,0.2,0.2", "stationary", [], id="good"),
        pytest.param("gate,lane,,,,,", "stationary", ["no stream takes the zone 'lane' of a fixture"], id="zone"),
        pytest.param(
            "gate,,objekt,0.1,0.1,0.2,0.2",
            "stationary",
            ["no stream takes the label 'objekt' of a fixture; did you mean 'object'?"],
            id="label",
        ),
        pytest.param(
            "gaet,,,0.1,0.1,0.2,0.2",
            "stationary",
            ["the camera 'gaet' of a fixture is not under cameras; did you mean 'gate'?"],
            id="camera",
        ),
        pytest.param("edge-box-7,,,0.1,0.1,0.2,0.2", "stationary", [], id="a-camera-elsewhere"),
        pytest.param(
            "gate,,object,0.1,0.1,0.2,0.2",
            "silent",
            ["no rule asks what stands in a picture (detector: stationary), so no fixture is heeded"],
            id="nobody-asks",
        ),
    ],
)
def test_fixtures_that_are_likely_not_meant(tmp_path: Path, fixture: str, rule: str, told: list[str]) -> None:
    (tmp_path / "fixtures.csv").write_text(f"camera,zone,label,left,top,width,height\n{fixture}\n")
    file = write(tmp_path, "vehicles: vehicles.csv}", "fixtures: fixtures.csv}\ncameras: {gate: {url: gate.mp4}}")
    text = file.read_text()
    rows = ", rows: sighting" if rule == "silent" else ""
    file.write_text(text[: text.index("  - {id: parked")] + f"  - {{id: parked, detector: {rule}{rows}}}\n")
    city = load_city(file)
    assert [warning.message for warning in fixture_warnings(examine(file).document, city.registers)] == told
    assert [w.path for w in city.warnings] == ["registers.fixtures"] * len(told)
    notes = ["what is a fixture (1 in the register) is nothing to it"] if rule == "stationary" else []
    assert covered(file).notes == [*notes, ACCEPTED]


@pytest.mark.parametrize(
    "stream, reasons",
    [
        pytest.param("beside: [person]", {}, id="said"),
        pytest.param("gap: 1min", {"no stream gives 'beside'": 1}, id="nobody-says-who-stands-beside"),
    ],
)
def test_a_rule_about_who_stands_beside(tmp_path: Path, stream: str, reasons: dict[str, int]) -> None:
    rule = "detector: stationary, parameters: {alone: true}}"
    file = write(tmp_path, "detector: threshold, parameters: {column: still, above: 5min}, for: 10s}", rule)
    text = file.read_text().replace("forget: 20min", stream)
    file.write_text(text.replace("rules:\n", "cameras: {gate: {url: gate.mp4}}\nrules:\n"))
    assert covered(file).reasons == reasons
