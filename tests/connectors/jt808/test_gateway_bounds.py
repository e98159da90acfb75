"""Who may come in, and what slow and hostile peers can't do."""

from __future__ import annotations

import contextlib
import socket

import pytest

from connectors.codecs.jt808.framing import frame
from connectors.jt808.splitter import Splitter
from pipeline.entries import Kind
from tests.connectors.fakes import ListLog, MemoryJournal
from tests.connectors.jt808.conftest import Start
from tests.connectors.jt808.simulated import Terminal, Words
from tests.services.wait import until

KNOWN, SHARED, OPEN, STRANGER = "13912345678", "13912345679", "13912345680", "13900000000"


def deliveries(journal: MemoryJournal) -> list[str]:
    return [entry[2] for entry in journal.entries if entry[0] == Kind.DELIVERY]


# ---- the door --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "phone, terminal_id, result",
    [
        pytest.param(KNOWN, "T000001", 0, id="its own id"),
        pytest.param(KNOWN, "T000002", 4, id="another id"),
        pytest.param(SHARED, "T000001", 4, id="a token that was put in by hand is told to nobody"),
        pytest.param(OPEN, "T000001", 0, id="without a token"),
        pytest.param(STRANGER, "T000001", 4, id="not listed"),
    ],
)
def test_who_may_register(gateway: Start, phone: str, terminal_id: str, result: int) -> None:
    words = Words(phone, terminal_id=terminal_id)
    with Terminal(gateway().port, words) as terminal:
        (answer,) = terminal.ask(words.register())
    assert (answer["msg_id"], answer["result"]) == ("0x8100", result)
    assert answer.get("token") == ({KNOWN: "s3cret-a", OPEN: OPEN}[phone] if result == 0 else None)


@pytest.mark.parametrize(
    "phone, token, result",
    [
        pytest.param(KNOWN, "s3cret-a", 0, id="its token"),
        pytest.param(SHARED, "s3cret-b", 0, id="its token, put in by hand"),
        pytest.param(KNOWN, "s3cret-b", 1, id="another's"),
        pytest.param(KNOWN, "", 1, id="none"),
        pytest.param(OPEN, "anything", 0, id="needs none"),
        pytest.param(STRANGER, "s3cret-a", 1, id="not listed"),
    ],
)
def test_who_may_authenticate(gateway: Start, journal: MemoryJournal, phone: str, token: str, result: int) -> None:
    words = Words(phone)
    with Terminal(gateway().port, words) as terminal:
        first, second = terminal.ask(words.authenticate(token), words.location())
    assert (first["result"], second["result"]) == (result, result)
    assert deliveries(journal) == ([] if result else [f"jt808/{phone}/0102", f"jt808/{phone}/0200"])


def test_strangers_can_be_taken_and_are_counted(gateway: Start, journal: MemoryJournal) -> None:
    receiver = gateway(unknown="accept")
    words = Words(STRANGER)
    with Terminal(receiver.port, words) as terminal:
        assert terminal.ask(words.location())[0]["result"] == 0
    assert deliveries(journal) == [f"jt808/{STRANGER}/0200"]
    assert receiver.counts["not_listed"] == 1
    with Terminal(receiver.port, Words(KNOWN)) as terminal:
        assert terminal.ask(terminal.words.location())[0]["result"] == 1, "who is listed has to authenticate"


def test_nobody_speaks_for_another(gateway: Start, journal: MemoryJournal) -> None:
    receiver = gateway()
    with Terminal(receiver.port, Words(KNOWN)) as terminal:
        terminal.come_in()
        terminal.send(Words(SHARED).location(), Words(SHARED).authenticate("s3cret-b"))
        assert terminal.ask(terminal.words.heartbeat())[0]["answer_id"] == "0x0002"
    assert deliveries(journal)[2:] == [f"jt808/{KNOWN}/0002"]
    assert receiver.counts["foreign"] == 2


def test_the_newest_connection_of_a_terminal_is_the_one(gateway: Start) -> None:
    receiver = gateway()
    with Terminal(receiver.port, Words(KNOWN)) as first, Terminal(receiver.port, Words(KNOWN)) as second:
        first.come_in()
        second.come_in()
        assert first.hung_up()
        assert second.ask(second.words.heartbeat())[0]["result"] == 0
    assert receiver.counts["replaced"] == 1


def test_what_an_earlier_connection_had_still_said_does_not_bring_it_back(gateway: Start) -> None:
    receiver = gateway()
    with Terminal(receiver.port, Words(KNOWN)) as first, Terminal(receiver.port, Words(KNOWN)) as second:
        first.come_in()
        cut = first.words.location()
        first.ask(first.words.heartbeat())
        first.send(cut[:20] + b"\x7e")
        second.come_in()
        assert first.hung_up()
        assert second.ask(second.words.heartbeat())[0]["result"] == 0
    assert receiver.counts["replaced"] == 1


def test_no_secret_is_in_the_log_or_in_the_journal(gateway: Start, journal: MemoryJournal, log: ListLog) -> None:
    receiver = gateway()
    for token in ("s3cret-a", "guess-1"):
        with Terminal(receiver.port, Words(KNOWN)) as terminal:
            terminal.ask(terminal.words.authenticate(token))
    receiver.stop()
    said = log.text() + receiver.status.last_error + repr(receiver.__dict__)
    assert "s3cret" not in said
    assert "guess" not in said
    assert not any(b"s3cret" in payload or b"guess" in payload for payload in journal.payloads())


# ---- slow and hostile peers ------------------------------------------------------------------------------------------


