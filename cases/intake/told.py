"""told: what the people who reported something are told about it: a sentence for each state, Chinese and English.

Reads the case's state and deadline; says nothing about anybody and nothing that was noted inside. What the desk wants
to say in words of its own (`reply`, with the step that closes or rejects) takes the place of the sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo

from cases.life import ENDED, State

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

TEXTS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "received": "您反映的问题已收到,编号 {number}。",
        "underway": "您反映的问题(编号 {number})已受理,正在处置{by}。",
        "handled": "您反映的问题(编号 {number})已处置,正在核查。",
        "closed": "您反映的问题(编号 {number})已办结。感谢您的反映。",
        "rejected": "您反映的问题(编号 {number})经核实不属于受理范围或现场未见,未予立案。",
        "by": ",预计 {time} 前完成",
    },
    "en": {
        "received": "What you reported has been received under the number {number}.",
        "underway": "What you reported ({number}) is being dealt with{by}.",
        "handled": "What you reported ({number}) has been dealt with; somebody is checking that.",
        "closed": "What you reported ({number}) is done. Thank you for telling us.",
        "rejected": "What you reported ({number}) was not found there, or is not ours to deal with.",
        "by": ", by {time} if all goes well",
    },
}
"""language -> what it is about -> the sentence. {time} is the city's."""

_SAID = {
    State.REPORTED: "received",
    State.CHECKING: "received",
    State.HANDLED: "handled",
    State.VERIFYING: "handled",
    State.VERIFIED: "handled",
    State.CLOSED: "closed",
    State.REJECTED: "rejected",
}
"""Of every other state: 'underway'."""


def told(
    state: str, *, number: str, language: str = "zh", due: float | None = None, zone: tzinfo = UTC, reply: str = ""
) -> str:
    """What the reporter with that number is told. due: UTC seconds; reply: said in place of the sentence."""
    if reply:
        return reply
    texts = TEXTS[language]
    by = "" if due is None else texts["by"].format(time=_written(due, zone))
    said = _SAID.get(State(state), "underway")
    return texts[said].format(number=number, by=by)


def final(state: str) -> bool:
    """Whether what is told in this state is the answer: the case has ended."""
    return state in ENDED


def _written(ts: float, zone: tzinfo) -> str:
    return (_EPOCH + timedelta(seconds=ts)).astimezone(zone).strftime("%Y-%m-%d %H:%M")
