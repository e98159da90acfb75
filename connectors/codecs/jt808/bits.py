"""bits: what the bits of a location's alarm, status and signal words are called.

JT/T 808-2019 tables 24, 25 and 31; what 2011 and 2013 have is the same but where noted. A bit without a name is
`bit_N`.
"""

from __future__ import annotations

from collections.abc import Mapping

# fmt: off
ALARMS: Mapping[int, str] = {
    0: "emergency", 1: "overspeed", 2: "fatigue", 3: "danger_warning", 4: "gnss_fault", 5: "gnss_antenna_open",
    6: "gnss_antenna_short", 7: "power_low", 8: "power_lost", 9: "display_fault", 10: "tts_fault", 11: "camera_fault",
    12: "transport_card_fault", 13: "overspeed_warning", 14: "fatigue_warning", 15: "illegal_driving",
    16: "tyre_pressure_warning", 17: "right_blind_spot", 18: "day_driving_overtime", 19: "parking_overtime",
    20: "area_in_out", 21: "route_in_out", 22: "route_time", 23: "route_deviation", 24: "vss_fault",
    25: "fuel_abnormal", 26: "stolen", 27: "illegal_ignition", 28: "illegal_move", 29: "collision_rollover",
    30: "rollover_warning", 31: "illegal_door",
}
"""29 is a collision warning in 2013 and 2019, collision or rollover in 2011."""

STATUS: Mapping[int, str] = {
    0: "acc", 1: "positioned", 2: "south", 3: "west", 4: "out_of_service", 5: "encrypted_position",
    6: "forward_collision", 7: "lane_departure", 10: "fuel_cut", 11: "power_cut", 12: "doors_locked",
    13: "front_door_open", 14: "middle_door_open", 15: "rear_door_open", 16: "driver_door_open", 17: "door_5_open",
    18: "gps", 19: "beidou", 20: "glonass", 21: "galileo", 22: "moving",
}
"""8 and 9 together are the load: LOADS."""

LOADS = ("empty", "half", "reserved", "full")

SIGNALS: Mapping[int, str] = {
    0: "low_beam", 1: "high_beam", 2: "right_turn", 3: "left_turn", 4: "brake", 5: "reverse", 6: "fog_light",
    7: "clearance_light", 8: "horn", 9: "air_conditioner", 10: "neutral", 11: "retarder", 12: "abs", 13: "heater",
    14: "clutch",
}

IO: Mapping[int, str] = {0: "deep_sleep", 1: "sleep"}
# fmt: on


def names(word: int, called: Mapping[int, str], skip: tuple[int, ...] = ()) -> list[str]:
    """Of the bits that are set, the lowest first."""
    return [called.get(bit, f"bit_{bit}") for bit in range(word.bit_length()) if word >> bit & 1 and bit not in skip]
