"""told: what a trial comes to, as data and as a rule to be pasted. The same trial, the same bytes."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from replay.score import Score
from replay.tuning.choosing import Chosen
from replay.tuning.points import section
from replay.tuning.trying import Holdout, Trial

FORMAT = 1
_PLAIN = re.compile(r"[A-Za-z][\w-]*(?:\.[\w-]+)*|[+-]?\d[\d.]* (?:[A-Za-z%°][\w%°/³²µ]*|1)")
_TAKEN = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
"""Words that YAML takes for something else."""


def to_json(trial: Trial, chosen: Chosen, holdout: Holdout | None = None) -> str:
    """All points with their scores, which are on the front, and what could not be tried. Ends with a line's end."""
    rule = trial.points.rule
    said: dict[str, Any] = {
        "format": FORMAT,
        "rule": rule.id,
        "parameters": list(trial.points.names),
        "labels": len(trial.labels),
        "holdout": None,
        "suggestion": None if chosen.best is None else section(rule, trial.tried[chosen.best].point.values),
        "points": [
            {
                "values": dict(each.point.values),
                "in_force": n == chosen.in_force,
                "front": n in chosen.front,
                "best": n == chosen.best,
                "score": _score(each.score),
                "held_out": None if each.held is None else _score(each.held),
            }
            for n, each in enumerate(trial.tried)
        ],
        "left_out": [{"values": dict(values), "why": why} for values, why in trial.points.left_out],
    }
    if holdout is not None:
        said["holdout"] = {"share": holdout.share, "seed": holdout.seed, "subjects": sorted(trial.held)}
    return json.dumps(said, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _score(score: Score) -> dict[str, Any]:
    return {
        "events": score.labels,
        "found": score.right,
        "precision": _number(score.precision if score.cases or score.false else math.nan),
        "recall": _number(score.recall if score.labels else math.nan),
        "f1": _number(score.f1 if score.labels else math.nan),
        "duplicates": score.duplicates,
        "false": len(score.false),
        "unlabelled": len(score.unlabelled),
        "false_per_1000h": _number(score.false_per_1000h),
        "delay_p50": _number(score.delay),
        "delay_p95": _number(score.delay_at(0.95)),
    }


def _number(number: float) -> float | None:
    return None if math.isnan(number) else round(number, 6)


def yaml(rule: Mapping[str, Any]) -> str:
    """A rule as a member of the configuration's `rules:`, to be pasted. Ends with a line's end."""
    lines = [f"{name}: {flow(value)}" for name, value in rule.items()]
    return "".join(f"{'    ' if n else '  - '}{line}\n" for n, line in enumerate(lines))


def flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {flow(each)}" for name, each in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _TAKEN:
        return value
    return json.dumps(value, ensure_ascii=False)  # JSON is YAML
