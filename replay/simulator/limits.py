"""limits: from where on is a bin or a city sensor wrong? Those of the rules in configs/demo/city.yaml.

A test compares them. `Limit` is for what a single number shows; the other questions have a number of their own below.
What the sensors' noise is says how far from its limit a thing must be to be clearly wrong, or clearly not.
"""

from __future__ import annotations

from dataclasses import dataclass

BIN_FULL, BIN_FULL_SOON = "bin-full", "bin-full-soon"
BIN_FIRE_LEVEL, BIN_FIRE_RISE = "bin-fire-level", "bin-fire-rise"
BIN_TILTED, BIN_MOVED, BIN_LID_OPEN = "bin-tilted", "bin-moved", "bin-lid-open"
BIN_NOT_EMPTIED, BIN_BATTERY = "bin-not-emptied", "bin-battery"
NOT_EMPTIED_AS_PLANNED = "not-emptied-as-planned"
BIN_SENSOR_STUCK, BIN_SENSOR_RANGE, BIN_SILENT = "bin-sensor-stuck", "bin-sensor-range", "bin-silent"
STANDING_WATER, MANHOLE_MOVED, DUST, NOISE = "standing-water", "manhole-moved", "dust", "noise"
GAS, SMOKE, LAMP_OUT, SLOPE_MOVING = "gas", "smoke", "lamp-out", "slope-moving"
SENSOR_SILENT, SENSOR_STUCK = "sensor-silent", "sensor-stuck"

FULL, CLEAR_BELOW = 90.0, 70.0
"""per cent"""
NOTHING = 10.0
"""per cent: below that there is nothing to collect"""
SOON = 2 * 3600.0
"""seconds before it is full"""
NOT_EMPTIED_AFTER = 3 * 86_400.0
PLANNED_FROM, PLANNED_TO = 6 * 3600.0, 22 * 3600.0
"""seconds after midnight, by the city's clock: in this window planned bins are emptied each day"""
STUCK_AFTER = 86_400.0
SILENT_AFTER = 2 * 3600.0
"""seconds"""
FIRE_RISE, FIRE_WINDOW = 15.0, 1800.0
"""°C within seconds"""
SLOPE_RISE, SLOPE_WINDOW = 10.0, 3600.0
"""mm within seconds"""
MOVED = 50.0
"""metres from its registered place"""


@dataclass(frozen=True, slots=True)
class Limit:
    """A bound of a number that a sensor shows."""

    field: str
    """in the payload"""
    bound: float
    sigma: float
    """the sensor's noise, one standard deviation"""
    usual: float
    """what it shows when all is well, about"""
    hold: float
    """the rule's `for`, seconds"""
    below: bool = False
    """whether it is wrong below its bound"""

    def beyond(self, value: float) -> bool:
        """Whether the number is wrong."""
        return value < self.bound if self.below else value > self.bound


LIMITS = {
    BIN_FIRE_LEVEL: Limit("temp", 60.0, 0.3, 20.0, 10.0),
    BIN_TILTED: Limit("tilt", 30.0, 0.5, 2.0, 120.0),
    BIN_LID_OPEN: Limit("lid", 0.5, 0.0, 0.0, 600.0),
    BIN_SENSOR_RANGE: Limit("fill", -5.0, 0.5, 30.0, 300.0, below=True),
    BIN_BATTERY: Limit("bat", 20.0, 0.1, 60.0, 600.0, below=True),
    STANDING_WATER: Limit("water", 15.0, 0.3, 1.5, 300.0),
    MANHOLE_MOVED: Limit("cover_tilt", 10.0, 0.2, 1.0, 60.0),
    DUST: Limit("pm10", 150.0, 2.0, 60.0, 900.0),
    NOISE: Limit("noise", 75.0, 0.6, 56.0, 600.0),
    GAS: Limit("gas", 20.0, 0.3, 1.5, 60.0),
    SMOKE: Limit("smoke", 3.0, 0.05, 0.3, 60.0),
    LAMP_OUT: Limit("missing_power", 30.0, 0.5, 2.0, 600.0),
}
