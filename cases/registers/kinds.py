"""kinds: which registers there are, and the columns of each: what a template explains and an import expects.

A cell is text, checked as the pipeline checks it (`pipeline/register_csv.py`, `register_shapes.py`), and kept as it
was written; numbers are kept in their shortest form, lists as lists, places as WGS-84 degrees. The first column names
a row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from cases.life import LEVELS
from cases.tables.registers import ADDRESSES, PARTS
from pipeline.faults import did_you_mean
from pipeline.register_csv import NUMBERS, OPTIONAL, REQUIRED

POINT, LINE, POLYGON = "point", "line", "polygon"
GEOMETRY = "geometry"
"""The column that lines and polygons have in tables, as WKT."""
EXAMPLE = "#example"
"""How the name of an example row begins; an import leaves such rows out."""


@dataclass(frozen=True, slots=True)
class Column:
    """zh: its Chinese name, which a file may use too. about: what is expected. check: see `check_row`."""

    name: str
    zh: str
    about: str
    example: str = ""
    required: bool = False
    check: Callable[[str], Any] | None = None

    @property
    def number(self) -> bool:
        """Whether it holds numbers."""
        return self.check is None and self.name in NUMBERS

    @property
    def many(self) -> bool:
        """Whether it holds several values."""
        return self.check is several

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that it may be; none: any."""
        return self.check.known if isinstance(self.check, OneOf) else ()


