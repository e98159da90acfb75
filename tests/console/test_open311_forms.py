"""Service requests as clients post them: what is taken, and every fault, said as the standard says."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from PIL import Image

from cases.words import Report
from tests.console.kit import Town
from tests.console.open311_kit import GOOD, post, tree


@pytest.mark.parametrize(
    "different, status, said",
    [
        pytest.param({"api_key": ""}, 403, "Missing api_key", id="no-key"),
        pytest.param({"api_key": "nobody"}, 403, "Invalid api_key", id="another-key"),
        pytest.param({"jurisdiction_id": "other.example"}, 404, "jurisdiction_id", id="another-city"),
        pytest.param({"jurisdiction_id": ""}, 200, "", id="no-jurisdiction"),
        pytest.param({"service_code": ""}, 400, "service_code", id="no-service"),
        pytest.param({"service_code": "x"}, 404, "service_code", id="another-service"),
        pytest.param({"long": ""}, 400, "long", id="half-a-place"),
        pytest.param({"lat": "1e999"}, 400, "lat", id="infinite"),
        pytest.param({"lat": "", "long": "", "address_string": ""}, 400, "expected a place", id="nowhere"),
        pytest.param({"lat": "", "long": ""}, 200, "", id="an-address"),
        pytest.param({"lat": "", "long": "", "address_string": "", "address_id": "7"}, 200, "", id="an-address-id"),
        pytest.param({"media_url": "javascript:alert(1)"}, 400, "media_url", id="no-link"),
        pytest.param({"description": "x" * 4001}, 400, "4000", id="long"),
        pytest.param({"service_code": "pothole"}, 400, "attribute[DEPTH]", id="attribute-missing"),
        pytest.param({"service_code": "pothole", "attribute[DEPTH]": "deep"}, 400, "number", id="attribute-type"),
        pytest.param({"service_code": "pothole", "attribute[DEPTH]": "5"}, 200, "3 days", id="attribute"),
        pytest.param(
            {"service_code": "pothole", "attribute[DEPTH]": "5", "attribute[LANES][]": ["l", "x"]},
            400,
            "one of l, r",
            id="attribute-value",
        ),
        pytest.param(
            {"service_code": "pothole", "attribute[DEPTH]": "5", "attribute[SEEN]": "yesterday"},
            400,
            "a time",
            id="attribute-time",
        ),
    ],
)
@pytest.mark.parametrize("form", ["xml", "json"])
def test_what_is_wrong_with_a_request(
    open_town: Town, form: str, different: dict[str, Any], status: int, said: str
) -> None:
    got = post(open_town, form, **different)
    assert got.status_code == status
    assert said in got.text
    if status != 200:
        errors = got.json() if form == "json" else tree(got.content)
        assert all(str(each["code"]) == str(status) and each["description"] for each in errors)
        assert not open_town.office.said
        assert "smit333" not in got.text


def test_every_fault_is_told_at_once(open_town: Town) -> None:
    got = post(open_town, service_code="pothole", lat="north", media_url="x").json()
    assert len(got) == 3


def test_attributes_are_kept(open_town: Town) -> None:
    attributes: Any = {"attribute[DEPTH]": "5", "attribute[LANES][]": ["l", "r"], "attribute[UNKNOWN]": "x"}
    assert post(open_town, service_code="pothole", **attributes).status_code == 200
    (said,) = open_town.office.said
    assert isinstance(said, Report)
    assert said.category == "06013"
    assert said.extra["attributes"] == {"DEPTH": "5", "LANES": ["l", "r"]}


def test_photos_come_with_a_request(open_town: Town) -> None:
    written = io.BytesIO()
    Image.new("RGB", (8, 8)).save(written, "PNG")
    client = open_town.client()
    good = {"media": ("a.png", written.getvalue(), "image/png")}
    got = client.post("/open311/v2/requests.json", data=GOOD, files=good)
    assert got.status_code == 200, got.text
    (said,) = open_town.office.said
    assert isinstance(said, Report)
    assert re.fullmatch(r"[0-9a-f]{2}/[0-9a-f]{64}\.png", said.photos[0])
    bad = {"media": ("a.png", b"<html>", "image/png")}
    got = client.post("/open311/v2/requests.json", data=GOOD, files=bad)
    assert (got.status_code, len(open_town.office.said)) == (400, 1)
