"""The section `cameras`: what the documentation shows is without fault, and what watchers have is documented."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cameras.watchers.object_detector import ObjectDetector
from gridwatch.camera_section import load_cameras
from pipeline.faults import Faulty
from pipeline.runtime.document import parse_document
from tests.docs_pages import PAGES, ROOT, Block, blocks, name, sections

WHOLE = next(b.text for b in blocks(ROOT / "docs" / "configuration.md") if b.text.startswith("city:"))
SHOWN = [b for page in PAGES for b in blocks(page) if b.language == "yaml" and b.text.startswith("cameras:")]


@pytest.mark.parametrize("block", SHOWN, ids=lambda b: name(b.page))
def test_what_pages_show_is_without_fault(block: Block, tmp_path: Path) -> None:
    data = {**parse_document(WHOLE, "whole").data, **parse_document(block.text, "block").data}
    (tmp_path / "city.yaml").write_text(json.dumps(data), "utf-8")  # JSON is YAML
    loaded = load_cameras(tmp_path)
    assert sorted(loaded.cameras) == sorted(data["cameras"])


def test_every_parameter_of_the_object_detector_is_documented() -> None:
    told = sections(ROOT / "docs" / "watchers.md")["object_detector"]
    for parameter in ObjectDetector.model_fields:
        assert f"| `{parameter}` |" in told


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    data = parse_document(WHOLE, "whole").data | {
        "cameras": {
            "a": {"url": "rtsp://user:secret@x/1", "watchers": {}},
            "b": {"url": "rtsp://x/1", "watchers": {"object_detector": {"tiles": 99, "faint": 1}}},
            "c": {"url": "rtsp://x/1", "watchers": {"object_detectr": {}}},
        },
        "nonsense": 1,
    }
    (tmp_path / "city.yaml").write_text(json.dumps(data), "utf-8")
    with pytest.raises(Faulty) as caught:
        load_cameras(tmp_path)
    assert "secret" not in str(caught.value)
    assert {fault.path for fault in caught.value.faults} >= {"cameras.a.url", "nonsense"}
    data["cameras"]["a"]["url"] = "rtsp://x/1"
    (tmp_path / "city.yaml").write_text(json.dumps(data), "utf-8")
    with pytest.raises(Faulty) as caught:
        load_cameras(tmp_path)
    assert {fault.path for fault in caught.value.faults} >= {
        "cameras.b.watchers.object_detector.tiles",
        "cameras.b.watchers.object_detector.faint",
        "cameras.c.watchers.object_detectr",
        "nonsense",
    }
