"""Dashboards: each panel says what it shows and in what unit, of metrics that exist, in queries that can be read."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.history.lines import MEASUREMENT
from pipeline.runtime.document import parse_document
from tests.docker.metric_names import known_metrics, used_metrics
from tests.services.need import missing

GRAFANA = Path(__file__).resolve().parents[2] / "docker" / "grafana"
BOARDS = {file.stem: json.loads(file.read_text("utf-8")) for file in sorted((GRAFANA / "dashboards").glob("*.json"))}
board = pytest.mark.parametrize("name", BOARDS)


def panels(name: str) -> Iterator[dict[str, Any]]:
    return (panel for panel in BOARDS[name]["panels"] if panel["type"] != "row")


def queries(name: str) -> Iterator[str]:
    """What is asked of Prometheus, with Grafana's variables put in."""
    for panel in panels(name):
        for target in panel["targets"]:
            if "expr" in target:
                text = target["expr"].replace("$__rate_interval", "1m")
                yield re.sub(r"\$\w+", ".*", text)


@board
def test_a_panel_can_be_read(name: str) -> None:
    for panel in panels(name):
        defaults = panel["fieldConfig"]["defaults"]
        assert panel["title"]
        assert defaults["unit"], panel["title"]
        assert panel["targets"], panel["title"]
        for target in panel["targets"]:
            assert target.get("legendFormat") or target.get("query"), panel["title"]


@board
def test_panels_do_not_lie_on_one_another(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in BOARDS[name]["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells


def test_names_are_one_of_a_kind() -> None:
    assert len({each["uid"] for each in BOARDS.values()}) == len(BOARDS)
    assert len({each["title"] for each in BOARDS.values()}) == len(BOARDS)


@board
def test_sources_of_data_are_those_that_are_provisioned(name: str) -> None:
    file = GRAFANA / "provisioning" / "datasources" / "gridwatch.yaml"
    there = {
        each["uid"]: each["type"] for each in parse_document(file.read_text("utf-8"), file.name).data["datasources"]
    }
    for panel in panels(name):
        for source in (panel["datasource"], *(target["datasource"] for target in panel["targets"])):
            assert there[source["uid"]] == source["type"]


@board
def test_a_panel_is_about_metrics_that_exist(name: str) -> None:
    assert set().union(*map(used_metrics, queries(name))) - known_metrics() == set()


@board
def test_history_is_asked_for_what_is_written(name: str) -> None:
    for panel in panels(name):
        for target in panel["targets"]:
            for measurement in re.findall(r'_measurement == "(\w+)"', target.get("query", "")):
                assert measurement in MEASUREMENT.values()


@pytest.mark.service
def test_prometheus_reads_each_query(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        missing("promtool", "apt-get install prometheus (as root)")
    asked = [query for name in BOARDS for query in queries(name)]
    rules = [{"record": f"panel:{n}", "expr": query} for n, query in enumerate(asked)]
    file = tmp_path / "rules.yml"
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}), "utf-8")  # JSON is YAML
    done = subprocess.run([promtool, "check", "rules", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(asked)} rules found" in done.stdout
