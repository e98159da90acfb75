"""The store of cases: effects with their position, once; reading; what the file refuses."""

from __future__ import annotations

import itertools
import math
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.case import iso
from cases.database_errors import NewerSchema, StoreBroken
from cases.making import RuleFacts
from cases.store import NoSuchCase, Store
from pipeline.episode import Change, Episode, EpisodeEvent, city_namespace, episode_id
from tests.cases.putting import known_of
from tests.cases.putting import put as file_all

NAN = math.nan
CITY = city_namespace("test")
RULES = {"overspeed": RuleFacts("vehicle.overspeed", "km/h"), "bin-full": RuleFacts("06042", "%")}


def episode(subject: str = "T1", started: float = 1000.0, rule: str = "overspeed", **known: object) -> Episode:
    """An open episode with what is `known` beside."""
    base = Episode(
        id=episode_id(CITY, rule, subject, started),
        rule=rule,
        rule_version="v1",
        subject=subject,
        part="",
        started=started,
        confirmed=started + 30,
        ended=NAN,
        reason="",
        measure=12.5,
        lon=121.47,
        lat=31.23,
        place="",
        late=False,
    )
    return msgspec.structs.replace(base, **known)


def event(change: Change, position: int, what: Episode) -> EpisodeEvent:
    return EpisodeEvent(change=change, known=what.confirmed, position=position, episode=what)


def life(subject: str, started: float, at: int) -> list[EpisodeEvent]:
    """Opened, ended, reopened, ended again: one position each, from `at` on."""
    going = episode(subject, started)
    worse = msgspec.structs.replace(going, measure=20.0)
    ended = msgspec.structs.replace(worse, ended=started + 60, reason="gap")
    again = msgspec.structs.replace(worse, ended=started + 90, reason="clear")
    changes = [(Change.OPENED, going), (Change.ENDED, ended), (Change.REOPENED, worse), (Change.ENDED, again)]
    return [event(change, at + n, what) for n, (change, what) in enumerate(changes)]


def put(
    store: Store,
    events: Iterable[EpisodeEvent],
    rules: Mapping[str, RuleFacts],
    through: int,
) -> int:
    return file_all(store, [known_of(e, rules[e.episode.rule]) for e in events], through)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "cases.sqlite") as opened:
        yield opened


def test_a_case_takes_category_and_unit_from_its_rule_at_opening(store: Store) -> None:
    going = episode()
    put(store, [event(Change.OPENED, 3, going)], RULES, through=5)
    ended = msgspec.structs.replace(going, ended=1100.0, reason="clear")
    put(store, [event(Change.ENDED, 9, ended)], {"overspeed": RuleFacts("other", "mph")}, through=9)
    (case,) = store.list()
    assert (case.category, case.unit) == ("vehicle.overspeed", "km/h")
    assert (case.opened_position, case.position, store.position) == (3, 9, 9)
    assert (case.ended, case.reason, case.open) == (1100.0, "clear", False)


@pytest.mark.parametrize(
    "upto, ended, open_",
    [
        pytest.param(1, NAN, True, id="opened"),
        pytest.param(2, 1060.0, False, id="ended"),
        pytest.param(3, NAN, True, id="reopened"),
        pytest.param(4, 1090.0, False, id="ended-again"),
    ],
)
@pytest.mark.parametrize("blocks", [pytest.param(True, id="one-by-one"), pytest.param(False, id="at-once")])
def test_the_last_event_is_how_it_stands(store: Store, upto: int, ended: float, open_: bool, blocks: bool) -> None:
    events = life("T1", 1000.0, at=0)[:upto]
    for part in [[e] for e in events] if blocks else [events]:
        put(store, part, RULES, through=part[-1].position)
    (case,) = store.list()
    assert case.open is open_
    assert case.ended == pytest.approx(ended, nan_ok=True)
    assert case.opened_position == 0


def test_withdrawn_cases_are_left_out_unless_asked_for(store: Store) -> None:
    taken_back, stays = episode("T1"), episode("T2")
    put(store, [event(Change.OPENED, 0, taken_back), event(Change.OPENED, 0, stays)], RULES, through=0)
    put(store, [event(Change.WITHDRAWN, 1, taken_back)], RULES, through=1)
    assert [c.subject for c in store.list()] == ["T2"]
    assert {c.subject for c in store.list(withdrawn=True)} == {"T1", "T2"}
    assert [c.subject for c in store.list(open=True, withdrawn=True)] == ["T2"]
    found = store.get(taken_back.id)
    assert found.withdrawn
    assert found.to_json()["withdrawn"] is True


