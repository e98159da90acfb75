"""Labels: both files' forms, what they come back as, and how a bad line is told."""

from __future__ import annotations

import io
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.faults import Faulty
from replay.labels import CONFIRMED, FALSE_ALARM, Label, read, read_csv, read_file, write, write_csv, write_file

LINE = '{"rule": "overspeed", "subject": "muck-001", "started": "2026-03-01T08:00:00Z", "ended": null}'
AT = 1772352000.0


@pytest.mark.parametrize(
    "line, label",
    [
        pytest.param(LINE, Label(AT, "overspeed", "muck-001", math.inf), id="goes-on"),
        pytest.param(
            LINE.replace("null", '"2026-03-01T16:00:05.5+08:00"'),
            Label(AT, "overspeed", "muck-001", AT + 5.5),
            id="another-offset",
        ),
        pytest.param(LINE.replace("null", "1772352060"), Label(AT, "overspeed", "muck-001", AT + 60), id="seconds"),
        pytest.param(
            LINE.replace("null", 'null, "verdict": "false_alarm", "note": "测试"'),
            Label(AT, "overspeed", "muck-001", math.inf, verdict=FALSE_ALARM, note="测试"),
            id="false-alarm",
        ),
        pytest.param(
            LINE.replace("null", f'null, "boxes": [[{AT}, 0.1, 0.2, 0.3, 0.4]]'),
            Label(AT, "overspeed", "muck-001", math.inf, boxes=((AT, 0.1, 0.2, 0.3, 0.4),)),
            id="in-a-picture",
        ),
    ],
)
def test_json_lines(line: str, label: Label) -> None:
    (found,) = read([line, ""])
    assert found == label
    assert (found.note, found.boxes) == (label.note, label.boxes)


def test_csv_may_lack_what_says_nothing() -> None:
    text = "subject,rule,started,ended\nmuck-001,overspeed,2026-03-01T08:00:00Z,\n"
    assert read_csv(text) == [Label(AT, "overspeed", "muck-001", math.inf)]


@pytest.mark.parametrize(
    "line, told",
    [
        pytest.param("[]", "x:1", id="no-object"),
        pytest.param("{", "expected one JSON object a line", id="no-json"),
        pytest.param(LINE.replace("overspeed", ""), "rule   expected the name of a rule", id="no-rule"),
        pytest.param(LINE.replace('"muck-001"', "7"), "subject   expected the name of a subject", id="no-text"),
        pytest.param(LINE.replace("Z", ""), "expected a time with its offset", id="no-offset"),
        pytest.param(LINE.replace('"2026-03-01T08:00:00Z"', "null"), "started   expected a time", id="no-start"),
        pytest.param(LINE.replace("null", "5"), "not before 'started'", id="ends-before"),
        pytest.param(LINE.replace("null", 'null, "verdict": "maybe"'), "expected 'confirmed'", id="verdict"),
        pytest.param(LINE.replace("null", 'null, "boxes": [[1, 2]]'), "[seconds, left, top", id="boxes"),
    ],
)
def test_a_bad_line_is_named(line: str, told: str) -> None:
    with pytest.raises(Faulty) as caught:
        read([line], "x")
    assert told in str(caught.value)


def test_all_bad_lines_at_once_and_a_missing_column() -> None:
    with pytest.raises(Faulty) as caught:
        read([LINE, "{", LINE.replace("Z", "")], "x")
    assert [fault.line for fault in caught.value.faults] == [2, 3]
    with pytest.raises(Faulty, match="subject"):
        read_csv("rule,started\n")


moments = st.floats(0, 4e9).map(lambda ts: round(ts, 3))
names = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1).filter(lambda t: t == t.strip())


@st.composite
def labels(draw: st.DrawFn) -> Label:
    started = draw(moments)
    ended = draw(st.just(math.inf) | moments.map(lambda ts: max(ts, started)))
    note = draw(names | st.just(""))
    verdict = draw(st.sampled_from([CONFIRMED, FALSE_ALARM]))
    return Label(started, draw(names), draw(names), ended, draw(st.booleans()), verdict, note)


@given(st.lists(labels()))
def test_they_survive_their_files(some: list[Label]) -> None:
    lines, table = io.StringIO(), io.StringIO()
    write(some, lines)
    write_csv(some, table)
    assert read(lines.getvalue().split("\n")) == sorted(some)
    assert read_csv(table.getvalue()) == sorted(some)
    assert sorted(each.note for each in read_csv(table.getvalue())) == sorted(each.note for each in some)


def test_files_by_their_names(tmp_path: Path) -> None:
    some = [Label(1.5, "overspeed", "muck-001", 60.25)]
    write_file(some, tmp_path / "labels.jsonl")
    with (tmp_path / "labels.csv").open("w", encoding="utf-8-sig") as out:
        write_csv(some, out)
    assert read_file(tmp_path / "labels.jsonl") == read_file(tmp_path / "labels.csv") == some
    (tmp_path / "labels.csv").write_bytes("rule,subject\n测".encode("gbk"))
    with pytest.raises(Faulty, match="UTF-8"):
        read_file(tmp_path / "labels.csv")
