"""The built pages: which address gives what, what browsers may keep, and what no address gives."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from console import errors, pages
from console.limits import Limits

INDEX = "<!doctype html><title>gridwatch</title>" + " " * 2000
SCRIPT = "export const answer = 42;" * 100


@pytest.fixture
def built(tmp_path: Path) -> TestClient:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(INDEX)
    (folder / "assets" / "main-1a2b.js").write_text(SCRIPT)
    (folder / "manifest.webmanifest").write_text("{}")
    (folder / "icon.png").write_bytes(b"\x89PNG" + b"x" * 3000)
    (tmp_path / "secret.txt").write_text("secret")
    return served(folder)


def served(folder: Path) -> TestClient:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.get("/api/known")
    def known() -> dict[str, int]:
        return {}

    errors.install(app)
    pages.install(app, folder)
    app.add_middleware(Limits, max_body=lambda: 1000)
    return TestClient(app, "http://city.example")


@pytest.mark.parametrize(
    "path, status, kind",
    [
        pytest.param("/", 200, "text/html", id="index"),
        pytest.param("/login", 200, "text/html", id="a-page"),
        pytest.param("/cases/N-2026.1", 200, "text/html", id="a-page-with-a-dot"),
        pytest.param("/assets/main-1a2b.js", 200, "text/javascript", id="script"),
        pytest.param("/manifest.webmanifest", 200, "application/manifest+json", id="manifest"),
        pytest.param("/assets/main-0000.js", 404, "application/problem+json", id="an-old-script"),
        pytest.param("/assets/", 404, "application/problem+json", id="a-folder"),
        pytest.param("/nothing.png", 404, "application/problem+json", id="no-picture"),
        pytest.param("/..%2fsecret.txt", 404, "application/problem+json", id="outside"),
        pytest.param("/%2e%2e/secret.txt", 404, "application/problem+json", id="outside-too"),
        pytest.param("/api/nothing", 404, "application/problem+json", id="no-route"),
        pytest.param("/api", 404, "application/problem+json", id="no-route-at-all"),
    ],
)
def test_an_address_gives(built: TestClient, path: str, status: int, kind: str) -> None:
    got = built.get(path)
    assert got.status_code == status
    assert got.headers["content-type"].split(";")[0] == kind
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "secret" not in got.text


@pytest.mark.parametrize(
    "method, path, status",
    [
        pytest.param("POST", "/", 404, id="a-page"),
        pytest.param("POST", "/api/nothing", 404, id="nothing"),
        pytest.param("POST", "/api/known", 405, id="known"),
        pytest.param("HEAD", "/login", 200, id="head"),
    ],
)
def test_other_methods(built: TestClient, method: str, path: str, status: int) -> None:
    assert built.request(method, path).status_code == status


def test_what_a_page_may_load(built: TestClient) -> None:
    policy = built.get("/login").headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script" not in policy
    assert "http" not in policy
    assert built.get("/api/known").headers["content-security-policy"].startswith("default-src 'none'")
    assert built.get("/api/known").headers["cache-control"] == "no-store"


def test_what_a_browser_may_keep(built: TestClient) -> None:
    script, index = built.get("/assets/main-1a2b.js"), built.get("/now")
    assert "immutable" in script.headers["cache-control"]
    assert index.headers["cache-control"] == "no-cache"
    again = built.get("/now", headers={"If-None-Match": index.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "default-src" in again.headers["content-security-policy"]


def test_what_gains_by_it_is_compressed(built: TestClient) -> None:
    with built.stream("GET", "/assets/main-1a2b.js", headers={"Accept-Encoding": "gzip"}) as got:
        assert got.headers["content-encoding"] == "gzip"
        assert gzip.decompress(b"".join(got.iter_raw())).decode() == SCRIPT
    plain = built.get("/assets/main-1a2b.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in built.get("/icon.png").headers


def test_where_no_pages_are_built_it_says_so(tmp_path: Path) -> None:
    client = served(tmp_path / "none")
    assert "npm run build" in client.get("/").text
    assert client.get("/login").status_code == 404
