"""Whatever comes, nothing is a fault of ours: on SQLite and on PostgreSQL, which refuses other things."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cases.conftest import database, own_postgres, postgres, postgres_url, template, where
from tests.console.kit import SECRETS, Town, case_row

__all__ = ["database", "own_postgres", "postgres", "postgres_url", "template", "where"]

ODD = st.sampled_from(
    ["", "\x00", "a\x00b", "\ud800", "\uffff", "../..", "%", "'; --", "c1", "N-c1", "𝔘", "\u202e", "NaN", "1e999", "-0"]
)
TEXT = st.text(max_size=12) | ODD
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
STEP = st.dictionaries(st.sampled_from(["action", "note", "data", "revision", "x"]), JSON) | st.fixed_dictionaries(
    {"action": st.sampled_from(["comment", "file", "attach", "dispatch"]), "note": TEXT},
    optional={"data": st.dictionaries(TEXT, JSON, max_size=3), "revision": st.integers()},
)
REPORT = st.dictionaries(st.sampled_from(["category", "text", "lon", "lat", "photos", "contact", "joins"]), JSON)
GOOD_REPORT = st.fixed_dictionaries(
    {"category": TEXT, "text": TEXT, "address": TEXT},
    optional={
        "lon": st.floats(),
        "lat": st.floats(),
        "joins": TEXT,
        "photos": st.lists(TEXT, max_size=2),
        "contact": st.dictionaries(st.sampled_from(["name", "phone"]), TEXT),
    },
)
ORDERS = JSON | st.lists(
    st.fixed_dictionaries({"工单编号": JSON, "诉求内容": JSON}, optional={"xy": JSON, "time": JSON})
)
FORM = st.dictionaries(
    st.sampled_from(
        [
            "api_key",
            "service_code",
            "lat",
            "long",
            "address_string",
            "description",
            "media_url",
            "email",
            "attribute[DEPTH]",
            "attribute[LANES][]",
            "attribute[",
            "jurisdiction_id",
        ]
    )
    | TEXT,
    TEXT | st.sampled_from(["06042", "pothole", "30", "120", "5"]),
)
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def any_town(database: sa.Engine, tmp_path: Path) -> Town:
    town = Town(tmp_path, public=True, requests_per_minute=10**9, engine=database)
    town.add(case_row("c1"))
    return town


def looked_at(got: Any) -> None:
    assert got.status_code < 500, got.text
    if got.headers["content-type"].endswith("json"):
        got.json()


def send(client: TestClient, path: str, body: Any) -> None:
    looked_at(client.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"}))


@MANY
@given(body=STEP | JSON, case=TEXT, key=st.none() | st.text("abc \x7f", max_size=3))
def test_steps(any_town: Town, body: Any, case: str, key: str | None) -> None:
    client = any_town.client("BOSS")
    for path in ("/api/cases/c1/steps", "/api/steps"):
        send(client, path, body)
    path = f"/api/cases/{quote(case.encode('utf-8', 'replace'), safe='')}"
    looked_at(client.get(path, headers={} if key is None else {"Idempotency-Key": key}))
    send(client, path + "/steps", body)


@MANY
@given(body=REPORT | GOOD_REPORT | JSON, number=TEXT)
def test_reports(any_town: Town, body: Any, number: str) -> None:
    client = any_town.client("APP")
    send(client, "/api/reports", body)
    looked_at(client.get(f"/api/reports/{quote(number.encode('utf-8', 'replace'), safe='')}"))


@MANY
@given(body=ORDERS)
def test_orders(any_town: Town, body: Any) -> None:
    send(any_town.client("HOTLINE"), "/api/hotline/12345", body)


@MANY
@given(form=FORM, path=st.sampled_from(["xml", "json"]))
def test_open311_forms(any_town: Town, form: dict[str, str], path: str) -> None:
    content = "&".join(
        f"{quote(k.encode('utf-8', 'replace'))}={quote(v.encode('utf-8', 'replace'))}"
        for k, v in ({"api_key": SECRETS["APP"]} | form).items()
    )
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    looked_at(any_town.client().post(f"/open311/v2/requests.{path}", content=content, headers=headers))
    looked_at(any_town.client().get(f"/open311/v2/requests.{path}"))


@MANY
@given(
    path=st.sampled_from(
        ["/api/cases", "/api/duplicates", "/api/hotline/12345/answers", "/open311/v2/requests.xml", "/api/photos/a/b"]
    ),
    asked=st.dictionaries(
        st.sampled_from(
            [
                "state",
                "category",
                "text",
                "after",
                "limit",
                "since",
                "lon",
                "lat",
                "datum",
                "start_date",
                "end_date",
                "status",
                "service_request_id",
                "service_code",
            ]
        ),
        TEXT | st.sampled_from(["reported", "30", "2026-01-01T00:00:00Z", "open", "gQ==", "lMtAAAAAAAAAAA=="]),
    ),
)
def test_questions(any_town: Town, path: str, asked: dict[str, str]) -> None:
    plain = {key: value.encode("utf-8", "replace").decode() for key, value in asked.items()}
    for token in ("BOSS", "HOTLINE"):
        looked_at(any_town.client(token).get(path, params=plain))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b'{"a":' * 5_000 + b"1" + b"}" * 5_000, id="deep-objects"),
        pytest.param(b"\xff\xfe", id="no-utf-8"),
        pytest.param(b"9" * 10_000, id="long-number"),
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"action": "comment", "note": "x", "data": {"a": NaN}}', id="nan"),
        pytest.param(b'{"action": "comment", "note": "x", "data": {"a": 1e400}}', id="infinite"),
        pytest.param(b'{"action": "comment", "note": "\\ud800"}', id="half-a-character"),
        pytest.param(b'{"action": "comment", "note": "x", "data": {"a": "\\ud800"}}', id="half-inside"),
        pytest.param(b'{"action": "comment", "note": "x", "data": {"a": 123456789012345678901234567890}}', id="long"),
    ],
)
@pytest.mark.parametrize("path", ["/api/cases/c1/steps", "/api/reports", "/api/hotline/12345", "/api/photos"])
def test_bodies_that_are_no_bodies(town: Town, path: str, content: bytes) -> None:
    town.add(case_row("c1"))
    for kind in ("application/json", "text/plain", "application/octet-stream", "multipart/form-data"):
        for token in ("BOSS", "HOTLINE"):
            looked_at(town.client(token).post(path, content=content, headers={"Content-Type": kind}))


@pytest.mark.parametrize(
    "kind, content",
    [
        pytest.param("multipart/form-data; boundary=x", b"--x\r\nbad", id="cut"),
        pytest.param("multipart/form-data", b"--x--", id="no-boundary"),
        pytest.param("application/x-www-form-urlencoded", b"\xff%ff=%zz&&&==", id="no-form"),
        pytest.param("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(500)), id="many"),
        pytest.param("application/json", b"{}", id="json"),
        pytest.param("", b"", id="nothing"),
    ],
)
def test_forms_that_are_no_forms(town: Town, kind: str, content: bytes) -> None:
    got = town.client("APP").post("/open311/v2/requests.json", content=content, headers={"Content-Type": kind})
    assert got.status_code in (400, 403)
    assert got.json()[0]["code"] == got.status_code
