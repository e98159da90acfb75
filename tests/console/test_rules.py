"""The rules by the web API: what they can judge, parameters put in force in the file that people keep, and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from gridwatch.rules_written import NotWritable, with_parameters
from pipeline.runtime.document import parse_document
from tests.console.kit import NOW, Town, case_row
from tests.console.rules_kit import half_an_hour, ruled

FILE = """# a city
rules:
  - id: one          # the first
    detector: overspeed
    for: 20s         # why
    parameters: {tolerance: 10 %}  # more
  - {id: two, detector: overspeed, for: 5s}
  - detector: overspeed
    id: three
    parameters:
      tolerance: 5 %
"""


@pytest.mark.parametrize(
    "rule, values, before, after",
    [
        pytest.param("one", {"for": "30 s"}, "for: 20s  ", "for: 30 s  ", id="a-value-where-it-stands"),
        pytest.param("one", {"tolerance": "12 %"}, "{tolerance: 10 %}", "{tolerance: 12 %}", id="of-the-detector"),
        pytest.param("one", {"gap": None}, "overspeed\n    for", "overspeed\n    gap: null\n    for", id="a-new-line"),
        pytest.param("two", {"clear": "1 min"}, "for: 5s}", "for: 5s, clear: 1 min}", id="on-one-line"),
        pytest.param(
            "two", {"tolerance": "1 %"}, "for: 5s}", "for: 5s, parameters: {tolerance: 1 %}}", id="its-first-parameter"
        ),
        pytest.param("three", {"tolerance": "6 %"}, "tolerance: 5 %", "tolerance: 6 %", id="on-lines-of-their-own"),
        pytest.param("three", {"zones": ["a b"]}, "      tol", '      zones: ["a b"]\n      tol', id="a-list"),
    ],
)  # fmt: skip
def test_only_the_value_changes(rule: str, values: dict[str, Any], before: str, after: str) -> None:
    assert with_parameters(FILE, rule, values) == FILE.replace(before, after, 1)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("rules: []", id="no-such-rule"),
        pytest.param("a: &x {id: one, detector: d}\nrules: [*x]\nb: *x", id="it-stands-elsewhere-too"),
        pytest.param("rules:\n  - id: one\n    detector: d\n    for: &f 3s\n    clear: *f", id="an-anchor"),
        pytest.param("rules: {", id="no-yaml"),
        pytest.param("", id="empty"),
    ],
)
def test_what_only_people_can_change(text: str) -> None:
    with pytest.raises(NotWritable):
        with_parameters(text, "one", {"for": "30 s"})


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from(["for", "gap", "tolerance", "zones"]), st.one_of(
    st.none(), st.booleans(), st.text(max_size=12), st.floats(-1e6, 1e6), st.lists(st.text(max_size=5), max_size=3)
), min_size=1), st.sampled_from(["one", "two", "three"]))  # fmt: skip
def test_whatever_is_written_is_read_as_it_was_meant(values: dict[str, Any], rule: str) -> None:
    try:
        text = with_parameters(FILE, rule, values)
    except NotWritable:
        return  # it says so rather than write something else
    found = {each["id"]: each for each in parse_document(text, "").data["rules"]}
    others = {each["id"]: each for each in parse_document(FILE, "").data["rules"]}
    said = {**found[rule], **found[rule].get("parameters", {})}
    assert {name: said[name] for name in values} == values
    assert all(found[name] == others[name] for name in found if name != rule)
    assert text.count("#") >= FILE.count("#")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, Path]]:
    folder = tmp_path_factory.mktemp("rules")
    recording = half_an_hour(folder / "half")
    town, rules = ruled(folder, recording)
    yield town, recording / "city.yaml"
    rules.stop()
    town.engine.dispose()


@pytest.fixture
def boss(town: tuple[Town, Path]) -> TestClient:
    return town[0].client("BOSS")


def rule(client: TestClient, id: str) -> dict[str, Any]:
    got = client.get(f"/api/rules/{id}")
    assert got.status_code == 200, got.text
    return dict(got.json())


def values(rule: dict[str, Any]) -> dict[str, Any]:
    return {each["name"]: each["value"] for each in rule["parameters"]}


def test_what_is_said_of_a_rule(town: tuple[Town, Path], boss: TestClient) -> None:
    verdicts = ["confirmed", "confirmed", "false alarm", ""]
    ages = [0.5, 3, 20, 40]
    town[0].add(
        *(
            case_row(f"c{n}", rule="off-route", verdict=verdict, opened=NOW - age * 86400, channel="machine")
            for n, (verdict, age) in enumerate(zip(verdicts, ages, strict=True))
        )
    )
    listed = {each["id"]: each for each in boss.get("/api/rules").json()}
    found = listed["off-route"]
    assert found["found"] == {
        "day": 1, "week": 2, "month": 3, "confirmed": 2, "false": 1, "precision": pytest.approx(2 / 3),
    }  # fmt: skip
    assert found["covered"]["judged"] > 0
    assert all(len(each["examples"]) == min(each["subjects"], 5) for each in found["covered"]["reasons"])
    tolerance = next(each for each in found["parameters"] if each["name"] == "tolerance")
    assert (tolerance["value"], tolerance["default"], tolerance["kind"]) == ("500 m", "100 m", "length")
    assert tolerance["about"].startswith("How far from the route")
    assert listed["overspeed"]["found"]["month"] == 0


def test_put_in_force_and_taken_back(town: tuple[Town, Path], boss: TestClient) -> None:
    file = town[1]
    before, seen = file.read_text("utf-8"), rule(boss, "off-route")
    body = {"values": {"tolerance": "300 m", "for": "1 min"}, "version": seen["version"], "why": "too many"}
    done = boss.put("/api/rules/off-route/parameters", json=body)
    assert done.status_code == 200, done.text
    assert done.json()["before"] == {"for": "30 s", "tolerance": "500 m"}
    now = rule(boss, "off-route")
    assert (values(now)["tolerance"], values(now)["for"]) == ("300 m", "1 min")
    assert now["version"] == done.json()["version"] != seen["version"]
    assert file.read_text("utf-8") == before.replace("for: 30s\n    clear: 20s", "for: 1 min\n    clear: 20s").replace(
        "tolerance: 500 m}", "tolerance: 300 m}"
    )
    assert boss.put("/api/rules/off-route/parameters", json=body).status_code == 409, "as it was seen, it is no more"
    undone = boss.post("/api/rules/off-route/undo", json={"why": "too few"})
    assert undone.status_code == 200, undone.text
    assert values(rule(boss, "off-route")) == values(seen)
    history = boss.get("/api/rules/off-route/history").json()
    assert [(each["by"], each["why"], each["undoes"]) for each in history] == [
        ("boss", "too few", history[1]["number"]), ("boss", "too many", None),
    ]  # fmt: skip
    assert boss.post("/api/rules/off-route/undo", json={}).status_code == 409


@pytest.mark.parametrize(
    "changes, status, said",
    [
        pytest.param({"tolerance": "3"}, 422, "expected a length", id="no-unit"),
        pytest.param({"colour": "red"}, 422, "expected some of the parameters", id="no-such-parameter"),
        pytest.param({"gap": "1 min", "assume": "1 min"}, 422, "expected 'gap' or 'assume'", id="not-both"),
        pytest.param({}, 422, "values", id="nothing"),
        pytest.param({"tolerance": "3 m\nsources: {}"}, 422, "expected a length", id="lines-of-a-configuration"),
    ],
)
def test_what_can_not_be(boss: TestClient, changes: dict[str, Any], status: int, said: str) -> None:
    body = {"values": changes, "version": rule(boss, "off-route")["version"]}
    got = boss.put("/api/rules/off-route/parameters", json=body)
    assert (got.status_code, said in got.json()["detail"]) == (status, True), got.text


def test_a_file_that_somebody_edits(town: tuple[Town, Path], boss: TestClient) -> None:
    file = town[1]
    before = file.read_text("utf-8")
    body = {"values": {"tolerance": "1 km"}, "version": rule(boss, "off-route")["version"]}
    file.write_text(before.replace("tolerance: 500 m}", "tolerance: 400 m}"), "utf-8")
    refused = boss.put("/api/rules/off-route/parameters", json=body)
    assert (refused.status_code, "reload it first" in refused.json()["detail"]) == (409, True), refused.text
    file.write_text("rules: {", "utf-8")
    refused = boss.put("/api/rules/off-route/parameters", json=body)
    assert (refused.status_code, "mend it first" in refused.json()["detail"]) == (409, True), refused.text
    file.write_text(before, "utf-8")
    assert sorted(each.name for each in file.parent.glob(".city*")) == []


@pytest.mark.parametrize(
    "token, read, write",
    [
        pytest.param("ACCEPTOR", 200, 403, id="acceptor"),
        pytest.param("COLLECTOR", 403, 403, id="collector"),
        pytest.param("", 401, 401, id="nobody"),
        pytest.param("BOSS", 200, 404, id="supervisor"),
    ],
)
def test_who_may(town: tuple[Town, Path], token: str, read: int, write: int) -> None:
    client = town[0].client(token)
    assert client.get("/api/rules").status_code == read
    body = {"values": {"for": "1 s"}, "version": "x"}
    assert client.put("/api/rules/no-such/parameters", json=body).status_code == write


def test_without_a_city_beside_it(tmp_path: Path) -> None:
    alone = Town(tmp_path)
    client = alone.client("BOSS")
    for answer in (client.get("/api/rules"), client.get("/api/rules/x"), client.get("/api/tryouts")):
        assert answer.status_code == 503
    alone.engine.dispose()
