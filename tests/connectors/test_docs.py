"""The pages of docs/connectors run: each section is a valid one, and every kind of source and codec has its page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from connectors import SOURCES
from connectors.codecs import CODECS, UNPACKERS
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


@pytest.mark.parametrize("name", [*SOURCES, *sorted(set(CODECS) - set(UNPACKERS))])
def test_every_source_and_codec_has_its_page(name: str) -> None:
    assert (DOCS / f"{name}.md").is_file()


@pytest.mark.parametrize("name", UNPACKERS)
def test_every_codec_that_is_mapped_has_its_section_with_every_option(name: str) -> None:
    page = (DOCS / "codecs.md").read_text("utf-8")
    (told,) = re.findall(rf"(?ms)^## {name}\n(.*?)(?=^## |\Z)", page)
    assert f"| [`{name}`](#{name}) |" in page
    for option in UNPACKERS[name].model_fields:
        assert f"`{option}`" in told or f"{option}: " in told, option


def test_the_message_on_the_page_is_one() -> None:
    page = (DOCS / "sightings.md").read_text("utf-8")
    ((topic, message),) = re.findall(r"(?ms)^```text\n(\S+)\n(.*?)^```$", page)
    sections = re.findall(r"(?ms)^```yaml stream\n(.*?)^```$", page)
    streams = [SightingStream.model_validate(YAML(typ="safe").load(section)) for section in sections]
    by_object, by_zone, with_beside = (
        decode(stream, deliveries(message.encode(), topic=topic, source=stream.source)) for stream in streams
    )
    assert by_object.aside == by_zone.aside == []
    assert [rows.column("track").tolist() for rows in by_object.rows] == [[17, 18]]
    assert [rows.column("count").tolist() for rows in by_zone.rows] == [[0]]
    assert [rows.column("beside").tolist() for rows in with_beside.rows] == [[0]], "the other is in a zone not listed"


def test_the_command_on_the_page_names_a_test() -> None:
    (named,) = re.findall(r"-k (\w+)", (DOCS / "mqtt.md").read_text("utf-8"))
    assert f"def test_{named}" in (Path(__file__).parent / "test_mqtt.py").read_text("utf-8")
