"""Categories: standards, a city's own table over them, and any code that somebody uses."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.categories import (
    MODES,
    PART,
    Categories,
    CategoriesSection,
    Category,
    Condition,
    categories_of,
    read_categories,
    with_tables,
)
from cases.categories.reading import MAPPING, TABLES, standards
from cases.deadlines import Limit, Unit
from pipeline.faults import Faulty
from tests.cases.test_sheets import workbook

HEAD = "kind,code,name,severity,mode,unit,condition,condition_text,limit,limit_a,limit_b,limit_c"
A_MODE = "'at_once' (即办), 'promised' (承诺), 'jointly' (联办), 'passed_up' (上报), 'sent_back' (退回)"
A_LIMIT = "a limit such as '2 urgent hours', '4 work hours', '5 work days', '4工作时' or '90min' (clock time)"
Own = Callable[..., Categories]


@pytest.fixture
def own(tmp_path: Path) -> Own:
    """Reads a city's table."""

    def read(*lines: str, head: str = HEAD, standard: str = "gb47678", encoding: str = "utf-8") -> Categories:
        (tmp_path / "own.csv").write_text("\n".join([head, *lines]) + "\n", encoding)
        section = CategoriesSection.model_validate({"standard": standard, "file": "own.csv"})
        return read_categories(section, tmp_path)

    return read


def faults(read: Callable[[], object]) -> list[str]:
    with pytest.raises(Faulty) as caught:
        read()
    return [f"{fault.line} {fault.path} {fault.message}" for fault in caught.value.faults]


# ---- the standards ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("standard", TABLES)
def test_a_standards_table_is_without_fault(standard: str) -> None:
    known = read_categories(CategoriesSection.model_validate({"standard": standard}), Path())
    assert len(known.own()) > 30
    digits = {"gb47678": 5, "gb30428": 4}[standard]
    for each in known.own():
        assert len(each.code) == digits, each
        assert each.code.isdecimal(), each
        assert each.name != each.code, each
        assert each.name_en, each
    assert known.find("").standard == ""


def test_the_mapping_names_codes_that_are_there() -> None:
    known = read_categories(CategoriesSection(), Path())
    with (standards() / MAPPING).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["old"] for row in rows}) == len({row["new"] for row in rows}) == len(rows)
    for row in rows:
        assert known.find(row["new"]).standard == "gb47678", row
        assert known.find(row["old"]).code == row["new"]
        assert row["how"] in ("transcribed", "inferred", "rule")


@pytest.mark.parametrize(
    "standard, code, found, known_in",
    [
        pytest.param("gb47678", "06010", "06010", "gb47678", id="new-in-new"),
        pytest.param("gb47678", "0110", "06010", "gb47678", id="old-in-new"),
        pytest.param("gb30428", "06010", "0110", "gb30428", id="new-in-old"),
        pytest.param("gb30428", "0110", "0110", "gb30428", id="old-in-old"),
        pytest.param("gb47678", "0506", "0506", "gb30428", id="old-that-has-no-new"),
        pytest.param("gb30428", "06042", "06042", "gb47678", id="new-that-has-no-old"),
        pytest.param("gb47678", "6010", "6010", "", id="zeros-belong-to-it"),
        pytest.param("gb47678", "vehicle.overspeed", "vehicle.overspeed", "", id="nobodys"),
        pytest.param("none", "06010", "06010", "", id="no-standard"),
    ],
)
def test_any_code_finds_its_category(standard: str, code: str, found: str, known_in: str) -> None:
    categories = read_categories(CategoriesSection.model_validate({"standard": standard}), Path())
    category = categories.find(code)
    assert (category.code, category.standard) == (found, known_in)
    assert categories.known(code) == bool(known_in)


def test_events_and_parts_share_their_numbers() -> None:
    categories = read_categories(CategoriesSection(), Path())
    assert (categories.find("03005").name, categories.find("03005").part) == ("垃圾箱异常", "03005")
    assert categories.find("03005", PART).name == "垃圾箱"
    assert categories.part("03005") == "03005"
    assert categories.part("06010") == ""


def test_one_that_nothing_knows_is_usable() -> None:
    for categories in (Categories(), read_categories(CategoriesSection(), Path())):
        plain = categories.find("0499")
        assert (plain.name, plain.severity, plain.mode, plain.called("en")) == ("0499", 2, "at_once", "0499")
        assert categories.limit("0499", "1", "A") == Limit(1, Unit.WORK_DAY)
        assert (categories.severity("0499"), categories.mode("0499"), categories.unit("0499")) == (2, "at_once", "")


