"""What the page of a case asks beside the case: why, around, near, export, and the table of what was."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from console.case_history import COLUMNS, plain
from console.case_told import Hold
from console.case_words import joined, lasted, said
from tests.console.case_kit import CASE, NUMBER, RULE, FakeCase, furnished
from tests.console.kit import NOW, Town, case_row

ZONE = ZoneInfo("Asia/Shanghai")
HELD = (
    "It has to be wrong for 20 s, and was from 2026-05-28 20:25:00 to 2026-05-28 20:25:20, when it was confirmed; "
    "right for 10 s ends it; so does a silence of more than 1 min."
)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[Town, FakeCase]]:
    town, beside = furnished(tmp_path)
    yield town, beside
    town.engine.dispose()


def test_why_tells_rule_measure_hold_and_version_in_both_languages(place: tuple[Town, FakeCase]) -> None:
    found = place[0].client("BOSS").get(f"/api/cases/{CASE}/why").json()
    (rule,) = found["rules"]
    assert rule["then"]["parameters"] == [{"name": "tolerance", "value": "10 %"}]
    assert (found["configuration"], found["world"]) == ("c" * 64, "d" * 64)
    assert found["text"]["en"] == [
        "The rule 'fast' found it.",
        "It asks: Is the vehicle faster than it may be here?",
        "It was set to: tolerance 10 %.",
        "The worst that it measured is 31.5 km/h.",
        HELD,
    ]
    assert found["text"]["zh"][1] == "它检测的是：车辆是否超过了此处的限速？"
    assert [(each["member"], each["why"]["zh"]) for each in found["came"]] == [
        ("", [""]),
        ("r1", ["类别相同，相距 12 米"]),
    ]


def test_a_rule_that_nothing_tells_of_any_more_is_said_to_be_unknown(place: tuple[Town, FakeCase]) -> None:
    town, _ = place
    town.add(case_row("old", rule="gone", rule_version="v0"), case_row("told"))
    old = town.client("BOSS").get("/api/cases/old/why").json()
    assert (old["rules"][0]["then"], old["text"]["en"][1]) == (
        None,
        "How that rule was set then is no longer known here.",
    )
    told = town.client("BOSS").get("/api/cases/told/why").json()
    assert (told["rules"], told["text"]["zh"]) == ([], ["由人员报送，并非规则发现。"])


@pytest.mark.parametrize(
    ("hold", "en", "zh"),
    [
        pytest.param(
            Hold(wrong_for=0, right_for=0, gap=None, assume=None, silence=False),
            "One wrong row is enough, and that was at 1970-01-01 08:00:00; one right row ends it.",
            "一条异常数据即成立，发生于 1970-01-01 08:00:00；一条正常数据即结束。",
            id="one-row",
        ),
        pytest.param(
            Hold(wrong_for=90, right_for=0, gap=None, assume=7200, silence=False),
            "It has to be wrong for 1 min 30 s, and was from 1970-01-01 08:00:00; one right row ends it; a silence "
            "counts as what was said last, for 2 h.",
            "异常须持续 1 分钟 30 秒，自 1970-01-01 08:00:00 起异常；一条正常数据即结束；"
            "中断期间按最后一条数据计，最长 2 小时。",
            id="assumed",
        ),
        pytest.param(
            Hold(wrong_for=0, right_for=0, gap=None, assume=None, silence=True),
            "Too long a silence makes a case: nothing was heard from 1970-01-01 08:00:00 on; one right row ends it.",
            "沉默过久即为异常：自 1970-01-01 08:00:00 起未收到数据；一条正常数据即结束。",
            id="silence",
        ),
    ],
)
def test_a_hold_is_told_in_words(hold: Hold, en: str, zh: str) -> None:
    case = {"rule": "r", "measure": None, "unit": "", "started": 0.0, "confirmed": None, "late": False}
    found = said(case, RULE.model_copy(update={"hold": hold}), ZONE)
    assert (found.en[-1], found.zh[-1]) == (en, zh)


@pytest.mark.parametrize(
    ("why", "zh"),
    [
        pytest.param("same category and subject", "类别与对象相同", id="subject"),
        pytest.param(
            "same category, 7 m away, 12 min after it was closed",
            "类别相同，相距 7 米，结案后 12 分钟",
            id="after-closing",
        ),
        pytest.param("roadworks until Friday", "roadworks until Friday", id="somebody-s-words"),
    ],
)
def test_how_a_member_came_is_told(why: str, zh: str) -> None:
    assert joined(why) == ([why], [zh])


@pytest.mark.parametrize(
    ("seconds", "en", "zh"),
    [
        pytest.param(19.5, "19.5 s", "19.5 秒", id="seconds"),
        pytest.param(870, "14 min 30 s", "14 分钟 30 秒", id="minutes"),
        pytest.param(11_100, "3 h 5 min", "3 小时 5 分钟", id="hours"),
        pytest.param(181_440, "2.1 d", "2.1 天", id="days"),
    ],
)
def test_lengths_of_time(seconds: float, en: str, zh: str) -> None:
    assert (lasted(seconds), lasted(seconds, zh=True)) == (en, zh)


def test_around_is_told_as_the_journal_has_it(place: tuple[Town, FakeCase]) -> None:
    town, beside = place
    assert town.client("BOSS").get(f"/api/cases/{CASE}/around").json()["lacking"] == "gone"
    beside.busy = True
    answer = town.client("BOSS").get(f"/api/cases/{CASE}/around")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")


def test_without_a_running_city_what_needs_one_says_so(town: Town) -> None:
    town.add(case_row("c1", rule="fast"))
    client = town.client("BOSS")
    for path in ("around", "export"):
        assert client.get(f"/api/cases/c1/{path}").status_code == 503
    assert client.get("/api/cases/c1/why").json()["rules"][0]["then"] is None
    assert client.get("/api/cases/c1/near").json() == {"cameras": [], "earlier": []}


def test_near_are_cameras_and_what_was_there_before(place: tuple[Town, FakeCase]) -> None:
    found = place[0].client("BOSS").get(f"/api/cases/{CASE}/near").json()
    assert [(each["id"], each["metres"]) for each in found["cameras"]] == [("gate-3", 99.9), ("truck-1", None)]
    assert [(each["id"], each["same"]) for each in found["earlier"]] == [
        ("earlier-subject", ["subject"]),
        ("earlier-place", ["place"]),
    ]
    nearer = place[0].client("BOSS").get(f"/api/cases/{CASE}/near?metres=50").json()
    assert [(each["id"], each["saw"]) for each in nearer["cameras"]] == [("gate-3", True), ("truck-1", True)]


def test_a_unit_sees_its_own_neighbours_only(place: tuple[Town, FakeCase]) -> None:
    assert place[0].client("UNIT").get(f"/api/cases/{CASE}/near").json()["earlier"] == []


@pytest.mark.parametrize(
    ("token", "query", "status"),
    [
        pytest.param("BOSS", "form=zip&language=zh", 200, id="zip"),
        pytest.param("BOSS", "contact=true", 200, id="with-contact"),
        pytest.param("UNIT", "contact=true", 403, id="contact-is-for-the-desk"),
        pytest.param("BOSS", "form=pdf", 503, id="no-printer"),
        pytest.param("BOSS", "form=exe", 422, id="no-such-form"),
        pytest.param("APP", "", 403, id="who-may-see-no-evidence"),
    ],
)
def test_a_case_is_exported_as_a_file(place: tuple[Town, FakeCase], token: str, query: str, status: int) -> None:
    town, beside = place
    answer = town.client(token).get(f"/api/cases/{NUMBER}/export?{query}")
    assert answer.status_code == status
    if status == 200:
        form = "zip" if "zip" in query else "html"
        assert answer.headers["content-disposition"] == f'attachment; filename="{NUMBER}.{form}"'
        assert beside.exported[-1][0] == CASE


def test_the_table_has_a_row_a_case_in_the_city_s_time(place: tuple[Town, FakeCase]) -> None:
    town, _ = place
    town.add(case_row("formula", text="=cmd|' /C calc'!A0", opened=NOW + 1, category="0110"))
    answer = town.client("BOSS").get("/api/history.csv?language=zh&state=reported&state=closed")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert list(rows[0]) == [zh for _, _, zh in COLUMNS]
    assert [row["案件编号"] for row in rows] == ["N-formula", "N-earlier-subject", "N-earlier-place", "N-far"]
    assert rows[0]["描述"].startswith("'=cmd")
    assert (rows[1]["状态"], rows[0]["上报时间"]) == ("已结案", "2026-05-28 20:26:41")
    only = town.client("BOSS").get("/api/history.csv", params={"category": "0110"}).text
    assert len(only.splitlines()) == 2


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t"])
def test_no_cell_is_a_formula(begins: str) -> None:
    assert plain(f"{begins}1").startswith("'")
