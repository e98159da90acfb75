"""How deep a payload is nested: counted as a scalar count would, in one payload and in many."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.codecs.shape import MAX_DEPTH, opened, too_deep


def depth(payload: bytes) -> int:
    """The most that are open at once."""
    now = most = 0
    for byte in payload:
        now += (byte in b"[{") - (byte in b"]}")
        most = max(most, now)
    return most


runs = st.tuples(st.sampled_from([b"[", b"{", b"]", b"}", b"x", b"[]", b"\xdb\xfb"]), st.integers(0, 2 * MAX_DEPTH))
payloads = st.lists(runs, max_size=6).map(lambda parts: b"".join(piece * n for piece, n in parts))


@given(payloads)
def test_as_a_count_byte_by_byte(payload: bytes) -> None:
    closed = payload + b"]" * depth(payload)  # one that is not closed is no JSON and need not be looked at
    assert too_deep(closed) == (depth(closed) > MAX_DEPTH)


@given(st.lists(payloads, max_size=4))
def test_what_opens_in_all_of_them(some: list[bytes]) -> None:
    assert opened(some) == sum(payload.count(b"[") + payload.count(b"{") for payload in some)


@pytest.mark.parametrize(
    "payload, deep",
    [
        pytest.param(b"", False, id="empty"),
        pytest.param(b"[" * MAX_DEPTH, False, id="as-deep-as-may-be"),
        pytest.param(b"[{" * MAX_DEPTH, True, id="open"),
        pytest.param(b"]" * 50 + b"[" * (MAX_DEPTH + 50), False, id="closed-first"),
        pytest.param(b"[]" * 1000, False, id="wide"),
    ],
)
def test_named(payload: bytes, deep: bool) -> None:
    assert too_deep(payload) == deep
