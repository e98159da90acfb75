"""The clock that only goes forward, ticks, commits that are refused, the waiting times of attempts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import SOURCES, source_kind
from connectors.intake import ForwardClock, Intake
from connectors.source import Status, retryable
from pipeline.backoff import Backoff
from pipeline.entries import Kind
from pipeline.journal.errors import JournalError, JournalFailed, JournalFull
from tests.connectors.fakes import Full, ListLog, MemoryJournal


class Clocks:
    """A wall clock and a stop watch that a test sets."""

    def __init__(self, wall: float = 1000.0) -> None:
        self.wall, self.watch = wall, 0.0

    def pass_(self, seconds: float, step: float = 0.0) -> None:
        """Time passes; step: the wall clock is set by so much besides."""
        self.watch += seconds
        self.wall += seconds + step

    def clock(self) -> ForwardClock:
        return ForwardClock(lambda: self.wall, lambda: self.watch)


#  real time     0    10    20    30    40
@pytest.mark.parametrize(
    "steps, stamps",
    [
        pytest.param([0, 0, 0, 0], [1010, 1020, 1030, 1040], id="steady"),
        pytest.param([0, 100, 0, 0], [1010, 1120, 1130, 1140], id="a-step-forward-is-believed"),
        pytest.param([0, -10, 0, 0], [1010, 1015, 1020, 1030], id="a-step-back-is-caught-up-at-half-speed"),
        pytest.param([0, -3600, 0, 0], [1010, 1015, 1020, 1025], id="a-long-one-too"),
    ],
)
def test_stamps_go_forward(steps: list[float], stamps: list[float]) -> None:
    clocks = Clocks()
    clock = clocks.clock()
    assert clock.stamp() == 1000.0
    got = []
    for step in steps:
        clocks.pass_(10.0, step)
        got.append(clock.stamp())
    assert got == stamps


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(-1000, 1000)), max_size=50))
def test_stamps_never_go_back(passed: list[tuple[float, float]]) -> None:
    clocks = Clocks()
    clock = clocks.clock()
    last = clock.stamp()
    for seconds, step in passed:
        clocks.pass_(seconds, step)
        stamp = clock.stamp()
        assert stamp >= last
        last = stamp


def intake(clocks: Clocks, journal: MemoryJournal, log: ListLog | None = None, tick: float = 0.5) -> Intake:
    log = log or ListLog()
    return Intake("fleet", "c1", journal.commit, tick, Status(), log, clocks.clock(), lambda: clocks.watch)


def test_ticks_keep_their_distance() -> None:
    clocks, journal = Clocks(), MemoryJournal()
    one = intake(clocks, journal)
    one.tick_if_due()
    assert one.commit()
    assert journal.entries == [], "no tick while not connected"
    one.join()
    for _ in range(40):
        one.tick_if_due()
        one.commit()
        clocks.pass_(min(0.1, one.until_tick() or 0.1))
    ticks = [e[3] for e in journal.entries if e[0] == Kind.TICK]
    assert ticks == pytest.approx([1000.0 + 0.5 * i for i in range(len(ticks))])
    assert len(ticks) == 8
    clocks.pass_(10.0)
    for _ in range(3):
        one.tick_if_due()
    one.commit()
    assert len([e for e in journal.entries if e[0] == Kind.TICK]) == 9, "a late tick is one tick"
    one.leave()
    clocks.pass_(10.0)
    one.tick_if_due()
    one.leave()
    one.commit()
    assert journal.kinds()[-1] == Kind.LEAVE


def test_deliveries_and_ticks_share_a_commit() -> None:
    clocks, journal = Clocks(), MemoryJournal()
    one = intake(clocks, journal)
    one.join()
    stamp = one.clock.stamp()
    one.deliver(["a", "b"], [b"1", b"2"], stamp)
    one.tick_if_due()
    assert one.buffer.nbytes == 2
    assert not one.status.received
    assert one.commit()
    assert [(e[0], e[2], e[4]) for e in journal.commits[0]] == [
        (Kind.JOIN, "c1", b""),
        (Kind.DELIVERY, "a", b"1"),
        (Kind.DELIVERY, "b", b"2"),
        (Kind.TICK, "c1", b""),
    ]
    assert (one.status.deliveries, one.status.commits, one.status.received) == (2, 1, stamp)
    assert one.commit(), "nothing to commit is no failure"
    assert len(journal.commits) == 1


@pytest.mark.parametrize("error", [Full("no room"), JournalFull("no room"), JournalFailed("no room")], ids=repr)
def test_a_refused_buffer_is_kept_and_said_once(error: Exception) -> None:
    clocks, journal, log = Clocks(), MemoryJournal(), ListLog()
    one = intake(clocks, journal, log)
    one.deliver(["a"], [b"1"], one.clock.stamp())
    journal.refuse = error
    assert [one.commit() for _ in range(3)] == [False] * 3
    assert one.status.waiting_for_journal
    assert [level for level, _ in log.lines] == ["error"]
    assert "no room" in log.text()
    journal.refuse = None
    assert one.commit()
    assert journal.payloads() == [b"1"]
    assert [level for level, _ in log.lines] == ["error", "info"]
    assert not one.status.waiting_for_journal


def test_a_defect_is_not_retried() -> None:
    clocks, journal = Clocks(), MemoryJournal()
    one = intake(clocks, journal)
    one.join()
    journal.refuse = JournalError("closed")
    with pytest.raises(JournalError):
        one.commit()
    assert not retryable(JournalError("closed"))
    assert not retryable(ValueError())


def test_attempts_come_at_growing_and_spread_distances() -> None:
    most = Backoff(1.0, 60.0, dice=lambda: 1.0)
    assert [most.delay() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    most.reset()
    assert most.delay() == 1
    least = Backoff(1.0, 60.0, dice=lambda: 0.0)
    assert [least.delay() for _ in range(3)] == [0.5, 1, 2]


def test_an_unknown_kind_of_source_gets_a_suggestion() -> None:
    assert source_kind("mqtt") is SOURCES["mqtt"]
    with pytest.raises(KeyError, match=r"no source type 'mqt'; did you mean 'mqtt'\?"):
        source_kind("mqt")
