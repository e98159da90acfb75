"""Recordings: rows that are written in any form come back as they were; what is broken is named, never fatal."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.codecs.stream import StreamSettings
from connectors.recorded.files import RecordedFile
from connectors.recorded.formats import FORMATS, guess
from pipeline.faults import Faulty
from tests.connectors.mappings import BINS, GPS, stream
from tests.connectors.recordings import NOON, TRUCKS, read, rows

FILES = settings(max_examples=30, deadline=None)


class Fix(NamedTuple):
    """One row, as it is written in every form. ts: whole milliseconds."""

    device: str
    ts: float
    lon: float
    lat: float
    speed: float | None


def payload(fix: Fix, **more: object) -> str:
    v = {} if fix.speed is None else {"v": fix.speed}
    return json.dumps({"time": fix.ts, "pos": {"lon": fix.lon, "lat": fix.lat}} | v | more, ensure_ascii=False)


def lines(write: Callable[[Fix], str]) -> Callable[[list[Fix]], str]:
    return lambda fixes: "".join(write(fix) + "\n" for fix in fixes)


def iso(ts: float) -> str:
    return datetime.fromtimestamp(ts, UTC).isoformat(timespec="milliseconds")


def topic(fix: Fix) -> str:
    return f"fleet/{fix.device}/gps"


def csv(fixes: list[Fix]) -> str:
    told = [f"{f.device},{f.ts!r},{f.lon!r},{f.lat!r},{'' if f.speed is None else repr(f.speed)}" for f in fixes]
    return "\n".join(["device,time,pos.lon,pos.lat,v", *told])


def traccar_object(fix: Fix) -> dict[str, object]:
    own = {"deviceId": 7, "uniqueId": fix.device, "fixTime": iso(fix.ts), "latitude": fix.lat, "longitude": fix.lon}
    return own if fix.speed is None else own | {"speed": fix.speed}


def traccar_csv(fixes: list[Fix]) -> str:
    told = [
        f"1,7,,{iso(f.ts)},true,{f.lat!r},{f.lon!r},{'' if f.speed is None else repr(f.speed)},Main St, 5,0,{f.device}"
        for f in fixes
    ]
    return "\r\n".join(["id,deviceId,protocol,fixTime,valid,latitude,longitude,speed,address,accuracy,uniqueId", *told])


IN_TRACCAR = stream(
    GPS,
    topic="fleet/{uniqueId}/gps",
    subject="{uniqueId}",
    fields={
        "ts": {"path": "fixTime", "unit": "iso8601"},
        "lon": {"path": "longitude"},
        "lat": {"path": "latitude"},
        "speed": {"path": "speed", "unit": "km/h"},
    },
)
EVERY = [
    pytest.param("csv", csv, TRUCKS, id="csv"),
    pytest.param("json", lines(lambda f: payload(f, device=f.device)), TRUCKS, id="json-lines"),
    pytest.param(
        "json", lambda all_: f"[{','.join(payload(f, device=f.device) for f in all_)}]", TRUCKS, id="json-list"
    ),
    pytest.param("mosquitto", lines(lambda f: f"{topic(f)} {payload(f)}"), TRUCKS, id="mosquitto-v"),
    pytest.param("mosquitto", lines(lambda f: f"{f.ts:.9f} {topic(f)} {payload(f)}"), TRUCKS, id="mosquitto-U"),
    pytest.param(
        "mosquitto", lines(lambda f: f"{iso(f.ts)} {topic(f)} {payload(f).encode().hex()}"), TRUCKS, id="mosquitto-x"
    ),
    pytest.param(
        "mosquitto",
        lines(lambda f: json.dumps({"tst": iso(f.ts), "topic": topic(f), "qos": 0, "payload": payload(f)})),
        TRUCKS,
        id="mosquitto-j",
    ),
    pytest.param(
        "mosquitto",
        lines(lambda f: f'{{"tst": "{iso(f.ts)}", "topic": {json.dumps(topic(f))}, "payload": {payload(f)}}}'),
        TRUCKS,
        id="mosquitto-J",
    ),
    pytest.param(
        "mosquitto",
        lines(
            lambda f: json.dumps(
                {"topic": topic(f), "payload_base64": base64.b64encode(payload(f).encode()).decode(), "tst": f.ts}
            )
        ),
        TRUCKS,
        id="base64",
    ),
    pytest.param("traccar", lambda all_: json.dumps([traccar_object(f) for f in all_], indent=1), IN_TRACCAR, id="api"),
    pytest.param("traccar", traccar_csv, IN_TRACCAR, id="traccar-csv"),
]
fixes = st.lists(
    st.builds(
        Fix,
        st.sampled_from(["a", "川A·1", "gps 7", "x.y"]),
        st.integers(0, 10_000_000).map(lambda ms: NOON + ms / 1000),
        st.floats(100, 120, width=32).map(lambda x: round(x, 6)),
        st.floats(20, 40, width=32).map(lambda x: round(x, 6)),
        st.none() | st.floats(0, 120, width=32).map(lambda x: round(x, 3)),
    ),
    min_size=1,
    max_size=12,
)


@pytest.mark.parametrize("form, write, mapping", EVERY)
@FILES
@given(written=fixes, packed=st.booleans(), mark=st.booleans(), crlf=st.booleans())
def test_what_is_written_in_any_form_comes_back(
    form: str,
    write: Callable[[list[Fix]], str],
    mapping: StreamSettings,
    written: list[Fix],
    packed: bool,
    mark: bool,
    crlf: bool,
) -> None:
    text = write(written)
    raw = (text.replace("\n", "\r\n") if crlf and "\r" not in text else text).encode("utf-8-sig" if mark else "utf-8")
    with TemporaryDirectory() as folder:
        got = read(Path(folder), {"recording": gzip.compress(raw) if packed else raw}, {"gps": mapping})
    assert (got.faults, list(got.imported.formats.values())) == ([], [form])
    expected = [
        (f.device, f.ts, name, value)
        for f in written
        for name, value in (("lon", f.lon), ("lat", f.lat), ("speed", f.speed))
        if value is not None
    ]
    assert rows(got.deliveries, {"gps": mapping}) == sorted(expected, key=repr)
    assert [d.received for d in got.deliveries] == sorted(f.ts for f in written)


ONE = Fix("川A1", NOON, 8.5, 50.5, 30.0)


@pytest.mark.parametrize("form, write, mapping", EVERY)
@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_text_that_is_not_utf_8(
    tmp_path: Path, form: str, write: Callable[[list[Fix]], str], mapping: StreamSettings, encoding: str
) -> None:
    raw = write([ONE, ONE]).encode(encoding)
    if form == "mosquitto" and encoding == "gb18030" and b"\\u" not in raw:
        # Topics are UTF-8 in MQTT, so such a line was damaged on its way.
        got = read(tmp_path, {"r": raw}, {"gps": mapping})
        assert (got.deliveries, len(got.faults)) == ([], 2)
    else:
        got = read(tmp_path, {"r": raw}, {"gps": mapping})
        assert got.faults == []
        assert [d.topic for d in got.deliveries] == ["fleet/川A1/gps"] * 2


@pytest.mark.parametrize("form, write, mapping", EVERY)
def test_a_gzip_file_that_is_cut_off_gives_what_it_has(
    tmp_path: Path, form: str, write: Callable[[list[Fix]], str], mapping: StreamSettings
) -> None:
    assert form in FORMATS
    many = [Fix("a", NOON + i, 8.5, 50.0 + i / 1000, 30.0) for i in range(3000)]
    whole = gzip.compress(write(many).encode())
    got = read(tmp_path, {"r.gz": whole[: len(whole) // 2]}, {"gps": mapping})
    assert 100 < len(got.deliveries) < 3000
    assert "cut off; what follows is not read" in got.faults[-1]
    assert len(got.faults) == 1
    damaged = bytearray(whole)
    damaged[len(whole) // 2 :] = b"\xff" * (len(whole) - len(whole) // 2)
    got = read(tmp_path, {"r.gz": bytes(damaged)}, {"gps": mapping})
    assert "is not read" in got.faults[-1]
    assert got.deliveries


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\n \r\n", id="blank"),
        pytest.param(b"\xef\xbb\xbf", id="mark-alone"),
        pytest.param(gzip.compress(b""), id="empty-gz"),
        pytest.param(b"\x1f\x8brubbish", id="no-gz"),
        pytest.param(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x9c\xff\n\xfe" * 50, id="picture"),
        pytest.param(b"PK\x03\x04\x14\0", id="excel"),
        pytest.param(b'hello\nthere: what, is this?\n<a>\n{\n[\n"', id="rubbish"),
        pytest.param(b"[" * 100_000, id="brackets"),
        pytest.param(b'{"a":' * 5000 + b"\n", id="deep"),
        pytest.param(b'[{"deviceId": 1, "fixTime": [], "latitude": {}, "longitude": null}, 3]', id="types"),
        pytest.param(b'{"topic": "fleet/a/gps", "payload": 3, "tst": "yesterday"}\n{"topic": 1}', id="printed"),
    ],
)
def test_rubbish_is_named_in_every_format(tmp_path: Path, form: str, content: bytes) -> None:
    """As the format that it seems to be in, and as any that somebody says it is in."""
    for said in (None, form):
        try:
            got = read(tmp_path, {"r": content}, {"gps": IN_TRACCAR if form == "traccar" else TRUCKS}, form=said)
        except Faulty as faulty:
            files = {fault.file for fault in faulty.faults}
            assert files == {str(tmp_path / "r")}
        else:
            assert got.deliveries == []
            assert got.faults or not content.strip() or got.imported.left_out.of_no_stream or b"PK" in content


@FILES
@given(st.binary(max_size=400), st.sampled_from([None, *FORMATS]), st.booleans())
def test_no_bytes_make_it_fail(content: bytes, form: str | None, packed: bool) -> None:
    with TemporaryDirectory() as folder, suppress(Faulty):
        read(Path(folder), {"r": gzip.compress(content) if packed else content}, form=form)


@pytest.mark.parametrize(
    "name, text, expected",
    [
        pytest.param("r.txt", "<?xml version='1.0'?><gpx/>", "gpx", id="xml"),
        pytest.param("r.gpx.gz", "rubbish", "gpx", id="extension"),
        pytest.param("r.txt", "device;time\na;1\n", "csv", id="table"),
        pytest.param("r.txt", "device, {unit} [m]\na, 1", "csv", id="table-with-brackets"),
        pytest.param("r.csv", 'a/b {"t": 1}\n', "csv", id="said-to-be-a-table"),
        pytest.param("r.log", 'a/b {"t": 1}\n', "mosquitto", id="topic-first"),
        pytest.param("r.log", 'a/b \xff{\na/b {"t": 1}\na/c [1]\n', "mosquitto", id="one-that-is-no-json"),
        pytest.param("r.log", '1795340677.760606656 a/b c {"t":1.5}', "mosquitto", id="seconds-first"),
        pytest.param("r.log", "2026-11-22T09:44:37+0000 a/b 7b7d", "mosquitto", id="time-first"),
        pytest.param("r.json", '{"topic": "a", "payload": "{}"}', "mosquitto", id="printed-as-json"),
        pytest.param("r.json", '{"topic": "weather", "t": 1}', "json", id="a-topic-alone"),
        pytest.param("r.json", '\n\n {"t": 1}', "json", id="object"),
        pytest.param("r.json", "[]", "json", id="no-objects"),
        pytest.param("r.jsonl", "oops\n", "json", id="said-to-be-json"),
        pytest.param("r.json", '[{"id": 1, "uniqueId": "a"}]', "traccar", id="devices"),
        pytest.param("r.csv", "ID,DEVICEID,FIXTIME,LATITUDE,LONGITUDE\n", "traccar", id="dump-of-positions"),
    ],
)
def test_a_format_is_seen_from_the_first_lines(tmp_path: Path, name: str, text: str, expected: str) -> None:
    raw = text.encode("latin-1")
    (tmp_path / name).write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    assert guess(RecordedFile(tmp_path / name)) == expected


def test_a_wrong_guess_says_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(Faulty) as caught:
        read(tmp_path, {"r.txt": "20,21\n22,23\n"})
    assert "no such column" in str(caught.value)
    assert "It was read as csv; another of csv, gpx, json, mosquitto, traccar is said by --format." in str(caught.value)
    with pytest.raises(Faulty, match="its records have no topics: name their stream by --stream"):
        read(tmp_path, {"r.jsonl": "{}\n"}, {"a": TRUCKS, "b": TRUCKS})


def test_words_of_a_table_stay_words(tmp_path: Path) -> None:
    words = {"path": "state", "unit": "1", "words": {"ok": 0, "lidOpen": 1}}
    mapping = stream(BINS, topic="bins/{device}/state", metrics={"temperature": None, "lid": words})
    table = "device,t,fill,state\nb1,2024-05-01T12:00:00Z,40,lidOpen\nb1,2024-05-01T13:00:00Z,,ok\n"
    found = read(tmp_path, {"bins.csv": table}, {"bins": mapping})
    assert found.faults == []
    told = rows(found.deliveries, {"bins": mapping})
    assert sorted(value for _, _, column, value in told if column == "value") == [0.0, 1.0, 40.0]
