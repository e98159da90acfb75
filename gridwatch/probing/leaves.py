"""leaves: the values of payloads by their paths, over many payloads: how often each is there, and what it was.

A path is one that a mapping can use (pipeline/dotted.py), so that keys with a dot in them, or of digits alone, are left
out. Lists are gone into by place, as a mapping does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_PATHS = 300
"""Of a kind of payload; a device that makes up keys does not grow anything."""
MOST_VALUES = 600
MOST_PLACES = 6
"""Of a list: further places are more of the same."""
_LARGEST = 10**300
"""Larger whole numbers are nothing that is measured, and no float."""
_SHOWN = 4


@dataclass(slots=True)
class Leaf:
    """What stands at one path."""

    path: str
    count: int = 0
    """In how many objects it is there, and not null."""
    at: list[int] = field(default_factory=list)
    """Which objects `values` are of."""
    values: list[Any] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The last step that is a word, in small letters."""
        words = [step for step in self.path.split(".") if not step.isdecimal()]
        return words[-1].lower() if words else ""

    @property
    def numbers(self) -> list[float]:
        """Those of its values that are numbers; true and false are none."""
        return [float(v) for v in self.values if isinstance(v, int | float) and not isinstance(v, bool)]

    @property
    def numeric(self) -> bool:
        """Whether all that it was are numbers."""
        return bool(self.values) and len(self.numbers) == len(self.values)

    @property
    def flag(self) -> bool:
        """Whether all that it was are true or false."""
        return bool(self.values) and all(isinstance(v, bool) for v in self.values)

    @property
    def text(self) -> bool:
        return bool(self.values) and all(isinstance(v, str) for v in self.values)

    def told(self) -> str:
        """What it was, in a few words: '12 to 80', 'closed, open', 'true'."""
        numbers = self.numbers
        if self.numeric:
            low, high = min(numbers), max(numbers)
            return f"{low:.10g}" if low == high else f"{low:.10g} to {high:.10g}"
        words = list(dict.fromkeys(_word(value) for value in self.values))
        return ", ".join(words[:_SHOWN]) + (", …" if len(words) > _SHOWN else "")


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def leaves(objects: Iterable[Any]) -> dict[str, Leaf]:
    """By path, in the order in which they first come."""
    found: dict[str, Leaf] = {}
    for number, each in enumerate(objects):
        for path, value in _walk(each, ""):
            leaf = found.get(path)
            if leaf is None:
                if len(found) >= MOST_PATHS:
                    continue
                leaf = found[path] = Leaf(path)
            leaf.count += 1
            if len(leaf.values) < MOST_VALUES:
                leaf.at.append(number)
                leaf.values.append(value)
    return found


def _walk(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if isinstance(key, str) and key and "." not in key and not key.isdecimal():
                yield from _walk(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for place, inner in enumerate(value[:MOST_PLACES]):
            yield from _walk(inner, f"{path}.{place}" if path else str(place))
    elif isinstance(value, int) and abs(value) > _LARGEST and path:
        yield path, "(a number too large)"
    elif value is not None and path:
        yield path, value
