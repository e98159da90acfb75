"""Whatever is changed in an export is found, and it is said in which part.

By chance: any byte, anywhere. On purpose: whoever computes hashes anew is found by the manifest's
SHA-256, or the store.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pypdf
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.database import open_database, writing
from cases.export import forms
from cases.export.dossier import Dossier
from cases.export.forms import FORMS, File, Form, export, opened
from cases.export.manifest import chained
from cases.export.pdf import attached
from cases.export.verifying import against_store, verify
from cases.tables import EVIDENCE, METADATA, STEPS
from tests.cases.export.test_export import printed
from tests.cases.export.told import CLIP, EXPORTED, ID, PIXEL, told, write


@cache
def store() -> sa.Engine:
    engine = open_database(None)
    with writing(engine) as connection:
        METADATA.create_all(connection)
        write(connection)
    return engine


@cache
def file(form: Form) -> File:
    return export(told(store()), EXPORTED, form, printed)


def altered(change: Callable[[Dossier], Dossier], form: Form) -> File:
    return export(change(told(store())), EXPORTED, form, printed)


@pytest.mark.parametrize("form", FORMS)
@settings(deadline=None, max_examples=150)
@given(where=st.floats(0, 1, exclude_max=True), bits=st.integers(1, 255))
def test_any_changed_byte_is_found(form: Form, where: float, bits: int) -> None:
    data = bytearray(file(form).data)
    data[int(where * len(data))] ^= bits
    assert list(verify(bytes(data))) != []


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("place", [0, 1, 8, -1, -2, -20, -66, -90], ids=str)
def test_its_very_ends_count_too(form: Form, place: int) -> None:
    data = bytearray(file(form).data)
    data[place] ^= 1
    assert list(verify(bytes(data))) != []


@pytest.mark.parametrize("form", FORMS)
@settings(deadline=None, max_examples=40)
@given(where=st.floats(0, 1, exclude_max=True), more=st.binary(min_size=1, max_size=20))
def test_what_is_cut_off_or_put_in_is_found(form: Form, where: float, more: bytes) -> None:
    data = file(form).data
    at = int(where * len(data))
    assert list(verify(data[:at])) != []
    assert list(verify(data[:at] + more + data[at:])) != []
    assert list(verify(data + more)) != []


@settings(deadline=None, max_examples=60)
@given(data=st.binary(max_size=300))
def test_anything_at_all_is_answered(data: bytes) -> None:
    for begin in (b"", b"PK\x03\x04", b"%PDF-1.4\n", b"<!DOCTYPE html>"):
        assert list(verify(begin + data)) != []


def resealed(data: bytes, form: Form) -> bytes:
    """As somebody leaves it who knows how the last line is made."""
    seal = {"html": forms._HTML_SEAL, "zip": b"%s", "pdf": forms._PDF_SEAL}[form]
    return forms._sealed(data[: -len(seal % (b"0" * 64))], seal)


def in_zip(change: Callable[[str, bytes], bytes | None]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(file("zip").data)) as archive:
        found = {name: change(name, archive.read(name)) for name in archive.namelist()}
    return forms._zip({name: data for name, data in found.items() if data is not None})


def test_it_is_said_in_which_part() -> None:
    name = next(name for name in opened(file("zip").data).parts if name.endswith(".png"))
    swapped = in_zip(lambda each, data: data[::-1] if each == name else data)
    assert list(verify(swapped)) == [f"{name}: it has been changed: its SHA-256 is not that of the manifest"]
    without = in_zip(lambda each, data: None if each == name else data)
    assert list(verify(without)) == [f"{name}: it is missing"]
    more = forms._zip({**opened(file("zip").data).parts, "manifest.json": _manifest(), "evidence/99.jpg": b"x"})
    assert list(verify(more)) == ["evidence/99.jpg: the manifest knows nothing of it"]


def _manifest() -> bytes:
    with zipfile.ZipFile(io.BytesIO(file("zip").data)) as archive:
        return archive.read("manifest.json")


def test_a_picture_in_a_page_is_named() -> None:
    base64 = b"base64,iVBORw0KGgo"
    data = file("html").data
    assert data.count(base64) == 1
    said = list(verify(resealed(data.replace(base64, b"base64,iVBORw0KGgp"), "html")))
    assert [each.split(":")[0].rsplit(".", 1)[1] for each in said] == ["html", "png"]


def test_words_in_a_page_are_named() -> None:
    data = file("html").data.replace("正在处理".encode(), "已经处理".encode())
    assert next(verify(data)).startswith("the file is not the one")
    said = list(verify(resealed(data, "html")))
    assert {each.split(":")[0] for each in said} == {"case.html", "case.json"}


def test_pages_over_pages_are_found() -> None:
    """An incremental update may exchange what is seen, and leave the printed bytes as they are."""
    body = file("pdf").data[: -len(forms._PDF_SEAL % (b"0" * 64))]
    writer = pypdf.PdfWriter(io.BytesIO(body), incremental=True)
    writer.pages[0].rotate(180)
    out = io.BytesIO()
    writer.write(out)
    assert list(verify(forms._sealed(out.getvalue(), forms._PDF_SEAL))) == [
        "case.pdf: other pages have been put over its own"
    ]


def test_a_pdf_of_other_people_is_none() -> None:
    plain = printed(b"<title>x</title>")
    assert list(verify(plain)) == ["no manifest.json is attached to it: it is no export of a case"]
    assert list(verify(attached(plain, {"manifest.json": b"{}"}))) == [
        "its manifest is damaged, or a newer gridwatch wrote it"
    ]


# ---- whoever makes it anew, hashes and all ---------------------------------------------------------------------------


def other_note(of: Dossier) -> Dossier:
    steps = [dict(step) for step in of.about.steps]
    steps[3]["note"] = "nothing to add"
    return replace(of, about=replace(of.about, steps=chained(steps)))


def without_step(of: Dossier) -> Dossier:
    steps = [step for step in of.about.steps if step["action"] != "urge"]
    return replace(of, about=replace(of.about, steps=chained(steps)))


def other_picture(of: Dossier) -> Dossier:
    sha = "ab" * 32
    rows = [{**row, "sha256": sha} for row in of.about.evidence]
    return replace(of, about=replace(of.about, evidence=rows), pieces=(), lacking=())


def earlier(of: Dossier) -> Dossier:
    return replace(of, about=replace(of.about, case={**of.about.case, "opened": of.about.case["opened"] - 60}))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "change, says",
    [
        pytest.param(other_note, "step 4 is not the one of the store", id="another-note"),
        pytest.param(without_step, "step 4 is not the one of the store", id="a-step-left-out"),
        pytest.param(earlier, "time of opening are not those", id="another-time"),
    ],
)
def test_a_forger_is_found_by_the_manifest_or_the_store(
    form: Form, change: Callable[[Dossier], Dossier], says: str
) -> None:
    forged = altered(change, form).data
    assert list(verify(forged)) == []
    assert list(verify(forged, file(form).manifest)) != []
    with store().connect() as connection:
        assert any(says in each for each in against_store(opened(forged), connection))


def test_evidence_that_is_not_the_stores() -> None:
    forged = altered(other_picture, "zip").data
    assert any("neither in the file nor named as lacking" in each for each in verify(forged))
    with store().connect() as connection:
        found = list(against_store(opened(forged), connection))
    assert found == [f"case.json: evidence {ID}-{n} is not that of the store" for n in (0, 1)]


def test_what_happened_since_is_nothing_wrong() -> None:
    engine = open_database(None)
    with writing(engine) as connection:
        METADATA.create_all(connection)
        write(connection)
    before = export(told(engine), EXPORTED, "html").data
    with writing(engine) as connection:
        last = dict(connection.execute(sa.select(STEPS).order_by(STEPS.c.number.desc())).mappings().first() or {})
        connection.execute(STEPS.insert(), {**last, "id": "6", "number": 6, "action": "comment"})
        connection.execute(EVIDENCE.insert(), {"id": "9", "case_id": ID, "kind": "photo", "location": "", "sha256": "",
                                               "source": "", "extra": {}})  # fmt: skip
    with engine.connect() as connection:
        assert list(against_store(opened(before), connection)) == []


def test_a_case_that_the_store_does_not_have() -> None:
    engine = open_database(None)
    with writing(engine) as connection:
        METADATA.create_all(connection)
    with engine.connect() as connection:
        assert list(against_store(opened(file("html").data), connection)) == [f"the store has no case {ID}"]


def test_the_files_are_in_it() -> None:
    assert {PIXEL, CLIP} <= set(opened(file("pdf").data).parts.values())
