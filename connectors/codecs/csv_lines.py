"""csv_lines: payloads that are lines of CSV: one row each, columns by the names that the stream gives them.

The names are the paths of the mapping. An empty cell is unknown. A line with another number of cells is set aside
alone; the lines around it are rows.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from pipeline.codec import Codec, Facts

MOST_COLUMNS = 1000


def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise ValueError(f"the column '{twice[0]}' is there twice")
    dotted = next((name for name in names if "." in name), None)
    if dotted:
        raise ValueError(f"expected column names without '.', got '{dotted}'")
    return names


class CsvLines(Codec):
    """`codec: csv`: rows out of lines of CSV."""

    expected: ClassVar[str] = "lines of CSV"
    fields: ClassVar = {}
    text: ClassVar[bool] = True

    columns: Annotated[tuple[str, ...], AfterValidator(_names)] = Field(
        (),
        max_length=MOST_COLUMNS,
        description="names of the cells of a line; without it each payload begins with them",
    )
    delimiter: str = Field(",", min_length=1, max_length=1, description="what stands between cells")
    encoding: Literal["utf-8", "gbk"] = "utf-8"

    def decode(self, payload: bytes) -> Iterable[Facts | ValueError]:
        text = payload.decode("utf-8-sig" if self.encoding == "utf-8" else "gbk")
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter, strict=True)
        names = self.columns or _names(tuple(cell.strip() for cell in next(lines, ())))
        try:
            for cells in lines:
                if not cells:
                    continue
                if len(cells) != len(names):
                    yield ValueError(f"line {lines.line_num} has {len(cells)} cells, expected {len(names)}")
                else:
                    named = zip(names, cells, strict=True)
                    yield {name: cell.strip() or None for name, cell in named if name}
        except csv.Error as error:
            yield ValueError(f"line {lines.line_num}: {error}")
