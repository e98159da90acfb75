"""settings: the section `kafka`: where a city's topics are, for `runtime: cluster`.

Nothing of it changes what is judged, so that it stays out of a version: docs/decisions/cluster.md.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import Field

from connectors.kafka_link import KafkaLink, connection
from pipeline.faults import Fault, Faulty
from pipeline.runtime.cluster.names import Topics
from pipeline.units import Quantity, Seconds

__all__ = ["KafkaSection", "connection", "connection_of"]

_LONGEST = 200
"""Of a prefix: a topic's name has at most 249 signs."""


class KafkaSection(KafkaLink):
    """`kafka:` what `runtime: cluster` runs on."""

    prefix: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$",
        description="what the names of the topics begin with; none: the city's name",
    )
    partitions: int = Field(
        12, ge=1, le=1000, description="of the journal: how many workers may judge at once; fixed at the first start"
    )
    replication: int = Field(3, ge=1, le=20, description="how many brokers keep each message")
    retention: Seconds = Field(
        Quantity(7 * 86400.0), ge=3600, description="how long the journal's messages are kept, an hour or more"
    )

    def topics(self, city: str) -> Topics:
        """What the city's topics are called."""
        return Topics(self.prefix or city[:_LONGEST])


def connection_of(file: Path, section: KafkaSection) -> dict[str, Any]:
    """`connection` by this process' environment, of the section in `file`. Raises Faulty."""
    try:
        return connection(section, file.resolve().parent, os.environ)
    except (ValueError, OSError) as error:
        raise Faulty([Fault(str(file), 0, "kafka", str(error))]) from error
