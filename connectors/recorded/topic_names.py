"""topic_names: the topic that a record would have come from, by its stream's pattern and the record's own values."""

from __future__ import annotations

import re
from collections.abc import Mapping

from connectors.recorded.message import BadRecord

_VARIABLE = re.compile(r"\{(\w+)\}")


class FilledTopic:
    """A stream's topic, every `{name}` of which a record fills."""

    def __init__(self, pattern: str) -> None:
        self.levels = pattern.split("/")
        self.names: list[str] = _VARIABLE.findall(pattern)

    def fill(self, values: Mapping[str, str | None]) -> str:
        """The topic with these values. Raises BadRecord."""
        return "/".join([self._level(level, values) for level in self.levels])

    def _level(self, level: str, values: Mapping[str, str | None]) -> str:
        """A level with its name filled in; for '+' and '#', which name nothing, `import`."""
        if level in ("+", "#"):
            return "import"
        found = _VARIABLE.fullmatch(level)
        if not found:
            return level
        value = values.get(found[1])
        if not value:
            raise BadRecord(found[1], "expected a value for the topic, got nothing")
        if set(value) & set("/+#\0"):
            raise BadRecord(found[1], f"expected a value without / + #, got {value[:40]!r}")
        return value
