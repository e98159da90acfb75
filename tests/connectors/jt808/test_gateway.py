"""The gateway, with real sockets: a terminal's whole conversation, and nothing answered that is not in the journal."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.codecs.jt808 import decode
from pipeline.entries import Kind
from tests.connectors.fakes import Full, ListLog, MemoryJournal
from tests.connectors.jt808.conftest import Start
from tests.connectors.jt808.simulated import Terminal, Words
from tests.services.wait import until

KNOWN = "13912345678"


def topics(journal: MemoryJournal) -> list[str]:
    return [entry[2] for entry in journal.entries if entry[0] == Kind.DELIVERY]


@pytest.mark.parametrize("version", ["2011", "2013", "2019"])
def test_a_whole_conversation(gateway: Start, journal: MemoryJournal, version: str) -> None:
    receiver = gateway()
    words = Words(KNOWN, version)
    with Terminal(receiver.port, words) as terminal:
        terminal.come_in()
        sent = [words.heartbeat(), words.location(0), words.late([-50, -40, -30]), words.say(0x0003)[0]]
        answers = terminal.ask(*sent)
        assert [(each["msg_id"], each["answer_id"], each["result"]) for each in answers] == [
            ("0x8001", "0x0002", 0),
            ("0x8001", "0x0200", 0),
            ("0x8001", "0x0704", 0),
            ("0x8001", "0x0003", 0),
        ]
        assert {each["version"] for each in answers} == {"2019" if version == "2019" else "2013"}
        assert [each["serial"] for each in answers] == [3, 4, 5, 6], "ours go on, too"
        assert terminal.hung_up(), "it has logged out"
    assert topics(journal) == [
        f"jt808/{KNOWN}/{message}" for message in ("0100", "0102", "0002", "0200", "0704", "0003")
    ]
    assert journal.payloads()[2:] == sent


def test_nothing_is_answered_before_the_journal_has_it(gateway: Start, journal: MemoryJournal) -> None:
    receiver = gateway()
    words = Words(KNOWN)
    with Terminal(receiver.port, words) as terminal:
        terminal.come_in()
        journal.hold.clear()
        terminal.send(words.location(0))
        terminal.sock.settimeout(0.3)
        with pytest.raises(TimeoutError):
            terminal.hear()
        terminal.sock.settimeout(10)
        assert len(journal.payloads()) == 2
        journal.hold.set()
        assert terminal.hear()[0]["answer_id"] == "0x0200"
        assert len(journal.payloads()) == 3


def test_a_full_disk_stops_answers_and_reading_until_there_is_room(gateway: Start, journal: MemoryJournal) -> None:
    receiver = gateway()
    words = Words(KNOWN)
    with Terminal(receiver.port, words) as terminal:
        terminal.come_in()
        journal.refuse = Full("no room.")
        terminal.send(words.location(0))
        until(lambda: receiver.status.waiting_for_journal, "it to say so", every=0.01)
        terminal.send(words.location(10))
        terminal.sock.settimeout(0.2)
        with pytest.raises(TimeoutError):
            terminal.hear()
        terminal.sock.settimeout(10)
        journal.refuse = None
        assert [each["answer_id"] for each in terminal.hear(2)] == ["0x0200", "0x0200"]
    assert len(journal.payloads()) == 4


def test_a_terminal_that_died_in_the_middle_sends_again(gateway: Start, journal: MemoryJournal) -> None:
    receiver = gateway()
    words = Words(KNOWN)
    first = words.location(0)
    with Terminal(receiver.port, words) as terminal:
        terminal.come_in()
        terminal.send(first[:20])
    with Terminal(receiver.port, words) as terminal:
        terminal.come_in("s3cret-a")
        assert [each["result"] for each in terminal.ask(first, first)] == [0, 0]
    assert journal.payloads().count(first) == 2, "the engine knows repetitions"


def test_a_gateway_that_is_stopped_has_journaled_what_it_answered(gateway: Start, journal: MemoryJournal) -> None:
    receiver = gateway()
    words = Words(KNOWN)
    with Terminal(receiver.port, words) as terminal:
        terminal.come_in()
        sent = [words.location(i) for i in range(200)]
        terminal.send(*sent)
        answered = len(terminal.hear(50))
        receiver.stop()
        try:
            while True:
                answered += len(terminal.hear())
        except ConnectionError:
            pass
    assert answered <= len(journal.payloads()) - 2
    assert journal.payloads()[2:] == sent[: len(journal.payloads()) - 2]
    assert journal.kinds()[-1] == Kind.LEAVE


def test_a_terminal_that_asks_for_the_time_is_told(gateway: Start) -> None:
    receiver = gateway()
    with Terminal(receiver.port, Words(KNOWN)) as terminal:
        terminal.come_in()
        (answer,) = terminal.ask(*terminal.words.say(0x0004))
    told = datetime.strptime(answer["time_bcd"], "%y%m%d%H%M%S").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - told) < timedelta(minutes=1)


def test_frames_in_pieces_and_in_heaps(gateway: Start, journal: MemoryJournal) -> None:
    receiver = gateway()
    words = Words(KNOWN)
    with Terminal(receiver.port, words) as terminal:
        terminal.come_in()
        sent = [words.location(i) for i in range(3)]
        for byte in b"".join(sent)[:70]:
            terminal.send(bytes([byte]))
        terminal.send(b"".join(sent)[70:])
        assert [each["result"] for each in terminal.hear(3)] == [0, 0, 0]
    assert journal.payloads()[2:] == sent


def test_a_wrong_checksum_is_kept_and_answered_as_one(gateway: Start, journal: MemoryJournal) -> None:
    receiver = gateway()
    words = Words(KNOWN)
    with Terminal(receiver.port, words) as terminal:
        terminal.come_in()
        broken = bytearray(words.location(0))
        broken[-2] ^= 1
        (answer,) = terminal.ask(bytes(broken))
        assert answer["result_name"] == "bad_message"
        assert terminal.ask(words.heartbeat())[0]["result"] == 0, "it goes on"
    assert bytes(broken) in journal.payloads()
    assert receiver.counts["checksum"] == 1


def test_a_wrong_checksum_can_be_accepted(gateway: Start) -> None:
    receiver = gateway(checksum="accept")
    words = Words(KNOWN)
    with Terminal(receiver.port, words) as terminal:
        terminal.come_in()
        broken = bytearray(words.location(0))
        broken[-2] ^= 1
        assert terminal.ask(bytes(broken))[0]["result"] == 0


def test_an_unescaped_delimiter_is_healed(gateway: Start, journal: MemoryJournal) -> None:
    receiver = gateway()
    words = Words(KNOWN)
    with Terminal(receiver.port, words) as terminal:
        terminal.come_in()
        sent = words.location(0, [(0xE1, b"\x7e\x01")]).replace(b"\x7d\x02", b"\x7e")
        assert sent.count(b"\x7e") == 3
        assert terminal.ask(sent)[0]["result"] == 0
    assert journal.payloads()[-1] == sent


def test_garbage_of_a_known_terminal_is_kept_aside(gateway: Start, journal: MemoryJournal) -> None:
    receiver = gateway()
    words = Words(KNOWN)
    with Terminal(receiver.port, words) as terminal:
        terminal.come_in()
        assert terminal.ask(b"\x7e\x01\x02\x7e" + words.heartbeat())[0]["answer_id"] == "0x0002"
    assert topics(journal)[2:] == [f"jt808/{KNOWN}/bad", f"jt808/{KNOWN}/0002"]
    assert receiver.counts["no_frame"] == 1


# ---- pictures and other long messages --------------------------------------------------------------------------------

TLS_FILES = {"certificate": "server.pem", "key": "server.key", "ca": "ca.pem"}
PICTURE = b"\xff\xd8" + bytes(range(256)) * 8 + b"\xff\xd9"


def test_a_picture_is_put_together_and_answered(gateway: Start, journal: MemoryJournal) -> None:
    receiver = gateway()
    words = Words(KNOWN)
    with Terminal(receiver.port, words) as terminal:
        terminal.come_in()
        frames = words.picture(77, PICTURE)
        terminal.send(*frames)
        *parts, whole = terminal.hear(len(frames) + 1)
        assert {each["result"] for each in parts} == {0}
        assert (whole["msg_id"], whole["media_id"], whole["missing"]) == ("0x8800", 77, [])
    assert topics(journal)[2:] == [f"jt808/{KNOWN}/part"] * len(frames) + [f"jt808/{KNOWN}/0801"]
    got = decode(journal.payloads()[-1])["more"][-1]
    assert (got["media_id"], bytes.fromhex(got["data"])) == (77, PICTURE)


def test_missing_parts_are_asked_for(gateway: Start, journal: MemoryJournal) -> None:
    receiver = gateway(ask_again="100ms")
    words = Words(KNOWN)
    with Terminal(receiver.port, words) as terminal:
        terminal.come_in()
        frames = words.picture(77, PICTURE)
        terminal.send(*(each for i, each in enumerate(frames) if i not in (1, 3)))
        *_, asked = terminal.hear(len(frames) - 1)
        assert (asked["msg_id"], asked["media_id"], asked["missing"]) == ("0x8800", 77, [2, 4])
        terminal.send(frames[3], frames[1])
        *_, done = terminal.hear(3)
        assert done["missing"] == []
    assert bytes.fromhex(decode(journal.payloads()[-1])["more"][-1]["data"]) == PICTURE


def test_missing_parts_of_anything_else_are_asked_for_by_their_serials(gateway: Start) -> None:
    receiver = gateway(ask_again="100ms")
    words = Words(KNOWN)
    with Terminal(receiver.port, words) as terminal:
        terminal.come_in()
        frames = words.say(0x0900, bytes(100), longest=40)
        terminal.send(frames[1], frames[2])
        *_, asked = terminal.hear(3)
        assert (asked["msg_id"], asked["first_serial"], asked["missing"]) == ("0x8003", 2, [1])


def test_parts_that_never_become_a_message_are_dropped(gateway: Start) -> None:
    receiver = gateway(parts="200ms", ask_again="50ms", message="2 kB")
    words = Words(KNOWN)
    with Terminal(receiver.port, words) as terminal:
        terminal.come_in()
        terminal.send(words.picture(77, PICTURE)[0])
        until(lambda: receiver.counts["parts_dropped"] == 1, "it to be dropped", every=0.01)
        terminal.send(*words.picture(78, PICTURE * 2))
        until(lambda: receiver.counts["parts_dropped"] >= 2, "the one that is too large, too", every=0.01)
        terminal.send(words.heartbeat())
        assert any(each.get("answer_id") == "0x0002" for each in terminal.hear(17))


# ---- the source ------------------------------------------------------------------------------------------------------


def test_it_ticks_while_it_listens(gateway: Start, journal: MemoryJournal) -> None:
    receiver = gateway()
    until(lambda: journal.kinds().count(Kind.TICK) >= 3, "ticks")
    assert receiver.status.connected_since is not None
    receiver.stop()
    assert receiver.status.connected_since is None
    assert (journal.kinds()[0], journal.kinds()[-1]) == (Kind.JOIN, Kind.LEAVE)


def test_a_port_that_is_taken_is_said_and_tried_again(gateway: Start, log: ListLog) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        receiver = gateway(listens=False, port=taken.getsockname()[1])
        until(lambda: "can't listen on 127.0.0.1" in receiver.status.last_error, "it to say so", every=0.01)
    assert "trying again" in log.text()


def test_a_fault_of_the_journal_ends_the_source(gateway: Start, journal: MemoryJournal) -> None:
    receiver = gateway()
    journal.refuse = OSError("broken")
    until(lambda: receiver.status.failed is not None, "it to end")
    assert "has stopped" in receiver.status.last_error


@pytest.mark.parametrize("ours", [True, False], ids=["with a certificate", "without one"])
def test_tls_with_certificates_of_terminals(gateway: Start, certificates: Path, ours: bool) -> None:
    files = {name: str(certificates / f"{file}") for name, file in TLS_FILES.items()}
    receiver = gateway(tls=files)
    context = ssl.create_default_context(cafile=certificates / "ca.pem")
    if ours:
        context.load_cert_chain(certificates / "client.pem", certificates / "client.key")
        with Terminal(receiver.port, Words(KNOWN), context) as terminal:
            terminal.come_in()
    else:
        with pytest.raises((ssl.SSLError, ConnectionError)), Terminal(receiver.port, Words(KNOWN), context) as terminal:
            terminal.come_in()


def test_files_of_tls_that_are_not_there_are_named(gateway: Start) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no file .*none\.pem"):
        gateway(tls={"certificate": "none.pem", "key": "none.key"})
