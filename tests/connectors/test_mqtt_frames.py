"""Splitting a byte stream into MQTT packets: the same whatever pieces it comes in, and never an exception."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mqtt_frames import FrameSocket


class Pieces:
    """A socket that gives what it was given, piece by piece, then blocks, then (with `end`) ends."""

    def __init__(self, pieces: list[bytes], end: bool = False) -> None:
        self.pieces, self.end, self.sent = [p for p in pieces if p], end, bytearray()
        self.room = 1 << 30

    def recv(self, size: int) -> bytes:
        if not self.pieces:
            if self.end:
                return b""
            raise BlockingIOError
        data = self.pieces.pop(0)
        if len(data) > size:
            self.pieces.insert(0, data[size:])
        return data[:size]

    def send(self, data: bytes) -> int:
        if not self.room:
            raise BlockingIOError
        n = min(self.room, len(data))
        self.room -= n
        self.sent += data[:n]
        return n

    def close(self) -> None:
        return

    def fileno(self) -> int:
        return 0


def frames_of(pieces: list[bytes], version: int = 4, end: bool = False) -> tuple[FrameSocket, Pieces]:
    wire = Pieces(pieces, end)
    return FrameSocket(wire, version), wire  # type: ignore[arg-type]


def varint(n: int) -> bytes:
    out = b""
    while True:
        n, low = divmod(n, 128)
        out += bytes([low | (128 if n else 0)])
        if not n:
            return out


def publish(topic: bytes, payload: bytes, qos: int, mid: int, properties: bytes | None = None) -> bytes:
    body = len(topic).to_bytes(2, "big") + topic + (mid.to_bytes(2, "big") if qos else b"")
    body += b"" if properties is None else varint(len(properties)) + properties
    body += payload
    return bytes([0x30 | qos << 1]) + varint(len(body)) + body


def other_packets(frames: FrameSocket) -> bytes:
    out = b""
    while frames.control:
        try:
            got = frames.recv(7)
        except BlockingIOError:
            break
        if not got:
            break
        out += got
    return out


messages = st.tuples(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    st.one_of(st.binary(max_size=40), st.binary(min_size=120, max_size=140), st.just(b"x" * 20_000)),
    st.sampled_from([0, 1, 2]),
    st.integers(1, 65535),
    st.sampled_from([b"", b"\x01\x01", b"\x0b\x05" * 100]),
)
control = st.sampled_from([b"\xd0\x00", b"\x90\x03\x00\x01\x01", b"\x20\x02\x00\x00", b"\x62\x02\x00\x07"])


@given(st.lists(st.one_of(messages, control), max_size=8), st.lists(st.integers(0, 30_000), max_size=12), st.booleans())
def test_any_pieces_give_the_same_packets(packets: list[Any], cuts: list[int], v5: bool) -> None:
    stream, wanted, acknowledged, received, rest = b"", [], b"", b"", b""
    for packet in packets:
        if isinstance(packet, bytes):
            stream += packet
            rest += packet
            continue
        topic, payload, qos, mid, properties = packet
        stream += publish(topic.encode(), payload, qos, mid, properties if v5 else None)
        wanted.append((topic, payload))
        acknowledged += b"" if qos != 1 else b"\x40\x02" + mid.to_bytes(2, "big")
        received += b"" if qos != 2 else b"\x50\x02" + mid.to_bytes(2, "big")
    edges = sorted({0, len(stream), *(c % (len(stream) + 1) for c in cuts)})
    frames, wire = frames_of([stream[a:b] for a, b in pairwise(edges)], 5 if v5 else 4)
    frames.fill()
    assert list(zip(frames.topics, frames.payloads, strict=True)) == wanted
    assert all(type(p) is bytes for p in frames.payloads)
    assert other_packets(frames) == rest
    assert frames.dry
    frames.acknowledge()
    assert bytes(wire.sent) == acknowledged + received
    frames.acknowledge()
    assert bytes(wire.sent) == acknowledged + received, "nothing is acknowledged twice"


@given(st.lists(st.binary(max_size=60), max_size=6), st.sampled_from([4, 5]))
def test_garbage_never_raises(pieces: list[bytes], version: int) -> None:
    frames, _ = frames_of(pieces, version, end=True)
    frames.fill()
    other_packets(frames)
    assert frames.error is not None
    assert frames.recv(1) == b""


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x30\xff\xff\xff\xff\x01", id="length-of-five-bytes"),
        pytest.param(b"\x32\x04\x00\x09ab", id="topic-longer-than-its-packet"),
        pytest.param(b"\x30\x00", id="no-topic"),
    ],
)
def test_what_is_not_mqtt_ends_the_connection(data: bytes) -> None:
    frames, _ = frames_of([data + b"\xd0\x00"])
    frames.fill()
    assert "not MQTT" in str(frames.error)


def test_a_topic_that_is_not_utf_8_stays_legible() -> None:
    frames, _ = frames_of([publish(b"a/\xff", b"1", 0, 0)])
    frames.fill()
    assert frames.topics == ["a/\\xff"]


def test_what_the_network_does_not_take_now_goes_later() -> None:
    frames, wire = frames_of([publish(b"a", b"1", 1, i) for i in range(1, 11)])
    frames.fill()
    wire.room = 7
    assert frames.acknowledge() == 10
    assert frames.wants_write
    wire.room = 1000
    frames.ping()
    assert bytes(wire.sent) == b"".join(b"\x40\x02" + i.to_bytes(2, "big") for i in range(1, 11)) + b"\xc0\x00"
    assert not frames.wants_write


def test_a_burst_is_bounded() -> None:
    one = publish(b"a", b"x" * 1000, 0, 0)
    frames, _ = frames_of([one * 200] * 10)
    frames.fill(limit=100_000)
    assert 100 <= len(frames.payloads) < 2000
    assert not frames.dry


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


def test_over_a_real_socket(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    frames = FrameSocket(ours, 4)
    frames.setblocking(False)
    frames.fill()
    assert frames.dry
    assert not frames.control
    theirs.sendall(publish(b"a", b"1", 1, 5) + b"\xd0\x00")
    frames.fill()
    assert frames.payloads == [b"1"]
    frames.acknowledge()
    assert theirs.recv(10) == b"\x40\x02\x00\x05"
    theirs.close()
    frames.fill()
    assert other_packets(frames) == b"\xd0\x00"
    assert "closed the connection" in str(frames.error)
    frames.close()
    frames.close()
    assert frames.recv(1) == b""
