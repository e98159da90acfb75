from __future__ import annotations

from tests.runtime.conftest import run, town
from tests.services.influx import influx, own_influx
from tests.services.mosquitto import mosquitto

__all__ = ["influx", "mosquitto", "own_influx", "run", "town"]
