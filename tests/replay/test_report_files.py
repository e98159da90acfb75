"""The JSON report's keys are a promise; the JUnit report is well formed whatever names there are."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.expect import Thresholds, results
from replay.report.facts import Facts, as_json
from replay.report.junit import as_junit
from tests.replay.report_kit import case, label, outcome

HOSTILE = "x<script>alert(1)</script>&\"'\x00\x1b[31m\u202e\ud800\ufffe]]>"


def facts(subject: str = "a", **other: Any) -> Facts:
    made = outcome(
        [case(subject=subject, at=5), case(subject=subject, at=5000), case("source_down", "fleet")],
        [label(subject=subject), label(subject="b", at=2000)],
    )
    expected = {"fast": Thresholds.model_validate({"recall": 0.9, "cases": "1.."})}
    return Facts("drive", made, "demo", versions=["v1"], results=results(expected, made), **other)


def shape(value: Any) -> Any:
    """Keys all the way down; of a list its first."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else type(value).__name__


LABEL = {
    "ended": "str",
    "late": "bool",
    "note": "NoneType",
    "rule": "str",
    "started": "str",
    "subject": "str",
}
NUMBERS = ("delay_p50", "delay_p95", "duplicates_per_event", "f1", "false_per_1000h", "precision", "recall")
COUNTS = ("cases", "duplicates", "events", "false", "found", "missed", "unlabelled")


def test_the_json_report_has_these_keys() -> None:
    report = json.loads(as_json(facts(faults="drop=5%", seed=7)))
    assert shape({**report, "cases": 0, "rules": 0}) == {
        "format": "int",
        "title": "NoneType",
        "recording": {
            "name": "str",
            "city": "str",
            "since": "str",
            "until": "str",
            "entries": "int",
            "rows": "int",
            "late": "int",
            "labels": "int",
            "set_aside": {"repeated": "int"},
        },
        "faults": {"what": "str", "seed": "int"},
        "versions": ["str"],
        "rules": "int",
        "cases": "int",
        "expectations": [
            {
                "rule": "str",
                "what": "str",
                "direction": "str",
                "expected": "float",
                "got": "float",
                "met": "bool",
                "reason": "NoneType",
            }
        ],
        "met": "bool",
    }
    assert shape(report["rules"]["fast"]) == {
        "cases": "int",
        "open": "int",
        "subjects": "int",
        "hours": "float",
        "configured": {
            "detector": "str",
            "rows": "str",
            "metric": "NoneType",
            "classes": "list",
            "category": "str",
            "parameters": {"tolerance": "str"},
            "version": "str",
            "hold": {"for": "str", "clear": "str", "gap": "NoneType", "assume": "NoneType"},
        },
        "score": dict.fromkeys(COUNTS, "int") | dict.fromkeys(NUMBERS, "float"),
        "missed": [LABEL],
        "false": ["str"],
    }
    assert report["rules"]["source_down"]["configured"] is None
    first = report["cases"][1]
    assert (first["verdict"], first["label"]["subject"], first["part"]) == ("found", "a", None)
    assert [(c["rule"], c["verdict"]) for c in report["cases"]] == [
        ("source_down", None),
        ("fast", "found"),
        ("fast", "false"),
    ]


def test_without_labels_there_is_no_score() -> None:
    report = json.loads(as_json(Facts("drive", outcome([case()], []))))
    assert report["rules"]["fast"]["score"] is None
    assert report["cases"][0]["verdict"] is None
    assert report["met"] is True


def test_the_same_facts_are_the_same_bytes_and_tell_no_time_of_day() -> None:
    one, other = facts(), facts()
    other.outcome.seconds = 99.0
    assert as_json(one) == as_json(other)
    assert as_junit(one) == as_junit(other)


def test_junit() -> None:
    root = ET.fromstring(as_junit(facts()))
    assert (root.tag, root.get("tests"), root.get("failures")) == ("testsuites", "2", "1")
    (suite,) = root
    assert suite.get("name") == "fast"
    assert [(each.tag, each.get("name")) for each in suite][:2] == [("testcase", "recall"), ("testcase", "cases")]
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.text == "fast: expected recall at least 0.9, got 0.5"
    lines = (suite.findtext("system-out") or "").splitlines()
    assert [line.split()[:2] for line in lines] == [["missed", "b"], ["false", "a"]]
    assert [each.tag for each in suite] == ["testcase", "testcase", "system-out"]


@pytest.mark.parametrize("write", [as_json, as_junit])
def test_a_hostile_name_is_written(write: Any) -> None:
    written = write(facts(HOSTILE, title=HOSTILE))
    if write is as_json:
        assert json.loads(written)["cases"][1]["subject"] == HOSTILE
    else:
        assert "x<script>" in (ET.fromstring(written).findtext("testsuite/system-out") or "")
        assert b"\x1b" not in written


@given(st.text(st.characters(exclude_categories=())))
def test_any_name_at_all_is_well_formed(name: str) -> None:
    ET.fromstring(as_junit(facts(name, title=name)))
    assert json.loads(as_json(facts(name)))["cases"][1]["subject"] == name
