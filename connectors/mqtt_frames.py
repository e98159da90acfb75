"""mqtt_frames: the socket that paho reads from, with the deliveries taken out on the way.

paho reads a packet with three system calls and some fifteen Python calls, which costs about 60 µs a message and is all
that a subscriber on one core can do. So the socket that `_create_socket` gives it is this one: it reads as much as
there is, splits it into packets itself, keeps PUBLISH packets for the source, and hands every other packet (CONNACK,
SUBACK, PINGRESP, DISCONNECT, PUBREL …) on to paho byte for byte. Acknowledgements go out together, in one write, when
the source says so. One thread uses it, so nothing can come between two packets.

Format: MQTT 3.1.1 (OASIS, 2014) section 3.3 and MQTT 5.0 (OASIS, 2019) section 3.3: fixed header, remaining length,
topic, packet identifier where QoS > 0, in version 5 properties, payload.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable

PUBLISH, PUBACK, PUBREC, PINGREQ = 0x30, b"\x40\x02", b"\x50\x02", b"\xc0\x00"
_READ = 1 << 18
_TOPICS = 100_000


class Malformed(ConnectionError):
    """What came is not MQTT."""


class FrameSocket:
    """What paho takes for its socket (its `SocketLike`), over a connected TCP or TLS socket.

    version: 4 for MQTT 3.1.1, 5 for 5.
    """

    def __init__(self, sock: socket.socket, version: int, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._sock, self._version, self._elapsed = sock, version, elapsed
        self._parts: list[bytes] = []
        self._have = 0
        self._need = 2
        self._control = bytearray()
        self._out = bytearray()
        self._known: dict[bytes, str] = {}
        self._ended: OSError | None = None
        self.topics: list[str] = []
        self.payloads: list[bytes] = []
        self.identifiers: list[bytes] = []
        """Of QoS 1: packet identifiers that wait for their acknowledgement, two bytes each, in order of arrival."""
        self.identifiers2: list[bytes] = []
        """The same of QoS 2, which only a session from before can bring (we subscribe with QoS 1): PUBREC after the
        commit is where we take it over; paho then answers PUBREL."""
        self.dry = True
        """The last `fill` read all that there was."""
        self.closed = False
        self.last_sent = self.last_heard = self.last_ping = elapsed()

    # What paho calls.

    def recv(self, size: int) -> bytes:
        """Bytes of packets that are not deliveries; b'' at the end of the connection."""
        if self._control:
            data = bytes(self._control[:size])
            del self._control[:size]
            return data
        if self._ended is not None or self.closed:
            return b""
        raise BlockingIOError

    def send(self, data: bytes | bytearray) -> int:
        """Takes all of it; what the network does not take now goes with the next `flush`."""
        self._out += data
        self.flush()
        return len(data)

    def close(self) -> None:
        """Send what is left, as far as that goes at once, and close."""
        if not self.closed:
            self.flush()
            self.closed = True
            self._sock.close()

    def fileno(self) -> int:
        return self._sock.fileno()

    def setblocking(self, flag: bool) -> None:
        self._sock.setblocking(flag)

    # What the source calls.

    @property
    def control(self) -> bool:
        """There is something for paho: a packet of its own, or the end of the connection."""
        return bool(self._control) or self._ended is not None

    @property
    def wants_write(self) -> bool:
        return bool(self._out) and not self.closed

    def fill(self, limit: int = 1 << 22) -> None:
        """Read what is there, up to about `limit` bytes, and split it. Never blocks, never raises: an error is the
        end."""
        read, self.dry = 0, False
        while read < limit and self._ended is None and not self.closed:
            try:
                data = self._sock.recv(_READ)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                self.dry = True
                break
            except OSError as error:
                self._ended = error
                break
            if not data:
                self._ended = ConnectionResetError("the broker closed the connection")
                break
            read += len(data)
            self._parts.append(data)
            self._have += len(data)
            # A large packet is put together once, when all of it is there.
            if self._have >= self._need:
                try:
                    self._split()
                except (IndexError, ValueError, Malformed):
                    self._ended = Malformed("it sent something that is not MQTT")
        if read:
            self.last_heard = self._elapsed()

    def acknowledge(self) -> int:
        """PUBACK for every delivery taken so far, in order, in one write. Returns how many."""
        one, two, self.identifiers, self.identifiers2 = self.identifiers, self.identifiers2, [], []
        if one:
            self._out += PUBACK + PUBACK.join(one)
        if two:
            self._out += PUBREC + PUBREC.join(two)
        self.flush()
        return len(one) + len(two)

    def ping(self) -> None:
        """Say that we are there; the answer goes to paho, which ignores it."""
        self.last_ping = self._elapsed()
        self.send(PINGREQ)

    def flush(self) -> None:
        """Send what waits, as far as the network takes it now."""
        while self._out and self._ended is None and not self.closed:
            try:
                sent = self._sock.send(self._out)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError as error:
                self._ended = error
                return
            del self._out[:sent]
            self.last_sent = self._elapsed()

    @property
    def error(self) -> OSError | None:
        """Why the connection ended, where the network said so."""
        return self._ended

    def _split(self) -> None:
        data = b"".join(self._parts)
        end, at, need = len(data), 0, 2
        topics, payloads, identifiers, known = self.topics, self.payloads, self.identifiers, self._known
        v5 = self._version == 5
        while at + 2 <= end:
            head = data[at]
            length, body = data[at + 1], at + 2
            if length > 127:
                try:
                    length, body = _varint(data, at + 1)
                except IndexError:
                    need = end - at + 1
                    break
            stop = body + length
            if stop > end:
                need = stop - at
                break
            if head & 0xF0 == PUBLISH:
                text = body + 2
                rest = text + (data[body] << 8 | data[body + 1])
                raw = data[text:rest]
                topic = known.get(raw)
                if topic is None:
                    topic = self._topic(raw)
                if head & 0x06:
                    (identifiers if head & 0x02 else self.identifiers2).append(data[rest : rest + 2])
                    rest += 2
                if v5:
                    if data[rest]:
                        size, rest = _varint(data, rest)
                        rest += size
                    else:
                        rest += 1
                if rest > stop:
                    raise Malformed
                topics.append(topic)
                payloads.append(data[rest:stop])
            else:
                self._control += data[at:stop]
            at = stop
        self._parts = [data[at:]] if at < end else []
        self._have, self._need = end - at, need

    def _topic(self, raw: bytes) -> str:
        if len(self._known) >= _TOPICS:
            self._known.clear()
        # A topic that is not UTF-8 is a fault of the sender; it is kept, legibly, and will match no stream.
        topic = self._known[raw] = raw.decode("utf-8", "backslashreplace")
        return topic


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A variable byte integer at `at`: its value and where the next field begins. IndexError where it is cut off."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
        if shift > 21:
            raise Malformed
