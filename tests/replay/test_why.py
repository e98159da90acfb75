"""`replay.why` on small timelines (tests/timelines.py says how to read them), the demo's city, and drawn journals."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from cases.case import Case
from cases.making import Standing, judge
from pipeline.engine import Engine, LoadVersion
from pipeline.journal import JournalBatch
from pipeline.names import Names
from pipeline.version import Version
from replay.why.asking import Asked, of_case, of_time
from replay.why.story import Is, Line, Story
from replay.why.survey import NotToldOf, which_case
from replay.why.turning import What
from tests.drawn import journals, rolled
from tests.timelines import Journal, journal, journal_batches
from tests.tiny_city import Lidded, Low, Silent, city, rule, stream


class Kept:
    """A timeline that reads like a journal, in pieces of `step` entries."""

    first = 0

    def __init__(self, drawn: Journal, step: int = 65_536) -> None:
        ((_, self.batch),) = journal_batches(drawn.entries)
        self.step = step

    def read(self, start: int = 0, max_rows: int = 65_536) -> Iterator[JournalBatch]:
        for at in range(start, len(self.batch), min(max_rows, self.step)):
            yield JournalBatch(at, self.batch.slice(at, min(max_rows, self.step)))


def loading(drawn: Journal) -> LoadVersion:
    def load(payload: bytes, names: Names) -> Version:
        version = drawn.version(payload)
        return replace(version, world=version.world.bind(names))

    return load


def every_case(drawn: Journal) -> dict[str, Case]:
    engine, standing = Engine(loading(drawn)), Standing()
    for piece in Kept(drawn).read():
        standing.take(judge(engine, piece.batch, piece.first))
    return standing.cases


ASKED = Asked(clock=lambda ts: f"{ts:g}", everything=True)


def about_case(drawn: Journal, case: Case, asked: Asked = ASKED, step: int = 65_536) -> Story:
    return of_case(Kept(drawn, step), (loading(drawn), None), case, asked)


def about_time(drawn: Journal, at: float, asked: Asked = ASKED, **how: str | float | None) -> Story:
    by = (loading(drawn), None)
    given = {"rule": "x", "subject": "a", "part": None, "around": None} | how
    return of_time(Kept(drawn), by, given.pop("rule"), given.pop("subject"), at, asked, **given)  # type: ignore[arg-type]


def brief(line: Line) -> str:
    """`10 wrong: wrong begins`; `tick 75: ended: gap`; `30 late right`; `20 -: set aside …` for a row not judged."""
    head = "" if line.kind is Is.ROW else f"{line.kind} "
    late = "late " if line.late else ""
    said = [each.what.value for each in line.transitions if each.what is not What.SILENCE_NEVER]
    said = [line.unjudged, *said] if line.unjudged else said
    return f"{head}{line.ts:g} {late}{line.judged or '-'}".replace(" -", "" if line.kind is not Is.ROW else " -") + (
        f": {', '.join(said)}" if said else ""
    )


LINES = [stream("p"), stream("q")]
READINGS = [stream("m")]
UNHEARD = "late, and no row for the rule's hold: that had gone on through this silence, or said nothing then"
SAME = "one with another row of the same time, or after a wrong one of it"
case = pytest.param


@pytest.mark.parametrize(
    "script, version, expected, conclusion",
    [
        case(
            "r0 w10 w20 w30 r40 r50 r60",
            city(rule(for_=20, clear=10)),
            [
                "0 right",
                "10 wrong: wrong begins",
                "20 wrong: wrong goes on",
                "30 wrong: opened",
                "40 right: right begins",
                "50 right: ended: clear",
            ],
            "There was a case because it was wrong from 10 to 30, for 20 s, and no row said otherwise."
            " It ended at 40: it was right again.",
            id="opened-and-cleared",
        ),
        case(
            "w0 r5 w10 n20 w30",
            city(rule(for_=20)),
            [
                "0 wrong: wrong begins",
                "5 right: dropped by a right row",
                "10 wrong: wrong begins",
                "20 neither: wrong goes on",
                "30 wrong: opened",
            ],
            "There was a case because it was wrong from 10 to 30, for 20 s, and no row said otherwise. It goes on.",
            id="a-right-row-before-it",
        ),
        case(
            "w0 w10 w90 w100 w110 t111 t161",
            city(rule(for_=20, gap=50)),
            [
                "0 wrong: wrong begins",
                "10 wrong: wrong goes on",
                "90 wrong: dropped by a gap, wrong begins",
                "100 wrong: wrong goes on",
                "110 wrong: opened",
                "tick 161: ended: gap",
            ],
            "There was a case because it was wrong from 90 to 110, for 20 s, and no row said otherwise."
            " It ended at 110: no row came for longer than the rule allows.",
            id="gap",
        ),
        case(
            "w0 r10 w20 r30 r45",
            city(rule(clear=15)),
            [
                "0 wrong: opened",
                "10 right: right begins",
                "20 wrong: wrong again",
                "30 right: right begins",
                "45 right: ended: clear",
            ],
            "There was a case because it was wrong at 0: the rule wants no more than one such row."
            " It ended at 30: it was right again.",
            id="wrong-again",
        ),
        case(
            "w0 t60 r50@61",
            city(rule(for_=50, assume=200)),
            ["0 wrong: wrong begins", "tick 60: opened", "50 right: withdrawn"],
            "There was a case because it was wrong from 0 to 50, for 50 s, and silence counts as what the last row"
            " said. It was taken back: a row that came later says otherwise.",
            id="assumed-and-withdrawn",
        ),
        case(
            "w0 w10 t100 w50@101",
            city(rule(gap=50)),
            ["0 wrong: opened", "10 wrong", "tick 100: ended: gap", "50 wrong: reopened"],
            "There was a case because it was wrong at 0: the rule wants no more than one such row. It goes on.",
            id="reopened",
        ),
        case(
            "r0 r400 w100@401 w110@402 w120@403 r500",
            city(rule(for_=20, gap=50), streams=[stream(gap=50)]),
            [
                "0 right",
                "400 right",
                "100 late wrong: wrong begins",
                "110 late wrong: wrong goes on",
                "120 late wrong: opened by late rows",
                "500 right",
            ],
            "There was a case because it was wrong from 100 to 120, for 20 s, and no row said otherwise. That was"
            " known late, from rows that came after others. It goes on.",
            id="late-rows",
        ),
        case(
            "r0 r400 w100+w110+w120+r130@401",
            city(rule(for_=20, gap=50), streams=[stream(gap=50)]),
            [
                "0 right",
                "400 right",
                "100 late wrong: wrong begins",
                "110 late wrong: wrong goes on",
                "120 late wrong: opened by late rows",
                "130 late right: ended: clear",
            ],
            "There was a case because it was wrong from 100 to 120, for 20 s, and no row said otherwise. That was"
            " known late, from rows that came after others. It ended at 130: it was right again.",
            id="an-upload-in-one-delivery",
        ),
        case(
            "r0 r400 w350+w360+w370@401",
            city(rule(gap=50)),
            [
                "0 right",
                "400 right",
                "350 late wrong: opened by late rows, ended: gap filled",
                "360 late wrong: reopened, ended: gap filled",
                "370 late wrong: reopened, ended: gap filled",
            ],
            "There was a case because it was wrong at 350: the rule wants no more than one such row. That was known"
            " late, from rows that came after others. It ended at 370: the rows that came late end there, and nothing"
            " is joined across a gap.",
            id="an-end-taken-back-in-one-delivery",
        ),
        case(
            "w0 t60 r70",
            city(rule(Silent())),
            [
                "0 neither: silence would be wrong",
                "tick 60: opened by silence",
                "70 neither: ended: heard again, silence would be wrong",
            ],
            "There was a case because nothing was heard after the row of 0: from 50 on that is wrong by the rule."
            " It ended at 70: it was heard again.",
            id="silence",
        ),
        case(
            "w0 t60 r30@61",
            city(rule(Silent())),
            [
                "0 neither: silence would be wrong",
                "tick 60: opened by silence",
                "30 neither: withdrawn, silence would be wrong",
            ],
            "There was a case because nothing was heard after the row of 0: from 50 on that is wrong by the rule."
            " It was taken back: a row that came later says otherwise.",
            id="silence-withdrawn",
        ),
        case(
            "W0 w5 W10",
            city(rule(Lidded(), for_=10)),
            ["0 wrong: wrong begins", "5 -: no row for the rule: it lacks lid", "10 wrong: opened"],
            "There was a case because it was wrong from 0 to 10, for 10 s, and no row said otherwise. It goes on.",
            id="a-row-lacks-a-column",
        ),
        case(
            "w0 w10 w10 w5 w20",
            city(rule(for_=20)),
            [
                "0 wrong: wrong begins",
                "10 wrong: wrong goes on",
                "10 -: set aside: repeated, a row of this time has come before",
                "5 -: set aside: disordered, newer rows have come before",
                "20 wrong: opened",
            ],
            "There was a case because it was wrong from 0 to 20, for 20 s, and no row said otherwise. It goes on.",
            id="repeated-and-disordered",
        ),
        case(
            "w0 w1000@10 w10",
            city(rule(for_=10)),
            [
                "0 wrong: wrong begins",
                "1000 -: set aside: its time is 16 min 30 s after it was received",
                "10 wrong: opened",
            ],
            "There was a case because it was wrong from 0 to 10, for 10 s, and no row said otherwise. It goes on.",
            id="from-the-future",
        ),
        case(
            "w0 q:w10 p+q:w20 q:r30",
            city(rule(for_=20), streams=LINES),
            [
                "0 wrong: wrong begins",
                "10 wrong: wrong goes on",
                f"20 -: {SAME}",
                "20 wrong: opened",
                "30 right: ended: clear",
            ],
            "There was a case because it was wrong from 0 to 20, for 20 s, and no row said otherwise."
            " It ended at 30: it was right again.",
            id="two-streams",
        ),
        case(
            "w0 w10 v2 w20",
            city(rule(for_=20)),
            ["0 wrong: wrong begins", "10 wrong: wrong goes on", "version nan: rule goes on", "20 wrong: opened"],
            "There was a case because it was wrong from 0 to 20, for 20 s, and no row said otherwise. It goes on.",
            id="a-version-with-the-same-rule",
        ),
        case(
            "m:w0%k m:w5%l m:w10%k",
            city(rule(Low(), for_=10), streams=READINGS),
            ["0 wrong: wrong begins", "10 wrong: opened"],
            "There was a case because it was wrong from 0 to 10, for 10 s, and no row said otherwise. It goes on.",
            id="a-metric-is-a-key",
        ),
    ],
)
def test_a_case(script: str, version: Version, expected: list[str], conclusion: str) -> None:
    drawn = journal(script, version, version)
    (found,) = every_case(drawn).values()
    story = about_case(drawn, found)
    assert [brief(line) for line in story.lines] == expected
    assert story.conclusion == conclusion


@pytest.mark.parametrize(
    "script, version, at, expected, conclusion",
    [
        case(
            "w0 w10 w14 r20 r30",
            city(rule(for_=20)),
            10,
            [
                "0 wrong: wrong begins",
                "10 wrong: wrong goes on",
                "14 wrong: wrong goes on",
                "20 right: dropped by a right row",
                "30 right",
            ],
            "No case: it was wrong for 14 s at most, and the rule wants 20 s; then it was right again.",
            id="not-long-enough",
        ),
        case(
            "w0 w10 w100",
            city(rule(for_=20, gap=50)),
            10,
            ["0 wrong: wrong begins", "10 wrong: wrong goes on", "100 wrong: dropped by a gap, wrong begins"],
            "No case: it was wrong for 10 s at most, and the rule wants 20 s; then no row came for longer than the"
            " rule allows.",
            id="dropped-by-a-gap",
        ),
        case(
            "r0 r10 n20",
            city(rule()),
            10,
            ["0 right", "10 right", "20 neither"],
            "No case: none of the 3 rows that were judged between -50 and 70 was wrong; the worst measure was 0.5.",
            id="never-wrong",
        ),
        case(
            "w0 w10",
            city(rule(Lidded())),
            5,
            ["0 -: no row for the rule: it lacks lid", "10 -: no row for the rule: it lacks lid"],
            "No case: 2 rows came between -55 and 65, none of which could be judged: no row for the rule: it lacks"
            " lid.",
            id="lacks-a-column",
        ),
        case(
            "w60.b w110.b",
            city(rule(classes=("bus",))),
            60,
            [
                "60 -: no row for the rule: the subject is not of class bus then",
                "110 -: no row for the rule: the subject is not of class bus then",
            ],
            "No case: 2 rows came between 0 and 120, none of which could be judged: no row for the rule: the subject"
            " is not of class bus then.",
            id="not-of-the-class",
        ),
        case(
            "m:w0%k m:w10%k",
            city(rule(Low(), metric="l"), streams=READINGS),
            5,
            ["0 -: no row for the rule: it is about k", "10 -: no row for the rule: it is about k"],
            "No case: 2 rows came between -55 and 65, none of which could be judged: no row for the rule: it is about"
            " k.",
            id="of-another-metric",
        ),
        case(
            "t0 w0.b t10 t900 w1000 t1000",
            city(rule(), down={"src": 30}),
            500,
            ["1000 wrong: opened"],
            "No case: no row of a came then: the source src was down from 10 to 900.",
            id="the-source-was-down",
        ),
        case(
            "w0 t20 t40",
            city(rule(Silent())),
            20,
            ["0 neither: silence would be wrong"],
            "No case: after its row of 0 silence would have been wrong from 50 on, and the recording ends at 40.",
            id="not-silent-for-long-enough",
        ),
        case(
            "w0 t60 r70",
            city(rule(Silent())),
            60,
            None,
            "There is a case at that time, ",
            id="there-is-one",
        ),
        case(
            "w0 v2 w10 w20",
            [city(rule(for_=20)), city(rule(for_=20, version="2"))],
            10,
            [
                "0 wrong: wrong begins",
                "version nan: dropped by a changed rule",
                "10 wrong: wrong begins",
                "20 wrong: wrong goes on",
            ],
            "No case: it was wrong for 10 s at most, and the rule wants 20 s.",
            id="the-rule-was-changed",
        ),
        case(
            "w0 v2 w10",
            [city(rule(for_=20)), city(rule(id="y"))],
            10,
            ["0 wrong: wrong begins", "version nan: rule removed"],
            "No case: no rule x was in force; there were: y.",
            id="the-rule-was-removed",
        ),
        case(
            "r0 w100.b r900",
            city(rule()),
            500,
            ["0 right", "900 right"],
            None,
            id="nothing-near-it",
        ),
    ],
)
def test_a_time(
    script: str,
    version: Version | list[Version],
    at: float,
    expected: list[str] | None,
    conclusion: str | None,
) -> None:
    versions = version if isinstance(version, list) else [version]
    subject = "b" if "classes=('bus'" in repr(versions[0].rules) else "a"
    story = about_time(journal(script, *versions), at, subject=subject)
    if expected is not None:
        assert [brief(line) for line in story.lines] == expected
    if conclusion is not None:
        assert story.conclusion.startswith(conclusion), story.conclusion


OPENINGS = (What.OPENED, What.OPENED_LATE, What.OPENED_BY_SILENCE)


def agrees(drawn: Journal) -> None:
    """Each case's story has its opening, where the case says it was, and all that became of it."""
    for found in every_case(drawn).values():
        story = about_case(drawn, found)
        said = [(line, each) for line in story.lines for each in line.transitions]
        opened = [each for _, each in said if each.what in OPENINGS and each.since == found.started]
        assert [each.until for each in opened] == [found.confirmed]
        ends = [each.until for _, each in said if each.what.startswith("ended") and each.since == found.started]
        assert found.withdrawn or math.isnan(found.ended) or ends[-1] == found.ended
        assert any(each.what is What.WITHDRAWN for _, each in said) or not found.withdrawn
        assert [line.turn for line in story.lines if line.kind is Is.ROW] == sorted(
            line.turn for line in story.lines if line.kind is Is.ROW
        )
        # Where a changed rule has dropped a run, a row that is neither begins it anew: wrong was the last answer.
        wrong = {line.ts for line in story.lines if line.judged in ("wrong", "neither")}
        silent = any(each.what is What.OPENED_BY_SILENCE for each in opened)
        assert silent or found.rule == "source_down" or found.started in wrong


