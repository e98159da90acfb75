"""`gridwatch cases export` and `gridwatch verify`: a vehicle's case, what the journal knows of it, the files kept."""

from __future__ import annotations

import json
import math
import re
import shutil
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cases.database import open_database, writing
from cases.evidence_files import FOLDER, Files
from cases.export.forms import opened
from cases.export.manifest import Rule
from cases.store_section import FILE
from cases.tables import CASES, EPISODES, EVIDENCE, METADATA, REPORTS, STEPS
from cases.tables.registers import REGISTER_ROWS
from gridwatch.cli import app
from gridwatch.printing import BROWSERS
from gridwatch.recordings import open_recording
from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import Contents, Journal
from pipeline.journal.contents import CONTENTS
from pipeline.runtime.compose import load_city, version_payload
from pipeline.runtime.opening import JOURNAL
from replay.replaying import replay
from tests.cases.export.told import PIXEL, row

CITY = """\
city: demo
time_zone: Asia/Shanghai
sources: {s: {type: import, tick: 10s, down: 30s}}
registers: {vehicles: vehicles.csv, zones: {file: zones.geojson, datum: WGS-84}, speed_limits: {default: 60 km/h}}
streams:
  gps:
    source: s
    topic: t/{d}
    codec: json
    rows: position
    subject: "{d}"
    datum: WGS-84
    fields: {ts: {path: t, unit: unix_s}, lon: {path: x}, lat: {path: y}, speed: {path: v, unit: km/h}}
rules:
  - {id: fast, detector: overspeed, category: vehicle.overspeed, for: 20s, clear: 10s, gap: 60s}
"""
ZONE = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"id": "school", "use": "no_go"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[121.0, 31.0], [121.005, 31.0], [121.005, 31.004], [121.0, 31.004], [121.0, 31.0]]],
            },
        }
    ],
}
START = 1_772_352_000.0  # 2026-03-01 08:00 UTC, 16:00 in Shanghai


SHOWN = """\
class="zone use-no_go"
class="trail"
class="trail during"
class="cell"
>100 m</text>
class="chart"
speed, km/h
overspeed
tolerance: 10 %
16:01:40 +08:00
data:image/png;base64,
demo
北"""
"""What its page has to have."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return city_data_in(tmp_path)


def city_data_in(tmp_path: Path) -> Path:
    """A city's data: truck-1 drives east and is too fast from 10 s to 40 s; its case, a picture, a step, a report."""
    (tmp_path / "vehicles.csv").write_text("id,class\ntruck-1,truck\n", "utf-8")
    (tmp_path / "zones.geojson").write_text(json.dumps(ZONE), "utf-8")
    (tmp_path / "city.yaml").write_text(CITY, "utf-8")
    found = tmp_path / "var"
    city = load_city(tmp_path / "city.yaml")
    buffer = EntryBuffer()
    payload = version_payload(city.configuration, city.world, Contents(found / JOURNAL / CONTENTS))
    buffer.add(Kind.VERSION, "", "", START, payload)
    for after in range(0, 200, 10):
        said = {"t": START + after, "x": 121.0 + after * 2e-5, "y": 31.002, "v": 90 if 10 <= after <= 40 else 50}
        buffer.add(Kind.TICK, "s", "", START + after)
        buffer.add(Kind.DELIVERY, "s", "t/truck-1", START + after, json.dumps(said).encode())
    with Journal.open(found / JOURNAL) as journal:
        journal.commit(buffer)
    keep(found)
    return found


