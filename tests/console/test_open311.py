"""The city as an Open311 GeoReport v2 server: as the standard's page says, read by parsers that are not ours."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from georeport import GeoReport
from lxml import etree

from cases.database import writing
from cases.office import NoAnswerYet
from cases.tables import CASES, REPORTS
from cases.words import Report
from gridwatch.web_running import WebServer
from tests.console.kit import NOW, Town, _row, case_row
from tests.console.open311_kit import KEY, post, tree

FIELDS = [
    "service_request_id",
    "status",
    "status_notes",
    "service_name",
    "service_code",
    "description",
    "agency_responsible",
    "service_notice",
    "requested_datetime",
    "updated_datetime",
    "expected_datetime",
    "address",
    "address_id",
    "zipcode",
    "lat",
    "long",
    "media_url",
]
"""Of a request, in the standard's order."""


def as_text(json: Any) -> Any:
    """JSON as XML says it: text, nothing else."""
    if isinstance(json, dict):
        return {key: as_text(each) for key, each in json.items()}
    if isinstance(json, list):
        return [as_text(each) for each in json] or None
    return str(json).lower() if isinstance(json, bool) else None if json is None else str(json)


@pytest.mark.parametrize(
    "path, root",
    [
        pytest.param("discovery", "discovery", id="discovery"),
        pytest.param("v2/services", "services", id="services"),
        pytest.param("v2/services/pothole", "service_definition", id="definition"),
        pytest.param("v2/requests", "service_requests", id="requests"),
        pytest.param("v2/services/none", "errors", id="error"),
    ],
)
def test_xml_and_json_say_the_same(open_town: Town, path: str, root: str) -> None:
    post(open_town)
    xml, json = (open_town.client().get(f"/open311/{path}.{form}") for form in ("xml", "json"))
    assert xml.headers["content-type"] == "text/xml; charset=utf-8"
    assert json.headers["content-type"] == "application/json; charset=utf-8"
    assert re.match(rb"<\?xml version=.1.0. encoding=.utf-8.\?>", xml.content)
    assert etree.fromstring(xml.content).tag == root
    found = tree(xml.content)
    said = as_text(json.json())
    if root == "service_definition":
        for each in said["attributes"]:
            each["values"] = each["values"] or []
        for each in found["attributes"]:
            each["values"] = each["values"] or []
    assert found == said


def test_discovery_leads_to_the_server(open_town: Town) -> None:
    found = open_town.client().get("/open311/discovery.json").json()
    assert list(found) == ["changeset", "contact", "key_service", "endpoints"]
    (endpoint,) = found["endpoints"]
    assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
    assert endpoint["formats"] == ["text/xml", "application/json"]
    assert open_town.client().get(endpoint["url"] + "/services.json").status_code == 200


def test_services_have_the_standards_fields(open_town: Town) -> None:
    bin_full, pothole = open_town.client().get("/open311/v2/services.json").json()
    assert bin_full == {
        "service_code": "06042",
        "service_name": "垃圾箱满溢",
        "description": "A bin runs over",
        "metadata": False,
        "type": "realtime",
        "keywords": "bin,满",
        "group": "环卫",
    }
    assert pothole["metadata"] is True
    attributes = open_town.client().get("/open311/v2/services/pothole.json").json()["attributes"]
    assert attributes[0] == {
        "variable": True,
        "code": "DEPTH",
        "datatype": "number",
        "required": True,
        "datatype_description": "cm",
        "order": 1,
        "description": "How deep?",
        "values": [],
    }
    assert attributes[1]["values"] == [{"key": "l", "name": "left"}, {"key": "r", "name": "right"}]


def test_a_request_is_posted_and_followed(open_town: Town) -> None:
    (posted,) = post(open_town).json()
    assert list(posted) == ["service_request_id", "service_notice", "account_id"]
    (said,) = open_town.office.said
    assert isinstance(said, Report)
    assert (said.channel, said.category, said.lon, said.lat) == ("open311", "06042", 120.16, 30.25)
    assert said.contact == {"name": "john smith", "email": "smit333@example.org", "phone": "111111111"}
    with writing(open_town.engine) as connection:
        connection.execute(CASES.update().values(state="dispatched", due=NOW + 7200, responsible="unit-7"))
    got = open_town.client().get(f"/open311/v2/requests/{posted['service_request_id']}.json")
    (request,) = got.json()
    assert list(request) == FIELDS
    assert request["status"] == "open"
    assert (request["requested_datetime"], request["expected_datetime"]) == (
        "2026-05-28T20:26:40Z",
        "2026-05-28T22:26:40Z",
    )
    assert request["description"] == "Bin <full> & smelly\n第二行"
    assert request["media_url"] == "https://pictures.example/1.jpg"
    assert not re.search("smith|smit333|111111111|tt222111", got.text)
    with writing(open_town.engine) as connection:
        connection.execute(CASES.update().values(state="closed", closed=NOW + 60))
    (request,) = open_town.client().get(f"/open311/v2/requests/{posted['service_request_id']}.json").json()
    assert (request["status"], request["updated_datetime"]) == ("closed", "2026-05-28T20:27:40Z")
    assert "已办结" in request["status_notes"]


def test_a_slow_desk_gives_a_token(open_town: Town) -> None:
    def later() -> None:
        raise NoAnswerYet

    open_town.office.fails = later
    (posted,) = post(open_town).json()
    path = f"/open311/v2/tokens/{posted['token']}.json"
    assert open_town.client().get(path).status_code == 404
    open_town.office.fails = lambda: None
    (said,) = open_town.office.said
    open_town.office.say(said)
    (found,) = open_town.client().get(path).json()
    assert found == {"service_request_id": said.number, "token": posted["token"]}  # type: ignore[union-attr]


