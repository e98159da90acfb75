"""The oracle: docs/concepts/indicators.md word by word, a case at a time, in plain Python. Slow and meant to be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]


def told(case: Row) -> bool:
    """Rule 1."""
    return not case["withdrawn"] and case["state"] != "merged"


def counts(case: Row) -> bool:
    """Rule 2."""
    return (
        told(case)
        and case["state"] != "rejected"
        and case["verdict"] not in ("false alarm", "known fixture", "duplicate")
    )


def before(moment: float | None, end: float) -> bool:
    return moment is not None and moment < end


def handled_at(case: Row) -> float | None:
    """A closed case that nobody said is handled was handled when it was closed."""
    done: float | None = case["handled"] if case["handled"] is not None else case["closed"]
    return done


def handled_in_time(case: Row, end: float) -> bool:
    done = handled_at(case)
    return done is not None and done < end and done <= case["due"]


def filed(case: Row) -> bool:
    return counts(case) and case["filed"] is not None


def filed_in_time(case: Row) -> bool:
    return case["file_due"] is None or case["filed"] <= case["file_due"] or case["reopenings"] > 0


def dispatched(case: Row, end: float) -> bool:
    """Since it was filed."""
    return before(case["dispatched"], end) and case["dispatched"] >= case["filed"]


def is_due(case: Row) -> bool:
    return filed(case) and case["state"] != "suspended"


# id -> the moment, and whether the case is one of them at the period's end
NUMBERS: dict[str, tuple[str, Callable[[Row, float], bool]]] = {
    "reported": ("opened", lambda c, _: told(c)),
    "valid": ("opened", lambda c, end: counts(c) and (before(c["filed"], end) or before(c["closed"], end))),
    "filed": ("filed", lambda c, _: filed(c)),
    "filed_in_time": ("filed", lambda c, _: filed(c) and filed_in_time(c)),
    "dispatched": ("filed", lambda c, end: filed(c) and dispatched(c, end)),
    "dispatched_right": ("filed", lambda c, end: filed(c) and dispatched(c, end) and c["returns"] == 0),
    "found_machine": ("filed", lambda c, _: filed(c) and c["channel"] == "machine"),
    "found_collector": ("filed", lambda c, _: filed(c) and c["channel"] == "collector"),
    "found_public": ("filed", lambda c, _: filed(c) and c["channel"] not in ("machine", "collector")),
    "due": ("due", lambda c, _: is_due(c)),
    "handled": ("due", lambda c, end: is_due(c) and before(handled_at(c), end)),
    "handled_in_time": ("due", lambda c, end: is_due(c) and handled_in_time(c, end)),
    "overdue_waiting": ("due", lambda c, end: is_due(c) and not before(handled_at(c), end)),
    "closed": ("due", lambda c, end: is_due(c) and before(c["closed"], end)),
    "closed_in_time": ("due", lambda c, end: is_due(c) and before(c["closed"], end) and handled_in_time(c, end)),
    "reworked": ("due", lambda c, _: is_due(c) and c["reworks"] > 0),
    "extended": ("due", lambda c, _: is_due(c) and c["extensions"] > 0),
}


def numbers(cases: Iterable[Row], start: float, end: float) -> dict[str, int]:
    """All counts of a period that ends at `end` (already cut to now)."""
    found = dict.fromkeys(NUMBERS, 0)
    for case in cases:
        for name, (moment, is_one) in NUMBERS.items():
            when = case[moment]
            if when is not None and start <= when < end and is_one(case, end):
                found[name] += 1
    return found


def beginning(code: str, length: int) -> str:
    """Of a unit grid cell's code."""
    return code[:length] if len(code) >= 14 else code


def category_class(code: str) -> str:
    if code[:1] and code[:1] in "0123456789":
        return code[:2]
    return code.rpartition(".")[0].rstrip(".") if "." in code else code


DIMENSIONS: dict[str, Callable[[Row], str]] = {
    "grid": lambda c: c["grid"],
    "community": lambda c: beginning(c["grid"], 12),
    "street": lambda c: beginning(c["grid"], 9),
    "county": lambda c: beginning(c["grid"], 6),
    "unit": lambda c: c["responsible"],
    "officer": lambda c: c["officer"],
    "category": lambda c: c["category"],
    "class": lambda c: category_class(c["category"]),
    "channel": lambda c: c["channel"],
    "rule": lambda c: c["rule"],
    "level": lambda c: c["level"],
    "area": lambda c: c["area_class"],
    "mode": lambda c: c["mode"],
}

ENDED = ("closed", "rejected", "merged")


def stays(case: Row, steps: Sequence[Row]) -> list[tuple[str, float, float]]:
    """Rule 7: (state, came, left) of a case; steps are its own."""
    if not told(case):
        return []
    found, came = [], case["opened"]
    for step in sorted(steps, key=lambda each: each["number"]):
        if step["to_state"] != step["from_state"]:
            if step["from_state"] not in ENDED:
                found.append((step["from_state"], min(came, step["at"]), step["at"]))
            came = step["at"]
    return found


def exceeded_by_no_more_than(share: tuple[int, int], values: Sequence[float]) -> float:
    """Rule 9: the smallest value that at least share[0] of share[1] do not exceed."""
    for value in sorted(values):
        if sum(each <= value for each in values) * share[1] >= share[0] * len(values):
            return value
    raise ValueError("of none")
