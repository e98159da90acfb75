"""`gridwatch list` and `gridwatch explain`: complete, in two languages, and sound where a package is broken."""

from __future__ import annotations

import json
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import pipeline.registry
from cameras.watchers import WATCHERS
from connectors import SOURCES
from connectors.codecs import CODECS, UNPACKERS
from connectors.dispatch import TARGETS
from detectors import DETECTORS
from gridwatch.cli import app
from gridwatch.cli.list import What
from pipeline.version import Hold
from replay.scenarios.library import SCENARIOS
from tests.docs_pages import ROOT

DEMO = ROOT / "configs" / "demo"
EVERY = {
    What.detectors: sorted(DETECTORS),
    What.codecs: sorted({*CODECS, *UNPACKERS}),
    What.connectors: sorted(SOURCES),
    What.targets: sorted(TARGETS),
    What.watchers: sorted(WATCHERS),
    What.scenarios: [each.name for each in SCENARIOS],
}


def gridwatch(*words: object, columns: int = 110) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": str(columns)})


def objects(*words: object) -> list[dict[str, Any]]:
    result = gridwatch(*words, "--json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch) -> list[EntryPoint]:
    """The entry points that are installed."""
    installed: list[EntryPoint] = []
    monkeypatch.setattr(pipeline.registry, "entry_points", lambda group: EntryPoints(installed).select(group=group))
    return installed


# ---- list ------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("what", list(What))
def test_all_there_is_has_a_line_that_says_what_it_is(what: What) -> None:
    found = objects("list", what)
    assert [each["name"] for each in found] == EVERY[what]
    assert [each["name"] for each in found if not each["about"] or each["about"].startswith("`")] == []
    assert {(each["kind"], each["from"], each["broken"]) for each in found} == {
        (what.removesuffix("s"), "gridwatch", "")
    }
    lines = gridwatch("list", what).stdout.splitlines()
    assert [line.split()[0] for line in lines[1:] if line] == EVERY[what]


@pytest.mark.usefixtures("packages")
def test_everything_together() -> None:
    assert len(objects("list")) == sum(map(len, EVERY.values()))


def test_a_package_that_is_broken_says_why_and_harms_nobody_else(packages: list[EntryPoint]) -> None:
    packages.append(EntryPoint("broken", "no_such_module:Broken", "gridwatch.detectors"))
    packages.append(EntryPoint("reversing", "tests.tiny_city:Fast", "gridwatch.detectors"))
    found = {each["name"]: each for each in objects("list", "detectors")}
    assert found["broken"]["broken"].startswith("ModuleNotFoundError")
    assert found["reversing"]["from"] == "tests.tiny_city:Fast"
    assert len(found) == len(DETECTORS) + 2
    assert "broken" in gridwatch("list", "detectors").stdout


def test_two_packages_with_one_name(packages: list[EntryPoint]) -> None:
    packages += [EntryPoint("same", f"{each}:Same", "gridwatch.watchers") for each in ("one", "two")]
    assert "two watchers are named 'same'" in gridwatch("list", "watchers", columns=200).stdout


def test_in_chinese() -> None:
    found = {each["name"]: each["about"] for each in objects("list", "detectors", "--language", "zh")}
    assert found["overspeed"] == "车辆是否超过了此处的限速？"
    assert all(any("一" <= c <= "鿿" for c in about) for about in found.values())


# ---- explain ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(DETECTORS))
def test_every_detector_is_explained_with_every_parameter(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (told,) = objects("explain", name)
    kind = DETECTORS[name]
    assert [each["name"] for each in told["parameters"]] == list(kind.model_fields)
    assert all(each["about"] for each in told["parameters"])
    assert told["needs"] == list(kind.needs)
    assert told["unit"] == ("" if isinstance(kind.unit, property) else kind.unit)
    assert told["question"].endswith("?")
    assert told["about"]
    shown = gridwatch("explain", name)
    assert shown.exit_code == 0
    assert all(parameter in shown.stdout for parameter in kind.model_fields)


def test_a_rule_of_the_demo_with_what_is_said_here_and_whom_it_judges() -> None:
    (told,) = objects("explain", "overspeed", "--config", DEMO)
    by_name = {each["name"]: each for each in told["parameters"]}
    hold = [field.alias or name for name, field in Hold.model_fields.items()]
    assert list(by_name) == [*hold, "tolerance"]
    assert (by_name["for"]["value"], by_name["for"]["default"], by_name["for"]["given"]) == ("20 s", "0 s", True)
    assert (told["rule"], told["classes"], told["covered"]["judged"]) == ("overspeed", ["muck_truck"], 60)
    shown = gridwatch("explain", "overspeed", "--config", DEMO).stdout
    assert "Default tolerance 10 %: GNSS speed of moving lorries" in shown
    assert "can judge 60 of 60" in shown


def test_a_detector_names_the_rules_that_use_it() -> None:
    (told,) = objects("explain", "threshold", "--config", DEMO)
    assert "rule" not in told
    assert "bin-full" in told["rules"]


def test_without_a_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (told,) = objects("explain", "overspeed")
    assert "rule" not in told
    (tolerance,) = told["parameters"]
    assert (tolerance["default"], tolerance["kind"]) == ("10 %", "percentage")


def test_an_explanation_in_chinese() -> None:
    shown = gridwatch("explain", "off-route", "--config", DEMO, "--language", "zh").stdout
    for words in (
        "车辆是否偏离了准运证所列的全部路线？",
        "读取 定位数据",
        "持续异常多久才成立",
        "离路线多远以内仍算在路线上",
    ):
        assert words in shown.replace("\n", ""), shown
    assert "How long" not in shown


def test_why_somebody_can_not_be_judged_in_chinese(tmp_path: Path) -> None:
    (tmp_path / "vehicles.csv").write_text("id,class\nt1,muck_truck\n")
    (tmp_path / "city.yaml").write_text(CITY)
    shown = gridwatch("explain", "fast", "--config", tmp_path, "--language", "zh", columns=200).stdout
    assert "1 不可判定: 没有限速" in shown, shown
    assert "1 not: no speed limit" in gridwatch("explain", "fast", "--config", tmp_path, columns=200).stdout


CITY = """\
city: demo
time_zone: UTC
registers: {vehicles: vehicles.csv, datum: WGS-84}
sources: {s: {type: import}}
streams:
  gps:
    source: s
    topic: t/{d}
    codec: json
    rows: position
    subject: "{d}"
    datum: WGS-84
    fields: {ts: {path: t, unit: unix_s}, lon: {path: x}, lat: {path: y}, speed: {path: v, unit: km/h}}
rules:
  - {id: fast, detector: overspeed}
"""


@pytest.mark.parametrize(
    "name, told",
    [
        pytest.param("overspede", "no rule and no detector 'overspede'; did you mean 'overspeed'?", id="a-slip"),
        pytest.param("off-rout", "did you mean 'off-route'?", id="a-rule"),
        pytest.param("xyz", "`gridwatch list detectors` lists them", id="none-near"),
    ],
)
def test_an_unknown_name_gets_a_suggestion(name: str, told: str) -> None:
    result = gridwatch("explain", name, "--config", DEMO)
    assert result.exit_code == 2
    assert told in result.stderr
