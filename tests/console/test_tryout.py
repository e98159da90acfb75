"""Rules tried on what was recorded: a process of its own, one after another, which can be ended."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec
import pytest
from fastapi.testclient import TestClient

from cases.database import writing
from cases.tables import EPISODES
from console.rules_city import CantBe
from gridwatch.rules_beside import RulesBeside, with_values
from gridwatch.tryout import Asked, main, tried
from gridwatch.tryouts import WAITING, Tryouts
from pipeline.runtime.logs import logger
from pipeline.runtime.sections import RuleSection
from tests.console.kit import Town, case_row
from tests.console.rules_kit import half_an_hour, ruled


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return half_an_hour(tmp_path_factory.mktemp("tried") / "half")


@pytest.fixture(scope="module")
def town(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, RulesBeside]]:
    town, rules = ruled(tmp_path_factory.mktemp("town"), recording)
    yield town, rules
    rules.stop()
    town.engine.dispose()


def sections(rules: RulesBeside, **values: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    found = rules._section("off-route")
    assert isinstance(found, RuleSection)
    changed = with_values(found, values)
    now, then = (each.model_dump(mode="json", by_alias=True) for each in (found, changed))
    return now, then


@pytest.mark.parametrize(
    "values, before, after, counts",
    [
        pytest.param({"for": "20 min"}, 1, 0, {"vanished": 1}, id="more-patient"),
        pytest.param({"for": "40 s"}, 1, 1, {"moved": 1}, id="known-later"),
        pytest.param({"tolerance": "501 m"}, 1, 1, {}, id="hardly-another"),
    ],
)
def test_what_would_be_otherwise(
    town: tuple[Town, RulesBeside], recording: Path, values: dict[str, str], before: int, after: int, counts: Any
) -> None:
    now, then = sections(town[1], **values)
    found = tried(Asked(str(recording), now, then, 0.0))
    assert (found["before"], found["after"], dict(found["counts"])) == (before, after, counts)
    assert found["rows"] > 1000


def test_a_tryout_by_the_api(town: tuple[Town, RulesBeside], monkeypatch: pytest.MonkeyPatch) -> None:
    """The recording is old: 'now' is made to be its end. The case that would be gone is the city's own."""
    boss: TestClient = town[0].client("BOSS")
    rules = town[1]
    asked = rules._tryouts._asked
    now, then = sections(rules, **{"for": "20 min"})
    gone = tried(Asked(str(rules._tryouts._data), now, then, 0.0))["differences"][0]
    monkeypatch.setattr("gridwatch.tryouts.time.time", lambda: gone["before"]["started"] + 3600.0)
    row = case_row("off", rule="off-route", verdict="false alarm", number="A-1")
    values = {column.name: "" for column in EPISODES.columns if not column.nullable} | {
        "id": "e", "case_id": "off", "rule": "off-route", "subject": gone["subject"], "late": False, "withdrawn": False,
        "started": gone["before"]["started"] - 5, "opened_position": 0, "position": 0,
    }  # fmt: skip
    town[0].add(row)
    with writing(town[0].engine) as connection:
        connection.execute(EPISODES.insert(), values)
    got = boss.post("/api/rules/off-route/tryouts", json={"values": {"for": "20 min"}, "hours": 2})
    assert got.status_code == 202, got.text
    thread = rules._tryouts._thread
    if thread is not None:
        thread.join(60)
    assert not asked
    found = boss.get(f"/api/tryouts/{got.json()['id']}").json()
    assert (found["state"], found["progress"], found["by"]) == ("done", 1.0, "boss"), found["why"]
    (difference,) = found["result"]["differences"]
    assert (difference["what"], difference["before"]["number"]) == ("vanished", "A-1")
    assert found["result"]["verdicts"] == {"false alarm": 1}
    assert [each["id"] for each in boss.get("/api/tryouts", params={"rule": "off-route"}).json()] == [found["id"]]
    same = boss.post("/api/rules/off-route/tryouts", json={"values": {"for": "30 s"}})
    assert (same.status_code, "in force" in same.json()["detail"]) == (422, True)
    assert boss.post("/api/rules/no-such/tryouts", json={"values": {"for": "30 s"}}).status_code == 404
    assert boss.delete("/api/tryouts/nothing").status_code == 404


def test_only_so_many_wait_and_each_can_be_ended(town: tuple[Town, RulesBeside], recording: Path) -> None:
    queue = Tryouts(recording, logger(), longest=0.001)
    now, then = sections(town[1], **{"for": "20 min"})
    queue._thread = Thread()  # nobody works yet
    made = [queue.add(now, then, "v", {}, 1.0, "me") for _ in range(WAITING)]
    with pytest.raises(CantBe, match="waiting already"):
        queue.add(now, then, "v", {}, 1.0, "me")
    for one in made[1:]:
        queue.cancel(one.id)
    queue._work()
    states = [each.state for each in reversed(queue.list())]
    assert states == ["failed", *["cancelled"] * (WAITING - 1)]
    assert "took longer" in queue.list()[-1].why
    with pytest.raises(LookupError):
        queue.cancel("nothing")
    with pytest.raises(CantBe, match="hours"):
        queue.add(now, then, "v", {}, 1e9, "me")
    queue.stop()
    with pytest.raises(CantBe, match="stopped"):
        queue.add(now, then, "v", {}, 1.0, "me")
    assert replace(made[0]).asked <= time.time()


def test_what_fails_says_why(
    town: tuple[Town, RulesBeside], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "asked.json"
    file.write_bytes(msgspec.json.encode(Asked(str(tmp_path), *sections(town[1], **{"for": "20 min"}), 0.0)))
    monkeypatch.setattr("sys.argv", ["tryout", str(file)])
    monkeypatch.setattr("os.nice", lambda _: 0)  # this process has other things to do
    monkeypatch.setattr("gridwatch.tryout._bounded", lambda: None)
    assert main() == 1
    assert "no journal" in json.loads(capsys.readouterr().out)["failed"]
