"""table: the categories that a CSV or .xlsx table says, every bad row named with its line and what was expected.

One row for each category and filing condition; what a second row of a category leaves empty is as in its first. A
city's table has the columns of the standards' and stands over them: what a row says counts, what it leaves empty stays,
and if it gives limits they are all the limits of that category. Headings may be English or Chinese.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from cases.categories.category import ALL_AREAS, AREA_CLASSES, EVENT, KINDS, MODES, Category, Condition
from cases.deadlines.limits import Limit
from pipeline.faults import did_you_mean
from pipeline.register_csv import Report, named_cells

COLUMNS = {
    "kind": "类型",
    "code": "代码",
    "same_as": "对应标准代码",
    "class": "大类",
    "class_en": "大类英文",
    "name": "名称",
    "name_en": "英文名称",
    "severity": "等级",
    "mode": "处理方式",
    "unit": "默认处置部门",
    "part": "部件类型",
    "condition": "立案条件编号",
    "condition_text": "立案条件",
    "condition_text_en": "立案条件英文",
    "limit": "处置时限",
    "limit_a": "A类区域时限",
    "limit_b": "B类区域时限",
    "limit_c": "C类区域时限",
}
"""Each column's name, and its name in Chinese."""
_PLAIN = {
    "class": "group",
    "class_en": "group_en",
    "name": "name",
    "name_en": "name_en",
    "unit": "unit",
    "part": "part",
}
"""Columns that are taken as they stand -> what they are in a Category."""
_LIMITS = {"limit": ALL_AREAS, **{f"limit_{each.lower()}": each for each in AREA_CLASSES}}


class Said(NamedTuple):
    """What a table says about one category."""

    kind: str
    code: str
    line: int
    """Of its first row."""
    same_as: str
    fields: Mapping[str, Any]
    """Of a Category, only what the table gives."""
    conditions: tuple[Condition, ...]
    """None where the table gives no limits."""

    def over(self, below: Category) -> Category:
        """The category with what is said here in place of what it said."""
        changed = {**self.fields, **({"conditions": self.conditions} if self.conditions else {})}
        return msgspec.structs.replace(below, **changed)

    def alone(self, standard: str) -> Category:
        """The category where nothing else knows it."""
        return self.over(Category(standard, self.kind, self.code, self.code))


def read_table(rows: Iterable[tuple[int, list[str]]], report: Report) -> list[Said]:
    """What the rows say, in their order; bad ones are reported. The first row names the columns."""
    found: dict[tuple[str, str], Said] = {}
    optional = tuple(name for name in COLUMNS if name != "code")
    for line, cells in named_cells(_english(rows), ("code",), optional, report):
        said = _row(line, {name: cell for name, cell in cells.items() if cell}, report)
        if said is None:
            continue
        key = said.kind, said.code
        found[key] = _joined(found[key], said, line, report) if key in found else said
    return list(found.values())


def _english(rows: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """The rows with English headings."""
    names = {zh: name for name, zh in COLUMNS.items()}
    for number, (line, cells) in enumerate(rows):
        yield line, [names.get(cell, cell) for cell in cells] if number == 0 else cells


def _row(line: int, cells: Mapping[str, str], report: Report) -> Said | None:
    code = cells.get("code", "")
    good = True

    def value(column: str, read: Callable[[str], Any]) -> Any:
        nonlocal good
        try:
            return read(cells[column]) if column in cells else None
        except ValueError as error:
            good = False
            report(line, code, f"{column}: {error}, got '{cells[column]}'")
            return None

    if not code:
        report(line, "", "expected a value for code")
        return None
    kind = value("kind", lambda text: _choice(text, KINDS)) or EVENT
    fields = {name: cells[column] for column, name in _PLAIN.items() if column in cells}
    for name, column_read in (("severity", _severity), ("mode", lambda text: _choice(text, MODES))):
        read = value(name, column_read)
        if read is not None:
            fields[name] = read
    limits = {area: limit for column, area in _LIMITS.items() if (limit := value(column, Limit.parse)) is not None}
    id, text, text_en = (cells.get(name, "") for name in ("condition", "condition_text", "condition_text_en"))
    if good and (id or text or text_en) and not limits:
        good = False
        report(line, code, "limit: expected a limit beside a condition")
    if not good:
        return None
    conditions = (Condition(id, text, text_en, limits),) if limits else ()
    return Said(kind, code, line, cells.get("same_as", ""), fields, conditions)


def _joined(first: Said, more: Said, line: int, report: Report) -> Said:
    """A category's row and a further one."""
    for name in first.fields.keys() & more.fields.keys():
        if first.fields[name] != more.fields[name]:
            was = f"expected '{first.fields[name]}' as in line {first.line}, or nothing"
            report(line, more.code, f"{name}: {was}, got '{more.fields[name]}'")
    if first.same_as and more.same_as not in ("", first.same_as):
        report(line, more.code, f"same_as: expected '{first.same_as}' as in line {first.line}, or nothing")
    ids = {condition.id for condition in first.conditions}
    again = [condition.id for condition in more.conditions if condition.id in ids]
    if again or not more.conditions:
        what = f"its condition '{again[0]}'" if again and again[0] else "it"
        report(line, more.code, f"{what} is there already; a further row of a category has a condition of its own")
    return first._replace(
        same_as=first.same_as or more.same_as,
        fields={**more.fields, **first.fields},
        conditions=(*first.conditions, *more.conditions),
    )


def _choice(text: str, known: Mapping[str, str]) -> str:
    """A word, in English or Chinese, as the English one."""
    english = {**{zh: word for word, zh in known.items()}, **{word: word for word in known}}
    if text == "事项":  # what the newer standard calls an event
        text = "事件"
    if text not in english:
        likely = ", ".join(f"'{word}' ({zh})" for word, zh in known.items())
        raise ValueError(f"expected one of {likely}{did_you_mean(text, english)}")
    return english[text]


def _severity(text: str) -> int:
    if text not in ("1", "2", "3", "4"):
        raise ValueError("expected 1 (low) to 4 (urgent)")
    return int(text)
