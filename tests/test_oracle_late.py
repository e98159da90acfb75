"""The oracle against timelines worked out by hand: rules 14 to 18 of docs/concepts/time.md.

How to read a timeline: tests/timelines.py. What is expected is the events in their order, as `told` writes them.
"""

from __future__ import annotations

import pytest

from pipeline.version import Version
from tests.timelines import check, journal
from tests.tiny_city import Lidded, Restless, Shift, Silent, Twice, city, rule, stream

LINES = [stream("p"), stream("q")]
SHORT = [stream("p", gap=50), stream("q", gap=50)]
case = pytest.param
SILENT = city(rule(Silent()))  # wrong from 50 s of silence on
ASSUME = rule(for_=50, assume=200)


@pytest.mark.parametrize(
    "script, versions, expected",
    [
        case("w0 t60 w40@61", SILENT, ["opened 50@50", "withdrawn 50"], id="a-row-before-silence-began"),
        case("w0 t60 w50@61", SILENT, ["opened 50@50", "ended 50-50 clear"], id="a-row-when-it-began-ends-it"),
        case("w0 t60 w40@61 t111", SILENT, ["opened 50@50", "withdrawn 50", "opened 90@90"], id="silence-begins-again"),
        case("w0 t50 r40@51", city(ASSUME), ["opened 0@50", "withdrawn 0"], id="a-right-row-before-assumed"),
        case("w0 t50 r50@51", city(ASSUME), ["opened 0@50", "withdrawn 0"], id="a-right-row-at-its-confirmed"),
        case("w0 t50 r51", city(ASSUME), ["opened 0@50", "ended 0-51 clear"], id="a-right-row-after-it"),
        case(
            "w0 t50 w40@51 r45@52",
            city(ASSUME),
            ["opened 0@50", "withdrawn 0"],
            id="a-wrong-row-does-not-confirm-early",
        ),
        case("w0 t50 r40@51 w45@52 t97", city(ASSUME), ["opened 0@50", "withdrawn 0"], id="the-run-is-dropped"),
        case(
            "w0 t50 r40@51 w45@52 t102",
            city(ASSUME),
            ["opened 0@50", "withdrawn 0", "opened 45@95"],
            id="another-begins",
        ),
        case("w0 t201 w40@202", city(ASSUME), ["opened 0@50", "ended 0-0 gap", "reopened 0"], id="assume-reopened"),
        case(
            "w0 t201 r40@202", city(ASSUME), ["opened 0@50", "ended 0-0 gap", "withdrawn 0"], id="ended-and-withdrawn"
        ),
        case("w0 t51 w40@52", city(rule(gap=50)), ["opened 0@0", "ended 0-0 gap", "reopened 0"], id="gap-reopened"),
        case("w0 t51 w50@52", city(rule(gap=50)), ["opened 0@0", "ended 0-0 gap", "reopened 0"], id="at-exactly-gap"),
        case(
            "w0 t51 w51@52",
            city(rule(gap=50)),
            ["opened 0@0", "ended 0-0 gap", "opened 51@51"],
            id="the-row-says-so-too",
        ),
        case(
            "w0 t51 r40@52",
            city(rule(gap=50)),
            ["opened 0@0", "ended 0-0 gap", "reopened 0", "ended 0-40 clear"],
            id="reopened-and-ended",
        ),
        case("w0 t60 w40@61", city(rule(gap=50, for_=40)), ["opened 0@40"], id="ticks-drop-no-run"),
        case("w0 t100 w40@101 t170", city(rule(Shift())), ["opened 100@100", "withdrawn 100"], id="no-id-twice"),
    ],
)
def test_14_provisional(script: str, versions: Version, expected: list[str]) -> None:
    check(script, versions, expected)


