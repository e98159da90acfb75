"""Bad input: never an exception, always counted, and the good beside it is kept."""

from __future__ import annotations

import json
from dataclasses import fields
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.codecs.decode import compile_streams
from connectors.codecs.json_rows import CHUNK
from connectors.codecs.shape import MAX_DEPTH
from pipeline.entries import EntryBuffer, Kind
from pipeline.names import Names
from pipeline.version import Decode
from tests.connectors.mappings import BINS, GPS, decode, deliveries, place, stream

GOOD = json.dumps(place()).encode()


def nested(depth: int) -> bytes:
    """A good payload with further arrays, in `depth` levels in all."""
    return GOOD[:-1] + b', "more": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


@pytest.mark.parametrize(
    "payload, detail",
    [
        pytest.param(b"", "", id="empty"),
        pytest.param(b"~\x02\x00\x00", "got b'~\\x02\\x00\\x00'", id="a-jt808-frame"),
        pytest.param(GOOD[:-1], "truncated", id="truncated"),
        pytest.param(GOOD + b"}", "trailing", id="trailing"),
        pytest.param(b"null", "", id="null"),
        pytest.param(b"[1]", "", id="a-list"),
        pytest.param(b'"text"', "", id="text"),
        pytest.param(b"\xef\xbb\xbf" + GOOD, "", id="byte-order-mark"),
        pytest.param(GOOD.decode().encode("utf-16"), "", id="utf-16"),
        pytest.param(place(ts=None), "", id="time-null"),
        pytest.param({"pos": {"lon": 1, "lat": 1}}, "", id="time-missing"),
        pytest.param({"time": 1, "pos": {"lon": 1}}, "", id="lat-missing"),
        pytest.param({"time": 1}, "", id="place-missing"),
        pytest.param({"time": 1, "pos": None}, "", id="place-null"),
        pytest.param({"time": 1, "pos": [1, 2]}, "$.pos", id="place-a-list"),
        pytest.param(place(ts="1000"), "$.time", id="time-as-text"),
        pytest.param(place(ts=True), "$.time", id="time-true"),
        pytest.param(place(v="fast"), "$.v", id="speed-as-text"),
        pytest.param(place(v={}), "$.v", id="speed-an-object"),
        pytest.param(place(v=float("nan")), "malformed", id="nan"),
        pytest.param(place(v=float("inf")), "malformed", id="infinity"),
        pytest.param(GOOD.replace(b"1000", b"1e999"), "out of range", id="1e999"),
        pytest.param(GOOD.replace(b"1000", b"9" * 400), "out of range", id="a-huge-integer"),
        pytest.param(place(lon=180.5), "no such place", id="lon-out-of-range"),
        pytest.param(place(lat=-91), "no such place", id="lat-out-of-range"),
        pytest.param(place(lon=0, lat=0), "without a fix", id="no-fix"),
        pytest.param(GOOD.replace(b"time", b"t\xffme"), "", id="a-key-that-is-not-utf-8"),
        pytest.param(b"[" * 100_000, "", id="deep-and-cut"),
        pytest.param(nested(MAX_DEPTH + 1), "nested deeper", id="too-deep"),
        pytest.param(nested(5000), "nested deeper", id="much-too-deep"),
        pytest.param(b"x" * 10_000_000, "", id="10-mb-of-nothing"),
        pytest.param(b'{"time": 1, "x": "' + b"y" * 10_000_000 + b'"}', "", id="10-mb-without-a-place"),
    ],
)
def test_bad_positions_are_set_aside(payload: Any, detail: str) -> None:
    got = decode(stream(GPS), deliveries(GOOD, payload, GOOD))
    assert [r.position.tolist() for r in got.rows] == [[100, 102]]
    (aside,) = got.aside
    assert (aside.position, aside.reason, aside.where) == (101, "undecodable", "gps fleet/v1/gps")
    assert aside.message.startswith("expected JSON with time, pos.lon, pos.lat; got b")
    assert detail in aside.message
    assert len(aside.message) < 500


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(nested(MAX_DEPTH), id="as-deep-as-allowed"),
        pytest.param(GOOD[:-1] + b', "x": "' + b"[{" * 5 + b'"}', id="brackets-in-text"),
        pytest.param(GOOD[:-1] + b', "x": [' + b",".join([b"[{}]"] * 1000) + b"]}", id="wide-not-deep"),
        pytest.param(GOOD[:-1] + b', "x": "' + b"y" * 10_000_000 + b'"}', id="10-mb"),
        pytest.param(GOOD[:-1] + b', "x": "\xff"}', id="what-nobody-reads-is-not-utf-8"),
        pytest.param(b"\n\t " + GOOD + b"\r\n", id="white-space"),
        pytest.param(GOOD.replace(b"1000", b"1e3"), id="exponent"),
        pytest.param(place(lon=-180, lat=90), id="edge-of-the-world"),
        pytest.param(place(lon=0, lat=10), id="on-the-meridian"),
    ],
)
def test_these_are_good(payload: Any) -> None:
    got = decode(stream(GPS), deliveries(payload))
    assert got.aside == []
    assert got.rows[0].ts.tolist() == [1000]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2024-05-01",
        "2024-05-01T08:30:00",
        "2024-02-30T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-01-01T00:00:00Z",
        5,
    ],
)
def test_times_that_are_none(text: Any) -> None:
    good = {"t": "2024-05-01T08:30:00+08:00", "fill": 5}
    got = decode({"bins": stream(BINS)}, deliveries(good, {"t": text, "fill": 5}, good, topic="bins/b/state"))
    assert got.rows[0].position.tolist() == [100, 102]
    assert [(a.position, a.reason) for a in got.aside] == [(101, "undecodable")]


