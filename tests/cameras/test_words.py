"""What a process says becomes lines of a log that harm nobody."""

from __future__ import annotations

import io

import pytest

from cameras.words import LONGEST, MOST, Words


@pytest.mark.parametrize(
    "said, told",
    [
        pytest.param(b"a: up: h264\n", ["a: up: h264"], id="a-line"),
        pytest.param("门: 开\n".encode(), ["门: 开"], id="any-language"),
        pytest.param(b"\x1b[2J\x07gone\r\n", ["[2J gone"], id="what-a-terminal-would-obey"),
        pytest.param(b"\xff\xfe\n", ["\ufffd\ufffd"], id="not-text"),
        pytest.param(b"  \n", [], id="nothing"),
        pytest.param(b"x" * 10_000, ["x" * LONGEST], id="too-long"),
    ],
)
def test_a_line(said: bytes, told: list[str]) -> None:
    lines: list[str] = []
    Words(lines.append, float).say(said)
    assert lines == told


def test_too_many_are_left_out_for_a_minute() -> None:
    lines: list[str] = []
    now = [0.0]
    words = Words(lines.append, lambda: now[0])
    words.listen(io.BytesIO(b"again\n" * 5000))
    assert len(lines) == MOST
    assert lines[-1].startswith("a process of cameras says too much")
    now[0] = 61.0
    words.say(b"later")
    assert lines[-1] == "later"