def test_what_lies_at_or_before_the_position_is_skipped(store: Store) -> None:
    events = life("T1", 1000.0, at=0)
    assert put(store, events, RULES, through=10) == 4
    assert put(store, events[:2], RULES, through=1) == 0, "the tail judged again"
    assert store.position == 10
    assert store.list()[0].ended == 1090.0


def test_what_was_known_early_is_kept_while_older_things_wait(store: Store) -> None:
    put(store, [event(Change.OPENED, 4, episode("T2"))], RULES, through=2)
    assert (store.position, [c.subject for c in store.list()]) == (2, ["T2"])
    put(store, [event(Change.OPENED, 5, episode("T1"))], RULES, through=4)
    assert (store.position, len(store.list())) == (4, 2)


def test_the_worst_measure_of_what_goes_on_is_refreshed(store: Store) -> None:
    going, over = episode("T1"), episode("T2")
    events = [event(Change.OPENED, 0, going), event(Change.OPENED, 0, over)]
    put(store, [*events, event(Change.ENDED, 1, msgspec.structs.replace(over, ended=1100.0))], RULES, through=1)
    store.refresh({going.id: 99.0, over.id: 99.0, "nobody": 1.0})
    assert {c.subject: c.measure for c in store.list()} == {"T1": 99.0, "T2": 12.5}
    assert store.position == 1


def test_a_block_that_fails_leaves_neither_effect_nor_position(store: Store) -> None:
    good, bad = episode("T1"), msgspec.structs.replace(episode("T2"), rule_version=None)
    with pytest.raises(sa.exc.IntegrityError):
        put(store, [event(Change.OPENED, 4, good), event(Change.OPENED, 4, bad)], RULES, through=4)
    assert (store.list(), store.position) == ([], -1)


def test_what_stands_still_gets_its_place_from_the_caller(store: Store) -> None:
    bin_ = episode("B1", rule="bin-full", lon=NAN, lat=NAN)
    truck = episode("T1")
    events = [event(Change.OPENED, 0, bin_), event(Change.OPENED, 0, truck)]
    file_all(store, [known_of(e, RULES[e.episode.rule], (121.0, 31.0)) for e in events], through=0)
    assert {c.subject: (c.lon, c.lat) for c in store.list()} == {"B1": (121.0, 31.0), "T1": (121.47, 31.23)}


CUT = st.lists(st.integers(0, 24), max_size=8).map(lambda cuts: sorted({0, 24, *cuts}))


@settings(deadline=None, max_examples=25)
@given(cuts=CUT, again=st.lists(st.integers(0, 24), max_size=4))
def test_any_split_with_any_tail_judged_again_gives_the_same_cases(cuts: list[int], again: list[int]) -> None:
    lives = [life(f"T{n}", 1000.0 + n, at=0) for n in range(6)]
    events = [
        msgspec.structs.replace(e, position=position)
        for position, e in enumerate(e for turn in zip(*lives, strict=True) for e in turn)
    ]
    with Store(None) as whole, Store(None) as split:
        put(whole, events, RULES, through=23)
        for low, high in itertools.pairwise(cuts):
            put(split, events[low:high], RULES, through=high - 1)
            for start in again:  # a restart from an older snapshot, up to here
                if start < high:
                    put(split, events[start:high], RULES, through=high - 1)
        assert [msgspec.json.encode(c) for c in split.list()] == [msgspec.json.encode(c) for c in whole.list()]


