"""Logging in by an OpenID provider: the whole way with a real one, and every token that is not to be believed."""

from __future__ import annotations

import hmac
import json
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from console.oidc_people import NotLetIn, let_in, roles_in
from console.oidc_provider import NotBelieved, Provider
from console.settings_oidc import Oidc
from tests.console.kit import NOW, Town
from tests.services.mosquitto import free_port

ROLES = {"desk": ["acceptor", "dispatcher"], "crew": ["unit"], "chiefs": ["administrator"]}
PEOPLE: list[dict[str, Any]] = [
    {"sub": "1", "preferred_username": "li", "name": "李伟", "groups": ["desk", "choir"]},
    {"sub": "2", "preferred_username": "wu", "groups": ["choir"]},
    {"sub": "3", "preferred_username": "taken", "groups": "desk"},
]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider of its own process: oidc-provider-mock, which signs real tokens."""
    port = free_port()
    told = [word for each in PEOPLE for word in ("--user-claims", json.dumps(each))]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), "-n", "true", *told]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 30
        while True:
            try:
                httpx.get(f"{url}/.well-known/openid-configuration").raise_for_status()
                break
            except httpx.HTTPError:
                assert running.poll() is None
                assert time.monotonic() < until
        yield url
    finally:
        running.kill()
        running.wait()


def section(issuer: str) -> dict[str, Any]:
    told = {"issuer": issuer, "client_id": "gridwatch", "client_secret_env": "BOSS", "label": "City ID"}
    return told | {"url": "http://localhost", "roles": ROLES}


@pytest.fixture
def house(tmp_path: Path, issuer: str) -> Town:
    town = Town(tmp_path, oidc=section(issuer))
    town.now = time.time()
    return town


def there(client: TestClient, sub: str, to: str = "/") -> str:
    """Begin, log in at the provider as somebody; where it sends the browser back to."""
    begun = client.get("/api/login/oidc", params={"to": to}, follow_redirects=False)
    assert begun.status_code == 303
    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["state"]
    assert asked["nonce"]
    back = httpx.post(begun.headers["location"], data={"sub": sub})
    assert back.status_code == 302
    return back.headers["location"].removeprefix("http://localhost")


def test_somebody_comes_in_and_is_what_they_are_there(house: Town) -> None:
    client = TestClient(house.app, "http://localhost")
    assert client.get("/api/login").json()["oidc"] == "City ID"
    got = client.get(there(client, "1", "/triage?x=1"), follow_redirects=False)
    assert (got.status_code, got.headers["location"]) == (303, "/triage?x=1")
    assert "SameSite=lax" in got.headers["set-cookie"]
    me = client.get("/api/me").json()
    assert (me["name"], me["shown"], me["roles"]) == ("li", "李伟", ["acceptor", "dispatcher"])
    assert client.get(there(client, "1"), follow_redirects=False).headers["location"] == "/"


@pytest.mark.parametrize(
    "sub", [pytest.param("2", id="no-role-here"), pytest.param("3", id="a-name-that-is-another's")]
)
def test_who_does_not_come_in(house: Town, sub: str) -> None:
    house.user("taken", "administrator")
    client = TestClient(house.app, "http://localhost")
    got = client.get(there(client, sub), follow_redirects=False)
    assert got.headers["location"] == "/login?failed"
    assert client.get("/api/me").status_code == 401


@pytest.mark.parametrize("to", ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example", "x", ""])
def test_nobody_is_sent_to_another_site(house: Town, to: str) -> None:
    client = TestClient(house.app, "http://localhost")
    assert client.get(there(client, "1", to), follow_redirects=False).headers["location"] == "/"


def test_a_way_back_is_for_one_browser_and_once(house: Town) -> None:
    victim, thief = TestClient(house.app, "http://localhost"), TestClient(house.app, "http://localhost")
    back = there(thief, "1")
    assert victim.get(back, follow_redirects=False).headers["location"] == "/login?failed"
    assert thief.get(back, follow_redirects=False).headers["location"] == "/"
    assert thief.get(back, follow_redirects=False).headers["location"] == "/login?failed"
    late = there(thief, "1")
    house.now += 601
    assert thief.get(late, follow_redirects=False).headers["location"] == "/login?failed"


def test_where_the_provider_is_away_it_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    town = Town(tmp_path, oidc=section(f"http://127.0.0.1:{free_port()}"))
    got = town.client().get("/api/login/oidc", follow_redirects=False)
    assert got.headers["location"] == "/login?failed"
    assert "can't be asked" in caplog.text
    assert "secret-of-boss" not in caplog.text


def test_without_a_provider_there_is_no_such_way(town: Town) -> None:
    assert town.client().get("/api/login/oidc").status_code == 404
    assert town.client().get("/api/login/oidc/callback?state=x&code=y").status_code == 404


def test_its_secret_must_be_set(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="set NOWHERE"):
        Town(tmp_path, oidc=section("https://id.example") | {"client_secret_env": "NOWHERE"})


# -- tokens -----------------------------------------------------------------------------------------------------------

ISSUER = "https://id.example"
OIDC = Oidc.model_validate(section(ISSUER))
RSA, OTHER = (RSAKey.generate_key(2048, {"kid": "rsa"}) for _ in range(2))
EC = ECKey.generate_key("P-256", {"kid": "ec"})
GOOD = {"iss": ISSUER, "aud": "gridwatch", "sub": "1", "nonce": "n", "iat": NOW, "exp": NOW + 300}


class Told(Provider):
    """One whose keys are known without asking."""

    def _ask(self) -> tuple[dict[str, Any], KeySet]:
        return {}, KeySet([RSAKey.import_key(RSA.as_dict(private=False)), ECKey.import_key(EC.as_dict(private=False))])


def signed(claims: Mapping[str, Any], algorithm: str = "RS256", key: Any = RSA) -> str:
    return jwt.encode(
        {"alg": algorithm, "kid": key.kid}, {k: v for k, v in claims.items() if v is not None}, key, [algorithm]
    )


def with_public_key_as_secret() -> str:
    """What a careless library takes: HS256, with the public key as the secret."""
    parts = [
        urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=") for each in ({"alg": "HS256", "kid": "rsa"}, GOOD)
    ]
    text = b".".join(parts)
    seal = hmac.digest(RSA.as_pem(private=False), text, "sha256")
    return (text + b"." + urlsafe_b64encode(seal).rstrip(b"=")).decode()


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(signed(GOOD), id="rsa"),
        pytest.param(signed(GOOD, "ES256", EC), id="ec"),
        pytest.param(signed(GOOD | {"aud": ["gridwatch", "other"], "azp": "gridwatch"}), id="for-several"),
        pytest.param(signed(GOOD | {"exp": NOW - 30}), id="clocks-differ-a-little"),
    ],
)
def test_a_token_that_is_believed(token: str) -> None:
    assert Told(OIDC, None, lambda: NOW).believed(token, "n")["sub"] == "1"


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(signed(GOOD, key=OTHER), id="another-key"),
        pytest.param(signed(GOOD | {"iss": "https://evil.example"}), id="another-issuer"),
        pytest.param(signed(GOOD | {"aud": "other"}), id="another-client's"),
        pytest.param(signed(GOOD | {"aud": ["gridwatch", "other"], "azp": "other"}), id="given-to-another"),
        pytest.param(signed(GOOD | {"nonce": "m"}), id="another-nonce"),
        pytest.param(signed(GOOD | {"nonce": None}), id="no-nonce"),
        pytest.param(signed(GOOD | {"exp": NOW - 100}), id="too-old"),
        pytest.param(signed(GOOD | {"exp": None}), id="without-end"),
        pytest.param(signed(GOOD | {"nbf": NOW + 100}), id="not-yet"),
        pytest.param(signed(GOOD | {"sub": None}), id="nobody"),
        pytest.param(signed(GOOD | {"sub": ""}), id="nobody's-name"),
        pytest.param(with_public_key_as_secret(), id="key-as-secret"),
        pytest.param("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", id="unsigned"),
        pytest.param(signed(GOOD)[:-6] + "AAAAAA", id="damaged"),
        pytest.param("x", id="no-token"),
        pytest.param("", id="nothing"),
    ],
)
def test_a_token_that_is_not(token: str) -> None:
    with pytest.raises(NotBelieved) as caught:
        Told(OIDC, None, lambda: NOW).believed(token, "n")
    assert not token or token not in str(caught.value)


# -- claims -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "claim, claims, roles",
    [
        pytest.param(
            "groups", {"groups": ["desk", "chiefs"]}, ["acceptor", "dispatcher", "administrator"], id="several"
        ),
        pytest.param("groups", {"groups": "crew"}, ["unit"], id="one"),
        pytest.param("groups", {"groups": [None, 3, {"a": 1}]}, [], id="rubbish"),
        pytest.param("groups", {}, [], id="none"),
        pytest.param("realm_access.roles", {"realm_access": {"roles": ["crew"]}}, ["unit"], id="inside"),
        pytest.param("a.b", {"a.b": ["crew"]}, ["unit"], id="a-name-with-a-dot"),
        pytest.param("a.b", {"a": "b"}, [], id="nothing-inside"),
    ],
)
def test_roles_by_claims(claim: str, claims: dict[str, Any], roles: list[str]) -> None:
    assert list(roles_in(OIDC.model_copy(update={"roles_claim": claim}), claims)) == roles


def test_what_somebody_is_follows_their_claims(town: Town) -> None:
    city = town.app.state.city
    oidc = OIDC.model_copy(update={"unit_claim": "unit", "areas_claim": "areas"})
    first = {"sub": "7", "preferred_username": "wang", "groups": ["crew"], "unit": "unit-7", "areas": ["5101"]}
    row = let_in(city, oidc, first)
    assert (row["roles"], row["unit"], row["areas"]) == (["unit"], "unit-7", ["5101"])
    again = let_in(city, oidc, {"sub": "7", "preferred_username": "renamed", "groups": ["desk"]})
    assert (again["id"], again["name"], again["roles"], again["areas"]) == (
        row["id"],
        "wang",
        ["acceptor", "dispatcher"],
        [],
    )
    for claims in ({"sub": "8", "groups": ["crew"]}, {"sub": "8", "preferred_username": "boss", "groups": ["desk"]}):
        with pytest.raises(NotLetIn):
            let_in(city, oidc, claims)
