"""A receiver of platforms: logging in, what is journaled and answered, and what hostile peers can't do."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.codecs.jt809.message import read_frame
from connectors.jt809.platforms import PlatformList
from connectors.jt809.settings import Jt809Source
from pipeline.entries import Kind
from pipeline.journal import JournalFull
from tests.connectors.fakes import MemoryJournal
from tests.connectors.jt809.conftest import COLUMNS, Start
from tests.connectors.jt809.simulated import CIPHER, PASSWORD, PLATFORM, USER, Link, Words
from tests.services.wait import until

AT = 1_772_325_000.0


def deliveries(journal: MemoryJournal) -> list[tuple[str, bytes]]:
    return [(entry[2], entry[4]) for entry in journal.entries if entry[0] == Kind.DELIVERY]


WORDS = [
    pytest.param(Words(), id="2011"),
    pytest.param(Words(v2019=True), id="2019"),
    pytest.param(Words(cipher=CIPHER), id="2011-encrypted"),
    pytest.param(Words(v2019=True, cipher=CIPHER), id="2019-encrypted"),
]


@pytest.mark.parametrize("words", WORDS)
def test_what_a_platform_says_is_journaled_and_answered(gateway: Start, journal: MemoryJournal, words: Words) -> None:
    with Link(gateway().port, words) as link:
        link.come_in()
        plain = Words(v2019=words.v2019, serial=words.serial)
        live = words.live(AT, 72.0)
        link.send(live, words.late([words.place(AT + 10)]), words.about(0x1201, bytes(61)))
        link.settled()
        answer = link.ask(words.logout())
        assert (answer.id, answer.v2019, answer.encrypted) == (0x1004, words.v2019, words.cipher is not None)
        assert link.hung_up()
    found = deliveries(journal)
    topics = [topic.removeprefix(f"jt809/{PLATFORM}/") for topic, _ in found]
    assert topics == ["1001", "1202", "1203", "1201", "1005", "1003"]
    assert found[1][1] == plain.live(AT, 72.0)  # in the clear
    for _, payload in found:
        assert PASSWORD.encode() not in payload
        frame = read_frame(payload[1:-1], words.v2019)
        assert frame is not None
        assert frame.crc_ok
        assert not frame.encrypted


@pytest.mark.parametrize(
    "words, user, password, result, counted",
    [
        pytest.param(Words(), USER, PASSWORD, 0, None, id="right"),
        pytest.param(Words(), USER + 1, PASSWORD, 3, "password", id="another-user"),
        pytest.param(Words(), USER, "guessed", 4, "password", id="another-password"),
        pytest.param(Words(), USER, "", 4, "password", id="no-password"),
        pytest.param(Words(99), USER, PASSWORD, 2, "unknown", id="not-listed"),
        pytest.param(Words(7, cipher=CIPHER), 7, "k7Qx-3f", 6, "encrypted", id="no-cipher"),
        pytest.param(Words(8), 8, "p2Vd", 1, "address", id="another-address"),
    ],
)
def test_who_may_come_in(
    gateway: Start, journal: MemoryJournal, words: Words, user: int, password: str, result: int, counted: str | None
) -> None:
    receiver = gateway()
    with Link(receiver.port, words) as link:
        answer = link.ask(words.login(user, password))
        assert (answer.id, answer.body[0]) == (0x1002, result)
        link.send(words.live(AT))
        if result == 0:
            link.settled()
        else:
            until(lambda: receiver.counts["not_in"] == 1, "it to be refused")
    assert bool(deliveries(journal)) == (result == 0)
    assert dict(receiver.counts) == ({counted: 1, "not_in": 1} if counted else {})


def test_a_login_of_another_length_is_none(gateway: Start) -> None:
    receiver, words = gateway(), Words()
    with Link(receiver.port, words) as link:
        answer = link.ask(words.say(0x1001, bytes(47)))
        assert (answer.id, answer.body[0]) == (0x1002, 6)
    assert receiver.counts["length"] == 1


def test_who_is_not_in_is_soon_disconnected(gateway: Start, journal: MemoryJournal) -> None:
    words = Words()
    with Link(gateway().port, words) as link:
        link.send(*(words.live(AT) for _ in range(5)))
        assert link.hung_up()
    assert deliveries(journal) == []


def test_who_says_nothing_is_disconnected(gateway: Start) -> None:
    receiver = gateway(login="200 ms", idle="400 ms")
    with Link(receiver.port, Words()) as silent, Link(receiver.port, Words()) as once:
        once.come_in()
        assert silent.hung_up()
        assert once.hung_up()
    assert (receiver.counts["login"], receiver.counts["idle"]) == (1, 1)


def test_another_platforms_frames_are_not_taken(gateway: Start, journal: MemoryJournal) -> None:
    receiver, words = gateway(), Words()
    with Link(receiver.port, words) as link:
        link.come_in()
        link.send(Words(7).live(AT), Words(7).login(7, "k7Qx-3f"))
        link.settled()
    assert receiver.counts["foreign"] == 2
    assert {topic.split("/")[1] for topic, _ in deliveries(journal)} == {str(PLATFORM)}


def test_rubbish_is_counted_and_stops_nothing(gateway: Start, journal: MemoryJournal) -> None:
    receiver, words = gateway(frame="1000 B"), Words()
    with Link(receiver.port, words) as link:
        link.come_in()
        link.send(b"\x5bx\x5d", words.live(AT)[:-3] + b"\x00\x00\x5d", b"\x5b" + bytes(3000) + b"\x5d", words.live(AT))
        link.settled()
    assert {name: receiver.counts[name] for name in ("no_frame", "checksum", "too_long")} == {
        "no_frame": 1, "checksum": 1, "too_long": 1,
    }  # fmt: skip
    assert [topic.rsplit("/", 1)[1] for topic, _ in deliveries(journal)] == ["1001", "bad", "bad", "1202", "1005"]
    with Link(receiver.port, words) as stranger:
        stranger.send(b"GET / HTTP/1.1\r\n\r\n")
        assert stranger.hung_up()


def test_a_newer_link_takes_the_place_of_an_older(gateway: Start) -> None:
    receiver = gateway(per_address=2)
    with Link(receiver.port, Words()) as old, Link(receiver.port, Words()) as new:
        old.come_in()
        with Link(receiver.port, Words()) as third:
            assert third.hung_up()
        new.come_in()
        assert old.hung_up()
        new.settled()
    assert (receiver.counts["per_address"], receiver.counts["replaced"]) == (1, 1)


def test_what_did_not_come_is_counted(gateway: Start) -> None:
    receiver, words = gateway(), Words()
    with Link(receiver.port, words) as link:
        link.come_in()
        words.serial += 3
        link.settled()
        words.serial = 0  # begun anew
        link.settled()
    assert receiver.counts["missed"] == 3


def test_a_full_disk_takes_and_answers_nothing_until_there_is_room(gateway: Start, journal: MemoryJournal) -> None:
    receiver, words = gateway(), Words()
    with Link(receiver.port, words) as link:
        link.come_in()
        journal.refuse = JournalFull("No room.")
        link.send(words.live(AT), words.alive())
        until(lambda: receiver.status.waiting_for_journal, "it to wait")
        assert not link.heard
        journal.refuse = None
        assert link.hear().id == 0x1006
    assert [topic.rsplit("/", 1)[1] for topic, _ in deliveries(journal)] == ["1001", "1202", "1005"]


def test_who_is_no_longer_listed_has_to_go(gateway: Start, tmp_path: Path) -> None:
    receiver = gateway()
    with Link(receiver.port, Words()) as link:
        link.come_in()
        (tmp_path / "platforms.csv").write_text(f"{COLUMNS}7,7,k7Qx-3f,,,,\n")
        assert link.hung_up()


@pytest.mark.parametrize(
    "text, said",
    [
        pytest.param("platform,user\n1,1\n", "password are needed", id="columns"),
        pytest.param(f"{COLUMNS}x,1,abc,,,,\n", ":2: platform: expected a number", id="platform"),
        pytest.param(f"{COLUMNS}1,1,123456789,,,,\n", "expected 1 to 8 bytes", id="password"),
        pytest.param(f"{COLUMNS}1,1,abc,1,,,\n", "m1, ia1 and ic1, or none", id="cipher"),
        pytest.param(f"{COLUMNS}1,1,abc,1,2,5000000000,\n", "ic1: expected a number up to", id="too-large"),
        pytest.param(f"{COLUMNS}1,1,abc,,,,here\n", "addresses: expected", id="address"),
        pytest.param(f"{COLUMNS}1,1,abc,,,,\n1,1,abc,,,,\n", "there twice", id="twice"),
    ],
)
def test_faults_of_the_list_are_named(tmp_path: Path, text: str, said: str) -> None:
    settings = Jt809Source.model_validate({"type": "jt809", "platforms_env": "LIST"})
    with pytest.raises(ValueError, match=said) as error:
        PlatformList(settings, tmp_path, {"LIST": text})
    assert "abc" not in str(error.value)
    with pytest.raises(ValueError, match="'LIST' is not set"):
        PlatformList(settings, tmp_path, {})
