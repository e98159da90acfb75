"""written: a place in words: the nearest address and which way and how far from it, '朝晖路12号 东 35 m'.

In the language that the address is written in. Directions are the eight of the compass, from the address to the place.
"""

from __future__ import annotations

import math
import re

from pipeline.geo import metres_per_degree

AT = 10.0
"""metres: nearer than that it is the address itself; a house is larger, and a fix hardly better"""
_CHINESE = ("东", "东北", "北", "西北", "西", "西南", "南", "东南")
_OTHER = ("E", "NE", "N", "NW", "W", "SW", "S", "SE")


def written(text: str, metres: float, address: tuple[float, float], place: tuple[float, float]) -> str:
    """The address of a place that lies so many metres from an address. Places: lon, lat, WGS-84 degrees."""
    if metres <= AT:
        return text
    east, north = metres_per_degree(address[1])
    x, y = (place[0] - address[0]) * float(east), (place[1] - address[1]) * float(north)
    eighth = round(math.atan2(y, x) / (math.pi / 4)) % 8
    words = _CHINESE if re.search(r"[\u3400-\u9fff]", text) else _OTHER
    return f"{text} {words[eighth]} {metres:.0f} m"
