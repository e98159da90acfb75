"""contract: the API's OpenAPI document, with how errors are said: every route says no in the same form (RFC 9457).

What any route may answer stands at each; what only one answers (409, 410 …) is that route's own to say.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from console.open311_words import PREFIX

_EVERYWHERE = (401, 403, 404, 422, 429, 503)
_OF_BODIES = (400, 413)
_PROBLEM = {
    "title": "Problem",
    "description": "RFC 9457. `detail` says what to do next; of a body that can't be taken `faults` has each fault.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}


def contract(app: FastAPI) -> dict[str, Any]:
    """The document. The same object each time; not to be changed."""
    if app.openapi_schema is None:
        found = app.openapi()
        found.setdefault("components", {}).setdefault("schemas", {})["Problem"] = _PROBLEM
        for path, operations in found["paths"].items():
            if not path.startswith(PREFIX):
                for operation in operations.values():
                    _with_refusals(operation)
    return app.openapi()


def _with_refusals(operation: dict[str, Any]) -> None:
    answers: dict[str, Any] = operation.setdefault("responses", {})
    for status in (*_EVERYWHERE, *(_OF_BODIES if "requestBody" in operation else ())):
        if status == HTTPStatus.UNPROCESSABLE_ENTITY or str(status) not in answers:
            answers[str(status)] = {"description": HTTPStatus(status).phrase}
    for code, answer in answers.items():
        if code.startswith(("4", "5")):
            answer["content"] = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
