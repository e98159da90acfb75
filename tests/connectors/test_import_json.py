"""JSON recordings: values are cut as they are, whatever blocks they come in; topics and times are filled in."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.recorded import files, json_values
from connectors.recorded.files import Line, RecordedFile
from pipeline.faults import Fault, Faulty
from tests.connectors.mappings import BINS, GPS, stream
from tests.connectors.recordings import NOON, TRUCKS, read, rows

values = st.dictionaries(
    st.text(max_size=3),
    st.recursive(
        st.none() | st.integers() | st.text(alphabet='{}[]",\\ü\n', max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('"{}[]', max_size=2), inner, max_size=3),
        max_leaves=8,
    ),
    max_size=3,
)


def cut(content: str, block: int, lists: bool = False) -> list[Line | Fault]:
    with TemporaryDirectory() as folder, patch.object(files, "BLOCK", block):
        (Path(folder) / "r").write_text(content, "utf-8")
        return list(json_values.json_values(RecordedFile(Path(folder) / "r"), lists))


@settings(max_examples=150, deadline=None)
@given(st.lists(values, max_size=6), st.sampled_from([1, 2, 7, 1 << 20]), st.sampled_from([None, 1]), st.booleans())
def test_values_are_the_same_in_any_blocks(
    written: list[dict[str, Any]], block: int, indent: int | None, listed: bool
) -> None:
    told = [json.dumps(value, ensure_ascii=False, indent=indent) for value in written]
    text = f"[{','.join(told)}]" if listed else "\n".join(told) if indent is None else "{\n}\n" + "\n".join(told)
    found = cut(text, block)[0 if listed or indent is None else 1 :]
    assert [json.loads(each.text) for each in found if isinstance(each, Line)] == written
    assert all(isinstance(each, Line) for each in found)
    at = 0
    for each, value in zip(found, told, strict=True):
        at = text.index(value, at)
        assert isinstance(each, Line)
        if listed:
            assert each.number == 1 + text.count("\n", 0, at)
        at += len(value)


@pytest.mark.parametrize(
    "text, expected",
    [
        pytest.param('[1, {"a":1} x ,{"b":2}]', ["'1'", '{"a":1}', "'x'", '{"b":2}'], id="what-is-no-object"),
        pytest.param('[{"a":1}]]{"b":2}', ['{"a":1}', "expected"], id="one-bracket-more"),
        pytest.param('[{"a":"x]', ["never closed"], id="a-text-without-end"),
        pytest.param('[{"a":1}]\n[{"b":1}]\n', ['{"a":1}', '{"b":1}'], id="lists-one-after-another"),
    ],
)
@pytest.mark.parametrize("block", [1, 1 << 20])
def test_lists_that_are_broken(text: str, expected: list[str], block: int) -> None:
    found = [each.text.decode() if isinstance(each, Line) else each.message for each in cut(text, block)]
    assert len(found) == len(expected)
    assert all(part in whole for part, whole in zip(expected, found, strict=True))


def test_a_record_without_end_is_told_and_holds_no_more_than_its_limit(tmp_path: Path) -> None:
    with (
        patch.object(files, "LONGEST", 100),
        patch.object(json_values, "LONGEST", 100),
        patch.object(files, "BLOCK", 50),
    ):
        got = read(tmp_path, {"r.json": '[{"a": "' + "x" * 500 + '"}]'})
        assert "what follows is not read" in got.faults[0]
        point = '{"device": "a", "time": 1714564800, "pos": {"lon": 8, "lat": 50}}'
        got = read(tmp_path, {"r.jsonl": f'{{"a": "{"x" * 500}"}}\n{point}\n'})
        assert [d.topic for d in got.deliveries] == ["fleet/a/gps"]
        assert got.faults[0].startswith("r.jsonl:1   expected a line of at most")


def point(**more: object) -> str:
    return json.dumps({"time": NOON, "pos": {"lon": 8.5, "lat": 50.5}} | more)


def test_a_payload_stays_the_bytes_that_it_is(tmp_path: Path) -> None:
    line = b'{ "pos":{"lat":50.50,"lon":8.50}, "x":"\xe5\xb7\x9d", "device":7,"time":1714564800}'
    got = read(tmp_path, {"r": line + b"\r\n"})
    assert got.deliveries[0].payload == line
    assert got.deliveries[0].topic == "fleet/7/gps"


@pytest.mark.parametrize(
    "line, message",
    [
        pytest.param("{oops", "expected JSON with time, pos.lon, pos.lat; got b'{oops'", id="no-json"),
        pytest.param("7", "expected JSON with time, pos.lon, pos.lat; got b'7'", id="no-object"),
        pytest.param(point(), "device   expected a value for the topic, got nothing", id="nobody"),
        pytest.param(point(device=None), "device   expected a value for the topic, got nothing", id="null"),
        pytest.param(point(device="a/b"), "device   expected a value without / + #, got 'a/b'", id="slash"),
        pytest.param(point(device=[1]), "expected JSON with device, text or whole numbers, for the topic", id="list"),
        pytest.param(point(device="a", v="fast"), "expected JSON with time", id="text-for-a-number"),
        pytest.param(point(device="a", time=99), "time   expected a time from 2000 to 2099, got 99 seconds", id="1970"),
    ],
)
def test_a_bad_line_is_named_and_left_out(tmp_path: Path, line: str, message: str) -> None:
    good = point(device="a")
    got = read(tmp_path, {"r.jsonl": f"{good}\n\n{line}\n{good}"})
    (fault,) = got.faults
    assert fault.startswith("r.jsonl:3  ")
    assert message in fault
    assert len(got.deliveries) == 2


STATES = stream(BINS, topic="bins/{device}")


@pytest.mark.parametrize(
    "written, zone, expected",
    [
        pytest.param("2024-05-01T12:00:00Z", "Europe/Berlin", NOON, id="its-own-offset"),
        pytest.param("2024-05-01 20:00:00", "Asia/Shanghai", NOON, id="the-zone's"),
        pytest.param("2024/05/01 14:00:00.5", "Europe/Berlin", NOON + 0.5, id="slashes"),
        pytest.param("2024-03-31 02:30", "Europe/Berlin", "t   there was no 2024-03-31 02:30", id="spring"),
        pytest.param("noon", "Europe/Berlin", "t   expected a time such as '2024-05-01 08:30:00', got 'noon'", id="no"),
    ],
)
def test_times_without_an_offset(tmp_path: Path, written: str, zone: str, expected: float | str) -> None:
    line = json.dumps({"device": "b", "t": written, "fill": 5})
    got = read(tmp_path, {"r": f"{line}\n"}, {"bins": STATES}, zone=zone)
    if isinstance(expected, str):
        assert expected in got.faults[0]
    else:
        assert [d.received for d in got.deliveries] == [expected]
        assert rows(got.deliveries, {"bins": STATES})[0][:2] == ("b", expected)


def test_many_rows_a_line(tmp_path: Path) -> None:
    whole = stream(BINS, each="$", topic="up", subject="@.id")
    items = [{"id": "a", "t": "2024-05-01T12:00:09Z", "fill": 1}, {"id": "b", "t": "2024-05-01 20:00:00", "fill": 2}]
    text = json.dumps(items) + "\n" + json.dumps(items[:1]) + "\n"
    got = read(tmp_path, {"r.jsonl": text}, {"bins": whole})
    assert (got.faults, [d.received - NOON for d in got.deliveries]) == ([], [9, 9])
    assert len(rows(got.deliveries, {"bins": whole})) == 6
    with pytest.raises(Faulty, match="--subject: each item says whose it is"):
        read(tmp_path, {"r.jsonl": text}, {"bins": whole}, subject="a")


@pytest.mark.parametrize("whose, topic", [("{device}", "fleet/x/gps"), ("$.dev.id", "up"), ("$.device", "up")])
def test_one_subject_for_all(tmp_path: Path, whose: str, topic: str) -> None:
    mapping = stream(GPS, topic=topic.replace("x", "{device}"), subject=whose)
    got = read(tmp_path, {"r": f"{point()}\nnull\n{point(dev={'n': 1})}\n"}, {"gps": mapping}, "json", subject="x")
    assert [d.topic for d in got.deliveries] == [topic, topic]
    assert {row[0] for row in rows(got.deliveries, {"gps": mapping})} == {"x"}
    assert len(got.faults) == 1


def test_files_make_one_series(tmp_path: Path) -> None:
    later, sooner = point(device="a", time=NOON + 60), point(device="b")
    table = "device,time,pos.lon,pos.lat\nc,1714564830,8,50\n"
    got = read(tmp_path, {"1.jsonl": later, "2.json": f"[{sooner}]", "3.csv": table}, {"gps": TRUCKS})
    assert [d.topic for d in got.deliveries] == ["fleet/b/gps", "fleet/c/gps", "fleet/a/gps"]
    assert list(got.imported.formats.values()) == ["json", "json", "csv"]
