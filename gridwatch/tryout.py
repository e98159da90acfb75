"""tryout: a rule with other parameters over the last hours of a city's journal, in a process of its own that gives way
to everybody else: which cases would have come, gone, or been otherwise?

    python -m gridwatch.tryout FILE

FILE: JSON, see `Asked`. Writes a line of JSON for each stretch that is judged ({"at", "first", "head"}), at last
{"result": …}, or {"failed": "why"}. Both the rule as it is and as it would be are judged in one pass, so that they have
read the very same rows; what is one case of several episodes (`fusion`) is left out. Changes nothing.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from gridwatch.problems import Problem

if TYPE_CHECKING:
    from cases.case import Case
    from pipeline.names import Names
    from pipeline.version import Version
    from replay.comparing.matching import Difference

SHOWN = 400
"""Differences that are told one by one; all are counted."""
_TRIED = "~tried"
"""What the tried rule's id ends with, while both are judged; no configuration can have it."""
_MEMORY = 4 << 30
"""Bytes of address space."""


class Asked(msgspec.Struct, frozen=True):
    """data: the city's folder. rule, tried: sections of a configuration. since: UTC seconds. config: of a city on
    Kafka, the file of its configuration; '': the journal is in its folder."""

    data: str
    rule: dict[str, Any]
    tried: dict[str, Any]
    since: float
    config: str = ""


def main() -> int:
    """Exit code 0: there is a result."""
    os.nice(19)
    _bounded()
    asked = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Asked)
    try:
        _say({"result": tried(asked)})
    except Problem as error:
        _say({"failed": str(error)})
        return 1
    except MemoryError:
        _say({"failed": "it needs more memory than it may have: try fewer hours"})
        return 1
    except Exception as error:  # noqa: BLE001  whatever it is, whoever asked is told
        _say({"failed": f"{type(error).__name__}: {error}"})
        return 1
    return 0


def _bounded() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    except (ImportError, ValueError, OSError):
        return  # not on this system: the time limit alone holds


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=True, allow_nan=False) + "\n")
    sys.stdout.flush()


def tried(asked: Asked) -> dict[str, Any]:
    """Judge it. Raises what a replay raises."""
    from gridwatch.cluster_recordings import on_kafka
    from gridwatch.recordings import recording_in, versions
    from pipeline.runtime.compose import make_rule
    from pipeline.runtime.sections import RuleSection
    from replay.comparing.matching import match
    from replay.cutting import position_at, version_at
    from replay.replaying import replay
    from replay.tuning.sharing import shared

    cluster, since = on_kafka(Path(asked.config)) if asked.config else None, asked.since
    if cluster is None:
        recording = recording_in(Path(asked.data))
    else:
        taken = cluster.recording(since)
        recording, since = taken.recording, max(since, taken.kept)
    reader = recording.reader()
    start = position_at(reader, since)
    first = RuleSection.model_validate(asked.rule)
    rules = [make_rule(first), replace(make_rule(RuleSection.model_validate(asked.tried)), id=first.id + _TRIED)]
    load, _, _ = versions(recording, None)

    def both(payload: bytes, names: Names) -> Version:
        return replace(load(payload, names), rules=shared(rules), fusion=None)

    def progress(at: int) -> None:
        _say({"at": at, "first": start, "head": reader.head})

    done = replay(reader, both, start=start, current=version_at(reader, start), progress=progress)
    cases: dict[bool, list[Case]] = {False: [], True: []}
    for case in done.cases:
        cases[case.rule.endswith(_TRIED)].append(case)
    matched = match(cases[False], cases[True], {first.id: first.id + _TRIED})
    return {
        "since": since,
        "entries": done.entries,
        "rows": done.rows,
        "before": len(cases[False]),
        "after": len(cases[True]),
        "same": matched.same.get(first.id, 0),
        "counts": Counter(each.what.value for each in matched.differences),
        "differences": [_difference(each) for each in matched.differences[:SHOWN]],
    }


def _difference(each: Difference) -> dict[str, Any]:
    return {
        "what": each.what.value,
        "subject": each.case.subject,
        "fields": list(each.fields),
        "before": _case(each.a),
        "after": _case(each.b),
    }


def _case(case: Case | None) -> dict[str, Any] | None:
    if case is None:
        return None
    numbers = {name: getattr(case, name) for name in ("started", "confirmed", "ended", "lon", "lat", "measure")}
    known = {name: value if math.isfinite(value) else None for name, value in numbers.items()}
    return {**known, "unit": case.unit, "place": case.place}


if __name__ == "__main__":
    sys.exit(main())
