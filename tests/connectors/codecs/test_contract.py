"""What holds of every codec, ours and a package's: nothing that comes raises, chunks change nothing, plug-ins work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pipeline.registry as registry_of_all
from connectors.codecs import CODECS, UNPACKERS, codec, registry
from connectors.codecs import unpacked as unpacking
from connectors.codecs.unpacked import UnpackedStream, kind_of
from pipeline.codec import Codec
from tests.connectors.codecs import test_chirpstack, test_lines, test_ngsi_ld, test_onvif, test_trackers, test_ttn
from tests.connectors.codecs.kit import section
from tests.connectors.mappings import decode, deliveries

ROOT = Path(__file__).resolve().parents[3]
STREAMS: dict[str, Any] = {
    "chirpstack": section("chirpstack", payload=test_chirpstack.EM400, metrics=test_chirpstack.BIN),
    "csv": test_lines.lines(),
    "emqx_jt808": test_lines.emqx(),
    "jt808": section("jt808"),
    "jt809": section("jt809"),
    "ngsi_ld": section("ngsi_ld", metrics=test_ngsi_ld.FULL),
    "onvif": test_onvif.onvif("data.ObjectId"),
    "osmand": section("osmand"),
    "owntracks": section("owntracks"),
    "traccar": section("traccar"),
    "ttn": section("ttn", metrics=test_chirpstack.LINK),
}
SAMPLES: dict[str, Any] = {
    "chirpstack": test_chirpstack.UPLINK,
    "emqx_jt808": test_lines.REPORT,
    "ngsi_ld": test_ngsi_ld.notified(test_ngsi_ld.VEHICLE, test_ngsi_ld.DEVICE, test_ngsi_ld.SENSOR),
    "onvif": test_onvif.CROSSED,
    "osmand": test_trackers.JSON_CLIENT,
    "owntracks": test_trackers.TRANSITION,
    "traccar": test_trackers.GEOFENCE,
    "ttn": test_ttn.UPLINK,
}
JUNK = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)
)


def test_every_codec_that_says_when_is_tried_here() -> None:
    assert sorted(STREAMS) == sorted(name for name, each in UNPACKERS.items() if each.timed)
    assert set(STREAMS) <= set(CODECS)


def spoiled(value: Any, data: st.DataObject) -> Any:
    """A sample with something in it that is not what it was."""
    if isinstance(value, dict) and value and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(sorted(value)))
        return value | {key: spoiled(value[key], data)}
    if isinstance(value, list) and value and data.draw(st.booleans()):
        return [spoiled(value[0], data), *value[1:]]
    return data.draw(JUNK)


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(sorted(STREAMS)), data=st.data())
def test_whatever_comes_is_rows_or_set_aside(name: str, data: st.DataObject) -> None:
    payload = data.draw(st.binary(max_size=40))
    if name in SAMPLES and data.draw(st.booleans()):
        payload = json.dumps(spoiled(SAMPLES[name], data)).encode()
    got = decode(STREAMS[name], deliveries(payload, topic="devices/d1/up", source="s"))
    for rows in got.rows:
        assert (rows.ts == rows.ts).all()


@pytest.mark.parametrize("chunk", [1, 2, 256])
def test_what_shares_a_chunk_changes_nothing(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking.UnpackedRows, "chunk", chunk)
    reports = [test_lines.REPORT, {"header": {}}, b"", test_lines.REPORT | {"body": test_lines.BODY | {"speed": 5}}]
    got = decode(test_lines.emqx(topic="a/b"), deliveries(*reports, topic="a/b", source="s"))
    assert [rows.column("speed").tolist() for rows in got.rows] == [[13.5, 0.5]]
    assert [aside.position for aside in got.aside] == [101, 102]


@pytest.mark.parametrize("name", STREAMS)
def test_what_a_version_keeps_of_a_section_is_the_section(name: str) -> None:
    stream = STREAMS[name]
    assert type(stream).model_validate(stream.model_dump(mode="json")) == stream


class Acme(Codec):
    """A vendor's two bytes: how full, and whether it is open."""

    expected: ClassVar[str] = "Acme's two bytes"
    scale: int = 1

    def decode(self, payload: bytes) -> Iterable[Any]:
        if payload == b"!":
            return [[1]]
        if payload == b"?":
            return [{"ts": 1, "device": "a", "fill": object()}]
        fill, is_open = payload
        return [{"ts": 1714521600, "device": "a", "fill": fill * self.scale, "open": is_open}]