@pytest.mark.parametrize(
    "script, version, counts",
    [
        case("w0 w300 w150@301", city(), {"live": 2, "disordered": 1}, id="no-gap-at-exactly-the-streams"),
        case("w0 w301 w150@302 w160@303", city(), {"live": 2, "late": 2}, id="filled-and-still-taking-rows"),
        case(
            "w0 w301 w0@302 w301@303", city(), {"live": 2, "disordered": 1, "repeated": 1}, id="its-ends-are-not-in-it"
        ),
        case(
            "r0 r100 r200 r300 r400 r500 w50@501",
            city(streams=SHORT),
            {"live": 6, "disordered": 1},
            id="the-fifth-pushes",
        ),
        case("r0 r100 r200 r300 r400 w50@501", city(streams=SHORT), {"live": 5, "late": 1}, id="four-are-remembered"),
        case("r0 r400 t1350 w350@1351", city(forget=1000), {"live": 2, "late": 1}, id="not-forgotten"),
        case("r0 r400 r1300 t1401 w400@1402", city(forget=1000), {"live": 3, "too old": 1}, id="forgotten"),
        case("r0 q:r100 r400 w200@401", city(streams=LINES), {"live": 3, "late": 1}, id="lines-have-gaps-not-keys"),
    ],
)
def test_15_remembered_gaps(script: str, version: Version, counts: dict[str, int]) -> None:
    assert dict(journal(script, version).outcome().counts) == counts


GAP = rule(gap=50)
BROKEN = city(GAP, streams=SHORT)
LATE = "opened 100@100 late"


@pytest.mark.parametrize(
    "script, versions, expected",
    [
        case(
            "r0 r500 w100@501 w120@502 r130@503",
            city(rule(gap=50, for_=20), streams=SHORT),
            ["opened 100@120 late", "ended 100-130 clear"],
            id="judged-like-any-key",
        ),
        case(
            "r0 r500 w100+w120+r130@501",
            city(rule(gap=50, for_=20), streams=SHORT),
            ["opened 100@120 late", "ended 100-130 clear"],
            id="in-one-delivery",
        ),
        case(
            "w0 r500 w40@501 w80@502 w200@503",
            BROKEN,
            ["opened 0@0", "ended 0-0 gap", "reopened 0", "ended 0-80 gap", "opened 200@200 late"],
            id="from-the-state-it-had",
        ),
        case(
            "w0 r500 w480@501",
            BROKEN,
            ["opened 0@0", "ended 0-0 gap", "opened 480@480 late", "ended 480-480 gap"],
            id="ends-when-it-is-filled",
        ),
        case(
            "w0 r500 w40@501",
            city(rule(gap=50, for_=40), streams=SHORT),
            ["opened 0@40 late"],
            id="a-run-goes-on-in-it",
        ),
        case(
            "w0 r500 r40@501",
            BROKEN,
            ["opened 0@0", "ended 0-0 gap", "reopened 0", "ended 0-40 clear"],
            id="ends-in-it",
        ),
        case(
            "w0 r500 n40@501",
            BROKEN,
            ["opened 0@0", "ended 0-0 gap", "reopened 0"],
            id="neither-stands-for-wrong-in-it",
        ),
        case("r0 r500 w100@501 w150@502 w200@503 r501", BROKEN, [LATE], id="open-in-it"),
        case(
            "r0 r100 w50@101 r200 r300 r400 r500",
            city(GAP, streams=[stream(gap=40)]),
            ["opened 50@50 late", "ended 50-50 gap"],
            id="pushed-out",
        ),
        case(
            "r0 r500 w100@501 r1400 t1501",
            city(GAP, streams=SHORT, forget=1000),
            [LATE, "ended 100-100 gap"],
            id="forgotten",
        ),
        case(
            "r0 r500 w450@501",
            BROKEN,
            ["opened 450@450 late", "ended 450-450 gap"],
            id="filled-at-exactly-the-streams-gap",
        ),
        case("r0 r500 w449@501", BROKEN, ["opened 449@449 late"], id="not-filled-yet"),
        case("r0 r500 w100@501 r1400 t1500", city(GAP, streams=SHORT, forget=1000), [LATE], id="not-forgotten-yet"),
        case(
            "w0 r500 r100@501",
            city(rule(), streams=SHORT),
            ["opened 0@0", "ended 0-500 clear"],
            id="went-on-through-it",
        ),
        case("w0 r500 w100@501", city(rule(gap=500, for_=9), streams=SHORT), [], id="not-longer-than-its-gap"),
        case("r0 q:r200 r500 w100@501", BROKEN, [], id="another-line-spoke-in-it"),
        case("r0 q:r0 r500 w100@501", BROKEN, [LATE], id="another-line-was-silent-too"),
        case(
            "r0 r500 v2 w100@501",
            [BROKEN, city(GAP, rule(id="y", gap=50), streams=SHORT)],
            [LATE],
            id="a-later-rule-is-not",
        ),
        case("r0 R500 W100@501", city(rule(Lidded(), gap=50), streams=SHORT), [LATE], id="a-rule-that-has-had-no-row"),
        case(
            "r0 r500 w100@501 t999",
            city(rule(Silent(after=400)), streams=SHORT),
            ["opened 900@900"],
            id="late-rows-open-no-silence",
        ),
        case(
            "w0 w10 r500 w20@501",
            city(rule(Twice(), gap=50), streams=SHORT),
            ["opened 10@10", "ended 10-10 gap", "reopened 10"],
            id="with-the-memory-it-had",
        ),
        case(
            "W0 r500 W40@501",
            city(rule(Lidded(), gap=50), streams=SHORT),
            ["opened 0@0"],
            id="the-row-after-was-none-for-the-rule",
        ),
        case(
            "W0 r500 W40@501 W480@502 R600",
            city(rule(Lidded(), gap=50), streams=SHORT),
            ["opened 0@0", "ended 0-0 gap"],
            id="the-row-after-was-none-for-the-rule-so-late-rows-say-nothing",
        ),
    ],
)
def test_16_late_rows(script: str, versions: Version | list[Version], expected: list[str]) -> None:
    check(script, versions, expected)


