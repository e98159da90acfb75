"""`gridwatch camera import`: a platform's catalogue, however it comes, as cameras that the configuration takes."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from openpyxl import Workbook
from typer.testing import CliRunner, Result

pytest.importorskip("av", reason="needs gridwatch[cameras]")

from cameras.platforms.codes import code_of
from gridwatch.camera_catalogue import read_catalogue
from gridwatch.camera_schema import whole_schema
from gridwatch.camera_section import read_cameras
from gridwatch.cli import app
from pipeline.runtime.document import parse_document
from tests.services.wvp import KEY, Wvp, wvp

__all__ = ["wvp"]

DEVICE = "34020000001110000001"
GATE, SQUARE, ALARM = "34020000001310000003", "34020000001320000004", "34020000001340000001"
PUBLISH = {"host": "127.0.0.1", "client_id": "edge"}
PLATFORM = {"preset": "wvp", "base": "http://127.0.0.1:9", "secrets": {"key": "WVP_KEY"}, "streams": 3}

XML = f"""\
<?xml version="1.0" encoding="GB2312"?>
<Response>
<CmdType>Catalog</CmdType>
<SN>17</SN>
<DeviceID>{DEVICE}</DeviceID>
<SumNum>3</SumNum>
<DeviceList Num="2">
<Item>
<DeviceID>{GATE}</DeviceID>
<Name>人民路北门</Name>
<CivilCode>340200</CivilCode>
<Address>人民路18号</Address>
<ParentID>{DEVICE}</ParentID>
<Status>ON</Status>
<Longitude>121.4737</Longitude>
<Latitude>31.2304</Latitude>
</Item>
<Item>
<DeviceID>{ALARM}</DeviceID>
<Name>报警</Name>
</Item>
</DeviceList>
</Response>
"""
MORE = (
    XML.replace(GATE, SQUARE)
    .replace("人民路北门", "镕广场")
    .replace("<Status>ON", "<Status>OFF")
    .replace(ALARM, "0" * 20)
)
HEAD = b"MESSAGE sip:34020000002000000001@3402000000 SIP/2.0\r\nContent-Type: Application/MANSCDP+xml\r\n\r\n"


def imported(*words: object, **environment: str) -> Result:
    return CliRunner().invoke(app, ["camera", "import", *map(str, words)], env={"COLUMNS": "200", **environment})


def rows(*said: list[Any]) -> list[list[Any]]:
    return [["国标编码", "所属设备", "名称", "经度", "纬度", "状态", "行政区域"], *said]


def csv(table: list[list[Any]]) -> str:
    return "".join(",".join(map(str, row)) + "\n" for row in table)


GOOD = [GATE, DEVICE, "人民路北门", 121.4737, 31.2304, "在线", "城中"]


def test_messages_of_gbt28181_in_gbk_one_after_another() -> None:
    found = read_catalogue(HEAD + XML.encode("gb18030") + b"\r\n" + HEAD + MORE.encode("gb18030"), "catalogue.txt")
    assert found.faults == []
    gate, square = found.cameras
    assert (gate.code, gate.device, gate.name, gate.address) == (GATE, DEVICE, "人民路北门", "人民路18号")
    assert (gate.lon, gate.lat, gate.online) == (121.4737, 31.2304, True)
    assert (square.name, square.online) == ("镕广场", False), "GB2312 is declared, and has no 镕: it is GBK"
    assert found.others == {"134": 1, "000": 1}


def test_a_catalogue_in_utf8_and_one_that_is_damaged() -> None:
    text = XML.replace("GB2312", "UTF-8")
    assert read_catalogue(text.encode(), "c.xml").cameras[0].name == "人民路北门"
    found = read_catalogue((text + text.replace("</Item>", "", 1)).encode(), "c.xml")
    assert len(found.cameras) == 1
    assert [(each.line > 22, "damaged" in each.message) for each in found.faults] == [(True, True)]


def test_nothing_outside_is_read_by_xml(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hush")
    evil = f'<!DOCTYPE r [<!ENTITY x SYSTEM "file://{secret}">]>'
    text = XML.replace("<Response>", f"{evil}<Response>").replace("人民路北门", "&x;")
    assert "hush" not in repr(read_catalogue(text.encode("gb18030"), "c.xml"))


def workbook(table: list[list[Any]]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    sheet = book.create_sheet("cameras", 0)
    for row in table:
        sheet.append(row)
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "name, content",
    [
        pytest.param("c.csv", csv(rows(GOOD)).encode(), id="csv"),
        pytest.param("c.csv", csv(rows(GOOD)).encode("gbk"), id="csv-gbk"),
        pytest.param("c.xlsx", workbook(rows(GOOD)), id="xlsx"),
        pytest.param(
            "c.json",
            json.dumps(
                {
                    "code": 0,
                    "data": {
                        "total": 1,
                        "list": [
                            {
                                "gbDeviceId": "0" * 20,
                                "deviceId": GATE,
                                "parentDeviceId": DEVICE,
                                "name": "人民路北门",
                                "longitude": 121.4737,
                                "latitude": 31.2304,
                                "status": "ON",
                            }
                        ],
                    },
                }
            ).encode(),
            id="wvp",
        ),
        pytest.param(
            "c.json",
            json.dumps(
                [
                    {
                        "channelId": GATE,
                        "device": DEVICE,
                        "channelName": "人民路北门",
                        "lng": "121.4737",
                        "lat": 31.2304,
                        "online": True,
                    }
                ]
            ).encode(),
            id="json",
        ),
    ],
)
def test_the_same_from_every_form(name: str, content: bytes) -> None:
    found = read_catalogue(content, name)
    assert found.faults == []
    (camera,) = found.cameras
    assert (camera.code, camera.device, camera.name) == (GATE, DEVICE, "人民路北门")
    assert (camera.lon, camera.lat, camera.online) == (121.4737, 31.2304, True)


def test_every_bad_row_is_named() -> None:
    table = rows(
        GOOD,
        ["3402000000131", DEVICE, "short", "", "", "", ""],
        ["3.40200000013E+19", DEVICE, "a number", "", "", "", ""],
        [GATE, DEVICE, "twice", "", "", "", ""],
        ["34020000001310000005", DEVICE, "half a place", 121.4, "", "", ""],
        ["34020000001310000006", DEVICE, "no place", 221.4, 31.2, "", ""],
        ["34020000001310000007", "", "no device", "", "", "", ""],
        ["34020000001310000008", DEVICE, "nowhere", 0, 0, "", ""],
        ["３４０２００００００１３１００００００３", DEVICE, "wide digits", "", "", "", ""],
    )
    found = read_catalogue(csv(table).encode(), "c.csv")
    assert [each.name for each in found.cameras] == ["人民路北门", "nowhere"]
    said = {each.line: each.message for each in found.faults}
    assert sorted(said) == [3, 4, 5, 6, 7, 8, 10]
    assert said[3] == "expected 20 digits, got 13: '3402000000131'"
    assert "a spreadsheet has made a number" in said[4]
    assert "line 2 has it already" in said[5]
    assert "got one of them" in said[6]
    assert "lon: expected degrees between -180 and 180" in said[7]
    assert "--device" in said[8]
    assert read_catalogue(b"a,b\n1,2\n", "c.csv").faults[0].message.startswith("expected a column with the code")


def test_a_code_has_its_parts() -> None:
    code = code_of(GATE)
    assert (code.civil, code.industry, code.type, code.network, code.serial) == ("34020000", "00", "131", "0", "000003")
    assert code.camera
    assert not code_of(ALARM).camera


def test_what_it_writes_is_what_the_configuration_takes(tmp_path: Path) -> None:
    file, out = tmp_path / "c.csv", tmp_path / "cameras.yaml"
    file.write_text(csv(rows(GOOD)) + f'{SQUARE},{DEVICE},"a ""name"": {{odd}} # one",,,离线,\n', "utf-8")
    refused = imported("city", file)
    assert (refused.exit_code, "--datum" in refused.output) == (2, True)
    done = imported("city", file, "--datum", "GCJ-02", "--every", "5min", "--out", out)
    assert done.exit_code == 0, done.output
    assert "2 of 2 cameras" in done.output
    assert "1 were offline" in done.output
    data = parse_document(out.read_text("utf-8"), "out").data
    edge = tmp_path / "edge.yaml"
    edge.write_text(json.dumps({**data, "publish": PUBLISH, "platforms": {"city": PLATFORM}}), "utf-8")
    cameras = read_cameras(edge).cameras
    assert list(cameras) == [GATE, SQUARE]
    gate = cameras[GATE].settings
    assert gate.platform is not None
    assert (gate.platform.name, gate.platform.values) == ("city", {"device": DEVICE, "channel": GATE})
    lon, lat = gate.place
    assert lon == pytest.approx(121.4692, abs=1e-3), "GCJ-02 is half a kilometre off"
    assert lat == pytest.approx(31.2323, abs=1e-3)
    assert (gate.name, gate.area, gate.every) == ("人民路北门", "城中", 300)
    assert cameras[SQUARE].settings.name == 'a "name": {odd} # one'


def test_bad_rows_hold_it_up_unless_they_are_left_out(tmp_path: Path) -> None:
    file, bad = tmp_path / "c.csv", tmp_path / "bad.txt"
    file.write_text(csv(rows(GOOD, ["7", DEVICE, "x", "", "", "", ""])), "utf-8")
    done = imported("city", file, "--datum", "WGS-84", "--bad", bad)
    assert (done.exit_code, "c.csv:3  7   expected 20 digits" in done.output, "cameras:" in done.output) == (
        1,
        True,
        False,
    )
    assert "expected 20 digits" in bad.read_text("utf-8")
    done = imported("city", file, "--datum", "WGS-84", "--skip-bad")
    assert (done.exit_code, "1 bad rows left out" in done.output, f'"{GATE}"' in done.output) == (0, True, True)


def test_columns_of_other_names(tmp_path: Path) -> None:
    file = tmp_path / "c.csv"
    file.write_text(f"点位号,说明\n{GATE},北门\n", "utf-8")
    done = imported("city", file, "--device", DEVICE, "--column", "code=点位号", "--column", "name=说明")
    assert (done.exit_code, "北门" in done.output) == (0, True), done.output
    assert imported("city", file, "--column", "cod=点位号").exit_code == 2


def test_the_platform_itself_is_asked_page_by_page(wvp: Callable[..., Wvp], tmp_path: Path) -> None:
    channels = [
        {"deviceId": f"3402000000131{n:07}", "parentDeviceId": DEVICE, "name": f"n{n}", "status": "ON"}
        for n in range(450)
    ]
    platform = wvp(channels=channels)
    edge = tmp_path / "edge.yaml"
    some = {"c": {"url": "rtsp://10.0.0.7/1"}}
    said = {"cameras": some, "publish": PUBLISH, "platforms": {"city": {**PLATFORM, "base": platform.base}}}
    edge.write_text(json.dumps(said), "utf-8")
    done = imported("city", "--config", edge, "--device", DEVICE, WVP_KEY=KEY)
    assert (done.exit_code, "450 of 450 cameras" in done.output) == (0, True), done.output
    assert [each.rpartition("?")[2] for each in platform.asked] == [f"page={n}&count=200" for n in (1, 2, 3)]
    done = imported("city", "--config", edge, "--device", DEVICE, WVP_KEY="hush-wrong")
    assert (done.exit_code, "answered 401" in done.output, "hush-wrong" in done.output) == (3, True, False)
    assert imported("city", "--config", edge).exit_code == 2
    assert imported("cty", "--config", edge).exit_code == 2
    assert "WVP_KEY" not in os.environ


def test_editors_ask_for_nothing_that_a_preset_says() -> None:
    camera = {"platform": {"name": "city", "values": {"device": DEVICE, "channel": GATE}}}
    said = {
        "cameras": {"c": camera},
        "publish": PUBLISH,
        "platforms": {"city": {**PLATFORM, "play": {"timeout": "9s"}}},
    }
    schema = jsonschema.Draft202012Validator(whole_schema())
    assert [each.message for each in schema.iter_errors(said)] == []
    said["platforms"] = {"city": {"preset": "wvp"}}
    assert [each.message for each in schema.iter_errors(said)] != []


@pytest.mark.parametrize(
    "camera, said",
    [
        pytest.param(
            {"name": "cty"}, "cameras.c.platform.name   no platform 'cty'; did you mean 'city'?", id="platform"
        ),
        pytest.param(
            {"name": "city"}, "expected 'channel', 'device', which the platform 'city' is asked with", id="values"
        ),
    ],
)
def test_faults_of_a_platforms_camera(camera: dict[str, Any], said: str, tmp_path: Path) -> None:
    from pipeline.faults import Faulty

    edge = tmp_path / "edge.yaml"
    file = {"cameras": {"c": {"platform": camera}}, "publish": PUBLISH, "platforms": {"city": PLATFORM}}
    edge.write_text(json.dumps(file), "utf-8")
    with pytest.raises(Faulty) as faulty:
        read_cameras(edge)
    assert said in str(faulty.value)
