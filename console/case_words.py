"""case_words: why there is a case, in plain words, in English and in Chinese.

Reads the rule as it was, the case and how it came to its members. Times are the city's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

from console.case_told import RuleThen
from console.words import in_chinese
from pipeline.detector_words import detector_words

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Said(NamedTuple):
    """The same in both languages, a sentence each."""

    en: list[str]
    zh: list[str]


def said(case: Mapping[str, Any], rule: RuleThen | None, zone: tzinfo) -> Said:
    """Why there is a case. case: a row of the table. rule: None where nothing tells any more what it was."""
    if not case["rule"]:
        return Said(["Reported by people; no rule found it."], ["由人员报送，并非规则发现。"])
    english, chinese = [f"The rule '{case['rule']}' found it."], [f"由规则“{case['rule']}”发现。"]
    if rule is None:
        english.append("How that rule was set then is no longer known here.")
        chinese.append("当时的规则设置已无从查考。")
    else:
        question = detector_words(rule.detector, "zh").question or rule.question
        english.append(f"It asks: {rule.question}" if rule.question else f"Its detector is '{rule.detector}'.")
        chinese.append(f"它检测的是：{question}" if question else f"检测器为“{rule.detector}”。")
        given = ", ".join(f"{each.name.replace('_', ' ')} {each.value}" for each in rule.parameters)
        if given:
            english.append(f"It was set to: {given}.")
            chinese.append(f"参数：{given}。")
    if case["measure"] is not None:
        worst = f"{case['measure']:.4g} {case['unit']}".strip()
        english.append(f"The worst that it measured is {worst}.")
        chinese.append(f"最严重的测值为 {worst}。")
    began, confirmed = case["started"], case["confirmed"]
    if rule is not None:
        english.append(_hold(rule, began, confirmed, zone))
        chinese.append(_hold_zh(rule, began, confirmed, zone))
    if case["late"]:
        english.append("It was confirmed by data that came late.")
        chinese.append("由迟到的数据确认。")
    return Said(english, chinese)


def _hold(rule: RuleThen, began: float, confirmed: float | None, zone: tzinfo) -> str:
    hold = rule.hold
    if hold.silence:
        first = f"Too long a silence makes a case: nothing was heard from {clock(began, zone)} on"
    elif hold.wrong_for:
        first = f"It has to be wrong for {lasted(hold.wrong_for)}, and was from {clock(began, zone)}"
        if confirmed is not None and confirmed > began:
            first += f" to {clock(confirmed, zone)}, when it was confirmed"
    else:
        first = f"One wrong row is enough, and that was at {clock(began, zone)}"
    rest = [f"right for {lasted(hold.right_for)} ends it" if hold.right_for else "one right row ends it"]
    if hold.gap is not None:
        rest.append(f"so does a silence of more than {lasted(hold.gap)}")
    elif hold.assume is not None:
        rest.append(f"a silence counts as what was said last, for {lasted(hold.assume)}")
    return f"{first}; {'; '.join(rest)}."


def _hold_zh(rule: RuleThen, began: float, confirmed: float | None, zone: tzinfo) -> str:
    hold = rule.hold
    if hold.silence:
        first = f"沉默过久即为异常：自 {clock(began, zone)} 起未收到数据"
    elif hold.wrong_for:
        first = f"异常须持续 {lasted(hold.wrong_for, zh=True)}，自 {clock(began, zone)} 起异常"
        if confirmed is not None and confirmed > began:
            first += f"，{clock(confirmed, zone)} 确认"
    else:
        first = f"一条异常数据即成立，发生于 {clock(began, zone)}"
    rest = [f"恢复正常 {lasted(hold.right_for, zh=True)}后结束" if hold.right_for else "一条正常数据即结束"]
    if hold.gap is not None:
        rest.append(f"中断超过 {lasted(hold.gap, zh=True)}也会结束")
    elif hold.assume is not None:
        rest.append(f"中断期间按最后一条数据计，最长 {lasted(hold.assume, zh=True)}")
    return f"{first}；{'；'.join(rest)}。"


def joined(why: str) -> Said:
    """How something came to a case, as fusion said it."""
    return Said([why], [in_chinese(why)])


def clock(ts: float, zone: tzinfo) -> str:
    """`2026-03-01 16:01:40` in the city; '' for no time that a calendar has."""
    if not math.isfinite(ts):
        return ""
    try:
        return f"{(_EPOCH + timedelta(seconds=round(ts))).astimezone(zone):%Y-%m-%d %H:%M:%S}"
    except (OverflowError, ValueError):
        return ""


def lasted(seconds: float, *, zh: bool = False) -> str:
    """`19.5 s`, `14 min 30 s`, `3 h 5 min`, `2.1 d`; in Chinese 秒, 分, 小时, 天."""
    second, minute, hour, day = ("秒", "分钟", "小时", "天") if zh else ("s", "min", "h", "d")
    tenths = round(seconds * 10) / 10
    if tenths < 60:
        return f"{tenths:g} {second}"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} {minute}" + (f" {whole % 60} {second}" if whole % 60 else "")
    if whole < 172_800:
        minutes = round(seconds / 60)
        return f"{minutes // 60} {hour}" + (f" {minutes % 60} {minute}" if minutes % 60 else "")
    return f"{seconds / 86_400:.1f} {day}"
