"""The oracle against timelines worked out by hand: rules 1 to 8 of docs/concepts/time.md.

How to read a timeline: tests/timelines.py. What is expected is the events in their order, as `told` writes them.
"""

from __future__ import annotations

import pytest

from pipeline.version import Version
from tests.timelines import check, journal
from tests.tiny_city import Lidded, Low, Silent, Twice, city, rule, stream

LINES = [stream("p"), stream("q")]
WAITING = [stream("p", lateness=10), stream("q", lateness=10)]
case = pytest.param


SILENT = city(rule(Silent()))  # wrong from 50 s of silence on


@pytest.mark.parametrize(
    "script, versions, expected",
    [
        case("w0 w1000", SILENT, [], id="without-ticks-nothing-is-silent"),
        case("w0 t30 t20 t49", SILENT, [], id="a-tick-that-goes-back-says-nothing"),
        case("w0 t60 t40 w140", SILENT, ["opened 50@50", "ended 50-140 clear"], id="and-takes-nothing-back"),
        case("t60 w0 t60", SILENT, [], id="the-same-tick-again-says-nothing"),
        case("t60 w0 t60 t61", SILENT, ["opened 50@50"], id="but-the-next-does"),
        case("w0 t60@0", SILENT, ["opened 50@50"], id="a-tick-is-its-received"),
    ],
)
def test_1_ticks(script: str, versions: Version, expected: list[str]) -> None:
    check(script, versions, expected)


@pytest.mark.parametrize(
    "script, versions, expected",
    [
        case("w30+w10+w20@30", city(rule(for_=20)), ["opened 10@30"], id="a-delivery-is-sorted"),
        case("w30 w10 w20", city(rule(for_=20)), [], id="deliveries-are-not"),
        case("src/a:j0 src/b:j0 src/a:t0 src/b:t0 w0 src/a:t60 src/b:t49", SILENT, [], id="least-of-members"),
        case("src/a:t0 src/b:t0 w0 src/a:t60 src/b:t50", SILENT, ["opened 50@50"], id="least-of-members-reaches"),
        case("src/a:t0 src/b:t0 w0 src/a:t60 src/b:l61", SILENT, ["opened 50@50"], id="leaving-lets-it-tick"),
        case(
            "src/a:j0 src/a:t0 w0 src/b:j5 src/a:t60", SILENT, ["opened 50@50"], id="joined-without-a-tick-holds-nobody"
        ),
        case("src/a:j0 src/a:t0 w0 src/b:t10 src/a:t60", SILENT, [], id="a-tick-connects"),
        case(
            "src/a:t0 src/b:t0 w0 src/b:l1 src/a:t40 src/b:j41 src/a:t60", SILENT, ["opened 50@50"], id="joins-afresh"
        ),
    ],
)
def test_2_lines_and_members(script: str, versions: Version, expected: list[str]) -> None:
    check(script, versions, expected)


