"""What the API says in English it says in Chinese too: sentences are looked for in the code that says them.

A sentence that is new fails here until it is in console/words.zh.toml, or in ENGLISH: what only programs and whoever
runs the machine meet.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cases.fusion.scopes import faults
from cases.fusion.words import Shelving, Suppression
from cases.registers.kinds import REGISTERS
from console.words import in_chinese, language_of, tables, wording
from detectors import DETECTORS
from pipeline.detector_words import detector_words, read_words
from pipeline.registry import detector
from pipeline.runtime.compose import load_city
from pipeline.runtime.coverage import coverage
from tests.console.kit import Town

ROOT = Path(__file__).resolve().parents[2]
SAID = [
    ("console", "Refused", 1),
    ("cases/desk", "Refused", 0),
    ("connectors/dispatch", "Refused", 0),
    ("connectors/dispatch", "Again", 0),
    ("pipeline/register_csv.py", "report", 2),
    ("pipeline/register_checks.py", "report", 2),
    ("cases/registers/checking.py", "report", 2),
    ("cases/fusion/asking.py", "ValueError", 0),
    ("cases/office.py", "NotHeard", 0),
    ("pipeline/runtime/office.py", "NotHeard", 0),
    ("gridwatch/tryouts.py", "CantBe", 0),
    ("gridwatch/rules_beside.py", "CantBe", 0),
    ("gridwatch/case_beside.py", "CantBe", 0),
    ("cameras/streams.py", "StreamFailed", 0),
    ("cameras/reading.py", "StreamFailed", 0),
    ("cases/registers/editing.py", "Fault", 3),
    ("cases/registers/editing_large.py", "Fault", 3),
]
"""Where, by which call, which of its arguments is the sentence."""
PROGRAMS = ("open311", "answers", "hotlines", "basemap", "live_map", "admin_tokens")
"""Modules of console that mostly programs talk to, by the beginning of their names: what they refuse may be English."""
WHOLE = [
    "pipeline/runtime/cluster/following.py",
    "pipeline/runtime/cluster/producing.py",
    "gridwatch/health_cluster.py",
]
"""Files whose every sentence somebody may read on the page of integrations, but for what is logged alone."""
LOGGED = {"the city's topics can't be followed"}
ENGLISH = {
    "{_} can't be read: {_}.",
    "Exports are made by a running city: use `gridwatch cases export` on its machine.",
    "Nothing runs here that could open it: fetch it without the key, and open it with age.",
    "The folder of the reports can't be read: {_}.",
    "The report can't be written: {_}. Make room, then try again.",
    "box: expected west,south,east,north in degrees.",
    "cells: there is no such column in {_}.",
    "where: there is no such column in {_}.",
    "Nothing was changed. {_}{_}.{_}",
    "{_}. Let it be signed, or taken back, first.",
    "{_}; known: {_}",
}
"""Sentences of programs, of whoever administers the machine, and made of others alone."""


def template(node: ast.expr) -> str:
    """A sentence of the code; `{_}` stands for its values, '' where it is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(each.value) if isinstance(each, ast.Constant) else "{_}" for each in node.values)
    return ""


def sentences(where: str, call: str, argument: int) -> Iterator[tuple[str, str]]:
    """(module, sentence)."""
    place = ROOT / where
    for file in [place] if place.suffix else sorted(place.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            name = getattr(getattr(node, "func", None), "id", "")
            if isinstance(node, ast.Call) and name == call and len(node.args) > argument:
                text = template(node.args[argument])
                if re.search(r"[a-z]{2}", text.replace("{_}", "")):
                    yield file.stem, text


@pytest.mark.parametrize("where, call, argument", [pytest.param(*each, id=f"{each[0]}-{each[1]}") for each in SAID])
def test_what_is_said_has_its_chinese(where: str, call: str, argument: int) -> None:
    lacking = [
        text
        for module, text in sentences(where, call, argument)
        if not module.startswith(PROGRAMS) and text not in ENGLISH and wording().find(text.replace("{_}", "x")) is None
    ]
    assert sorted(set(lacking)) == []


@pytest.mark.parametrize("file", WHOLE)
def test_what_a_city_on_kafka_says_has_its_chinese(file: str) -> None:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    inner = {id(part) for each in ast.walk(tree) if isinstance(each, ast.JoinedStr) for part in each.values}
    inner |= {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr)}
    said = {template(each) for each in ast.walk(tree) if isinstance(each, ast.expr) and id(each) not in inner}
    lacking = [
        each
        for each in sorted(said - LOGGED)
        if len(re.findall(r"[a-z]{2,}", each.replace("{_}", ""))) > 2
        and " " in each
        and wording().find(each.replace("{_}", "x")) is None
    ]
    assert lacking == []


def test_every_fault_of_a_scope_has_its_chinese() -> None:
    wrong = Suppression(
        id="s", by="li", reason="", since=5.0, until=5.0, circle=(0, 0, 0), polygon=((0, 0),), verdict="duplicate"
    )
    found = [*faults(wrong), *faults(Shelving(id="s", by="li", reason="r", since=0.0, until=5.0))]
    assert len(found) > 5
    assert [each for each in found if wording().find(each) is None] == []


