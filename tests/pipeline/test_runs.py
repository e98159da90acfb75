"""runs: each helper against the same said one row at a time, in plain Python."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline import runs
from pipeline.rows import Floats, Longs

NAN = math.nan
values = st.one_of(st.sampled_from([NAN, 0.0, 1.0, -1.5, 1e16]), st.floats(-1e6, 1e6))


@st.composite
def columns(draw: Callable[[st.SearchStrategy[Any]], Any]) -> tuple[Floats, Longs, Floats]:
    """(column, starts, first): one to five keys of one to six rows, and what was before each key's first."""
    keys = draw(st.lists(st.lists(values, min_size=1, max_size=6), min_size=1, max_size=5))
    first = draw(st.lists(values, min_size=len(keys), max_size=len(keys)))
    starts = np.cumsum([0, *(len(key) for key in keys[:-1])])
    return np.array([value for key in keys for value in key]), starts, np.array(first)


def by_key(column: Floats, starts: Longs) -> list[list[float]]:
    return [part.tolist() for part in np.split(column, starts[1:])]


@given(columns())
def test_lasts_and_of_row(drawn: tuple[Floats, Longs, Floats]) -> None:
    column, starts, first = drawn
    keys = by_key(column, starts)
    assert column[runs.lasts(starts, len(column))].tolist() == by_value([key[-1] for key in keys])
    expected = [at for at, key in zip(first.tolist(), keys, strict=True) for _ in key]
    assert runs.of_row(first, starts, len(column)).tolist() == by_value(expected)


@given(columns())
def test_before(drawn: tuple[Floats, Longs, Floats]) -> None:
    column, starts, first = drawn
    keys = by_key(column, starts)
    expected = [v for at, key in zip(first.tolist(), keys, strict=True) for v in [at, *key[:-1]]]
    assert runs.before(column, starts, first).tolist() == by_value(expected)


@given(columns())
def test_last_at(drawn: tuple[Floats, Longs, Floats]) -> None:
    column, starts, _ = drawn
    expected, at = [], 0
    for key in by_key(column, starts):
        newest = -1
        for value in key:
            newest = at if value > 0 else newest
            expected.append(newest)
            at += 1
    assert runs.last_at(column > 0, starts).tolist() == expected


@given(columns())
def test_filled(drawn: tuple[Floats, Longs, Floats]) -> None:
    column, starts, first = drawn
    expected = []
    for known, key in zip(first.tolist(), by_key(column, starts), strict=True):
        for value in key:
            known = known if math.isnan(value) else value
            expected.append(known)
    assert runs.filled(column, starts, first).tolist() == by_value(expected)


@given(columns())
def test_sums_to_the_last_bit(drawn: tuple[Floats, Longs, Floats]) -> None:
    column, starts, first = drawn
    expected = []
    for total, key in zip(first.tolist(), by_key(column, starts), strict=True):
        for value in key:
            total += value
            expected.append(total)
    assert runs.sums(column, starts, first).tolist() == by_value(expected)


@given(columns(), st.data())
def test_rows_of(drawn: tuple[Floats, Longs, Floats], data: st.DataObject) -> None:
    column, starts, _ = drawn
    chosen = np.array(data.draw(st.lists(st.booleans(), min_size=len(starts), max_size=len(starts))))
    rows, begin = runs.rows_of(chosen, starts, len(column))
    expected = [key for key, mine in zip(by_key(column, starts), chosen.tolist(), strict=True) if mine]
    assert column[rows].tolist() == by_value([value for key in expected for value in key])
    assert begin.tolist() == np.cumsum([0, *(len(key) for key in expected)])[: len(expected)].tolist()


@given(columns())
def test_rounds(drawn: tuple[Floats, Longs, Floats]) -> None:
    column, starts, _ = drawn
    seen: list[list[float]] = [[] for _ in starts]
    for keys, rows in runs.rounds(starts, len(column)):
        assert len(set(keys.tolist())) == len(keys) == len(rows)
        for key, row in zip(keys.tolist(), rows.tolist(), strict=True):
            seen[key].append(column[row].item())
    assert [by_value(key) for key in seen] == [by_value(key) for key in by_key(column, starts)]


class Value(float):
    """A float for which NaN is NaN."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, float) and (self - other == 0.0 or (math.isnan(self) and math.isnan(other)))

    __hash__ = float.__hash__


def by_value(numbers: list[float]) -> list[Value]:
    return [Value(number) for number in numbers]
