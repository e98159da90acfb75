"""Who stands beside an object: a column of sightings, where the stream names labels under `beside`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.codecs import pictures as messages
from tests.connectors.mappings import decode
from tests.connectors.seen import cameras, picture, sent

STREAM = cameras(labels=["bag", "person", "car"], beside=["person", "car"])


def seen(track: int, label: str, left: float, foot: float, high: float = 0.2, **more: Any) -> dict[str, Any]:
    """An object that is half as broad as it is high."""
    return {"track": track, "label": label, "box": [left, foot - high, high / 2, high], **more}


BAG = seen(1, "bag", 0.5, 0.9, 0.05, still=60)


#  the bag is from 0.5 to 0.525, a person is 0.2 high and 0.1 broad
@pytest.mark.parametrize(
    "others, expected",
    [
        pytest.param([], 0, id="nobody"),
        pytest.param([seen(2, "person", 0.52, 0.9, still=5)], 1, id="next-to-it"),
        pytest.param([seen(2, "person", 0.72, 0.9, still=5)], 1, id="as-far-off-as-he-is-high"),
        pytest.param([seen(2, "person", 0.74, 0.9, still=5)], 0, id="farther"),
        pytest.param([seen(2, "person", 0.21, 0.9, still=5)], 1, id="to-the-left"),
        pytest.param([seen(2, "person", 0.5, 0.76, still=5)], 1, id="behind-it"),
        pytest.param([seen(2, "person", 0.5, 0.7, still=5)], 0, id="far-behind-it"),
        pytest.param([seen(2, "person", 0.52, 0.9, still=1.9)], 0, id="who-passes-by-does-not-stand"),
        pytest.param([seen(2, "person", 0.52, 0.9)], 1, id="one-of-whom-that-is-not-said-may-stand"),
        pytest.param([seen(2, "bag", 0.52, 0.9, still=60)], 0, id="another-bag"),
        pytest.param([seen(2, "dog", 0.52, 0.9, still=60)], 0, id="a-label-nobody-listed"),
        pytest.param([seen(i, "person", 0.5, 0.9, still=5) for i in (2, 3)], 2, id="two"),
    ],
)
def test_who_stands_beside_a_bag(others: list[dict[str, Any]], expected: int) -> None:
    (rows,) = decode(STREAM, sent(picture(BAG, *others))).rows
    assert rows.column("beside")[0] == expected


def test_nobody_stands_beside_himself_nor_in_another_picture() -> None:
    person = seen(2, "person", 0.52, 0.9, still=5)
    (rows,) = decode(STREAM, sent(picture(person), picture(BAG), picture(person, BAG))).rows
    assert rows.column("beside").tolist() == [0, 0, 0, 1]


def test_without_it_there_is_no_such_column() -> None:
    (rows,) = decode(cameras(), sent(picture(BAG))).rows
    assert rows.extra == {}
    assert (cameras().gives("beside"), STREAM.gives("beside")) == (False, True)


def test_only_of_labels_that_the_stream_takes() -> None:
    with pytest.raises(ValidationError, match="beside: 'persn' is none of the labels; did you mean 'person'"):
        cameras(labels=["person", "bag"], beside=["persn"])


objects = st.builds(
    seen,
    st.integers(0, 99),
    st.sampled_from(["bag", "person", "car"]),
    st.sampled_from([0.1, 0.3, 0.45, 0.5, 0.8]),
    st.sampled_from([0.6, 0.7, 0.9]),
    still=st.sampled_from([0.0, 5.0, None]),
)


@settings(deadline=None)
@given(st.lists(st.lists(objects, max_size=6), min_size=1, max_size=4), st.sampled_from([1, 7, 200_000]))
def test_it_is_what_one_would_count(pictures: list[list[dict[str, Any]]], most: int) -> None:
    """However many are looked at together."""

    def beside(one: dict[str, Any], other: dict[str, Any]) -> bool:
        (x, y, w, h), (its_x, its_y, its_w, its_h) = one["box"], other["box"]
        across, along = max(its_x - (x + w), x - (its_x + its_w)), max(its_y - (y + h), y - (its_y + its_h))
        stands = other["label"] != "bag" and other["still"] != 0.0
        return stands and one is not other and across <= its_h and along <= 0.5 * its_h

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(messages, "_PAIRS", most)
        got = decode(STREAM, sent(*(picture(*some) for some in pictures))).rows
    expected = [sum(beside(one, other) for other in some) for some in pictures for one in some]
    found = np.concatenate([rows.column("beside") for rows in got]).tolist() if got else []
    assert found == expected
