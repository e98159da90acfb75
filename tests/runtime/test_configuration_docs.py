"""docs/configuration.md runs, and names every key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.faults import Faulty
from pipeline.runtime.config import examine, load
from pipeline.runtime.document import parse_document
from pipeline.runtime.schema import json_schema

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "configuration.md").read_text("utf-8")
BLOCKS = re.findall(r"(?ms)^```yaml\n(.*?)^```$", PAGE)
WHOLE = next(block for block in BLOCKS if block.startswith("city:"))


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split(":", 1)[0])
def test_every_block_is_a_configuration_without_fault_or_a_section_of_one(block: str, tmp_path: Path) -> None:
    data = {**parse_document(WHOLE, "whole").data, **parse_document(block, "block").data}
    (tmp_path / "city.yaml").write_text(json.dumps(data), "utf-8")  # JSON is YAML
    examined = examine(tmp_path / "city.yaml")
    assert [str(fault) for fault in examined.faults] == []


def test_the_faults_that_the_page_shows_are_those_that_come(tmp_path: Path) -> None:
    ((faulty, told),) = re.findall(r"(?ms)^```yaml faulty\n(.*?)^```$\s+^```text\n(.*?)^```$", PAGE)
    file = tmp_path / "city.yaml"
    rest = re.sub(r"(?ms)^rules:.*", "", WHOLE)
    file.write_text(faulty + rest, "utf-8")
    with pytest.raises(Faulty) as caught:
        load(file)
    assert [str(fault).replace(f"{tmp_path}/", "") for fault in caught.value.faults] == told.splitlines()


def keys(schema: dict[str, Any]) -> Iterator[str]:
    yield from schema.get("properties", {})
    for name, definition in schema.get("$defs", {}).items():
        if not name.startswith("parameters of "):
            yield from definition.get("properties", {})


def test_every_key_has_its_word_on_the_page() -> None:
    named = set(re.findall(r"`([a-z0-9_]+)`", PAGE)) | {"file", "type"}
    assert sorted(set(keys(json_schema())) - named) == []
