"""sheets: the cells of a table that people keep: CSV in UTF-8 or GBK, or the first sheet of an .xlsx workbook.

Every cell comes as the text that a person sees: whole numbers without '.0', and with the leading zeros that the cell's
format shows ('00000'). A code that was typed as a plain number has lost them; whoever knows the codes finds that.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from pipeline.register_csv import Report, csv_cells

WORKBOOK = ".xlsx"
CELLS = Iterator[tuple[int, list[str]]]
_EXACT = 1e15
"""A spreadsheet keeps 15 digits of a number: from here on a code that was typed as one is not what it was."""


def cells_of(content: bytes, name: str, report: Report) -> CELLS:
    """(line, cells without blanks around them) of each row, empty ones left out; what can't be read is reported.

    name: the file's, whose ending says which of the two it is.
    """
    if not name.lower().endswith(WORKBOOK):
        text = _text(content, report)
        yield from csv_cells(io.StringIO(text), report) if text is not None else ()
        return
    width = 0
    for line, cells in workbook_cells(io.BytesIO(content), report):
        width = width or len(_end(cells))  # blank cells beside the table are none of it
        yield line, cells[:width] if not any(cells[width:]) else _end(cells)


def _text(content: bytes, report: Report) -> str | None:
    if content[:2] == b"PK":
        report(0, "", f"expected CSV, got a workbook; give it a name that ends in {WORKBOOK}")
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as utf8:
        try:
            return content.decode("gb18030")
        except UnicodeDecodeError:
            line = content.count(b"\n", 0, utf8.start) + 1
            report(line, "", f"expected UTF-8 or GBK; byte 0x{content[utf8.start]:02x} on this line is neither")
            return None


def workbook_cells(book: Path | IO[bytes], report: Report) -> CELLS:
    """The same of a workbook's first sheet, each row with all of its cells; row by row, however many there are."""
    from openpyxl import load_workbook
    from openpyxl.utils import get_column_letter

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what it leaves out: colours, validation; never of cells
            opened = load_workbook(book, read_only=True, data_only=True)
        try:
            for line, row in enumerate(opened.worksheets[0].iter_rows(), 1):
                cells: list[str] = []
                for index, cell in enumerate(row, 1):
                    if _inexact(cell.value):
                        what = "a number of more than 15 digits, of which a spreadsheet keeps 15"
                        where = f"column {get_column_letter(index)}"
                        advice = "make the column text and enter it anew"
                        report(line, cells[0] if cells else "", f"{where}: {what}; {advice}")
                    cells.append(_shown(cell))
                if any(cells):
                    yield line, cells
        finally:
            opened.close()
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001  a damaged workbook can break openpyxl in any way
        report(0, "", f"expected an Excel workbook ({WORKBOOK}): {error}")


def _inexact(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= _EXACT


def _end(row: list[str]) -> list[str]:
    """Without the empty cells after the last."""
    last = max((at for at, cell in enumerate(row, 1) if cell), default=0)
    return row[:last]


def _shown(cell: Any) -> str:
    """A cell as people would write it."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        midnight = value.hour == value.minute == value.second == value.microsecond == 0
        return value.date().isoformat() if midnight else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, int):
        zeros = re.fullmatch(r"0+", cell.number_format or "")
        return f"{value:0{len(zeros[0])}d}" if zeros else str(value)
    return str(value).strip()
