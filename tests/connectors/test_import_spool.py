"""Deliveries that are sorted on disk: the same as sorted in memory, equal times in their order, nothing left behind."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.recorded import spool as spool_module
from connectors.recorded.spool import Delivery, Spool

deliveries = st.lists(
    st.builds(
        Delivery,
        st.integers(0, 20).map(float),
        st.sampled_from(["a", "b/c", ""]),
        st.binary(max_size=30),
        st.sampled_from(["", "s"]),
    ),
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(deliveries)
def test_they_come_back_by_time_and_in_their_order(given_: list[Delivery]) -> None:
    with TemporaryDirectory() as folder:
        with Spool(Path(folder)) as spool:
            for each in given_:
                spool.add(each)
            expected = sorted(given_, key=lambda each: each.received)
            assert list(spool) == expected
            assert list(spool) == expected, "and again"
            assert (len(spool), spool.sources) == (len(given_), sorted({each.source for each in given_}))
            if given_:
                assert spool.span == (expected[0].received, expected[-1].received)
        assert list(Path(folder).iterdir()) == []


def test_more_than_are_looked_up_together() -> None:
    many = [Delivery(float(i * 7919 % 1000), "t", b"%d" % i) for i in range(1000)]
    with Spool() as spool:
        for each in many:
            spool.add(each)
        expected = sorted(many, key=lambda each: each.received)
        together, spool_module._TOGETHER = spool_module._TOGETHER, 64
        try:
            assert list(spool) == expected
        finally:
            spool_module._TOGETHER = together
