from __future__ import annotations

from tests.services.certificates import certificates
from tests.services.mosquitto import mosquitto, own_mosquitto

__all__ = ["certificates", "mosquitto", "own_mosquitto"]
