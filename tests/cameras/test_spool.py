"""Messages that wait on disk: in order, none lost while there is room, the oldest dropped and counted where not."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cameras.spool import FILES, Spool


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Spool]]:
    """Makes spools of one folder, one after another; `room` in bytes."""
    made: list[Spool] = []

    def make(room: int = 1 << 20) -> Spool:
        made.append(Spool(tmp_path, room))
        return made[-1]

    yield make
    for spool in made:
        spool.close()


def taken(spool: Spool, most: int = 10**9) -> list[bytes]:
    found: list[bytes] = []
    while len(found) < most and (message := spool.take()) is not None:
        found.append(message.payload)
    return found


def numbered(spool: Spool, *numbers: int) -> None:
    for n in numbers:
        spool.append(f"cameras/c{n}/sightings", b"%d" % n)


def test_what_waits_goes_in_its_order_and_only_once_confirmed(opened: Callable[..., Spool]) -> None:
    spool = opened()
    numbered(spool, *range(5))
    first = spool.take()
    assert first is not None
    assert (first.topic, first.payload) == ("cameras/c0/sightings", b"0")
    assert taken(spool) == [b"1", b"2", b"3", b"4"]
    assert spool.take() is None
    spool.confirm(first)
    spool.again()
    assert taken(spool) == [b"1", b"2", b"3", b"4"]
    numbered(spool, 5)
    assert taken(spool) == [b"5"]


def test_what_was_not_confirmed_is_there_after_a_restart(opened: Callable[..., Spool]) -> None:
    spool = opened()
    numbered(spool, *range(4))
    one = [spool.take() for _ in range(2)][-1]
    assert one is not None
    spool.confirm(one)
    spool.sync()
    again = opened()
    numbered(again, 4)
    assert taken(again) == [b"2", b"3", b"4"]


def test_where_there_is_no_room_the_oldest_go_and_are_counted(opened: Callable[..., Spool], tmp_path: Path) -> None:
    spool = opened(FILES * 4096)
    for n in range(2000):
        spool.append("t", b"%04d" % n + bytes(96))
    left = [int(payload[:4]) for payload in taken(spool)]
    assert left == list(range(2000 - len(left), 2000))
    assert spool.dropped == 2000 - len(left) > 0
    assert sum(file.stat().st_size for file in tmp_path.glob("*.spool")) <= (FILES + 1) * 4300


def test_what_was_confirmed_needs_no_room(opened: Callable[..., Spool], tmp_path: Path) -> None:
    spool = opened(FILES * 4096)
    for _ in range(2000):
        spool.append("t", bytes(100))
        message = spool.take()
        assert message is not None
        spool.confirm(message)
        spool.sync()
    assert spool.dropped == 0
    assert len(list(tmp_path.glob("*.spool"))) <= 2


@pytest.mark.parametrize("cut", [1, 5, 12, 20, 30])
def test_a_torn_end_is_left_out(opened: Callable[..., Spool], tmp_path: Path, cut: int) -> None:
    spool = opened()
    numbered(spool, *range(3))
    (file,) = tmp_path.glob("*.spool")
    file.write_bytes(file.read_bytes()[:-cut])
    again = opened()
    numbered(again, 7)
    assert taken(again) == ([b"0", b"1", b"7"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["append", "take", "confirm", "again", "sync", "restart"]), max_size=80))
def test_none_is_lost_and_the_order_stays(steps: list[str]) -> None:
    """Against a plain list, by steps at random."""
    with tempfile.TemporaryDirectory() as folder:
        spool = Spool(Path(folder), 1 << 20)
        count = confirmed = following = 0
        last = None
        for step in steps:
            if step == "append":
                numbered(spool, count)
                count += 1
            elif step == "take":
                message = spool.take()
                assert (message is None) == (following == count)
                if message is not None:
                    assert int(message.payload) == following
                    last, following = message, following + 1
            elif step == "confirm" and last is not None:
                spool.confirm(last)
                confirmed = max(confirmed, int(last.payload) + 1)
            elif step == "again":
                spool.again()
                following = confirmed
            elif step == "sync":
                spool.sync()
            elif step == "restart":
                spool.close()
                spool, following, last = Spool(Path(folder), 1 << 20), confirmed, None
        spool.close()
