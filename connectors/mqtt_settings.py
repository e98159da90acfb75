"""mqtt_settings: the section `sources.<name>` with `type: mqtt`.

Names of environment variables stand for user and password, never their values. `receive_maximum` is 2,000 by default:
the broker then has a few commits' worth on the way, and a crash makes it send no more than that again.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from pipeline.units import Quantity, Seconds


def topic_filter(text: str) -> str:
    """A filter as it stands, or ValueError. MQTT 5.0, section 4.7; shared subscriptions: 4.8.2."""
    inner = text
    if text.startswith("$share/"):
        _, _, rest = text.partition("/")
        group, _, inner = rest.partition("/")
        if not group or "+" in group or "#" in group or not inner:
            raise ValueError("expected a shared subscription such as '$share/gridwatch/fleet/+/gps'")
    levels = inner.split("/")
    bad = any(lv not in ("#", "+") and set(lv) & {"#", "+"} for lv in levels) or "#" in levels[:-1]
    if not inner or bad or "\0" in inner:
        raise ValueError(
            "expected a topic filter such as 'fleet/+/gps' or 'fleet/#' ('+' is one whole level, '#' the last)"
        )
    return text


def _topic(text: str) -> str:
    if not text or "+" in text or "#" in text or "\0" in text:
        raise ValueError("expected a topic without '+' and '#', such as 'gridwatch/demo/status'")
    return text


Filter = Annotated[str, AfterValidator(topic_filter)]
Topic = Annotated[str, AfterValidator(_topic)]
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


class MqttSource(BaseModel):
    """`type: mqtt`: deliveries from an MQTT broker."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["mqtt"]
    host: str = Field(min_length=1)
    port: int = Field(1883, ge=1, le=65535, description="1883, with TLS usually 8883")
    protocol: Protocol = Field("5", description="5 or 3.1.1; only 5 can bound what is on the way")
    client_id: str = Field(min_length=1, description="the broker keeps our session under this name; one process each")
    username_env: Variable | None = None
    password_env: Variable | None = None
    tls: Tls | None = None
    subscribe: tuple[Filter, ...] = Field(min_length=1, description="topic filters; '$share/group/…' shares them")
    receive_maximum: int = Field(
        2000, ge=1, le=65535, description="how many deliveries may be on the way unacknowledged (5)"
    )
    session: Seconds = Field(
        Quantity(86400.0), ge=0, le=4294967295, description="how long the broker keeps what we miss (5)"
    )
    keepalive: Seconds = Field(
        Quantity(30.0), ge=1, le=65535, description="a silent connection is dropped after 1.5 of it"
    )
    status_topic: Topic | None = Field(None, description="retained: 'online', 'offline'; the last will too")
    down: Seconds = Field(
        Quantity(30.0), gt=0, description="a longer stretch without a tick means that the source was down"
    )

    def credentials(self, environment: Mapping[str, str]) -> tuple[str | None, str | None]:
        """User and password. Raises ValueError naming the variable that is not set."""
        values = []
        for key, variable in (("username_env", self.username_env), ("password_env", self.password_env)):
            if variable is not None and variable not in environment:
                raise ValueError(
                    f"{key}: the environment variable '{variable}' is not set; set it, or leave the key out"
                )
            values.append(environment[variable] if variable is not None else None)
        return values[0], values[1]

    @property
    def broker(self) -> str:
        """Host and port, as errors name them."""
        return f"{self.host}:{self.port}"