LONG = rule(for_=50, assume=1000)


@pytest.mark.parametrize(
    "script, versions, expected",
    [
        case(
            "w0 t60 w500 w40@501",
            SILENT,
            ["opened 50@50", "ended 50-500 clear", "withdrawn 50"],
            id="before-silence-began",
        ),
        case(
            "w0 t60 w500 w100@501 w150@502",
            SILENT,
            ["opened 50@50", "ended 50-500 clear", "ended 50-100 clear"],
            id="brings-its-end-forward",
        ),
        case(
            "w0 t60 w500 w50@501",
            SILENT,
            ["opened 50@50", "ended 50-500 clear", "ended 50-50 clear"],
            id="when-it-began",
        ),
        case("w0 w400 t460 w500 w40@501", SILENT, ["opened 450@450", "ended 450-500 clear"], id="of-its-own-gap-only"),
        case(
            "w0 t50 w500 r30@501",
            city(ASSUME, streams=SHORT),
            ["opened 0@50", "ended 0-0 gap", "withdrawn 0"],
            id="assumed",
        ),
        case(
            "w0 w500 r50@501",
            city(ASSUME, streams=SHORT),
            ["opened 0@50", "ended 0-0 gap", "withdrawn 0"],
            id="assumed-by-the-row-after-the-gap",
        ),
        case(
            "w0 t50 w500 r80@501",
            city(ASSUME, streams=SHORT),
            ["opened 0@50", "ended 0-0 gap", "reopened 0", "ended 0-80 clear"],
            id="right-after-its-confirmed",
        ),
        case(
            "w0 t50 w500 w50@501 r80@502",
            city(ASSUME, streams=SHORT),
            ["opened 0@50", "ended 0-0 gap", "reopened 0", "ended 0-80 clear"],
            id="a-late-row-completes-it",
        ),
        case(
            "w0 t50 w50 r30@51", city(LONG, streams=[stream(gap=40)]), ["opened 0@50"], id="a-row-when-due-completes-it"
        ),
        case("w0 t50 w100 r30@101", city(LONG, streams=SHORT), ["opened 0@50"], id="a-row-has-completed-it-since"),
        case(
            "w0 t50 r100 r30@101",
            city(LONG, streams=SHORT),
            ["opened 0@50", "ended 0-100 clear"],
            id="a-right-row-beyond-the-due-time-has-completed-it-too",
        ),
        case(
            "w0 t130 w60@131 r30@132 w120@133",
            city(rule(for_=100, assume=200), streams=SHORT),
            ["opened 0@100", "withdrawn 0"],
            id="no-row-has-in-a-hold-that-went-on",
        ),
        case(
            "w0 t50 r100 r60@101",
            city(LONG, streams=SHORT),
            ["opened 0@50", "ended 0-100 clear"],
            id="after-it-in-such-a-hold",
        ),
    ],
)
def test_17_late_rows_and_ticks(script: str, versions: Version, expected: list[str]) -> None:
    check(script, versions, expected)


