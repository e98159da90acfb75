"""mqtt_settings: the section `sources.<name>` with `type: mqtt`.

Names of environment variables stand for user and password, never their values. `receive_maximum` is 2,000 by default:
the broker then has a few commits' worth on the way, and a crash makes it send no more than that again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pipeline.links import Protocol, Tls, Variable, secrets
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
    share: bool = Field(
        True, exclude=True, description="where several processes take in, each gets a share of the deliveries, not all"
    )
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
        username, password = secrets(environment, username_env=self.username_env, password_env=self.password_env)
        return username, password

    @property
    def broker(self) -> str:
        """Host and port, as errors name them."""
        return f"{self.host}:{self.port}"
