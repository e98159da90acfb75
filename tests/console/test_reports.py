"""Reports by hand: what the desk is told, the number that the reporter follows, likely duplicates, photos."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image

from cases.categories import Categories, Category
from cases.database import reading
from cases.intake.numbers import number_of
from cases.tables import CASES
from cases.words import Report
from pipeline.geo import Datum, from_wgs84
from tests.console.kit import NOW, Town, case_row

LON, LAT = 120.16, 30.25
REPORT: dict[str, Any] = {
    "category": "06042",
    "text": "垃圾桶满了",
    "lon": LON,
    "lat": LAT,
    "contact": {"name": "王", "phone": "13800000000"},
}


def jpeg() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 10, 10)).save(written, "JPEG")
    return written.getvalue()


@pytest.mark.parametrize(
    "token, channel",
    [
        pytest.param("ACCEPTOR", "hand", id="hand"),
        pytest.param("COLLECTOR", "collector", id="collector"),
        pytest.param("APP", "wechat", id="own"),
    ],
)
def test_a_report_is_followed_by_its_number(town: Town, token: str, channel: str) -> None:
    client = town.client(token)
    got = client.post("/api/reports", json=REPORT)
    assert got.status_code == 201
    (said,) = town.office.said
    assert isinstance(said, Report)
    assert (said.channel, said.category, said.at) == (channel, "06042", NOW)
    assert said.contact == {"name": "王", "phone": "13800000000"}
    number = got.json()["number"]
    assert number == said.number == number_of(said.id)
    assert (got.json()["case"] is None) == (token == "APP")
    followed = client.get(f"/api/reports/{number.lower().replace('-', ' ')}")
    assert followed.json()["told"] == f"您反映的问题已收到,编号 {number}。"
    assert "13800000000" not in followed.text + client.get("/api/reports/nothing").text
    for staff in ("BOSS", "ACCEPTOR"):
        case = town.client(staff).get(f"/api/cases/{town.office.answers[said.id].case}")
        assert case.json()["reports"][0]["text"] == "垃圾桶满了"
        assert "13800000000" not in case.text


def test_those_who_only_report_follow_their_own(town: Town) -> None:
    number = town.client("ACCEPTOR").post("/api/reports", json=REPORT).json()["number"]
    assert town.client("BOSS").get(f"/api/reports/{number}").status_code == 200
    assert town.client("APP").get(f"/api/reports/{number}").status_code == 404


def test_what_they_are_told_follows_the_case(town: Town) -> None:
    client = town.client("BOSS")
    out = client.post("/api/reports", json=REPORT).json()
    with town.engine.execution_options(writing=True).begin() as connection:
        connection.execute(CASES.update().values(state="dispatched", due=NOW + 3600))
    followed = client.get(f"/api/reports/{out['number']}").json()
    assert (followed["state"], followed["ended"]) == ("dispatched", False)
    assert followed["due"] == "2026-05-28T21:26:40Z"
    assert "2026-05-28 21:26" in followed["told"]


def test_the_same_key_is_the_same_report(town: Town) -> None:
    client = town.client("APP")
    numbers = {
        client.post("/api/reports", json=REPORT, headers={"Idempotency-Key": "k"}).json()["number"] for _ in range(3)
    }
    assert len(numbers) == 1
    with reading(town.engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(CASES)).scalar() == 1


@pytest.mark.parametrize(
    "different, where",
    [
        pytest.param({"lat": None}, "lon and lat", id="half-a-place"),
        pytest.param({"lon": None, "lat": None}, "an address", id="nowhere"),
        pytest.param({"lat": 91}, "lat", id="no-place"),
        pytest.param({"category": ""}, "category", id="no-category"),
        pytest.param({"severity": 5}, "severity", id="severity"),
        pytest.param({"photos": ["../../etc/passwd"]}, "photos", id="a-way-out"),
        pytest.param({"photos": ["ab/" + "ab" * 32 + ".jpg"]}, "photos", id="no-such-photo"),
        pytest.param({"joins": "N-9"}, "joins", id="no-such-case"),
        pytest.param({"by": "me"}, "by", id="not-theirs-to-say"),
    ],
)
def test_what_is_wrong_is_said_without_who_reports(town: Town, different: dict[str, Any], where: str) -> None:
    got = town.client("ACCEPTOR").post("/api/reports", json=REPORT | different)
    assert got.status_code == 422
    assert where in got.json()["detail"]
    assert "13800000000" not in got.text
    assert not town.office.said


def test_categories_are_the_citys(town: Town) -> None:
    assert town.client("APP").get("/api/categories").json() == []
    known = Categories([Category("city", "event", "06042", "垃圾箱满溢", "Bin full")], same={"0192": "06042"})
    settings = replace(town.settings, categories=known)
    town.app.state.city = replace(town.app.state.city, settings=settings)
    client = town.client("APP")
    (each,) = client.get("/api/categories?language=en").json()
    assert (each["code"], each["name"]) == ("06042", "Bin full")
    assert [
        client.post("/api/reports", json=REPORT | {"category": code}).status_code for code in ("0192", "06042")
    ] == [
        201,
        201,
    ]
    got = client.post("/api/reports", json=REPORT | {"category": "06024"})
    assert got.status_code == 422
    assert "did you mean '06042'?" in got.json()["detail"]
    town.add(case_row("near", category="06042", lon=LON, lat=LAT))
    asked: dict[str, Any] = {"lon": LON, "lat": LAT, "category": "0192"}
    assert client.get("/api/duplicates", params=asked).json()[0]["category_score"] == 1.0


def test_a_place_is_kept_in_wgs84(town: Town) -> None:
    lon, lat = from_wgs84(LON, LAT, Datum.GCJ02)
    town.client("APP").post("/api/reports", json=REPORT | {"lon": float(lon), "lat": float(lat), "datum": "GCJ-02"})
    (said,) = town.office.said
    assert isinstance(said, Report)
    assert said.lon == pytest.approx(LON, abs=1e-6)
    assert said.lat == pytest.approx(LAT, abs=1e-6)


def test_likely_duplicates_come_first(town: Town) -> None:
    town.add(
        case_row("near", category="bin.full", lon=LON, lat=LAT + 0.0001, text="垃圾桶满了没人收"),
        case_row("far", category="06042", lon=LON, lat=LAT + 0.01),
        case_row("old", category="06042", lon=LON, lat=LAT, state="closed", closed=NOW - 30 * 86400),
    )
    asked: dict[str, Any] = {"lon": LON, "lat": LAT, "category": "06042", "text": "垃圾桶满了"}
    (found,) = town.client("ACCEPTOR").get("/api/duplicates", params=asked).json()
    assert (found["case"], found["category_score"], found["text"]) == ("N-near", 0.5, "垃圾桶满了没人收")
    assert found["metres"] == pytest.approx(11.1, abs=0.2)
    assert town.client("APP").get("/api/duplicates", params=asked).json()[0]["text"] is None
    town.client("APP").post("/api/reports", json=REPORT | {"joins": "N-near"})
    assert town.office.said[-1].joins == "near"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "who, case, joins",
    [
        pytest.param("APP", "near", "near", id="a-citizen-one-nearby"),
        pytest.param("APP", "far", None, id="a-citizen-one-elsewhere"),
        pytest.param("APP", "lately", "lately", id="closed-lately"),
        pytest.param("ACCEPTOR", "far", "far", id="an-acceptor-one-elsewhere"),
        pytest.param("ACCEPTOR", "old", None, id="closed-long-ago"),
        pytest.param("UNIT", "near", "near", id="a-unit-one-nearby"),
        pytest.param("UNIT", "far", None, id="a-unit-anothers"),
        pytest.param("UNIT", "own", "own", id="a-unit-its-own"),
        pytest.param("UNIT", "f", None, id="the-beginning-of-several"),
    ],
)
def test_a_report_joins_what_may_be_seen_and_is_open(town: Town, who: str, case: str, joins: str | None) -> None:
    there = {"category": "06042", "lon": LON, "lat": LAT}
    ended = {"state": "closed", "handled": NOW}
    town.add(
        case_row("near", **there, responsible="unit-9"),
        case_row("lately", **there, **ended, closed=NOW - 86_400),
        case_row("old", **there, **ended, closed=NOW - 30 * 86_400),
        case_row("far", **there | {"lat": LAT + 0.01}, responsible="unit-9"),
        case_row("further", **there | {"lat": LAT + 0.02}, responsible="unit-9"),
        case_row("own", **there | {"lat": LAT + 0.01}, responsible="unit-7"),
    )
    got = town.client(who).post("/api/reports", json=REPORT | {"joins": case})
    assert got.status_code == (422 if joins is None else 201), got.text
    assert [each.joins for each in town.office.said] == ([] if joins is None else [joins])  # type: ignore[union-attr]


def test_a_photo_is_kept_and_named_in_a_report(town: Town) -> None:
    client = town.client("APP")
    kept = client.post("/api/photos", content=jpeg(), headers={"Content-Type": "image/jpeg"}).json()
    assert (kept["width"], kept["height"], kept["lon"]) == (40, 30, None)
    assert client.post("/api/reports", json=REPORT | {"photos": [kept["location"]]}).status_code == 201
    assert client.get(f"/api/photos/{kept['location']}").status_code == 403
    got = town.client("BOSS").get(f"/api/photos/{kept['location']}")
    assert got.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(got.content)).size == (40, 30)
    files = [each for each in town.settings.folder.rglob("*") if each.is_file()]
    assert [str(each.relative_to(town.settings.folder)) for each in files] == [kept["location"]]


@pytest.mark.parametrize(
    "path", ["ab/passwd", "..%2f..%2fcity.yaml/x.jpg", "ab/" + "ab" * 32 + ".jpg", "ab/" + "ab" * 32 + ".part"]
)
def test_only_pictures_are_given(town: Town, path: str) -> None:
    assert town.client("BOSS").get(f"/api/photos/{path}").status_code == 404


def test_what_is_no_picture_is_not_kept(town: Town) -> None:
    got = town.client("APP").post("/api/photos", content=b"\xff\xd8\xff" + b"x" * 50)
    assert got.status_code == 422
    assert not town.settings.folder.exists()
