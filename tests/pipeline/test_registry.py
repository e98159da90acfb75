"""The registry: ours by name, plug-ins by entry point, and a suggestion for everything else."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints
from typing import Any

import pytest

import pipeline.registry
from detectors import DETECTORS, Overspeed
from pipeline.detector import Detector
from pipeline.registry import NotRegistered, Registry, detector, detectors

GROUP = "gridwatch.detectors"


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> list[EntryPoint]:
    """The entry points that are installed."""
    installed: list[EntryPoint] = []
    monkeypatch.setattr(pipeline.registry, "entry_points", lambda group: EntryPoints(installed).select(group=group))
    monkeypatch.setattr(pipeline.registry, "DETECTORS", Registry("detector", "detectors:DETECTORS", GROUP))
    return installed


@pytest.mark.usefixtures("plugins")
def test_ours_are_found_by_name() -> None:
    assert detector("overspeed") is Overspeed
    assert detectors() == sorted(DETECTORS)


@pytest.mark.usefixtures("plugins")
@pytest.mark.parametrize(
    "name, message",
    [
        pytest.param("overspede", "^no detector 'overspede'; did you mean 'overspeed'\\?$", id="a-slip"),
        pytest.param("xyz", r"^no detector 'xyz'; there are: (\w+, )*no_go_zone, (\w+, )*off_route, ", id="none-near"),
    ],
)
def test_an_unknown_name_gets_a_suggestion(name: str, message: str) -> None:
    with pytest.raises(NotRegistered, match=message):
        detector(name)


def test_a_plug_in_is_found_beside_ours(plugins: list[EntryPoint]) -> None:
    plugins.append(EntryPoint("reversing", "tests.tiny_city:Fast", GROUP))
    plugins.append(EntryPoint("reversing", "tests.tiny_city:Fast", GROUP))  # twice on the path is one
    assert "reversing" in detectors()
    assert issubclass(detector("reversing"), Detector)
    with pytest.raises(NotRegistered, match="did you mean 'reversing'"):
        detector("reversin")


@pytest.mark.parametrize(
    "name, value, error, message",
    [
        pytest.param(
            "overspeed", "x:Y", ValueError, "two detectors are named 'overspeed': in detectors:DET", id="taken"
        ),
        pytest.param("odd", "math:pi", TypeError, "expected a Detector under 'odd'", id="no-detector"),
        pytest.param("gone", "no_such_module:X", ModuleNotFoundError, "no_such_module", id="not-there"),
    ],
)
def test_a_bad_plug_in_is_told(
    plugins: list[EntryPoint], name: str, value: str, error: type[Exception], message: str
) -> None:
    plugins.append(EntryPoint(name, value, GROUP))
    with pytest.raises(error, match=message):
        detector("odd" if name == "odd" else "gone")


@pytest.mark.parametrize("name, kind", DETECTORS.items())
def test_every_detector_is_what_the_contract_says(name: str, kind: Any) -> None:
    fresh = kind()  # every parameter has a default
    assert kind.__doc__
    assert kind.__module__ == f"detectors.{name}"
    assert all(column in kind.rows.__dataclass_fields__ for column in kind.needs)
    # a default, written as text with its unit, is read as itself: it has a unit and is in it
    assert kind.model_validate(fresh.model_dump()) == fresh
