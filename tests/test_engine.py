"""The engine against the oracle, and what docs/concepts/time.md says must always hold of it, on drawn journals."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.engine import Engine, NoVersion
from pipeline.entries import Kind
from pipeline.episode import Change, Episode, EpisodeEvent
from pipeline.names import Names
from pipeline.version import Version
from tests.drawn import journals, rolled
from tests.timelines import Journal, journal, journal_batches, numbered
from tests.tiny_city import Restless, city, rule, stream

SLOW = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def an_engine(drawn: Journal) -> Engine:
    def load(payload: bytes, names: Names) -> Version:
        version = drawn.version(payload)
        return replace(version, world=version.world.bind(names))

    return Engine(load)


def judged(drawn: Journal, cuts: Iterable[int] = (), restarts: Iterable[int] = ()) -> tuple[Engine, list[EpisodeEvent]]:
    """The engine fed with the journal cut into batches; after a batch that begins at one of `restarts` it is restored
    into a new one from its snapshot.
    """
    engine, events, again = an_engine(drawn), [], set(restarts)
    for first, batch in drawn.batches(cuts):
        events += engine.feed(batch, first)
        if first in again:
            data = engine.snapshot()
            engine = an_engine(drawn)
            engine.restore(data)
    return engine, events


def exact(episode: Episode) -> tuple[object, ...]:
    """Every field, NaN being equal to itself."""
    values = (getattr(episode, name) for name in episode.__struct_fields__)
    return tuple("nan" if isinstance(v, float) and math.isnan(v) else v for v in values)


def final(engine: Engine, events: list[EpisodeEvent]) -> dict[str, tuple[object, ...]]:
    """The episodes that stand, open ones with their worst measure so far."""
    found: dict[str, Episode] = {}
    for event in events:
        if event.change is Change.WITHDRAWN:
            del found[event.episode.id]
        else:
            found[event.episode.id] = event.episode
    standing = {episode.id: episode for episode in engine.episodes()}
    assert set(standing) == {id for id, episode in found.items() if math.isnan(episode.ended)}
    return {id: exact(episode) for id, episode in (found | standing).items()}


def said(events: list[EpisodeEvent]) -> list[tuple[object, ...]]:
    return [(event.position, event.known, event.change, *exact(event.episode)) for event in events]


def same_as_oracle(drawn: Journal) -> None:
    engine, events = judged(drawn)
    outcome = drawn.outcome()
    assert final(engine, events) == {id: exact(episode) for id, episode in outcome.episodes.items()}
    assert +engine.counts == +outcome.counts
    # The order at one position is nobody's business, but what became known there is.
    assert Counter(said(events)) == Counter(said(outcome.events))


def anyhow_same_as_oracle(drawn: Journal) -> None:
    """In one batch, in two with a restart between, and one entry at a time."""
    same_as_oracle(drawn)
    whole, n = said(judged(drawn)[1]), len(drawn.entries)
    for cut in range(1, n):
        assert said(judged(drawn, [cut], [0])[1]) == whole
    engine, events = judged(drawn, range(1, n), range(n))
    assert said(events) == whole
    assert +engine.counts == +drawn.outcome().counts


@SLOW
@given(journals())
def test_the_same_as_the_oracle(drawn: Journal) -> None:
    same_as_oracle(drawn)


@pytest.mark.parametrize("seed", range(0, 400, 8))
def test_the_same_as_the_oracle_far_and_wide(seed: int) -> None:
    for one in range(seed, seed + 8):
        same_as_oracle(rolled(one))


@SLOW
@given(journals(), st.data())
def test_any_split_and_any_restart_the_same_events(drawn: Journal, data: st.DataObject) -> None:
    n = len(drawn.entries)
    cuts = data.draw(st.lists(st.integers(1, max(1, n - 1)), unique=True))
    restarts = data.draw(st.lists(st.sampled_from([0, *cuts]), unique=True, max_size=3))
    _, whole = judged(drawn)
    _, parts = judged(drawn, cuts, restarts)
    assert said(parts) == said(whole)


@pytest.mark.parametrize("seed", range(3000, 3100))
def test_one_entry_at_a_time_the_same_events(seed: int) -> None:
    drawn = rolled(seed)
    everywhere = range(1, len(drawn.entries))
    assert said(judged(drawn, everywhere)[1]) == said(judged(drawn)[1])


@SLOW
@given(journals(), st.randoms(use_true_random=False))
def test_deliveries_again_the_same_episodes(drawn: Journal, chance: random.Random) -> None:
    """Each delivery may come again, right behind itself, any number of times."""
    entries = []
    for entry in drawn.entries:
        entries += [entry[1:]] * (chance.randint(1, 3) if entry[1] == Kind.DELIVERY else 1)
    again = Journal(numbered(entries), drawn.versions)
    assert final(*judged(again)) == final(*judged(drawn))


@pytest.mark.parametrize("seed", range(4000, 4060))
def test_lines_of_other_keys_between_change_nothing(seed: int) -> None:
    """Rows of further subjects, put anywhere between, leave what is said of the others as it was."""
    drawn, chance = rolled(seed), random.Random(seed)
    deliveries = [entry for entry in drawn.entries if entry[1] == Kind.DELIVERY]
    mixed = []
    for entry in drawn.entries:
        mixed.append(entry[1:])
        if deliveries and entry[0] and chance.random() < 0.3:
            _, kind, source, topic, received, payload = chance.choice(deliveries)
            for subject in (b'"a"', b'"b"', b'"c"'):
                payload = payload.replace(subject, b'"z' + subject[1:])
            mixed.append((kind, source, topic, received, payload))
    engine, events = judged(Journal(numbered(mixed), drawn.versions))
    others = {id: episode for id, episode in final(engine, events).items() if not str(episode[3]).startswith("z")}
    assert others == final(*judged(drawn))


@pytest.mark.parametrize("seed", range(5000, 5040))
def test_rows_of_one_line_in_any_order_within_lateness(seed: int) -> None:
    """Wrong and right rows every 5 s, delivered up to 20 s out of order: with 30 s of lateness the episodes are the
    same.
    """
    chance = random.Random(seed)
    rows = [f"{chance.choice('wwrn')}{5 * i}" for i in range(40)]
    late = sorted(rows, key=lambda row: float(row[1:]) + chance.uniform(0, 20))
    version = city(rule(for_=10, clear=5, gap=25), streams=[stream(lateness=30)])

    def script(order: list[str]) -> str:
        return " ".join(f"{row}@{5 * i} t{5 * i}" for i, row in enumerate(order)) + " t230 t260"

    assert final(*judged(journal(script(late), version))) == final(*judged(journal(script(rows), version)))


TWO = [stream("p"), stream("q")]
LATER = [stream("p", lateness=20), stream("q")]


#  415   420   570   571      forget 150: q's line is forgotten by the tick at 570, and the key with it
@pytest.mark.parametrize(
    "script, version",
    [
        pytest.param("q:w430@415 t416 w420 t570", city(rule(), streams=TWO, forget=150), id="before-the-tick"),
        pytest.param("q:w430@415 w420 t570", city(rule(), streams=LATER, forget=150), id="let-go-by-the-tick"),
        pytest.param("q:w430@415 w420 t570 w571", city(rule(), streams=LATER, forget=150), id="and-another-behind"),
        pytest.param("w430@415 w420 t570", city(rule(), streams=LATER[:1], forget=150), id="of-one-line"),
        pytest.param(
            "W300 t405 W330@405",
            city(rule(Restless(), gap=20), streams=[stream(gap=20)], forget=100),
            id="at-the-time-of-a-silence-that-was-forgotten",
        ),
    ],
)
def test_rows_about_the_tick_that_forgets_their_line(script: str, version: Version) -> None:
    anyhow_same_as_oracle(journal(script, version))


def test_entries_that_are_missing_are_noticed() -> None:
    drawn = journal("w0 w10 t20", city(rule()))
    engine = an_engine(drawn)
    (_, batch), *_ = journal_batches(drawn.entries)
    with pytest.raises(ValueError, match="entries are missing"):
        engine.feed(batch.slice(2), 2)


def test_entries_that_were_seen_are_skipped() -> None:
    drawn = journal("w0 w10 t20", city(rule()))
    engine = an_engine(drawn)
    (_, batch), *_ = journal_batches(drawn.entries)
    assert [str(event.change) for event in engine.feed(batch, 0)] == ["opened"]
    assert engine.feed(batch, 0) == []
    assert engine.feed(batch.slice(0, 1), 0) == []
    assert engine.position == len(drawn.entries)


def test_deliveries_before_any_version_are_an_error() -> None:
    drawn = Journal(numbered(entry[1:] for entry in journal("w0", city(rule())).entries[1:]), {})
    (first, batch), *_ = journal_batches(drawn.entries)
    with pytest.raises(NoVersion, match="before any version"):
        an_engine(drawn).feed(batch, first)


def test_a_snapshot_of_something_else_is_refused() -> None:
    drawn = journal("w0", city(rule()))
    with pytest.raises(ValueError, match="no snapshot"):
        an_engine(drawn).restore(b"something else altogether")


#  0     160   180   .     355   355
#        w     t     v2    t     n      `for` is assumed by the tick at 355, or no more: v2 changes the rule
#  10    .     15    20    25    40
#  w     v2    t     r     t     t      waits for its stream's lateness, which v2 takes away
@pytest.mark.parametrize(
    "script, versions",
    [
        pytest.param(
            "w160 t180 v2 t355 n355",
            [
                city(rule(for_=10, clear=10, gap=50), streams=[stream(gap=20)]),
                city(rule(version="2", assume=200), streams=[stream(gap=20)], id="2"),
            ],
            id="what-a-changed-rule-dropped-is-no-run",
        ),
        pytest.param(
            "w10 t15 v2 t40 t50",
            [city(rule(), streams=[stream(lateness=20)]), city(rule(), streams=[stream()], id="2")],
            id="rows-that-wait-go-by-a-tick-when-lateness-is-taken-away",
        ),
        pytest.param(
            "t5 w10 t15 v2 r12@20 t25 t40",
            [city(rule(), streams=[stream(lateness=20)]), city(rule(), streams=[stream()], id="2")],
            id="or-are-overtaken",
        ),
        pytest.param(
            "q:w10 v2 r12 q:w20@15 t15 t20 t40",
            [
                city(rule(), streams=[stream("p"), stream("q", lateness=20)]),
                city(rule(), streams=[stream("p")], id="2"),
            ],
            id="rows-of-a-stream-that-is-gone-wait-as-it-last-said",
        ),
        pytest.param(
            "r100 w180@200 t200 w110@200 w120@200 w130@200 B:t325 v2",
            [
                city(rule(for_=10, gap=30), streams=[stream(gap=20), stream("mm", "B")]),
                city(streams=[stream(gap=20), stream("mm", "B")], id="2"),
            ],
            id="what-a-removed-rule-had-open-in-a-gap-ends-by-its-own-sources-tick",
        ),
        pytest.param(
            "B:t100 t110 v2 t160 t200",
            [
                city(rule(), streams=[stream(), stream("mm", "B")], down={"B": 30}),
                city(rule(), streams=[stream()], id="2"),
            ],
            id="a-source-that-is-gone-is-not-watched",
        ),
        pytest.param(
            "B:t100 t160 v2 t170 v3 B:t300 t310",
            [
                city(rule(), streams=[stream(), stream("mm", "B")], down={"B": 30}),
                city(rule(), streams=[stream()], id="2"),
                city(rule(), streams=[stream(), stream("mm", "B")], down={"B": 30}, id="3"),
            ],
            id="and-that-it-was-down-is-over",
        ),
    ],
)
def test_a_version_between_rows_and_the_tick_that_concerns_them(script: str, versions: list[Version]) -> None:
    anyhow_same_as_oracle(journal(script, *versions))