def acme(**more: Any) -> UnpackedStream:
    given = {"source": "s", "topic": "t", "codec": "acme", "unknown": "accept"}
    metrics = {"fullness": {"path": "fill", "unit": "%"}}
    made = kind_of("acme", Acme).settings.model_validate(given | {"metrics": metrics} | more)
    assert isinstance(made, UnpackedStream)
    return made


def test_a_codec_of_somebody_elses() -> None:
    stream = acme(scale=2)
    reader = kind_of("acme", Acme).reader(stream)
    chunk = reader.read([b"\x20\x01", b"\x20", b"!", b"?", b"\x30\x00"], long=False)
    assert chunk.values["metric fullness"].tolist() == [64.0, 96.0]
    assert chunk.at.tolist() == [0, 4]
    assert [at for at, _ in chunk.bad] == [1, 2, 3]
    assert chunk.bad[0][1] == "expected Acme's two bytes; got b' ' (not enough values to unpack (expected 2, got 1))"


def test_a_payload_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "MOST_OBJECTS", 2)
    stream = test_lines.lines()
    chunk = unpacking.UnpackedRows(stream).read([b"a,2024-05-01T08:00:00Z,1,open\n" * 3], long=False)
    assert "more than 2 objects in one payload" in chunk.bad[0][1]


def test_an_option_can_not_have_a_name_that_every_stream_has() -> None:
    class Taken(Codec):
        topic: str = "x"

    with pytest.raises(TypeError, match="an option 'topic', which every stream has"):
        kind_of("taken", Taken)


def test_two_packages_with_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [EntryPoint("acme", f"{each}:Acme", registry.GROUP) for each in ("one", "two")]
    monkeypatch.setattr(registry_of_all, "entry_points", lambda group: EntryPoints(points).select(group=group))
    found, broken = registry.from_plugins({})
    assert found == {}
    assert broken[registry_of_all.ALL] == "two codecs are named 'acme': in one:Acme and two:Acme"


def test_an_unknown_codec_gets_a_suggestion() -> None:
    with pytest.raises(KeyError, match="no codec 'chripstack'; did you mean 'chirpstack'"):
        codec("chripstack")


CITY = """
city: tiny
time_zone: UTC
sources: {broker: {type: mqtt, host: 127.0.0.1, client_id: x, subscribe: ["bins/#"]}}
streams:
"""
STREAM = """\
  {name}: {{source: broker, topic: "bins/{{id}}", codec: {codec}, metrics: {{fullness: {{path: fill, unit: "%"}}}}}}
"""
PACKAGE = '''
from gridwatch import Codec

class Acme(Codec):
    """Acme's byte."""

    def decode(self, payload):
        return [{"ts": 0, "device": "a", "fill": payload[0]}]
'''


def test_packages_bring_codecs_and_a_broken_one_harms_nobody_else(tmp_path: Path) -> None:
    """Installed packages, as pip leaves them: a module and its entry points."""
    (tmp_path / "acme_codec.py").write_text(PACKAGE)
    about = tmp_path / "acme_codec-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Name: acme-codec\nVersion: 1\n")
    (about / "entry_points.txt").write_text(
        "[gridwatch.codecs]\nacme = acme_codec:Acme\nbroken = no_such_module:Broken\n"
    )
    streams = {"good": "acme", "typo": "acmee", "broken": "broken"}
    (tmp_path / "city.yaml").write_text(CITY + "".join(STREAM.format(name=n, codec=c) for n, c in streams.items()))
    done = subprocess.run(
        [sys.executable, "-m", "gridwatch.cli", "check", str(tmp_path / "city.yaml")],
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = done.stdout + done.stderr
    assert "streams.good" not in said, said
    assert "'ttn', 'acme'; did you mean 'acme'?" in said, said
    assert "streams.broken.codec   the package that brings it can't be loaded: ModuleNotFoundError" in said, said