@pytest.mark.parametrize(
    "script, versions, expected",
    [
        case("w0 q:w30 t60", city(rule(Silent()), streams=LINES), [], id="silence-is-of-the-line-heard-last"),
        case("w0 q:w30 t80", city(rule(Silent()), streams=LINES), ["opened 80@80"], id="reached"),
        case("w10 q:w5 w20", city(rule(for_=15), streams=LINES), [], id="older-than-the-key-is-disordered"),
        case("w10 q:r10 t30", city(rule(), streams=WAITING), ["opened 10@10"], id="wrong-if-any"),
        case("q:w10 r10 t30", city(rule(), streams=WAITING), ["opened 10@10"], id="wrong-if-any-whichever-is-first"),
        case("w0 n10 q:r10 t30", city(rule(), streams=WAITING), ["opened 0@0", "ended 0-10 clear"], id="else-right"),
        case("w0 n10 q:n10 t30", city(rule(for_=10), streams=WAITING), ["opened 0@10"], id="else-neither"),
        case("w10 q:r10", city(rule(), streams=LINES), ["opened 10@10"], id="a-later-right-is-no-row"),
        case("w5 n10 q:r10", city(rule(), streams=LINES), ["opened 5@5"], id="neither-stood-for-wrong"),
        case(
            "r10 q:w10 r20", city(rule(), streams=LINES), ["opened 10@10", "ended 10-20 clear"], id="a-later-wrong-is"
        ),
        case(
            "w0 q:w10 p+q:r20",
            city(rule(), streams=LINES),
            ["opened 0@0", "ended 0-20 clear"],
            id="one-delivery-two-lines",
        ),
        case(
            "w0.b w5 r10.b r20",
            city(rule()),
            ["opened 0@0 b", "opened 5@5", "ended 0-10 clear b", "ended 5-20 clear"],
            id="subjects-are-keys",
        ),
        case(
            "mm:w0%k mm:r10%l mm:w20%k",
            city(rule(Low(), for_=20), streams=[stream("mm")]),
            ["opened 0@20 k"],
            id="metrics-are-keys",
        ),
        case(
            "mm:w0%k mm:w0%l", city(rule(Low(), metric="l"), streams=[stream("mm")]), ["opened 0@0 l"], id="one-metric"
        ),
    ],
)
def test_3_keys(script: str, versions: Version, expected: list[str]) -> None:
    check(script, versions, expected)


LATER = city(rule(), streams=WAITING)


@pytest.mark.parametrize(
    "script, versions, expected",
    [
        case("w20 w10 w0 t30", city(rule(for_=20), streams=WAITING), ["opened 0@20"], id="rows-wait-for-their-elders"),
        case("w20 w10 w0 t29", city(rule(for_=20), streams=WAITING), [], id="and-wait"),
        case("t30 w20", LATER, ["opened 20@20"], id="old-enough-goes-at-once"),
        case("t30 w21", LATER, [], id="too-young-waits"),
        case("w0 t10 w50 t60", city(rule(Silent()), streams=WAITING), [], id="rows-before-timers"),
        case(
            "w0 t10 w60 t80", city(rule(Silent()), streams=WAITING), ["opened 50@50", "ended 50-60 clear"], id="by-time"
        ),
        case("w0 t59", city(rule(Silent()), streams=WAITING), [], id="timers-wait-too"),
        case("w10 v2 t30", [city(streams=WAITING), LATER], ["opened 10@10"], id="judged-by-what-is-in-force-then"),
        case("w10=5 w10=2 t30", LATER, ["opened 10@10"], id="one-line-one-ts-is-one-row"),
        case(
            "B/x:t100 w10 q:w10",
            city(rule(), streams=[stream(), stream("q", "B", lateness=10)]),
            ["opened 10@10"],
            id="each-by-its-own-source",
        ),
    ],
)
def test_4_waiting(script: str, versions: Version, expected: list[str]) -> None:
    check(script, versions, expected)


def test_4_content_decides_between_rows_of_one_line_and_ts() -> None:
    for script in ("w10=5 w10=2 t30", "w10=2 w10=5 t30"):
        (event,) = journal(script, LATER).outcome().events
        assert event.episode.measure == 2


@pytest.mark.parametrize(
    "script, version, counts",
    [
        case("w50@0 w101.b@50", city(ahead=50), {"live": 1, "future": 1}, id="future-is-more-than-ahead"),
        case("t200 w99 w100", city(forget=100), {"too old": 1, "live": 1}, id="too-old"),
        case(
            "w0@1000 t1000 w1@1000", city(forget=100), {"live": 1, "too old": 1}, id="nothing-is-too-old-before-a-tick"
        ),
        case("w0 w1 w1 w0", city(), {"live": 2, "repeated": 1, "disordered": 1}, id="repeated-and-disordered"),
        case(
            "w0 w1000 w500@1001 w500@1002 w400@1003 w600@1004",
            city(),
            {"live": 2, "late": 2, "repeated": 1, "disordered": 1},
            id="late-is-beyond-what-has-been-filled",
        ),
        case("w0 w1000 w0@1001", city(), {"live": 2, "disordered": 1}, id="the-row-before-a-gap-is-not-in-it"),
        case("w0 w1000 w500@1001 w1000@1002", city(), {"live": 2, "late": 1, "repeated": 1}, id="nor-the-one-after"),
        case("w0.x1 bad:w0 w0", city(), {"unknown": 1, "unmatched": 1, "live": 1}, id="asides-of-decoding"),
        case("w0 w10 w10+w20", city(), {"live": 3, "repeated": 1}, id="half-of-a-delivery"),
    ],
)
def test_5_which_rows(script: str, version: Version, counts: dict[str, int]) -> None:
    assert dict(journal(script, version).outcome().counts) == counts


