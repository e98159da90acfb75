"""What those who reported are told, as it goes to other systems: their number, a sentence in each language."""

from __future__ import annotations

from typing import Any

import pytest

from cases.outbox.content import content
from tests.console.kit import NOW, case_row


@pytest.mark.parametrize(
    "state, reply, zh",
    [
        pytest.param("closed", "", "您反映的问题(编号 12-7)已办结。感谢您的反映。", id="closed"),
        pytest.param("rejected", "", "您反映的问题(编号 12-7)经核实不属于受理范围或现场未见,未予立案。", id="rejected"),
        pytest.param("closed", "已清运。", "已清运。", id="in-the-desk's-words"),
    ],
)
def test_an_answer_names_the_report_and_the_sentence(state: str, reply: str, zh: str) -> None:
    data = {"state": state, "revision": 4, "report": "r", "channel": "12345", "number": "12-7", "answer": state}
    change: dict[str, Any] = {"number": 9, "event": "answered", "at": NOW, "data": data | {"reply": reply}}
    report = content(change, case_row("c", state="filed"))["report"]
    assert (report["channel"], report["number"], report["told"]["zh"]) == ("12345", "12-7", zh)
    assert report["told"]["en"]


def test_other_changes_name_no_report() -> None:
    change: dict[str, Any] = {"number": 9, "event": "file", "at": NOW, "data": {"state": "filed", "revision": 2}}
    assert "report" not in content(change, case_row("c"))
