"""topics: which streams does a topic belong to, and what do its levels say?

A pattern is a topic in which `{name}` stands for one level that is not empty and is remembered under that name, '+' for
one level and a trailing '#' for all that follow, as in MQTT (OASIS MQTT 5.0, section 4.7).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_NAME = re.compile(r"\{([A-Za-z_]\w*)\}")


class TopicPattern:
    """A compiled pattern. Raises ValueError where it is none."""

    def __init__(self, text: str) -> None:
        expected = (
            "expected a topic such as 'fleet/{device}/gps', with {name} or '+' for a whole level, '#' as the last"
        )
        self.text = text
        self.names: list[str] = []
        levels = text.split("/")
        parts: list[str] = []
        for i, level in enumerate(levels):
            named = _NAME.fullmatch(level)
            if named:
                if named[1] in self.names:
                    raise ValueError(f"{expected}; '{{{named[1]}}}' is there twice")
                self.names.append(named[1])
                parts.append("/([^/]+)")
            elif level == "+":
                parts.append("/[^/]*")
            elif level == "#" and i == len(levels) - 1:
                parts.append("(?:/.*)?")
            elif set(level) & set("{}+#\0"):
                raise ValueError(f"{expected}; got the level '{level}'")
            else:
                parts.append("/" + re.escape(level))
        if not text:
            raise ValueError(expected)
        self._match = re.compile("".join(parts), re.DOTALL)

    def match(self, topic: str) -> dict[str, str] | None:
        """What the named levels are, or None where the topic is another."""
        found = self._match.fullmatch("/" + topic)
        return dict(zip(self.names, found.groups(), strict=True)) if found else None

    def level(self, topics: Iterable[str], name: str | None) -> list[str | None]:
        """Of each topic the level of that name ('' for no name), or None where the topic is another."""
        group = 0 if name is None else 1 + self.names.index(name)
        found = map(self._match.fullmatch, ["/" + topic for topic in topics])
        return [None if match is None else match[group] if group else "" for match in found]


class TopicTable:
    """Which patterns a topic matches."""

    def __init__(self, patterns: Sequence[TopicPattern]) -> None:
        self.patterns = list(patterns)

    def match(self, topic: str) -> list[tuple[int, dict[str, str]]]:
        """(index of the pattern, its levels) for each pattern that matches, in their order."""
        found = ((i, pattern.match(topic)) for i, pattern in enumerate(self.patterns))
        return [(i, levels) for i, levels in found if levels is not None]
