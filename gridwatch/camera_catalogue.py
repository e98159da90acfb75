"""camera_catalogue: the cameras that a platform says it has, as it lists them: in files, messages or answers.

Reads CSV and workbooks; a catalogue of GB/T 28181 as a SIP message's body carries it (`<CmdType>Catalog`), in GBK or
UTF-8, several one after another, with or without the message's head; and JSON, a list or WVP-PRO's pages. Whatever it
is becomes columns by name, and those mean the same. Every row that can't be used is named.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cameras.platforms.codes import code_of
from cameras.settings import LONGEST_NAME
from cases.sheets import cells_of
from pipeline.dotted import value_at
from pipeline.faults import Fault

COLUMNS: dict[str, tuple[str, ...]] = {
    "code": (
        *("code", "deviceid", "channelid", "gbdeviceid", "国标编码", "国标编号", "设备国标编码"),
        *("通道国标编号", "通道编码", "编码", "设备编码"),
    ),
    "device": ("device", "parentdeviceid", "父设备编码", "所属设备", "设备国标编号", "接入设备编码"),
    "name": ("name", "channelname", "gbname", "名称", "设备名称", "通道名称", "点位名称", "摄像机名称"),
    "lon": ("lon", "lng", "longitude", "gblongitude", "经度"),
    "lat": ("lat", "latitude", "gblatitude", "纬度"),
    "status": ("status", "online", "gbstatus", "状态", "在线状态", "设备状态"),
    "area": ("area", "行政区域", "行政区划", "所属区域", "辖区"),
    "address": ("address", "gbaddress", "安装地址", "地址", "安装位置"),
}
"""What a column may be called, in small letters without blanks, `_` and `-`."""
_ON = frozenset({"on", "ok", "true", "1", "online", "在线", "正常"})
_OFF = frozenset({"off", "false", "0", "offline", "离线", "异常", "故障"})
_XML = re.compile(rb"<\?xml|<Response\b|<Notify\b")
_LISTS = ("data.list", "list", "data", "rows", "records", "data.records")
"""Where JSON has its rows, if it is no list."""

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Listed:
    """A camera that a platform has."""

    code: str
    device: str
    """By which the platform gets to it: its own code, or its recorder's or sub-platform's."""
    name: str
    lon: float
    """Degrees, in the catalogue's datum; NaN: it does not say."""
    lat: float
    online: bool | None
    area: str
    address: str


@dataclass(slots=True)
class Catalogue:
    """What was read."""

    cameras: list[Listed] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    """What is no camera, by the type in its code: counted, and left out."""


def read_catalogue(content: bytes, name: str, device: str = "", columns: Mapping[str, str] | None = None) -> Catalogue:
    """All of a file. name: its own, for faults and by its ending. device: of rows that don't say theirs. columns: what
    of `COLUMNS` -> what the file calls it, where that is none of the usual."""
    found = Catalogue()

    def report(line: int, what: str, message: str) -> None:
        found.faults.append(Fault(name, line, what, message))

    head = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if _XML.search(content[:65_536]) and not name.lower().endswith((".csv", ".xlsx")):
        rows: Iterator[tuple[int, Row]] = _xml(content, report)
    elif head in (b"[", b"{") and not name.lower().endswith((".csv", ".xlsx")):
        rows = _json(content, report)
    else:
        rows = _table(content, name, report)
    take_rows(found, name, rows, device, columns or {})
    return found


def take_rows(
    found: Catalogue, name: str, rows: Iterator[tuple[int, Row]], device: str, columns: Mapping[str, str]
) -> None:
    """(line, cell by column): what they are goes into `found`."""
    usual = ((key, rank, alias) for key, aliases in COLUMNS.items() for rank, alias in enumerate(aliases))
    known = {alias: (rank, key) for key, rank, alias in usual if key not in columns}
    known |= {_plain(said): (0, key) for key, said in columns.items()}
    seen: dict[str, int] = {}
    first = True
    for line, row in rows:
        which = sorted(
            (known[_plain(column)], cell) for column, cell in row.items() if cell and _plain(column) in known
        )
        cells = {key: cell for (_, key), cell in reversed(which)}  # of several the first in `COLUMNS`
        if first and not any(_plain(column) in known and known[_plain(column)][1] == "code" for column in row):
            there = ", ".join(row)
            found.faults.append(
                Fault(
                    name, line, "", f"expected a column with the code ({COLUMNS['code'][0]}, 国标编码 …), got: {there}"
                )
            )
            return
        first = False
        try:
            code = code_of(cells.get("code", ""))
            if not code.camera:
                found.others[code.type] += 1
                continue
            if code.text in seen:
                raise ValueError(f"expected each code once; line {seen[code.text]} has it already")
            seen[code.text] = line
            found.cameras.append(_listed(code.text, cells, device))
        except ValueError as error:
            found.faults.append(Fault(name, line, cells.get("code", "")[:40], str(error)))


