"""An exported case: what is in it, what is not, and that the same case gives the same bytes."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from dataclasses import replace

import pypdf
import pytest
import sqlalchemy as sa

from cases.database import writing
from cases.export import words
from cases.export.bar import stays
from cases.export.dossier import Dossier, Piece, read_case
from cases.export.forms import FORMS, Form, export, opened
from cases.export.manifest import chained
from cases.export.verifying import against_store, verify
from cases.life import ACTIONS, ASKS, LEVELS, VERDICTS, Role, State
from cases.store import NoSuchCase
from cases.tables import CASES, STEPS
from tests.cases.export.told import CLIP, EXPORTED, ID, NOON, PIXEL, told, write

SAID = """\
20260501-00001
一堆垃圾 &lt;b&gt;
杭州市上城区中山中路 12 号
330102001001003
已处置
督办
市民再次来电
2026-05-01 12:07:00 +08:00
超时 17 min
已清运 &lt;/script&gt;
labels: [&#34;object&#34;]
a1b2c3d4
415 s
HZ-77
路边有垃圾
Li Na
时钟偏差 +0.42 s"""
"""What a page in Chinese has to say of it."""


def printed(page: bytes) -> bytes:
    """A PDF, where no browser is asked: an empty page with the title of the real one."""
    writer = pypdf.PdfWriter()
    writer.add_blank_page(595, 842)
    found = re.search(rb"<title>(.*?)</title>", page)
    writer.add_metadata({"/Title": found[1].decode() if found else ""})
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.fixture
def kept(database: sa.Engine) -> sa.Engine:
    with writing(database) as connection:
        write(connection)
    return database


def made(of: Dossier, form: Form, **given: object) -> bytes:
    return export(of, replace(EXPORTED, **given), form, printed).data  # type: ignore[arg-type]


@pytest.mark.parametrize("form", FORMS)
def test_what_is_exported_is_verified(kept: sa.Engine, form: Form) -> None:
    file = export(told(kept), EXPORTED, form, printed)
    assert list(verify(file.data, file.manifest)) == []
    found = opened(file.data)
    assert found.manifest_hash == file.manifest
    with kept.connect() as connection:
        assert list(against_store(found, connection)) == []
    assert found.manifest.rule.configuration == "c" * 64
    assert (found.manifest.exported, found.manifest.by) == ("2026-05-02 05:00:00 +00:00", "Li Na")
    said = {part.name: part for part in found.manifest.parts}
    picture = next(part for name, part in said.items() if name.endswith(".png"))
    assert (picture.captured, picture.clock_offset, picture.source) == (NOON + 10, 0.42, "gate-3")
    assert found.parts[picture.name] == PIXEL
    clip = [name for name in said if name.endswith(".mp4")]
    assert [found.parts[name] for name in clip] == ([] if form == "html" else [CLIP])
    assert ("clip" in " ".join(each.name for each in found.manifest.lacking)) is (form == "html")


@pytest.mark.parametrize("form", ["html", "zip"])
def test_the_same_case_gives_the_same_bytes(kept: sa.Engine, form: Form) -> None:
    assert made(told(kept), form) == made(told(kept), form)


def test_a_page_says_all_of_it_and_loads_nothing(kept: sa.Engine) -> None:
    page = made(told(kept), "html", language="zh").decode()
    text = re.sub(r"<[^>]+>", " ", page)
    for each in SAID.splitlines():
        assert each in text, each
    assert not re.search(r'(?:src|href)="(?!data:)', page)
    assert "url(" not in page
    assert base64.b64encode(PIXEL).decode() in page


def test_english_and_chinese_say_the_same(kept: sa.Engine) -> None:
    of = told(kept)
    sizes = [made(of, "html", language=language).count(b"<tr>") for language in ("en", "zh")]
    assert sizes[0] == sizes[1] > 8


@pytest.mark.parametrize("form", FORMS)
def test_who_reported_is_left_out_unless_asked_for(kept: sa.Engine, form: Form) -> None:
    found = opened(made(told(kept), form))
    everything = b"".join(found.parts.values())
    assert "周女士".encode() not in everything
    assert b"13800000000" not in everything
    with_it = opened(made(told(kept, contact=True), form, contact=True))
    assert "周女士".encode() in with_it.parts["case.json"]
    assert with_it.manifest.contact


def test_a_zip_is_unpacked_by_anybody(kept: sa.Engine) -> None:
    with zipfile.ZipFile(io.BytesIO(made(told(kept), "zip"))) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        page = archive.read("case.html")
    assert [re.sub(r"-[0-9a-f]{8}\.", ".", name) for name in names] == [
        "case.html", "case.json", "evidence/01-marked.png", "evidence/02-clip.mp4", "manifest.json",
    ]  # fmt: skip
    assert f'href="{names[3]}"'.encode() in page
    assert list(verify(page)) == []


def test_no_name_leads_out_of_a_zip(kept: sa.Engine) -> None:
    of = replace(told(kept), pieces=[Piece("../../home", ".jpg", b"x"), Piece("", "", b"y")])
    names = [name for name in opened(made(of, "zip")).parts if name.startswith("evidence")]
    assert [name[:17] for name in names] == ["evidence/01-file-", "evidence/02-file-"]


def test_a_case_with_nothing_is_exported_too(database: sa.Engine) -> None:
    with writing(database) as connection:
        write(connection)
        connection.execute(STEPS.delete())
        connection.execute(CASES.update().values(rule="", due=None, file_due=None, lon=None, lat=None, measure=None))
    of = replace(told(database), map=None, charts=(), pieces=(), lacking=())
    of = replace(of, about=replace(of.about, reports=[], episodes=[], evidence=[]))
    for form in FORMS:
        assert list(verify(made(of, form))) == []


@pytest.mark.parametrize(
    "asked, message",
    [
        pytest.param("9999", "no case has the number '9999'", id="none"),
        pytest.param("3f2a9c10", "several cases have an id that begins with", id="several"),
        pytest.param("3f%", "no case has", id="no-pattern"),
        pytest.param("", "no case has", id="nothing"),
    ],
)
def test_a_case_that_is_not_one(kept: sa.Engine, asked: str, message: str) -> None:
    with writing(kept) as connection:
        write(connection, id=ID[:-1] + "2", number="20260501-00002")
    with kept.connect() as connection, pytest.raises(NoSuchCase, match=message):
        read_case(connection, asked)
    with kept.connect() as connection:
        assert read_case(connection, "20260501-00002").case["id"] == ID[:-1] + "2"
        assert read_case(connection, ID).case["id"] == ID
        assert read_case(connection, ID.upper()[:-1] + "1").case["number"] == "20260501-00001"


def test_how_long_it_was_in_which_state(kept: sa.Engine) -> None:
    found = [(stay.state, stay.until - stay.since) for stay in stays(told(kept).about, EXPORTED.at)]
    assert found == [("reported", 120), ("filed", 180), ("dispatched", 300), ("handling", 15_100), ("handled", 74_000)]


def test_a_chain_covers_what_was_before() -> None:
    steps = [{"number": n, "note": str(n)} for n in range(3)]
    first = chained(steps)
    assert chained(first) == first
    assert chained([{"number": 0, "note": "x"}, *steps[1:]])[-1]["hash"] != first[-1]["hash"]
    assert chained([steps[1], steps[0], steps[2]])[-1]["hash"] != first[-1]["hash"]


def test_everything_has_a_word_in_both_languages() -> None:
    assert set(words.STATES) == set(State)
    assert set(words.ROLES) == set(Role)
    assert {*LEVELS, *VERDICTS, *ASKS} <= set(words.OTHERS)
    for name in ACTIONS:
        assert words.action(name, "zh") == ACTIONS[name].zh
        assert words.action(name, "en")
    for group in (words.WORDS, words.STATES, words.ROLES, words.OTHERS):
        assert all(all(both) for both in group.values())


def test_data_is_plain_json(kept: sa.Engine) -> None:
    said = json.loads(opened(made(told(kept), "zip")).parts["case.json"])
    assert set(said) == {"case", "episodes", "reports", "steps", "tasks", "approvals", "evidence", "merged"}
    assert said["steps"][3]["note"] == "市民再次来电"
