"""The Chinese guides say what the English ones say: the same parts, blocks, tables, code and links.

Sentences can't be compared; that a part was added, a command changed or a key renamed can. Where one of these tests
fails, one of the two pages was changed alone: change the other, too. That the blocks run is tests/test_docs.py.
"""

from __future__ import annotations

import re
from itertools import zip_longest
from pathlib import Path

import pytest

from tests.docs_pages import ROOT, blocks, links, name, prose

CHINESE = ROOT / "docs" / "zh"
ENGLISH = {page.name: page for of in ("guides", "concepts") for page in (ROOT / "docs" / of).glob("*.md")}
ENGLISH |= {f"console/{page.name}": page for page in (ROOT / "docs" / "console").glob("*.md")}
ENGLISH["console.md"] = ENGLISH.pop("console/README.md")
"""The pages that there are, or could be, Chinese ones of."""
GUIDES = sorted(page.relative_to(CHINESE).as_posix() for page in CHINESE.glob("**/*.md") if page.name != "README.md")
guide_by_guide = pytest.mark.parametrize("guide", GUIDES)


def code(text: str) -> list[str]:
    """Its `code`, however lines are broken: each once, sorted, for languages order words differently."""
    return sorted({" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text)})


def shape(page: Path) -> list[tuple[str, list[str]]]:
    """What a page is made of, in order: its headings by level, paragraphs, points and rows, each with its code.

    Of a row the first cell counts by itself: it is what is looked up.
    """
    parts: list[tuple[str, list[str]]] = []
    for chunk in re.split(r"\n{2,}|\n(?=- |\d+\. |\|)", prose(page)):
        mark = re.match(r"#+|- |\d+\. |\|", chunk.strip())
        if mark and mark[0] == "|":
            key, _, rest = chunk.strip().strip("|").partition("|")
            parts.append(("row", [*code(key), "|", *code(rest)]))
        elif chunk.strip():
            parts.append((mark[0].strip() if mark else "paragraph", code(chunk)))
    return parts


def targets(page: Path) -> set[str]:
    """Where its links lead, a Chinese guide being taken for its English one."""
    files = {(page.parent / file).resolve() if file else page for file, _ in links(page)}
    return {name(ENGLISH[_guide(file)] if _guide(file) in GUIDES else file) for file in files}


def _guide(file: Path) -> str:
    return file.relative_to(CHINESE).as_posix() if file.is_relative_to(CHINESE) else ""


def test_there_are_guides_in_chinese() -> None:
    assert GUIDES == [
        "add-bins.md",
        "add-camera.md",
        "add-detector.md",
        "add-dispatch.md",
        "add-vehicles.md",
        "cases.md",
        "clocks.md",
        "console.md",
        "console/cameras.md",
        "console/case.md",
        "console/indicators.md",
        "console/integrations.md",
        "console/now.md",
        "console/phone.md",
        "console/public.md",
        "console/registers.md",
        "console/rules.md",
        "console/security.md",
        "console/shifts.md",
        "console/triage.md",
        "edge.md",
        "evidence.md",
        "first-city.md",
        "intake.md",
        "recordings.md",
        "registers.md",
        "testing-rules.md",
        "tuning.md",
    ]


@guide_by_guide
def test_blocks_are_the_english_ones(guide: str) -> None:
    shown, meant = (
        [(block.language, block.info, block.text) for block in blocks(page)]
        for page in (CHINESE / guide, ENGLISH[guide])
    )
    assert shown == meant


@guide_by_guide
def test_parts_are_the_english_ones(guide: str) -> None:
    for shown, meant in zip_longest(shape(CHINESE / guide), shape(ENGLISH[guide])):
        assert shown == meant


@guide_by_guide
def test_links_lead_where_the_english_ones_do(guide: str) -> None:
    """The language's own at the head of each page apart: both lead to the other."""
    english, chinese = ENGLISH[guide], CHINESE / guide
    assert f"*English · [中文](../zh/{guide})*" in english.read_text("utf-8")
    back = f"{'../' * (guide.count('/') + 1)}{english.parent.name}/{english.name}"
    assert f"*[English]({back}) · 中文*" in chinese.read_text("utf-8")
    assert targets(chinese) == targets(english)


@guide_by_guide
def test_where_a_guide_is_in_chinese_a_chinese_guide_leads_there(guide: str) -> None:
    led = {((CHINESE / guide).parent / file).resolve() for file, _ in links(CHINESE / guide) if file}
    led.discard(ENGLISH[guide])
    assert [name(ENGLISH[each]) for each in GUIDES if each != guide and ENGLISH[each] in led] == []


def test_the_chinese_index_names_every_guide() -> None:
    assert sorted(file for file, _ in links(CHINESE / "README.md") if not file.startswith("../")) == GUIDES


def test_a_page_that_says_less_is_noticed(tmp_path: Path) -> None:
    page, other = tmp_path / "a.md", tmp_path / "b.md"
    page.write_text("# A\n\nUse `x`\nor `y`.\n\n- one\n- `two`\n\n| k | |\n|---|---|\n| `a` | `b` |\n", "utf-8")
    assert shape(page)[:4] == [("#", []), ("paragraph", ["x", "y"]), ("-", []), ("-", ["two"])]
    assert shape(page)[-1] == ("row", ["a", "|", "b"])
    for line in ("- one\n", "`two`", "or `y`.", "| `a` | `b` |\n"):
        other.write_text(page.read_text("utf-8").replace(line, ""), "utf-8")
        assert shape(other) != shape(page), line
