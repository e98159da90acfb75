"""The section `cameras`: what the documentation shows is without fault, and what watchers have is documented."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from typer.testing import CliRunner

from cameras.watcher import Watcher
from cameras.watchers.bin_fullness import BinFullness
from cameras.watchers.object_detector import ObjectDetector
from gridwatch.camera_section import load_both, load_cameras, read_cameras
from gridwatch.cli import app
from pipeline.faults import Faulty
from pipeline.runtime.document import parse_document
from tests.docs_pages import PAGES, ROOT, Block, blocks, name, sections

WHOLE = next(b.text for b in blocks(ROOT / "docs" / "configuration.md") if b.text.startswith("city:"))
SHOWN = [b for page in PAGES for b in blocks(page) if b.language == "yaml" and b.text.startswith("cameras:")]


@pytest.mark.parametrize("block", SHOWN, ids=lambda b: name(b.page))
def test_what_pages_show_is_without_fault(block: Block, tmp_path: Path) -> None:
    data = {**parse_document(WHOLE, "whole").data, **parse_document(block.text, "block").data}
    for picture in re.findall(r"[\w-]+\.jpg", block.text):
        (tmp_path / picture).touch()
    (tmp_path / "city.yaml").write_text(json.dumps(data), "utf-8")  # JSON is YAML
    loaded = load_cameras(tmp_path)
    assert sorted(loaded.cameras) == sorted(data["cameras"])


def test_every_parameter_of_the_object_detector_is_documented() -> None:
    told = sections(ROOT / "docs" / "watchers.md")["object_detector"]
    for parameter in ObjectDetector.model_fields.keys() - Watcher.model_fields.keys():
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


CAMERA = {"url": "rtsp://10.0.0.7/1", "zones": {"lane": [[0, 0], [1, 0], [1, 1]]}, "watchers": {"scene_health": {}}}
EDGE: dict[str, Any] = {"cameras": {"gate": CAMERA}, "publish": {"host": "broker.example", "client_id": "edge-1"}}


def edge_file(folder: Path, data: dict[str, Any]) -> Path:
    file = folder / "edge.yaml"
    file.write_text(json.dumps(data, indent=1), "utf-8")
    return file


def test_an_edge_boxs_file_has_only_these_sections(tmp_path: Path) -> None:
    found, city = load_both(edge_file(tmp_path, EDGE))
    assert city is None
    assert found.publish is not None
    assert (found.publish.broker, found.publish.spool, found.publish.room) == (
        "broker.example:1883",
        Path("var/spool"),
        256_000_000,
    )
    assert found.metrics is not None
    assert load_both(edge_file(tmp_path, {**EDGE, "metrics": None}))[0].metrics is None
    with pytest.raises(Faulty, match="expected a city's configuration, got an edge box's"):
        load_cameras(edge_file(tmp_path, EDGE))


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "an-unknown-section": ({"evidnce": {}}, "evidnce   unknown key; did you mean 'evidence'?"),
    "no-cameras": ({"cameras": {}}, "cameras   expected at least 1 of them"),
    "an-unknown-key": ({"publish": {**EDGE["publish"], "hots": 1}}, "publish.hots   unknown key; did you mean 'host'?"),
    "a-bare-size": ({"publish": {**EDGE["publish"], "room": 256}}, "publish.room   expected a size such as '50 GB'"),
    "a-password": (
        {"publish": {**EDGE["publish"], "password_env": "hush!"}},
        "publish.password_env   expected text of the form",
    ),
    "half-a-certificate": (
        {"publish": {**EDGE["publish"], "tls": {"key": "k.pem"}}},
        "publish.tls   expected 'certificate' and 'key' together",
    ),
    "a-zone-that-is-nowhere": (
        {"evidence": {"store": "kept", "when": {"left": {"zones": ["lnae"]}}}},
        "evidence.when.left.zones   no camera has this; did you mean 'lane'?",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_of_an_edge_boxs_file(tmp_path: Path, fault: str) -> None:
    different, told = FAULTS[fault]
    file = edge_file(tmp_path, {**EDGE, **different})
    result = CliRunner().invoke(app, ["check", str(file)])
    assert result.exit_code == 1
    assert told in result.stderr
    assert f"{file}:" in result.stderr
    assert "hush" not in result.stderr


def test_all_of_an_edge_boxs_faults_are_told_at_once(tmp_path: Path) -> None:
    data = {
        "cameras": {"gate": {**CAMERA, "fsp": 1}},
        "publish": {**EDGE["publish"], "port": 0, "tls": {"key": "k.pem"}},
        "evidnce": {},
    }
    with pytest.raises(Faulty) as caught:
        load_both(edge_file(tmp_path, data))
    found = {fault.path for fault in caught.value.faults}
    assert found == {"cameras.gate.fsp", "publish.port", "publish.tls", "evidnce"}


def test_check_says_what_it_has(tmp_path: Path) -> None:
    file = edge_file(tmp_path, EDGE)
    result = CliRunner().invoke(app, ["check", str(file)])
    assert (result.exit_code, result.stdout) == (0, f"{file}: no faults, 1 camera\n")


def test_of_a_city_the_cameras_are_read_alone(tmp_path: Path) -> None:
    """As `run` does, which tells the faults of the rest by itself; `check` tells all of them."""
    file = tmp_path / "city.yaml"
    file.write_text(json.dumps({**parse_document(WHOLE, "whole").data, **EDGE, "rules": [{"nonsense": 1}]}), "utf-8")
    assert list(read_cameras(tmp_path).cameras) == ["gate"]
    with pytest.raises(Faulty, match=r"rules\.0\.nonsense"):
        load_both(tmp_path)
    file.write_text(json.dumps({**parse_document(WHOLE, "whole").data, **EDGE, "publish": {"host": ""}}), "utf-8")
    with pytest.raises(Faulty, match=r"publish\.client_id"):
        read_cameras(tmp_path)


@pytest.mark.parametrize(
    "data, fits",
    [
        pytest.param(EDGE, True, id="an-edge-box"),
        pytest.param({**EDGE, "rules": []}, False, id="half-a-city"),
        pytest.param({"cameras": EDGE["cameras"]}, False, id="nowhere-to-publish"),
        pytest.param({**EDGE, "jornal": {}}, False, id="an-unknown-section"),
        pytest.param({**EDGE, "cameras": {"a": {"url": "x", "watchers": {"scene_healt": {}}}}}, False, id="no-watcher"),
        pytest.param({**EDGE, "publish": {"host": "x"}}, False, id="no-client-id"),
        pytest.param(parse_document(WHOLE, "whole").data, True, id="a-city"),
        pytest.param({**parse_document(WHOLE, "whole").data, **EDGE}, True, id="a-city-with-cameras"),
    ],
)
def test_the_schema_knows_both_kinds_of_file(data: dict[str, Any], fits: bool) -> None:
    schema = json.loads(CliRunner().invoke(app, ["schema"]).stdout)
    found = [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(data)]
    assert (found == []) == fits, found


def test_files_are_those_beside_the_configuration(tmp_path: Path) -> None:
    camera: dict[str, Any] = {
        "url": "street.mp4",
        "presets": {"gate": {"pictures": ["gate.jpg", "/away/gate.jpg"]}, "yard": {"pictures": ["yard.jpg"]}},
        "watchers": {
            "bin_fullness": {"empty": ["empty.jpg"], "presets": ["gate", "yrd"]},
            "object_detector": {"model": "own.onnx"},
        },
    }
    data = parse_document(WHOLE, "whole").data | {"cameras": {"a": camera}}
    (tmp_path / "city.yaml").write_text(json.dumps(data), "utf-8")
    with pytest.raises(Faulty) as caught:
        load_cameras(tmp_path)
    assert [(fault.path, fault.message) for fault in caught.value.faults] == [
        ("cameras.a.presets.gate.pictures.0", f"there is no file {tmp_path / 'gate.jpg'}"),
        ("cameras.a.presets.gate.pictures.1", "there is no file /away/gate.jpg"),
        ("cameras.a.presets.yard.pictures.0", f"there is no file {tmp_path / 'yard.jpg'}"),
        ("cameras.a.watchers.bin_fullness.presets", "no preset 'yrd'; did you mean 'yard'?"),
    ]
    camera["presets"] = {"gate": {"pictures": ["gate.jpg"]}}
    camera["watchers"]["bin_fullness"]["presets"] = ["gate"]
    (tmp_path / "city.yaml").write_text(json.dumps(data), "utf-8")
    (tmp_path / "gate.jpg").touch()
    found = load_cameras(tmp_path).cameras["a"]
    assert found.settings.url == str(tmp_path / "street.mp4")
    assert found.settings.presets["gate"].pictures == (tmp_path / "gate.jpg",)
    fullness, detector = (found.watchers[each] for each in ("bin_fullness", "object_detector"))
    assert isinstance(fullness, BinFullness)
    assert fullness.empty == (tmp_path / "empty.jpg",)
    assert isinstance(detector, ObjectDetector)
    assert detector.model.file == tmp_path / "own.onnx"