@pytest.mark.parametrize("standard", ["gb47678", "gb30428"])
@pytest.mark.parametrize(
    "code, condition, limit",
    [
        pytest.param("0110", "", "4 work hours", id="old"),
        pytest.param("06010", "", "4 work hours", id="new"),
        pytest.param("0192", "", "4 work hours", id="local"),
        pytest.param("06042", "", "4 work hours", id="what-the-local-one-is"),
        pytest.param("0506", "", "2 urgent hours", id="no-new-code"),
        pytest.param("01002", "", "2 urgent hours", id="first-condition"),
        pytest.param("01002", "2", "4 work hours", id="second-condition"),
        pytest.param("01002", "9", "2 urgent hours", id="no-such-condition"),
        pytest.param("06019", "", "1 work day", id="no-limit"),
    ],
)
def test_a_citys_limits_hold_for_every_code_of_the_same(standard: str, code: str, condition: str, limit: str) -> None:
    section = CategoriesSection.model_validate({"standard": standard, "file": "yuncheng.csv"})
    assert str(read_categories(section, standards()).limit(code, condition)) == limit


def test_a_code_of_the_other_standard_that_a_city_uses_is_its_own() -> None:
    known = read_categories(CategoriesSection(file="yuncheng.csv"), standards())
    assert [each.code for each in known.own() if each.standard == "city"] == ["0505", "0506"]
    assert known.find("0506").name_en == "standing water on the road"


# ---- a city's own table ----------------------------------------------------------------------------------------------


def test_limits_by_area_class_and_what_stands_for_a_class_that_is_not_known(own: Own) -> None:
    categories = own(
        "event,06010,,,,,,,1 work day,2 work hours,,2 work days",
        "event,06011,,,,,,,,4 work hours,1 work day,",
        "event,06012,,,,,,,,,3 work hours,",
    )
    limits = [[str(categories.limit(code, "", area)) for area in "ABC"] for code in ("06010", "06011", "06012")]
    assert limits == [
        ["2 work hours", "1 work day", "2 work days"],
        ["4 work hours", "1 work day", "4 work hours"],
        ["3 work hours", "3 work hours", "3 work hours"],
    ]
    assert [str(categories.limit(code)) for code in ("06010", "06011")] == ["1 work day", "4 work hours"]
    assert str(categories.limit("06010", "", "D")) == "1 work day"


def test_what_a_row_leaves_empty_stays(own: Own) -> None:
    known = read_categories(CategoriesSection(), Path())
    categories = own("事件,06014,,4,即办,环卫处,,,2紧急工作时,,,", "event,06099,占绿摆摊,,jointly,,,,,,,")
    changed = categories.find("06014")
    assert (changed.name, changed.name_en) == (known.find("06014").name, known.find("06014").name_en)
    assert (changed.severity, changed.mode, changed.unit) == (4, "at_once", "环卫处")
    assert str(categories.limit("0114")) == "2 urgent hours"
    new = categories.find("06099")
    assert (new.standard, new.name, new.mode, new.severity) == ("city", "占绿摆摊", "jointly", 2)
    assert MODES[new.mode] == "联办"


def test_conditions_are_further_rows(own: Own) -> None:
    categories = own(
        "event,06013,,,,,1,破损≥0.5 m²,5 work days,,,",
        "event,06013,,3,,,2,塌陷,2 urgent hours,,,",
    )
    found = categories.find("06013")
    assert [(each.id, each.text) for each in found.conditions] == [("1", "破损≥0.5 m²"), ("2", "塌陷")]
    assert found.severity == 3
    assert str(categories.limit("06013", "2", "A")) == "2 urgent hours"


