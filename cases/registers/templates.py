"""templates: an empty file of a register: its columns, what is expected in each, an example that an import skips."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cases.registers.kinds import EXAMPLE, GEOMETRY, LINE, POLYGON, Column, Register
from cases.registers.writing import Cells, write_csv, write_geojson
from pipeline.faults import Fault, Faulty

_ROWS = 2000
"""So many cells of a column of text are text before anything is typed into them: leading zeros stay."""


def write_template(register: Register, file: Path) -> None:
    """Write it, in the format that its name ends with. Raises Faulty for one that there is none of."""
    kind = file.suffix.lower()
    if kind == ".csv":
        remarks = [f"{register.name} {register.zh}: {register.about}", *map(_explained, register.columns)]
        write_csv(register, [_example(register)], file, remarks=remarks)
    elif kind in (".geojson", ".json"):
        remarks_by_name = {c.name: f"{c.zh}: {_expected(c)}" for c in register.columns if c.name != GEOMETRY}
        write_geojson(register, [_example(register, shape=True)], file, remarks_by_name)
    elif kind == ".xlsx":
        _write_excel(register, file)
    else:
        raise Faulty([Fault(file.name, 0, register.name, "expected a name that ends with .csv, .xlsx or .geojson")])


def _example(register: Register, shape: bool = False) -> Cells:
    cells: Cells = {column.name: column.example for column in register.columns if column.example}
    cells[register.key] = f"{EXAMPLE} {cells.get(register.key, '')}".strip()
    for name in ("lon", "lat"):
        if name in cells:
            cells[name] = float(cells[name])
    if shape and register.shape in (LINE, POLYGON):
        line: list[Any] = [[120.15, 30.28], [120.16, 30.28], [120.16, 30.29], [120.15, 30.28]]
        polygon = {"type": "Polygon", "coordinates": [line]}
        cells[GEOMETRY] = polygon if register.shape == POLYGON else {"type": "LineString", "coordinates": line}
    return cells


def _expected(column: Column) -> str:
    return f"{column.about}{'; required' if column.required else ''}"


def _explained(column: Column) -> str:
    return f"{column.name} {column.zh}: {_expected(column)}"


def _write_excel(register: Register, file: Path) -> None:
    """One sheet to fill in, with what is expected on each column's name, and one that says it all."""
    from openpyxl import Workbook
    from openpyxl.comments import Comment
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = register.name
    sheet.freeze_panes = "A2"
    example = _example(register)
    for index, column in enumerate(register.columns, 1):
        head = sheet.cell(1, index, column.name)
        head.font = Font(bold=column.required)
        head.comment = Comment(f"{column.zh}: {_expected(column)}", "gridwatch")
        sheet.cell(2, index, example.get(column.name)).font = Font(italic=True, color="808080")
        sheet.column_dimensions[get_column_letter(index)].width = 22
        if column.name not in ("lon", "lat"):
            for row in range(2, _ROWS + 2):
                sheet.cell(row, index).number_format = "@"
    told = book.create_sheet("columns")
    told.append([register.name, register.zh, register.about])
    for column in register.columns:
        told.append([column.name, column.zh, _expected(column), column.example])
    for letter, width in zip("ABCD", (16, 16, 70, 30), strict=True):
        told.column_dimensions[letter].width = width
    book.save(file)
