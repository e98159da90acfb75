"""The pages of docs/connectors run: each section is a valid one, and every kind of source and codec has its page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from connectors import SOURCES
from connectors.codecs import CODECS
from connectors.codecs.sightings import SightingStream
from tests.connectors.mappings import decode, deliveries

DOCS = Path(__file__).resolve().parents[2] / "docs" / "connectors"
BLOCKS = [
    pytest.param(kind, text, id=f"{page.stem}-{i}")
    for page in sorted(DOCS.glob("*.md"))
    for i, (kind, text) in enumerate(re.findall(r"(?ms)^```yaml (source|stream)\n(.*?)^```$", page.read_text("utf-8")))
]


@pytest.mark.parametrize("kind, text", BLOCKS)
def test_every_section_is_valid(kind: str, text: str) -> None:
    section = YAML(typ="safe").load(text)
    model = SOURCES[section["type"]].settings if kind == "source" else CODECS[section["codec"]].settings
    model.model_validate(section)


@pytest.mark.parametrize("name", [*SOURCES, *CODECS])
def test_every_source_and_codec_has_its_page(name: str) -> None:
    assert (DOCS / f"{name}.md").is_file()


def test_the_message_on_the_page_is_one() -> None:
    page = (DOCS / "sightings.md").read_text("utf-8")
    ((topic, message),) = re.findall(r"(?ms)^```text\n(\S+)\n(.*?)^```$", page)
    (section,) = re.findall(r"(?ms)^```yaml stream\n(.*?)^```$", page)
    stream = SightingStream.model_validate(YAML(typ="safe").load(section))
    got = decode(stream, deliveries(message.encode(), topic=topic, source=stream.source))
    assert got.aside == []
    assert [rows.column("track").tolist() for rows in got.rows] == [[17, 18]]


def test_the_command_on_the_page_names_a_test() -> None:
    (named,) = re.findall(r"-k (\w+)", (DOCS / "mqtt.md").read_text("utf-8"))
    assert f"def test_{named}" in (Path(__file__).parent / "test_mqtt.py").read_text("utf-8")
