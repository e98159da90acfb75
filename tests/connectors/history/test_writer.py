"""Rows as lines: what is a point, what is not, and why."""

from __future__ import annotations

import numpy as np
import pytest

from connectors.history.writer import Writer
from pipeline.names import Names
from tests.connectors.history.rows import START, positions, readings, settings, sightings

STREAMS = ["gps", "bins 1"]


def test_a_position_is_a_point() -> None:
    names = Names()
    rows = positions(names, [("T 1,a=b", 0.25, 0, 43.2, 90)], brush=[1.5])
    (line,) = Writer(settings()).take(names, [rows], STREAMS, 300)
    assert line.startswith("positions,stream=gps,subject=T\\ 1\\,a\\=b lon=121.9000000,lat=30.9000000,speed=43.20,")
    assert line.endswith(",heading=90.0,brush=1.5 1790000000250000000")


def test_a_reading_and_sightings_are_points() -> None:
    names = Names()
    rows = readings(names, [("B-1", "fullness", 0, 0.1 + 0.2)])
    rows.stream[:] = 1
    assert Writer(settings()).take(names, [rows], STREAMS, 300) == [
        "readings,metric=fullness,stream=bins\\ 1,subject=B-1 value=0.30000000000000004 1790000000000000000"
    ]
    both = sightings(names, [("C", 5, 'ca"r', 0), ("C", 1006, "bus", 0)])
    found = Writer(settings()).take(names, [both], STREAMS, 300)
    assert [line.rpartition(" ")[2] for line in found] == ["1790000000000000005", "1790000000000000006"]
    assert 'label="ca\\"r",track=5i' in found[0]
    assert 'zone="gate 1"' in found[0]
    assert "zone=" not in found[1]


@pytest.mark.parametrize(
    "subject, ts, metres, why",
    [
        pytest.param("T", 400.0, 0.0, "unusable", id="far-ahead-of-its-arrival"),
        pytest.param("T", float("nan"), 0.0, "unusable", id="no-time"),
        pytest.param("T", 0.0, float("nan"), "unusable", id="no-place"),
        pytest.param("T\n", 0.0, 0.0, "unusable", id="a-name-that-breaks-lines"),
        pytest.param("T\\", 0.0, 0.0, "unusable", id="a-name-that-escapes"),
        pytest.param("", 0.0, 0.0, "unusable", id="no-name"),
        pytest.param("T", -90_000.0, 0.0, "too old", id="beyond-the-retention"),
    ],
)
def test_what_is_no_point_is_counted(subject: str, ts: float, metres: float, why: str) -> None:
    names, writer = Names(), Writer(settings(retention="1d"))
    rows = positions(names, [(subject, ts, metres, 10, 0), ("good", 0, 0, 10, 0)])
    rows.received[:] = START
    assert len(writer.take(names, [rows], STREAMS, 300, now=START)) == 1
    assert writer.counts[why] == 1
    assert (writer.counts["positions"], writer.counts["positions kept"]) == (2, 1)


def test_made_up_names_do_not_fill_the_database() -> None:
    names, writer = Names(), Writer(settings(series=100))
    rows = readings(names, [(f"B-{k}", "fullness", 0, 1.0) for k in range(300)])
    assert len(writer.take(names, [rows], STREAMS, 300)) == 100
    assert writer.counts["too many series"] == 200
    assert len(writer.take(names, [rows.take(np.arange(100))], STREAMS, 300)) == 100, "what was begun goes on"


def test_only_what_is_to_be_kept() -> None:
    names = Names()
    rows = [positions(names, [("T", 0, 0, 10, 0)]), readings(names, [("B", "fullness", 0, 1.0)])]
    assert len(Writer(settings(keep=["readings"])).take(names, rows, STREAMS, 300)) == 1
