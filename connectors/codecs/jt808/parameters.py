"""parameters: what terminals are set to, as 0x0104 tells it and 0x8103 sets it: id u32, length u8, value.

JT/T 808-2019 table 12. A number's width is its length on the line; what is text is known by its id.
"""

from __future__ import annotations

from typing import Any

from connectors.codecs.jt808.values import Cursor, text

# fmt: off
NAMES: dict[int, str] = {
    0x01: "heartbeat_s", 0x02: "tcp_timeout_s", 0x03: "tcp_retries", 0x04: "udp_timeout_s", 0x05: "udp_retries",
    0x06: "sms_timeout_s", 0x07: "sms_retries", 0x10: "apn", 0x11: "dial_user", 0x12: "dial_password", 0x13: "server",
    0x14: "backup_apn", 0x15: "backup_user", 0x16: "backup_password", 0x17: "backup_server", 0x18: "tcp_port",
    0x19: "udp_port", 0x1A: "card_server", 0x1B: "card_tcp_port", 0x1C: "card_udp_port", 0x1D: "card_backup_server",
    0x20: "report_by", 0x21: "report_when", 0x22: "report_driver_s", 0x23: "slave_apn", 0x24: "slave_user",
    0x25: "slave_password", 0x26: "slave_backup_server", 0x27: "report_asleep_s", 0x28: "report_alarm_s",
    0x29: "report_every_s", 0x2C: "report_every_m", 0x2D: "report_driver_m", 0x2E: "report_asleep_m",
    0x2F: "report_alarm_m", 0x30: "turn_degrees", 0x31: "fence_radius_m", 0x32: "illegal_hours",
    0x40: "platform_phone", 0x41: "reset_phone", 0x42: "factory_phone", 0x43: "sms_phone", 0x44: "alarm_sms_phone",
    0x45: "answering", 0x46: "call_s", 0x47: "month_call_s", 0x48: "monitor_phone", 0x49: "privileged_sms_phone",
    0x50: "alarm_mask", 0x51: "alarm_sms", 0x52: "alarm_photo", 0x53: "alarm_photo_store", 0x54: "alarm_key",
    0x55: "speed_limit_kmh", 0x56: "overspeed_s", 0x57: "driving_s", 0x58: "day_driving_s", 0x59: "rest_s",
    0x5A: "parking_s", 0x5B: "overspeed_warning", 0x5C: "fatigue_warning_s", 0x5D: "collision",
    0x5E: "rollover_degrees", 0x64: "photo_every", 0x65: "photo_distance", 0x70: "picture_quality",
    0x71: "brightness", 0x72: "contrast", 0x73: "saturation", 0x74: "chroma", 0x80: "odometer", 0x81: "province",
    0x82: "city", 0x83: "plate", 0x84: "plate_color", 0x90: "gnss_mode", 0x91: "gnss_baud", 0x92: "gnss_rate",
    0x93: "gnss_every_s", 0x94: "gnss_upload", 0x95: "gnss_upload_set", 0x0100: "can_1_every_ms",
    0x0101: "can_1_upload_s", 0x0102: "can_2_every_ms", 0x0103: "can_2_upload_s", 0x0110: "can_id",
}
_TEXT = frozenset((*range(0x10, 0x18), 0x1A, 0x1D, *range(0x40, 0x45), 0x48, 0x49, 0x83))
_MAYBE_TEXT = frozenset((0x23, 0x24, 0x25, 0x26))
# fmt: on
"""_MAYBE_TEXT: numbers of two unused ids in 2013, text in 2019."""

MOST = 256


def parameters(cursor: Cursor, errors: list[str]) -> list[dict[str, Any]]:
    """All that stand there; what is cut off is left to the cursor."""
    found: list[dict[str, Any]] = []
    while cursor.left and len(found) < MOST:
        if cursor.left < 5:
            errors.append(f"parameters: cut off after {len(found)}")
            break
        id, size = cursor.number(4, "id"), cursor.number(1, "length")
        if size > cursor.left:
            errors.append(f"parameter 0x{id:04x}: expected {size} bytes, {cursor.left} are left")
        found.append(_parameter(id, cursor.take(min(size, cursor.left), "value")))
    return found


def _parameter(id: int, value: bytes) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": f"0x{id:04x}", "name": NAMES.get(id), "hex": value.hex()}
    if id in _TEXT or (id in _MAYBE_TEXT and value.strip(b"\0")):
        shown["value"] = text(value)
    elif len(value) in (1, 2, 4) and id in NAMES:
        shown["value"] = int.from_bytes(value, "big")
    return shown
