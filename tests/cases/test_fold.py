"""The one ordered log: rule 19, however the journal was cut, and what a restart keeps of it."""

from __future__ import annotations

import itertools
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.case import Case
from cases.fold import Fold, Logged
from cases.making import Known
from cases.words import Report, Step, encode
from pipeline.entries import EntryBuffer, Kind
from pipeline.episode import Change


def known(id: str, known: float, position: int, confirmed: float = 0.0, change: Change = Change.OPENED) -> Known:
    case = Case(
        id=id,
        rule="r",
        rule_version="v",
        category="",
        subject="T1",
        part="",
        place="",
        lon=math.nan,
        lat=math.nan,
        started=0.0,
        confirmed=confirmed,
        ended=math.nan,
        reason="",
        measure=math.nan,
        unit="",
        late=False,
        withdrawn=False,
        opened_position=position,
        position=position,
    )
    return Known(known, change, case)


class Log:
    """Entries said one by one, and what the engine would have found in them."""

    def __init__(self) -> None:
        self.buffer = EntryBuffer()
        self.found: list[Known] = []

    def tick(self, time: float, source: str = "fleet") -> None:
        self.buffer.add(Kind.TICK, source, "", time)

    def clock(self, time: float) -> None:
        self.buffer.add(Kind.CLOCK, "", "", time)

    def found_here(self, id: str, at: float, confirmed: float = 0.0, change: Change = Change.OPENED) -> None:
        self.buffer.add(Kind.DELIVERY, "fleet", "t", at, b"{}")
        self.found.append(known(id, at, len(self.buffer) - 1, confirmed, change))

    def step(self, id: str, at: float) -> None:
        step = Step(id=id, case="c", action="file", by="li", role="acceptor", at=at)
        self.buffer.add(Kind.STEP, "desk", "", at, encode(step))

    def fold(self, *cuts: int, restart: bool = False) -> tuple[Fold, list[Logged]]:
        """What comes out, where the journal is read in pieces that begin at `cuts`."""
        fold, out = Fold(), []
        for start, end in itertools.pairwise([0, *sorted(set(cuts) - {0}), len(self.buffer)]):
            batch = self.buffer.batch().slice(start, end - start)
            fold.take(batch, start, [each for each in self.found if start <= each.case.position < end])
            out += fold.due()
            fold.drop()
            if restart:
                fold = Fold.load(fold.dump())
        return fold, out


def ids(out: list[Logged]) -> str:
    return "".join(each.id for each in out)


def test_what_every_source_has_passed_is_out_in_its_order() -> None:
    log = Log()
    log.tick(10)
    log.tick(10, "bins")
    log.found_here("a", 20.0)
    log.found_here("b", 10.0)
    log.tick(20.5)
    assert ids(log.fold()[1]) == ""  # bins may still say something that was known at 10
    log.tick(15, "bins")
    fold, out = log.fold()
    assert (ids(out), fold.through(5)) == ("b", 1)
    log.tick(21, "bins")
    fold, out = log.fold()
    assert (ids(out), fold.through(6), len(fold)) == ("ba", 5, 0)


def test_among_what_was_known_at_once_the_earlier_confirmed_and_the_lesser_id_goes_first() -> None:
    log = Log()
    log.tick(1)
    for id, confirmed in (("b", 5), ("a", 5), ("z", 4)):
        log.found_here(id, 1, confirmed)
    log.tick(2)
    assert ids(log.fold()[1]) == "zab"


def test_a_later_change_never_comes_before_an_earlier_one() -> None:
    # The end was known by a source whose ticks lag behind those by which it was opened.
    log = Log()
    log.tick(5)
    log.found_here("a", 20)
    log.found_here("a", 15, change=Change.ENDED)
    log.found_here("b", 17)
    log.tick(30)
    out = log.fold()[1]
    assert [(each.id, each.known.change.value) for each in out if each.known] == [
        ("b", "opened"),
        ("a", "opened"),
        ("a", "ended"),
    ]


