"""CSV lines, and EMQX's JT/T 808 gateway.

REPORT is what EMQX's own test expects of its gateway (emqx/emqx, apps/emqx_gateway_jt808/test/emqx_jt808_SUITE.erl,
location_report_28bytes; the header as in t_case04); the batch is of the shape of its Data_Exchange_Guide. The lines are
of the shape that a Wyndham City bin export has, made up.
"""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tests.connectors.codecs.kit import got, places, readings, section

# ---- EMQX ------------------------------------------------------------------------------------------------------------

HEADER = {"msg_id": 512, "encrypt": 0, "phone": "000123456789", "len": 28, "msg_sn": 79}
BODY: dict[str, Any] = {
    "alarm": 2,
    "status": 3,
    "latitude": 1000,
    "longitude": 1001,
    "altitude": 2000,
    "speed": 135,
    "direction": 32,
    "time": "171022111553",
}
REPORT = {"header": HEADER, "body": BODY}
AT = 1508642153.0
"""2017-10-22 11:15:53 in China"""


def emqx(**more: Any) -> Any:
    return section("emqx_jt808", **({"topic": "jt808/{client}/{phone}/up", "datum": "WGS-84"} | more))


def test_a_report() -> None:
    columns = ("subject", "ts", "lon", "lat", "speed", "heading", "ignition")
    assert places(emqx(), REPORT, topic="jt808/1/2/up", columns=columns) == [
        ("000123456789", AT, 0.001001, 0.001, 13.5, 32.0, 1.0)
    ]


def test_a_vendors_bits_are_for_the_mapping() -> None:
    fields = {
        "load": {"path": "load"},
        "lid": {"path": "status_bits.13"},
        "odometer": {"path": "extra.mileage", "unit": "km", "scale": 0.1},
    }
    told = {"header": HEADER, "body": BODY | {"status": 3 | 1 << 13 | 3 << 8, "extra": {"mileage": 1235}}}
    (row,) = places(emqx(fields=fields), told, topic="jt808/1/2/up", columns=("load", "lid", "odometer"))
    assert row == (1.0, 1.0, pytest.approx(123500.0))


def test_a_batch_is_rows_by_time_and_a_place_without_a_fix_is_set_aside_alone() -> None:
    later, unfixed = BODY | {"time": "171022111653"}, BODY | {"status": 1}
    batch = {"header": HEADER | {"msg_id": 1796}, "body": {"type": 1, "length": 3, "location": [later, unfixed, BODY]}}
    blocks, (message,) = got(emqx(), batch, topic="jt808/1/2/up")
    assert blocks[0][0].ts.tolist() == [AT, AT + 60]
    assert "had no fix" in message


def test_answers_carry_places_too() -> None:
    asked = {"header": HEADER | {"msg_id": 513}, "body": {"seq": 1, "params": BODY | {"status": 3 | 12}}}
    control = {"header": HEADER | {"msg_id": 1280}, "body": {"seq": 1, "location": BODY | {"time": "171022111559"}}}
    rows = places(emqx(), asked, control, topic="jt808/1/2/up", columns=("lon", "lat"))
    assert rows == [(-0.001001, -0.001), (0.001001, 0.001)]


@pytest.mark.parametrize("kind", [1, 2, 256, 258, 769])
def test_other_messages_give_nothing(kind: int) -> None:
    assert places(emqx(), {"header": HEADER | {"msg_id": kind}, "body": {}}, topic="jt808/1/2/up") == []


@pytest.mark.parametrize(
    "payload, told",
    [
        pytest.param({"header": HEADER, "body": {}}, "missing required field", id="no-body"),
        pytest.param({"header": HEADER, "body": BODY | {"time": "171322111553"}}, "there is no time", id="month-13"),
        pytest.param({"header": HEADER, "body": BODY | {"time": 171022111553}}, "Expected `str`", id="time-as-number"),
        pytest.param({"header": HEADER | {"msg_id": 1796}, "body": {}}, "KeyError: 'location'", id="an-empty-batch"),
        pytest.param({"body": BODY}, "missing required field `header`", id="no-header"),
    ],
)
def test_what_emqx_does_not_publish(payload: Any, told: str) -> None:
    _, messages = got(emqx(), payload, topic="jt808/1/2/up")
    assert told in messages[0]


