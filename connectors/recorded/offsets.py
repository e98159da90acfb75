"""offsets: the times of a recorded JSON payload with the offset that they lack."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from connectors.codecs.columns import UNDECODABLE
from connectors.codecs.json_mapping import JsonStream
from connectors.recorded.message import BadRecord
from connectors.recorded.times import instant


class Offsets:
    """For one stream whose times are text. zone: which times without an offset are in."""

    def __init__(self, stream: JsonStream, zone: ZoneInfo) -> None:
        self._each = stream.each
        self._path = stream.fields["ts"].path
        self._zone = zone

    def given(self, payload: bytes) -> bytes | None:
        """The payload with its times in UTC; None where that changes nothing. Raises BadRecord where one is none."""
        try:
            content = msgspec.json.decode(payload)
        except UNDECODABLE:
            return None
        changed = [self._give(item) for item in self._items(content)]
        return msgspec.json.encode(content) if any(changed) else None

    def _items(self, content: Any) -> list[Any]:
        if self._each is None:
            return [content]
        found = content if self._each == "$" else _at(content, self._each.split("."))
        return found if isinstance(found, list) else []

    def _give(self, item: Any) -> bool:
        """Whether that changed it."""
        *outer, last = self._path.split(".")
        holder, text = _at(item, outer), _at(item, self._path.split("."))
        if not isinstance(text, str):
            return False
        try:
            time = instant(text, self._zone).isoformat()
        except ValueError as error:
            raise BadRecord(self._path, str(error)) from None
        holder[int(last) if isinstance(holder, list) else last] = time
        return time != text


def _at(content: Any, steps: list[str]) -> Any:
    """What is at a path, None where there is no such thing."""
    for step in steps:
        if isinstance(content, dict):
            content = content.get(step)
        elif isinstance(content, list) and step.isdecimal() and int(step) < len(content):
            content = content[int(step)]
        else:
            return None
    return content