def test_steps_stand_where_the_citys_own_clock_says() -> None:
    log = Log()
    log.clock(10)
    log.tick(10)
    log.step("s", 10.2)
    log.found_here("e", 10, confirmed=5)
    log.clock(10.5)
    assert ids(log.fold()[1]) == ""
    log.tick(10.5)
    out = log.fold()[1]
    assert ids(out) == "es"
    assert out[1].step is not None
    assert out[1].step.by == "li"


def test_a_city_without_sources_has_time_too() -> None:
    log = Log()
    log.clock(10)
    log.step("s", 10.2)
    log.clock(10.5)
    fold, out = log.fold()
    assert (ids(out), fold.passed) == ("s", 10.5)


def test_who_has_left_holds_nothing_back() -> None:
    log = Log()
    log.tick(10)
    log.tick(10, "bins")
    log.found_here("a", 10)
    log.tick(20)
    assert log.fold()[0].passed == 10
    log.buffer.add(Kind.LEAVE, "bins", "", 20)
    assert log.fold()[0].passed == 20


def test_versions_are_those_in_force() -> None:
    log = Log()
    log.buffer.add(Kind.VERSION, "", "", 0, b"one")
    log.clock(1)
    log.step("a", 1)
    log.found_here("b", 1, 2)
    log.buffer.add(Kind.VERSION, "", "", 0, b"two")
    log.step("c", 3)
    log.clock(4)
    assert [each.version for each in log.fold()[1]] == ["one", "one", "two"]


def test_reports_and_what_is_damaged() -> None:
    log = Log()
    log.clock(1)
    log.buffer.add(
        Kind.REPORT, "desk", "", 1.5, encode(Report(id="r", channel="hand", category="06010", at=1.5, lon=1.0, lat=2.0))
    )
    log.buffer.add(Kind.STEP, "desk", "", 1.6, b"{}")
    log.clock(2)
    fold, out = log.fold()
    assert ids(out) == "r"
    assert out[0].report is not None
    assert out[0].report.where == (1.0, 2.0)
    assert fold.damaged == 1


SAYINGS = st.lists(
    st.one_of(
        st.tuples(st.just("tick"), st.integers(0, 30), st.sampled_from(["fleet", "bins"])),
        st.tuples(st.just("leave"), st.just(0), st.sampled_from(["fleet", "bins"])),
        st.tuples(st.just("join"), st.just(0), st.sampled_from(["fleet", "bins"])),
        st.tuples(st.just("clock"), st.integers(0, 30), st.just("")),
        st.tuples(st.just("step"), st.integers(0, 30), st.sampled_from("stuv")),
        st.tuples(st.just("found"), st.integers(-1, 30), st.sampled_from("abcd")),
    ),
    max_size=40,
)


def said(sayings: list[tuple[str, int, str]]) -> Log:
    log = Log()
    for n, (what, at, name) in enumerate(sayings):
        if what == "tick":
            log.tick(at, name)
        elif what == "clock":
            log.clock(at)
        elif what == "step":
            log.step(f"{name}{n}", at)
        elif what == "found":
            log.found_here(name, -math.inf if at < 0 else at, confirmed=float(at % 3))
        else:
            log.buffer.add(Kind.JOIN if what == "join" else Kind.LEAVE, name, "", 0)
    log.clock(31)
    for source in ("fleet", "bins"):
        log.buffer.add(Kind.LEAVE, source, "", 31)
    log.clock(32)
    return log


@given(SAYINGS, st.lists(st.integers(0, 42), max_size=8))
def test_however_the_journal_is_cut_the_order_is_the_same(sayings: list[tuple[str, int, str]], cuts: list[int]) -> None:
    log = said(sayings)
    cuts = [cut for cut in cuts if cut < len(log.buffer)]
    whole = [each.place for each in log.fold()[1]]
    assert [each.place for each in log.fold(*cuts)[1]] == whole
    assert [each.place for each in log.fold(*cuts, restart=True)[1]] == whole
    assert whole == sorted(whole)
    assert len(whole) == len(log.found) + log.buffer.kinds.count(Kind.STEP)


def test_what_is_no_fold_is_refused() -> None:
    with pytest.raises(msgspec.MsgspecError):
        Fold.load(b"\x93\x01\x02\x03")
