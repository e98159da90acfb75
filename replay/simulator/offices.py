"""offices: who handles what in the made-up city: units, duties, the unit grid (单元网格) and what cases are called.

All of it is made up, the numbers too: squares of 1.6 km are far larger than a real city's cells, so that a small map
shows them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from replay.simulator.names import Name
from replay.simulator.streets import Grade, streets, to_lonlat

_SIDE = 1600.0
"""Of a cell, metres."""
_STREETS = ("临港街道", "滨江街道", "高新街道", "老城街道")
_WIDTH = {Grade.LOCAL: 12, Grade.ARTERIAL: 28, Grade.RING: 36}
"""Of streets by their grade, metres."""
_PREFIX = "990101"
"""No city's code: GB/T 2260 has none that begins so."""


class Unit(NamedTuple):
    """A row of the register `units`. x, y: metres from the city's middle."""

    id: str
    name: str
    kind: str
    level: str
    parent: str
    x: float
    y: float


UNITS = (
    Unit("city-office", "城管办", "office", "city", "", 0.0, 0.0),
    Unit("traffic-police", "交警大队", "traffic", "city", "city-office", -900.0, 700.0),
    Unit("enforcement", "综合执法队", "enforcement", "street", "city-office", 1400.0, -600.0),
    Unit("sanitation-east", "东片环卫所", "sanitation", "street", "city-office", 3100.0, 900.0),
    Unit("sanitation-west", "西片环卫所", "sanitation", "street", "city-office", -3000.0, -400.0),
    Unit("muck-office", "渣土管理站", "muck", "street", "city-office", 500.0, 2900.0),
    Unit("utilities", "市政设施所", "utilities", "street", "city-office", -1200.0, -2600.0),
    Unit("devices", "设备运维组", "maintenance", "street", "city-office", 200.0, -300.0),
)


class Kind(NamedTuple):
    """A category of the city's own. limit: of handling."""

    code: str
    zh: str
    en: str
    severity: int
    unit: str
    limit: str


KINDS = (
    Kind("vehicle.overspeed", "渣土车超速", "Muck truck too fast", 3, "traffic-police", "8 work hours"),
    Kind("vehicle.no_go", "闯入禁行区", "Lorry in a no-go zone", 3, "traffic-police", "8 work hours"),
    Kind("vehicle.off_route", "偏离核准路线", "Off its approved route", 2, "muck-office", "1 work day"),
    Kind("vehicle.outside_hours", "超时段运输", "Outside its permitted hours", 2, "muck-office", "1 work day"),
    Kind("vehicle.no_permit", "无准运证运输", "No permit", 3, "muck-office", "8 work hours"),
    Kind("vehicle.not_sealed", "未密闭运输", "Load not sealed", 3, "muck-office", "4 work hours"),
    Kind("vehicle.body_raised", "非卸点举升车厢", "Body raised outside a site", 3, "muck-office", "2 urgent hours"),
    Kind("vehicle.tipping", "违规倾倒", "Tipping outside a site", 4, "enforcement", "2 urgent hours"),
    Kind("vehicle.suspicious_stop", "可疑停车", "Suspicious stop", 2, "muck-office", "4 work hours"),
    Kind("vehicle.overload", "超载", "Overloaded", 3, "traffic-police", "4 work hours"),
    Kind("vehicle.trip_not_completed", "联单未闭合", "Trip not completed", 2, "muck-office", "1 work day"),
    Kind("device.signal_lost", "终端信号丢失", "Terminal lost", 1, "devices", "2 work days"),
    Kind("device.jump", "定位跳变", "Position jumps", 1, "devices", "2 work days"),
    Kind("device.sensor_constant", "传感器恒值", "Sensor never changes", 1, "devices", "2 work days"),
    Kind("device.contradiction", "数据矛盾", "Readings contradict", 1, "devices", "2 work days"),
    Kind("device.stuck", "传感器卡死", "Sensor stuck", 1, "devices", "2 work days"),
    Kind("device.silent", "设备离线", "Device silent", 1, "devices", "2 work days"),
    Kind("device.out_of_range", "数据越界", "Reading out of range", 1, "devices", "2 work days"),
    Kind("device.battery", "电量低", "Battery low", 1, "devices", "5 work days"),
    Kind("work.not_swept", "未按计划清扫", "Not swept as planned", 2, "", "4 work hours"),
    Kind("work.not_patrolled", "未按计划巡查", "Not patrolled as planned", 2, "enforcement", "4 work hours"),
    Kind("work.not_emptied", "未按计划清运", "Not emptied as planned", 2, "", "4 work hours"),
    Kind("bin.full_soon", "即将满溢", "Bin full soon", 1, "", "8 work hours"),
    Kind("bin.fire", "垃圾箱起火", "Bin on fire", 4, "", "1 urgent hours"),
    Kind("bin.tilted", "垃圾箱倾倒", "Bin tilted", 2, "", "4 work hours"),
    Kind("bin.moved", "垃圾箱移位", "Bin moved", 2, "", "1 work day"),
    Kind("bin.lid_open", "箱盖未关", "Bin's lid open", 1, "", "1 work day"),
    Kind("bin.not_emptied", "久未清运", "Bin not emptied for days", 2, "", "4 work hours"),
    Kind("road.standing_water", "道路积水", "Standing water", 3, "utilities", "2 urgent hours"),
    Kind("road.manhole", "井盖异常", "Manhole cover moved", 4, "utilities", "2 urgent hours"),
    Kind("road.lamp_out", "路灯不亮", "Street lamp out", 2, "utilities", "2 work days"),
    Kind("environment.dust", "扬尘超标", "Too much dust", 2, "enforcement", "4 work hours"),
    Kind("environment.noise", "噪声超标", "Too loud", 2, "enforcement", "4 work hours"),
    Kind("environment.gas", "可燃气体泄漏", "Gas leak", 4, "utilities", "1 urgent hours"),
    Kind("environment.smoke", "烟雾", "Smoke", 4, "enforcement", "1 urgent hours"),
    Kind("environment.slope", "边坡位移", "Slope moves", 4, "utilities", "2 urgent hours"),
    Kind("camera.fault", "摄像机故障", "Camera fault", 1, "devices", "2 work days"),
    Kind("06010", "暴露垃圾", "Exposed garbage", 2, "", "4 work hours"),
    Kind("06042", "垃圾箱满溢", "Bin overflowing", 2, "", "2 work hours"),
)
"""What its rules and its people file cases under. Where there is no unit, it is whose part of the city it is in."""