def test_a_number_too_large_for_its_unit() -> None:
    got = decode(stream(GPS, fields={"speed": {"path": "v", "unit": "m/s"}}), deliveries(place(v=1.7e308)))
    assert got.rows == []
    assert "'v' is out of range" in got.aside[0].message


def test_a_path_that_is_a_number_here_and_a_subject_there() -> None:
    mapping = stream(GPS, subject="$.v", topic="#")
    got = decode(mapping, deliveries(place(v=int("9" * 400)), place(v=7), place(v=2.5), place(v="x")))
    assert got.rows[0].position.tolist() == [101, 102]
    assert [a.position for a in got.aside] == [100, 103]
    assert got.rows[0].column("speed").tolist() == [7.0, 2.5]


@pytest.mark.parametrize(
    "topic", ["fleet/川A·7F2Q1/gps", "fleet/a b/gps", "fleet/\n/gps", "fleet/{device}/gps", "fleet/\\/gps"]
)
def test_odd_topics(topic: str) -> None:
    names = Names()
    (rows,) = decode(stream(GPS), deliveries(GOOD, topic=topic), names).rows
    assert names[int(rows.subject[0])] == topic.split("/")[1]


@pytest.mark.parametrize(
    "topic", ["fleet//gps", "fleet/gps", "fleet/a/gps/", "Fleet/a/gps", "", "/fleet/a/gps", "fleet/a/b/gps"]
)
def test_topics_of_no_stream(topic: str) -> None:
    got = decode(stream(GPS), deliveries(GOOD, topic=topic))
    assert [(a.reason, a.where) for a in got.aside] == [("unmatched", f"fleet {topic}")]


STREAMS = {
    "gps": stream(GPS, fields={"brush": {"path": "io.brush", "unit": "1"}, "heading": {"path": "h.0"}}),
    "text": stream(GPS, fields={"speed": {"path": "v", "unit": "m/s", "text": True}}, subject="$.io.id", topic="text"),
    "bins": stream(BINS, topic="bins/{device}"),
    "many": stream(GPS, topic="many", each="list", subject="$.v"),
    "bare": stream(GPS, topic="bare", each="$", subject="@.v"),
}
TOPICS = ["fleet/a/gps", "fleet/b/gps", "text", "bins/1", "many", "bare", "nothing"]

numbers = st.one_of(st.integers(), st.floats(), st.integers(-180, 180), st.integers(10**300, 10**320))
leaves = st.one_of(
    st.none(), st.booleans(), numbers, st.text(max_size=5), st.sampled_from(["1", "2024-05-01T00:00:00Z"])
)
keys = st.sampled_from(["time", "pos", "lon", "lat", "v", "io", "brush", "id", "h", "t", "fill", "temp", "list"])
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=6)),
    max_leaves=12,
)
points = st.fixed_dictionaries({"lon": numbers, "lat": numbers})
likely = st.fixed_dictionaries(
    {"time": numbers, "pos": points}, optional={"v": leaves, "io": trees, "h": trees, "t": leaves, "fill": leaves}
)
documents = st.one_of(
    trees,
    likely,
    st.lists(likely, max_size=4),
    st.fixed_dictionaries({"list": st.lists(likely, max_size=4), "v": leaves}),
)
good = st.builds(lambda t, v: json.dumps(place(t, v=v)).encode(), st.integers(0, 10**9), st.integers(0, 100))
payloads = st.one_of(good, documents.map(lambda d: json.dumps(d).encode()), st.binary(max_size=30))
cut = st.tuples(payloads, st.integers(0, 80)).map(lambda p: p[0][: p[1]])
entries = st.lists(st.tuples(st.sampled_from(TOPICS), st.one_of(payloads, cut)), max_size=12)


