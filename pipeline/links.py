"""links: what connections to brokers have in common: secrets by name, TLS, and why there is none in plain words.

Used by sources that listen and by cameras that publish. No secret's value is ever in a message.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="the name of an environment variable")]

Protocol = Annotated[
    Literal["5", "3.1.1"],
    BeforeValidator(lambda v: str(v) if isinstance(v, int | float) and not isinstance(v, bool) else v),
]


class Tls(BaseModel):
    """`tls:` files are relative to the configuration file; `tls: {}` trusts the system's authorities."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ca: Path | None = Field(None, description="the authority that signed the broker's certificate; none: the system's")
    certificate: Path | None = Field(None, description="our own, where the broker wants one")
    key: Path | None = Field(None, description="its key, without a passphrase")

    @model_validator(mode="after")
    def _both(self) -> Tls:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("expected 'certificate' and 'key' together")
        return self

    def context(self, folder: Path) -> ssl.SSLContext:
        """TLS 1.2 or later; the broker's certificate and name are always checked.

        folder: what the files are relative to. Raises FileNotFoundError, ValueError.
        """
        ca, certificate, key = (folder / f if f is not None else None for f in (self.ca, self.certificate, self.key))
        for file in (ca, certificate, key):
            if file is not None and not file.is_file():
                raise FileNotFoundError(f"tls: there is no file {file}")
        try:
            context = ssl.create_default_context(cafile=ca)
            if certificate is not None:
                # A key with a passphrase is refused: nobody is there to type it.
                context.load_cert_chain(certificate, key, password=lambda: "")
        except ssl.SSLError as error:
            raise ValueError(
                f"tls: expected PEM files that belong together, in {folder}: {error.reason or error}"
            ) from None
        return context


def secrets(environment: Mapping[str, str], **variables: str | None) -> list[str | None]:
    """What the variables hold, in their order; None where none is named.

    variables: by the key that names each. Raises ValueError naming the variable that is not set.
    """
    for key, variable in variables.items():
        if variable is not None and variable not in environment:
            raise ValueError(f"{key}: the environment variable '{variable}' is not set; set it, or leave the key out")
    return [environment[variable] if variable is not None else None for variable in variables.values()]


def explain_connect(error: Exception, where: str) -> str:
    """Why no connection could be made, and what to do. where: host:port."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message
        return f"the certificate of {where} is not trusted ({why}); set tls.ca to the authority that signed it"
    if isinstance(error, ssl.SSLError):
        return f"no TLS with {where} ({error.reason or error}); check that the port is the broker's TLS port, and tls"
    if isinstance(error, socket.gaierror):
        return f"the name of {where} can't be resolved; check host, and the name server"
    if isinstance(error, ConnectionRefusedError):
        return f"nothing listens on {where}; check host and port, and that the broker runs"
    if isinstance(error, TimeoutError):
        return f"{where} does not answer; check host and port, and firewalls on the way"
    return f"no connection to {where} ({error}); check host and port"
