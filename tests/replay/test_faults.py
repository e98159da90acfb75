"""Faults that befall deliveries: what is read instead of a recording, and what each does."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import groupby, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.entries import SCHEMA, Kind
from replay.faults import parse
from tests.drawn import journals
from tests.replay.faulted import (
    Recording,
    deliveries,
    entries,
    likely,
    loading,
    others,
    pieces,
    plain,
    said,
    talk,
    who,
)
from tests.timelines import Journal, journal
from tests.tiny_city import city, rule, stream

DRAWN = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
CARRIAGE = ["drop=30%", "gap=50s@30%", "upload=50s@30%", "repeat=40s@60%", "reorder=80%", "reorder=25s@60%"]
TALK = talk(60, 80)


# ---- dice and blocks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [*CARRIAGE, ", ".join(CARRIAGE[:-1])])
@given(drawn=journals(), rows=st.integers(1, 40))
@DRAWN
def test_blocks_of_any_size_give_the_same_entries(text: str, drawn: Journal, rows: int) -> None:
    found = pieces(drawn, text, 3, rows)
    assert [entry for piece in found for entry in piece.batch.to_pylist()] == [
        entry for piece in pieces(drawn, text, 3) for entry in piece.batch.to_pylist()
    ]
    assert all(0 < piece.batch.num_rows <= rows and piece.batch.schema == SCHEMA for piece in found)


@pytest.mark.parametrize("text", CARRIAGE)
def test_ticks_and_versions_stay(text: str) -> None:
    assert others(entries(TALK, text, 1)) == others(plain(TALK))


@pytest.mark.parametrize("text", CARRIAGE)
def test_a_seed_is_a_recording(text: str) -> None:
    assert entries(TALK, text, 1) == entries(TALK, text, 1)
    assert entries(TALK, text, 1) != entries(TALK, text, 2)
    assert entries(TALK, text, 1) != plain(TALK)


@pytest.mark.parametrize("text", [text for text in CARRIAGE if text != "reorder=80%"])
def test_what_happens_to_one_subject_is_its_own(text: str) -> None:
    """Dice are thrown for what a delivery is: a recording of a part of it has the same faults. (What may come between
    others is not the same there.)
    """
    part = Journal([e for e in TALK.entries if e[1] != Kind.DELIVERY or who(e[1:]) in ("s3", "s9")], TALK.versions)
    mine = [entry for entry in deliveries(entries(TALK, text, 1)) if who(entry) in ("s3", "s9")]
    assert sorted(deliveries(entries(part, text, 1))) == sorted(mine)


def test_another_fault_does_not_change_the_dice_of_one() -> None:
    dropped = set(deliveries(plain(TALK))) - set(deliveries(entries(TALK, "drop=30%", 1)))
    with_gaps = set(deliveries(entries(TALK, "gap=100s@20%", 1))) - set(
        deliveries(entries(TALK, "drop=30%, gap=100s@20%", 1))
    )
    assert with_gaps < dropped


# ---- how it is read --------------------------------------------------------------------------------------------------


def test_positions_ascend_from_the_first() -> None:
    found = pieces(TALK, "drop=30%, repeat=30%", 1, 100, first=70)
    assert found[0].first == 70
    assert all(one.end == other.first for one, other in pairwise(found))


def test_only_from_the_beginning() -> None:
    reader = parse("drop").entries(Recording(TALK, 70), loading(TALK), 1)
    assert reader.first == 70
    with pytest.raises(ValueError, match="from the beginning"):
        next(iter(reader.read(71)))


def test_a_version_may_be_in_force_before_the_first_entry() -> None:
    drawn = Journal(TALK.entries[1:], TALK.versions)
    faults = parse("gap=100s")
    lost = list(faults.entries(Recording(drawn), loading(drawn), 1, current=b"v1").read())
    assert sum(piece.batch.num_rows for piece in lost) < len(drawn.entries)


@pytest.mark.parametrize("text", ["", "jitter, skew, freeze, bias", "drop=0%", "gap=1min@0%", "repeat=0%", "upload@0%"])
def test_what_never_happens_changes_nothing(text: str) -> None:
    assert entries(TALK, text, 1) == plain(TALK)


@pytest.mark.parametrize("text", ["drop=100%", "gap=1min@100%"])
def test_what_always_happens_leaves_nothing(text: str) -> None:
    assert entries(TALK, text, 1) == others(plain(TALK))


def test_nobodys_deliveries_are_only_lost_or_repeated() -> None:
    nobody = journal("zz:w10 zz:w20 t30 zz:w40 t100", city())
    assert entries(nobody, "gap=1min@100%, upload=1min@100%", 1) == plain(nobody)
    assert deliveries(entries(nobody, "drop=100%", 1)) == []
    assert len(deliveries(entries(nobody, "repeat=100%", 1))) == 6


# ---- what each does --------------------------------------------------------------------------------------------------


def test_drop() -> None:
    n = len(deliveries(plain(TALK)))
    found = entries(TALK, "drop=20%", 1)
    assert likely(n, 0.2)(n - len(deliveries(found)))
    kept = set(found)
    assert [entry for entry in plain(TALK) if entry in kept] == found


def test_repeat() -> None:
    n, found = len(deliveries(plain(TALK))), entries(TALK, "repeat=25s@20%", 1)
    seen, first, copies, now = set(), [], [], 0.0
    for entry in found:
        if entry in seen and entry[0] == Kind.DELIVERY:
            copies.append(now - entry[3])
        else:
            first.append(entry)
            seen.add(entry)
            now = max(now, entry[3])
    assert first == plain(TALK)
    assert likely(n, 0.2)(len(copies))
    assert min(copies) >= 0
    assert 20 < max(copies) < 25, "by what had come before"


def stretches(text: str, gone: bool) -> dict[str, list[list[float]]]:
    """Subject -> runs of its deliveries (their times) that are not as they were."""
    found = set(entries(TALK, text, 1))
    runs = defaultdict(list)
    for subject, mine in groupby(sorted(deliveries(plain(TALK)), key=lambda e: (who(e), e[3])), key=who):
        for kept, run in groupby(mine, key=lambda entry: entry in found):
            if not kept:
                runs[subject].append([entry[3] for entry in run])
    assert gone == (len(deliveries(list(found))) < len(deliveries(plain(TALK))))
    return runs


@pytest.mark.parametrize("text, gone", [("gap=100s@20%", True), ("upload=100s@20%", False)])
def test_stretches_are_hit_by_subject(text: str, gone: bool) -> None:
    """800 seconds of each of 60 subjects in stretches of 100: the first and the last are cut off."""
    runs = [run for mine in stretches(text, gone).values() for run in mine]
    whole = [run for run in runs if run[0] > 1010 and run[-1] < 1790]
    assert {len(run) % 10 for run in whole} == {0}, "ten deliveries a stretch, or two stretches"
    hit = sum(len(run) for run in runs)
    assert likely(60 * 8, 0.2)(round(hit / 10))
    assert len({run[0] % 100 for run in whole}) > 20, "each subject's at times of its own"


def test_upload() -> None:
    found = entries(TALK, "upload=100s@30%", 1)
    before = {said(entry): entry[3] for entry in deliveries(plain(TALK))}
    assert sorted(map(said, deliveries(found))) == sorted(before)
    ticked = 0.0
    order: dict[str, list[float]] = defaultdict(list)
    for entry in found:
        if entry[0] == Kind.DELIVERY:
            came, sent = entry[3], before[said(entry)]
            assert sent <= came <= sent + 100
            end = ticked + 10 if ticked < 1800 else 1900  # or when the recording ends
            assert came == sent or ticked < came <= end, "with the others, at the end of the stretch"
            order[who(entry)].append(sent)
        ticked = max(ticked, entry[3]) if entry[0] == Kind.TICK else ticked
    assert all(times == sorted(times) for times in order.values()), "oldest first, and before what came after"
    late = [entry for entry in deliveries(found) if entry[3] != before[said(entry)]]
    assert max(Counter(entry[3] for entry in late).values()) == 10


def test_reorder_at_lateness_0_keeps_each_subjects_order() -> None:
    found = entries(TALK, "reorder", 1)
    assert found != plain(TALK)
    assert sorted(found) == sorted(plain(TALK))
    ticks = [set(run) for _, run in groupby(found, key=lambda entry: entry[0] == Kind.DELIVERY)]
    assert ticks == [set(run) for _, run in groupby(plain(TALK), key=lambda entry: entry[0] == Kind.DELIVERY)]
    for subject in ("s0", "s7"):
        times = [entry[3] for entry in deliveries(found) if who(entry) == subject]
        assert times == sorted(times)


def test_reorder_looks_at_a_thousand_deliveries_at_most() -> None:
    silent = talk(30, 100, tick=1e6)
    found, before = deliveries(entries(silent, "reorder=100%", 1)), deliveries(plain(silent))
    for begin in range(0, 3000, 1000):
        assert set(found[begin : begin + 1000]) == set(before[begin : begin + 1000])
        assert found[begin : begin + 1000] != before[begin : begin + 1000]


def test_reorder_within_lateness_moves_deliveries_of_one_subject() -> None:
    patient = talk(10, 80, lateness=40)
    found = entries(patient, "reorder", 1)
    assert sorted(found) == sorted(plain(patient)), "also when they were received"
    times = [entry[3] for entry in deliveries(found) if who(entry) == "s3"]
    assert times != sorted(times)
    ticked = 0.0
    for entry in found:
        assert entry[0] != Kind.DELIVERY or ticked < entry[3] + 40, "its turn has not come yet"
        ticked = max(ticked, entry[3]) if entry[0] == Kind.TICK else ticked


def test_reorder_beyond_is_received_later() -> None:
    found = entries(TALK, "reorder=25s", 1)
    before = {said(entry): entry[3] for entry in deliveries(plain(TALK))}
    assert sorted(map(said, deliveries(found))) == sorted(before)
    later = [entry[3] - before[said(entry)] for entry in deliveries(found)]
    moved = [much for much in later if much]
    assert likely(len(later), 0.5)(len(moved))
    assert min(moved) > 0
    assert 24 < max(moved) <= 25
    assert [e[3] for e in deliveries(found)] == sorted(e[3] for e in deliveries(found))


VERSIONS = [city(rule(), streams=[stream(lateness=50)]), city(rule(), streams=[stream(lateness=50)], id="2")]


@pytest.mark.parametrize("text", ["repeat=40s@100%", "reorder=100%"])
def test_what_must_change_nothing_passes_no_version(text: str) -> None:
    """It might be read otherwise then."""
    reloaded = journal("w10 w20.b w25.c t30 w31 v2 t40 w41 t100", *VERSIONS)
    for seed in range(20):
        found = entries(reloaded, text, seed)
        at = found.index((Kind.VERSION, "", "", 0.0, b"v2"))
        assert {entry[3] for entry in deliveries(found[:at])} == {10.0, 20.0, 25.0, 31.0}
        assert {entry[3] for entry in deliveries(found[at:])} == {41.0}


@pytest.mark.parametrize("other, passes", [("src", True), ("B", False)])
def test_what_two_sources_let_go_is_not_put_off(other: str, passes: bool) -> None:
    lines = [stream("p", lateness=50), stream("q", other, lateness=50), stream("z", "B")]
    shared = journal("t0 B:t0 p+q:w10 B:t61 t40 t100", city(streams=lines))
    found = [[entry[3] for entry in entries(shared, "reorder=100%", seed)[1:]] for seed in range(20)]
    assert any(order.index(10.0) > order.index(61.0) for order in found) == passes


def test_what_is_on_its_way_when_the_recording_ends_comes_then() -> None:
    found = entries(journal("w10 t11", city()), "repeat=1h@100%", 1)
    assert [entry[0] for entry in found] == [Kind.VERSION, Kind.DELIVERY, Kind.TICK, Kind.DELIVERY]


def test_a_delivery_of_several_is_its_first_rows() -> None:
    """Which is lost with a subject's, and stays where it is otherwise."""
    shared = journal("w10.b+w11.a w12.a w13.b t20", city())
    orders = {tuple(e[3] for e in deliveries(entries(shared, "reorder=100%", seed))) for seed in range(20)}
    assert orders == {(11.0, 12.0, 13.0), (11.0, 13.0, 12.0)}
    lost = [entries(shared, "gap=60s@50%", seed) for seed in range(40)]
    left = [{entry[3] for entry in deliveries(found)} for found in lost]
    assert {11.0} not in left, "it shares the fate of b's"
    assert {11.0, 13.0} in left
    assert {12.0} in left
