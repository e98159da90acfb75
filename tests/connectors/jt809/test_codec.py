"""Frames and positions of JT/T 809, against examples that public implementations agree on, and whatever bytes come."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.codecs.jt809.codec import Jt809Codec
from connectors.codecs.jt809.framing import Cipher, escape, unescape
from connectors.codecs.jt809.message import read_frame, write_frame
from connectors.codecs.jt809.positions import position, positions
from connectors.jt809.splitter import Splitter
from tests.connectors.jt809.simulated import CIPHER, PLATE, PLATFORM, Words

LOGIN = bytes.fromhex(
    "5B000000480000008510010133EFB8010000000000270F0133EFB832303138303932303132372E302E302E31"
    "000000000000000000000000000000000000000000000003296A915D"
)
ENCRYPTED = bytes.fromhex(
    "5B000000480000008510010133EFB8010000010003E8B2D37D9CC4900C77DC78F8676527D8AE12243CFB64CC2FBA619AEFAD33ACCB32"
    "56F67BFF19DF33097841098665703FE36E5D"
)
LATER = bytes.fromhex("5B0000002F000004579200000004570101010000000000000000004EBC924F9201000000070400000004000189DA5D")
"""2019: the answer to a registration."""
OLD = bytes.fromhex("00130707DC0F0F0F07EF4D80017018400032003300000096002D002D0000000300000101")
NEW = bytes.fromhex(
    "0100000026000000010000000200BA7F0E07E4F11C0028003C000018071510101001040000006402020037"
    "313131313131313131313100000001323232323232323232323200000002333333333333333333333300000003"
)


def test_a_login_as_others_write_it() -> None:
    frame = read_frame(LOGIN[1:-1])
    assert frame is not None
    assert (frame.id, frame.serial, frame.platform, frame.key) == (0x1001, 133, PLATFORM, 9999)
    assert frame.crc_ok
    assert frame.length_ok
    assert not frame.v2019
    assert write_frame(0x1001, frame.body, PLATFORM, 133, key=9999) == LOGIN


def test_an_encrypted_login_as_others_write_it() -> None:
    frame, plain = read_frame(ENCRYPTED[1:-1]), read_frame(LOGIN[1:-1])
    assert frame is not None
    assert plain is not None
    assert (frame.encrypted, frame.key, frame.crc_ok) == (True, 256_178, True)
    assert frame.plain(CIPHER) == plain.body
    assert frame.plain(None) is None
    assert write_frame(0x1001, plain.body, PLATFORM, 133, cipher=CIPHER, key=256_178) == ENCRYPTED


def test_a_header_of_2019_as_others_write_it() -> None:
    frame = read_frame(LATER[1:-1], v2019=True)
    assert frame is not None
    assert (frame.id, frame.sent, frame.crc_ok, frame.length_ok) == (0x9200, 1_320_981_071, True, True)
    assert frame.body == bytes.fromhex("92010000000704000000040001")


def test_positions_as_others_write_them() -> None:
    place, size = position(OLD, v2019=False)
    assert size == len(OLD)
    assert not place.hidden
    (later, rest) = position(NEW, v2019=True)
    assert rest == len(NEW)
    assert later.hidden
    assert later.location == NEW[5:43]
    assert list(positions(b"\x03" + 3 * OLD, False)) == [place] * 3
    cut = list(positions(b"\x03" + 2 * OLD + OLD[:9], False))
    assert cut[:2] == [place] * 2
    assert isinstance(cut[2], ValueError)


def decoded(payload: bytes, **options: Any) -> list[Any]:
    return list(Jt809Codec(**options).decode(payload))


@pytest.mark.parametrize("v2019", [False, True], ids=["2011", "2019"])
def test_what_a_position_says(v2019: bool) -> None:
    words, at = Words(v2019=v2019), 1_772_325_000
    (facts,) = decoded(words.live(at, 72.0, alarm=2))
    assert isinstance(facts, Mapping)
    said = {name: facts[name] for name in ("plate", "plate_color", "platform", "ts", "lon", "lat", "speed", "late")}
    assert said == {
        "plate": PLATE, "plate_color": 2, "platform": PLATFORM, "ts": at, "lon": 120.1, "lat": 30.2, "speed": 72.0,
        "late": False,
    }  # fmt: skip
    assert facts["alarm"]["overspeed"]
    assert facts["state"]["acc"]
    assert "terminal" not in facts
    late = decoded(words.late([words.place(at + t) for t in (0, 10)]))
    assert [(each["ts"], each["late"]) for each in late] == [(at, True), (at + 10, True)]


def test_a_position_of_2011_has_mileage_and_the_recorders_speed() -> None:
    (facts,) = decoded(Words().live(1_772_325_000, 72.0))
    assert (facts["mileage"], facts["recorder_speed"], facts["altitude"], facts["course"]) == (1234.0, 72.0, 12, 90)


@pytest.mark.parametrize(
    "payload, said",
    [
        pytest.param(b"", "no frame", id="nothing"),
        pytest.param(b"\x5bshort\x5d", "too short", id="short"),
        pytest.param(Words().live(0)[:-3] + b"\x00\x00\x5d", "checksum", id="checksum"),
        pytest.param(Words(cipher=CIPHER).live(0), "encrypted", id="encrypted"),
        pytest.param(Words().say(0x1200, b"abc"), "cut off", id="cut-off"),
        pytest.param(Words().about(0x1202, OLD[:20]), "expected a position of 36 bytes", id="no-position"),
        pytest.param(Words().live(1_772_325_000, hidden=1), "map plug-in", id="hidden"),
        pytest.param(Words().live(1_772_325_000, state=1), "no fix", id="no-fix"),
        pytest.param(Words().about(0x1202, b"\0" + bytes((99, 99)) + OLD[3:]), "YYMMDD", id="no-time"),
        pytest.param(Words().say(0x1200, b"\xff" * 21 + b"\x02\x12\x02\0\0\0\x24" + OLD), "GBK", id="no-plate"),
    ],
)
def test_what_can_not_be_used_is_said(payload: bytes, said: str) -> None:
    (error,) = decoded(payload)
    assert isinstance(error, ValueError)
    assert said in str(error)


def test_what_is_about_no_place_gives_no_rows() -> None:
    words = Words()
    assert decoded(words.alive() + words.about(0x1201, bytes(61)) + words.login()) == []
    assert len(decoded(words.live(1_772_325_000, hidden=1), hidden="accept")) == 1


@given(st.binary(max_size=200))
def test_what_is_escaped_comes_back(content: bytes) -> None:
    sent = escape(content)
    assert not set(sent) & set(b"\x5b\x5d")
    assert unescape(sent) == content


@given(st.binary(max_size=60), st.integers(0, 2**32 - 1), st.tuples(*[st.integers(0, 2**32 - 1)] * 3))
def test_what_is_encrypted_comes_back(body: bytes, key: int, numbers: tuple[int, int, int]) -> None:
    cipher = Cipher(*numbers)
    assert cipher.turned(cipher.turned(body, key), key) == body


@given(st.binary(max_size=300))
def test_no_bytes_raise(data: bytes) -> None:
    for v2019 in (None, False, True):
        read_frame(data, v2019)
    for sub in (0x1202, 0x1203):
        for v2019 in (False, True):
            decoded(Words(v2019=v2019).about(sub, data))
    decoded(b"\x5b" + data + b"\x5d")


@given(st.lists(st.sampled_from([Words().live(0), b"\x5b", b"\x5d", b"junk", Words().alive()]), max_size=8), st.data())
def test_however_the_bytes_come_the_frames_are_the_same(parts: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    edges = [0, *cuts, len(stream)]
    whole, cut = Splitter(500), Splitter(500)
    expected = [piece for piece, _ in whole.feed(stream)]
    found = [piece for a, b in itertools.pairwise(edges) for piece, _ in cut.feed(stream[a:b])]
    assert found == expected
    assert cut.dropped == whole.dropped


def test_a_frame_that_never_ends_is_not_kept() -> None:
    splitter = Splitter(100)
    assert list(splitter.feed(b"\x5b" + bytes(1000))) == []
    assert list(splitter.feed(bytes(1000) + b"\x5d" + Words().alive())) != []
    assert splitter.dropped == 2001
