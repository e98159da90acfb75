"""units: amounts are read, written and compared as they were said; a bare number is refused."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from pydantic import BaseModel, ValidationError

from pipeline.units import Amount, Seconds, in_column, same_unit, units_of


class Bounds(BaseModel):
    above: Amount | None = None
    by: Amount = Amount(10, "°C")


@pytest.mark.parametrize(
    "text, number, unit, again",
    [
        pytest.param("90 %", 90, "%", "90 %", id="percent"),
        pytest.param("90%", 90, "%", "90 %", id="no-blank"),
        pytest.param(" 60  °C ", 60, "°C", "60 °C", id="blanks"),
        pytest.param("-0.5 °C", -0.5, "°C", "-0.5 °C", id="below-zero"),
        pytest.param("1.5e2 µg/m³", 150, "µg/m³", "150 µg/m³", id="a-power"),
        pytest.param("0.1 mm", 0.1, "mm", "0.1 mm", id="a-fraction"),
        pytest.param("0.30000000000000004 mm", 0.1 + 0.2, "mm", "0.30000000000000004 mm", id="to-the-last-bit"),
        pytest.param("65 dB(A)", 65, "dB(A)", "65 dB(A)", id="brackets"),
        pytest.param("20 % LEL", 20, "% LEL", "20 % LEL", id="two-words"),
        pytest.param("0.5 1", 0.5, "1", "0.5 1", id="no-unit"),
        pytest.param("3 1/min", 3, "1/min", "3 1/min", id="one-over"),
    ],
)
def test_text(text: str, number: float, unit: str, again: str) -> None:
    amount = Bounds.model_validate({"above": text}).above
    assert amount is not None
    assert (float(amount), amount.unit, str(amount), f"{amount}", f"{amount:g}") == (
        number, unit, again, again, f"{number:g}"
    )  # fmt: skip
    stored = Bounds(above=amount).model_dump(mode="json")
    assert stored == {"above": again, "by": "10 °C"}
    assert Bounds.model_validate(stored) == Bounds(above=amount)


@pytest.mark.parametrize(
    "value, bare",
    [
        pytest.param(90, True, id="a-number"),
        pytest.param("90", True, id="a-number-as-text"),
        pytest.param(True, False, id="a-flag"),
        pytest.param("high", False, id="a-word"),
        pytest.param("% 90", False, id="the-wrong-way-round"),
        pytest.param("1,5 m", False, id="a-comma"),
        pytest.param("12 34", False, id="two-numbers"),
        pytest.param("5-3 m", False, id="a-range"),
        pytest.param("1e999 m", False, id="endless"),
        pytest.param(["90 %"], False, id="a-list"),
        pytest.param(None, False, id="nothing"),
    ],
)
def test_refused(value: object, bare: bool) -> None:
    with pytest.raises(ValidationError, match="expected a number with its unit such as '90 %'") as error:
        Bounds.model_validate({"by": value})
    assert ("got a bare number" in str(error.value)) == bare


def test_an_amount_is_a_number() -> None:
    amount = Amount(2.0, "m")
    assert amount == 2.0 == Amount(2, "m")
    assert amount != Amount(2, "km")
    assert (np.array([1.0, 2.0, 3.0]) > amount).tolist() == [False, False, True]
    for same in (copy.deepcopy(amount), pickle.loads(pickle.dumps(amount))):
        assert (same, same.unit) == (amount, "m")
    assert {amount: 1}[Amount(2, "m")] == 1


def test_an_amount_is_no_other_quantity() -> None:
    class Timed(BaseModel):
        after: Seconds

    with pytest.raises(ValidationError, match="bare number"):
        Timed(after=Amount(2, "s"))


def test_the_schema_is_text_with_examples() -> None:
    by = Bounds.model_json_schema()["properties"]["by"]
    assert (by["type"], by["default"], by["examples"]) == ("string", "10 °C", ["90 %", "60 °C", "0.5 1"])


@pytest.mark.parametrize(
    "one, other, same",
    [
        pytest.param("℃", "°C", True, id="one-sign-or-two"),
        pytest.param("\u00b5g/m³", "\u03bcg/m3", True, id="micro-or-mu"),
        pytest.param("％", "%", True, id="full-width"),
        pytest.param("% LEL", "%LEL", True, id="a-blank"),
        pytest.param("mm", "cm", False, id="another"),
        pytest.param("K", "k", False, id="capitals-count"),
    ],
)
def test_same_unit(one: str, other: str, same: bool) -> None:
    assert same_unit(one, other) == same


@pytest.mark.parametrize(
    "text, column, number",
    [
        pytest.param("60 °C", "value", 60, id="a-value-is-as-its-metric"),
        pytest.param("15 cm", "value", 15, id="a-value-is-never-converted"),
        pytest.param("10 m/s", "speed", 36, id="speed"),
        pytest.param("50 %", "lid", 0.5, id="a-share"),
        pytest.param("0.5 1", "load", 0.5, id="a-share-as-it-is"),
        pytest.param("1 km", "accuracy", 1000, id="accuracy"),
        pytest.param("90 °", "heading", 90, id="degrees"),
        pytest.param("15 cm", "water", 0.15, id="a-further-column-in-a-unit-that-is-known"),
        pytest.param("15 %", "tank", 15, id="a-further-column-as-its-mapping"),
    ],
)
def test_in_column(text: str, column: str, number: float) -> None:
    assert in_column(Amount.parse(text), column) == pytest.approx(number, rel=1e-15)


def test_a_unit_that_a_column_cannot_have_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected 'speed' in one of these units: km/h, .*; got '°C'"):
        in_column(Amount(60, "°C"), "speed")


@pytest.mark.parametrize(
    "column, stated, units",
    [
        pytest.param("value", "cm", ("cm",), id="a-value-in-its-own-alone"),
        pytest.param("lid", "%", ("1", "%"), id="a-share-in-either"),
        pytest.param("water", "cm", ("mm", "cm", "m", "km"), id="a-further-column-in-any-of-its-quantity"),
        pytest.param("tank", "%", ("%",), id="a-further-column-in-its-own"),
        pytest.param("tank", None, (), id="nobody-gives-it"),
    ],
)
def test_units_of(column: str, stated: str | None, units: tuple[str, ...]) -> None:
    assert units_of(column, stated) == units
