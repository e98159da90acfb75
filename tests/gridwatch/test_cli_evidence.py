"""`gridwatch evidence` and what `camera watch` keeps: found, checked, tied to cases, opened with a reason."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

pytest.importorskip("pyrage", reason="needs gridwatch[cameras]")
from cameras.evidence.keeping import Keeping
from cameras.evidence.sealing import new_identity
from cameras.watcher import Frame
from cases.making import RuleFacts
from cases.store import FILE, Store
from gridwatch.cli import app
from pipeline.episode import Change, Episode, EpisodeEvent
from tests.cameras.evidence.made import TS, picture, settings, taken
from tests.cases.putting import known_of, put
from tests.gridwatch.test_cli_camera_watch import CITY
from tests.gridwatch.test_cli_camera_watch import clip as street_clip  # noqa: F401  a fixture

SECRET, PUBLIC = new_identity()
DRAWN = "faces: {none: drawn pictures with nobody in them}"


def run(*words: object, **env: str) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "150"} | env)


def listed(*words: object) -> list[dict[str, object]]:
    result = run("evidence", "list", *words, "--json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Three: two tracks at the gate, a minute apart, and one in the yard a day later, which has a sealed original."""
    given = settings(tmp_path / "kept", {"any": {}, "asked": {"sealed": PUBLIC}}, clip=False)
    keeping = Keeping(given, lambda _: None)
    for camera in ("gate", "yard"):
        keeping.camera(camera, None, lambda: ("arrival", None))
    for camera, track, ts, zone, trigger in (
        ("gate", 7, TS, "lane", "any"),
        ("gate", 8, TS + 60, "bay", "any"),
        ("yard", 7, TS + 86_400, "lane", "asked"),
    ):
        told = {"track": track, "zone": zone}
        keeping.keep(taken(ts, camera, trigger, frame=Frame(ts, picture()), told=told))
    return tmp_path / "kept"


@pytest.mark.parametrize(
    "options, tracks",
    [
        pytest.param([], [("gate", 7), ("gate", 8), ("yard", 7)], id="all"),
        pytest.param(["--camera", "yard"], [("yard", 7)], id="camera"),
        pytest.param(["--track", 7], [("gate", 7), ("yard", 7)], id="track"),
        pytest.param(["--zone", "bay"], [("gate", 8)], id="zone"),
        pytest.param(["--since", "2026-05-01T12:00:30Z"], [("gate", 8), ("yard", 7)], id="since"),
        pytest.param(["--camera", "gate", "--track", 9], [], id="none"),
    ],
)
def test_what_was_kept_is_listed(store: Path, options: list[object], tracks: list[tuple[str, int]]) -> None:
    found = listed("--store", store, *options)
    assert [(each["camera"], each["track"]) for each in found] == tracks
    assert all(str(each["url"]).startswith(store.as_uri()) for each in found)
    shown = run("evidence", "list", "--store", store, *options).output
    assert ("No evidence matches." in shown) is not bool(tracks)


def test_one_is_shown(store: Path) -> None:
    id = str(listed("--store", store)[0]["id"])
    shown = run("evidence", "show", id[:6], "--store", store)
    assert shown.exit_code == 0
    for each in (id, "2026-05-01 12:00:00.000 UTC", "clean.jpg", "gate lane", "object, track 7", "not hidden: drawn"):
        assert each in shown.output
    assert json.loads(run("evidence", "show", id, "--store", store, "--json").output)["opened"] == []
    assert run("evidence", "show", "ffff0000ffff", "--store", store).exit_code == 1


def test_what_was_changed_is_found(store: Path) -> None:
    fine = run("evidence", "verify", "--store", store)
    assert (fine.exit_code, fine.output) == (0, "3 checked, 0 faults\n")
    next(store.glob("gate/*/*/clean.jpg")).write_bytes(b"another")
    found = run("evidence", "verify", "--store", store)
    assert found.exit_code == 1
    assert "clean.jpg: it has been changed" in found.output
    assert run("evidence", "verify", "--store", store, "--camera", "yard").exit_code == 0


#  the case's key      when it went on, seconds after 12:00         what belongs to it
@pytest.mark.parametrize(
    "subject, part, started, ended, tracks",
    [
        pytest.param("gate", "7", 0.0, math.nan, [7], id="of-a-track"),
        pytest.param("gate", "lane", -5.0, 20.0, [7], id="of-a-zone"),
        pytest.param("gate", "bay", -5.0, 20.0, [], id="of-a-zone-before"),
        pytest.param("gate", "bay", 30.0, math.nan, [8], id="of-a-zone-that-goes-on"),
        pytest.param("gate", "", 0.0, math.nan, [], id="of-the-camera-itself"),
        pytest.param("truck-3", "7", 0.0, math.nan, [], id="of-something-else"),
    ],
)
def test_what_belongs_to_a_case(
    store: Path, tmp_path: Path, subject: str, part: str, started: float, ended: float, tracks: list[int]
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "city.yaml").write_text(CITY + "data: data\n", "utf-8")
    episode = Episode(
        id="0a1b2c3d-0000-5000-8000-000000000000",
        rule="left-behind",
        rule_version="v1",
        subject=subject,
        part=part,
        started=TS + started,
        confirmed=TS + started,
        ended=TS + ended,
        reason="",
        measure=1.0,
        lon=math.nan,
        lat=math.nan,
        place="",
        late=False,
    )
    event = EpisodeEvent(change=Change.OPENED, known=TS, position=1, episode=episode)
    with Store(tmp_path / "data" / FILE) as cases:
        put(cases, [known_of(event, RuleFacts("waste.left", "s"))], through=1)
    found = listed("--store", store, "--config", tmp_path / "city.yaml", "--case", "0a1b")
    assert [each["track"] for each in found] == tracks


