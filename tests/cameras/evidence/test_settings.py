"""The section `evidence`: what is wrong in it, and where its folders are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("av", reason="needs gridwatch[cameras]")
from cameras.evidence.settings import EvidenceSettings
from tests.cameras.evidence.made import settings


@pytest.mark.parametrize(
    "said, expected",
    [
        pytest.param({"store": "s3://key:secret@bucket/x"}, "comes from the environment", id="a-secret"),
        pytest.param({"store": "s3://bucket/x?key=abc"}, "comes from the environment", id="a-secret-after-it"),
        pytest.param({"store": ""}, "expected a folder", id="no-store"),
        pytest.param({"when": {}}, "at least 1", id="nothing-is-kept"),
        pytest.param({"waiting": "w"}, "can always be reached", id="waits-for-a-folder"),
        pytest.param({"keep": 30}, "a bare number", id="no-unit"),
        pytest.param({"faces": {"none": ""}}, "at least 8", id="no-reason"),
    ],
)
def test_what_is_wrong_in_the_section_is_told(said: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        EvidenceSettings.model_validate({"store": "x", "when": {"any": {}}} | said)


def test_folders_are_relative_to_the_file(tmp_path: Path) -> None:
    given = settings("kept", faces={"model": "own.onnx"}).resolved(tmp_path)
    assert (given.store, given.faces.model.file) == (str(tmp_path / "kept"), tmp_path / "own.onnx")
    assert settings("s3://bucket/x", waiting="w").resolved(tmp_path).waiting == tmp_path / "w"
    assert settings("s3://bucket/x").resolved(tmp_path).store == "s3://bucket/x"
