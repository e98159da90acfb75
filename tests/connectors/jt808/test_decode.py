"""Frames of JT/T 808 to names and numbers: those of the reference set, and those that break the rules."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.codecs.jt808 import NoFrame, bodies, decode, encode
from connectors.codecs.jt808.framing import checksum, escape, frame, unescape
from connectors.codecs.jt808.header import write_header
from connectors.codecs.jt808.values import EAST_8

REFERENCE = Path(os.environ.get("GRIDWATCH_JT808_FRAMES", "../shared/data/jt808/frames.jsonl"))
WHEN = datetime(2026, 3, 1, 8, 30, 15, tzinfo=EAST_8)
PLACE = bodies.location(WHEN, 120.123456, 30.654321, speed=45.6, course=90, altitude=12)
PHONE = "13912345678"


def one(message: int, body: bytes, *, v2019: bool = False) -> dict[str, Any]:
    (sent,) = encode(message, body, phone=PHONE, serial=7, v2019=v2019)
    return decode(sent)


@pytest.mark.skipif(not REFERENCE.is_file(), reason="the reference set is not here; GRIDWATCH_JT808_FRAMES names it")
def test_every_frame_of_the_reference_is_what_the_reference_says() -> None:
    rows = [json.loads(line) for line in REFERENCE.read_text("utf-8").splitlines()]
    assert len(rows) >= 255
    wrong = []
    for row in rows:
        got = decode(row["hex"])
        for name, value in row["decoded_by_extractor"].items():
            if got.get(name) != value:
                wrong.append(f"{name}: expected {value}, got {got.get(name)}: {row['hex'][:60]}")
    assert wrong == []


# ---- framing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "plain, escaped",
    [
        pytest.param("30 7e 08 7d 55", "30 7d02 08 7d01 55", id="the standard's own example"),
        pytest.param("7d 02", "7d01 02", id="what looks like an escape"),
        pytest.param("7d 7e 7e 7d", "7d01 7d02 7d02 7d01", id="in a row"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_escapes(plain: str, escaped: str) -> None:
    assert escape(bytes.fromhex(plain)) == bytes.fromhex(escaped)
    assert unescape(bytes.fromhex(escaped)) == bytes.fromhex(plain)


def test_an_escape_that_is_none_stands_for_itself() -> None:
    assert unescape(bytes.fromhex("7d 00 7d 7d 02")) == bytes.fromhex("7d 00 7d 7e")


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 63, 1000])
def test_the_checksum_is_the_xor_of_all(size: int) -> None:
    content = bytes(i * 37 % 256 for i in range(size))
    wanted = 0
    for each in content:
        wanted ^= each
    assert checksum(content) == wanted


LOCATION = encode(0x0200, PLACE, phone=PHONE, serial=7)[0]
NEXT = encode(0x0002, b"", phone=PHONE, serial=8)[0]
HEAL = encode(0x0200, PLACE + bytes.fromhex("e1 02 7e7d"), phone=PHONE, serial=9)[0]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(LOCATION, id="bytes"),
        pytest.param(LOCATION.hex(), id="hexadecimal"),
        pytest.param(" 0x" + LOCATION.hex().upper() + "\n", id="hexadecimal with a prefix"),
        pytest.param(LOCATION.hex(" "), id="hexadecimal with spaces"),
        pytest.param("0x" + LOCATION.hex(",").replace(",", ", 0x"), id="as a program writes bytes"),
        pytest.param(LOCATION.hex("-").upper(), id="hexadecimal with dashes"),
        pytest.param(LOCATION[1:-1], id="without delimiters"),
        pytest.param(LOCATION[1:], id="without the first delimiter"),
        pytest.param(LOCATION[:-1], id="without the last delimiter"),
        pytest.param(b"\x7e\x7e" + LOCATION + b"\x7e", id="delimiters too many"),
    ],
)
def test_a_frame_is_found_however_it_comes(data: bytes | str) -> None:
    got = decode(data)
    assert (got["msg_id"], got["terminal"], got["serial"]) == ("0x0200", PHONE, 7)
    assert (got["lon"], got["lat"], got["time"]) == (120.123456, 30.654321, "2026-03-01T08:30:15+08:00")
    assert "errors" not in got


def test_several_frames_in_a_row_are_all_told() -> None:
    got = decode(LOCATION + NEXT + LOCATION)
    assert got["msg_id"] == "0x0200"
    assert [each["msg_id"] for each in got["more"]] == ["0x0002", "0x0200"]


def test_frames_that_share_a_delimiter() -> None:
    got = decode(LOCATION[:-1] + NEXT)
    assert [each["msg_id"] for each in got["more"]] == ["0x0002"]


def test_what_is_no_frame_beside_one_is_said() -> None:
    got = decode(LOCATION + b"\x01\x02\x7e")
    assert got["lat"] == 30.654321
    assert got["errors"] == ["2 bytes beside it are no frame"]


def test_what_is_cut_off_before_the_first_frame_and_behind_the_last_is_no_frame() -> None:
    got = decode(LOCATION[-20:] + NEXT + LOCATION + NEXT[:10])
    assert (got["msg_id"], [each["msg_id"] for each in got["more"]]) == ("0x0002", ["0x0200"])
    assert got["errors"] == ["28 bytes beside it are no frame"]


def test_a_frame_that_was_not_escaped_is_healed() -> None:
    plain = b"\x7e" + unescape(HEAL[1:-1]) + b"\x7e"
    assert plain.count(b"\x7e") == 3
    got = decode(plain)
    assert got["tlvs"] == [{"id": "0xe1", "hex": "7e7d"}]
    assert "errors" not in got


@pytest.mark.parametrize(
    "data, said",
    [
        pytest.param("", "expected a frame", id="nothing"),
        pytest.param("7e7e", "expected a frame", id="delimiters alone"),
        pytest.param("7e0102 03 7e", "expected a frame", id="too short"),
        pytest.param("hello", "expected hexadecimal", id="no digits"),
        pytest.param("7e0", "expected hexadecimal", id="half a byte"),
    ],
)
def test_what_is_no_frame_at_all_is_refused(data: str, said: str) -> None:
    with pytest.raises(NoFrame, match=said):
        decode(data)


# ---- headers ---------------------------------------------------------------------------------------------------------


def test_the_header_of_2019() -> None:
    got = one(0x0200, PLACE, v2019=True)
    assert (got["version"], got["v2019_flag"], got["phone"]) == ("2019", True, "000000000" + PHONE)
    assert got["terminal"] == PHONE


def test_a_header_of_2013_with_the_flag_of_2019() -> None:
    content = bytearray(write_header(0x0200, len(PLACE), PHONE, 7, v2019=False) + PLACE)
    content[2] |= 0x40
    got = decode(frame(bytes(content)))
    assert (got["v2019_flag"], got["layout"], got["terminal"], got["lat"]) == (True, "2013", PHONE, 30.654321)


def test_a_header_of_2019_without_its_flag() -> None:
    content = bytearray(write_header(0x0200, len(PLACE), PHONE, 7, v2019=True) + PLACE)
    content[2] &= 0xBF
    got = decode(frame(bytes(content)))
    assert (got["v2019_flag"], got["layout"], got["terminal"], got["lat"]) == (False, "2019", PHONE, 30.654321)


def test_a_wrong_checksum_is_said_and_nothing_lost() -> None:
    broken = bytearray(LOCATION)
    broken[-2] ^= 1
    got = decode(bytes(broken))
    assert (got["checksum_ok"], got["lat"], got["errors"]) == (False, 30.654321, ["the checksum is wrong"])


@pytest.mark.parametrize("off", [-5, 3])
def test_a_wrong_length_is_said_and_nothing_lost(off: int) -> None:
    got = decode(frame(write_header(0x0200, len(PLACE) + off, PHONE, 7, v2019=False) + PLACE))
    assert (got["body_len_declared"], got["body_len_actual"], got["lat"]) == (28 + off, 28, 30.654321)
    assert got["errors"] == [f"expected a body of {28 + off} bytes, got 28"]


def test_an_encrypted_body_stays_as_it_is() -> None:
    content = bytearray(write_header(0x0200, len(PLACE), PHONE, 7, v2019=False) + PLACE)
    content[2] |= 0x04
    got = decode(frame(bytes(content)))
    assert (got["encrypt"], got["body"]) == (1, PLACE.hex())
    assert "lat" not in got


def test_subpackages_in_the_same_input_are_put_together() -> None:
    picture = b"\xff\xd8" + bytes(3000)
    frames = encode(0x0801, bodies.media(5, PLACE, picture), phone=PHONE, serial=1)
    assert len(frames) == 3
    got = decode(b"".join(frames))
    assert (got["subpackage"], got["total"], got["index"]) == (True, 3, 1)
    whole = got["more"][-1]
    assert (whole["media_id"], whole["size"], whole["location"]["lat"]) == (5, 3002, 30.654321)
    assert bytes.fromhex(whole["data"]) == picture
    assert decode(frames[1])["errors"] == ["subpackage 2 of 3"]