def keep(data: Path) -> None:
    recording = open_recording(data)
    (case,) = replay(recording.entries(), recording.load).cases
    of = {name: getattr(case, name) for name in case.__struct_fields__}
    of = {key: None if isinstance(value, float) and math.isnan(value) else value for key, value in of.items()}
    kept = Files(data / FOLDER).put(PIXEL, ".png")
    engine = open_database(data / FILE)
    with writing(engine) as connection:
        METADATA.create_all(connection)
        mine = {key: value for key, value in of.items() if key in CASES.c}
        cell = {"type": "Polygon", "coordinates": [[[121.0, 31.0], [121.01, 31.0], [121.01, 31.01], [121.0, 31.0]]]}
        register = row(REGISTER_ROWS, register="grid", id="310101", data={"geometry": cell}, since=1)
        connection.execute(REGISTER_ROWS.insert(), {key: value for key, value in register.items() if key != "number"})
        settled = {
            "number": "20260301-00001",
            "grid": "310101",
            "state": "filed",
            "opened": case.confirmed,
            "changed": case.confirmed,
        }
        connection.execute(CASES.insert(), row(CASES, **mine | settled | {"channel": "machine", "members": 2}))
        mine = {key: value for key, value in of.items() if key in EPISODES.c}
        connection.execute(EPISODES.insert(), row(EPISODES, **mine, case_id=case.id))
        step = row(STEPS, id="s1", case_id=case.id, number=1, action="file", from_state="reported", to_state="filed",
                   by="Zhao", role="acceptor", at=START + 100, data={})  # fmt: skip
        connection.execute(STEPS.insert(), step)
        report = row(REPORTS, id="r1", case_id=case.id, channel="hotline", contact={"name": "周女士"}, extra={},
                     at=START + 90, lon=121.001, lat=31.001)  # fmt: skip
        connection.execute(REPORTS.insert(), report)
        evidence = row(EVIDENCE, id="e1", case_id=case.id, kind="photo", location=kept.location, sha256=kept.sha256,
                       captured=START + 30, source="Zhao", extra={})  # fmt: skip
        connection.execute(EVIDENCE.insert(), evidence)
    engine.dispose()


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [*map(str, words)], env={"COLUMNS": "120", "USER": "Li Na"})


def exported(data: Path, name: str, *more: object) -> Path:
    out = data.parent / name
    result = run("cases", "export", "20260301-00001", "--data", data, "--out", out, *more)
    assert result.exit_code == 0, result.output
    assert re.search(r"manifest: SHA-256 [0-9a-f]{64}\n", result.output)
    return out


def test_a_page_has_the_map_the_curve_the_rule_and_the_picture(data: Path) -> None:
    page = exported(data, "case.html", "--language", "zh").read_text("utf-8")
    for each in SHOWN.splitlines():
        assert each in page, each
    assert page.count('class="at"') == 2  # the case's place and the report's
    assert "周女士" not in page
    again = run("cases", "export", "20260301-00001", "--data", data, "--out", data.parent / "x.html")
    assert (again.exit_code, "lacking" in again.output) == (0, False)


def test_what_was_in_force_is_named(data: Path) -> None:
    manifest = opened(exported(data, "case.zip").read_bytes()).manifest
    contents = Contents(data / JOURNAL / CONTENTS)
    assert json.loads(contents.get(manifest.rule.configuration))["city"] == manifest.city == "demo"
    assert contents.get(manifest.rule.world)
    assert manifest.rule.id == "fast"
    assert (manifest.by, manifest.time_zone, manifest.steps) == ("Li Na", "Asia/Shanghai", 1)


def test_verify(data: Path) -> None:
    file = exported(data, "case.zip")
    result = run("verify", file, "--data", data)
    assert result.exit_code == 0, result.output
    assert "20260301-00001, exported" in result.output
    wrong = run("verify", file, "--manifest", "0" * 64)
    assert (wrong.exit_code, "manifest.json: it is another one" in wrong.output) == (1, True)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("evidence/new.jpg", b"x")
    changed = run("verify", file)
    assert changed.exit_code == 1
    assert "case.zip: evidence/new.jpg: the manifest knows nothing of it" in changed.output
    file.write_bytes(b"hello")
    assert "it is no export of a case" in run("verify", file).output


