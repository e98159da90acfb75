"""Tables as people save them: UTF-8, GBK, workbooks; cells come as a person sees them."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from cases.sheets import cells_of


def workbook(rows: list[list[Any]], formats: dict[str, str] | None = None) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(row)
    for cell, shown in (formats or {}).items():
        sheet[cell].number_format = shown
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def read(content: bytes, name: str) -> tuple[list[tuple[int, list[str]]], list[str]]:
    said: list[str] = []
    found = list(cells_of(content, name, lambda line, path, message: said.append(f"{line} {path}{message}")))
    return found, said


@pytest.mark.parametrize(
    "content, name",
    [
        pytest.param("code,name\n\n0110 ,暴露垃圾\n".encode(), "a.csv", id="utf-8"),
        pytest.param("\ufeffcode,name\r\n\r\n0110,暴露垃圾\r\n".encode(), "a.csv", id="byte-order-mark"),
        pytest.param("code,name\n,\n0110,暴露垃圾\n".encode("gbk"), "a.csv", id="gbk"),
        pytest.param(workbook([["code", "name"], [], ["0110", "暴露垃圾 "]]), "A.XLSX", id="workbook"),
        pytest.param(workbook([["code", "name"], [None], [110, "暴露垃圾"]], {"A3": "0000"}), "a.xlsx", id="zeros"),
        pytest.param(workbook([["code", "name", ""], [], ["0110", "暴露垃圾", " "]]), "a.xlsx", id="blank-cells"),
    ],
)
def test_a_table_is_its_cells(content: bytes, name: str) -> None:
    assert read(content, name) == ([(1, ["code", "name"]), (3, ["0110", "暴露垃圾"])], [])


def test_cells_are_what_a_person_sees() -> None:
    midnight = datetime(2026, 1, 2)  # noqa: DTZ001 a workbook's times have no zone
    row = [4.0, 4.5, 6042, True, date(2026, 1, 2), midnight, midnight.replace(hour=3, minute=4), None, "x"]
    shown = ["4", "4.5", "6042", "true", "2026-01-02", "2026-01-02", "2026-01-02 03:04:00", "", "x"]
    assert read(workbook([["a"] * 9, row]), "a.xlsx")[0][1] == (2, shown)


def test_a_number_that_a_spreadsheet_has_not_kept_whole_is_said() -> None:
    said = read(workbook([["code"], [330106001002003], [3301060010020031]]), "a.xlsx")[1]
    assert [message.split(":")[0] for message in said] == ["3 column A"]


@pytest.mark.parametrize("at", range(0, 4000, 97))
def test_a_damaged_workbook_is_said_or_read(at: int) -> None:
    whole = bytearray(workbook([["code", "name"], ["0110", "暴露垃圾"]]))
    whole[at % len(whole)] ^= 0x55
    found, said = read(bytes(whole), "a.xlsx")
    assert said or found


@pytest.mark.parametrize(
    "content, name, message",
    [
        pytest.param(b"code\n\xff\xff\n", "a.csv", "2 expected UTF-8 or GBK; byte 0xff", id="no-text"),
        pytest.param(workbook([["code"]]), "a.csv", "0 expected CSV, got a workbook", id="workbook-as-csv"),
        pytest.param(b"code\n1\n", "a.xlsx", "0 expected an Excel workbook (.xlsx)", id="csv-as-workbook"),
        pytest.param(b"PK\x03\x04 broken", "a.xlsx", "0 expected an Excel workbook (.xlsx)", id="broken-workbook"),
        pytest.param(b'code\n"1\n', "a.csv", "expected CSV", id="open-quote"),
    ],
)
def test_what_is_no_table_is_said(content: bytes, name: str, message: str) -> None:
    (said,) = read(content, name)[1]
    assert message in said
