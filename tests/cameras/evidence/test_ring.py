"""The last seconds of a stream: bounded, and always to be decoded from its first packet on."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("av", reason="needs gridwatch[cameras]")
from cameras.evidence.ring import Cut, Packet, Ring
from tests.cameras.clips import clip
from tests.cameras.evidence.made import TS, ring_of


def ring(packets: str, seconds: float, room: int = 1000) -> Ring:
    """One letter a second: K a key frame, others follow it; | the stream is opened anew. Ten bytes each."""
    made = Ring(seconds, room)
    made.begin(b"first")
    ts = 0.0
    for letter in packets:
        if letter == "|":
            made.begin(b"again")
            continue
        made.add(Packet(ts, letter.encode() * 10, letter == "K"))
        ts += 1.0
    return made


def shown(cut: Cut | None) -> str:
    return "" if cut is None else "".join(packet.data[:1].decode() for packet in cut.packets)


#   what came        held   cut from, to
@pytest.mark.parametrize(
    "packets, seconds, begin, end, expected",
    [
        pytest.param("KaaKbbKcc", 60, 0, 8, "KaaKbbKcc", id="all"),
        pytest.param("KaaKbbKcc", 60, 4, 8, "KbbKcc", id="from-the-key-frame-before"),
        pytest.param("KaaKbbKcc", 60, 1, 4, "KaaKb", id="up-to-the-end"),
        pytest.param("KaaKbbKcc", 3, 0, 8, "KbbKcc", id="as-far-as-it-reaches"),
        pytest.param("aaKbb", 60, 0, 4, "Kbb", id="nothing-before-a-key-frame"),
        pytest.param("KaaKbb", 60, 9, 12, "", id="not-there-yet"),
        pytest.param("", 60, 0, 1, "", id="nothing-came"),
        pytest.param("Kaa|bKc", 60, 0, 8, "Kc", id="opened-anew"),
        pytest.param("Kaa|Kc", 60, 0, 2, "Kaa", id="before-it-was-opened-anew"),
    ],
)
def test_what_is_cut(packets: str, seconds: float, begin: float, end: float, expected: str) -> None:
    assert shown(ring(packets, seconds).cut(begin, end)) == expected


def test_a_group_that_has_no_room_is_let_go_and_the_next_key_frame_begins_anew() -> None:
    held = ring("Kaaaaaaaaaaa", 60, room=50)
    assert held.bytes == 0
    held.add(Packet(99.0, b"K" * 10, True))
    assert shown(held.cut(90, 100)) == "K"


@given(
    st.lists(st.tuples(st.floats(0, 2), st.integers(1, 400), st.booleans()), max_size=80),
    st.floats(0, 20),
    st.integers(1, 2000),
)
def test_it_is_bounded_and_begins_with_a_key_frame(
    packets: list[tuple[float, int, bool]], seconds: float, room: int
) -> None:
    made, ts, keys = Ring(seconds, room), 0.0, list[float]()
    made.begin(b"")
    for gone, size, key in packets:
        ts += gone
        made.add(Packet(ts, b"x" * size, key))
        keys += [ts] if key else []
        assert made.bytes <= room
        cut = made.cut(ts - seconds, ts)
        if cut is not None:
            assert cut.packets[0].key
            assert cut.bytes <= made.bytes
            # No longer than asked for but by what lies between two key frames.
            assert cut.packets[0].ts >= max([k for k in keys if k <= ts - seconds], default=0.0)


def test_a_stream_is_described_so_that_its_packets_can_be_decoded(tmp_path: Path) -> None:
    cut = ring_of(clip(tmp_path / "a.mp4", bframes=2)).cut(TS, TS + 10)
    assert cut is not None
    assert len(cut.packets) == 50
    assert max(packet.early for packet in cut.packets) > 0
