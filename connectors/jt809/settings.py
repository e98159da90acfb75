"""settings: the section `sources.<name>` with `type: jt809`.

Platforms' secrets stand in a file or in a variable of the environment, never here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from connectors.gateway.settings import GatewaySource
from pipeline.links import Variable
from pipeline.sizes import Size
from pipeline.units import Quantity, Seconds


class Jt809Source(GatewaySource):
    """`type: jt809`: deliveries from lower platforms that connect to us."""

    type: Literal["jt809"]
    port: int = Field(6809, ge=0, le=65535)
    prefix: str = Field(
        "jt809", pattern=r"^[^/+#{}\s]+$", description="the first level of topics: {prefix}/{platform}/{message}"
    )
    platforms: Path | None = Field(
        None, description="CSV: platform, user, password, m1, ia1, ic1, addresses; relative to this file"
    )
    platforms_env: Variable | None = Field(None, description="the environment's variable that holds the same")
    checksum: Literal["refuse", "accept"] = Field("refuse", description="what becomes of a frame with a wrong one")
    connections: int = Field(200, ge=1, le=200_000, description="at most so many at a time")
    per_address: int = Field(20, ge=1, description="and so many from one address")
    frame: Size = Field(65_536, ge=64, le=65_536, description="a longer frame is none")
    rate: Size = Field(4_000_000, ge=64, description="bytes a second from one connection; more has to wait")
    idle: Seconds = Field(Quantity(180.0), gt=0, description="who sends no whole frame for so long is disconnected")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.platforms is None) == (self.platforms_env is None):
            raise ValueError("expected 'platforms' or 'platforms_env', one of them: who may come in")
        return self
