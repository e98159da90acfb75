"""workbook: a report as .xlsx: a sheet for each table, numbers as numbers, charts, and the definitions at the end.

Texts are cells of text whatever they begin with, so that none becomes a formula. The same report gives the same bytes.
"""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

from openpyxl import Workbook
from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from cases.indicators.catalogue import COUNTS, RATES
from cases.reporting.report import Report
from cases.reporting.tables import COUNT, HOURS, RATE, SCORE, TEXT, Table, all_tables, kind_of, summary
from cases.reporting.words import Words, clock, days

FORMATS = {COUNT: "#,##0", RATE: "0.00%", SCORE: "0.0", HOURS: "#,##0.0", TEXT: "@"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HEAD = PatternFill("solid", fgColor="1F3B57")
_LINE = Border(bottom=Side("hair", color="9AA7B4"))
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_MOST_BARS = 20
_MOST_ROWS = 60
"""Below more of them nobody would find a chart."""
_WIDE = 40


def as_xlsx(report: Report, language: str) -> bytes:
    """The file."""
    words = Words(language)
    book = Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    _summary(book, report, words)
    for table in all_tables(report, words):
        _sheet(book, table)
    _definitions(book, report, words)
    out = io.BytesIO()
    book.save(out)
    return _settled(out.getvalue(), report.order.now)


def _text(sheet: Worksheet, row: int, column: int, text: str, **style: Any) -> None:
    """A cell that stays text."""
    cell: Any = sheet.cell(row, column)
    cell.value = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
    cell.data_type = "s"
    cell.quotePrefix = text.startswith(("=", "+", "-", "@"))
    for name, value in style.items():
        setattr(cell, name, value)


def _number(sheet: Worksheet, row: int, column: int, value: float | None, kind: str, sign: bool = False) -> None:
    cell: Any = sheet.cell(row, column)
    cell.value = round(value) if value is not None and kind == COUNT else value
    form = FORMATS[kind]
    cell.number_format = f"+{form};-{form};{form}" if sign else form
    cell.border = _LINE


def _heads(sheet: Worksheet, row: int, heads: list[str]) -> None:
    for number, head in enumerate(heads, 1):
        _text(
            sheet,
            row,
            number,
            head,
            font=Font(bold=True, color="FFFFFF"),
            fill=_HEAD,
            alignment=Alignment(horizontal="left" if number == 1 else "center", vertical="center", wrap_text=True),
        )
    sheet.row_dimensions[row].height = 32
    sheet.freeze_panes = f"B{row + 1}"
    sheet.print_title_rows = f"{row}:{row}"


def _page(sheet: Worksheet, landscape: bool) -> None:
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]
    sheet.oddFooter.center.text = "&P / &N"  # type: ignore[union-attr]


def _summary(book: Workbook, report: Report, words: Words) -> None:
    order, table = report.order, summary(report, words)
    sheet = book.create_sheet(table.title)
    _text(sheet, 1, 1, f"{order.city} {words(order.kind)} {order.period.name}", font=Font(bold=True, size=16))
    _text(sheet, 2, 1, words("period", *days(order.period, order.zone), order.zone_name))
    _text(sheet, 3, 1, words("made", clock(order.now, order.zone)))
    _text(sheet, 4, 1, words("before_period", report.before_period.name))
    _heads(sheet, 6, [column.head for column in table.columns])
    for at, (id, now, before, change) in enumerate(table.rows, 7):
        kind = kind_of(str(id))
        _text(sheet, at, 1, words("score") if id == "score" else words.indicator(str(id)), border=_LINE)
        for column, value in enumerate((now, before, change), 2):
            _number(sheet, at, column, None if value is None else float(value), kind, sign=column == 4)
    for letter, width in zip("ABCD", (30, 14, 14, 14), strict=True):
        sheet.column_dimensions[letter].width = width
    _page(sheet, landscape=False)