def _listed(code: str, cells: Row, device: str) -> Listed:
    """Raises ValueError."""
    owner = cells.get("device", "") or device
    if not owner:
        raise ValueError("expected the device by which the platform gets to it: a column 'device', or --device")
    lon, lat = (_degrees(cells.get(key, ""), key, most) for key, most in (("lon", 180.0), ("lat", 90.0)))
    if math.isnan(lon) != math.isnan(lat):
        raise ValueError("expected lon and lat, got one of them")
    if lon == lat == 0.0:  # platforms say so of what they don't know
        lon = lat = math.nan
    said = cells.get("status", "").lower()
    online = True if said in _ON else False if said in _OFF else None
    area, address = cells.get("area", ""), cells.get("address", "")
    return Listed(code, owner, cells.get("name", "")[:LONGEST_NAME], lon, lat, online, area[:LONGEST_NAME], address)


def _degrees(text: str, name: str, most: float) -> float:
    if not text:
        return math.nan
    try:
        value = float(text)
    except ValueError:
        value = math.inf
    if not abs(value) <= most:
        raise ValueError(f"{name}: expected degrees between {-most:g} and {most:g}, got '{text[:20]}'")
    return value


def _plain(column: str) -> str:
    return re.sub(r"[\s_-]", "", column).lower()


# ---- what it comes in ------------------------------------------------------------------------------------------------


def _table(content: bytes, name: str, report: Any) -> Iterator[tuple[int, Row]]:
    header: list[str] | None = None
    for line, cells in cells_of(content, name, report):
        if header is None:
            header = cells
        else:
            yield line, dict(zip(header, cells, strict=False))


def _json(content: bytes, report: Any) -> Iterator[tuple[int, Row]]:
    try:
        said = json.loads(content.decode("utf-8-sig"))
    except ValueError as error:
        report(getattr(error, "lineno", 0), "", "expected JSON in UTF-8")
        return
    rows = said if isinstance(said, list) else next((at for at in _lists(said) if isinstance(at, list)), None)
    if rows is None:
        report(0, "", f"expected a list of cameras, or one at {', '.join(_LISTS)}")
        return
    yield from rows_of(rows)


def _lists(said: Any) -> Iterator[Any]:
    return (value_at(said, path) for path in _LISTS)


def rows_of(rows: Sequence[Any]) -> Iterator[tuple[int, Row]]:
    """Of JSON. The line is the number of the row."""
    for number, row in enumerate(rows, 1):
        yield number, {str(key): _cell(value) for key, value in row.items()} if isinstance(row, dict) else {"code": ""}


def _cell(value: Any) -> str:
    if value is None or isinstance(value, list | dict):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value).strip()


def _xml(content: bytes, report: Any) -> Iterator[tuple[int, Row]]:
    """Of each catalogue: its items, with the device that answered."""
    from lxml import etree

    starts = [at.start() for at in re.finditer(rb"<\?xml", content)] or [_XML.search(content).start()]  # type: ignore[union-attr]
    for start, end in zip(starts, [*starts[1:], len(content)], strict=True):
        before = content.count(b"\n", 0, start)
        text = _declared(content[start:end])
        body = text[: text.rfind(">") + 1]  # the head of the next message may follow
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            root: Any = etree.fromstring(body.encode(), parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            report(
                before + 1 + max(0, getattr(error, "lineno", 1) - 1),
                "",
                "expected XML of a catalogue; it is damaged here",
            )
            continue
        if (root.findtext("CmdType") or "").strip() != "Catalog":
            continue
        answered = (root.findtext("DeviceID") or "").strip()
        for item in root.iterfind("DeviceList/Item"):
            row = {each.tag: (each.text or "").strip() for each in item if isinstance(each.tag, str)}
            yield before + (item.sourceline or 1), {"device": answered, **row}


def _declared(document: bytes) -> str:
    """Without its declaration. What says GB2312 is GBK, as a rule; what says nothing is what it can be."""
    match = re.match(rb"<\?xml[^>]*?encoding=[\"']([\w-]+)[\"'][^>]*\?>", document)
    said = match[1].decode().lower() if match else ""
    kinds = ("gb18030", "utf-8") if said.startswith(("gb", "936", "cp936")) else ("utf-8", "gb18030")
    rest = re.sub(rb"^<\?xml[^>]*\?>", b"", document)
    for kind in kinds:
        try:
            return rest.decode(kind)
        except UnicodeDecodeError:
            continue
    return rest.decode("gb18030", "replace")
