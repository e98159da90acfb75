"""reading: the categories of a city: a standard's table, the mapping to the other one, and the city's own over both.

Reads `configs/standards/` and the file that the section names. Reports a `Faulty` with every bad row.
"""

from __future__ import annotations

import csv
from pathlib import Path

import msgspec

import cases
from cases.categories.category import EVENT, Category
from cases.categories.known import Categories
from cases.categories.settings import CITY, STANDARDS, CategoriesSection
from cases.categories.table import Said, read_table
from cases.sheets import cells_of
from pipeline.faults import Fault, Faulty, did_you_mean
from pipeline.register_csv import Report

TABLES = {"gb47678": "gb_t_47678_5.csv", "gb30428": "gb_t_30428_2.csv"}
MAPPING = "gb_t_30428_2_to_47678_5.csv"
_NEW = "gb47678"

_Found = dict[tuple[str, str, str], Category]
"""(standard, kind, code) -> category"""


def standards() -> Path:
    """The folder of the standards' tables: in a checkout, or in an installed package."""
    top = Path(cases.__file__).resolve().parents[1]
    checkout = top / "configs" / "standards"
    return checkout if checkout.is_dir() else top / "gridwatch" / "_configs" / "standards"


def read_categories(section: CategoriesSection, folder: Path) -> Categories:
    """What the section says; its file is relative to `folder`. Raises Faulty with every fault of the file."""
    if section.file is None:
        return over_standard(section, [], _never)
    try:
        content = (folder / section.file).read_bytes()
    except OSError as error:
        message = f"expected a file that can be read: {error.strerror or error}"
        raise Faulty([Fault(section.file, 0, "", message)]) from None
    categories, faults = table_over_standard(section, content, section.file)
    if faults:
        raise Faulty(faults)
    return categories


def with_tables(section: CategoriesSection, categories: Categories) -> CategoriesSection:
    """The section as a version keeps it: with what its tables said, without the file's name."""
    return section.model_copy(update={"file": None, "tables": categories.to_plain()})


def categories_of(section: CategoriesSection | None) -> Categories:
    """The categories of a version; without the section each code is a plain one.

    Raises ValueError where this gridwatch can't read what the version keeps, or nothing has read the tables.
    """
    return Categories() if section is None else Categories.from_plain(section.tables)


def table_over_standard(section: CategoriesSection, content: bytes, name: str) -> tuple[Categories, list[Fault]]:
    """A city's table over its standard, as far as it can be read, and all faults of it."""
    faults: list[Fault] = []

    def report(line: int, path: str, message: str) -> None:
        faults.append(Fault(name, line, path, message))

    own = read_table(cells_of(content, name, report), report)
    return over_standard(section, own, report), sorted(set(faults))


def over_standard(section: CategoriesSection, own: list[Said], report: Report) -> Categories:
    """The standards' categories with what a city says over them; a row that fits nowhere is reported."""
    standard = "" if section.standard == "none" else section.standard
    found, same = _of_standards(standard)
    for said in sorted(own, key=lambda each: each.same_as != ""):  # what others are the same as comes first
        if said.same_as:
            same[said.code] = said.same_as
        key = _meant(said, standard, found, same)
        if key is not None:
            below = found.pop(key)
            owner = key[0] if key[0] == standard else CITY  # a code of the other standard that the city uses is its own
            found[owner, *key[1:]] = said.over(msgspec.structs.replace(below, standard=owner))
        elif said.same_as:
            hint = did_you_mean(said.same_as, [code for _, kind, code in found if kind == said.kind])
            message = f"same_as: expected the code of another category that is known, got '{said.same_as}'{hint}"
            report(said.line, said.code, message)
        elif any(kind == said.kind and code == "0" + said.code for _, kind, code in found):
            message = f"code: is '0{said.code}' meant? Spreadsheets drop leading zeros; make the column's format text"
            report(said.line, said.code, message)
        else:
            found[CITY, said.kind, said.code] = said.alone(CITY)
    return Categories(found.values(), standard, same, section.default_limit)


def _of_standards(standard: str) -> tuple[_Found, dict[str, str]]:
    """All categories of the standards, and code of the other one -> code of this one; none for ''."""
    if not standard:
        return {}, {}
    found: _Found = {}
    for each in STANDARDS:
        for said in read_table(cells_of((standards() / TABLES[each]).read_bytes(), ".csv", _never), _never):
            found[each, said.kind, said.code] = said.alone(each)
    with (standards() / MAPPING).open(encoding="utf-8", newline="") as file:
        pairs = [(row["old"], row["new"]) for row in csv.DictReader(file)]
    return found, dict(pairs) if standard == _NEW else {new: old for old, new in pairs}


def _meant(said: Said, standard: str, found: _Found, same: dict[str, str]) -> tuple[str, str, str] | None:
    """Which category a row is about: as `Categories.find` finds it; None: one that is not there yet."""
    mapped = same.get(said.code, "") if said.kind == EVENT else ""
    ways = [(owner, code) for code in (said.code, mapped) for owner in (standard, CITY)]
    ways += [(owner, code) for code in (said.code, mapped) for owner in STANDARDS]
    keys = ((owner, said.kind, code) for owner, code in ways if not said.same_as or code == said.same_as)
    return next((key for key in keys if key in found), None)


def _never(line: int, path: str, message: str) -> None:
    raise AssertionError(f"a table of a standard has a fault: line {line} {path} {message}")
