"""text: what a notice says, in Chinese or English.

Of each change one line; names, phone numbers and accounts of reporters are never in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from cases.life import ACTIONS
from cases.notify.settings import NotifyRule

SHOWN = 20
"""Lines of one notice; a storm of cases is a number, not a scroll."""
_LONGEST = 200
"""Characters of what people wrote."""
_HAPPENED = {
    "opened": ("发现", "new"),
    "joined": ("并入新情况", "more evidence"),
    "updated": ("更新", "updated"),
    "ended": ("已消失", "over"),
    "reopened": ("再次发生", "came back"),
    "withdrawn": ("撤销", "withdrawn"),
    "warning": ("即将超时", "deadline near"),
    "overdue": ("超时", "overdue"),
    "file_overdue": ("立案超时", "waits too long for filing"),
    "escalated": ("升级督办", "escalated"),
    "storm": ("集中爆发", "storm"),
    "answered": ("已答复", "answered"),
}
_USUAL = {
    "zh": "[{event}] {name} {address} {subject} 案件{number} {responsible} 截止{due} {note}",
    "en": "[{event}] {name}, {address} {subject}, case {number} {responsible}, due {due} {note}",
}
_WORDS = {
    "zh": {"title": "{count}件 {name}", "one": "{name}", "more": "另有{count}条", "left": "静默期内略过{count}条",
           "round": "【无人确认,第{round}次】", "notice": "通知 #{number}"},
    "en": {"title": "{count} cases, {name} …", "one": "{name}", "more": "and {count} more",
           "left": "{count} left out while it was quiet", "round": "[nobody has acknowledged, {round}] ",
           "notice": "notice #{number}"},
}  # fmt: skip

Names = Callable[[str, str], str]
"""(code, language) -> the category's name"""


def item(
    change: Mapping[str, Any], case: Mapping[str, Any], rule: NotifyRule, names: Names, zone: tzinfo, left_out: int
) -> dict[str, Any]:
    """What is said of a change, as plain data. change, case: their rows; left_out: changes that cool-down kept back."""
    data, event = change["data"], change["event"]
    zh, en = _HAPPENED.get(event) or (ACTIONS[event].zh if event in ACTIONS else event, event.replace("_", " "))
    fields = {
        "number": case["number"],
        "event": zh if rule.language == "zh" else en,
        "category": case["category"],
        "code": case["category"],
        "name": names(case["category"], rule.language) or case["category"] or case["rule"],
        "subject": case["subject"],
        "text": case["text"],
        "address": case["address"] or case["place"],
        "place": case["place"],
        "grid": case["grid"],
        "severity": str(case["severity"]),
        "state": str(data.get("state", case["state"])),
        "responsible": case["responsible"],
        "due": _time(case["due"], zone),
        "at": _time(change["at"], zone),
        "note": str(data.get("note") or data.get("why") or ""),
        "rule": case["rule"],
    }
    return {
        "change": change["number"],
        "case": case["id"],
        "severity": case["severity"],
        "name": fields["name"],
        "line": _line(rule, {name: _short(value) for name, value in fields.items()}),
        "left_out": left_out,
    }


def written(
    rule: NotifyRule, number: int, items: Sequence[Mapping[str, Any]], cases: int, more: int, round: int
) -> tuple[str, str]:
    """Title and body. number: the notice's; more: changes beyond the items; round: how often it was told before."""
    words = _WORDS[rule.language]
    worst = max(items, key=lambda each: each["severity"])
    title = rule.title or words["title" if cases > 1 else "one"].format(count=cases, name=worst["name"])
    lines = [each["line"] for each in items]
    if more:
        lines.append(words["more"].format(count=more))
    left = sum(each["left_out"] for each in items)
    if left:
        lines.append(words["left"].format(count=left))
    lines.append(words["notice"].format(number=number))
    return (words["round"].format(round=round + 1) if round else "") + title, "\n".join(lines)


def _line(rule: NotifyRule, fields: Mapping[str, str]) -> str:
    if rule.text:
        return " ".join(rule.text.format(**fields).split())
    usual = _USUAL[rule.language]
    for name, before in (("due", "截止{due}"), ("due", ", due {due}"), ("address", ", {address}")):
        if not fields[name]:
            usual = usual.replace(before, "")
    return " ".join(usual.format(**fields).split()).replace(" ,", ",")


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _time(ts: float | None, zone: tzinfo) -> str:
    return "" if ts is None else datetime.fromtimestamp(ts, UTC).astimezone(zone).strftime("%m-%d %H:%M")
