from __future__ import annotations

from tests.services.mosquitto import mosquitto, own_mosquitto

__all__ = ["mosquitto", "own_mosquitto"]
