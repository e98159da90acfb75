"""errors: how the API says no: RFC 9457 (problem+json), one plain sentence that says what to do next.

The sentence is in the language that the request asks for, where there is one (`console/words.py`), else in English.
What a client sent is never repeated, and what went wrong inside is named only in the log: by the kind of error and the
line of code, because messages of libraries may have somebody's data in them.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from cases.database_errors import StoreBroken, StoreTrouble
from cases.office import NoAnswerYet, NotHeard
from console.open311_words import PREFIX, errors_in
from console.words import worded

LOG = logging.getLogger("gridwatch.web")
_AGAIN = {"Retry-After": "5"}


class Refused(Exception):
    """What a route raises to say no."""

    def __init__(
        self, status: int, detail: str, extra: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.extra, self.headers = status, detail, dict(extra or {}), dict(headers or {})


class Problem(JSONResponse):
    """RFC 9457."""

    media_type = "application/problem+json"


def refusal(path: str, refused: Refused) -> Response:
    """How it is said on that path: Open311 has a form of its own."""
    if path.startswith(PREFIX):
        return errors_in(path, refused.status, [refused.detail], refused.headers)
    body = {"type": "about:blank", "title": HTTPStatus(refused.status).phrase, "status": refused.status}
    return Problem(body | {"detail": worded(refused.detail)} | refused.extra, refused.status, refused.headers)


def install(app: FastAPI) -> None:
    """Let the app answer every error so."""

    @app.exception_handler(Refused)
    def refused(request: Request, error: Refused) -> Response:
        return refusal(request.url.path, error)

    @app.exception_handler(HTTPException)
    def known(request: Request, error: HTTPException) -> Response:
        said = {404: "There is no such thing here.", 405: "This can't be done with it."}
        detail = said.get(error.status_code, str(error.detail))
        return refusal(request.url.path, Refused(error.status_code, detail, headers=error.headers))

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        faults = [{"where": _where(each["loc"]), "expected": _expected(each["msg"])} for each in error.errors()[:20]]
        detail = "; ".join(f"{each['where']}: {each['expected']}" for each in faults)
        told = [each | {"expected": worded(each["expected"])} for each in faults]
        return refusal(request.url.path, Refused(422, detail, {"faults": told}))

    @app.exception_handler(NotHeard)
    def unheard(request: Request, error: NotHeard) -> Response:
        return refusal(request.url.path, Refused(503, f"It can't be taken now: {error}.", headers=_AGAIN))

    @app.exception_handler(NoAnswerYet)
    def unanswered(_: Request, __: NoAnswerYet) -> Response:
        detail = "It has been written down and will take effect. Ask again with the same Idempotency-Key."
        return JSONResponse({"detail": worded(detail)}, 202, _AGAIN)

    @app.exception_handler(StoreTrouble)
    @app.exception_handler(StoreBroken)
    def unread(request: Request, error: Exception) -> Response:
        LOG.error("the store can't be read: %s", error)
        return refusal(request.url.path, Refused(503, "The store can't be read now. Try again soon.", headers=_AGAIN))


def failed(path: str, error: Exception) -> Response:
    """A fault of ours."""
    at = traceback.extract_tb(error.__traceback__)[-1]
    LOG.error("%s at %s:%s", type(error).__name__, Path(at.filename).name, at.lineno)
    return refusal(path, Refused(500, "This is a fault of ours; it is in the log."))


def _where(steps: tuple[Any, ...]) -> str:
    """`data.photos`, without what FastAPI puts before it."""
    return ".".join(str(step)[:40] for step in steps[1:]) or str(steps[0] if steps else "body")


def _expected(message: str) -> str:
    return message.removeprefix("Value error, ")
