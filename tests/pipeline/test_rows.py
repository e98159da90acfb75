"""Rows as columns: what taking and joining keeps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipeline.rows import KINDS, Position, Rows, take_column, unknown


def test_an_unknown_column_takes_no_memory_and_stays_so() -> None:
    column = take_column(unknown(1_000_000), np.arange(500_000))
    assert column.strides == (0,)
    assert len(column) == 500_000
    assert np.isnan(column).all()


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_taking_nothing_keeps_every_columns_type(kind: type[Rows]) -> None:
    """An empty column may have any strides (one read from a file has 0): that does not make it unknown."""
    empty = kind.empty()
    for name in kind.own():
        column = np.broadcast_to(empty.column(name), 0)
        assert take_column(column, np.arange(0)).dtype == empty.column(name).dtype
        assert empty.take(np.arange(0)).column(name).dtype == empty.column(name).dtype


def test_joining_fills_further_columns_that_a_block_lacks() -> None:
    def zeros(n: int) -> dict[str, Any]:
        return {name: np.zeros(n, Position.empty().column(name).dtype) for name in Position.own()}

    one, other = Position(**zeros(2), extra={"brush": np.ones(2)}), Position(**zeros(1))
    both = Position.concat([one, other])
    assert both.extra["brush"].tolist()[:2] == [1.0, 1.0]
    assert np.isnan(both.extra["brush"][2])
    assert both.column("brush") is both.extra["brush"]