@pytest.mark.parametrize("name", sorted(DETECTORS))
def test_every_detector_has_its_chinese(name: str) -> None:
    words, own = read_words(name, "zh"), set(detector(name).model_fields)
    assert words.question.endswith("？")
    assert words.about
    assert set(words.parameters) == own


@pytest.mark.parametrize(
    ("name", "language"),
    [pytest.param("overspeed", "de", id="no-such-language"), pytest.param("overspede", "zh", id="no-such-detector")],
)
def test_without_words_a_detector_has_its_own(name: str, language: str) -> None:
    words = detector_words(name, language)
    assert (words.question, words.about, dict(words.parameters), words.missing.find("no manifest")) == (
        "",
        "",
        {},
        None,
    )


def test_why_a_rule_can_not_judge_has_its_chinese() -> None:
    city = load_city(ROOT / "configs" / "demo" / "city.yaml", {"metrics": None})
    by_rule = {each.id: each.detector for each in city.configuration.rules}
    lacking = [
        why
        for each in coverage(city)
        for why in (*each.reasons, *each.notes)
        if detector_words(by_rule[each.rule], "zh").missing.find(why) is None and wording().find(why) is None
    ]
    assert lacking == []


def test_every_column_and_register_has_its_chinese() -> None:
    texts = {each.about for each in REGISTERS.values()} | {c.about for each in REGISTERS.values() for c in each.columns}
    assert [text for text in sorted(texts) if wording().find(text) is None] == []


def test_nothing_is_there_twice() -> None:
    english = [each for table in tables().values() for each in table]
    assert sorted({each for each in english if english.count(each) > 1}) == []


@pytest.mark.parametrize(
    ("said", "zh"),
    [
        pytest.param("There is no such user.", "没有这个用户。", id="whole"),
        pytest.param(
            "overspeed and a report add up to it", "overspeed 与 一件上报 合起来构成本案", id="fusion-adds-up"
        ),
        pytest.param("suppressed (known fixture): 雕塑", "抑制（固有物）：雕塑", id="fusion-suppressed"),
        pytest.param("more than 12 in 10 min", "10 分钟内超过 12 件", id="fusion-storm"),
        pytest.param(
            "'file' is for acceptor, supervisor; you are unit.",
            "“立案”由受理员、督察办理；您的角色是处置部门。",
            id="roles-and-actions",
        ),
        pytest.param(
            "note: Field required; text: String should have at most 20 characters",
            "说明：必填；描述：最多 20 个字",
            id="validation",
        ),
        pytest.param(
            "the case has changed since (revision 4, you saw 3): look again: li 于 3 分钟前派遣.",
            "案件已被他人更新（现为第 4 版，您看到的是第 3 版），请查看后再办理。最近一步：li 于 3 分钟前派遣。",
            id="somebody-was-quicker",
        ),
        pytest.param(
            "Nothing was changed. o2: expected a value for name. And 3 more.",
            "未作任何修改。o2：名称必填。另有 3 处错误。",
            id="a-row-with-faults",
        ),
        pytest.param(
            "It can't be taken now: it can't be written down now: Kafka at k:9092 did not take it, and the connection"
            " was given up..",
            "暂时无法受理：暂时无法写入：Kafka at k:9092 未接收，连接已放弃。",
            id="kafka-is-away",
        ),
        pytest.param(
            "rtsp://cam/1: nobody listens there; check host and port",
            "rtsp://cam/1：没有服务在监听；请检查主机与端口",
            id="why-a-camera-is-down",
        ),
        pytest.param(
            "This token is not known. Whoever runs this city has them: web.tokens in its configuration, or its"
            " console.",
            "此令牌无效。令牌由本市系统管理员提供（配置的 web.tokens 或控制台）。",
            id="not-known",
        ),
        pytest.param("What nobody thought of.", "What nobody thought of.", id="stays-english"),
        pytest.param("a, b: " * 400, "a, b: " * 400, id="long-texts-are-nobody-s-sentences"),
    ],
)
def test_a_sentence_is_in_chinese(said: str, zh: str) -> None:
    assert in_chinese(said) == zh


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        pytest.param("", "en", id="none"),
        pytest.param("zh", "zh", id="zh"),
        pytest.param("zh-CN,zh;q=0.9,en;q=0.8", "zh", id="a-browser"),
        pytest.param("en-GB,zh;q=0.9", "en", id="english-first"),
        pytest.param("de, zh;q=0.5, en;q=0.6", "en", id="weights"),
        pytest.param("fr;q=x, *", "en", id="nonsense"),
        pytest.param("zh;q=x", "en", id="a-weight-that-is-none"),
    ],
)
def test_which_language_is_asked_for(accepted: str, language: str) -> None:
    assert language_of(accepted) == language


def test_a_refusal_is_in_the_language_that_is_asked_for(town: Town) -> None:
    client = town.client("APP")
    told = {each: client.get("/api/cases", headers={"Accept-Language": each}).json() for each in ("en", "zh")}
    assert told["en"]["detail"].startswith("You may only report and follow reports")
    assert told["zh"]["detail"] == "您尚无角色，只能上报和查看上报进度。角色由管理员分配。"
    assert client.get("/api/cases").json() == told["en"]
