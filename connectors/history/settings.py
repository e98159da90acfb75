"""settings: the section `history`: where what came is kept for months, what of it, and how thinned.

The token is named by its environment variable. For InfluxDB 1.8 with Flux: organisation '-', bucket
'database/policy', the token 'user:password' or, where nobody logs in, anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from pipeline.links import Variable, secrets
from pipeline.units import Kmh, Metres, Quantity, Seconds

What = Literal["positions", "readings", "sightings", "presence", "measures", "metrics"]


def _url(text: str) -> str:
    if not text.startswith(("http://", "https://")) or not text.partition("://")[2] or "@" in text or "?" in text:
        raise ValueError("expected http(s)://host:port without a password in it, such as 'http://influxdb:8086'")
    return text.rstrip("/")


class Settings(BaseModel):
    """What all parts of the section are: closed to unknown keys, never changed after reading."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Positions(Settings):
    """`positions:` a position is kept when any of these says so; a stop keeps the last one before it, too."""

    metres: Metres = Field(Quantity(25.0), gt=0, description="so far from the last that was kept")
    every: Seconds = Field(Quantity(60.0), gt=0, description="the first in each of these, by the clock")
    turn: float = Field(20.0, gt=0, le=180, description="turned by so many degrees since the last that was kept")
    stopped: Kmh = Field(Quantity(3.0), ge=0, description="not faster than this is standing, where no turn counts")


class HistorySection(Settings):
    """`history:` rows, measures and numbers of the pipeline into InfluxDB; see docs/history.md."""

    url: Annotated[str, AfterValidator(_url)] = Field(description="of InfluxDB 2, or of 1.8 with Flux")
    org: str = Field("-", min_length=1, max_length=200, description="organisation; '-' for InfluxDB 1.8")
    bucket: str = Field(min_length=1, max_length=200, description="for InfluxDB 1.8 'database/policy'")
    token_env: Variable | None = Field(None, description="the environment variable that holds the token")
    keep: tuple[What, ...] = Field(
        ("positions", "readings", "sightings", "presence", "measures", "metrics"),
        min_length=1,
        description="what is written",
    )
    positions: Positions = Field(default_factory=Positions)
    readings_every: Seconds = Field(Quantity(0.0), ge=0, description="of one sensor; 0: all of them")
    sightings_every: Seconds = Field(Quantity(5.0), ge=0, description="of one track, and of one zone's presence")
    measures_every: Seconds = Field(Quantity(30.0), ge=1, description="of one rule and key, while it is wrong")
    metrics_every: Seconds = Field(Quantity(30.0), ge=1, description="numbers of the pipeline")
    series: int = Field(200_000, ge=100, le=10_000_000, description="subjects, sensors and zones at most")
    batch: int = Field(5_000, ge=1, le=50_000, description="points in one request")
    timeout: Seconds = Field(Quantity(10.0), ge=1, le=300, description="for one request")
    retention: Seconds | None = Field(
        None, gt=0, description="of the bucket: older rows are not sent, and not asked for; none: for ever"
    )
    console: bool = Field(True, description="whether the console reads from it; needs Flux")

    @model_validator(mode="after")
    def _bucket(self) -> HistorySection:
        if self.org == "-" and self.bucket.count("/") != 1:
            raise ValueError("expected bucket 'database/policy' beside org '-', such as 'gridwatch/autogen'")
        return self

    def token(self, environment: Mapping[str, str]) -> str:
        """What to log in with; '' for nobody. Raises ValueError naming the variable that is not set."""
        (token,) = secrets(environment, token_env=self.token_env)
        return token or ""

    @property
    def where(self) -> str:
        """As messages name it."""
        return f"{self.bucket} at {self.url}"
