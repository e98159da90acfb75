"""The order in which cases become known: rule 19, and what a restart keeps of it."""

from __future__ import annotations

import math

import msgspec
import pytest

from cases.case import Case
from cases.fold import Fold
from cases.making import Known
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


def order(due: list[Known]) -> list[tuple[str, Change]]:
    return [(each.case.id, each.change) for each in due]


A, B, C = (known(id, at, n) for n, (id, at) in enumerate([("a", 20.0), ("b", 10.0), ("c", 20.0)]))


@pytest.mark.parametrize(
    "passed, out, through",
    [
        pytest.param(-math.inf, "", -1, id="no-tick-yet"),
        pytest.param(10.0, "", -1, id="more-may-be-known-after-the-same-tick"),
        pytest.param(10.5, "b", -1, id="b-is-out-and-a-from-before-it-waits"),
        pytest.param(21.0, "bac", 8, id="all"),
        pytest.param(math.inf, "bac", 8, id="nobody-is-connected"),
    ],
)
def test_what_every_source_has_passed_is_out_in_its_order(passed: float, out: str, through: int) -> None:
    fold = Fold()
    fold.add([A, B, C])
    assert "".join(each.case.id for each in fold.due(passed)) == out
    assert fold.through(9, passed) == through
    fold.drop(passed)
    assert (len(fold), fold.through(9)) == (3 - len(out), through)


def test_among_what_was_known_at_once_the_earlier_confirmed_and_the_lesser_id_goes_first() -> None:
    fold = Fold()
    fold.add([known("b", 1, 0, 5), known("a", 1, 1, 5), known("z", 1, 2, 4)])
    assert [each.case.id for each in fold.due(2)] == ["z", "a", "b"]


def test_a_later_change_never_comes_before_an_earlier_one() -> None:
    # The end was known by a source whose ticks lag behind those by which it was opened.
    fold = Fold()
    fold.add([known("a", 20, 0), known("a", 15, 1, change=Change.ENDED), known("b", 17, 2)])
    assert order(fold.due(18)) == [("b", Change.OPENED)]
    assert order(fold.due(21))[1:] == [("a", Change.OPENED), ("a", Change.ENDED)]


@pytest.mark.parametrize("cut", [0, 1, 2, 3])
def test_what_waits_is_kept_over_a_restart(cut: int) -> None:
    events = [known("a", 20, 0), known("a", 15, 1, change=Change.ENDED), known("b", math.inf, 2)]
    whole, first = Fold(), Fold()
    whole.add(events)
    first.add(events[:cut])
    second = Fold.load(first.dump())
    second.add(events[cut:])
    assert order(second.due(21)) == order(whole.due(21))
    assert order(second.due(math.inf)) == order(whole.due(math.inf))


def test_what_is_no_fold_is_refused() -> None:
    with pytest.raises(msgspec.MsgspecError):
        Fold.load(b"\x93\x01\x02\x03")