def x(version: str, **hold: float) -> Version:
    return city(rule(version=version, **hold), streams=SHORT)  # type: ignore[arg-type]  # seconds alone


@pytest.mark.parametrize(
    "script, versions, expected",
    [
        case("w0 w10 v2 w20 w30", [x("1", for_=20), x("2", for_=20)], [], id="a-changed-rule-drops-its-run"),
        case("w0 w10 v2 w20 w40", [x("1", for_=20), x("2", for_=20)], ["opened 20@40"], id="and-begins-another"),
        case("w0 w10 v2 n20 n40", [x("1", for_=20), x("2", for_=20)], ["opened 20@40"], id="the-last-answer-stays"),
        case("w0 w10 v2 w20", [x("1", for_=20), x("1", for_=20)], ["opened 0@20"], id="an-unchanged-one-drops-nothing"),
        case("w0 r10 v2 r30 r49", [x("1", clear=20), x("2", clear=20)], ["opened 0@0"], id="drops-its-clear-run"),
        case("w0 v2 r30", [x("1", clear=20), x("2")], ["opened 0@0", "ended 0-30 clear"], id="ends-by-the-new-rule"),
        case(
            "w0 v2 w60", [x("1"), x("2", gap=50)], ["opened 0@0", "ended 0-0 gap", "opened 60@60"], id="by-its-gap-too"
        ),
        case(
            "w0 w10 r20 v2", [x("1", clear=20), city(streams=SHORT)], ["opened 0@0", "ended 0-10 removed"], id="removed"
        ),
        case("w0 t60 v2", [SILENT, city()], ["opened 50@50", "ended 50-50 removed"], id="removed-in-silence"),
        case(
            "W0 w60 t60 v2",
            [city(rule(Restless())), city()],
            ["opened 0@0", "opened 30@30", "ended 0-0 removed", "ended 30-60 removed"],
            id="removed-after-another-row",
        ),
        case(
            "w0 t51 v2",
            [x("1", gap=50), city(streams=SHORT)],
            ["opened 0@0", "ended 0-0 gap"],
            id="removed-when-it-had-ended",
        ),
        case(
            "w0 t50 v2 r40@60",
            [x("1", for_=50, assume=99), x("2", for_=50, assume=99)],
            ["opened 0@50", "withdrawn 0"],
            id="assumed-goes-on-as-assumed",
        ),
        case(
            "w0 t50 v2 w60 r70",
            [x("1", for_=50, assume=99), x("2", for_=90)],
            ["opened 0@50", "ended 0-70 clear"],
            id="assumed-goes-on-by-the-new-rule",
        ),
        case(
            "r0 r500 w100@501 v2 w110@502 w120@503 w130@504",
            [x("1", for_=20, gap=50), x("2", for_=20, gap=50)],
            ["opened 110@130 late"],
            id="in-remembered-gaps-too",
        ),
        case(
            "r0 r500 w100@501 v2 w110@502",
            [x("1", gap=50), city(streams=SHORT)],
            [LATE, "ended 100-100 removed"],
            id="removed-in-a-remembered-gap",
        ),
        case("w0 v2 v1 q:w0", [x("1"), city(streams=SHORT)], ["opened 0@0", "ended 0-0 removed"], id="no-id-twice"),
        case(
            "w0 v2 v1 q:w0 w10 r20 w30",
            [x("1"), city(streams=SHORT)],
            ["opened 0@0", "ended 0-0 removed", "opened 30@30"],
            id="the-run-without-an-id-has-its-end",
        ),
    ],
)
def test_18_versions(script: str, versions: list[Version], expected: list[str]) -> None:
    check(script, versions, expected)


def test_18_an_episode_keeps_the_version_that_opened_it() -> None:
    out = journal("w0 v2 r10 w20", x("1"), x("2")).outcome()
    assert [(e.started, e.rule_version) for e in out.episodes.values()] == [(0, "1"), (20, "2")]