CATEGORY = ("code", "name", "name_en", "severity", "unit", "limit")
UNIT = ("id", "name", "kind", "level", "parent", "lon", "lat")
DUTY = ("id", "category", "grid", "unit")


def categories() -> Iterator[tuple[object, ...]]:
    """Rows of CATEGORY."""
    for kind in KINDS:
        yield kind.code, kind.zh, kind.en, kind.severity, kind.unit, kind.limit


def units() -> Iterator[tuple[object, ...]]:
    """Rows of UNIT, WGS-84."""
    for unit in UNITS:
        ((lon, lat),) = to_lonlat(np.array([(unit.x, unit.y)])).tolist()
        yield unit.id, unit.name, unit.kind, unit.level, unit.parent, f"{lon:.6f}", f"{lat:.6f}"


def duties() -> Iterator[tuple[object, ...]]:
    """Rows of DUTY: what a kind's unit does everywhere, and sanitation by east and west."""
    for number, kind in enumerate((kind for kind in KINDS if kind.unit), 1):
        yield f"d-{number:02}", kind.code, "", kind.unit
    for side, unit in (("1", "sanitation-west"), ("2", "sanitation-east")):
        yield f"d-{unit}", "", f"{_PREFIX}{side}*", unit


def cells() -> Iterator[tuple[dict[str, Any], list[list[float]]]]:
    """Cells of the unit grid, each with its properties and its ring, WGS-84: as many as cover the streets."""
    low, high = streets().nodes.min(axis=0), streets().nodes.max(axis=0)
    across, up = np.ceil((high - low) / _SIDE).astype(int).tolist()
    for column in range(across):
        for row in range(up):
            x, y = low[0] + column * _SIDE, low[1] + row * _SIDE
            east = x + _SIDE / 2 > 0
            street = _STREETS[2 * int(y + _SIDE / 2 > 0) + int(east)]
            middle = max(abs(x + _SIDE / 2), abs(y + _SIDE / 2))
            properties = {
                "code": f"{_PREFIX}{2 if east else 1}{column:02}{row:02}",
                "name": f"{street} {column + 1}-{row + 1}",
                "street": street,
                "area_class": "A" if middle < _SIDE else "B" if middle < 3 * _SIDE else "C",
            }
            ring = np.array([(x, y), (x + _SIDE, y), (x + _SIDE, y + _SIDE), (x, y + _SIDE), (x, y)])
            yield properties, [[round(lon, 6), round(lat, 6)] for lon, lat in to_lonlat(ring).tolist()]


def street_lines() -> Iterator[tuple[dict[str, Any], list[list[list[float]]]]]:
    """The streets themselves, for a map: each with its name, its width (m) and its stretches, WGS-84."""
    net = streets()
    places = [(round(lon, 6), round(lat, 6)) for lon, lat in to_lonlat(net.nodes).tolist()]
    ways: dict[tuple[Name, int], list[list[list[float]]]] = {}
    for (one, other), width, name in zip(net.edges, net.grade, net.name, strict=True):
        ways.setdefault((name, int(width)), []).append([list(places[one]), list(places[other])])
    for ((zh, en), grade), lines in sorted(ways.items()):
        yield {"name": zh, "name_en": en, "width": _WIDTH[Grade(grade)]}, lines
