"""open311_read: what Open311 servers answer, in JSON or XML, as flat records of text."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree


class NotReadable(ValueError):
    """It is not what the format says. Plain text."""


def records(body: bytes, format: str, name: str) -> list[dict[str, str]]:
    """The records in an answer; what is null or nested is left out. name: of the list, in XML. Raises NotReadable."""
    return _of_json(body) if format == "json" else _of_xml(body, name)


def _of_json(body: bytes) -> list[dict[str, str]]:
    try:
        said = json.loads(body)
    except ValueError:
        raise NotReadable("something else than JSON") from None
    said = [said] if isinstance(said, dict) else said
    if not isinstance(said, list) or not all(isinstance(each, dict) for each in said):
        raise NotReadable("JSON that is no list of records")
    return [{key: _text(value) for key, value in each.items() if _text(value)} for each in said]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    return "" if isinstance(value, bool) or not isinstance(value, int | float) else json.dumps(value)


def _of_xml(body: bytes, name: str) -> list[dict[str, str]]:
    if b"<!DOCTYPE" in body[:2000].upper():
        raise NotReadable("XML with a document type, which could hide anything")
    try:
        root = ElementTree.fromstring(body)  # noqa: S314  without a document type there are no entities to expand
    except ElementTree.ParseError:
        raise NotReadable("something else than XML") from None
    if root.tag != name:
        raise NotReadable(f"XML whose root is no <{name}>")
    return [{field.tag: field.text.strip() for field in each if field.text and field.text.strip()} for each in root]
