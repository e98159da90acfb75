"""A case's evidence: to whom it is shown, as what, and what is written down of it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image

from cases.database import reading
from cases.evidence_files import Files
from cases.tables.people import AUDIT
from console.case_media import kind_of_head
from tests.console.case_kit import CASE, CLIP, NUMBER, SEALED, FakeCase, digest, furnished, picture
from tests.console.kit import Town

MARKED = digest(picture(color="blue"))
EVIDENCE = f"/api/cases/{CASE}/evidence"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[Town, FakeCase]]:
    town, beside = furnished(tmp_path)
    yield town, beside
    town.engine.dispose()


def audited(town: Town) -> list[tuple[str, str, str]]:
    with reading(town.engine) as connection:
        rows = connection.execute(sa.select(AUDIT.c.who, AUDIT.c.action, AUDIT.c.about).order_by(AUDIT.c.number))
        return [tuple(row) for row in rows]


def test_all_files_of_a_case_are_listed_once_with_what_they_are(place: tuple[Town, FakeCase]) -> None:
    found = place[0].client("BOSS").get(EVIDENCE).json()
    said = [(each["kind"], each["media"], each["by"], each["there"]) for each in found]
    assert said == [
        ("marked", "image/jpeg", "evidence", True),
        ("frame", "image/jpeg", "evidence", True),
        ("clip", "video/mp4", "evidence", True),
        ("sealed", "application/x-age", "evidence", True),
        ("photo", "image/jpeg", "report", True),
        ("photo", "", "step", False),
        ("file", "", "evidence", False),
    ]
    assert {each["of"] for each in found[:4]} == {"ab" * 16}
    assert not any("/" in each["id"] for each in found)


def test_a_file_comes_as_what_it_is_and_is_written_down_once(place: tuple[Town, FakeCase]) -> None:
    town, _ = place
    client = town.client("BOSS")
    for _ in range(2):
        answer = client.get(f"{EVIDENCE}/{MARKED}")
        assert answer.status_code == 200
        assert answer.content == picture(color="blue")
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.headers["content-disposition"] == f'inline; filename="{NUMBER}-marked-{MARKED[:8]}.jpg"'
    assert client.get(f"{EVIDENCE}/{MARKED}?download=1").headers["content-disposition"].startswith("attachment")
    assert audited(town) == [("boss", "evidence.opened", f"{NUMBER} {MARKED}")]


@pytest.mark.parametrize(
    ("wanted", "status", "length", "at"),
    [
        pytest.param("bytes=0-9", 206, 10, f"bytes 0-9/{len(CLIP)}", id="beginning"),
        pytest.param(f"bytes={len(CLIP) - 5}-", 206, 5, f"bytes {len(CLIP) - 5}-{len(CLIP) - 1}/{len(CLIP)}", id="end"),
        pytest.param("bytes=99999-", 416, None, None, id="behind-the-end"),
        pytest.param("rubbish", 400, None, None, id="rubbish"),
    ],
)
def test_a_clip_comes_in_parts(
    place: tuple[Town, FakeCase], wanted: str, status: int, length: int | None, at: str | None
) -> None:
    answer = place[0].client("BOSS").get(f"{EVIDENCE}/{digest(CLIP)}", headers={"Range": wanted})
    assert answer.status_code == status
    if length is not None:
        assert (len(answer.content), answer.headers["content-range"]) == (length, at)
        assert answer.headers["content-type"] == "video/mp4"


@pytest.mark.parametrize(
    ("token", "path", "status"),
    [
        pytest.param("", f"{EVIDENCE}/{MARKED}", 401, id="nobody"),
        pytest.param("APP", f"{EVIDENCE}/{MARKED}", 403, id="a-token-that-only-reports"),
        pytest.param("COLLECTOR", f"{EVIDENCE}/{MARKED}", 200, id="a-collector"),
        pytest.param("UNIT", f"{EVIDENCE}/{MARKED}", 200, id="its-own-unit"),
        pytest.param("UNIT", f"/api/cases/far/evidence/{MARKED}", 404, id="a-case-of-others"),
        pytest.param("BOSS", f"/api/cases/earlier-place/evidence/{MARKED}", 404, id="a-file-of-another-case"),
        pytest.param("BOSS", f"{EVIDENCE}/{'0' * 64}", 404, id="no-such-file"),
        pytest.param("BOSS", f"{EVIDENCE}/..%2f..%2fcases.sqlite", 404, id="a-path"),
        pytest.param("BOSS", f"{EVIDENCE}/{digest(b'../../etc/passwd')}", 410, id="a-path-that-somebody-attached"),
        pytest.param("BOSS", f"{EVIDENCE}/{digest(SEALED)}", 403, id="sealed"),
        pytest.param("BOSS", f"{EVIDENCE}/{digest(CLIP)}/small", 404, id="a-clip-made-small"),
    ],
)
def test_files_are_for_those_who_may_see_them(place: tuple[Town, FakeCase], token: str, path: str, status: int) -> None:
    answer = place[0].client(token).get(path)
    assert answer.status_code == status
    if status != 200:
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_file_that_was_changed_is_not_shown(place: tuple[Town, FakeCase]) -> None:
    town, _ = place
    file = Files(town.settings.folder).path(f"{MARKED[:2]}/{MARKED}.jpg")
    assert file is not None
    file.write_bytes(picture(color="yellow"))
    assert town.client("BOSS").get(f"{EVIDENCE}/{MARKED}").status_code == 410
    file.unlink()
    assert town.client("BOSS").get(f"{EVIDENCE}/{MARKED}").status_code == 410


def test_a_small_picture_is_small(place: tuple[Town, FakeCase]) -> None:
    town, _ = place
    answer = town.client("BOSS").get(f"{EVIDENCE}/{MARKED}/small")
    with Image.open(io.BytesIO(answer.content)) as found:
        assert (found.format, found.size) == ("JPEG", (360, 203))
    assert audited(town) == []


@pytest.mark.parametrize(
    ("body", "status", "actions"),
    [
        pytest.param({"reason": "x"}, 422, [], id="no-reason"),
        pytest.param({"reason": "a court asks for it"}, 200, ["evidence.fetched"], id="as-it-is"),
        pytest.param(
            {"reason": "a court asks for it", "identity": "AGE-SECRET-KEY-1RIGHT"},
            200,
            ["evidence.unsealed"],
            id="opened",
        ),
        pytest.param(
            {"reason": "a court asks for it", "identity": "wrong"}, 409, ["evidence.unsealed"], id="a-wrong-key"
        ),
    ],
)
def test_a_sealed_original_needs_a_reason(
    place: tuple[Town, FakeCase], body: dict[str, Any], status: int, actions: list[str]
) -> None:
    town, beside = place
    answer = town.client("BOSS").post(f"{EVIDENCE}/{digest(SEALED)}/original", json=body)
    assert answer.status_code == status
    assert [action for _, action, _ in audited(town)] == actions
    if status == 200:
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.content == (picture() if "identity" in body else SEALED)
    if "identity" in body and status == 200:
        (sealed, by, reason, _), *_ = beside.unsealed
        assert (sealed.digest, sealed.camera, by, reason) == (digest(SEALED), "gate-3", "boss", body["reason"])
        assert "AGE-SECRET" not in answer.text[:1000]


@pytest.mark.parametrize(
    ("head", "media"),
    [
        pytest.param(b"\xff\xd8\xff\xe0", "image/jpeg", id="jpeg"),
        pytest.param(b"\x89PNG\r\n\x1a\n", "image/png", id="png"),
        pytest.param(b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp", id="webp"),
        pytest.param(b"\x1a\x45\xdf\xa3", "video/x-matroska", id="matroska"),
        pytest.param(b"<svg onload=alert(1)>", "application/octet-stream", id="svg-is-nothing"),
        pytest.param(b"<!DOCTYPE html>", "application/octet-stream", id="html-is-nothing"),
        pytest.param(b"", "application/octet-stream", id="empty"),
    ],
)
def test_what_a_file_is_its_first_bytes_say(head: bytes, media: str) -> None:
    assert kind_of_head(head) == media
