"""settings: what every gateway's section has: where it listens, and what keeps its peers within bounds."""

from __future__ import annotations

import ssl
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

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


class GatewaySource(BaseModel):
    """Of every gateway. Every bound has a default that ordinary peers do not meet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", min_length=1, description="the address to listen on; 0.0.0.0: every one")
    port: int = Field(ge=0, le=65535)
    tls: ServerTls | None = None
    connections: int = Field(10_000, ge=1, le=200_000, description="at most so many at a time")
    per_address: int = Field(500, ge=1, description="and so many from one address")
    frame: Size = Field(4096, ge=64, le=65536, description="a longer frame is none")
    rate: Size = Field(65_536, ge=64, description="bytes a second from one connection; more has to wait")
    login: Seconds = Field(Quantity(30.0), gt=0, description="who is not in by then is disconnected")
    idle: Seconds = Field(Quantity(300.0), gt=0, description="who sends no whole frame for so long is disconnected")
    client_id: str = Field("gridwatch", min_length=1, description="what this process is called among those that listen")
    down: Seconds = Field(
        Quantity(30.0), gt=0, description="a longer stretch without a tick means that the source was down"
    )
