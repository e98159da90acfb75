"""Numbers, tidied text, and what reporters are told."""

from __future__ import annotations

import re
import uuid
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.intake.numbers import as_written, number_of, said_id
from cases.intake.text import tidy
from cases.intake.told import TEXTS, final, told
from cases.life import ENDED, State


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("state", State)
def test_every_state_is_told_with_the_number(state: State, language: str) -> None:
    for due in (None, 0.0):
        said = told(state, number="7K3M9-QXA2T", language=language, due=due, zone=ZoneInfo("Asia/Shanghai"))
        assert "7K3M9-QXA2T" in said
        assert "{" not in said
    assert final(state) == (state in ENDED)


def test_the_deadline_is_told_in_the_citys_time() -> None:
    said = told("handling", number="1", due=1_780_000_000.0, zone=ZoneInfo("Asia/Shanghai"))
    assert said == "您反映的问题(编号 1)已受理,正在处置,预计 2026-05-29 04:26 前完成。"


def test_the_desks_own_words_come_instead() -> None:
    assert told("closed", number="1", reply="已清运。") == "已清运。"


def test_numbers_are_read_as_people_write_them() -> None:
    number = number_of(str(uuid.UUID(int=0x1234567890ABCDEF1234567890ABCDEF)))
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}", number)
    assert as_written(f" {number.lower().replace('-', ' ')} ") == number
    assert as_written("oO1iL-vVuU2") == "00111-VVVV2"
    assert as_written("工单-7") == "工单-7"


@given(st.uuids())
def test_a_number_is_its_own(id: uuid.UUID) -> None:
    assert as_written(number_of(str(id))) == number_of(str(id))


@given(st.lists(st.text(max_size=4), max_size=3), st.lists(st.text(max_size=4), max_size=3))
def test_ids_are_of_what_was_said(one: list[str], other: list[str]) -> None:
    assert (said_id(*one) == said_id(*other)) == (one == other)


@given(st.text(max_size=60), st.integers(1, 50))
def test_tidy_text_can_be_kept_anywhere(text: str, longest: int) -> None:
    kept = tidy(text, longest)
    assert len(kept) <= longest
    assert tidy(kept, longest) == kept
    assert "\x00" not in kept
    kept.encode("utf-8")
