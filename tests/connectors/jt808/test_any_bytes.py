"""Whatever comes is decoded or refused by name, in bounded time; what is encoded comes back."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.codecs.jt808 import NoFrame, bodies, decode, encode
from connectors.codecs.jt808.framing import frame, unescape
from connectors.codecs.jt808.message import BODIES, read_frames
from connectors.codecs.jt808.terminal_bodies import MOST_LOCATIONS

PHONES = st.integers(1, 10**12 - 1).map(str)
TIMES = st.integers(946_800_000, 4_102_300_000).map(lambda ts: datetime.fromtimestamp(ts, UTC))
LIKELY = st.sampled_from([0x7E, 0x7D, 0x01, 0x02, 0x00, 0xFF])
BYTES = st.lists(LIKELY | st.integers(0, 255), max_size=200).map(bytes)


@settings(max_examples=200)
@given(BYTES)
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    with suppress(NoFrame):
        decode(data)


@settings(max_examples=200)
@given(st.sampled_from(sorted(BODIES)), BYTES, st.booleans())
def test_any_body_of_any_message_is_decoded(message: int, body: bytes, v2019: bool) -> None:
    (sent,) = encode(message, body, phone="1", serial=0, v2019=v2019)
    got = decode(sent)
    assert got["msg_id"] == f"0x{message:04X}"
    assert got["checksum_ok"]


@settings(max_examples=100)
@given(st.binary(max_size=300), st.integers(0, 12), st.binary(max_size=4))
def test_any_damage_to_a_frame_is_decoded_or_refused(body: bytes, cut: int, behind: bytes) -> None:
    (sent,) = encode(0x0704, body, phone="13912345678", serial=3)
    with suppress(NoFrame):
        decode(sent[: len(sent) - cut] + behind)


@given(st.integers(0, 0xFFFF), st.binary(max_size=5000), PHONES, st.integers(0, 0xFFFF), st.booleans())
def test_what_is_encoded_comes_back(message: int, body: bytes, phone: str, serial: int, v2019: bool) -> None:
    frames = encode(message, body, phone=phone, serial=serial, v2019=v2019)
    read = [each for sent in frames for each in read_frames(sent)]
    assert all(not isinstance(each, bytes) and each.intact for each in read)
    found = [each for each in read if not isinstance(each, bytes)]
    assert b"".join(each.body for each in found) == body
    assert {(each.header.id, each.header.terminal) for each in found} == {(message, phone)}
    assert [each.header.serial for each in found] == [(serial + i) & 0xFFFF for i in range(len(found))]


@given(TIMES, st.floats(-180, 180), st.floats(-90, 90), st.floats(0, 300), st.integers(0, 360))
def test_locations_come_back(when: datetime, lon: float, lat: float, speed: float, course: int) -> None:
    (sent,) = encode(0x0200, bodies.location(when, lon, lat, speed=speed, course=course), phone="1", serial=0)
    got = decode(sent)
    assert "errors" not in got
    assert datetime.fromisoformat(got["time"]) == when
    assert datetime.fromisoformat(got["time"]).utcoffset() == timedelta(hours=8)
    assert (got["lon"], got["lat"]) == (pytest.approx(lon, abs=5.1e-7), pytest.approx(lat, abs=5.1e-7))
    assert (got["speed_kmh"], got["course"]) == (pytest.approx(speed, abs=0.051), course)


@given(BYTES)
def test_escaping_is_exact(content: bytes) -> None:
    sent = frame(content)
    assert sent.count(b"\x7e") == 2
    assert unescape(sent[1:-1])[:-1] == content


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x7e\x01\x02\x03\x04\x05" * 20_000, id="very many frames"),
        pytest.param(b"\x7d" * 1_000_000, id="escapes alone"),
        pytest.param(bytes.fromhex("0200 0000 013912345678 0001") + bytes(28) + b"\xe1\x00" * 500_000, id="items"),
        pytest.param(bytes.fromhex("0704 0000 013912345678 0001 ffff 01") + bytes(1_000_000), id="locations"),
    ],
)
def test_what_is_far_too_long_stays_within_bounds(data: bytes) -> None:
    got = decode(data)
    assert len(got.get("more", [])) <= 5000
    assert len(got.get("tlvs", [])) <= 1000
    assert len(got.get("locations", [])) <= MOST_LOCATIONS
    assert len(got.get("errors", [])) <= 2100
