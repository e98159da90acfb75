"""The list of terminals and the section that names it: what it says, what is wrong with it, and when it changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.jt808.settings import Jt808Source
from connectors.jt808.terminals import TerminalList
from tests.connectors.jt808.conftest import Start
from tests.connectors.jt808.simulated import Terminal, Words
from tests.services.wait import until

KNOWN, STRANGER = "13912345678", "13900000000"


def test_the_list_out_of_the_environment(tmp_path: Path) -> None:
    settings = Jt808Source.model_validate({"type": "jt808", "terminals_env": "LIST"})
    terminals = TerminalList(settings, tmp_path, {"LIST": "\ufeffterminal,token\n0139,abc\n"}).terminals
    assert terminals.authenticated("139", "abc")
    assert not terminals.authenticated("139", "abd")
    with pytest.raises(ValueError, match="'LIST' is not set"):
        TerminalList(settings, tmp_path, {})


@pytest.mark.parametrize(
    "text, said",
    [
        pytest.param("phone,token\n1,s3cret\n", "list.csv:1: expected the columns", id="columns"),
        pytest.param("terminal,token\n1,a\nx,s3cret\n", "list.csv:3: terminal: expected digits", id="no number"),
        pytest.param("terminal,token\n1,a\n01,s3cret\n", "list.csv:3: this terminal is there twice", id="twice"),
    ],
)
def test_faults_of_the_list_name_the_line_and_no_secret(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "list.csv").write_text(text, "utf-8")
    settings = Jt808Source.model_validate({"type": "jt808", "terminals": "list.csv"})
    with pytest.raises(ValueError, match=said) as raised:
        TerminalList(settings, tmp_path, {})
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    "section, said",
    [
        pytest.param({}, "expected a list of those that may come in", id="nobody could"),
        pytest.param({"terminals": "a", "terminals_env": "B"}, "not both", id="two lists"),
        pytest.param({"unknown": "accept", "prefix": "a/b"}, "prefix", id="two levels"),
        pytest.param({"unknown": "accept", "frame": "1 kB", "idle": "0s"}, "idle", id="no time at all"),
    ],
)
def test_what_can_not_be_meant(section: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Jt808Source.model_validate({"type": "jt808"} | section)


def test_a_list_that_changes_counts_at_once_and_a_faulty_one_does_not(gateway: Start, tmp_path: Path) -> None:
    receiver = gateway(ask_again="100ms")
    with Terminal(receiver.port, Words(KNOWN)) as terminal:
        terminal.come_in()
        (tmp_path / "terminals.csv").write_text("terminal,token\nx,s3cret-a\n")
        until(lambda: "terminals.csv:2" in receiver.status.last_error, "the fault to be told", every=0.01)
        assert terminal.ask(terminal.words.heartbeat())[0]["result"] == 0
        (tmp_path / "terminals.csv").write_text(f"terminal,token\n{STRANGER},s3cret-c\n")
        assert terminal.hung_up(), "it is not on the list any more"
    with Terminal(receiver.port, Words(STRANGER)) as terminal:
        terminal.come_in("s3cret-c")