@dataclass(frozen=True, slots=True)
class Register:
    """shape: '', or what a row is on the map. dated: rows have valid_from and valid_to. table: of a large register.
    world: what is judged is judged by it, else only the desk reads it."""

    name: str
    zh: str
    about: str
    columns: tuple[Column, ...]
    shape: str = ""
    dated: bool = True
    table: sa.Table | None = None
    world: bool = False

    @property
    def key(self) -> str:
        """The column that names a row."""
        return self.columns[0].name

    @property
    def required(self) -> tuple[str, ...]:
        """Columns that must be there, the key first."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def optional(self) -> tuple[str, ...]:
        """Columns that may be left out."""
        return tuple(column.name for column in self.columns if not column.required)

    @property
    def checks(self) -> Mapping[str, Callable[[str], Any]]:
        """Of `check_row`, by column: its own, and as text whatever has a name that means something else elsewhere."""
        other = {} if self.name == "calendar" else {"kind": str}
        return other | {column.name: column.check for column in self.columns if column.check is not None}

    @property
    def points(self) -> sa.Table:
        """The table of a large register. Raises LookupError for another."""
        if self.table is None:
            raise LookupError(f"{self.name} has no table of its own")
        return self.table

    def column(self, name: str) -> Column:
        """The column of this name."""
        return next(column for column in self.columns if column.name == name)


def several(text: str) -> list[str]:
    """Values with ';', ',' or their Chinese forms between them."""
    return [each.strip() for each in re.split("[;,；，、]", text) if each.strip()]


class OneOf:
    """A check: one of these words."""

    def __init__(self, *known: str) -> None:
        self.known = known

    def __call__(self, text: str) -> str:
        if text not in self.known:
            likely = f"{', '.join(self.known[:-1])} or {self.known[-1]}"
            raise ValueError(f"expected {likely}{did_you_mean(text, self.known)}")
        return text


_LONG_NUMBER = re.compile(r"\d(\.\d+)?[eE]\+\d+")


def code(text: str) -> str:
    """A check: a name that no spreadsheet has damaged, and that is no remark."""
    if _LONG_NUMBER.fullmatch(text):
        raise ValueError("expected a code; a spreadsheet has made a number of it, so make its column text and redo it")
    if text.startswith("#"):
        raise ValueError("expected a name that does not begin with '#', as remarks do")
    return text


DATES = (
    Column("valid_from", "生效日期", "from when it holds: 2025-03-01, or 2025-03-01 08:00+08:00; empty: always"),
    Column("valid_to", "失效日期", "until when it holds; a bare date includes that day; empty: for good"),
)
_WHERE = (
    Column("lon", "经度", "degrees", "120.153576", True),
    Column("lat", "纬度", "degrees", "30.287459", True),
)


def _register(name: str, zh: str, about: str, columns: Iterable[Column], **more: Any) -> Register:
    """A register whose rows are named by the first column."""
    columns = tuple(columns)
    shape = more.get("shape", "")
    if shape in (LINE, POLYGON):
        kind = "POLYGON ((120.15 30.28, 120.16 30.28, 120.16 30.29, 120.15 30.28))"
        kind = kind if shape == POLYGON else "LINESTRING (120.15 30.28, 120.16 30.29)"
        columns += (Column(GEOMETRY, "几何", f"in tables, as WKT: a {shape}", kind, True, check=str),)
    return Register(name, zh, about, columns + (DATES if more.get("dated", True) else ()), **more)


_ZH = {
    "id": "编号", "class": "类型", "plate": "车牌号", "speed_limit": "限速", "device": "终端号", "subject": "对象",
    "address": "地址", "vehicle": "车辆", "route": "线路", "hours": "时段", "site": "工地", "disposal": "消纳场",
    "zone": "区域", "share": "完成比例", "radius": "半径", "camera": "摄像机", "label": "类别", "left": "左",
    "top": "上", "width": "宽", "height": "高", "note": "备注", "date": "日期", "kind": "类型", "name": "名称",
    "lon": "经度", "lat": "纬度", "terminal": "终端号", "stream": "数据流", "offset": "快多少秒", "drift": "日漂移",
    "by": "批准人", "approved": "批准时间",
}  # fmt: skip
_ABOUT = {
    "id": ("its name, in text", "no-1"), "class": ("a class, such as muck_truck", "muck_truck"),
    "plate": ("number plate", "浙A·D0001"), "speed_limit": ("km/h, without the unit", "60"),
    "device": ("the terminal's id", "T0001"), "subject": ("the vehicle or bin that it is of", "muck-001"),
    "address": ("in words", "朝晖路 12 号"), "vehicle": ("an id of vehicles", "muck-001"),
    "route": ("an id of routes", "A-01"), "hours": ("such as 20:00-05:00, or workdays 06:00-10:00", "20:00-05:00"),
    "site": ("an id of zones", "site-1"), "disposal": ("an id of zones", "disposal-1"),
    "zone": ("an id of zones", ""), "share": ("percent, without the sign", "80"), "radius": ("metres", "30"),
    "camera": ("the camera's id", "market-1"), "label": ("only of this label", "object"),
    **dict.fromkeys(("left", "top", "width", "height"), ("a share of the picture, 0 to 1", "0.25")),
    "note": ("in words", ""), "date": ("a day", "2026-10-01"), "kind": ("holiday or workday", "holiday"),
    "name": ("in words", "国庆节"), "lon": ("degrees", "120.153576"), "lat": ("degrees", "30.287459"),
    "terminal": ("the terminal's id, as it names itself", "T0001"), "stream": ("a stream; empty: all", ""),
    "offset": ("seconds that its clock is ahead; below 0: behind", "28800"),
    "drift": ("seconds a day by which that grows; needs valid_from", ""),
    "by": ("who approved it", "wang"), "approved": ("when that was", "2026-03-01 08:00+08:00"),
}  # fmt: skip


def _plain(name: str, zh: str, about: str, **more: Any) -> Register:
    """One that the pipeline knows as a table."""
    names = [n for n in (*REQUIRED[name], *OPTIONAL[name]) if n not in ("valid_from", "valid_to")]
    columns = [Column(n, _ZH[n], *_ABOUT[n], n in REQUIRED[name], _key_check(name, n)) for n in names]
    dated = "valid_from" in (*REQUIRED[name], *OPTIONAL[name])
    made = _register(name, zh, about, columns, dated=dated, world=True, **more)
    if "valid_from" not in REQUIRED[name]:
        return made
    dates = (Column(d.name, d.zh, d.about, e, True) for d, e in zip(DATES, ("2026-03-01", "2026-03-02"), strict=True))
    return Register(name, zh, about, made.columns[:-2] + tuple(dates), world=True)


def _key_check(register: str, column: str) -> Callable[[str], Any] | None:
    return code if column == REQUIRED[register][0] and column != "date" else None


_ID = Column("id", "编号", "its name, in text", "no-1", True, code)
_SPEED = Column("speed_limit", "限速", "km/h, without the unit", "40")
_CLASSES = Column(
    "classes", "车辆类型", "the classes of vehicles that it is for, with ',' between; empty: all", "", check=several
)
_HOURS = Column("hours", "时段", "when it holds, such as 06:00-22:00; empty: always")

REGISTERS: dict[str, Register] = {
    each.name: each
    for each in (
        _plain("vehicles", "车辆", "the fleet"),
        _plain("devices", "终端", "which terminal is on which vehicle or bin"),
        _plain("bins", "垃圾容器", "bins and containers", shape=POINT),
        _plain("permits", "准运证", "who may drive which route when"),
        _plain("manifests", "电子联单", "trip sheets"),
        _plain("plans", "作业计划", "work to be done"),
        _plain("fixtures", "固定物", "what stands in pictures for good"),
        _plain("clocks", "时钟校正", "by how much terminals' clocks are wrong (gridwatch clocks)"),
        _plain("calendar", "节假日", "holidays, and rest days that are worked (调休)"),
        _register(
            "zones", "区域", "areas and what holds in them",
            (_ID, Column("use", "用途", "no_go, depot, site …", "no_go"), _SPEED, _CLASSES, _HOURS),
            shape=POLYGON, world=True,
        ),
        _register("routes", "线路", "ways that permits name", (_ID,), shape=LINE, dated=False, world=True),
        _register(
            "roads", "道路", "roads and their limits",
            (
                _ID, Column("speed_limit", "限速", "km/h, without the unit", "40", True),
                Column("width", "路宽", "metres", "20", check=str), _CLASSES,
            ),
            shape=LINE, dated=False, world=True,
        ),
        _register(
            "units", "处置部门", "who handles cases",
            (
                Column("id", "部门编号", "its code, in text", "sanitation-1", True, code),
                Column("name", "部门名称", "in words", "环卫一所", True),
                Column("kind", "部门类型", "such as sanitation", "sanitation"),
                Column("level", "层级", "community, street or city", "street", check=OneOf(*LEVELS)),
                Column("parent", "上级部门", "the unit that a case goes up to, an id of units", ""),
                Column("lon", "经度", "degrees", "120.153576"), Column("lat", "纬度", "degrees", "30.287459"),
                Column("phone", "电话", "in text", "0571-12345"),
                Column("hours", "工作时间", "such as workdays 08:30-17:30; empty: always", "workdays 08:30-17:30"),
                Column("notify", "通知渠道", "the channel by which it is told", ""),
            ),
            shape=POINT,
        ),
        _register(
            "duty", "权责清单", "whose it is: category × place → unit; '*' in a pattern stands for anything",
            (
                Column("id", "编号", "its name, in text", "d-1", True, code),
                Column("category", "类别", "a code or a pattern such as 06*; empty: every category", "06*"),
                Column("grid", "网格", "a cell's code or a pattern; empty: everywhere", "33010200100*"),
                Column("zone", "区域", "an id of zones or a pattern; empty: everywhere", ""),
                Column("street", "街道", "a street or a pattern; empty: everywhere", ""),
                Column("unit", "主办部门", "who handles, an id of units", "sanitation-1", True),
                Column("helpers", "协办部门", "who helps, ids of units with ';' between", "", check=several),
            ),
        ),
        _register(
            "grid", "单元网格", "unit grid cells",
            (
                Column("code", "网格编码", "of any length, in text", "330102001001001", True, code),
                Column("name", "网格名称", "in words", "朝晖一区 1 号网格"),
                Column("street", "街道", "in words", "朝晖街道"), Column("community", "社区", "in words", "朝晖一区"),
                Column("area_class", "区域等级", "A, B or C", "A", check=OneOf("A", "B", "C")),
            ),
            shape=POLYGON,
        ),
        _register(
            "areas", "区域等级", "area classes, where the grid has none",
            (_ID, Column("area_class", "等级", "A, B or C", "A", True, OneOf("A", "B", "C"))),
            shape=POLYGON,
        ),
        _register(
            "officers", "采集员", "collectors and grid officers",
            (
                Column("id", "人员编号", "in text", "officer-1", True, code),
                Column("name", "姓名", "in words", "王芳", True),
                Column("unit", "所属部门", "an id of units", ""),
                Column("grids", "责任网格", "codes or patterns with ';' between", "330102001001*", check=several),
            ),
        ),
        _register(
            "parts", "部件", "what stands: the parts census (部件普查)",
            (
                Column("code", "部件标识码", "in text", "33010201020000001", True, code),
                Column("kind", "部件类型", "the code of its kind, in text", "0102", True),
                *_WHERE,
                Column("grid", "所在网格", "a cell's code", "330102001001001"),
                Column("owner", "权属部门", "the unit that it belongs to", "sanitation-1"),
            ),
            shape=POINT, table=PARTS,
        ),
        _register(
            "addresses", "地址", "address points",
            (
                Column("text", "地址", "as it is written", "朝晖路 12 号", True), *_WHERE,
                Column("id", "地址编码", "in text; empty: made of its text and place", ""),
            ),
            shape=POINT, table=ADDRESSES,
        ),
    )
}  # fmt: skip
"""By name, in the order in which people are shown them."""