def test_5_a_row_set_aside_changes_nothing() -> None:
    check("w0 r400@1 w20 r10@21", city(rule(for_=20)), ["opened 0@20"])


@pytest.mark.parametrize(
    "script, versions, expected",
    [
        case("W0 r10 W20", city(rule(Lidded(), for_=20)), ["opened 0@20"], id="a-row-without-the-column-is-none"),
        case("W0 r10 W20", city(rule(Lidded(), for_=20, gap=15)), [], id="and-does-not-break-silence"),
        case("w0 n10 n20", city(rule(for_=20)), ["opened 0@20"], id="neither-stands-for-wrong"),
        case("w0 r10 n30", city(rule(clear=20)), ["opened 0@0", "ended 0-10 clear"], id="neither-stands-for-right"),
        case("n0 n10 w20", city(rule()), ["opened 20@20"], id="neither-at-first-says-nothing"),
        case(
            "w0 n100 n110 w120", city(rule(gap=50)), ["opened 0@0", "ended 0-0 gap", "opened 120@120"], id="until-a-gap"
        ),
        case("w20.b w60.b", city(rule(classes=("odd",))), ["opened 60@60 b"], id="a-class-is-judged-at-ts"),
        case(
            "w60.b r110.b w160.b", city(rule(classes=("odd",), for_=100)), ["opened 60@160 b"], id="not-of-it-is-no-row"
        ),
        case("w0 w10 w20", city(rule(Twice())), ["opened 10@10"], id="memory"),
    ],
)
def test_6_rows_for_a_rule(script: str, versions: Version, expected: list[str]) -> None:
    check(script, versions, expected)


@pytest.mark.parametrize(
    "script, versions, expected",
    [
        case("w0 t100", city(rule(), forget=100), ["opened 0@0"], id="not-yet"),
        case("w0 w10 t111", city(rule(), forget=100), ["opened 0@0", "ended 0-10 forgotten"], id="forgotten"),
        case(
            "w0 q:w50 t101 t150", city(rule(), streams=LINES, forget=100), ["opened 0@0"], id="a-key-with-its-last-line"
        ),
        case(
            "w0 q:w50 t151",
            city(rule(), streams=LINES, forget=100),
            ["opened 0@0", "ended 0-50 forgotten"],
            id="last-line",
        ),
        case(
            "w0 t101 w150", city(rule(), forget=100), ["opened 0@0", "ended 0-0 forgotten", "opened 150@150"], id="anew"
        ),
        case("w0 t60 t101", city(rule(Silent()), forget=100), ["opened 50@50", "ended 50-50 forgotten"], id="silence"),
        case("w0 w10 t200", city(rule(gap=50), forget=100), ["opened 0@0", "ended 0-10 gap"], id="its-gap-came-first"),
        case("w0@30 t130", city(rule(), forget=100), ["opened 0@0"], id="by-received"),
    ],
)
def test_7_forget(script: str, versions: Version, expected: list[str]) -> None:
    check(script, versions, expected)