@pytest.mark.parametrize(
    "head",
    [
        pytest.param("code,name,limit", id="english"),
        pytest.param("代码,名称,处置时限", id="chinese"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_headings_and_encodings(own: Own, head: str, encoding: str) -> None:
    categories = own("0110,暴露垃圾,5工作时", head=head, encoding=encoding)
    assert str(categories.limit("06010")) == "5 work hours"


def test_a_workbook(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["代码", "名称", "等级", "处置时限"],
        [110, "暴露垃圾", 3, "5工作时"],
        ["06042", None, None, "2h"],
    ]
    (tmp_path / "own.xlsx").write_bytes(workbook(rows, {"A2": "0000"}))
    categories = read_categories(CategoriesSection(file="own.xlsx"), tmp_path)
    assert (str(categories.limit("06010")), categories.severity("06010")) == ("5 work hours", 3)
    assert str(categories.limit("06042")) == "2 urgent hours"


def test_a_city_without_a_standard_has_its_own_table_alone(own: Own) -> None:
    categories = own("event,NOISE,噪声,,,,,,1 work day,,,", "event,0110,,,,,,,,,,", standard="none")
    assert [each.code for each in categories.own()] == ["0110", "NOISE"]
    assert not categories.known("06010")


@pytest.mark.parametrize(
    "lines, expected",
    [
        pytest.param(["event,,x,,,,,,,,,"], ["2  expected a value for code"], id="no-code"),
        pytest.param(
            ["thing,06010,,,,,,,,,,"],
            ["2 06010 kind: expected one of 'event' (事件), 'part' (部件), got 'thing'"],
            id="kind",
        ),
        pytest.param(
            ["event,06010,,5,,,,,,,,"], ["2 06010 severity: expected 1 (low) to 4 (urgent), got '5'"], id="severity"
        ),
        pytest.param(
            ["event,06010,,,promise,,,,,,,"],
            [f"2 06010 mode: expected one of {A_MODE}; did you mean 'promised'?, got 'promise'"],
            id="mode",
        ),
        pytest.param(
            ["event,06010,,,,,,,4小时,,,", "event,06011,,,,,,,,,0 work days,"],
            [
                f"2 06010 limit: expected {A_LIMIT}, got '4小时'",
                f"3 06011 limit_b: expected {A_LIMIT}, above 0, got '0 work days'",
            ],
            id="limits",
        ),
        pytest.param(
            ["event,06010,,,,,1,破损,,,,"], ["2 06010 limit: expected a limit beside a condition"], id="condition"
        ),
        pytest.param(
            ["event,06010,,,,,1,,1 work day,,,", "event,06010,,,,,1,,2 work days,,,"],
            ["3 06010 its condition '1' is there already; a further row of a category has a condition of its own"],
            id="twice",
        ),
        pytest.param(
            ["event,06010,,,,,,,1 work day,,,", "event,06010,,,,,,,,,,"],
            ["3 06010 it is there already; a further row of a category has a condition of its own"],
            id="twice-without",
        ),
        pytest.param(
            ["event,06010,,3,,,1,,1 work day,,,", "event,06010,,4,,,2,,1 work day,,,"],
            ["3 06010 severity: expected '3' as in line 2, or nothing, got '4'"],
            id="contradicts-itself",
        ),
        pytest.param(
            ["event,6010,,,,,,,1 work day,,,"],
            ["2 6010 code: is '06010' meant? Spreadsheets drop leading zeros; make the column's format text"],
            id="lost-zero",
        ),
        pytest.param(
            ["event,1,2,3,4,5,6,7,8,9,10,11,12,13"], ["2 event expected 12 cells, got 14"], id="too-many-cells"
        ),
    ],
)
def test_a_bad_row_is_named_with_its_line_and_what_was_expected(
    own: Own, lines: list[str], expected: list[str]
) -> None:
    assert faults(lambda: own(*lines)) == expected


@pytest.mark.parametrize(
    "head, line, expected",
    [
        pytest.param(
            "code,nmae", "06010,x", "1 nmae no column 'nmae' in this register; did you mean 'name'?", id="slip"
        ),
        pytest.param("name", "x", "1 code expected a column 'code'", id="no-code"),
        pytest.param(
            "code,same_as",
            "0192,06402",
            "2 0192 same_as: expected the code of another category that is known, got '06402'; did you mean '06042'?",
            id="the-same-as-nothing",
        ),
    ],
)
def test_columns_that_are_not_there(own: Own, head: str, line: str, expected: str) -> None:
    assert faults(lambda: own(line, head=head)) == [expected]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    section = CategoriesSection(file="own.csv")
    assert "expected a file that can be read" in faults(lambda: read_categories(section, tmp_path))[0]


# ---- stored with a version -------------------------------------------------------------------------------------------


CODES = st.text(st.sampled_from("0123456789abc"), min_size=1, max_size=5)
LIMITS = st.builds(Limit, st.floats(0.1, 100), st.sampled_from(Unit))
CONDITIONS = st.builds(
    Condition, st.text(max_size=2), st.text(max_size=5), limits=st.dictionaries(st.sampled_from(["", *"ABC"]), LIMITS)
)
KNOWN = st.builds(
    Category,
    st.sampled_from(["gb47678", "gb30428", "city"]),
    st.sampled_from(["event", "part"]),
    CODES,
    st.text(max_size=5),
    severity=st.integers(1, 4),
    conditions=st.lists(CONDITIONS, max_size=3).map(tuple),
)


@given(st.lists(KNOWN), st.dictionaries(CODES, CODES), LIMITS, st.lists(CODES))
def test_what_is_stored_reads_back_the_same(
    known: list[Category], same: dict[str, str], limit: Limit, asked: list[str]
) -> None:
    unique = {(each.standard, each.kind, each.code): each for each in known}
    categories = Categories(unique.values(), "gb47678", same, limit)
    stored = categories.to_json()
    again = Categories.from_json(stored)
    assert again.to_json() == stored
    assert Categories(reversed(unique.values()), "gb47678", dict(reversed(same.items())), limit).to_json() == stored
    for code in (*asked, *(each.code for each in known)):
        assert again.find(code) == categories.find(code)
        for area in ("", "A", "D"):
            assert again.limit(code, "1", area) == categories.limit(code, "1", area)


def test_a_version_keeps_what_the_tables_said(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("code,limit\n06010,3 work hours\n", "utf-8")
    section = CategoriesSection(file="own.csv")
    kept = with_tables(section, read_categories(section, tmp_path)).model_dump(mode="json")
    (tmp_path / "own.csv").unlink()
    assert kept["file"] is None
    again = categories_of(CategoriesSection.model_validate(kept))
    assert str(again.limit("0110")) == "3 work hours"
    assert categories_of(None).find("06010").name == "06010"
    with pytest.raises(ValueError, match="expected categories"):
        categories_of(section)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"format": 2, "standard": "", "categories": [], "same": {}}'])
def test_what_is_not_stored_categories_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="expected categories of format 1"):
        Categories.from_json(content)
