"""A real road's camera and a person beside it: one case, worked on by people over the web until it is closed.

A sequence of RoadTrack in which a car stops on the shoulder. Somebody reports the same over Open311, before the
camera's rule has found it or after; they follow it with `georeport`, a client that is not ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from georeport import GeoReport
from typer.testing import CliRunner

from benchmarks.bins import DATA
from benchmarks.pages import ROOT
from cases.case import iso
from cases.tables import CASES, EPISODES, REPORTS
from gridwatch.cli import app
from gridwatch.mot import ORIGIN, Asked, open_mot
from pipeline.runtime.document import parse_document
from tests.gridwatch.recorded_city import Entry, RecordedCity, entries_of

pytest.importorskip("trackers", reason="needs gridwatch[cameras]")

SEQUENCE = DATA / "roadtrack" / "P" / "04-14_09_K295_179"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SEQUENCE.is_dir(), reason="needs the recordings in ../shared/data or $GRIDWATCH_DATA"),
]

CATEGORY = "traffic.stopped_vehicle"
STOPPED = 29.0
"""Seconds after which the rule has found the car at the latest that stops at 23."""
LON, LAT = 116.3, 32.1
TOKENS = {
    "acceptor-1": ["acceptor", "dispatcher"],
    "collector-1": ["collector"],
    "road-police": ["unit"],
    "app": [],
}


def secret(name: str) -> str:
    return f"secret-of-{name}-0123456789abcdef"


def variable(name: str) -> str:
    return f"TOKEN_{name.upper().replace('-', '_')}"


def road_city(folder: Path) -> Path:
    """configs/examples/mot, whose camera has a place, with people."""
    data = parse_document((ROOT / "configs" / "examples" / "mot" / "city.yaml").read_text("utf-8"), "city").data
    (folder / "places.csv").write_text(f"id,class,lon,lat\n{SEQUENCE.name},camera,{LON},{LAT}\n", "utf-8")
    units = f"id,name,lon,lat\nroad-police,交警三大队,{LON + 0.05},{LAT}\nrescue,救援站,{LON + 0.01},{LAT}\n"
    (folder / "units.csv").write_text(units, "utf-8")
    tokens = [
        {"name": name, "token_env": variable(name), "roles": roles}
        | ({"unit": name} if roles == ["unit"] else {})
        | ({} if roles else {"channel": "wechat"})
        for name, roles in TOKENS.items()
    ]
    service = {"code": "stopped", "name": "Stopped vehicle", "category": CATEGORY}
    data |= {
        "data": "var",
        "registers": {"datum": "WGS-84", "bins": "places.csv", "units": "units.csv"},
        "policies": {"handling": [{"verify": "collector"}]},
        "categories": {"standard": "none", "default_limit": "2 urgent hours"},
        "fusion": {"rules": [{"id": "same-place", "same": "place", "near": "50 m", "within": "10min"}]},
        "web": {"port": 0, "tokens": tokens, "open311": {"public": True, "services": [service]}},
    }
    file = folder / "city.yaml"
    file.write_text(json.dumps(data), "utf-8")  # JSON is YAML
    return file


def recorded(file: Path) -> list[Entry]:
    opened = open_mot(SEQUENCE, file, Asked(rate=10))
    assert opened is not None
    return entries_of(piece.batch for piece in opened.entries().read(0))


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordedCity]:
    for name in TOKENS:
        monkeypatch.setenv(variable(name), secret(name))
    file = road_city(tmp_path)
    with RecordedCity(file, recorded(file)) as city:
        yield city


def as_(city: RecordedCity, name: str) -> httpx.Client:
    return httpx.Client(base_url=city.web.url, headers={"Authorization": f"Bearer {secret(name)}"}, timeout=60)


def reported(city: RecordedCity) -> str:
    """Somebody passes by, 30 m away, and says so; the number of their request."""
    form = {"api_key": secret("app"), "service_code": "stopped", "lat": f"{LAT + 0.00027}", "long": f"{LON}"}
    form |= {"description": "有辆车停在应急车道", "email": "smit333@example.org"}
    got = httpx.post(f"{city.web.url}/open311/v2/requests.json", data=form, timeout=60)
    assert got.status_code == 200, got.text
    return str(got.json()[0]["service_request_id"])


def step(city: RecordedCity, who: str, case: str, action: str, state: str, **body: Any) -> None:
    city.until(city.now + 60)
    with as_(city, who) as client:
        got = client.post(f"/api/cases/{case}/steps", json={"action": action, **body})
    assert got.status_code == 200, got.text
    assert got.json()["state"] == state


def run(*words: object) -> str:
    done = CliRunner().invoke(app, [*map(str, words)], env={"COLUMNS": "120"})
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize(
    "after, channel",
    [pytest.param(60.0, "machine", id="the-camera-first"), pytest.param(10.0, "open311", id="the-person-first")],
)
def test_seen_and_reported_is_one_case_until_it_is_closed(
    city: RecordedCity, tmp_path: Path, after: float, channel: str
) -> None:
    city.until(ORIGIN + after)
    number = reported(city)
    city.until(ORIGIN + 120)
    (row,) = city.rows(sa.select(CASES))
    found = city.rows(sa.select(EPISODES))
    (told,) = city.rows(sa.select(REPORTS))
    assert {each["case_id"] for each in (*found, told)} == {row["id"]}
    assert min(each["confirmed"] for each in found) <= ORIGIN + STOPPED + 6
    assert (row["channel"], row["members"]) == (channel, len(found) + 1)
    public = GeoReport(f"{city.web.url}/open311/v2")
    assert public.get_service_request(number)["status"] == "open"

    case = row["id"]
    step(city, "acceptor-1", case, "file", "filed")
    with as_(city, "acceptor-1") as client:
        offered = client.get(f"/api/cases/{case}/units").json()
    assert [(each["id"], each["open"]) for each in offered] == [("rescue", 0), ("road-police", 0)], "by distance"
    step(city, "acceptor-1", case, "dispatch", "dispatched", data={"unit": "road-police"})
    with as_(city, "acceptor-1") as client:
        assert [each["open"] for each in client.get(f"/api/cases/{case}/units").json()] == [0, 1]
    step(city, "road-police", case, "accept", "handling")
    step(city, "road-police", case, "handled", "verifying", note="拖走了")
    with as_(city, "road-police") as client:
        refused = client.post(f"/api/cases/{case}/steps", json={"action": "verified"})
    assert refused.status_code == 403, "never by who handled"
    step(city, "collector-1", case, "verified", "verified")
    step(city, "acceptor-1", case, "close", "closed", data={"reply": "车辆已拖离,谢谢。"})

    request = public.get_service_request(number)
    assert (request["status"], request["status_notes"]) == ("closed", "车辆已拖离,谢谢。")
    (closed,) = city.rows(sa.select(CASES))
    assert closed["closed"] < closed["due"], "by the recording's time"
    assert str(request["updated_datetime"])[:16] == str(iso(closed["closed"]))[:16]

    out = tmp_path / "case.html"
    run("cases", "export", closed["number"], "--data", tmp_path / "var", "--out", out, "--by", "Li Na")
    assert closed["number"] in run("verify", out, "--config", tmp_path / "city.yaml")
    page = out.read_text("utf-8")
    assert "smit333" not in page
    assert "拖走了" in page
