"""Limits as tables and people write them."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from cases.deadlines import Limit, LimitText, Unit


@pytest.mark.parametrize(
    "text, amount, unit",
    [
        pytest.param("2 urgent hours", 2, Unit.URGENT_HOUR, id="urgent"),
        pytest.param("1 urgent hour", 1, Unit.URGENT_HOUR, id="one"),
        pytest.param("4 work hours", 4, Unit.WORK_HOUR, id="work"),
        pytest.param("5 work days", 5, Unit.WORK_DAY, id="days"),
        pytest.param("0.5 work day", 0.5, Unit.WORK_DAY, id="half"),
        pytest.param("1 urgent day", 1, Unit.URGENT_DAY, id="urgent-day"),
        pytest.param("3 natural days", 3, Unit.URGENT_DAY, id="natural"),
        pytest.param("2紧急工作时", 2, Unit.URGENT_HOUR, id="zh-urgent"),
        pytest.param("1紧急工作日", 1, Unit.URGENT_DAY, id="zh-urgent-day"),
        pytest.param("4工作时", 4, Unit.WORK_HOUR, id="zh-work"),
        pytest.param("5 个工作日", 5, Unit.WORK_DAY, id="zh-counted"),
        pytest.param("2个工作小时", 2, Unit.WORK_HOUR, id="zh-hours"),
        pytest.param("7自然日", 7, Unit.URGENT_DAY, id="zh-natural"),
        pytest.param("\uff14\u3000工作时", 4, Unit.WORK_HOUR, id="full-width"),
        pytest.param(" 4  WORK_HOURS ", 4, Unit.WORK_HOUR, id="loosely"),
        pytest.param("90min", 1.5, Unit.URGENT_HOUR, id="clock"),
        pytest.param("2d", 48, Unit.URGENT_HOUR, id="clock-days"),
        pytest.param("20min", 1200 / 3600, Unit.URGENT_HOUR, id="no-end-of-digits"),
        pytest.param("200ms", 0.2 / 3600, Unit.URGENT_HOUR, id="next-to-nothing"),
    ],
)
def test_a_limit_is_read_and_written(text: str, amount: float, unit: Unit) -> None:
    limit = Limit.parse(text)
    assert limit == (amount, unit)
    assert Limit.parse(str(limit)) == limit
    assert Limit.parse(limit.zh) == limit


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("2 hours", id="which-hours"),
        pytest.param("2小时", id="zh-which-hours"),
        pytest.param("3天", id="zh-which-days"),
        pytest.param("4", id="bare"),
        pytest.param(4, id="number"),
        pytest.param("0 work hours", id="none"),
        pytest.param("-1 work hours", id="negative"),
        pytest.param("work hours", id="no-number"),
        pytest.param("4 work weeks", id="no-unit"),
        pytest.param("-5min", id="negative-clock"),
        pytest.param("", id="empty"),
        pytest.param(None, id="nothing"),
    ],
)
def test_what_is_no_limit_is_refused_with_what_was_expected(value: object) -> None:
    with pytest.raises(ValueError, match="expected a limit such as '2 urgent hours'"):
        Limit.parse(value)


def test_a_limit_in_a_configuration() -> None:
    class Section(BaseModel):
        limit: LimitText

    section = Section.model_validate({"limit": "4工作时"})
    assert section.limit == Limit(4, Unit.WORK_HOUR)
    assert section.model_dump(mode="json") == {"limit": "4 work hours"}
    assert Section.model_validate(section.model_dump(mode="json")) == section
    assert Limit(1, Unit.URGENT_DAY).zh == "1紧急工作日"
