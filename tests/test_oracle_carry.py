"""The oracle against timelines worked out by hand: "Readings carried into positions" of docs/concepts/time.md.

How to read a timeline: tests/timelines.py. Positions (p, q) lack the lid, or have one that is neither wrong nor right
(capitals); readings (mm, mn) of the metric `lid` have it: w wrong, r right, n neither. What is expected
is the events in their order, as `told` writes them.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pipeline.version import Rule, Stream, Version
from tests.timelines import check, journal
from tests.tiny_city import Above, Fast, Lidded, Low, city, rule, stream

case = pytest.param
LID = {"lid": 20.0}
OPEN = Above()


def streams(carry: Mapping[str, float] = LID, *, lateness: float = 0, gap: float = 300) -> list[Stream]:
    """p carries, q does not; two streams of readings."""
    p = stream("p", gap=gap, lateness=lateness, carry=carry)
    return [p, *(stream(name, gap=gap, lateness=lateness) for name in ("q", "mm", "mn"))]


def carrying(*rules: Rule, lateness: float = 0, gap: float = 300, id: str = "1", **carry: float) -> Version:
    """A city whose p carries, the lid for 20 s unless something else is said."""
    return city(*(rules or [rule(OPEN)]), streams=streams(carry or LID, lateness=lateness, gap=gap), id=id)


CITY = carrying()


#  0     10    20    30
#  lid   p                  as of its own time, at most 20 s old
@pytest.mark.parametrize(
    "script, expected",
    [
        case("mm:w0%lid w10", ["opened 10@10"], id="the-newest"),
        case("mm:w0%lid w0", ["opened 0@0"], id="of-the-same-time"),
        case("mm:r0%lid mm:w5%lid w10", ["opened 10@10"], id="the-newest-of-two"),
        case("mm:w0%lid mm:r5%lid w10", [], id="and-no-other"),
        case("mm:w10%lid mm:r20%lid w15@21", ["opened 15@15"], id="as-of-its-own-time-not-of-its-arrival"),
        case("mm:w11%lid w10@11", [], id="not-from-the-future"),
        case("mm:w0%lid w20", ["opened 20@20"], id="as-old-as-may-be"),
        case("mm:w0%lid w20.5", [], id="too-old"),
        case("mm:r0%lid w10 mm:w15%lid w30", ["opened 30@30"], id="each-as-old-as-may-be"),
        case("mm:w0%lid@50 w20@90", ["opened 20@20"], id="old-by-event-time-alone"),
        case("mm:w0%lid w5 w10 r15 r30", ["opened 5@5"], id="again-and-again"),
        case("mm:w0%lid w5 mm:r10%lid w15", ["opened 5@5", "ended 5-15 clear"], id="until-another-says-otherwise"),
        case("mm:w0%lid w10 t25 w20.5@26", ["opened 10@10"], id="ticks-make-nothing-older"),
        case("mm:w0%k w10", [], id="of-the-metric-of-that-name"),
        case("mm:w0.b%lid w10", [], id="of-the-same-subject"),
        case("mm:w0.b%lid mm:r0%lid w10 w10.b", ["opened 10@10 b"], id="each-subject-its-own"),
        case("mn:w0%lid w10", ["opened 10@10"], id="by-any-stream-of-readings"),
        case("mm:r0%lid mn:w5%lid w10", ["opened 10@10"], id="the-newest-of-two-streams"),
        case("mm:w0%lid mm:r5%lid mn:r3%lid w10", [], id="or-of-the-other"),
        case("mm:w0%lid mm:u5%lid w10", ["opened 10@10"], id="a-reading-without-a-value-is-none"),
    ],
)
def test_as_of(script: str, expected: list[str]) -> None:
    check(script, CITY, expected)


@pytest.mark.parametrize(
    "script, version, expected",
    [
        case("mm:w0%lid W10", CITY, [], id="its-own-value-counts-before"),
        case("mm:w0%lid W10 w15", CITY, ["opened 15@15"], id="and-is-not-carried"),
        case("W0 w10", carrying(rule(Lidded())), ["opened 0@0"], id="nor-is-it-kept-without-a-reading"),
        case("mm:w0%lid q:w10", CITY, [], id="a-stream-that-carries-nothing"),
        case("mm:w0%lid q:w10 w10", CITY, ["opened 10@10"], id="the-streams-that-does-beside-it"),
        case("mm:w0%load w10", carrying(rule(Above(column="load")), load=20), ["opened 10@10"], id="any-column"),
        case("mm:w0%brush w10", carrying(rule(Above(column="brush")), brush=20), ["opened 10@10"], id="a-further-one"),
        case("mm:w0%speed u10", carrying(rule(Fast()), speed=20), ["opened 10@10"], id="one-that-most-positions-have"),
        case(
            "mm:w0%lid mm:w0%load w15",
            carrying(rule(OPEN, "x"), rule(Above(column="load"), "y"), lid=10, load=20),
            ["opened 15@15 y"],
            id="each-column-as-old-as-it-may-be",
        ),
        case(
            "mm:w0%lid",
            carrying(rule(Low()), rule(OPEN, "y")),
            ["opened 0@0 lid"],
            id="a-reading-is-still-judged-as-one",
        ),
        case("mm:r0%lid w10 w40 w50", carrying(rule(Lidded(), for_=30)), [], id="too-old-is-no-row-for-the-rule"),
        case("mm:w0%lid w10", city(rule(OPEN), streams=streams({})), [], id="none-carries"),
        case("mm:w0%lid w0 w0.5", carrying(lid=0), ["opened 0@0"], id="of-the-same-time-alone"),
    ],
)
def test_what_is_carried_where(script: str, version: Version, expected: list[str]) -> None:
    check(script, version, expected)


def test_the_value_is_that_of_the_reading() -> None:
    out = journal("mm:w0%lid=7 w10 mm:w20%lid=5 w30", CITY).outcome()
    assert [e.measure for e in out.episodes.values()] == [7]
    assert out.hits["carry: live"] == 2


#  lateness 0: what comes after the position changes nothing; lateness 10: what comes within it does
@pytest.mark.parametrize(
    "script, version, expected",
    [
        case("w10 mm:w5%lid@11", CITY, [], id="after-the-position"),
        case("w10 mm:w5%lid@11 w10@12", CITY, [], id="which-is-no-row-again"),
        case("w10 mm:w5%lid@11 w12", CITY, ["opened 12@12"], id="but-the-next-is"),
        case("p+mm:w10%lid", CITY, ["opened 10@10"], id="in-the-same-turn"),
        case("mm+p:w10%lid", CITY, ["opened 10@10"], id="in-the-same-turn-however-it-is-decoded"),
        case("p+mm:w10%lid+w20+w31", CITY, ["opened 10@10"], id="in-the-same-delivery"),
        case("w10 mm:w10%lid t20", carrying(lateness=10), ["opened 10@10"], id="by-the-same-tick"),
        case("mm:w10%lid w10 t20", carrying(lateness=10), ["opened 10@10"], id="by-the-same-tick-first"),
        case("w10 mm:w5%lid t20", carrying(lateness=10), ["opened 10@10"], id="lateness-mends-the-order"),
        case("w10 t15 mm:w5%lid t20", carrying(lateness=10), ["opened 10@10"], id="within-lateness-at-once"),
        case("w10 t15 mm:w9%lid t20", carrying(lateness=10), ["opened 10@10"], id="within-lateness"),
        case("w10 t20 mm:w5%lid t30", carrying(lateness=10), [], id="beyond-lateness"),
        case("mm:w11%lid w10 t30", carrying(lateness=10), [], id="lateness-carries-nothing-from-the-future"),
        case("mm:w10%lid w12 mm:r11%lid t30", carrying(lateness=10), [], id="the-newest-by-its-turn"),
        case(
            "mm:w10%lid w12 t30",
            city(rule(OPEN), streams=[stream("p", carry=LID), stream("mm", lateness=10)]),
            [],
            id="a-reading-that-waits-is-not-there-yet",
        ),
        case(
            "mm:w10%lid w12 t30",
            city(rule(OPEN), streams=[stream("p", lateness=10, carry=LID), stream("mm")]),
            ["opened 12@12"],
            id="a-position-that-waits",
        ),
        case(
            "w10 B:t30 mm:w5%lid t30",
            city(rule(OPEN), streams=[stream("p", lateness=10, carry=LID), stream("mm", "B", lateness=10)]),
            ["opened 10@10"],
            id="each-by-its-own-source",
        ),
    ],
)
def test_turns(script: str, version: Version, expected: list[str]) -> None:
    check(script, version, expected)


LATE = carrying(rule(OPEN, gap=50), gap=50)


#  0     100   105        500
#  p     lid   (p, late)  p      with the state of 0 and the reading of 100
@pytest.mark.parametrize(
    "script, version, expected",
    [
        case("R0 mm:w100%lid R500 w105@501", LATE, ["opened 105@105 late"], id="a-late-position-as-of-its-time"),
        case("R0 mm:w100%lid R500 w99@501", LATE, [], id="not-from-its-future"),
        case("R0 mm:w100%lid R500 w121@501", LATE, [], id="not-too-old"),
        case("R0 mm:w100%lid mm:r110%lid R500 w105@501", LATE, ["opened 105@105 late"], id="of-two-the-one-before-it"),
        case("R0 mm:w100%lid R500 w120@501", LATE, ["opened 120@120 late"], id="as-old-as-may-be"),
        case(
            "R0 mm:r0%lid R500 mm:r500%lid mm:w100%lid@501 w105@502",
            LATE,
            ["opened 105@105 late"],
            id="a-late-reading-into-a-late-position",
        ),
        case("R0 R500 mm:w490%lid@501 w505", LATE, ["opened 505@505"], id="the-first-reading-may-be-old"),
        case(
            "mm:r0%lid mm:r500%lid mm:w495%lid@501 w498@502",
            LATE,
            ["opened 498@498"],
            id="a-late-reading-into-a-live-position",
        ),
        case("mm:r0%lid mm:r40%lid mm:w35%lid@41 w38@42", LATE, [], id="a-disordered-reading-is-none"),
        case("mm:r10%lid mm:w10%lid w15", LATE, [], id="a-repeated-reading-is-none"),
        case("mm:w400%lid@0 w405@400", LATE, [], id="a-reading-from-the-future-is-none"),
        case("t200 mm:w99%lid w105", city(rule(OPEN), streams=streams(), forget=100), [], id="too-old-is-none"),
        case("t200 mm:w100%lid w105", city(rule(OPEN), streams=streams(), forget=100), ["opened 105@105"], id="just"),
        case(
            "mm:w0%lid w0 mm:r499%lid w500 w40@501",
            carrying(rule(OPEN, gap=50), gap=50, lid=40),
            ["opened 0@0", "ended 0-0 gap", "reopened 0"],
            id="carried-on-both-sides-of-a-gap",
        ),
        case(
            "mm:w0%lid w0 w500 w40@501",
            carrying(rule(OPEN, gap=50), gap=50, lid=40),
            ["opened 0@0"],
            id="carried-on-one-side",
        ),
    ],
)
def test_late(script: str, version: Version, expected: list[str]) -> None:
    check(script, version, expected)


WIDE = carrying(rule(OPEN), lid=1000)


def many(first: int, last: int, topic: str = "mm", *, letter: str = "r") -> str:
    """Right readings of each second from first to last."""
    return " ".join(f"{topic}:{letter}{ts}%lid" for ts in range(first, last + 1))


@pytest.mark.parametrize(
    "script, expected",
    [
        case(f"mm:w0%lid {many(1, 31)} w0.5@32", ["opened 0.5@0.5"], id="32-are-kept"),
        case(f"mm:w0%lid {many(1, 32)} w0.5@33", [], id="the-33rd-pushes-the-oldest-out"),
        case(f"mm:n0%lid mm:w1%lid {many(2, 32)} w1.5@33", ["opened 1.5@1.5"], id="and-no-other"),
        case(f"mm:w0%lid {many(1, 32)} w33", [], id="the-newest-are-there"),
        case(
            f"mm:w0%lid {many(1, 32, 'mn')} w0.5@33", [], id="32-of-a-subject-and-metric-by-whichever-stream-they-come"
        ),
        case(
            f"mm:w0%lid {many(1, 32).replace('%lid', '%k')} w33", ["opened 33@33"], id="other-metrics-push-nothing-out"
        ),
        case(
            f"mm:w0%lid {many(1, 32).replace('%lid', '.b%lid')} w33",
            ["opened 33@33"],
            id="nor-do-those-of-others",
        ),
        case(
            f"mm:w0%lid {many(1, 31)} {many(1, 31, 'mn')} w0.5@32",
            ["opened 0.5@0.5"],
            id="those-of-one-time-are-one",
        ),
        case(f"mm:w0%lid {many(1, 32)} mn:r0%lid w0.5@33", [], id="what-is-gone-stays-so"),
    ],
)
def test_32_are_kept(script: str, expected: list[str]) -> None:
    check(script, WIDE, expected)


GAPS = carrying(rule(OPEN), gap=50, lid=1000)


@pytest.mark.parametrize(
    "script, expected",
    [
        case(f"mm:r0%lid {many(100, 129)} mm:w50%lid@130 w60@131", ["opened 60@60"], id="a-late-one-with-room"),
        case(f"mm:r0%lid {many(100, 130)} mm:w50%lid@131 w60@132", ["opened 60@60"], id="instead-of-an-older"),
        case(f"mm:r0%lid {many(100, 130)} mm:w50%lid@131 w40@132", [], id="which-is-gone"),
        case(f"mm:r0%lid {many(100, 131)} mm:w50%lid@132 w60@133", [], id="older-than-all-32"),
        case(f"mm:w0%lid {many(100, 131)} mm:r50%lid@132 w60@133", [], id="nor-does-it-bring-an-older-back"),
    ],
)
def test_32_are_kept_late(script: str, expected: list[str]) -> None:
    check(script, GAPS, expected)


def test_32_of_those_that_went_before_it_in_one_turn() -> None:
    """40 readings and a position among the first, all by one tick: rows go in order of time."""
    check(f"mm:w0%lid {many(1, 40)} w0.5 t100", carrying(rule(OPEN), lateness=50), ["opened 0.5@0.5"])


@pytest.mark.parametrize(
    "script, measure",
    [
        case("mm:w10%lid=3 mn:w10%lid=5 w15", 5, id="the-greatest"),
        case("mm:w10%lid=5 mn:w10%lid=3 w15", 5, id="whichever-comes-first"),
        case("mm:w10%lid=3 w12 mn:w10%lid=5 w15", 5, id="greater-from-then-on"),
        case("mm:w10%lid=5 mm:w11%lid=3 mn:w11%lid=4 w15", 4, id="of-that-time-alone"),
        case("mm:w10%lid=3 mm:w10%lid=5 w15", 3, id="a-repeated-one-is-not-accepted"),
        case("mm:w10%lid=3 mn:u10%lid w15", 3, id="one-without-a-value-is-none"),
    ],
)
def test_readings_of_one_time(script: str, measure: float) -> None:
    (episode,) = journal(script, CITY).outcome().episodes.values()
    assert episode.measure == measure


@pytest.mark.parametrize("script", ["mm:w10%lid=3 mn:w10%lid=5 w10 t30", "w10 mn:w10%lid=5 mm:w10%lid=3 t30"])
def test_readings_of_one_time_by_one_tick(script: str) -> None:
    (episode,) = journal(script, carrying(lateness=10)).outcome().episodes.values()
    assert episode.measure == 5


def test_one_line_one_time_by_one_tick_is_one_reading_by_its_content() -> None:
    (episode,) = journal("w10 mm:w10%lid=5 mm:w10%lid=3 t30", carrying(lateness=10)).outcome().episodes.values()
    assert episode.measure == 3


def test_rows_that_are_one_take_what_their_own_streams_carry() -> None:
    script = "mm:w10%lid w15 q:W15 t30"  # q's own says neither
    check(script, carrying(lateness=10), ["opened 15@15"])


PLAIN = city(rule(OPEN), streams=streams({}))
BOTH = city(rule(OPEN), streams=[stream("p", carry=LID), stream("q", lateness=20, carry=LID), stream("mm")])
ONE = city(rule(OPEN), streams=[stream("p", carry=LID), stream("mm")])
NONE = city(rule(OPEN), streams=[stream("p"), stream("mm")])
BACK = city(rule(OPEN), streams=[stream("p", carry=LID), stream("q", lateness=20), stream("mm")])
Q = city(rule(OPEN), streams=[stream("p"), stream("q", carry=LID), stream("mm"), stream("mn")])


@pytest.mark.parametrize(
    "script, versions, expected",
    [
        case("mm:w0%lid v2 w10", [PLAIN, CITY], [], id="from-the-first-version-on-that-carries"),
        case("v2 mm:w0%lid w10", [PLAIN, CITY], ["opened 10@10"], id="from-then-on"),
        case("mm:w0%lid v2 v1 w10", [CITY, PLAIN], [], id="until-one-in-which-none-carries"),
        case("mm:w0%lid v2 mm:w5%lid v1 mm:r8%lid w10", [CITY, PLAIN], [], id="and-anew"),
        case("mm:w0%lid v2 w10", [CITY, PLAIN], [], id="nothing-is-carried-then"),
        case("mm:w0%lid w5 v2 w10", [CITY, PLAIN], ["opened 5@5"], id="what-was-said-stands"),
        case("mm:w0%lid v2 q:w10", [CITY, Q], ["opened 10@10"], id="another-stream-goes-on-carrying"),
        case("mm:w0%lid v2 w10", [CITY, Q], [], id="which-the-first-does-no-more"),
        case("mm:w10%lid q:w12 v2 t31 t32", [BOTH, ONE], ["opened 12@12"], id="a-stream-that-is-gone-as-it-last-did"),
        case("mm:w10%lid q:w12 v2 t32", [BOTH, NONE], [], id="while-it-is-kept"),
        case("mm:w10%lid q:w12 v2 v3 t32", [BOTH, ONE, BACK], [], id="until-it-is-back-and-says-otherwise"),
        case("mm:w10%lid q:w12 v2 v1 t32", [BOTH, ONE], ["opened 12@12"], id="or-the-same"),
        case("mm:w0%lid v2 w30", [CITY, carrying(lid=30)], ["opened 30@30"], id="as-old-as-may-be-by-the-new"),
        case("mm:w0%lid v2 w20", [CITY, carrying(lid=19)], [], id="less-old-by-the-new"),
        case(
            "mm:w0%load v2 w10",
            [CITY, carrying(rule(Above(column="load")), lid=20, load=20)],
            [],
            id="each-column-from-its-own-first-version-on",
        ),
        case(
            "mm:w0%lid v2 w10",
            [CITY, carrying(lid=20, load=20)],
            ["opened 10@10"],
            id="whatever-another-column-does",
        ),
        case(
            "mm:w10%lid v2 w10 t30",
            [city(rule(OPEN), streams=streams({}, lateness=10)), carrying(lateness=10)],
            ["opened 10@10"],
            id="readings-that-wait-are-accepted-when-they-go",
        ),
        case(
            "mm:w10%lid w10 v2 t30",
            [carrying(lateness=10), city(rule(OPEN), streams=streams({}, lateness=10))],
            [],
            id="positions-that-wait-take-what-is-carried-when-they-go",
        ),
        case(
            "mm:w10%lid t50 w30@50 v2 w31@50",
            [carrying(rule(OPEN, version="1")), carrying(rule(OPEN, version="2"), lid=21)],
            ["opened 30@30"],
            id="a-changed-rule-keeps-its-open-episode",
        ),
    ],
)
def test_versions(script: str, versions: list[Version], expected: list[str]) -> None:
    check(script, versions, expected)


def test_readings_of_a_line_that_was_forgotten_are_still_carried() -> None:
    version = city(rule(OPEN), streams=streams({"lid": 300}), forget=100)
    check("mm:w0%lid t150 w150", version, ["opened 150@150"])
