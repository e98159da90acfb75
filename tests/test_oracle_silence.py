"""The oracle against timelines worked out by hand: rules 9 to 13 of docs/concepts/time.md.

How to read a timeline: tests/timelines.py. What is expected is the events in their order, as `told` writes them.
"""

from __future__ import annotations

import math

import pytest

from pipeline.episode import Change
from pipeline.rows import Reading
from pipeline.version import Version
from tests.timelines import check, journal, told
from tests.tiny_city import Fast, Lidded, Low, Restless, Shift, Silent, city, rule, stream

WAITING = [stream("p", lateness=10), stream("q", lateness=10)]
TWO = [stream("p"), stream("q", "B")]
case = pytest.param
SILENT = city(rule(Silent()))  # wrong from 50 s of silence on
LATER = city(rule(), streams=WAITING)


@pytest.mark.parametrize(
    "script, version, expected",
    [
        case("w10=2 w20=5 w30=3", city(rule(for_=20)), (10, 30, 5, 0.01, ""), id="peak-of-the-run"),
        case(
            "w10=4 w20=5 w30=3 r35 w40=9", city(rule(for_=20, clear=10)), (10, 30, 9, 0.01, "yard"), id="peak-goes-on"
        ),
        case("w10=2 r20=-9 w30=3", city(rule(clear=99)), (10, 10, 3, 0.01, ""), id="of-wrong-rows"),
        case("w0=9 r5 w10=2 w30=3", city(rule(for_=20)), (10, 30, 3, 0.01, ""), id="from-started-on"),
        case("w10=4 t40", city(rule(for_=20, assume=100)), (10, 30, 4, 0.01, "yard"), id="assumed-confirms-when-due"),
        case("w10=4 w100=2", city(rule(for_=20, assume=100)), (10, 30, 4, 0.01, "yard"), id="by-a-row-too"),
        case(
            "mm:w10=3 mm:w20=2",
            city(rule(Low()), streams=[stream("mm")]),
            (10, 10, 2, math.nan, ""),
            id="smaller-is-worse",
        ),
        case(
            "mm:w10=3 mm:n20=0.5",
            city(rule(Low()), streams=[stream("mm")]),
            (10, 10, 0.5, math.nan, ""),
            id="neither-too",
        ),
        case("W10=3", city(rule(Lidded())), (10, 10, math.nan, 0.01, ""), id="no-measure"),
        case("w10=4 t60", city(rule(Silent())), (60, 60, math.nan, 0.01, ""), id="silence-is-where-it-was-last-seen"),
    ],
)
def test_9_what_an_episode_says(script: str, version: Version, expected: tuple[object, ...]) -> None:
    (e,) = journal(script, version).outcome().episodes.values()
    assert repr((e.started, e.confirmed, e.measure, e.lon, e.place)) == repr(
        tuple(float(v) if isinstance(v, int) else v for v in expected)
    )


@pytest.mark.parametrize(
    "script, versions, expected",
    [
        case("w0 w51", city(rule(gap=50)), ["opened 0@0", "ended 0-0 gap", "opened 51@51"], id="two-by-gap"),
        case("w0 w51", city(rule(assume=50)), ["opened 0@0", "ended 0-0 gap", "opened 51@51"], id="two-by-assume"),
        case("w0 w30 w60", city(rule(gap=50, for_=60)), ["opened 0@60"], id="one-without-a-gap"),
    ],
)
def test_10_two_episodes(script: str, versions: Version, expected: list[str]) -> None:
    check(script, versions, expected)


@pytest.mark.parametrize(
    "script, versions, expected",
    [
        case("w0@30 t79", SILENT, [], id="a-slow-link-is-not-silence"),
        case("w0@30 t80", SILENT, ["opened 50@50"], id="silence-counts-from-received"),
        case("w30@0 t50", SILENT, ["opened 80@80"], id="a-fast-clock-does-not-put-it-off"),
        case(
            "w0@100 w60@101",
            city(rule(gap=50)),
            ["opened 0@0", "ended 0-0 gap", "opened 60@60"],
            id="between-rows-by-ts",
        ),
        case("w0 w40@100", city(rule(gap=50)), ["opened 0@0"], id="between-rows-not-by-received"),
        case("w0@10 t69", city(rule(Silent()), streams=WAITING), [], id="less-lateness"),
        case("w0@10 t70", city(rule(Silent()), streams=WAITING), ["opened 50@50"], id="less-lateness-reached"),
        case("W0 r20 t30", city(rule(Restless(), for_=1)), ["opened 30@30"], id="a-rule-counts-from-its-own-last-row"),
    ],
)
def test_11_silence(script: str, versions: Version, expected: list[str]) -> None:
    check(script, versions, expected)


DOWN = {"src": 30.0}
BOTH = city(streams=TWO, down=DOWN)


