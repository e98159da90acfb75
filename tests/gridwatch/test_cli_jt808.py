"""`gridwatch jt808 decode`: frames in, one object a line out, whatever they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gridwatch.cli import app
from gridwatch.cli.jt808 import LONGEST

RUN = CliRunner()


def frame(content: str) -> str:
    data = bytes.fromhex(content)
    check = 0
    for each in data:
        check ^= each
    return f"7e{content}{check:02x}7e"


BEAT = frame("0002 0000 013912345678 0007".replace(" ", ""))


@pytest.mark.parametrize("way", ["file", "dash", "nothing"])
def test_one_object_a_line(tmp_path: Path, way: str) -> None:
    text = f"\ufeff{BEAT}\n\nnonsense\n{BEAT}{BEAT}\r\n"
    file = tmp_path / "frames.txt"
    file.write_text(text, "utf-8")
    where = {"file": [str(file)], "dash": ["-"], "nothing": []}[way]
    done = RUN.invoke(app, ["jt808", "decode", *where, "--json"], input=text)
    assert done.exit_code == 0, done.output
    first, bad, twice = [json.loads(line) for line in done.stdout.splitlines()]
    assert (first["line"], first["msg_id"], first["terminal"], first["checksum_ok"]) == (
        1,
        "0x0002",
        "13912345678",
        True,
    )
    assert bad == {"line": 3, "error": "expected hexadecimal digits, two for each byte", "input": "nonsense"}
    assert (twice["line"], [each["msg_id"] for each in twice["more"]]) == (4, ["0x0002"])


def test_for_people() -> None:
    done = RUN.invoke(app, ["jt808", "decode"], input=f"{BEAT}\nnonsense\n")
    assert done.stdout.splitlines() == [
        "1: 13912345678 0x0002 heartbeat",
        "2: no frame: expected hexadecimal digits, two for each byte",
    ]


def test_a_line_that_is_too_long_does_not_hide_the_next() -> None:
    done = RUN.invoke(app, ["jt808", "decode", "--json"], input=f"{'7e' * LONGEST}\n{BEAT}\n")
    long, next_one = [json.loads(line) for line in done.stdout.splitlines()]
    assert "at most" in long["error"]
    assert (next_one["line"], next_one["msg_id"]) == (2, "0x0002")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = RUN.invoke(app, ["jt808", "decode", str(tmp_path / "none")])
    assert done.exit_code == 2
    assert "There is no file" in done.output
