"""content: what a message says: the change, and the case as it stands.

A promise: keys are added, never renamed. Nobody's name, number or account is in it; what a reporter wrote (`text`) is.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping
from typing import Any

from cases.case import iso, known
from cases.intake.told import TEXTS, told
from pipeline.episode import city_namespace

_PLAIN = (
    *("id", "number", "category", "condition", "text", "subject", "part", "channel", "rule", "rule_version"),
    *("place", "address", "grid", "component", "area_class"),
    *("severity", "level", "mode", "responsible", "helpers", "deadline", "unit", "verdict", "merged_into"),
)
_NUMBERS = ("lon", "lat", "measure")
_TIMES = ("started", "ended", "opened", "filed", "dispatched", "handled", "closed", "due")


def content(change: Mapping[str, Any], case: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a change. change, case: their rows.

    event, at, change (its number), case; for a step, step: {action, role, note}; for an answer to who reported, report:
    {channel, number (the reporter's own), told: what they are to be told, by language}. In the case: state and revision
    as the change left them, the rest as it is when the message is made; times ISO 8601 UTC, places WGS-84 degrees, null
    where not known.
    """
    data: Mapping[str, Any] = change["data"]
    public = {name: case[name] for name in _PLAIN} | {name: _time(case[name]) for name in _TIMES}
    public |= {name: None if case[name] is None else known(case[name]) for name in _NUMBERS}
    public |= {"state": data.get("state", case["state"]), "revision": data.get("revision", case["revision"])}
    said = {"event": change["event"], "at": _time(change["at"]), "change": change["number"], "case": public}
    if "role" in data:
        said["step"] = {"action": change["event"], "role": data["role"], "note": data.get("note", "")}
    if change["event"] == "answered":
        number, reply = data.get("number", ""), data.get("reply", "")
        sentences = {each: told(public["state"], number=number, language=each, reply=reply) for each in TEXTS}
        said["report"] = {"channel": data.get("channel", ""), "number": number, "told": sentences}
    return said


def message_id(city: str, target: str, change: int, case: str) -> str:
    """UUIDv5: the same change told to the same target, the same id, however often the message is made."""
    return str(uuid.uuid5(city_namespace(city), f"message\x1f{target}\x1f{change}\x1f{case}"))


def _time(ts: float | None) -> str | None:
    return iso(math.nan if ts is None else ts)
