"""`gridwatch categories`: a template to fill in, the check of what came back, and what holds then."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner, Result

from gridwatch.cli import app


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["categories", *map(str, words)])


@pytest.mark.parametrize("name", ["own.csv", "own.xlsx"])
@pytest.mark.parametrize("standard", ["gb47678", "gb30428", "none"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_template_is_without_fault(tmp_path: Path, name: str, standard: str, language: str) -> None:
    file = tmp_path / name
    made = run("template", file, "--standard", standard, "--language", language)
    assert made.exit_code == 0, made.output
    checked = run("check", file, "--standard", standard)
    assert (checked.exit_code, checked.output.count("no faults")) == (0, 1), checked.output
    again = run("template", file)
    assert (again.exit_code, "is there already" in again.output) == (2, True)


def test_a_workbook_that_somebody_filled_in(tmp_path: Path) -> None:
    """Codes stay text, also in rows below those that were there."""
    file = tmp_path / "own.xlsx"
    run("template", file)
    book = openpyxl.load_workbook(file)
    sheet = book.worksheets[0]
    headings = [cell.value for cell in sheet[1]]
    codes = [cell.value for cell in sheet["B"]]
    rubbish, free = codes.index("06010") + 1, sheet.max_row + 1
    free = next(line for line in range(1, free + 1) if sheet.cell(line, 2).value is None)
    sheet.cell(rubbish, headings.index("处置时限") + 1, "4工作时")
    sheet.cell(free, 2, "0192")
    sheet.cell(free, headings.index("对应标准代码") + 1, "06042")
    sheet.cell(free, headings.index("处置时限") + 1, "2紧急工作时")
    assert sheet.cell(free, 2).number_format == "@"
    book.save(file)
    checked = run("check", file)
    assert "84 categories in all, 2 with limits of their own" in checked.output, checked.output


def test_every_bad_row_is_named(tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text("code,limit\n06010,4 hours\n06011,soon\n", "utf-8")
    found = run("check", file)
    assert found.exit_code == 1
    assert f"{file}:2  06010   limit: expected a limit such as" in found.output
    assert f"{file}:3  06011   limit: expected" in found.output
    assert "2 faults" in found.output


def test_a_name_that_is_no_tables(tmp_path: Path) -> None:
    assert run("template", tmp_path / "own.xls").exit_code == 2


CITY = """
city: street
time_zone: Asia/Shanghai
sources: {cameras: {type: import, tick: 500ms, down: 1h}}
streams: {sightings: {source: cameras, topic: "cameras/{camera}/sightings", codec: sightings, unknown: accept}}
"""


def test_the_list_of_a_city(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("code,name,limit_a,limit_b\n06010,,2 work hours,4工作时\n06099,占绿,,\n", "utf-8")
    (tmp_path / "city.yaml").write_text(CITY + "categories: {file: own.csv, default_limit: 2d}\n", "utf-8")
    told = run("list", "--config", tmp_path, "--language", "en").output
    assert "exposed rubbish" in told
    assert "A 2 work hours, B 4 work hours" in told
    assert "(48 urgent hours)" in told
    objects = [json.loads(line) for line in run("list", "--config", tmp_path, "--json").output.splitlines()]
    (own,) = [each for each in objects if each["standard"] == "city"]
    assert (own["code"], own["name"], own["conditions"]) == ("06099", "占绿", [])
    (rubbish,) = [each for each in objects if each["code"] == "06010"]
    assert rubbish["conditions"][0]["limits"] == {"A": "2 work hours", "B": "4 work hours"}
    assert len(run("list", "--config", tmp_path, "--standard", "gb30428").output.splitlines()) == 34


def test_a_city_without_categories(tmp_path: Path) -> None:
    (tmp_path / "city.yaml").write_text(CITY, "utf-8")
    assert "There are no categories" in run("list", "--config", tmp_path).output
    assert run("list", "--config", tmp_path, "--json").output == ""
