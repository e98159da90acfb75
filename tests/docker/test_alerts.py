"""Alerts and scraping: promtool's own checks and tests, metrics that exist, and a paragraph for whoever is woken."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipeline.runtime.document import parse_document
from tests.docker.metric_names import known_metrics, used_metrics
from tests.services.need import missing

REPOSITORY = Path(__file__).resolve().parents[2]
PROMETHEUS = REPOSITORY / "docker" / "prometheus"
ALERTS = PROMETHEUS / "alerts" / "gridwatch.yml"
OPERATIONS = REPOSITORY / "docs" / "operations.md"


def rules() -> dict[str, dict[str, Any]]:
    data = parse_document(ALERTS.read_text("utf-8"), ALERTS.name).data
    return {rule["alert"]: rule for group in data["groups"] for rule in group["rules"]}


RULES = rules()


@pytest.fixture(scope="module")
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        missing("promtool", "apt-get install prometheus (as root)")
    return found


@pytest.mark.service
@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("check", "config", PROMETHEUS / "prometheus.yml"), id="scraping-compose"),
        pytest.param(("check", "config", PROMETHEUS / "prometheus-systemd.yml"), id="scraping-systemd"),
        pytest.param(("test", "rules", Path(__file__).with_name("alerts_test.yml")), id="when-each-fires"),
    ],
)
def test_promtool_finds_nothing(promtool: str, arguments: tuple[str | Path, ...]) -> None:
    done = subprocess.run([promtool, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", RULES)
def test_an_alert_is_about_metrics_that_exist(name: str) -> None:
    unknown = used_metrics(RULES[name]["expr"]) - known_metrics()
    assert unknown == set()


def test_each_alert_fires_in_a_test() -> None:
    text = Path(__file__).with_name("alerts_test.yml").read_text("utf-8")
    assert [name for name in RULES if not re.search(rf'alertname(="|: ){name}\b', text)] == []


@pytest.mark.parametrize("name", RULES)
def test_an_alert_says_what_it_means_and_what_to_do(name: str) -> None:
    rule = RULES[name]
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["annotations"]["runbook"] == f"docs/operations.md#{name.lower()}"
    section = re.search(rf"(?ms)^### {name}$\n+(.*?)(?=^##|\Z)", OPERATIONS.read_text("utf-8"))
    assert section is not None, f"docs/operations.md has no section {name}"
    assert len(section[1].split()) >= 25, "a paragraph: what it means, what to do"