def flat(decoder: Decode, parts: list[EntryBuffer]) -> tuple[list[tuple[Any, ...]], list[tuple[int, str, str, str]]]:
    """All rows and all that was set aside, as plain values in a fixed order, from batches that follow each other."""
    names, first, rows, aside = Names(), 0, [], []
    for part in parts:
        got = decoder(part.batch(), first, names)
        first += len(part)
        for block in got.rows:
            assert (np.diff(block.position) >= 0).all()
            same = np.diff(block.position) == 0
            assert (np.diff(block.ts)[same] >= 0).all(), "rows of one delivery are sorted by time"
            columns = {f.name: getattr(block, f.name) for f in fields(block) if f.name != "extra"} | block.extra
            plain = {
                c: [names[x] for x in v.tolist()] if c in ("subject", "metric") else [repr(x) for x in v.tolist()]
                for c, v in columns.items()
            }
            rows += [
                (int(p), s, tuple(r)) for p, s, *r in zip(block.position, block.stream, *plain.values(), strict=True)
            ]
            for column in ("ts", *([] if block.kind == "reading" else ["lon", "lat"])):
                assert np.isfinite(getattr(block, column)).all()
        aside += [(a.position, a.reason, a.where, a.message) for a in got.aside]
    rows.sort(key=lambda r: r[:2])
    aside.sort(key=lambda a: a[:3])
    return rows, aside


@given(entries, st.lists(st.integers(0, 12), max_size=3))
def test_anything_is_a_row_or_set_aside_whatever_comes_with_it(
    given_: list[tuple[str, bytes]], cuts: list[int]
) -> None:
    decoder = compile_streams(STREAMS)
    edges = sorted({0, len(given_), *(min(c, len(given_)) for c in cuts)})
    whole = flat(decoder, [deliveries(*given_)])
    # `received` is counted from 2000 in each buffer, so the parts are cut from the whole.
    parts = []
    for a, b in pairwise(edges):
        part = EntryBuffer()
        for i in range(a, b):
            part.add(Kind.DELIVERY, "fleet", given_[i][0], 2000.0 + i, given_[i][1])
        parts.append(part)
    assert flat(compile_streams(STREAMS), parts) == whole
    rows, aside = whole
    accounted = {r[0] for r in rows} | {a[0] for a in aside}
    for i, (topic, payload) in enumerate(given_):
        empty_lists = topic in ("many", "bare") and b"[]" in payload
        assert i in accounted or empty_lists, (topic, payload)


def test_one_bad_payload_in_a_chunk_changes_nothing_for_the_others() -> None:
    many = [place(1000 + i, v=i % 90) for i in range(CHUNK + 10)]
    clean = decode(stream(GPS), deliveries(*many))
    many[7] = place(v="x")
    many[CHUNK + 3] = place(lon=999)
    got = decode(stream(GPS), deliveries(*many))
    keep = np.delete(np.arange(len(many)), [7, CHUNK + 3])
    assert [a.position for a in got.aside] == [107, 100 + CHUNK + 3]
    for column in ("subject", "ts", "lon", "lat", "speed", "position", "received"):
        assert (getattr(got.rows[0], column) == getattr(clean.rows[0], column)[keep]).all()


def test_depth_is_judged_alike_however_deep_the_caller_is() -> None:
    def at_depth(depth: int, payload: bytes) -> int:
        if depth:
            return at_depth(depth - 1, payload)
        return len(decode(stream(GPS), deliveries(payload)).aside)

    for payload, aside in ((nested(MAX_DEPTH), 0), (nested(MAX_DEPTH + 1), 1)):
        assert [at_depth(depth, payload) for depth in (0, 400, 600)] == [aside] * 3
