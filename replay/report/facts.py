"""facts: what is told of a replay, in every form that it is told in.

Reads an `Outcome`, what was replayed, and what was expected. `Facts.to_json` is the JSON report; its keys are a promise
(docs/guides/reports.md). The same recording, configuration, faults and seed give the same bytes: nothing of the machine
or of the hour is in it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cases.case import Case, iso, known
from detectors import DETECTORS
from pipeline.version import Rule
from replay.expect import Result
from replay.labels import Label
from replay.outcome import Outcome
from replay.score import FALSE, Score

FORMAT = 1
_NAMES = {kind: name for name, kind in DETECTORS.items()}


@dataclass(slots=True)
class Facts:
    """All that a report tells."""

    recording: str
    """The recording's name."""
    outcome: Outcome
    city: str = ""
    title: str = ""
    versions: Sequence[str] = ()
    """The ids of the versions that were in force, in order."""
    faults: str = ""
    """The injected faults as they were asked for; '' for none."""
    seed: int = 0
    """Of those."""
    results: Sequence[Result] = ()
    """What came of each expectation."""
    verdicts: dict[str, tuple[str, Label | None]] = field(init=False)
    """Case id -> what it is by the labels, and the label it found or repeats; empty where there are no labels."""

    def __post_init__(self) -> None:
        told = [each for score in self.outcome.scores.values() for each in score.told] if self.labelled else []
        self.verdicts = {case.id: (verdict, label) for case, verdict, label in told if isinstance(case, Case)}

    @property
    def labelled(self) -> bool:
        """Whether anybody has said what was really wrong."""
        return bool(self.outcome.labels)

    @property
    def total(self) -> Score:
        """Of all rules."""
        total = Score()
        for score in self.outcome.scores.values():
            total.add(score)
        return total

    def rules(self) -> list[str]:
        """Those of the version, and others that have cases (source_down), each sorted."""
        others = {case.rule for case in self.outcome.cases} - set(self.outcome.rules)
        return [*sorted(self.outcome.rules), *sorted(others)]

    def missed_results(self) -> list[Result]:
        """The expectations that were missed."""
        return [result for result in self.results if not result.met]

    def to_json(self) -> dict[str, Any]:
        """The report; keys as docs/guides/reports.md has them."""
        outcome = self.outcome
        aside = {fate: n for fate, n in sorted(outcome.counts.items()) if n and fate not in ("live", "late")}
        return {
            "format": FORMAT,
            "title": self.title or None,
            "recording": {
                "name": self.recording,
                "city": self.city or None,
                "since": iso(outcome.since),
                "until": iso(outcome.until),
                "entries": outcome.entries,
                "rows": outcome.rows,
                "late": outcome.counts["late"],
                "set_aside": aside,
                "labels": len(outcome.labels),
            },
            "faults": {"what": self.faults, "seed": self.seed} if self.faults else None,
            "versions": list(self.versions),
            "rules": {rule: self._rule(rule) for rule in self.rules()},
            "cases": [self._case(case) for case in outcome.cases],
            "expectations": [_result(result) for result in self.results],
            "met": not self.missed_results(),
        }

    def _rule(self, rule: str) -> dict[str, Any]:
        mine = [case for case in self.outcome.cases if case.rule == rule]
        told: dict[str, Any] = {
            "cases": len(mine),
            "open": sum(case.open for case in mine),
            "subjects": len({case.subject for case in mine}),
        }
        configured = self.outcome.rules.get(rule)
        told["configured"] = None if configured is None else described(configured)
        score = self.outcome.scores.get(rule)
        if score is None or not self.labelled:
            return told | {"hours": rounded(score.hours) if score else None, "score": None, "missed": [], "false": []}
        false = [case.id for case, verdict, _ in score.told if verdict == FALSE and isinstance(case, Case)]
        return told | {
            "hours": rounded(score.hours),
            "score": scored(score),
            "missed": [labelled(label) for label in score.missed],
            "false": false,
        }

    def _case(self, case: Case) -> dict[str, Any]:
        verdict, label = self.verdicts.get(case.id, ("", None))
        return case.to_json() | {
            "part": case.part or None,
            "verdict": verdict or None,
            "label": labelled(label) if label is not None else None,
        }


def described(rule: Rule) -> dict[str, Any]:
    """A rule as it was configured, units as in the configuration, every default written out."""
    return {
        "detector": detector_name(rule),
        "rows": rule.kind.kind,
        "metric": rule.metric,
        "classes": sorted(rule.classes),
        "category": rule.category,
        "parameters": dict(sorted(rule.detector.model_dump(mode="json").items())),
        "hold": rule.hold.model_dump(mode="json", by_alias=True),
        "version": rule.version,
    }


def detector_name(rule: Rule) -> str:
    """What a configuration calls its detector; the class's name for a package's."""
    return _NAMES.get(type(rule.detector), type(rule.detector).__name__)


def scored(score: Score) -> dict[str, Any]:
    """A score's numbers; null where nothing can be said."""
    judged = score.cases or score.false
    return {
        "events": score.labels,
        "found": score.right,
        "missed": len(score.missed),
        "cases": score.cases,
        "false": len(score.false),
        "duplicates": score.duplicates,
        "unlabelled": len(score.unlabelled),
        "precision": rounded(score.precision) if judged else None,
        "recall": rounded(score.recall) if score.labels else None,
        "f1": rounded(score.f1) if score.labels else None,
        "duplicates_per_event": rounded(score.duplicates_per_event),
        "delay_p50": rounded(score.delay_at(0.5)),
        "delay_p95": rounded(score.delay_at(0.95)),
        "false_per_1000h": rounded(score.false_per_1000h),
    }


def labelled(label: Label) -> dict[str, Any]:
    """A label without its boxes."""
    return {
        "rule": label.rule,
        "subject": label.subject,
        "started": iso(label.started),
        "ended": iso(label.ended),
        "late": label.late,
        "note": label.note or None,
    }


def _result(result: Result) -> dict[str, Any]:
    expected = result.expected
    return {
        "rule": result.rule,
        "what": result.what,
        "direction": result.direction,
        "expected": [known(end) for end in expected] if isinstance(expected, tuple) else expected,
        "got": rounded(result.got),
        "met": result.met,
        "reason": result.reason or None,
    }


def rounded(number: float) -> float | None:
    """To six places; None where there is none."""
    return round(number, 6) if math.isfinite(number) else None


def as_json(facts: Facts) -> bytes:
    """The JSON report in UTF-8: sorted keys, two spaces, a newline at the end."""
    text = json.dumps(facts.to_json(), ensure_ascii=False, allow_nan=False, indent=2, sort_keys=True) + "\n"
    return text.encode("utf-8", "backslashreplace")  # half a surrogate pair becomes its escape, as JSON has it