@pytest.mark.parametrize(
    "script, versions, expected",
    [
        case("t0 t30 t60", city(down=DOWN), [], id="not-longer-than-down"),
        case(
            "t0 t31",
            city(down=DOWN),
            ["opened 0@30 src source_down", "ended 0-31 clear src source_down"],
            id="seen-after",
        ),
        case("t0 B:t0 B:t31", BOTH, ["opened 0@30 src source_down"], id="seen-while-it-lasts"),
        case("t0 B:t31 t40", BOTH, ["opened 0@30 src source_down", "ended 0-40 clear src source_down"], id="and-ends"),
        case(
            "t0 B:t31 t20",
            BOTH,
            ["opened 0@30 src source_down", "withdrawn 0 src source_down"],
            id="it-had-ticked-after-all",
        ),
        case("t0 B:t31 t0", BOTH, ["opened 0@30 src source_down"], id="the-same-tick-again-says-nothing"),
        case("src/a:t100 src/b:t80 src/a:t125", city(down=DOWN), [], id="by-tick-times-whatever-their-order"),
        case(
            "w0 t10 t100 t120 t149",
            city(rule(Silent()), down=DOWN),
            ["opened 10@40 src source_down", "ended 10-100 clear src source_down"],
            id="silence-counts-from-the-first-after",
        ),
        case(
            "w0 t10 t100 t110 t120 t130 t140 t150",
            city(rule(Silent()), down=DOWN),
            ["opened 10@40 src source_down", "ended 10-100 clear src source_down", "opened 50@50"],
            id="and-is-reached-then",
        ),
        case(
            "w0 t10 t100 w100",
            city(rule(gap=50), down=DOWN),
            [
                "opened 0@0",
                "opened 10@40 src source_down",
                "ended 10-100 clear src source_down",
                "ended 0-0 gap",
                "opened 100@100",
            ],
            id="between-rows-it-stays-a-difference-of-ts",
        ),
        case(
            "w0 t10 t200",
            city(rule(), down=DOWN, forget=100),
            ["opened 0@0", "opened 10@40 src source_down", "ended 10-200 clear src source_down"],
            id="nothing-is-forgotten-in-it",
        ),
    ],
)
def test_12_source_down(script: str, versions: Version, expected: list[str]) -> None:
    check(script, versions, expected)


@pytest.mark.parametrize(
    "script, versions, expected",
    [
        case("w0 t49", SILENT, [], id="not-yet"),
        case("w0 t50 t60 t70", SILENT, ["opened 50@50"], id="once"),
        case(
            "w0 t60 w100 t150",
            SILENT,
            ["opened 50@50", "ended 50-100 clear", "opened 150@150"],
            id="ends-with-the-next-row",
        ),
        case(
            "w0 t60 r100 r101",
            city(rule(Silent(), for_=99, clear=99)),
            ["opened 50@50", "ended 50-100 clear"],
            id="for-and-clear-do-not-apply",
        ),
        case("R0 t1000", city(rule(Restless())), [], id="never"),
        case("R0 N10 t1000", city(rule(Restless())), [], id="never-by-memory"),
        case("w0 t99 t100", city(rule(Shift())), ["opened 100@100"], id="by-a-schedule"),
        case("w60 t199", city(rule(Shift())), [], id="by-a-schedule-not-yet"),
        case(
            "mm:w0%k mm:w40%l t60",
            city(rule(Silent(), rows=Reading), streams=[stream("mm")]),
            ["opened 50@50 k"],
            id="of-any-kind",
        ),
    ],
)
def test_13_idle(script: str, versions: Version, expected: list[str]) -> None:
    check(script, versions, expected)


@pytest.mark.parametrize(
    "script, version, expected",
    [
        case("w0", city(rule()), [(-math.inf, 1)], id="before-any-tick"),
        case("t5 w7", city(rule()), [(5, 2)], id="a-row-at-once"),
        case("t5 w0 t9 t10", LATER, [(10, 4)], id="a-row-that-waited"),
        case("t15 w0", LATER, [(15, 2)], id="the-raw-tick-with-lateness"),
        case("w0 t60 w140", SILENT, [(60, 2), (60, 3)], id="what-a-tick-says"),
        case("src/a:t0 src/b:t0 w0 src/a:t60 src/b:t55", SILENT, [(55, 5)], id="the-effective-tick"),
        case("t0 B:t45", BOTH, [(45, 2)], id="source-down-by-another"),
        case("t5 w0 v1 v2", city(rule()), [(5, 2), (5, 4)], id="removed"),
    ],
)
def test_when_it_was_known(script: str, version: Version, expected: list[tuple[float, int]]) -> None:
    events = journal(script, version, city(streams=version.streams)).outcome().events
    assert [(event.known, event.position) for event in events] == expected


def test_the_outcome_keeps_what_was_withdrawn_apart() -> None:
    out = journal("w0 t60 w40@61", SILENT).outcome()
    assert not out.episodes
    assert [e.started for e in out.withdrawn.values()] == [50]
    assert out.events[-1].change is Change.WITHDRAWN


def test_only_entries_before_until() -> None:
    both = journal("w0 r10", city(rule(Fast())))
    assert told(both.outcome(until=2).events) == ["opened 0@0"]
