"""written: a rule's settings as people write them in a configuration: 2 h rather than 7200 s."""

from __future__ import annotations

import re
from typing import Any

from pipeline.registry import detector, detectors
from pipeline.units import Amount
from pipeline.version import Rule

_SECONDS = re.compile(r"(\d+(?:\.\d+)?) s")
_UNITS = (("d", 86400.0), ("h", 3600.0), ("min", 60.0))


def written(rule: Rule) -> dict[str, Any]:
    """The parameters of its hold, then those of its detector, with their defaults; None: not set."""
    own = {name for name, value in rule.detector if isinstance(value, Amount)}
    found = {**rule.hold.model_dump(mode="json", by_alias=True), **rule.detector.model_dump(mode="json")}
    return {name: value if name in own else plain(value) for name, value in found.items()}


def plain(value: Any) -> Any:
    """A duration in the largest unit in which it is short; anything else as it is."""
    match = _SECONDS.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return value
    seconds = float(match[1])
    for unit, size in _UNITS:
        number = seconds / size
        if number == 1 or (number >= 2 and round(number, 1) == number):
            return f"{number:.12g} {unit}"
    return value


def detector_name(rule: Rule) -> str:
    """What a configuration calls its detector."""
    kind = type(rule.detector)
    return next((name for name in detectors() if detector(name) is kind), kind.__name__)
