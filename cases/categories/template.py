"""template: a table that a city fills in: the columns, and a row for each category that its standard has."""

from __future__ import annotations

import csv
import io
from typing import Literal

from cases.categories.category import KINDS, MODES
from cases.categories.known import Categories
from cases.categories.table import COLUMNS
from cases.sheets import WORKBOOK

Language = Literal["zh", "en"]
_GIVEN = ("kind", "code", "class", "name", "severity", "mode", "part")
"""Columns that the rows of a template have; the rest is the city's to say."""
_WIDTH = {"name": 28, "condition_text": 40, "class": 16, "unit": 20}


def template(categories: Categories, name: str, language: Language) -> bytes:
    """The table as .xlsx or, by its name's ending, .csv, which spreadsheets open as UTF-8.

    language: of the headings; the table is read the same in either.
    """
    columns = [column for column in COLUMNS if not column.endswith("_en")]
    rows = [[COLUMNS[column] if language == "zh" else column for column in columns]]
    for each in categories.own():
        said = {
            "kind": KINDS[each.kind] if language == "zh" else each.kind,
            "code": each.code,
            "class": each.group,
            "name": each.name,
            "severity": str(each.severity),
            "mode": MODES[each.mode] if language == "zh" else each.mode,
            "part": each.part,
        }
        rows.append([said[column] if column in _GIVEN else "" for column in columns])
    return _workbook(rows, columns) if name.lower().endswith(WORKBOOK) else _csv(rows)


def _csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()  # without the mark, spreadsheets in China take it for GBK


def _workbook(rows: list[list[str]], columns: list[str]) -> bytes:
    import openpyxl
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "categories"
    sheet.freeze_panes = "A2"
    for number, column in enumerate(columns, 1):
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = _WIDTH.get(column, 14)
        for line in range(1, len(rows) + 200):  # room for the city's own rows, in which codes stay text too
            sheet[f"{letter}{line}"].number_format = "@"
    for line, row in enumerate(rows, 1):
        for number, cell in enumerate(row, 1):
            sheet.cell(line, number, cell or None)
    for heading in sheet[1]:
        heading.font = Font(bold=True)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
