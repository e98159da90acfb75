"""The pages' words: the same in both languages, and each that a page asks for is there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SOURCES = Path(__file__).resolve().parents[2] / "console" / "web" / "src"
FOLDERS = sorted({file.parents[1] for file in SOURCES.glob("**/locale/en.json")})
_ASKED = re.compile(r"(?<![\w$.])\$?te?\(\s*'([A-Za-z0-9_.-]+)'")


def space(folder: Path) -> str:
    """Under which name a folder's words are."""
    return folder.name


def keys(words: Any, before: str = "") -> Iterator[str]:
    for key, value in words.items():
        if isinstance(value, dict):
            yield from keys(value, f"{before}{key}.")
        else:
            yield f"{before}{key}"


def read(folder: Path, language: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "locale" / f"{language}.json").read_text("utf-8"))
    return found


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def at(words: Any, key: str) -> str:
    for part in key.split("."):
        words = words[part]
    return str(words)


@pytest.mark.parametrize("folder", FOLDERS, ids=space)
def test_both_languages_have_the_same_words(folder: Path) -> None:
    en, zh = read(folder, "en"), read(folder, "zh")
    assert sorted(keys(en)) == sorted(keys(zh))
    assert [key for key in keys(en) if placeholders(at(en, key)) != placeholders(at(zh, key))] == []


def test_each_word_that_is_asked_for_is_there() -> None:
    known = {f"{space(folder)}.{key}" for folder in FOLDERS for key in keys(read(folder, "en"))}
    missing = [
        f"{file.relative_to(SOURCES)}: {key}"
        for file in sorted([*SOURCES.glob("**/*.vue"), *SOURCES.glob("**/*.ts")])
        for key in _ASKED.findall(file.read_text("utf-8"))
        if "." in key and not key.endswith(".") and key not in known
    ]
    assert missing == []
