"""All watchers: each has its section in docs/watchers.md, with its parameters, and claims no more than was measured."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cameras.watcher import Watcher
from cameras.watchers import WATCHERS
from cameras.watchers.object_detector import ObjectDetector
from tests.docs_pages import ROOT

PAGE = ROOT / "docs" / "watchers.md"
WORDS = PAGE.read_text("utf-8")


def section(name: str) -> str:
    """The text under that watcher's heading."""
    after = WORDS.split(f"\n## {name}\n", 1)
    assert len(after) == 2, f"{PAGE.name} has no section '## {name}'"
    return after[1].split("\n## ", 1)[0]


@pytest.mark.parametrize("name", sorted(WATCHERS))
def test_each_has_its_section_with_every_parameter_of_its_own(name: str) -> None:
    told = section(name)
    kind = WATCHERS[name]
    shared = [base for base in kind.__mro__[1:] if isinstance(base, type) and issubclass(base, Watcher)]
    inherited = {field for base in shared for field in base.model_fields}
    missing = [field for field in kind.model_fields if field not in inherited and f"`{field}" not in told]
    assert missing == []
    if ObjectDetector in shared:
        assert "All other parameters are those of" in told


@pytest.mark.parametrize("name", sorted(WATCHERS))
def test_what_was_not_measured_says_so(name: str) -> None:
    assert ("**Contract only**" in section(name)) == (not WATCHERS[name].measured)


@pytest.mark.parametrize("name", sorted(WATCHERS))
def test_the_first_table_names_each(name: str) -> None:
    assert f"| `{name}` |" in WORDS.split("\n## ", 1)[0]


def test_settings_are_read_without_the_packages_that_look_at_pictures() -> None:
    heavy = ("cv2", "onnxruntime", "trackers", "av", "rapidocr")
    said = f"import sys; from cameras.watchers import WATCHERS; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", said], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
