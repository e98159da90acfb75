"""Rows around cases, read a second time: the same as looking at every row of the recording."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import Contents, Journal, JournalReader
from pipeline.journal.contents import CONTENTS
from pipeline.rows import Position, Reading
from pipeline.runtime.compose import load_city, load_version, version_payload
from replay.surroundings import Surroundings, Window, surroundings

CITY = """\
city: demo
time_zone: UTC
sources: {s: {type: import, down: 1d}}
streams:
  gps:
    source: s
    topic: t/{d}
    codec: json
    rows: position
    subject: "{d}"
    unknown: accept
    datum: WGS-84
    fields: {ts: {path: t, unit: unix_s}, lon: {path: x}, lat: {path: y}, speed: {path: v, unit: km/h}}
"""
SUBJECTS = ("a", "b", "c")


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three subjects, a row each second from 0 to 59; b's come in reverse, c's 30 is there twice; a second version
    at 20."""
    folder = tmp_path_factory.mktemp("j")
    (folder / "city.yaml").write_text(CITY)
    city = load_city(folder / "city.yaml")
    payload = version_payload(city.configuration, city.world, Contents(folder / "journal" / CONTENTS))
    buffer = EntryBuffer()
    buffer.add(Kind.VERSION, "s", "", 0.0, payload)
    for k in range(60):
        if k == 20:
            buffer.add(Kind.VERSION, "s", "", 0.0, payload)
        for subject in SUBJECTS:
            ts = 59 - k if subject == "b" else k
            for _ in range(2 if (subject, k) == ("c", 30) else 1):
                content = json.dumps({"t": ts, "x": 121.0, "y": 31.0, "v": k}).encode()
                buffer.add(Kind.DELIVERY, "s", f"t/{subject}", 100.0 + k, content)
        buffer.add(Kind.TICK, "s", "", 100.0 + k, b"")
    with Journal.open(folder / "journal") as made:
        made.commit(buffer)
    return folder / "journal"


def around(journal: Path, windows: list[Window], batch: int = 1000) -> Surroundings:
    contents = Contents(journal / CONTENTS)
    load = lambda payload, names: load_version(payload, contents, names)  # noqa: E731
    return surroundings(JournalReader(journal), load, windows, batch=batch)


def test_a_subject_between_two_times(journal: Path) -> None:
    found = around(journal, [Window("b", 10, 12.5), Window("b", 40, 41), Window("c", 29, 31), Window("nobody", 0, 9)])
    assert found.rows(Position, "b", 0, 100).ts.tolist() == [10, 11, 12, 40, 41]
    assert found.rows(Position, "b", 11, 40).ts.tolist() == [11, 12, 40]
    assert found.rows(Position, "c", -np.inf, np.inf).ts.tolist() == [29, 30, 30, 31]
    for subject, kind in (("a", Position), ("nobody", Position), ("b", Reading)):
        assert len(found.rows(kind, subject, 0, 100)) == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(
    windows=st.lists(st.tuples(st.sampled_from(SUBJECTS), st.integers(-5, 70), st.integers(0, 30)), max_size=8),
    batch=st.integers(1, 300),
)
@example(windows=[("a", -1, 0)], batch=1)  # all of it before 1970
def test_any_windows_and_batches_give_the_rows_inside(
    journal: Path, windows: list[tuple[str, int, int]], batch: int
) -> None:
    wanted = [Window(subject, since, since + length) for subject, since, length in windows]
    found = around(journal, wanted, batch)
    for subject in SUBJECTS:
        inside = [ts for ts in range(60) if any(w.subject == subject and w.since <= ts <= w.until for w in wanted)]
        again = [30] if subject == "c" and 30 in inside else []
        assert found.rows(Position, subject, -np.inf, np.inf).ts.tolist() == sorted(inside + again)
