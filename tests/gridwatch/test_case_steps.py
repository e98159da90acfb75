"""Steps, reports and orders from a command line, over a web API that is served for real."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from PIL import Image
from typer.testing import CliRunner

from cases.words import Report, Step
from gridwatch.asking import TOKEN_ENV, URL_ENV
from gridwatch.cli import app
from gridwatch.web_running import WebServer
from tests.console.kit import SECRETS, Town, case_row

PLACE = ["--lon", "120.16", "--lat", "30.25"]


class Log:
    def error(self, said: str, **_: Any) -> None:
        raise AssertionError(said)


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    town = Town(tmp_path)
    server = WebServer(town.app, town.settings.web.model_copy(update={"port": 0}), Log())
    server.start()
    monkeypatch.setenv(URL_ENV, server.url)
    monkeypatch.setenv(TOKEN_ENV, SECRETS["BOSS"])
    monkeypatch.chdir(tmp_path)
    yield town
    server.stop()
    town.engine.dispose()


def run(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["cases", *words], env={"COLUMNS": "120"})
    assert result.exit_code == code, result.output
    return result.output


def test_a_report_is_shown_what_it_may_be_first(served: Town) -> None:
    served.add(case_row("near", category="06042", lon=120.16, lat=30.25, text="bin\x1b[31m full"))
    asked = ["report", "--category", "06042", "--text", "bin full", *PLACE]
    shown = run(*asked, code=1)
    assert "N-near" in shown
    assert "\x1b[31m" not in shown
    assert "--joins CASE" in shown
    assert not served.office.said
    run(*asked, "--joins", "N-near")
    assert "reported" in run(*asked, "--new", "--name", "Wang")
    joined, new = served.office.said
    assert isinstance(joined, Report)
    assert isinstance(new, Report)
    assert (joined.joins, new.joins, new.contact) == ("near", "", {"name": "Wang"})


def test_a_report_with_a_photo_the_same_again(served: Town, tmp_path: Path) -> None:
    Image.new("RGB", (9, 9)).save(tmp_path / "a.jpg")
    asked = ["report", "--category", "x", "--address", "1 Main St", "--photo", "a.jpg", "--key", "k", "--json"]
    numbers = {json.loads(run(*asked))["number"] for _ in range(2)}
    assert len(numbers) == 1
    said = served.office.said[0]
    assert isinstance(said, Report)
    assert said.photos[0].endswith(".jpg")


def test_a_step_with_its_data(served: Town) -> None:
    served.add(case_row("c1", state="filed"))
    done = run("step", "N-c1", "dispatch", "--data", "unit=unit-7", "--data", 'helpers=["a"]', "--note", "soon")
    assert done == "c1: dispatched\n"
    (said,) = served.office.said
    assert isinstance(said, Step)
    assert (said.by, said.role, said.note) == ("boss", "supervisor", "soon")
    assert said.data == {"unit": "unit-7", "helpers": ["a"]}
    refused = run("step", "c1", "close", code=1)
    assert "Possible now: accept," in refused
    assert "there is none of this name; did you mean 'close'?" in run("step", "c1", "clos", code=2)
    assert "no case has the number" in run("step", "9", "close", code=1)
    assert "KEY=VALUE" in run("step", "c1", "handled", "--data", "photos", code=2)


ROWS = [
    ["工单编号", "诉求内容", "addr", "time"],
    ["0001", "垃圾桶满了", "解放路1号", "2026-05-01 08:30:00"],
    ["0002", "", "", ""],
    ["0003", "路面破损", "解放路2号", ""],
]


@pytest.mark.parametrize("form", ["csv", "gbk", "xlsx"])
def test_orders_of_a_file(served: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    monkeypatch.setenv(TOKEN_ENV, SECRETS["HOTLINE"])
    if form == "xlsx":
        file = tmp_path / "orders.xlsx"
        book = openpyxl.Workbook()
        for row in ROWS:
            book.worksheets[0].append(row)
        book.save(file)
    else:
        file = tmp_path / "orders.csv"
        text = "".join(",".join(row) + "\n" for row in ROWS)
        file.write_bytes(text.encode("gbk" if form == "gbk" else "utf-8-sig"))
    for _ in range(2):
        said = run("import-orders", str(file), "--hotline", "12345", code=1)
        assert f"{file}:3  0002   expected a text or an address" in said
        assert "2 orders taken, 1 not" in said
    assert {each.number for each in served.office.said if isinstance(each, Report)} == {"0001", "0003"}
    assert len({each.id for each in served.office.said}) == 2


@pytest.mark.parametrize(
    "environment, said, code",
    [
        pytest.param({TOKEN_ENV: ""}, f"Set {TOKEN_ENV}", 2, id="no-token"),
        pytest.param({TOKEN_ENV: "x" * 20}, f"Set {TOKEN_ENV}", 2, id="another-token"),
        pytest.param({TOKEN_ENV: SECRETS["APP"]}, "you have no role", 2, id="no-role"),
        pytest.param({URL_ENV: "http://127.0.0.1:9"}, "gridwatch run", 3, id="nothing-runs"),
        pytest.param({URL_ENV: "nonsense"}, "gridwatch run", 3, id="no-address"),
        pytest.param({URL_ENV: ""}, "There is no city.yaml", 2, id="no-configuration"),
    ],
)
@pytest.mark.usefixtures("served")
def test_what_stands_in_the_way_is_said(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], said: str, code: int
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
    assert said in run("step", "c1", "close", code=code)
