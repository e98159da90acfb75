"""oidc: logging in by another house: GET /api/login/oidc sends the browser there, the callback lets it in.

The provider says who somebody is and, by `web.oidc.roles`, what they are here; that counts anew at each login. Somebody
without a role does not come in; nor does anybody under a name that is another's.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from cases.database import writing
from console.access import count
from console.audit import note
from console.city import City, OfCity
from console.errors import Refused
from console.login import enter
from console.oidc_people import NotLetIn, let_in
from console.sessions import digest

if TYPE_CHECKING:
    from console.oidc_provider import Begun

router = APIRouter(prefix="/api/login/oidc", tags=["login"])
LOG = logging.getLogger("gridwatch.web")
MOST = 1000
_GOOD_FOR = 600.0
_COOKIE = "gridwatch-oidc"
_FAILED = "/login?failed"
_AWAY: dict[int | str, dict[str, Any]] = {
    303: {"description": "On to the provider, or back to a page."},
    404: {"description": "One can't log in so here."},
    429: {"description": "Too often; Retry-After says when to try again."},
}


class _Pending(NamedTuple):
    begun: Begun
    browser: str
    to: str
    until: float


class Pending:
    """Logins that have been begun, each for one browser, once. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_state: OrderedDict[str, _Pending] = OrderedDict()

    def put(self, begun: Begun, browser: str, to: str, now: float) -> None:
        """browser: the digest of its cookie."""
        with self._lock:
            self._by_state[begun.state] = _Pending(begun, browser, to, now + _GOOD_FOR)
            if len(self._by_state) > MOST:
                self._by_state.popitem(last=False)

    def take(self, state: str, browser: str, now: float) -> _Pending | None:
        """None: there is none, it is too old, or another browser's."""
        with self._lock:
            found = self._by_state.get(state)
            if found is None or found.until <= now or not hmac.compare_digest(found.browser, browser):
                return None
            return self._by_state.pop(state)


@router.get("", status_code=303, response_class=RedirectResponse, responses=_AWAY)
def begin(city: OfCity, request: Request, to: Annotated[str, Query(max_length=300)] = "/") -> Response:
    """Send the browser to the provider. to: the page to come back to."""
    count(city, request)
    from console.oidc_provider import Away

    if city.provider is None:
        raise Refused(404, "One can't log in so here: the configuration has no web.oidc.")
    try:
        begun = city.provider.begin()
    except Away as error:
        LOG.error("the OpenID provider can't be asked: %s", error)
        return RedirectResponse(_FAILED, 303)
    cookie = secrets.token_urlsafe(32)
    city.pending.put(begun, digest(cookie), to if _inside(to) else "/", city.now())
    response = RedirectResponse(begun.address, 303)
    secure = request.url.scheme == "https"
    path = "/api/login/oidc"
    response.set_cookie(_COOKIE, cookie, int(_GOOD_FOR), path=path, secure=secure, httponly=True, samesite="lax")
    return response


@router.get("/callback", status_code=303, response_class=RedirectResponse, responses=_AWAY)
def back(
    city: OfCity,
    request: Request,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
) -> Response:
    """Where the provider sends people back to."""
    count(city, request)
    from console.oidc_provider import Away, NotBelieved

    oidc, provider = city.settings.web.oidc, city.provider
    if oidc is None or provider is None:
        raise Refused(404, "One can't log in so here: the configuration has no web.oidc.")
    pending = city.pending.take(state, digest(request.cookies.get(_COOKIE, "")), city.now())
    if pending is None or not code:
        return _failed(city, "it was not begun in this browser, or too long ago")
    try:
        claims = provider.finish(code, pending.begun)
        row = let_in(city, oidc, claims)
    except (NotBelieved, NotLetIn) as error:
        return _failed(city, str(error))
    except Away as error:
        LOG.error("the OpenID provider can't be asked: %s", error)
        return RedirectResponse(_FAILED, 303)
    response = RedirectResponse(pending.to, 303)
    enter(city, request, response, row, "oidc")
    response.delete_cookie(_COOKIE, path="/api/login/oidc")
    return response


def _failed(city: City, why: str) -> Response:
    with writing(city.engine) as connection:
        note(connection, city.now(), "", "login.failed", "", by="oidc", why=why)
    return RedirectResponse(_FAILED, 303)


def _inside(to: str) -> bool:
    """Whether it is a page of this console."""
    return to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable()
