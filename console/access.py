"""access: who speaks: a token, known by its secret, a person who has logged in, or nobody; and which cases they see.

Secrets of the configuration's tokens come from the environment and are only ever compared as digests, each with all, in
constant time; tokens made in the console and sessions are found by their digest. A request that changes something and
comes by cookie must bring the session's word in X-CSRF-Token, which no page of another site knows. What nobody may do
ends with what there is to do about it. Each token and person, and each address without one, has a bucket of requests
that fills again with time; there are at most `MOST` buckets, so that strangers can't fill the memory.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from cases.life import Role
from cases.reading import NONE, Filters
from console.city import City, OfCity
from console.errors import Refused
from console.people import Person, key_of
from console.people_tokens import token_of
from console.sessions import cookie_of, person_of
from console.settings import Token, TokenSection

SHORTEST = 16
"""Characters of a secret; fewer can be guessed."""
MOST = 10_000

A_PERSON = 5
"""So many times the requests of a token: a wall of pictures asks often."""

_BEARER = HTTPBearer(auto_error=False, description="The secret of one of web.tokens, or of one made in the console.")
_COOKIE = APIKeyCookie(name="gridwatch", auto_error=False, description="Of a session; changes need X-CSRF-Token too.")
_SAFE = ("GET", "HEAD", "OPTIONS")
_FIRST = ("/api/me", "/api/me/password", "/api/logout")
"""What somebody may use who must change their password."""


class Access:
    """The tokens of a city."""

    def __init__(self, tokens: Sequence[TokenSection], secrets: Mapping[str, str]) -> None:
        """Raises ValueError, with every fault: a variable that is not set, a secret that is short or another's."""
        faults = []
        self._known: list[tuple[bytes, Token]] = []
        for token in tokens:
            secret = secrets.get(token.token_env, "")
            digest = _digest(secret)
            if not secret:
                faults.append(f"set {token.token_env}, which web.tokens names for '{token.name}', and start again")
            elif len(secret) < SHORTEST:
                faults.append(f"{token.token_env}: expected a secret of at least {SHORTEST} characters")
            elif any(digest == known for known, _ in self._known):
                faults.append(f"{token.token_env}: expected a secret of its own for '{token.name}'")
            self._known.append((digest, token))
        if faults:
            raise ValueError("; ".join(faults))

    @property
    def anybody(self) -> bool:
        """Whether there are any tokens."""
        return bool(self._known)

    def has(self, name: str) -> bool:
        """Whether a token has this name."""
        return self.named(name) is not None

    def named(self, name: str) -> Token | None:
        """The token of this name."""
        return next((token for _, token in self._known if key_of(token.name) == key_of(name)), None)

    def who(self, secret: str) -> Token | None:
        """Whose secret it is; None: nobody's."""
        digest, found = _digest(secret), None
        for known, token in self._known:
            if hmac.compare_digest(known, digest):
                found = token
        return found


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


class Limiter:
    """Buckets of requests: a minute's worth each, filled evenly. Any thread."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, whose: str, per_minute: float) -> float:
        """Take one; seconds until there is one again, 0 where there was."""
        now = self._now()
        with self._lock:
            left, at = self._buckets.pop(whose, (per_minute, now))
            left = min(left + max(now - at, 0.0) * per_minute / 60, per_minute)
            enough = left >= 1
            self._buckets[whose] = (left - 1 if enough else left, now)
            if len(self._buckets) > MOST:
                self._buckets.popitem(last=False)
        return 0.0 if enough else (1 - left) * 60 / per_minute

    def __len__(self) -> int:
        return len(self._buckets)


def admitted(city: City, request: Request, secret: str | None) -> Token | None:
    """Whose token it is; None: nobody's that is known. Raises Refused where they ask too often."""
    token = None if secret is None else city.access.who(secret) or token_of(city, secret)
    count(city, request, "" if token is None else f"token {token.name}")
    return token


def logged_in(city: City, request: Request) -> Person | None:
    """Whose session the request's cookie is; None: nobody's. Raises Refused where it may not do this, or too often."""
    secret = request.cookies.get(cookie_of(request))
    person = None if secret is None else person_of(city, secret)
    if person is None:
        return None
    count(city, request, f"person {person.user}", A_PERSON)
    if request.method not in _SAFE:
        said = request.headers.get("x-csrf-token", "")
        if not hmac.compare_digest(said.encode("utf-8", "replace"), person.csrf.encode()):
            raise Refused(403, "Load the page again: this change did not come from a page of this console.")
    if person.must_change and request.url.path not in _FIRST:
        raise Refused(403, "Change your password first.", {"must_change_password": True})
    return person


def count(city: City, request: Request, whose: str = "", share: float = 1.0) -> None:
    """One more request of somebody who may have a share of `requests_per_minute`; '': of a stranger at its address, who
    has a tenth. Raises Refused."""
    if not whose:
        whose, share = f"address {request.client.host if request.client else ''}", 0.1
    wait = city.limiter.wait(whose, max(city.settings.web.requests_per_minute * share, 1.0))
    if wait:
        seconds = int(wait) + 1
        raise Refused(429, f"Too many requests. Try again in {seconds} s.", headers={"Retry-After": str(seconds)})


def somebody(
    city: OfCity,
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
    _: Annotated[str | None, Security(_COOKIE)] = None,
) -> Token:
    """Whose token or session it is; a token counts where both are there. Raises Refused."""
    who = None if bearer else logged_in(city, request)
    if who is not None:
        return who
    token = admitted(city, request, bearer.credentials if bearer else None)
    if token is None:
        said = "This token is not known." if bearer else "Log in, or send 'Authorization: Bearer' with a token."
        raise Refused(401, f"{said} {advice(city)}", headers={"WWW-Authenticate": "Bearer"})
    return token


def advice(city: City) -> str:
    """What is to be done where somebody has no token that is known."""
    if city.access.anybody:
        return "Whoever runs this city has them: web.tokens in its configuration, or its console."
    return "An administrator makes tokens in the console; or name one under web.tokens in the city's configuration."


Who = Annotated[Token, Depends(somebody)]
"""Of a route that every token and person may use."""


def staff(who: Who) -> Token:
    """Somebody with a role. Raises Refused."""
    if not who.roles:
        raise Refused(403, "You may only report and follow reports: you have no role. An administrator gives roles.")
    return who


Staff = Annotated[Token, Depends(staff)]
"""Of a route that needs a role."""


def own_unit(who: Token) -> str | None:
    """The unit whose cases are all that they may see; None: all cases are."""
    return who.unit if all(role in (Role.UNIT, Role.OUTSIDE) for role in who.roles) and who.unit else None


def limited(who: Token, filters: Filters = NONE) -> Filters:
    """The filters, and nothing but what they may see: their unit's cases, those in their areas. The same as `sees`, for
    lists; whoever lists cases asks so."""
    return msgspec.structs.replace(filters, of_unit=own_unit(who) or "", within=who.areas)


def sees(who: Token, case: Mapping[str, Any]) -> bool:
    """Whether they may see a case, a row of the store: the same as `limited`, for one."""
    unit = own_unit(who)
    if unit is not None and unit != case["responsible"] and unit not in case["helpers"]:
        return False
    return not who.areas or any(case["grid"].startswith(area) for area in who.areas)