@pytest.mark.parametrize(
    "wanted, subjects",
    [
        pytest.param({}, ["A", "C", "B", "D"], id="all-by-start-and-id"),
        pytest.param({"open": True}, ["A", "C", "B"], id="open"),
        pytest.param({"open": False}, ["D"], id="ended"),
        pytest.param({"rule": "bin-full"}, ["C"], id="rule"),
        pytest.param({"subject": "B"}, ["B"], id="subject"),
        pytest.param({"since": 20.0}, ["B", "D"], id="since"),
        pytest.param({"limit": 2}, ["B", "D"], id="the-newest-two"),
        pytest.param({"open": True, "rule": "overspeed", "limit": 1}, ["B"], id="together"),
    ],
)
def test_list(store: Store, wanted: dict[str, object], subjects: list[str]) -> None:
    whole = [
        episode("D", 30.0, id="1", ended=40.0, reason="clear"),
        episode("B", 20.0, id="2"),
        episode("C", 10.0, id="4", rule="bin-full"),
        episode("A", 10.0, id="3"),
    ]
    put(store, [event(Change.OPENED, 0, e) for e in whole], RULES, through=0)
    assert [c.subject for c in store.list(**wanted)] == subjects  # type: ignore[arg-type]


def test_get_by_id_or_its_beginning(store: Store) -> None:
    first, second, other = episode("A", id="3f2a-1"), episode("B", id="3f2a-12"), episode("C", id="77-0")
    put(store, [event(Change.OPENED, 0, e) for e in (first, second, other)], RULES, through=0)
    assert store.get("77").subject == "C"
    assert store.get("3F2A-1").subject == "A", "a whole id, though another begins so"
    with pytest.raises(NoSuchCase, match=r"several cases .* 3f2a-1, 3f2a-12; give more"):
        store.get("3f2a")
    for unknown in ("4", "", "%", "77_"):
        with pytest.raises(NoSuchCase, match="no case has"):
            store.get(unknown)


def test_json_has_exactly_the_promised_keys(store: Store) -> None:
    started = 1772352000.25
    bare = episode("T1", started, confirmed=started + 30.75, measure=NAN, lon=NAN, lat=NAN, place="zone-4")
    put(store, [event(Change.OPENED, 0, bare)], RULES, through=0)
    assert store.list()[0].to_json() == {
        "id": bare.id,
        "rule": "overspeed",
        "rule_version": "v1",
        "category": "vehicle.overspeed",
        "subject": "T1",
        "place": "zone-4",
        "lon": None,
        "lat": None,
        "started": "2026-03-01T08:00:00.250000Z",
        "confirmed": "2026-03-01T08:00:31Z",
        "ended": None,
        "measure": None,
        "unit": "km/h",
        "late": False,
        "number": "19700101-00001",
        "channel": "machine",
        "state": "reported",
        "members": 1,
        "responsible": None,
        "due": None,
    }


@pytest.mark.parametrize(
    "ts, text",
    [
        pytest.param(0.0, "1970-01-01T00:00:00Z", id="epoch"),
        pytest.param(-0.5, "1969-12-31T23:59:59.500000Z", id="before-it"),
        pytest.param(1772352000.1, "2026-03-01T08:00:00.100000Z", id="rounded-to-microseconds"),
        pytest.param(NAN, None, id="none"),
        pytest.param(1e18, None, id="beyond-the-calendar"),
    ],
)
def test_times(ts: float, text: str | None) -> None:
    assert iso(ts) == text


def test_a_reader_sees_what_is_committed_while_the_writer_writes(tmp_path: Path) -> None:
    file = tmp_path / "cases #1?.sqlite"  # a name that a URI would take for something else
    with Store(file) as writer:
        put(writer, life("T1", 1000.0, at=0), RULES, through=3)
        with Store(file, read_only=True) as reader:
            assert [c.subject for c in reader.list()] == ["T1"]
            put(writer, life("T2", 2000.0, at=4), RULES, through=7)
            assert [c.subject for c in reader.list()] == ["T1", "T2"]
            with pytest.raises(StoreBroken, match="readonly"):
                put(reader, life("T3", 3000.0, at=8), RULES, through=11)
    with Store(file) as again:
        assert again.position == 7
    assert file.exists()


def test_reading_where_nothing_is(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="gridwatch run"):
        Store(tmp_path / "cases.sqlite", read_only=True)
    (tmp_path / "empty.sqlite").touch()
    with Store(tmp_path / "empty.sqlite", read_only=True) as empty:
        assert (empty.list(), empty.position) == ([], -1)


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "cases.sqlite"
    Store(file).close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    for read_only in (False, True):
        with pytest.raises(NewerSchema, match=r"newer gridwatch \(schema 9999"):
            Store(file, read_only=read_only)