def tells_a_time(drawn: Journal, chance: random.Random) -> None:
    rules = sorted({rule.id for version in drawn.versions.values() for rule in version.rules})
    for subject in "abc":
        asked = replace(ASKED, everything=chance.random() < 0.5)
        try:
            story = about_time(drawn, chance.uniform(0, 600), asked, rule=chance.choice(rules), subject=subject)
        except NotToldOf:
            continue
        assert story.conclusion.startswith(("No case", "There is a case"))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(journals())
def test_whatever_the_journal_the_story_agrees_with_its_cases(drawn: Journal) -> None:
    agrees(drawn)


@pytest.mark.parametrize("seed", range(7000, 7030))
def test_the_same_far_and_wide(seed: int) -> None:
    drawn = rolled(seed)
    agrees(drawn)
    if any(version.rules for version in drawn.versions.values()):
        tells_a_time(drawn, random.Random(seed))


@pytest.mark.parametrize("seed", range(7500, 7510))
def test_a_journal_in_any_pieces_is_the_same_story(seed: int) -> None:
    drawn = rolled(seed)
    for found in list(every_case(drawn).values())[:3]:
        stories = (about_case(drawn, found, step=step) for step in (65_536, 1, 7))
        whole, *pieces = (list(story.objects(lambda each: each.what.value)) for story in stories)
        assert pieces == [whole, whole]


def test_long_stretches_are_counted() -> None:
    rows = " ".join(f"w{at}" for at in range(10, 1000, 10))
    drawn = journal(f"r0 {rows} r1000", city(rule(for_=20)))
    (found,) = every_case(drawn).values()
    everything = about_case(drawn, found)
    short = about_case(drawn, found, replace(ASKED, everything=False))
    (left_out,) = [line for line in short.lines if line.kind is Is.OMITTED]
    assert left_out.count == left_out.wrong == len(everything.lines) - len(short.lines) + 1
    assert (left_out.measure, left_out.until) == (2.0, 960.0)
    assert short.conclusion == everything.conclusion


def test_which_case_is_meant() -> None:
    drawn = journal("w0 w100.b", city(rule()))
    first, second = every_case(drawn)
    by = (loading(drawn), None)
    assert which_case(Kept(drawn), by, second[:8]).subject == "b"
    with pytest.raises(NotToldOf, match="no case of this journal begins with 'zz'"):
        which_case(Kept(drawn), by, "zz")
    both = "".join(a for a, b in zip(first, second, strict=True) if a == b)[:0]
    with pytest.raises(NotToldOf, match="no case of this journal"):
        which_case(Kept(drawn), by, both)
