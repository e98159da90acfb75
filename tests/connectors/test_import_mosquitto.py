"""mosquitto_sub's output: byte for byte what 2.0.11 printed (TZ=Asia/Shanghai for %j), and topics as they were."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.recorded.files import RecordedFile
from connectors.recorded.message import Message
from connectors.recorded.mosquitto import read_mosquitto
from connectors.recorded.times import instant
from pipeline.faults import Fault, Faulty
from tests.connectors.fakes import publish
from tests.connectors.mappings import BINS, GPS, stream
from tests.connectors.recordings import BOTH, NOON, TRUCKS, read, rows
from tests.services.mosquitto import Mosquitto
from tests.services.need import missing

SHANGHAI = ZoneInfo("Asia/Shanghai")


def messages(folder: Path, raw: bytes) -> list[Message | Fault]:
    (folder / "r").write_bytes(raw)
    return list(read_mosquitto(RecordedFile(folder / "r"), SHANGHAI))


# Published: {"t":1.5,"s":"ü \"q\""} to a/b; [1, 2] to `a/b c`; the bytes ff 7b 00 to a/bin; nothing to a/null;
# {"x":\n1} to a/nl; {"n":"川"} in GBK to a/gbk.
TEXT, LIST, BINARY = '{"t":1.5,"s":"ü \\"q\\""}'.encode(), b"[1, 2]", b"\xff{\0"
BROKEN, GBK = b'{"x":\n1}', b'{"n":"\xb4\xa8"}'


@pytest.mark.parametrize(
    "raw, expected",
    [
        pytest.param(
            b"a/b " + TEXT + b"\na/b c [1, 2]\na/bin \xff{\0\na/null (null)\na/gbk " + GBK + b"\n",
            [
                ("a/b", None, TEXT),
                ("a/b c", None, LIST),
                ("a/bin", None, BINARY),
                ("a/null", None, b""),
                ("a/gbk", None, GBK),
            ],
            id="v",
        ),
        pytest.param(
            b"2026-11-22T09:44:37+0000 a/b c [1, 2]\n2026-11-22T09:44:37+0000 a/null \n",
            [("a/b c", 1795340677.0, LIST), ("a/null", 1795340677.0, b"")],
            id="I-t-p",
        ),
        pytest.param(
            b"1795340677.760606656 a/b " + TEXT + b"\n1795340677.778173741 a/null \n",
            [("a/b", 1795340677.760606656, TEXT), ("a/null", 1795340677.778173741, b"")],
            id="U-t-p",
        ),
        pytest.param(
            b"1795340677.767860453 a/b c 5b312c20325d\n1795340677.783623897 a/nl 7b2278223a0a317d\n"
            b"1795340677.789165550 a/gbk 7b226e223a22b4a8227d\n",
            [
                ("a/b c", 1795340677.767860453, LIST),
                ("a/nl", 1795340677.783623897, BROKEN),
                ("a/gbk", 1795340677.789165550, GBK),
            ],
            id="U-t-x",
        ),
        pytest.param(
            '{"tst":"2026-11-22T17:44:37.761318Z+0800","topic":"a/b","qos":0,"retain":0,"payloadlen":24,'
            '"payload":"{\\"t\\":1.5,\\"s\\":\\"ü \\\\\\"q\\\\\\"\\"}"}\n'
            '{"tst":"2026-11-22T17:44:37.778205Z+0800","topic":"a/null","qos":0,"payload":null}\n'
            '{"tst":"2026-11-22T17:44:37.783524Z+0800","topic":"a/nl","qos":0,"payload":"{\\"x\\":\\n1}"}\n'.encode()
            + b'{"tst":"2026-11-22T17:44:37.790486Z+0800","topic":"a/gbk","payload":"{\\"n\\":\\"\xb4\xa8\\"}"}\n',
            [
                ("a/b", 1795340677.761318, TEXT),
                ("a/null", 1795340677.778205, b""),
                ("a/nl", 1795340677.783524, BROKEN),
                ("a/gbk", 1795340677.790486, GBK),
            ],
            id="j",
        ),
        pytest.param(
            '{"tst":"2026-11-22T09:44:37.761408Z+0000","topic":"a/b","payload":{"t":1.5,"s":"ü \\"q\\""}}\n\n'
            '{"tst":"2026-11-22T09:44:37.768106Z+0000","topic":"a/b c","qos":0,"payload":[1.5,2]}\n'.encode(),
            [("a/b", 1795340677.761408, TEXT), ("a/b c", 1795340677.768106, b"[1.5,2]")],
            id="J",
        ),
        pytest.param(
            b'{\n\t"tst":\t"2026-11-22T09:44:37.761408Z+0000",\n\t"topic":\t"a/bin",\n\t"payload":\t[255, 123, 0]\n}\n',
            [("a/bin", 1795340677.761408, BINARY)],
            id="pretty-and-bytes",
        ),
        pytest.param(b'{"tst":1554139867,"topic":"a","payload":"{}"}', [("a", 1554139867.0, b"{}")], id="version-1.6"),
        pytest.param(b"2026-11-22T17:44:37 a/b {}", [("a/b", 1795340677.0, b"{}")], id="no-offset-is-the-zone's"),
    ],
)
def test_what_it_prints(tmp_path: Path, raw: bytes, expected: list[tuple[str, float | None, bytes]]) -> None:
    found = messages(tmp_path, raw)
    assert [(m.topic, m.received, m.payload) for m in found if isinstance(m, Message)] == expected
    assert [m for m in found if isinstance(m, Fault)] == []


@pytest.mark.parametrize(
    "raw, line, message",
    [
        pytest.param(b"a/b {}\nlonely\n", 2, "expected a line of mosquitto_sub such as", id="no-payload"),
        pytest.param(b"a/b {}\n\xff {}\n", 2, "expected a topic in UTF-8", id="topic"),
        pytest.param(b'{"topic": "a", "payload": "x"}\n{"topic": 3}', 2, "Expected `str`, got `int`", id="no-topic"),
        pytest.param(b'{"topic": "a", "payload": "x"', 1, "expected a line of mosquitto_sub", id="torn"),
        pytest.param(b'{"topic": "a", "payload_base64": "%%"}', 1, "in base 64", id="base-64"),
        pytest.param(b'{"topic": "a", "tst": "noon", "payload": "x"}', 1, "expected a time such as", id="time"),
    ],
)
def test_lines_that_are_none(tmp_path: Path, raw: bytes, line: int, message: str) -> None:
    (bad,) = [m for m in messages(tmp_path, raw) if isinstance(m, Fault)]
    assert bad.line == line
    assert message in bad.message


FIX = '{"time": 1714564800, "pos": {"lon": 8.5, "lat": 50.5}}'
STATE = '{"t": "2024-05-01T12:00:30Z", "fill": 50}'
RECORDED = f"""1714564801.5 fleet/a/gps {FIX}
1714564800.5 bins/b1/state {STATE}
1714564802 weather {{"t": 18}}
1714564803 weather {{"t": 18}}
1714564804 bins/b1/state {{"fill": 20}}
1714564805 fleet/a/gps/more []
"""


def test_one_file_feeds_every_stream_whose_topics_it_has(tmp_path: Path) -> None:
    got = read(tmp_path, {"r": RECORDED}, BOTH)
    assert [(d.received - NOON, d.topic) for d in got.deliveries] == [(0.5, "bins/b1/state"), (1.5, "fleet/a/gps")]
    assert got.deliveries[1].payload == FIX.encode()
    assert rows(got.deliveries, BOTH) == sorted(
        [
            ("a", NOON, "lat", 50.5),
            ("a", NOON, "lon", 8.5),
            ("b1", NOON + 30, "metric", "fullness"),
            ("b1", NOON + 30, "value", 50.0),
        ],
        key=repr,
    )
    (fault,) = got.faults
    assert fault.startswith("r:5  bins/b1/state   expected JSON with t")
    assert got.imported.left_out.of_no_stream == 3
    assert got.imported.left_out.topics == {"weather": 2, "fleet/a/gps/more": 1}


def test_with_its_own_time_a_message_came_when_its_newest_row_was(tmp_path: Path) -> None:
    got = read(tmp_path, {"r": RECORDED}, BOTH, own_time=True)
    assert [(d.received - NOON, d.topic) for d in got.deliveries] == [(0, "fleet/a/gps"), (30, "bins/b1/state")]


def test_one_topic_of_two_streams_and_two_sources(tmp_path: Path) -> None:
    lids = stream(BINS, source="other", topic="bins/+/#", subject="$.who", metrics={"temperature": None})
    streams = {"bins": BOTH["bins"], "lids": lids}
    text = (
        'bins/b1/state {"t": "2024-05-01T12:00:00Z", "temp": 5}\n'  # no fill, no who: the second stream has none of it
        'bins/b1/state {"t": "2024-05-01T12:00:01Z", "fill": 5, "who": "x"}\n'
    )
    got = read(tmp_path, {"r": text}, streams)
    assert got.faults == []
    assert [(d.received - NOON, d.source) for d in got.deliveries] == [(0, "fleet"), (1, "fleet"), (1, "other")]


def test_a_bad_item_of_a_list_is_named_and_the_others_are_kept(tmp_path: Path) -> None:
    each = stream(GPS, topic="up/{device}", each="points")
    point = '{"time": 1714564800, "pos": {"lon": 8.5, "lat": 50.5}}'
    got = read(tmp_path, {"r": f'up/a {{"points": [{point}, {{"time": 3}}]}}\nup/a {{"points": []}}\n'}, {"gps": each})
    assert len(got.deliveries) == 1
    (fault,) = got.faults
    assert fault.startswith("r:1  up/a   expected JSON with time, pos.lon, pos.lat in each of points; got b'")
    assert got.imported.left_out.empty == 1


def test_whom_it_is_about_is_in_its_topics(tmp_path: Path) -> None:
    with pytest.raises(Faulty, match="--subject: its topics say whose each message is; leave it out"):
        read(tmp_path, {"r": RECORDED}, {"gps": TRUCKS}, subject="a")


@pytest.mark.parametrize(
    "written, expected",
    [
        pytest.param("2024-05-01T12:00:00Z", NOON, id="utc"),
        pytest.param("2024-05-01 20:00:00", NOON, id="the-zone's"),
        pytest.param("2024-05-01T20:00:00Z+0800", NOON, id="both"),
        pytest.param("2024/05/01 20:00", NOON, id="slashes"),
    ],
)
def test_times(written: str, expected: float) -> None:
    assert instant(written, SHANGHAI).timestamp() == expected


@pytest.mark.parametrize("written", ["", "noon", "0001-01-01 00:00", "9999-12-31T23:59:59-12:00", "2024-13-01", "Z"])
def test_what_is_no_time(written: str) -> None:
    with pytest.raises(ValueError, match="expected a time such as"):
        instant(written, SHANGHAI)


@pytest.mark.parametrize(
    "how",
    [
        pytest.param(["-v"], id="v"),
        pytest.param(["-F", "%I %t %p"], id="I-t-p"),
        pytest.param(["-F", "%U %t %p"], id="U-t-p"),
        pytest.param(["-F", "%U %t %x"], id="U-t-x"),
        pytest.param(["-F", "%j"], id="j"),
        pytest.param(["-F", "%j", "--pretty"], id="j-pretty"),
    ],
)
def test_the_real_one(tmp_path: Path, own_mosquitto: Callable[..., Mosquitto], how: list[str]) -> None:
    """Its session is made first, so that what is published waits for it."""
    program = shutil.which("mosquitto_sub")
    if program is None:
        missing("mosquitto_sub", "apt-get install mosquitto-clients (as root)")
    broker = own_mosquitto()
    subscribe = [program, "-p", str(broker.port), "-i", "recorder", "-c", "-q", "1", "-t", "#"]
    subprocess.run([*subscribe, "-E"], check=True, timeout=30)
    wide = FIX.replace("}}", '}, "driver": "ü \\"川\\"\\t"}')
    publish(broker.port, [("fleet/a b/gps", wide.encode()), ("bins/b1/state", STATE.encode()), ("x", b"\x01 {")])
    done = subprocess.run([*subscribe, "-C", "3", *how], check=True, timeout=30, capture_output=True)
    got = read(tmp_path, {"recording": done.stdout}, BOTH)
    assert (got.faults, got.imported.left_out.topics) == ([], {"x": 1})
    found = sorted((d.topic, d.payload) for d in got.deliveries)
    assert found == [("bins/b1/state", STATE.encode()), ("fleet/a b/gps", wide.encode())]
    printed_at = {d.received for d in got.deliveries}
    assert (printed_at == {NOON, NOON + 30}) == (how == ["-v"])
