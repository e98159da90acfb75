"""settings: the section `sources.<name>` with `type: jt808`.

Terminals' secrets stand in a file or in a variable of the environment, never here. Every bound has a default that a
fleet of ordinary terminals does not meet.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.links import Variable
from pipeline.sizes import Size
from pipeline.units import Quantity, Seconds


class ServerTls(BaseModel):
    """`tls:` of a server; files are relative to the configuration file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    certificate: Path = Field(description="ours, which terminals check")
    key: Path = Field(description="its key, without a passphrase")
    ca: Path | None = Field(None, description="the authority of terminals' own certificates; with it each needs one")

    def context(self, folder: Path) -> ssl.SSLContext:
        """TLS 1.2 or later. folder: what the files are relative to. Raises FileNotFoundError, ValueError."""
        certificate, key = folder / self.certificate, folder / self.key
        authority = folder / self.ca if self.ca is not None else None
        for file in (certificate, key, authority):
            if file is not None and not file.is_file():
                raise FileNotFoundError(f"tls: there is no file {file}")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(certificate, key, password=lambda: "")
            if authority is not None:
                context.load_verify_locations(authority)
                context.verify_mode = ssl.CERT_REQUIRED
        except ssl.SSLError as error:
            why = error.reason or error
            raise ValueError(f"tls: expected PEM files that belong together, in {folder}: {why}") from None
        return context


class Jt808Source(BaseModel):
    """`type: jt808`: deliveries from vehicle terminals that connect to us."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["jt808"]
    host: str = Field("127.0.0.1", min_length=1, description="the address to listen on; 0.0.0.0: every one")
    port: int = Field(6808, ge=0, le=65535)
    tls: ServerTls | None = None
    prefix: str = Field(
        "jt808", pattern=r"^[^/+#{}\s]+$", description="the first level of topics: {prefix}/{terminal}/{message}"
    )
    terminals: Path | None = Field(None, description="CSV: terminal, token, terminal_id; relative to this file")
    terminals_env: Variable | None = Field(None, description="the environment's variable that holds the same")
    unknown: Literal["refuse", "accept"] = Field("refuse", description="what becomes of terminals that are not listed")
    checksum: Literal["refuse", "accept"] = Field("refuse", description="what a frame with a wrong one is answered")
    connections: int = Field(10_000, ge=1, le=200_000, description="at most so many at a time")
    per_address: int = Field(500, ge=1, description="and so many from one address")
    frame: Size = Field(4096, ge=64, le=65536, description="a longer frame is none")
    rate: Size = Field(65_536, ge=64, description="bytes a second from one connection; more has to wait")
    login: Seconds = Field(Quantity(30.0), gt=0, description="who is not in by then is disconnected")
    idle: Seconds = Field(Quantity(300.0), gt=0, description="who sends no whole frame for so long is disconnected")
    message: Size = Field(
        4_000_000, ge=1024, le=16_000_000, description="largest message that is put together of subpackages"
    )
    parts: Seconds = Field(Quantity(120.0), gt=0, description="how long a message may take to be complete")
    ask_again: Seconds = Field(Quantity(10.0), gt=0, description="after so long missing subpackages are asked for")
    down: Seconds = Field(
        Quantity(30.0), gt=0, description="a longer stretch without a tick means that the source was down"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.terminals is not None and self.terminals_env is not None:
            raise ValueError("expected 'terminals' or 'terminals_env', not both")
        if self.unknown == "refuse" and self.terminals is None and self.terminals_env is None:
            raise ValueError(
                "terminals: expected a list of those that may come in, or 'unknown: accept' for whoever knows the port"
            )
        return self
