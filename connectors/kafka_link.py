"""kafka_link: what all connections to Kafka have in common: brokers, login, TLS, how long they may take.

Used by what sends cases to a topic, what reads one as a source, and a city that runs on Kafka. It needs the extra
`cluster`. Secrets stand in the environment, never in the configuration or in a message.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.links import Tls, Variable, secrets
from pipeline.units import Quantity, Seconds


class KafkaLink(BaseModel):
    """How Kafka is reached."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    brokers: tuple[str, ...] = Field(min_length=1, description="host:port of some of them")
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "PLAIN"
    username_env: Variable | None = None
    password_env: Variable | None = None
    tls: Tls | None = None
    timeout: Seconds = Field(Quantity(10.0), gt=0, le=300, description="for connecting and for an acknowledgement")

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.username_env is None) != (self.password_env is None):
            raise ValueError("expected 'username_env' and 'password_env' together")
        return self


def connection(link: KafkaLink, folder: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """What aiokafka's clients are made with; Faust's credentials are in it too.

    folder: what the files of `tls` are relative to. Raises ValueError or OSError where a variable of the environment,
    a file or the extra `cluster` is missing.
    """
    require_aiokafka()
    own = {"username_env": link.username_env, "password_env": link.password_env}
    username, password = secrets(environment, **own)
    tls, login = link.tls is not None, username is not None
    how: dict[str, Any] = {
        "bootstrap_servers": list(link.brokers),
        "request_timeout_ms": int(link.timeout * 1000),
        "security_protocol": ("SASL_" if login else "") + ("SSL" if tls else "PLAINTEXT"),
    }
    if link.tls is not None:
        how["ssl_context"] = link.tls.context(folder)
    if login:
        how |= {"sasl_mechanism": link.mechanism, "sasl_plain_username": username, "sasl_plain_password": password}
    return how


def require_aiokafka() -> None:
    """Raises ValueError that says what to install."""
    try:
        import aiokafka  # noqa: F401  to say now what is missing
    except ModuleNotFoundError:
        raise ValueError("Kafka needs the extra 'cluster': pip install 'gridwatch[cluster]'") from None
