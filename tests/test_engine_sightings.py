"""Sightings in the engine: a key for each track, a stream's own `forget`, and nothing left of tracks that are gone."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pipeline.entries import Kind
from pipeline.numbering import PassingNumbers
from pipeline.rows import Sighting
from pipeline.version import Rule, Version
from tests.drawn import rolled
from tests.test_engine import anyhow_same_as_oracle, judged
from tests.timelines import Journal, finals, journal, numbered, told
from tests.tiny_city import Parked, SeenRestless, SeenTwice, Shift, city, rule, stream


def test_two_cars_parked_in_one_picture_are_two_episodes() -> None:
    version = city(rule(Parked(), for_=20), streams=[stream("s", forget=60)])
    drawn = journal("s:w10%17#bay+w10%18 s:w30%17#bay+w30%18 s:r40%17+w40%18 t50 t200", version)
    _, events = judged(drawn)
    assert told(events) == [
        "opened 10@30 17",
        "opened 10@30 18",
        "ended 10-40 clear 17",
        "ended 10-40 forgotten 18",
    ]
    places = {e.episode.part: e.episode.place for e in events}
    assert places == {"17": "bay", "18": ""}
    assert all(math.isnan(e.episode.lon) and math.isnan(e.episode.lat) for e in events)
    assert len({e.episode.id for e in events}) == 2
    anyhow_same_as_oracle(drawn)


def seen(*rules: Rule, gap: float = 300, forget: float = 60) -> Version:
    return city(*rules, streams=[stream("s", gap=gap, forget=forget)])


#  310   411         412   420      forget 100: the silence from 400 on was said, and the track forgotten, at 411
#  10    80    90                   forget 60: forgotten at 80, and its number is another's at 90
@pytest.mark.parametrize(
    "script, version, finally_",
    [
        pytest.param(
            "s:w310%7 t411 s:w320%7@412 t412 t420 t600",
            seen(rule(Shift(), rows=Sighting), rule(Parked(), "y"), forget=100),
            ["310@310-310 forgotten", "320@320-320 forgotten", "400@400-400 forgotten"],
            id="a-track-that-comes-again-opens-nothing-again",
        ),
        pytest.param(
            "s:w10%1 t10 t80 s:w90%2 t90 s:w95%2 t95 t200",
            seen(rule(SeenTwice(), clear=20)),
            ["95@95-95 forgotten"],
            id="what-was-remembered-of-another-track-is-not-there",
        ),
        pytest.param(
            "s:w10%1 t10 t80 s:n90%2 t90 s:n95%2 t95 t200",
            seen(rule(Parked(), clear=20)),
            ["10@10-10 forgotten"],
            id="nor-is-its-last-answer",
        ),
        pytest.param(
            "s:w10%1 t10 t75 s:w80%2 t80 s:w85%2 t85 t140 t150",
            seen(rule(Parked(), for_=60, assume=200)),
            ["10@70-10 forgotten", "80@140-85 forgotten"],
            id="an-assumed-episode-goes-with-its-track",
        ),
        pytest.param(
            "s:W10%1 t10 t75 s:R80%2 t80 t180",
            seen(rule(SeenRestless())),
            ["10@10-10 forgotten", "40@40-40 forgotten"],
            id="so-does-a-silence",
        ),
        pytest.param(
            "s:w10%1 s:w100%1 s:w50%1 s:r60%1 t100 t165 s:w170%2 s:w250%2 s:w200%2 t250 t400",
            seen(rule(Parked(), gap=20), gap=20),
            [
                *("10@10-10 gap", "50@50-60 clear", "100@100-100 gap"),
                *("170@170-170 gap", "200@200-200 gap", "250@250-250 gap"),
            ],
            id="and-its-remembered-gaps",
        ),
        pytest.param(
            "s:w10%1 p:w10 t100 p:w110 t200 t400",
            city(rule(Parked()), rule(id="y"), streams=[stream("s", forget=60), stream("p")], forget=150),
            ["10@10-10 forgotten", "10@10-110 forgotten"],
            id="each-stream-by-its-own-forget",
        ),
        pytest.param(
            "t200 s:w130%1 s:w145%1 s:r150%1 t210",
            seen(rule(Parked())),
            ["145@145-150 clear"],
            id="older-than-that-is-too-old",
        ),
        pytest.param(
            "sq:r1%1#b s:w10%1#b sq:w10%1#a t40",
            city(rule(Parked()), streams=[stream("s", lateness=20), stream("sq", lateness=20)]),
            ["10@10 open"],
            id="rows-that-are-one-go-by-the-names-of-their-zones",
        ),
    ],
)
def test_tracks_come_and_go(script: str, version: Version, finally_: list[str]) -> None:
    drawn = journal(script, version)
    assert finals(drawn.outcome()) == finally_
    anyhow_same_as_oracle(drawn)


@pytest.mark.parametrize("order", ["a b", "b a"])
def test_names_that_come_in_another_order_change_nothing(order: str) -> None:
    version = city(rule(Parked()), streams=[stream("s", lateness=20)])
    first, second = (f"s:w10%1#{zone}" for zone in order.split())
    _, events = judged(journal(f"{first} {second} t40", version))
    assert [event.episode.place for event in events] == ["a"]


def passing(tracks: int) -> Journal:
    """Tracks that each stand for 20 s before camera a, one after the other, forgotten after 60 s; and rows of others
    that are set aside, every one another track's.
    """
    version = city(
        rule(Parked(), for_=10), rule(SeenRestless(), "y", gap=30), streams=[stream("s", gap=20, forget=60)], ahead=0
    )
    script = []
    for i in range(tracks):
        at = 100 + i * 10
        script += [f"s:W{at:g}%{i + 1}", f"s:w{at + 5:g}%{10**6 + i}@{at + 4:g}", f"s:w{at - 90:g}%{10**7 + i}@{at:g}"]
        script += [f"t{at:g}", f"s:W{at + 9:g}%{i}+w{at + 9:g}%{i + 1}"]
    return journal(" ".join(script), version)


def test_nothing_grows_with_the_tracks_that_have_gone() -> None:
    sizes = []
    for tracks in (60, 240):
        drawn = passing(tracks)
        for cuts in (range(0, len(drawn.entries), 40), range(0, len(drawn.entries), 7)):
            engine, _ = judged(drawn, cuts)
            kind = engine.kinds["sighting"]
            assert len(kind.key_numbers) < 60
            assert len(kind.line_numbers) < 60
            assert kind.lines.keys.size < 60
            assert all(state.keys.size < 60 for state in engine.rules.values())
            assert all(len(state.slot_of) < 60 for state in engine.rules.values())
        sizes.append(len(engine.snapshot()))
    assert sizes[1] < 1.2 * sizes[0]


def test_tracks_beyond_32_bits_of_many_cameras() -> None:
    version = city(rule(Parked()), streams=[stream("s", forget=60)])
    tracks = [2**62, 2**62 + 1, 0]
    script = " ".join(f"s:w{10 + i}.{subject}%{track}" for i in range(3) for subject in "abc" for track in tracks)
    drawn = journal(script, version)
    _, events = judged(drawn)
    assert {(e.episode.subject, e.episode.part) for e in events} == {(s, str(t)) for s in "abc" for t in tracks}
    anyhow_same_as_oracle(drawn)


@pytest.mark.parametrize("first", range(0, 320, 20))
def test_of_tracks_that_have_gone_nothing_is_left(first: int) -> None:
    """Whatever came: after enough ticks no number is taken, and what the rules keep is as if none had ever been."""
    for seed in range(first, first + 20):
        drawn = rolled(seed)
        streams = [one for version in drawn.versions.values() for one in version.streams if one.rows is Sighting]
        if any(one.forget is None for one in streams) or not streams:
            continue
        ends = max(entry[4] for entry in drawn.entries)
        members = {(entry[2], entry[3]) for entry in drawn.entries if entry[1] in (Kind.TICK, Kind.JOIN)}
        ticks = [(Kind.TICK, *m, ends + 15.0 * i, b"") for i in range(1, 40) for m in sorted(members | {("src", "")})]
        engine, _ = judged(Journal(numbered([*(entry[1:] for entry in drawn.entries), *ticks]), drawn.versions))
        kind = engine.kinds["sighting"]
        assert isinstance(kind.key_numbers, PassingNumbers)
        assert not kind.key_numbers.taken.any()
        assert np.isnan(kind.lines.lines["received"]).all()
        assert (kind.lines.gaps["line"] == -1).all()
        assert not any(kind.lines.of_line.values())
        for state in engine.rules.values():
            if state.rule.kind is Sighting:
                assert not state.slot_of
                assert not state.watched
                assert state.memory is None or not state.memory.view(np.uint8).any()
                tables = [state.keys, state.gaps] + ([state.silence.states] if state.silence else [])
                for table, (name, (_, default)) in ((t, field) for t in tables for field in t.fields.items()):
                    np.testing.assert_array_equal(table[name], default, name)
