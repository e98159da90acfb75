"""Sentences of another language, by templates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.wording import Wording

WORDING = Wording(
    {
        "closed": "已结案",
        "it is {state}": "现为{=state}",
        "{what}: {why}": "{what}：{!why}",
        "{first}, {rest}": "{!first}、{!rest}",
        "{by} did {what} then": "{what}由{by}",
    }
)


@pytest.mark.parametrize(
    ("said", "other"),
    [
        pytest.param("closed", "已结案", id="whole"),
        pytest.param("it is closed", "现为已结案", id="a-value-is-worded"),
        pytest.param("it is open", "现为open", id="as-it-is-where-it-can-not-be"),
        pytest.param("case: closed", "case：已结案", id="a-value-must-be-worded"),
        pytest.param("case: open", None, id="else-it-does-not-fit"),
        pytest.param("closed, it is closed, closed", "已结案、现为已结案、已结案", id="lists"),
        pytest.param("li did that then", "that由li", id="another-order"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_find(said: str, other: str | None) -> None:
    assert WORDING.find(said) == other


def test_both_sides_have_the_same_values() -> None:
    with pytest.raises(ValueError, match="the same names in braces"):
        Wording({"more than {many}": "超过 {most}"})


@given(st.text(max_size=60))
def test_values_come_through_whatever_they_are(value: str) -> None:
    found = WORDING.find(f"it is {value}")
    assert (
        found is None
        if not value
        else found is not None and (value in found or value == "closed" or ":" in value or "," in value)
    )