def test_requests_are_filtered_as_the_standard_says(open_town: Town) -> None:
    days = [0, 10, 80, 100]
    numbers = []
    for n, day in enumerate(days):
        open_town.now = NOW - day * 86400
        service = {"service_code": "pothole", "attribute[DEPTH]": "1"} if n % 2 else {}
        numbers.append(post(open_town, **service).json()[0]["service_request_id"])
    open_town.now = NOW
    with writing(open_town.engine) as connection:
        case = open_town.office.answers[open_town.office.said[0].id].case
        connection.execute(CASES.update().where(CASES.c.id == case).values(state="closed", closed=NOW))

    def found(**asked: str) -> list[int]:
        got = open_town.client().get("/open311/v2/requests.json", params=asked)
        assert got.status_code == 200, got.text
        return [numbers.index(each["service_request_id"]) for each in got.json()]

    assert found() == [0, 1, 2]
    assert found(status="open") == [1, 2]
    assert found(status="closed") == [0]
    assert found(status="open,closed") == [0, 1, 2]
    assert found(service_code="pothole") == [1]
    assert found(service_code="pothole,06042") == [0, 1, 2]
    assert found(service_code="none") == []
    assert found(service_request_id=f"{numbers[3]},{numbers[1]}", status="closed") == [1, 3]
    assert found(end_date="2026-03-01T00:00:00Z") == [3]
    assert found(start_date="2026-05-10T08:00:00+08:00") == [0, 1]
    assert found(start_date="2026-03-01T00:00:00Z", end_date="2026-05-20T00:00:00Z") == [1, 2]
    assert found(start_date="") == [0, 1, 2]


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param({"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-05-20T00:00:00Z"}, id="over-90-days"),
        pytest.param({"start_date": "yesterday"}, id="no-time"),
        pytest.param({"end_date": "2026-01-01"}, id="no-offset"),
        pytest.param({"status": "ajar"}, id="no-status"),
    ],
)
def test_what_can_not_be_asked(open_town: Town, asked: dict[str, str]) -> None:
    got = open_town.client().get("/open311/v2/requests.json", params=asked)
    assert (got.status_code, got.json()[0]["code"]) == (400, 400)


def test_reading_needs_a_key_unless_it_is_public(town: Town) -> None:
    client = town.client()
    assert client.get("/open311/v2/requests.json").status_code == 403
    assert client.get("/open311/v2/requests.json", params={"api_key": KEY}).status_code == 200
    assert town.client("APP").get("/open311/v2/services.xml").status_code == 200


@pytest.mark.parametrize(
    "more, seen",
    [
        pytest.param({"roles": ["acceptor"]}, True, id="who-sees-all"),
        pytest.param({"roles": ["acceptor"], "areas": ["5101"]}, True, id="their-area"),
        pytest.param({"roles": ["acceptor"], "areas": ["33"]}, False, id="another-area"),
        pytest.param({"roles": ["unit"], "unit": "unit-7"}, True, id="their-unit"),
        pytest.param({"roles": ["unit"], "unit": "unit-9"}, False, id="another-unit"),
    ],
)
def test_a_token_of_an_area_or_unit_reads_what_is_theirs(tmp_path: Path, more: dict[str, Any], seen: bool) -> None:
    town = Town(tmp_path, tokens=[{"name": "key", "token_env": "APP", **more}])
    town.add(case_row("c1", grid="5101001", responsible="unit-7"))
    report = {"id": "r1", "number": "R1", "channel": "open311", "case_id": "c1", "at": NOW, "extra": {}}
    with writing(town.engine) as connection:
        connection.execute(REPORTS.insert(), _row(REPORTS) | report)
    client = town.client("APP")
    assert len(client.get("/open311/v2/requests.json").json()) == seen
    for path in ("requests/R1", "tokens/r1"):
        assert client.get(f"/open311/v2/{path}.json").status_code == (200 if seen else 404)
    town.engine.dispose()


@pytest.mark.parametrize("id", ["%00", "a%00b", "%ED%A0%80", "x" * 5_000, "..%2f..%2fetc"])
def test_ids_that_are_none_are_not_found(open_town: Town, id: str) -> None:
    for path in ("tokens", "requests"):
        assert open_town.client().get(f"/open311/v2/{path}/{id}.json").status_code == 404
    assert open_town.client().get(f"/open311/v2/requests.json?service_request_id={id}").json() == []


@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_client_that_is_not_ours_reads_it_over_the_network(open_town: Town, form: str) -> None:
    class Log:
        def error(self, said: str, **_: Any) -> None:
            raise AssertionError(said)

    numbers = {post(open_town).json()[0]["service_request_id"] for _ in range(2)}
    server = WebServer(open_town.app, open_town.settings.web.model_copy(update={"port": 0}), Log())
    server.start()
    try:
        client = GeoReport(f"{server.url}/open311/v2", jurisdiction="city.example", output_format=form)
        assert [each["service_code"] for each in client.get_service_list()] == ["06042", "pothole"]
        assert client.get_service_definition("pothole")["service_code"] == "pothole"
        found = client.get_service_requests(status="open", service_code="06042")
        assert {each["service_request_id"] for each in found} == numbers
        one = client.get_service_request(min(numbers))
        assert (one["status"], float(one["lat"])) == ("open", 30.25)
    finally:
        server.stop()