@pytest.mark.parametrize(
    "script, versions, expected",
    [
        case("w0 w10 r20", city(rule(for_=20)), [], id="too-short"),
        case("w0 w10 w20", city(rule(for_=20)), ["opened 0@20"], id="long-enough"),
        case("w0 r10 w20 w30", city(rule(for_=20)), [], id="a-right-row-drops-it"),
        case("w5", city(rule()), ["opened 5@5"], id="for-nothing-on-one-row"),
        case("w0 r10 r20 r30", city(rule(clear=20)), ["opened 0@0", "ended 0-10 clear"], id="clear"),
        case("w0 r10 w20 r30 r50", city(rule(clear=20)), ["opened 0@0", "ended 0-30 clear"], id="clear-begins-again"),
        case("w0 r10 r29 w30", city(rule(clear=20)), ["opened 0@0"], id="not-clear-for-long-enough"),
        case("w0 w50", city(rule(for_=50, gap=50)), ["opened 0@50"], id="exactly-gap"),
        case("w0 w51 w90", city(rule(for_=50, gap=50)), [], id="gap-drops-what-has-not-opened"),
        case("w0 w10 r100", city(rule(gap=50)), ["opened 0@0", "ended 0-10 gap"], id="gap-ends-at-the-last-wrong-row"),
        case("w0 r10 r100", city(rule(gap=50, clear=60)), ["opened 0@0", "ended 0-0 gap"], id="gap-in-a-clear-run"),
        case("w0 w1000 t9999", city(rule(for_=500)), ["opened 0@1000"], id="neither-lets-silence-pass"),
    ],
)
def test_8_for_clear_gap(script: str, versions: Version, expected: list[str]) -> None:
    check(script, versions, expected)


ASSUME = rule(for_=50, assume=200)


@pytest.mark.parametrize(
    "script, versions, expected",
    [
        case("w0 t49", city(ASSUME), [], id="not-yet"),
        case("w0 t50", city(ASSUME), ["opened 0@50"], id="a-tick-completes-it"),
        case("w0 t50", city(rule(for_=50, assume=50)), ["opened 0@50"], id="exactly-at-the-end-of-assume"),
        case("w0 w100", city(ASSUME), ["opened 0@50"], id="a-wrong-row-completes-it"),
        case("w0 r100", city(ASSUME), ["opened 0@50", "ended 0-100 clear"], id="so-does-a-right-one-after-it"),
        case("w0 r50", city(ASSUME), [], id="a-right-row-exactly-then-drops-it"),
        case("w0 w20@40 t69", city(ASSUME), [], id="silence-counts-from-the-last-row"),
        case("w0 w20@40 t70", city(ASSUME), ["opened 0@50"], id="silence-after-the-last-row"),
        case("w0@20 t69", city(ASSUME), [], id="and-from-its-received"),
        case("w0 r300", city(ASSUME), ["opened 0@50", "ended 0-0 gap"], id="opened-by-then"),
        case("w0 w300 t340", city(rule(for_=250, assume=200)), [], id="not-opened-by-then"),
        case("w0 t50 t200", city(ASSUME), ["opened 0@50"], id="exactly-assume"),
        case("w0 t50 t201", city(ASSUME), ["opened 0@50", "ended 0-0 gap"], id="no-longer-than-assume"),
        case("w0 t500", city(ASSUME), ["opened 0@50", "ended 0-0 gap"], id="both-by-one-tick"),
        case("w0 r10 t200 w201", city(rule(assume=200, clear=300)), ["opened 0@0"], id="assume-in-a-clear-run"),
        case("w0 r10 t190", city(rule(assume=200, clear=20)), ["opened 0@0"], id="ticks-complete-no-clear-run"),
        case(
            "w0 r10 w100",
            city(rule(assume=200, clear=20)),
            ["opened 0@0"],
            id="silence-does-not-lengthen-a-clear-run",
        ),
        case(
            "w0 r10 w30",
            city(rule(assume=200, clear=20)),
            ["opened 0@0"],
            id="a-wrong-row-exactly-then-drops-the-clear-run",
        ),
        case(
            "w0 r10 w300",
            city(rule(assume=200, clear=20)),
            ["opened 0@0", "ended 0-0 gap", "opened 300@300"],
            id="but-not-beyond-assume",
        ),
    ],
)
def test_8_assume(script: str, versions: Version, expected: list[str]) -> None:
    check(script, versions, expected)
