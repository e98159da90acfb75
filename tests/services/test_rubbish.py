"""Whatever comes in over MQTT: it is counted, it can be looked at, and the good beside it makes its cases."""

from __future__ import annotations

import base64
import itertools
import json
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.deadletters import MAX_PAYLOAD
from pipeline.runtime.embedded import Embedded
from tests.runtime.kit import Lines, Town, connected, drive, judged, public, replayed
from tests.services.mosquitto import Mosquitto, Running, mosquitto
from tests.services.process import gridwatch, read_metrics
from tests.services.publisher import Message
from tests.services.wait import until

__all__ = ["mosquitto"]

pytestmark = pytest.mark.service

LARGE = 10_000_000


def rubbish(town: Town) -> dict[str, list[Message]]:
    """By the reason for which it must be set aside. All of it is about T1, which is well otherwise."""
    gps, state = f"{town.name}/T1/gps", f"{town.name}/B1/state"
    now = town.began + 100
    good = {"t": now, "lon": 121.4, "lat": 31.2, "v": 99.0}
    text = json.dumps(good).encode()

    def but(**change: Any) -> bytes:
        return json.dumps(good | change).encode()

    def without(name: str) -> bytes:
        return json.dumps({key: value for key, value in good.items() if key != name}).encode()

    odd: list[Any] = [None, "1", True, [], {}, math.nan, math.inf, -math.inf]
    undecodable = [
        *(b"", b" ", b"\x00", b"~\x02\x00\x00", b"null", b"[]", b"7", b'"t"', b"{}"),
        *(text[:cut] for cut in (1, 5, len(text) - 1)),
        text + text,
        *(but(t=value) for value in odd),
        *(but(v=value) for value in odd[1:]),  # null is unknown
        *(but(lon=value) for value in (*odd, 181, -1e9)),
        but(lon=0, lat=0),
        *(without(name) for name in ("t", "lon", "lat")),
        *(text.replace(b"99.0", number) for number in (b"1e999", b"-1e999", b"0x10", b"99,0", b"9" * 400)),
        text.replace(b"lon", b"l\xffn"),
        text.decode().encode("utf-16"),
        b"\xef\xbb\xbf" + text,
        b"x" * LARGE,
        b'{"t": 1, "x": "' + b"y" * LARGE + b'"}',
        b"[" * LARGE,
        b"[" * 100_000 + b"]" * 100_000,
        text[:-1] + b', "x": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    ]
    bins = [b"", b'{"t": 1}', b'{"t": "now", "fill": 95}', b'{"t": 1, "fill": "full"}', b'{"t": 1, "fill": NaN}']
    return {
        "undecodable": [(gps, payload) for payload in undecodable] + [(state, payload) for payload in bins],
        # T1 is in the register from 2020 on.
        "unknown": [(f"{town.name}/{who}/gps", text) for who in ("T77", "川A·7F2Q1", "t1", " ", "x" * 5000)]
        + [(gps, but(t=when)) for when in (1.0, 0.0, -1e12, -1e300)],
        "unmatched": [
            (f"{town.name}{rest}", text)
            for rest in ("", "/", "/T1", "/T1/gps/", "/T1/gps/more", "//T1/gps", "/T1/GPS", "/T1/gps ", "/a" * 150)
        ],
        "future": [(gps, but(t=when)) for when in (now + 86400, 4e9, 1e12, 1e300)],
        "too old": [(gps, but(t=when)) for when in (now - 8 * 86400, now - 700 * 86400)],
    }


@pytest.fixture
def town(tmp_path: Path, mosquitto: Mosquitto | Running) -> Town:
    town = Town(tmp_path / "town", mosquitto)
    town.write(**{f'["{town.name}/+/gps", "{town.name}/+/state"]': f'["{town.name}/#"]'})
    return town


@pytest.fixture
def log() -> Lines:
    return Lines()


@pytest.fixture
def running(town: Town, log: Lines) -> Iterator[Embedded]:
    made = town.embedded(log, metrics={"host": "127.0.0.1", "port": 0})
    made.start()
    connected(made)
    yield made
    made.stop()


def test_rubbish_is_counted_and_kept_and_stops_nothing(town: Town, running: Embedded, log: Lines) -> None:
    bad = rubbish(town)
    given = list(itertools.chain.from_iterable(bad.values()))
    rows = drive(range(len(given)), subjects=1)
    good = town.messages([*rows, rows[-1], rows[0]])  # one of them twice, and one again long after
    town.raw(list(itertools.chain.from_iterable(zip(given, good, strict=False))) + good[-2:])
    judged(running, len(rows))
    until(lambda: running._opened.engine.counts["disordered"] == 1, "what was sent last")

    # What is set aside is counted by reason, and was kept while it goes on.
    expected = {reason: len(messages) for reason, messages in bad.items()}
    assert running.server is not None
    numbers = read_metrics(running.server.url)
    counted = {name.split('"')[1]: n for name, n in numbers.items() if name.startswith("gridwatch_asides_total")}
    assert counted == expected | {"repeated": 1, "disordered": 1}
    assert numbers['gridwatch_rows_total{fate="live"}'] == len(rows)
    assert numbers["gridwatch_deadletters_lost_total"] == 0
    letters = [json.loads(line) for line in gridwatch("deadletters", "--data", town.data, "--json").splitlines()]
    assert Counter(letter["reason"] for letter in letters) == expected
    for letter, (topic, payload) in zip(sorted(letters, key=lambda each: each["position"]), given, strict=True):
        assert (letter["topic"], letter["source"]) == (topic, "fleet")
        assert base64.b64decode(letter["payload"]) == payload[:MAX_PAYLOAD]
        assert letter["where"].split()[0] in {"gps", "bins", "fleet"}
        assert letter["message"].startswith("expected ")
        assert len(letter["message"]) < 1000
    assert len(gridwatch("deadletters", "--data", town.data, "--limit", "500").splitlines()) > len(given)

    # The good between made its cases, and nothing was said about any of it but that.
    found = [(case.subject, case.started - town.began, case.ended - town.began) for case in running.cases.list()]
    wrong = [s for _, s, v in rows if v > 60]
    starts = [s for s in wrong if s - 1 not in wrong]
    ends = [next(s for _, s, v in rows if s > start and v < 60) for start in starts if start < rows[-1][1] - 5]
    assert [(subject, start) for subject, start, _ in found] == [("T1", start) for start in starts]
    assert [end for *_, end in found][: len(ends)] == ends
    assert len(found) > 5
    assert log.said("error") == []
    running.stop()
    assert public(running.cases.list()) == replayed(town.data)


def test_a_large_payload_that_is_good_is_good(town: Town, running: Embedded) -> None:
    start = json.dumps({"t": town.began, "lon": 121.4, "lat": 31.2, "v": 99.0}).encode()
    town.raw([(f"{town.name}/T1/gps", start[:-1] + b', "photo": "' + b"A" * LARGE + b'"}')])
    town.send([("T1", 1, 40)])
    judged(running, 2)
    (case,) = running.cases.list()
    assert (case.started, case.ended) == (town.began, town.began + 1)
    assert not running._opened.engine.counts.keys() - {"live"}