def test_two_hundred_connections_from_one_address(gateway: Start) -> None:
    receiver = gateway(per_address=20)
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(Terminal(receiver.port, Words(KNOWN)))
        first.come_in()
        for _ in range(200):
            stack.enter_context(socket.create_connection(("127.0.0.1", receiver.port), timeout=10))
        until(lambda: receiver.counts["per_address"] == 181, "all but twenty to be refused", every=0.01)
        assert first.ask(first.words.heartbeat())[0]["result"] == 0
    until(lambda: not receiver.present.addresses, "nothing to be left of them", every=0.01)


def test_connections_have_a_bound_whoever_they_are(gateway: Start) -> None:
    receiver = gateway(connections=2)
    with contextlib.ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(Terminal(receiver.port, Words(OPEN)))
        until(lambda: len(receiver.present.peers) == 2, "two to be there", every=0.01)
        third = stack.enter_context(Terminal(receiver.port, Words(KNOWN)))
        assert third.hung_up()
    assert receiver.counts["connections"] == 1


def test_who_never_says_a_whole_frame_has_to_go(gateway: Start) -> None:
    """The slow loris: a byte now and then."""
    receiver = gateway(idle="400ms", login="10s")
    with Terminal(receiver.port, Words(KNOWN)) as terminal:
        terminal.come_in()
        terminal.sock.settimeout(0.05)
        gone = False
        for byte in b"\x7e" + bytes(200):
            with contextlib.suppress(TimeoutError):
                try:
                    terminal.send(bytes([byte]))
                    gone = terminal.sock.recv(1) == b""
                except ConnectionError:
                    gone = True
            if gone:
                break
        assert gone
    assert receiver.counts["idle"] == 1


def test_who_is_not_in_in_time_has_to_go(gateway: Start, journal: MemoryJournal) -> None:
    receiver = gateway(login="200ms")
    with Terminal(receiver.port, Words(STRANGER)) as terminal:
        terminal.ask(terminal.words.heartbeat())
        assert terminal.hung_up()
    assert receiver.counts["login"] == 1
    assert deliveries(journal) == []


@pytest.mark.parametrize(
    "flood",
    [
        pytest.param(bytes(range(1, 0x7D)) * 3000, id="no delimiter"),
        pytest.param(b"\x7e\x01\x02\x03" * 50_000, id="delimiters and nothing"),
        pytest.param(frame(b"\x02\x00" + bytes(20)) * 10_000, id="frames of nobody"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 3000, id="another protocol"),
    ],
)
def test_a_flood_of_garbage(gateway: Start, journal: MemoryJournal, flood: bytes) -> None:
    receiver = gateway()
    with Terminal(receiver.port, Words(STRANGER)) as bad, Terminal(receiver.port, Words(KNOWN)) as good:
        good.come_in()
        with contextlib.suppress(ConnectionError):
            bad.send(flood)
        with contextlib.suppress(ConnectionError):
            while bad.sock.recv(65536):
                pass
        assert good.ask(good.words.heartbeat())[0]["result"] == 0
    assert all(topic.startswith(f"jt808/{KNOWN}/") for topic in deliveries(journal))
    until(lambda: not receiver.present.peers, "both to be gone", every=0.01)


def test_garbage_of_a_known_terminal_ends_some_time(gateway: Start, journal: MemoryJournal) -> None:
    receiver = gateway()
    with Terminal(receiver.port, Words(KNOWN)) as terminal:
        terminal.come_in()
        with contextlib.suppress(ConnectionError):
            terminal.send(b"\x7e\x01\x02\x03" * 1000)
        assert terminal.hung_up()
    assert len(deliveries(journal)) == 2 + 200


def test_who_sends_too_fast_is_read_slowly(gateway: Start) -> None:
    receiver = gateway(rate="2 kB")
    with Terminal(receiver.port, Words(KNOWN)) as terminal:
        terminal.come_in()
        sent = [terminal.words.location(i) for i in range(60)]
        assert {each["result"] for each in terminal.ask(*sent)} == {0}
    assert receiver.counts["slowed"] >= 1


def test_who_does_not_take_its_answers_has_to_go(gateway: Start) -> None:
    receiver = gateway(rate="100 MB")
    with Terminal(receiver.port, Words(KNOWN)) as terminal:
        terminal.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        terminal.come_in()
        beats = terminal.words.heartbeat() * 5000
        with contextlib.suppress(ConnectionError):
            while receiver.counts["not_reading"] == 0:
                terminal.send(beats)
    assert receiver.counts["not_reading"] == 1


def test_a_frame_that_is_too_long_is_skipped(gateway: Start) -> None:
    receiver = gateway(frame="1 kB")
    with Terminal(receiver.port, Words(KNOWN)) as terminal:
        terminal.come_in()
        terminal.send(b"\x7e" + bytes(50_000) + b"\x7e")
        assert terminal.ask(terminal.words.heartbeat())[0]["answer_id"] == "0x0002"
    assert receiver.counts["too_long"] >= 1


@pytest.mark.parametrize("step", [1, 7, 64, 10_000])
def test_a_splitter_gives_the_same_however_bytes_come(step: int) -> None:
    words = Words(KNOWN)
    frames = [words.location(i) for i in range(3)] + [
        b"\x7e" + bytes(3000) + b"\x7e",
        words.heartbeat(),
        b"\x7e\x01\x7e",
    ]
    data = b"".join(frames)
    splitter = Splitter(2000)
    found = [piece for at in range(0, len(data), step) for piece, _ in splitter.feed(data[at : at + step])]
    assert found == [each.strip(b"\x7e") for each in (*frames[:3], *frames[4:])]
    assert splitter.dropped == 3000
