"""open311_words: what Open311 GeoReport v2 answers, written as XML or as JSON.

One tree for both: JSON is the XML without its root (the Spark convention), lists are lists, what is not known is null
or an empty element.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from starlette.responses import Response

from cases.intake.text import tidy

PREFIX = "/open311/"
Format = Literal["xml", "json"]

_ITEMS = {
    "attributes": "attribute",
    "endpoints": "endpoint",
    "errors": "error",
    "formats": "format",
    "service_requests": "request",
    "services": "service",
    "values": "value",
}
"""What the members of a list are called in XML."""

_STATUS = {401: 403, 405: 404, 413: 400, 422: 400}
"""HTTP's status -> the standard's: 403 for a missing or wrong api_key, 404 for what is not there, 400 for anything else
that can't be done as asked. What passes by itself (429, 503) stays: a client that gets 400 gives a report up."""


def answer(root: str, tree: Any, form: Format, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer. root: the name of the XML's root element."""
    if form == "json":
        content, kind = json.dumps(tree, ensure_ascii=False, allow_nan=False).encode(), "application/json"
    else:
        content, kind = ET.tostring(_element(root, tree), "utf-8", xml_declaration=True), "text/xml"
    return Response(content, status, dict(headers or {}), f"{kind}; charset=utf-8")


def errors_in(path: str, status: int, said: Sequence[str], headers: Mapping[str, str] | None = None) -> Response:
    """An error, as the path asks for it; XML where it does not say, since every client has that."""
    status = _STATUS.get(status, status)
    form: Format = "json" if path.endswith(".json") else "xml"
    return answer("errors", [{"code": status, "description": each} for each in said], form, status, headers)


def _element(name: str, value: Any) -> ET.Element:
    element = ET.Element(name)
    if isinstance(value, Mapping):
        element.extend(_element(key, each) for key, each in value.items())
    elif isinstance(value, list):
        element.extend(_element(_ITEMS[name], each) for each in value)
    elif isinstance(value, bool):
        element.text = str(value).lower()
    elif value is not None:
        element.text = tidy(str(value), len(str(value)))
    return element
