"""Bad messages of cameras: never an exception, always counted once, and the good beside it is kept."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.codecs.decode import compile_streams
from connectors.codecs.pictures import CHUNK
from connectors.codecs.shape import MAX_DEPTH
from pipeline.entries import EntryBuffer, Kind
from pipeline.names import Names
from pipeline.rows import Sighting
from tests.connectors.mappings import decode
from tests.connectors.seen import TOPIC, cameras, car, picture, sent, without

GOOD = json.dumps(picture(car())).encode()


def nested(depth: int) -> bytes:
    """A good message with further arrays, in `depth` levels in all."""
    return GOOD[:-1] + b', "more": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


@pytest.mark.parametrize(
    "payload, detail",
    [
        pytest.param(b"", "truncated", id="empty"),
        pytest.param(b"\xff\xd8\xff\xe0", "got b'\\xff\\xd8\\xff\\xe0'", id="a-jpeg"),
        pytest.param(GOOD[:-1], "truncated", id="truncated"),
        pytest.param(GOOD + b"}", "trailing", id="trailing"),
        pytest.param(b"null", "", id="null"),
        pytest.param([picture(car())], "", id="a-list"),
        pytest.param(without(picture(car()), "ts"), "`ts`", id="no-time"),
        pytest.param(picture(car(), ts=None), "$.ts", id="time-null"),
        pytest.param(picture(car(), ts="1000"), "$.ts", id="time-as-text"),
        pytest.param(picture(car(), ts=True), "$.ts", id="time-true"),
        pytest.param(picture(car(), ts=float("nan")), "malformed", id="time-nan"),
        pytest.param(GOOD.replace(b"1000.5", b"1e999"), "out of range", id="time-1e999"),
        pytest.param(without(picture(car()), "objects"), "`objects`", id="no-objects"),
        pytest.param(picture() | {"objects": None}, "$.objects", id="objects-null"),
        pytest.param(picture() | {"objects": car()}, "$.objects", id="one-object-bare"),
        pytest.param(picture(*map(car, range(1001))), "length <= 1000", id="too-many-objects"),
        pytest.param(picture(*[5] * 1001), "length <= 1000", id="too-many-bad-objects"),
        pytest.param(GOOD.replace(b"objects", b"obj\xffcts"), "", id="a-key-that-is-not-utf-8"),
        pytest.param(GOOD.replace(b"car", b"c\xffr"), "", id="a-label-that-is-not-utf-8"),
        pytest.param(b"[" * 100_000, "", id="deep-and-cut"),
        pytest.param(nested(MAX_DEPTH + 1), "nested deeper", id="too-deep"),
        pytest.param(nested(50_000), "nested deeper", id="much-too-deep"),
        pytest.param(b"x" * 10_000_000, "", id="10-mb-of-nothing"),
        pytest.param(picture(without(car(), "track")), "`track`", id="no-track"),
        pytest.param(picture(without(car(), "label")), "`label`", id="no-label"),
        pytest.param(picture(without(car(), "box")), "`box`", id="no-box"),
        pytest.param(picture(None), "`object`", id="object-null"),
        pytest.param(picture(car(None)), "$.track", id="track-null"),
        pytest.param(picture(car(-1)), ">= 0", id="track-negative"),
        pytest.param(picture(car(1.5)), "$.track", id="track-in-parts"),
        pytest.param(picture(car("17")), "$.track", id="track-as-text"),
        pytest.param(picture(car(2**63)), "<= 9223372036854775807", id="track-too-large"),
        pytest.param(picture(car(10**400)), "", id="track-of-400-digits"),
        pytest.param(picture(car(label=2)), "$.label", id="label-a-number"),
        pytest.param(picture(car(label=None)), "$.label", id="label-null"),
        pytest.param(picture(car(box=[0, 0, 1])), "length 4", id="box-of-three"),
        pytest.param(picture(car(box=[0, 0, 1, 1, 1])), "length 4", id="box-of-five"),
        pytest.param(picture(car(box=None)), "$.box", id="box-null"),
        pytest.param(picture(car(box={"x": 0})), "$.box", id="box-an-object"),
        pytest.param(picture(car(box=[0, 0, 0, 0.1])), "empty or out of", id="box-without-width"),
        pytest.param(picture(car(box=[0, 0, 0.1, -0.1])), "empty or out of", id="box-upside-down"),
        pytest.param(picture(car(box=[100, 50, 80, 40])), "empty or out of", id="box-in-pixels"),
        pytest.param(picture(car(box=[1, 0, 0.1, 0.1])), "empty or out of", id="box-right-of-the-picture"),
        pytest.param(picture(car(box=[0, -0.1, 0.1, 0.1])), "empty or out of", id="box-above-the-picture"),
        pytest.param(picture(car(box=[0, 0, 2.5, 0.1])), "empty or out of", id="box-too-wide"),
        pytest.param(picture(car(box=[1e308, 0, 1e308, 1])), "empty or out of", id="box-beyond-all-numbers"),
        pytest.param(picture(car(score=1.1)), "score", id="score-above-one"),
        pytest.param(picture(car(score=-0.1)), "score", id="score-below-nought"),
        pytest.param(picture(car(score="high")), "$.score", id="score-as-text"),
        pytest.param(picture(car(still=-1)), "still", id="still-negative"),
        pytest.param(picture(car(still=float("inf"))), "malformed", id="still-for-ever"),
        pytest.param(picture(car(zone="pavement")), "zone: the stream knows lane, bus-stop", id="another-zone"),
        pytest.param(picture(car(zone=["lane"])), "$.zone", id="zones-in-a-list"),
    ],
)
def test_bad_messages_are_set_aside(payload: Any, detail: str) -> None:
    got = decode({"seen": cameras()}, sent(GOOD, payload, GOOD))
    assert [r.position.tolist() for r in got.rows] == [[100, 102]]
    (aside,) = got.aside
    assert (aside.position, aside.reason, aside.where) == (101, "undecodable", f"seen {TOPIC}")
    assert aside.message.startswith("expected JSON with ts, and objects that each have track, label and box")
    assert "; got b" in aside.message
    assert detail in aside.message
    assert len(aside.message) < 500


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(nested(MAX_DEPTH), id="as-deep-as-allowed"),
        pytest.param(GOOD[:-1] + b', "x": "' + b"[{" * 5 + b'"}', id="brackets-in-text"),
        pytest.param(GOOD[:-1] + b', "x": [' + b",".join([b"[{}]"] * 1000) + b"]}", id="wide-not-deep"),
        pytest.param(GOOD[:-1] + b', "x": "' + b"y" * 10_000_000 + b'"}', id="10-mb"),
        pytest.param(b"\n\t " + GOOD + b"\r\n", id="white-space"),
    ],
)
def test_these_are_good(payload: bytes) -> None:
    got = decode(cameras(), sent(payload))
    assert got.aside == []
    assert got.rows[0].ts.tolist() == [1000.5]


@pytest.mark.parametrize(
    "objects, tracks, message",
    [
        pytest.param(
            [car(1), 5, car(3)], [1, 3], "got b'5' (Expected `object`, got `int`)", id="one-that-does-not-decode"
        ),
        pytest.param([car(1), car(2, score=2), car(3)], [1, 3], "score is a share, 0..1)", id="one-that-can-not-be"),
        pytest.param(
            [car(-1), car(2), car(3, still=-1), {}],
            [2],
            ">= 0 - at `$.track`, and 2 more of its objects)",
            id="of-both-kinds",
        ),
        pytest.param([{}] * 1000, [], ", and 999 more of its objects)", id="a-thousand-are-told-once"),
        pytest.param([car(zone="x")] * 1000, [], ", and 999 more of its objects)", id="and-so-are-those-that-decode"),
    ],
)
def test_bad_objects_are_left_out_alone(objects: list[Any], tracks: list[int], message: str) -> None:
    got = decode(cameras(), sent(picture(*objects)))
    assert [t for rows in got.rows for t in rows.column("track").tolist()] == tracks
    (aside,) = got.aside
    assert message in aside.message


def test_one_bad_message_in_a_chunk_changes_nothing_for_the_others() -> None:
    many = [picture(car(i), car(i + 1, zone="lane"), ts=1000 + i) for i in range(CHUNK + 10)]
    clean = decode(cameras(), sent(*many))
    many[7] = picture(5)
    many[CHUNK + 3] = picture(car(box=[9, 9, 1, 1]))
    got = decode(cameras(), sent(*many))
    keep = ~np.isin(clean.rows[0].position, [107, 100 + CHUNK + 3])
    assert [a.position for a in got.aside] == [107, 100 + CHUNK + 3]
    for column in Sighting.own():
        np.testing.assert_array_equal(got.rows[0].column(column), clean.rows[0].column(column)[keep])


def test_depth_is_judged_alike_however_deep_the_caller_is() -> None:
    def at_depth(depth: int, payload: bytes) -> int:
        return at_depth(depth - 1, payload) if depth else len(decode(cameras(), sent(payload)).aside)

    for payload, aside in ((nested(MAX_DEPTH), 0), (nested(MAX_DEPTH + 1), 1)):
        assert [at_depth(depth, payload) for depth in (0, 400, 600)] == [aside] * 3


def test_a_crowd_and_something_deep_beside_it() -> None:
    """The brackets of what is read do not hide those of what is not."""
    crowd = json.dumps(picture(*map(car, range(1000)))).encode()
    deep = [crowd[:-1] + b', "more": ' + b"[" * d + b"]" * d + b"}" for d in (MAX_DEPTH - 1, MAX_DEPTH)]
    got = decode(cameras(), sent(crowd, *deep, crowd))
    assert [a.position for a in got.aside] == [102]
    assert len(got.rows[0]) == 3000


# ---- anything at all -------------------------------------------------------------------------------------------------

STREAMS = {
    "seen": cameras(),
    "named": cameras(topic="named", subject="$.camera", labels=["car"], zones=[]),
}
TOPICS = [TOPIC, "cameras/b/sightings", "named", "nothing"]

numbers = st.one_of(st.integers(), st.floats(), st.floats(-0.5, 1.5), st.integers(2**62, 2**65))
leaves = st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=5), st.sampled_from(["car", "lane"]))
keys = st.sampled_from(["ts", "objects", "track", "label", "box", "score", "zone", "still", "camera"])
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=6)),
    max_leaves=12,
)
boxes = st.one_of(trees, st.lists(numbers, min_size=4, max_size=4), st.just([0.1, 0.1, 0.2, 0.2]))
objects = st.fixed_dictionaries(
    {"track": st.one_of(st.integers(0, 5), leaves), "label": leaves, "box": boxes},
    optional={"score": leaves, "zone": leaves, "still": leaves, "more": trees},
)
likely = st.fixed_dictionaries(
    {"ts": st.one_of(st.floats(0, 2e9), leaves), "objects": st.lists(st.one_of(objects, trees), max_size=5)},
    optional={"camera": leaves, "more": trees},
)
good = st.builds(
    lambda ts, tracks: picture(*map(car, tracks), ts=ts, camera="c"),
    st.integers(0, 10**9),
    st.lists(st.integers(0, 9), max_size=4),
)
payloads = st.one_of(st.one_of(good, likely, trees).map(lambda d: json.dumps(d).encode()), st.binary(max_size=30))
cut = st.tuples(payloads, st.integers(0, 120)).map(lambda p: p[0][: p[1]])
entries = st.lists(st.tuples(st.sampled_from(TOPICS), st.one_of(payloads, cut)), max_size=12)


def flat(parts: list[EntryBuffer]) -> tuple[list[tuple[Any, ...]], list[tuple[int, str, str, str]]]:
    """All rows and all that was set aside, as plain values in a fixed order, from batches that follow each other."""
    decoder, names, first, rows, aside = compile_streams(STREAMS), Names(), 0, [], []
    for part in parts:
        got = decoder(part.batch(), first, names)
        first += len(part)
        for block in got.rows:
            assert isinstance(block, Sighting)
            plain = {
                c: [names[x] for x in v] if c in ("subject", "label", "zone") else [repr(x) for x in v]
                for c, v in ((c, block.column(c).tolist()) for c in Sighting.own())
            }
            rows += list(zip(block.position.tolist(), *plain.values(), strict=True))
            possible = np.isfinite([block.ts, block.x, block.y, block.w, block.h]).all()
            possible &= (block.w > 0).all() and (block.h > 0).all() and (block.track >= 0).all()
            possible &= not ((block.score < 0) | (block.score > 1) | (block.still < 0)).any()
            assert possible
        aside += [(a.position, a.reason, a.where, a.message) for a in got.aside]
    return sorted(rows), sorted(aside)


@settings(deadline=None)
@given(entries, st.lists(st.integers(0, 12), max_size=3))
def test_anything_is_a_row_or_set_aside_whatever_comes_with_it(
    given_: list[tuple[str, bytes]], cuts: list[int]
) -> None:
    edges = sorted({0, len(given_), *(min(c, len(given_)) for c in cuts)})
    parts = []
    for a, b in pairwise(edges):
        part = EntryBuffer()
        for i in range(a, b):
            part.add(Kind.DELIVERY, "cameras", given_[i][0], 2000.0 + i, given_[i][1])
        parts.append(part)
    whole = flat([sent(*given_)])
    assert flat(parts) == whole
    rows, aside = whole
    assert len({a[0] for a in aside}) == len(aside), "each message is told once"
    accounted = {r[0] for r in rows} | {a[0] for a in aside}
    for i, (topic, payload) in enumerate(given_):
        assert i in accounted or b"[]" in payload, (topic, payload)