def test_the_terminals_datum_has_to_be_said() -> None:
    with pytest.raises(ValidationError, match="every place states its datum"):
        emqx(datum=None)


# ---- CSV -------------------------------------------------------------------------------------------------------------

FIELDS = {"ts": {"path": "time", "unit": "iso8601"}}
METRICS = {
    "fullness": {"path": "fill", "unit": "%"},
    "lid": {"path": "lid", "unit": "1", "words": {"shut": 0, "open": 1}},
}
COLUMNS = ["bin", "time", "fill", "lid"]


def lines(**more: Any) -> Any:
    return section("csv", **({"subject": "$.bin", "columns": COLUMNS, "fields": FIELDS, "metrics": METRICS} | more))


def test_lines() -> None:
    payload = b'0012,2024-05-01T08:00:00+08:00,82.5,open\r\n"b,2",2024-05-01T08:00:00Z,,shut\r\n\r\n'
    assert [row[0:1] + row[2:] for row in readings(lines(), payload)] == [
        ("0012", "fullness", 82.5),
        ("0012", "lid", 1.0),
        ("b,2", "lid", 0.0),
    ]


def test_names_in_the_first_line_another_delimiter_and_gbk() -> None:
    payload = "bin; time ;fill;\n桶一;1714521600;7;x\n".encode("gbk")
    stream = lines(
        columns=[],
        delimiter=";",
        encoding="gbk",
        fields={"ts": {"path": "time", "unit": "unix_s"}},
        metrics={"fullness": METRICS["fullness"]},
    )
    assert readings(stream, payload) == [("桶一", 1714521600.0, "fullness", 7.0)]


def test_positions_in_any_datum() -> None:
    stream = section(
        "csv",
        rows="position",
        datum="GCJ-02",
        columns=["id", "t", "x", "y", "v"],
        subject="$.id",
        fields={
            "ts": {"path": "t", "unit": "unix_s"},
            "lon": {"path": "x"},
            "lat": {"path": "y"},
            "speed": {"path": "v", "unit": "kn"},
        },
    )
    ((subject, ts, lon, lat, speed, _),) = places(stream, b"7,1000,121.5,31.2,10\n")
    assert (subject, ts, speed) == ("7", 1000.0, pytest.approx(18.52))
    assert (lon, lat) == (pytest.approx(121.4955, abs=1e-3), pytest.approx(31.202, abs=1e-3))


@pytest.mark.parametrize(
    "payload, rows, told",
    [
        pytest.param(b"a,2024-05-01T08:00:00Z,1,open\nb,c\n", 2, "line 2 has 2 cells, expected 4", id="short"),
        pytest.param(b"a,2024-05-01T08:00:00Z,lots,\n", 0, "'fill' is not what it should be", id="a-word"),
        pytest.param(b"a,2024-05-01T08:00:00,1,\n", 0, "'time' is not", id="which-zone"),
        pytest.param(b"\xff\xfe", 0, "text that is not UTF-8", id="another-encoding"),
        pytest.param(b'a,"b\n', 0, "line 1: unexpected end of data", id="an-open-quote"),
        pytest.param(b"a,2024-05-01T08:00:00Z,,\n", 0, "it has no 'fill' or 'lid'; there are: bin, time", id="empty"),
    ],
)
def test_one_bad_line_is_set_aside_alone(payload: bytes, rows: int, told: str) -> None:
    blocks, (message,) = got(lines(), payload)
    assert sum(len(block) for block, _ in blocks) == rows
    assert told in message


@pytest.mark.parametrize(
    "more, told",
    [
        pytest.param({"columns": ["a", "a"]}, "'a' is there twice", id="twice"),
        pytest.param({"columns": ["a.b"]}, "without '.'", id="dotted"),
        pytest.param({"delimiter": "||"}, "at most 1 character", id="delimiter"),
        pytest.param({"fields": {}}, "fields: expected 'ts'", id="no-time"),
    ],
)
def test_what_the_section_of_csv_refuses(more: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        lines(**more)
