from __future__ import annotations

from tests.services.influx import influx, own_influx

__all__ = ["influx", "own_influx"]