def _sheet(book: Workbook, table: Table) -> None:
    sheet = book.create_sheet(table.title[:31])
    _heads(sheet, 1, [column.head for column in table.columns])
    for at, row in enumerate(table.rows, 2):
        for number, (column, value) in enumerate(zip(table.columns, row, strict=True), 1):
            if column.kind == TEXT:
                _text(sheet, at, number, str(value), border=_LINE)
            else:
                _number(sheet, at, number, None if value is None else float(value), column.kind)
    for number, column in enumerate(table.columns, 1):
        longest = max((_width(str(row[number - 1])) for row in table.rows), default=0) if column.kind == TEXT else 0
        sheet.column_dimensions[get_column_letter(number)].width = min(_WIDE, max(11, longest + 2))
    if table.rows:
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(table.columns))}{len(table.rows) + 1}"
        if len(table.rows) <= _MOST_ROWS:
            _chart(sheet, table)
    _page(sheet, landscape=True)


def _width(text: str) -> int:
    """In columns of a narrow letter: a Chinese character is as wide as two."""
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)


def _chart(sheet: Worksheet, table: Table) -> None:
    """Days: filed and closing in time; groups: closing in time of the first; states: the medians."""
    at = {column.id: number for number, column in enumerate(table.columns, 1)}
    last = min(len(table.rows), _MOST_BARS if table.id != "days" else len(table.rows)) + 1
    name = 2 if "rank" in at else 1
    shown = "clock_median" if table.id == "times" else "filed" if table.id == "days" else "closing_in_time"
    chart = BarChart()
    chart.type = "col" if table.id == "days" else "bar"
    chart.add_data(Reference(sheet, min_col=at[shown], min_row=1, max_row=last), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=name, min_row=2, max_row=last))
    chart.title = None if table.id == "days" else table.columns[at[shown] - 1].head
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.width, chart.height = 24, 9 if table.id == "days" else max(6, 2.5 + 0.6 * last)
    if table.id == "days":
        line = LineChart()
        line.add_data(Reference(sheet, min_col=at["closing_in_time"], min_row=1, max_row=last), titles_from_data=True)
        line.y_axis.axId, line.y_axis.crosses, line.y_axis.delete = 200, "max", False
        line.y_axis.scaling.min, line.y_axis.scaling.max = 0, 1
        line.y_axis.majorGridlines = None
        chart.legend.position = "b"
        chart += line
    else:
        chart.legend = None
        chart.x_axis.scaling.orientation = "maxMin"  # the first row on top
    sheet.add_chart(chart, f"A{len(table.rows) + 4}")


def _definitions(book: Workbook, report: Report, words: Words) -> None:
    sheet = book.create_sheet(words("definitions"))
    _heads(sheet, 1, [words("indicator"), words("means"), words("source"), words("weight")])
    rows: list[tuple[str, str, str, float | None]] = [
        *((words.indicator(id), words.means(id), "", None) for id in COUNTS),
        *(
            (words.indicator(r.id), words.formula(r), words.source(r), report.order.weights.get(r.id))
            for r in RATES.values()
        ),
        *(("", words(each), "", None) for each in ("rules", "score_rule", "times_rule", "unverified")),
    ]
    for at, (name, means, source, weight) in enumerate(rows, 2):
        wrapped = Alignment(wrap_text=True, vertical="top")
        for column, text in enumerate((name, means, source), 1):
            _text(sheet, at, column, text, alignment=wrapped, border=_LINE)
        _number(sheet, at, 4, weight, SCORE)
    for letter, width in zip("ABCD", (26, 70, 40, 8), strict=True):
        sheet.column_dimensions[letter].width = width
    _page(sheet, landscape=True)


def _settled(data: bytes, now: float) -> bytes:
    """The same file with the report's time in place of the clock's: openpyxl writes when it saved."""
    made = (_EPOCH + timedelta(seconds=max(now, 0.0))).strftime("%Y-%m-%dT%H:%M:%SZ")
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", made.encode(), content)
            new.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
