"""topic_names: the topic that a record would have come from, by its stream's pattern and the record's own values."""

from __future__ import annotations

import re
from collections.abc import Mapping

from connectors.recorded.message import BadRecord

_VARIABLE = re.compile(r"\{(\w+)\}")
REMEMBERED = 65_536
"""Topics that need not be put together again."""


class FilledTopic:
    """A stream's topic, every `{name}` of which a record fills."""

    def __init__(self, pattern: str) -> None:
        # For '+' and '#', which name nothing, `import`.
        self._levels = ["import" if level in ("+", "#") else level for level in pattern.split("/")]
        self.names: list[str] = _VARIABLE.findall(pattern)
        self._known: dict[tuple[str | int | None, ...], str] = {}

    def fill(self, values: Mapping[str, str | int | None]) -> str:
        """The topic with these values. Raises BadRecord."""
        key = tuple([values.get(name) for name in self.names])
        topic = self._known.get(key)
        if topic is None:
            topic = "/".join([self._level(level, values) for level in self._levels])
            if len(self._known) < REMEMBERED:
                self._known[key] = topic
        return topic

    def _level(self, level: str, values: Mapping[str, str | int | None]) -> str:
        found = _VARIABLE.fullmatch(level)
        if not found:
            return level
        value = values.get(found[1])
        if value is None or value == "":
            raise BadRecord(found[1], "expected a value for the topic, got nothing")
        text = str(value)
        if set(text) & set("/+#\0"):
            raise BadRecord(found[1], f"expected a value without / + #, got {text[:40]!r}")
        return text
