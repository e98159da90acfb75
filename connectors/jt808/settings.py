"""settings: the section `sources.<name>` with `type: jt808`.

Terminals' secrets stand in a file or in a variable of the environment, never here. Every bound has a default that a
fleet of ordinary terminals does not meet.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from connectors.gateway.settings import GatewaySource
from pipeline.links import Variable
from pipeline.sizes import Size
from pipeline.units import Quantity, Seconds


class Jt808Source(GatewaySource):
    """`type: jt808`: deliveries from vehicle terminals that connect to us."""

    type: Literal["jt808"]
    port: int = Field(6808, ge=0, le=65535)
    prefix: str = Field(
        "jt808", pattern=r"^[^/+#{}\s]+$", description="the first level of topics: {prefix}/{terminal}/{message}"
    )
    terminals: Path | None = Field(None, description="CSV: terminal, token, terminal_id; relative to this file")
    terminals_env: Variable | None = Field(None, description="the environment's variable that holds the same")
    unknown: Literal["refuse", "accept"] = Field("refuse", description="what becomes of terminals that are not listed")
    checksum: Literal["refuse", "accept"] = Field("refuse", description="what a frame with a wrong one is answered")
    message: Size = Field(
        4_000_000, ge=1024, le=16_000_000, description="largest message that is put together of subpackages"
    )
    parts: Seconds = Field(Quantity(120.0), gt=0, description="how long a message may take to be complete")
    ask_again: Seconds = Field(Quantity(10.0), gt=0, description="after so long missing subpackages are asked for")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.terminals is not None and self.terminals_env is not None:
            raise ValueError("expected 'terminals' or 'terminals_env', not both")
        if self.unknown == "refuse" and self.terminals is None and self.terminals_env is None:
            raise ValueError(
                "terminals: expected a list of those that may come in, or 'unknown: accept' for whoever knows the port"
            )
        return self
