"""oidc_provider: an OpenID Connect provider as the console knows it: where it is, its keys, what it says of somebody.

Authorization code flow with PKCE (S256), state and nonce. What it says counts only signed by one of its own keys, for
us, from it, in time, and with the nonce that we sent. Needs the extra `oidc`.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from httpx import Client, HTTPError
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from console.settings_oidc import Oidc

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""With a key that only the provider has; never 'none', never a shared secret."""
BACK = "/api/login/oidc/callback"
_TIMEOUT = 10.0
_KEPT = 3600.0
"""Seconds that addresses and keys are kept; new keys are looked for earlier, once a minute at most."""
_SOONEST = 60.0
_LEEWAY = 60


class Away(Exception):
    """The provider can't be asked, or answers with what is no answer."""


class NotBelieved(Exception):
    """What came is not what the provider says of somebody to us, now. Plain words without what came."""


class Begun(NamedTuple):
    """A login that has been begun. address: where the browser is sent."""

    address: str
    state: str
    nonce: str
    verifier: str


class Provider:
    """Any thread."""

    def __init__(self, section: Oidc, secret: str | None, now: Callable[[], float]) -> None:
        """secret: of the client; None: it is public. now: UTC seconds."""
        self._section, self._secret, self._now = section, secret, now
        self._lock = threading.Lock()
        self._known: tuple[float, dict[str, Any], KeySet] | None = None

    def begin(self) -> Begun:
        """Send somebody there. Raises Away."""
        where, _ = self._told()
        nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        with self._client() as client:
            address, state = client.create_authorization_url(
                _place(where, "authorization_endpoint"), nonce=nonce, code_verifier=verifier
            )
        return Begun(address, state, nonce, verifier)

    def finish(self, code: str, begun: Begun) -> Mapping[str, Any]:
        """What it says of who came back with that code. Raises Away, NotBelieved."""
        where, _ = self._told()
        try:
            with self._client() as client:
                token = client.fetch_token(
                    _place(where, "token_endpoint"),
                    code=code,
                    code_verifier=begun.verifier,
                    grant_type="authorization_code",
                )
        except OAuthError as error:
            raise NotBelieved(f"the provider does not take the code ({error.error})") from None
        except (HTTPError, ValueError) as error:
            raise Away(f"the token endpoint: {type(error).__name__}") from None
        id_token = token.get("id_token")
        if not isinstance(id_token, str):
            raise NotBelieved("there is no ID token in the answer")
        return self.believed(id_token, begun.nonce)

    def believed(self, id_token: str, nonce: str) -> Mapping[str, Any]:
        """The claims of an ID token. Raises NotBelieved, Away."""
        _, keys = self._told()
        try:
            claims = jwt.decode(id_token, keys, algorithms=list(ALGORITHMS)).claims
        except (JoseError, ValueError):
            _, keys = self._told(_SOONEST)  # it may have new keys
            try:
                claims = jwt.decode(id_token, keys, algorithms=list(ALGORITHMS)).claims
            except (JoseError, ValueError) as error:
                raise NotBelieved(f"the ID token is not signed by the provider ({type(error).__name__})") from None
        wanted = jwt.JWTClaimsRegistry(
            now=int(self._now()),
            leeway=_LEEWAY,
            iss={"essential": True, "value": self._section.issuer},
            aud={"essential": True, "value": self._section.client_id},
            nonce={"essential": True, "value": nonce},
            sub={"essential": True},
            exp={"essential": True},
        )
        try:
            wanted.validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            claim = getattr(error, "claim", None) or type(error).__name__
            raise NotBelieved(f"the ID token does not fit: {claim}") from None
        azp = claims.get("azp", self._section.client_id)
        if azp != self._section.client_id or not isinstance(claims["sub"], str) or not claims["sub"]:
            raise NotBelieved("the ID token is another client's, or nobody's")
        return dict(claims)

    def _client(self) -> OAuth2Client:
        return OAuth2Client(
            client_id=self._section.client_id,
            client_secret=self._secret,
            scope=" ".join(self._section.scopes),
            redirect_uri=self._section.url + BACK,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if self._secret else "none",
            timeout=_TIMEOUT,
        )

    def _told(self, kept: float = _KEPT) -> tuple[dict[str, Any], KeySet]:
        """Its addresses and keys, not older than `kept` seconds. Raises Away."""
        with self._lock:
            if self._known is None or not 0 <= self._now() - self._known[0] < kept:
                self._known = (self._now(), *self._ask())
            return self._known[1:]

    def _ask(self) -> tuple[dict[str, Any], KeySet]:
        try:
            with Client(timeout=_TIMEOUT) as client:
                found = client.get(f"{self._section.issuer}/.well-known/openid-configuration").raise_for_status().json()
                if found["issuer"].rstrip("/") != self._section.issuer:
                    raise Away("its issuer is not the one of web.oidc")
                keys = KeySet.import_key_set(client.get(_place(found, "jwks_uri")).raise_for_status().json())
        except (HTTPError, JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Away(f"{self._section.issuer}: {type(error).__name__}") from None
        return found, keys


def _place(where: Mapping[str, Any], name: str) -> str:
    """One of its addresses. Raises Away."""
    place = where.get(name)
    if not isinstance(place, str) or not place.startswith(("https://", "http://")):
        raise Away(f"it does not say its {name}")
    return place
