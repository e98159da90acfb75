"""Which version each case was judged by, told where people look: the API that the page asks, and the exported file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from cases.export.forms import opened
from gridwatch.cli import app
from gridwatch.web_running import web_of
from pipeline.runtime.embedded import Embedded
from tests.console.kit import SECRETS, TOKENS
from tests.gridwatch.test_web import Log
from tests.runtime.kit import Town, connected, judged
from tests.services.mosquitto import Mosquitto, Running, mosquitto

__all__ = ["mosquitto"]
pytestmark = pytest.mark.service


@pytest.fixture
def town(tmp_path: Path, mosquitto: Mosquitto | Running) -> Town:
    return Town(tmp_path / "town", mosquitto)


@pytest.fixture
def city(town: Town) -> Iterator[Embedded]:
    web = json.dumps({"port": 0, "tokens": TOKENS[:4]})
    town.write(**{"metrics: null": f"metrics: null\nweb: {web}"})
    running = town.embedded()
    running.start()
    connected(running)
    yield running
    running.stop()


def test_cases_before_and_after_a_reload_name_their_versions(town: Town, city: Embedded, tmp_path: Path) -> None:
    town.send([("T1", 0, 90)])
    judged(city, 1)
    before = json.loads(city._payload)
    file = town.file.read_text()
    town.file.write_text(
        file.replace("default: 60 km/h", "default: 30 km/h").replace("for: 0s}", "for: 0s, clear: 1s}")
    )
    assert city.reload() is True
    town.send([("T2", 0, 45)])
    judged(city, 2)
    after = json.loads(city._payload)
    assert (before["config"] != after["config"], before["world"] != after["world"]) == (True, True)
    cases = {case.subject: case.id for case in city.cases.list()}

    assert city.office is not None
    server = web_of(town.file, city.city.configuration, city.office, city.cases.engine, Log(), environment=SECRETS)
    assert server is not None
    server.start()
    try:
        told = {}
        for subject, case in cases.items():
            headers = {"Authorization": f"Bearer {SECRETS['BOSS']}"}
            got = httpx.get(f"{server.url}/api/cases/{case}/why", headers=headers, timeout=60)
            assert got.status_code == 200, got.text
            told[subject] = got.json()
    finally:
        server.stop()
    for subject, version in (("T1", before), ("T2", after)):
        assert (told[subject]["configuration"], told[subject]["world"]) == (version["config"], version["world"])
    rules = {subject: each["rules"][0] for subject, each in told.items()}
    assert rules["T1"]["version"] != rules["T2"]["version"]
    assert [rules[each]["then"]["hold"]["right_for"] for each in ("T1", "T2")] == [0.0, 1.0], "each as it was then"

    city.stop()
    for subject, version in (("T1", before), ("T2", after)):
        out = tmp_path / f"{subject}.zip"
        words = ["cases", "export", cases[subject], "--by", "Li", "--out", str(out), "--config", str(town.file)]
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output
        manifest = opened(out.read_bytes()).manifest
        assert (manifest.rule.configuration, manifest.rule.world) == (version["config"], version["world"])
