"""Dead letters: what is kept of what was set aside, once, and no more than there is room for."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.deadletters import FOLDER, MAX_PAYLOAD, DeadLetters, read_letters
from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import Journal, JournalFull
from pipeline.version import Aside


def block(*payloads: bytes) -> pa.RecordBatch:
    """Deliveries of the source `fleet`, one second apart, from time 1000 on."""
    buffer = EntryBuffer()
    for n, payload in enumerate(payloads):
        buffer.add(Kind.DELIVERY, "fleet", f"fleet/{n}/gps", 1000.0 + n, payload)
    return buffer.batch()


def aside(position: int, reason: str = "undecodable") -> Aside:
    return Aside(position, reason, f"gps fleet/{position}/gps", "expected JSON; got b'\\x7e'")


def held(folder: Path) -> list[int]:
    return [dead.letter.position for dead in read_letters(Journal.read_only(folder / FOLDER))]


@pytest.fixture
def letters(tmp_path: Path) -> Iterator[DeadLetters]:
    opened = DeadLetters.open(tmp_path)
    yield opened
    opened.close()


def test_a_letter_says_where_expected_and_got(letters: DeadLetters, tmp_path: Path) -> None:
    assert letters.add([aside(8)], block(b"good", b"\x7e\x02"), first=7) == 1
    (dead,) = read_letters(Journal.read_only(tmp_path / FOLDER))
    assert (dead.source, dead.topic, dead.received) == ("fleet", "fleet/1/gps", 1001.0)
    assert (dead.letter.reason, dead.letter.where, dead.letter.position) == ("undecodable", "gps fleet/8/gps", 8)
    assert dead.letter.message == "expected JSON; got b'\\x7e'"
    assert dead.letter.content == b"\x7e\x02"


def test_of_a_large_payload_only_the_beginning_is_kept(letters: DeadLetters, tmp_path: Path) -> None:
    payload = bytes(range(256)) * 40_000
    letters.add([aside(0)], block(payload), first=0)
    (dead,) = read_letters(Journal.read_only(tmp_path / FOLDER))
    assert dead.letter.content == payload[:MAX_PAYLOAD]
    assert letters.journal.nbytes < 3 * MAX_PAYLOAD


def test_a_row_that_waited_has_a_letter_without_its_payload(letters: DeadLetters, tmp_path: Path) -> None:
    letters.add([aside(3, "repeated")], block(b"a", b"b"), first=90)
    (dead,) = read_letters(Journal.read_only(tmp_path / FOLDER))
    assert (dead.letter.position, dead.letter.payload, dead.received) == (3, None, 1001.0)


#  judged before the crash   |  judged again, from an older snapshot, in other blocks  |  then
@pytest.mark.parametrize(
    "before, again, kept",
    [
        pytest.param([[0, 1], [5]], [[0, 1, 5]], [0, 1, 5], id="all-again"),
        pytest.param([[0, 1], [5]], [[5, 6]], [0, 1, 5, 6], id="a-tail-and-more"),
        pytest.param([[0], [1, 1]], [[1, 1, 1]], [0, 1, 1, 1], id="two-rows-of-one-delivery-with-the-same-words"),
        pytest.param([[9], [2]], [[2], [9], [11]], [9, 2, 11], id="in-another-order"),
        pytest.param([[0]], [[0], [0]], [0, 0], id="held-once-comes-twice"),
    ],
)
def test_a_restart_keeps_nothing_twice(
    tmp_path: Path, before: list[list[int]], again: list[list[int]], kept: list[int]
) -> None:
    entries = block(*[b"x"] * 12)
    for run in (before, again):
        letters = DeadLetters.open(tmp_path)
        for positions in run:
            letters.add([aside(position) for position in positions], entries, first=0)
        letters.close()
    assert held(tmp_path) == kept


def test_nothing_set_aside_writes_nothing(letters: DeadLetters) -> None:
    assert letters.add([], block(b"a"), first=0) == 0
    assert letters.journal.head == 0


@pytest.mark.parametrize("at_once", [pytest.param(10, id="few-at-once"), pytest.param(500, id="very-many-at-once")])
def test_the_oldest_go_when_there_are_too_many(tmp_path: Path, at_once: int) -> None:
    entries = block(*[random.Random(n).randbytes(4000) for n in range(at_once)])
    room = 400_000
    letters = DeadLetters.open(tmp_path, max_bytes=room)
    for start in range(0, 1500, at_once):
        letters.add([aside(start + n) for n in range(at_once)], entries, first=start)
    assert letters.journal.nbytes < 1.5 * room
    letters.close()
    positions = held(tmp_path)
    assert positions == list(range(positions[0], 1500)), "no hole"
    assert 0 < positions[0] < 1450
    again = DeadLetters.open(tmp_path, max_bytes=room)
    assert again.add([aside(1499)], entries, first=1500 - at_once) == 0
    again.close()


def test_a_call_that_failed_can_be_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = block(*[random.Random(n).randbytes(4000) for n in range(40)])
    letters = DeadLetters.open(tmp_path, max_bytes=400_000)
    asides = [aside(n) for n in range(40)]
    commit, room = letters.journal.commit, iter([True, True])

    def until_full(entries: EntryBuffer) -> int:
        if not next(room, False):
            raise JournalFull("no room")
        return commit(entries)

    with monkeypatch.context() as patch:
        patch.setattr(letters.journal, "commit", until_full)
        with pytest.raises(JournalFull):
            letters.add(asides, entries, first=0)
    assert 0 < len(held(tmp_path)) < 40
    letters.add(asides, entries, first=0)
    letters.close()
    assert held(tmp_path) == list(range(40))
