"""`gridwatch tune`: what it suggests for a simulated city, and what it says where it can't."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner, Result

from gridwatch.cli import app


def run(*words: object) -> Result:
    return CliRunner(env={"COLUMNS": "100"}).invoke(app, [*map(str, words)])


@pytest.fixture(scope="module")
def hour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An hour of a small fleet: somebody is off his route for 70 s, muck-037."""
    folder = tmp_path_factory.mktemp("simulated") / "hour"
    assert run("simulate", "gnss-10m", "--small", "--hours", 1, "--seed", 3, "--to", folder).exit_code == 0
    return folder


def rule_with_labels(folder: Path) -> str:
    rules = [json.loads(line)["rule"] for line in (folder / "labels.jsonl").read_text("utf-8").splitlines()]
    return str(max(sorted(set(rules)), key=rules.count))


def test_a_sweep_is_shown_with_a_rule_to_paste(hour: Path, tmp_path: Path) -> None:
    rule = rule_with_labels(hour)
    out, report = tmp_path / "points.json", tmp_path / "curve.html"
    words = ("tune", rule, hour, "--sweep", "for=5s..10min", "gap=30s,1min,none", "--steps", 4)
    result = run(*words, "--json", out, "--report", report)
    assert result.exit_code == 0, result.output
    assert "points in one pass over" in result.stdout
    assert "* in force" in result.stdout
    assert "These numbers flatter" in result.stdout
    assert "\x1b" not in result.stdout
    told = json.loads(out.read_text("utf-8"))
    assert told["rule"] == rule
    assert told["parameters"] == ["for", "gap"]
    assert sum(point["in_force"] for point in told["points"]) == 1
    assert sum(point["best"] for point in told["points"]) == 1
    assert all(point["front"] for point in told["points"] if point["best"])
    assert report.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert run(*words, "--json", "-").stdout == out.read_text("utf-8")


def test_what_is_suggested_scores_as_it_was_said(hour: Path, tmp_path: Path) -> None:
    rule = rule_with_labels(hour)
    told = json.loads(run("tune", rule, hour, "for=5s..10min", "--json", "-").stdout)
    best = next(point for point in told["points"] if point["best"])
    yaml = YAML()
    whole = yaml.load((hour / "city.yaml").read_text("utf-8"))
    whole["rules"] = [told["suggestion"] if each["id"] == rule else each for each in whole["rules"]]
    for file in hour.glob("*"):
        if file.suffix in (".csv", ".geojson"):
            (tmp_path / file.name).write_bytes(file.read_bytes())
    with (tmp_path / "city.yaml").open("w", encoding="utf-8") as out:
        yaml.dump(whole, out)
    results = run("score", hour, "--config", tmp_path / "city.yaml", "--rules", rule, "--json", "-").stdout
    scored = json.loads(results)
    assert (scored["precision"], scored["recall"]) == (best["score"]["precision"], best["score"]["recall"])


@pytest.mark.parametrize(
    "words, says",
    [
        pytest.param(["overspede", "for=1s,2s"], "did you mean 'overspeed'", id="no-such-rule"),
        pytest.param(["overspeed"], "tolerance    now 10 %", id="no-sweep"),
        pytest.param(["overspeed", "fro=1s,2s"], "did you mean 'for'", id="no-such-parameter"),
        pytest.param(["overspeed", "for=20s"], "it is what is in force", id="nothing-to-try"),
        pytest.param(["overspeed", "tolerance=1km..2km"], "known units: %", id="a-unit-of-something-else"),
        pytest.param(
            ["overspeed", "for=1s..9s", "clear=1s..9s", "gap=1s..90s", "--steps", 11], "--steps 10", id="too-many"
        ),
        pytest.param(
            ["overspeed", "for=1s,2s", "--holdout", "30"], "a share of the subjects such as 30%", id="no-share"
        ),
        pytest.param(["overspeed", "for=1s,2s", "--labels", "EMPTY"], "no labels of 'overspeed'", id="no-labels"),
    ],
)
def test_what_it_says_where_it_cannot(hour: Path, tmp_path: Path, words: list[object], says: str) -> None:
    (tmp_path / "none.jsonl").write_text("")
    rule, *rest = [tmp_path / "none.jsonl" if word == "EMPTY" else word for word in words]
    result = run("tune", rule, hour, *rest)
    assert result.exit_code == 2, result.output
    assert says in result.stderr.replace("\n", " ")
