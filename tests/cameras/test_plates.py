"""Plates: the likeliest plate there can be, from what a recogniser takes each sign for."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cameras.plate_reader import PlateReader, Reads
from cameras.plates import (
    ANY,
    DIGITS,
    LETTERS,
    PATTERNS,
    PROVINCES,
    SIGNS,
    Alphabet,
    Ballot,
    Plate,
    Reading,
    understand,
)

CLASSES = ["", *SIGNS, *"OIoil|·.- 雌", "z"]
ALPHABET = Alphabet(CLASSES)
SURE = 0.9
PLATES = st.sampled_from(sorted(PATTERNS)).flatmap(lambda name: st.tuples(*map(st.sampled_from, PATTERNS[name])))


def said(*steps: str) -> Reading:
    """What is said at each step: '' the gap, 'A' a sign, 'AB' one of them, the first being the likelier."""
    likely = np.full((len(steps), len(CLASSES)), (1 - SURE) / len(CLASSES), np.float32)
    for t, signs in enumerate(steps):
        for rank, sign in enumerate(signs or [""]):
            likely[t, CLASSES.index(sign)] += SURE * 0.5 ** (rank + 1)
    return understand(ALPHABET.logs(likely / likely.sum(1, keepdims=True)))


def read(text: str) -> Plate:
    """A recogniser that says this text, each sign once and a gap after it."""
    return voted(said(*[step for sign in text for step in (sign, "")]))


def voted(*readings: Reading, home: str = "") -> Plate:
    ballot = Ballot(home)
    for reading in readings:
        ballot.add(reading)
    plate = ballot.plate()
    assert plate is not None
    return plate


@pytest.mark.parametrize(
    "text, plate, pattern",
    [
        pytest.param("皖A12345", "皖A12345", "civil", id="as-it-is"),
        pytest.param("皖A·12345", "皖A12345", "civil", id="the-dot-is-a-gap"),
        pytest.param("皖A-12.345 ", "皖A12345", "civil", id="other-gaps"),
        pytest.param("皖AOI2O5", "皖A01205", "civil", id="no-letters-o-and-i"),
        pytest.param("皖Al2|45", "皖A12145", "civil", id="what-looks-like-a-one"),
        pytest.param("皖A22255", "皖A22255", "civil", id="the-same-sign-again"),
        pytest.param("皖AD12345", "皖AD12345", "new energy, small", id="small-electric"),
        pytest.param("皖AFF1O45", "皖AFF1045", "new energy, small", id="small-hybrid"),
        pytest.param("皖A12345D", "皖A12345D", "new energy, large", id="large-electric"),
        pytest.param("皖A1234学", "皖A1234学", "special", id="driving-school"),
        pytest.param("皖A1234挂", "皖A1234挂", "special", id="trailer"),
        pytest.param("皖A1234警", "皖A1234警", "special", id="police"),
        pytest.param("粤ZF023港", "粤ZF023港", "cross-border", id="hong-kong"),
        pytest.param("粤ZF023澳", "粤ZF023澳", "cross-border", id="macao"),
        pytest.param("123456使", "123456使", "embassy", id="embassy"),
        pytest.param("使123456", "使123456", "embassy, older", id="older-embassy"),
    ],
)
def test_what_it_says(text: str, plate: str, pattern: str) -> None:
    found = read(text)
    assert (found.text, found.pattern) == (plate, pattern)


def test_a_sign_that_may_be_either_is_what_the_pattern_demands() -> None:
    small = said("皖", "", "A", "", "D", "", "B8", "", "B8", "", "B8", "", "1", "", "2", "")
    assert voted(small).text == "皖ADB8812"  # the fourth may be a letter, those after it are digits


def test_a_sign_that_is_lost_leaves_a_doubtful_plate() -> None:
    assert read("皖A12345").score > 0.9
    lost = read("  A12345")
    assert (lost.text[1:], lost.score < 0.2) == ("A12345", True)


@given(PLATES)
def test_every_plate_is_read_as_it_is(signs: tuple[str, ...]) -> None:
    assert read("".join(signs)).text == "".join(signs)


@given(st.lists(st.sampled_from(CLASSES), min_size=12, max_size=40))
def test_whatever_is_said_a_plate_fits_its_pattern(steps: list[str]) -> None:
    plate = voted(said(*steps))
    assert len(plate.text) == len(PATTERNS[plate.pattern])
    assert all(sign in place for sign, place in zip(plate.text, PATTERNS[plate.pattern], strict=True))
    assert 0.0 <= plate.score <= 1.0


def test_too_little_says_nothing() -> None:
    ballot = Ballot()
    assert ballot.plate() is None
    ballot.add(said("皖", "A"))
    assert ballot.plate() is None


def test_patterns_hold_no_letter_that_no_plate_has() -> None:
    assert not set("IO") & set(LETTERS + ANY + PROVINCES + DIGITS)
    assert len(PROVINCES) == len(set(PROVINCES)) == 31


def test_a_recogniser_without_the_provinces_is_refused() -> None:
    with pytest.raises(ValueError, match="can't read 京"):
        Alphabet(["", *ANY])


# ---- several pictures ------------------------------------------------------------------------------------------------


def spread(text: str) -> list[str]:
    return [step for sign in text for step in (sign, "")]


@pytest.mark.parametrize(
    "texts, plate",
    [
        pytest.param(["皖A12345", "皖A12345", "皖A12845"], "皖A12345", id="the-most"),
        pytest.param(["皖A1234  ", "皖A  345", "  A12345"], "皖A12345", id="each-lost-something"),
        pytest.param(["皖A12345", "   雌雌雌  "], "皖A12345", id="one-shows-nothing"),
        pytest.param(["皖A12345", "皖AI2345", "皖AIZ345"], "皖A12345", id="confusions"),
    ],
)
def test_pictures_of_one_plate_together(texts: list[str], plate: str) -> None:
    assert voted(*(said(*spread(text)) for text in texts)).text == plate


def test_the_order_of_the_pictures_does_not_matter() -> None:
    readings = [said(*spread(text)) for text in ("皖A12345", "皖A72345", "皖A1Z345")]
    assert voted(*readings) == voted(*reversed(readings))


def test_the_same_picture_twice_proves_no_more() -> None:
    once, twice = read("皖A123B5"), voted(*[said(*spread("皖A123B5"))] * 2)
    assert once.text == twice.text
    assert once.score == pytest.approx(twice.score)


def test_where_most_are_at_home_what_is_lost_is_home_and_what_is_read_is_not() -> None:
    assert voted(said(*spread("  A12345")), home="皖").text == "皖A12345"
    assert voted(said(*spread("苏A12345")), home="皖").text == "苏A12345"


# ---- settings --------------------------------------------------------------------------------------------------------


def test_home_is_a_province() -> None:
    assert Reads(home="皖").home == "皖"
    with pytest.raises(ValueError):
        Reads(home="A")


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    with pytest.raises(Exception, match=re.escape("none.onnx")):
        PlateReader(Reads(model=tmp_path / "none.onnx"))
