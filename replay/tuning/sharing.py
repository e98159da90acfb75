"""sharing: rules with the same detector and parameters ask it once.

Points of a sweep often differ in their holds alone. The engine gives rules that ask for the same rows the very same
columns; a detector without memory then answers the same, so that its last answers are kept and given again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pipeline.detector import Detector, Judgement, Memory
from pipeline.version import Rule
from pipeline.world import World

_KEPT = 2
"""Answers: of the live rows that all rules are asked about in turn, and of the late ones of one rule between."""


def shared(rules: Sequence[Rule]) -> list[Rule]:
    """The same rules; those whose detectors are equal have one between them."""
    made: list[tuple[Detector, Detector]] = []
    found: list[Rule] = []
    for rule in rules:
        one = next((other for own, other in made if own == rule.detector), None)
        if one is None:
            one = _remembering(rule.detector) if rule.detector.memory is None else rule.detector
            made.append((rule.detector, one))
        found.append(replace(rule, detector=one))
    return found


def _remembering(detector: Detector) -> Detector:
    """The same detector, which answers at once where it has just been asked."""
    kind = type(detector)
    answers: list[tuple[Any, World, Judgement]] = []

    def judge(self: Detector, rows: Any, world: World, memory: Memory | None) -> Judgement:
        for n, (asked, by, answer) in enumerate(answers):
            if asked is rows and by is world:
                answers.insert(0, answers.pop(n))
                return answer
        answers.insert(0, (rows, world, kind.judge(self, rows, world, memory)))
        del answers[_KEPT:]
        return answers[0][2]

    made: Any = type(kind.__name__, (kind,), {"judge": judge, "__module__": kind.__module__, "__doc__": kind.__doc__})
    copy: Detector = made.model_construct(**dict(detector))
    return copy
