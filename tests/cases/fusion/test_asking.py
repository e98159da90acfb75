"""What a supervisor asks to be put aside, in words."""

from __future__ import annotations

from typing import Any

import pytest

from cases.fusion import Shelving, Suppression
from cases.fusion.asking import asked

UNTIL = 1_772_359_200.0


def _asked(said: dict[str, Any], kind: type[Any] = Shelving) -> Any:
    return asked(kind, said, id="a", at=1_772_323_200.0, by="li", reason="roadworks")


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"until": UNTIL}, id="seconds"),
        pytest.param({"until": "2026-03-01T18:00:00+08:00"}, id="text"),
        pytest.param({"lasts": "10 h"}, id="a-duration"),
        pytest.param({"since": "2026-03-01T09:00:00Z", "lasts": "1 h"}, id="from-later-on"),
    ],
)
def test_until_when(said: dict[str, Any]) -> None:
    found = _asked({"rules": ["bin-full"], **said})
    assert (found.until, found.rules, found.by, found.reason) == (UNTIL, ("bin-full",), "li", "roadworks")
    assert found.since == 1_772_323_200.0 or "since" in said


@pytest.mark.parametrize(
    ("said", "why"),
    [
        pytest.param({}, "an end", id="no-end"),
        pytest.param({"until": "tomorrow"}, "with its offset, such as .* got 'tomorrow'", id="no-time"),
        pytest.param({"until": "2026-03-01T18:00:00"}, "with its offset", id="no-offset"),
        pytest.param({"until": UNTIL, "lasts": "1 h"}, "got both", id="both"),
        pytest.param({"lasts": 5}, "bare number", id="no-unit"),
        pytest.param({"lasts": "1 h", "rule": "bin-full"}, "unknown field `rule`; known: rules, ", id="misspelt"),
        pytest.param({"lasts": "1 h", "rules": "bin-full"}, "Expected `array`", id="no-list"),
        pytest.param({"lasts": "1 h", "hours": "20:00-04:00"}, "unknown field `hours`", id="not-of-a-shelving"),
    ],
)
def test_what_is_wrong_is_said(said: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        _asked(said)


def test_a_suppression_may_have_hours() -> None:
    assert _asked({"lasts": "1 h", "hours": "20:00-04:00"}, Suppression).hours == "20:00-04:00"
