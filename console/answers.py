"""answers: what the systems that cases are dispatched to say of them: accepted, done, refused.

Each proves itself as `dispatch` says of its target: by a signature (Standard Webhooks) or a token.
"""

from __future__ import annotations

import json

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from cases.outbox.answers import NotUnderstood, Unknown
from console.access import count
from console.bodies import clean
from console.city import City, OfCity
from console.errors import Refused

router = APIRouter(tags=["answers"])


@router.post(
    "/api/answers/{target}",
    response_class=JSONResponse,
    responses={204: {"description": "Understood; there is nothing to do."}},
)
async def hear(city: OfCity, request: Request, target: str) -> Response:
    """An answer of one of the targets of `dispatch`, written as that says."""
    return await run_in_threadpool(_hear, city, request, target, await request.body())


def _hear(city: City, request: Request, target: str, body: bytes) -> Response:
    if city.hearing is None:
        count(city, request)
        raise Refused(404, "This city dispatches to nobody who answers.")
    try:
        own = city.hearing.authentic(target, request.headers, body, city.now(), city.secrets)
    except Unknown as error:
        count(city, request)
        raise Refused(404, f"{error}.") from None
    except ValueError as error:
        raise Refused(503, f"{error}. Set it and start the city again.") from None
    count(city, request, f"target {target}" if own else "")
    if not own:
        raise Refused(401, "This is not signed as 'dispatch' says of its target, or its token is another.")
    try:
        step = city.hearing.answer(target, clean(json.loads(body)), city.now())
    except Unknown as error:
        raise Refused(404, f"{error}.") from None
    except NotUnderstood as error:
        raise Refused(422, f"{error}.") from None
    except (ValueError, RecursionError):
        raise Refused(422, "expected JSON of a usual size.") from None
    if step is None:
        return Response(status_code=204)
    answer = city.office.say(step, patience=city.settings.web.patience)
    if not answer.taken:
        raise Refused(409, f"{answer.why}.", {"allowed": list(answer.allowed), "case": answer.case})
    return JSONResponse({"id": step.id, "case": answer.case})
