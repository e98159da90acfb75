"""http_settings: the section `sources.<name>` with `type: http`: who may push what to us, and how much of it.

Names of environment variables stand for tokens, never their values. A partner is whoever has a token: a company, a
platform, a fleet of devices. It sends to topics under its own name, unless the section says which.
"""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from connectors.mqtt_settings import Filter
from pipeline.links import Variable, secrets
from pipeline.sizes import Size
from pipeline.units import Quantity, Seconds

SHORTEST_TOKEN = 16
"""Characters; a shorter one is guessed sooner or later."""


def _partners(partners: dict[str, Partner]) -> dict[str, Partner]:
    for name in partners:
        if not name or set(name) & set("/+#{}\0") or len(name) > 100:
            raise ValueError(f"expected a partner's name without '/', '+', '#', got {name[:40]!r}")
    return partners


class Partner(BaseModel):
    """Who may push, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    token_env: Variable
    topics: tuple[Filter, ...] = Field((), description="where it may send; none: all topics under its name")
    token_in_query: bool = Field(
        False, description="true: the token may be in the address (token=…), for devices that can do no better"
    )
    arrays: Literal["split", "whole"] = Field("split", description="is a JSON array many deliveries, or one?")
    rate: float = Field(100.0, gt=0, le=100_000, allow_inf_nan=False, description="requests a second, on average")


class ServerTls(BaseModel):
    """`tls:` of something that listens. Files are relative to the configuration file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    certificate: Path
    key: Path = Field(description="its key, without a passphrase")

    def check(self, folder: Path) -> tuple[Path, Path]:
        """Both files. Raises FileNotFoundError, ValueError."""
        certificate, key = folder / self.certificate, folder / self.key
        for file in (certificate, key):
            if not file.is_file():
                raise FileNotFoundError(f"tls: there is no file {file}")
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: "")
        except ssl.SSLError as error:
            raise ValueError(f"tls: expected PEM files that belong together: {error.reason or error}") from None
        return certificate, key


class HttpSource(BaseModel):
    """`type: http`: devices and partners that push."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["http"]
    host: str = Field("127.0.0.1", min_length=1, description="on which address it listens; 0.0.0.0: all")
    port: int = Field(8700, ge=0, le=65535, description="0: any that is free")
    client_id: str = Field("gridwatch", min_length=1, description="what this process is called among those that listen")
    partners: Annotated[dict[str, Partner], AfterValidator(_partners)] = Field(min_length=1)
    tls: ServerTls | None = Field(None, description="without it tokens go in the clear: then a proxy must see to it")
    largest: Size = Field(1_000_000, ge=1, le=100_000_000, description="of a body, unpacked")
    batch: int = Field(10_000, ge=1, le=100_000, description="deliveries in one request at most")
    held: Size = Field(64_000_000, ge=1, description="of all bodies that wait for the journal together")
    requests: int = Field(1000, ge=1, le=65535, description="connections and requests at once")
    timeout: Seconds = Field(Quantity(30.0), gt=0, description="for a request to come whole, and to be committed")
    keys: int = Field(10_000, ge=0, le=1_000_000, description="idempotency keys that are remembered of each partner")
    down: Seconds = Field(
        Quantity(30.0), gt=0, description="a longer stretch without a tick means that the source was down"
    )

    def tokens(self, environment: Mapping[str, str]) -> dict[str, bytes]:
        """By partner the SHA-256 of its token. Raises ValueError naming the variable that is wrong."""
        found: dict[str, bytes] = {}
        for name, partner in self.partners.items():
            (token,) = secrets(environment, **{f"partners.{name}.token_env": partner.token_env})
            if token is None or len(token) < SHORTEST_TOKEN:
                raise ValueError(
                    f"partners.{name}.token_env: '{partner.token_env}' holds fewer than {SHORTEST_TOKEN} characters; "
                    "take a longer one, such as of `openssl rand -hex 24`"
                )
            digest = digest_of(token)
            same = next((other for other, known in found.items() if known == digest), None)
            if same is not None:
                raise ValueError(f"partners.{name}.token_env: it is the token of '{same}' too; give each its own")
            found[name] = digest
        return found


def digest_of(token: str) -> bytes:
    """What tokens are compared by: of one length, whatever the token's."""
    return hashlib.sha256(token.encode()).digest()