def test_verify_against_a_store_that_says_otherwise(data: Path) -> None:
    file = exported(data, "case.html")
    engine = open_database(data / FILE)
    with writing(engine) as connection:
        connection.execute(STEPS.update().values(by="somebody else"))
    engine.dispose()
    assert run("verify", file).exit_code == 0
    result = run("verify", file, "--config", data.parent / "city.yaml")
    assert (result.exit_code, result.output) == (1, "case.html: case.json: step 1 is not the one of the store\n")


def test_what_is_gone_or_changed_is_said(data: Path) -> None:
    shutil.rmtree(data / JOURNAL)
    (picture,) = (data / FOLDER).rglob("*.png")
    picture.write_bytes(b"another")
    out = data.parent / "case.html"
    result = run("cases", "export", "20260301-00001", "--data", data, "--out", out, "--language", "en")
    assert "it has been changed since it was kept" in result.output
    assert "the journal no longer has the rows of that time" in result.output
    assert run("verify", out, "--data", data).exit_code == 0
    picture.unlink()
    again = run("cases", "export", "20260301-00001", "--data", data, "--out", out)
    assert "it is no longer kept" in again.output


def test_what_the_journal_no_longer_has_is_not_claimed(data: Path) -> None:
    engine = open_database(data / FILE)
    with writing(engine) as connection:
        connection.execute(CASES.update().values(opened_position=-1))  # as where the journal begins later
    engine.dispose()
    file = exported(data, "case.html")
    assert opened(file.read_bytes()).manifest.rule.configuration == ""
    page = file.read_text("utf-8")
    assert "tolerance" not in page
    assert 'class="zone use-no_go"' in page


def test_a_case_knows_what_was_in_force(data: Path) -> None:
    before = opened(exported(data, "before.html").read_bytes()).manifest.rule
    payload = json.dumps({"config": before.configuration, "world": before.world})
    engine = open_database(data / FILE)

    def known(**values: object) -> tuple[str, Rule]:
        with writing(engine) as connection:
            connection.execute(CASES.update().values(**{"changed": START, **values}))
        page = exported(data, "case.html").read_bytes()
        return page.decode(), opened(page).manifest.rule

    page, rule = known(version=payload)
    assert rule == before
    assert 'class="trail during"' in page
    page, rule = known(opened_position=-1)  # as where the journal begins later
    assert rule == before
    assert "tolerance: 10 %" in page
    assert 'class="chart"' not in page
    shutil.rmtree(data / JOURNAL / CONTENTS)
    page, rule = known()
    assert rule == before
    assert "tolerance" not in page
    engine.dispose()


@pytest.mark.skipif(not any(shutil.which(name) for name in BROWSERS), reason="no browser that prints")
def test_a_pdf(data: Path) -> None:
    file = exported(data, "case.pdf")
    found = opened(file.read_bytes())
    assert PIXEL in found.parts.values()
    assert run("verify", file, "--data", data).exit_code == 0


def test_without_a_browser_there_is_no_pdf(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(data))
    result = run("cases", "export", "20260301-00001", "--data", data, "--out", data.parent / "case.pdf")
    assert (result.exit_code, "which is not installed: `apt-get install chromium`" in result.output) == (3, True)


@pytest.mark.parametrize(
    "words, code, says",
    [
        pytest.param(["nobody", "--out", "x.html"], 1, "no case has the number 'nobody'", id="no-such-case"),
        pytest.param(["2026", "--out", "x.doc"], 2, "ends in .html, .zip or .pdf", id="no-such-form"),
        pytest.param(["2026", "--out", "gone/x.zip"], 2, "Make it first", id="no-such-folder"),
    ],
)
def test_wrong_use(data: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int, says: str) -> None:
    monkeypatch.chdir(data.parent)
    result = run("cases", "export", *words, "--data", data)
    assert (result.exit_code, says in result.output) == (code, True), result.output


def test_where_there_are_no_cases(tmp_path: Path) -> None:
    result = run("cases", "export", "2026", "--out", tmp_path / "x.html", "--data", tmp_path)
    assert (result.exit_code, "There are no cases in" in result.output) == (3, True)
