"""A page is printed with the fonts that there are; where letters have none, that is said and not just boxes."""

from __future__ import annotations

import io
import logging
import shutil
import unicodedata
from pathlib import Path

import pypdf
import pytest

from gridwatch.cli.check import _unprintable
from gridwatch.fonts import PACKAGE, advice, undrawn
from gridwatch.printing import BROWSERS, browser, pdf

CHINESE = "渣土未覆盖"
PAGE = f"<!DOCTYPE html>\n<html><head><meta charset='utf-8'></head>\n<body><p>{CHINESE}</p></body></html>".encode()
prints = pytest.mark.skipif(browser() is None, reason="no browser that prints")


@pytest.fixture
def latin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose fonts draw Latin letters and digits of their own alone; the folder of its programs."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "fc-list").write_text("#!/bin/sh\necho 20-7e a0-17f 2018-201f 2026\necho 20-7e nonsense\n")
    (programs / "fc-list").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    return programs


@pytest.mark.parametrize(
    "text, letters",
    [
        pytest.param("plain <b>letters</b>", "", id="ascii"),
        pytest.param("Grüße “quoted”…", "", id="latin"),
        pytest.param(CHINESE + CHINESE, "".join(sorted(CHINESE)), id="chinese"),
        pytest.param("&#28195;&#22303; &eacute;", "".join(sorted("渣土")), id="as-html-writes-them"),
        pytest.param("a\u0301 \u200b\u3000\ufe0f\ue000", "", id="what-needs-no-font"),
    ],
)
@pytest.mark.usefixtures("latin")
def test_letters_without_a_font(text: str, letters: str) -> None:
    assert undrawn(text) == letters


@pytest.mark.parametrize("script", ["#!/bin/sh\nexit 1\n", None], ids=["it-fails", "it-is-not-there"])
def test_nothing_is_said_where_nobody_knows(latin: Path, monkeypatch: pytest.MonkeyPatch, script: str | None) -> None:
    (latin / "fc-list").unlink()
    if script is None:
        monkeypatch.setenv("PATH", str(latin))
    else:
        (latin / "fc-list").write_text(script)
        (latin / "fc-list").chmod(0o755)
    assert undrawn(CHINESE) == ""


def test_what_is_said_names_the_package() -> None:
    said = advice("".join(chr(0x4E00 + n) for n in range(40)))
    assert f"apt-get install {PACKAGE}" in said
    assert "40 of its letters (一丁丂" in said
    assert len(said) < 200


@prints
@pytest.mark.usefixtures("latin")
def test_a_page_without_its_fonts_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "gridwatch.web"):
        printed = pdf(PAGE, tmp_path)
    assert PACKAGE in caplog.text
    assert "5 letters of this page have no font" in _text(printed)


@prints
@pytest.mark.skipif(bool(undrawn(CHINESE)), reason=f"no font here draws Chinese: install {PACKAGE}")
def test_chinese_is_printed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    said = _text(pdf(PAGE, tmp_path))
    assert (CHINESE in said, "no font" in said, caplog.text) == (True, False, "")


def test_a_check_says_it_before_a_case_is_printed(latin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "city.yaml"
    file.write_text("city: 临港\n", "utf-8")
    (latin / BROWSERS[0]).write_text("#!/bin/sh\n")
    (latin / BROWSERS[0]).chmod(0o755)
    (warning,) = _unprintable(file)
    assert (warning.file, PACKAGE in warning.message) == (str(file), True)
    file.write_text("city: harbour\n", "utf-8")
    assert _unprintable(file) == []
    file.write_text("city: 临港\n", "utf-8")
    shutil.copy(shutil.which("sh") or "/bin/sh", latin / "sh")
    monkeypatch.setenv("PATH", str(latin))
    (latin / BROWSERS[0]).unlink()
    assert _unprintable(file) == []


def _text(printed: bytes) -> str:
    """Of its pages; a font may have one glyph for 土 and the radical ⼟, and a PDF names either."""
    said = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(printed)).pages)
    return unicodedata.normalize("NFKC", said.replace("\n", " "))