def test_an_original_is_opened_with_a_reason_and_noted(store: Path, tmp_path: Path) -> None:
    id = str(listed("--store", store, "--camera", "yard")[0]["id"])
    asked = ["evidence", "open", id, "--store", store, "--by", "Li Na", "--to", tmp_path / "opened"]
    asked += ["--identity-env", "KEY"]
    assert run(*asked, KEY=SECRET).exit_code == 2  # no reason
    assert run(*asked, "--reason", " ", KEY=SECRET).exit_code == 2
    assert run(*asked, "--reason", "case 17").exit_code == 2  # no key
    assert not (tmp_path / "opened").exists()
    opened = run(*asked, "--reason", "case 17", KEY=SECRET)
    assert opened.exit_code == 0, opened.output
    (file,) = (tmp_path / "opened").iterdir()
    assert file.read_bytes().startswith(b"\xff\xd8")
    assert file.stat().st_mode & 0o077 == 0
    assert SECRET not in opened.output
    shown = run("evidence", "show", id, "--store", store).output
    assert "by Li Na: case 17" in shown
    assert run("evidence", "verify", "--store", store).exit_code == 0
    never = run(*asked, "--reason", "again", KEY=new_identity()[0])
    assert never.exit_code == 3
    assert "sealed for another key" in never.output


def test_what_is_old_is_deleted(store: Path, tmp_path: Path) -> None:
    evidence = f"evidence: {{store: kept, keep: 1d, when: {{any: {{}}}}, {DRAWN}}}\n"
    (tmp_path / "city.yaml").write_text(CITY + evidence, "utf-8")
    would = run("evidence", "prune", "--config", tmp_path / "city.yaml", "--dry-run")
    assert (would.exit_code, would.output) == (0, "3 older than 1.0 d, 0 unfinished would be deleted\n")
    assert len(listed("--store", store)) == 3
    assert run("evidence", "prune", "--config", tmp_path / "city.yaml").exit_code == 0
    assert listed("--config", tmp_path / "city.yaml") == []


def test_without_a_section_it_is_said_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "city.yaml").write_text(CITY, "utf-8")
    result = run("evidence", "list", "--config", tmp_path / "city.yaml")
    assert result.exit_code == 2
    assert "no section 'evidence'; or name the store with --store" in result.output


def test_the_model_that_finds_faces_is_fetched_with_those_of_watchers(tmp_path: Path) -> None:
    for faces, names in (("faces: {closely: 600}", ["yolox_nano"]), (DRAWN, [])):
        (tmp_path / "city.yaml").write_text(f"{CITY}evidence: {{store: kept, when: {{any: {{}}}}, {faces}}}\n", "utf-8")
        found = run("models", "list", "--config", tmp_path / "city.yaml", "--json").output.splitlines()
        assert [json.loads(line)["name"] for line in found] == names


def test_a_clip_that_is_watched_gives_evidence_the_same_each_time(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    evidence = f"evidence: {{store: elsewhere, when: {{put: {{labels: [object], still: 6s}}}}, {DRAWN}}}\n"
    (tmp_path / "city.yaml").write_text(CITY + evidence, "utf-8")
    file = request.getfixturevalue("street_clip")
    for folder in ("one", "two"):
        asked = ["camera", "watch", file, "--config", tmp_path / "city.yaml", "--evidence", tmp_path / folder]
        result = run(*asked)
        assert result.exit_code == 0, result.output
        assert f"1 kept as evidence in {tmp_path / folder}" in result.output.replace("\n", "")
    assert not (tmp_path / "elsewhere").exists()
    one, two = listed("--store", tmp_path / "one"), listed("--store", tmp_path / "two")
    assert {**one[0], "url": ""} == {**two[0], "url": ""}
    assert one[0]["label"] == "object"
    files = {str(f["kind"]): f for f in one[0]["files"]}  # type: ignore[attr-defined]
    assert list(files) == ["clean", "marked", "clip"]
    captured, clip = float(str(one[0]["captured"])), files["clip"]
    assert clip["captured"] == pytest.approx(captured - float(str(one[0]["still"])) - 10, abs=0.3)
    assert clip["until"] == pytest.approx(captured + 5, abs=0.3)
    assert run("evidence", "verify", "--store", tmp_path / "one").exit_code == 0
