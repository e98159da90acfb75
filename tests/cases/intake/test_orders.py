"""Orders of a hotline as reports."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cases.intake.orders import MOST, NoOrders, Order, orders
from cases.intake.settings import Hotline, IntakeSection
from cases.words import decode_report, encode

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 5, 1, 12, tzinfo=SHANGHAI).timestamp()
MAPPING: dict[str, Any] = {
    "datum": "WGS-84",
    "fields": {
        "number": {"path": "order.id"},
        "category": {"path": "kind", "words": {"垃圾": "06042", "路": "06013"}},
        "text": {"path": "text"},
        "address": {"path": "where.address"},
        "lon": {"path": "where.xy.0"},
        "lat": {"path": "where.xy.1"},
        "severity": {"path": "urgent", "words": {"特急": "4", "一般": "2"}, "otherwise": "1"},
        "at": {"path": "at", "unit": "local"},
    },
    "contact": {"name": "caller.name", "phone": "caller.phone"},
}
ORDER: dict[str, Any] = {
    "order": {"id": 77},
    "kind": "垃圾",
    "text": "满了\x00!",
    "where": {"address": "一号", "xy": ["120.1", 30.2]},
    "urgent": "特急",
    "at": "2026/05/01 08:30:00",
    "caller": {"name": "王", "phone": 13800000000, "age": [1]},
}


def take(payload: Any, **different: Any) -> list[Order]:
    return list(orders(payload, "12345", Hotline.model_validate(MAPPING | different), NOW, SHANGHAI))


def test_an_order_becomes_a_report() -> None:
    (order,) = take(ORDER)
    report = order.report
    assert report is not None
    assert (report.channel, report.number, report.category, report.text) == ("12345", "77", "06042", "满了!")
    assert (report.lon, report.lat, report.address, report.severity) == (120.1, 30.2, "一号", 4)
    assert report.contact == {"name": "王", "phone": "13800000000"}
    assert report.at == NOW
    assert report.extra == {"ordered": datetime(2026, 5, 1, 8, 30, tzinfo=SHANGHAI).timestamp()}
    assert decode_report(encode(report)) == report
    assert take(ORDER | {"text": "again"})[0].report.id == report.id  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "each, payload, numbers",
    [
        pytest.param("$", [ORDER, ORDER | {"order": {"id": "x"}}], ["77", "x"], id="a-list"),
        pytest.param("data.rows", {"data": {"rows": [ORDER]}}, ["77"], id="inside"),
        pytest.param(None, ORDER, ["77"], id="one"),
        pytest.param("$", [], [], id="none"),
    ],
)
def test_where_orders_are(each: str | None, payload: Any, numbers: list[str]) -> None:
    assert [order.number for order in take(payload, each=each)] == numbers


@pytest.mark.parametrize(
    "each, payload", [("$", ORDER), ("data.rows", {"data": 1}), ("data.rows", None), ("$", [ORDER] * (MOST + 1))]
)
def test_where_there_are_none(each: str, payload: Any) -> None:
    with pytest.raises(NoOrders, match="expected"):
        take(payload, each=each)


@pytest.mark.parametrize(
    "different, said",
    [
        pytest.param({"order": {}}, "number at 'order.id'", id="no-number"),
        pytest.param({"kind": "other"}, "category at 'kind'", id="no-category"),
        pytest.param({"text": "", "where": {}}, "a text or an address", id="nothing"),
        pytest.param({"where": {"xy": ["x", 1]}}, "'lon' in degrees", id="no-place"),
        pytest.param({"where": {"xy": [1, 91]}}, "'lat' in degrees", id="no-latitude"),
        pytest.param({"at": "yesterday"}, "2026-05-01 08:30:00", id="no-time"),
    ],
)
def test_what_is_wrong_is_said_without_what_they_wrote(different: dict[str, Any], said: str) -> None:
    (order,) = take(ORDER | different)
    assert order.report is None
    assert said in order.problem
    assert "王" not in order.problem


@pytest.mark.parametrize(
    "unit, text, at",
    [
        pytest.param("unix_s", "1777600000", 1777600000.0, id="seconds"),
        pytest.param("unix_ms", 1777600000000, 1777600000.0, id="milliseconds"),
        pytest.param("iso8601", "2026-05-01T08:30:00+08:00", 1777595400.0, id="offset"),
        pytest.param("local", "2026-05-01 08:30", 1777595400.0, id="local"),
        pytest.param("local", None, None, id="not-said"),
    ],
)
def test_when_it_was_said(unit: str, text: Any, at: float | None) -> None:
    fields = MAPPING["fields"] | {"at": {"path": "at", "unit": unit}}
    (order,) = take(ORDER | {"at": text}, fields=fields)
    assert order.report is not None
    assert order.report.extra.get("ordered") == at


def test_rows_of_a_table_have_columns_for_paths() -> None:
    fields = {
        "number": {"path": "no."[:2]},
        "category": {"path": "a.b", "otherwise": "x"},
        "text": {"path": "诉求.内容"},
    }
    (order,) = take({"no": "1", "诉求.内容": "满"}, fields=fields, datum=None, contact={})
    assert order.report is not None
    assert (order.report.text, order.report.category) == ("满", "x")


@pytest.mark.parametrize(
    "different, said",
    [
        pytest.param({"fields": {"number": {"path": "a"}}}, "'category', it is missing", id="no-category"),
        pytest.param({"datum": None}, "datum", id="no-datum"),
        pytest.param({"fields": MAPPING["fields"] | {"at": {"path": "t"}}}, "fields.at", id="no-unit"),
        pytest.param({"fields": MAPPING["fields"] | {"lattitude": {"path": "t"}}}, "lat", id="misspelt"),
        pytest.param({"fields": MAPPING["fields"] | {"text": {}}}, "path", id="empty"),
        pytest.param({"contact": {"wechat": "w"}}, "contact.wechat", id="contact"),
    ],
)
def test_a_mapping_that_can_not_be(different: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Hotline.model_validate(MAPPING | different)


@pytest.mark.parametrize("name", ["machine", "", "a/b", "hand"])
def test_a_hotlines_name(name: str) -> None:
    with pytest.raises(ValidationError, match="expected a name"):
        IntakeSection.model_validate({"hotlines": {name: MAPPING}})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*ORDER, "id", "xy"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_whatever_comes_each_is_a_report_or_says_why(payload: Any) -> None:
    for order in take([payload, ORDER], each="$"):
        assert (order.report is None) != (order.problem == "")
        if order.report is not None:
            assert decode_report(encode(order.report)) == order.report
    assert take([payload, ORDER], each="$")[1].report is not None
