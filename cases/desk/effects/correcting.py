"""correcting: what people know better than rules: where and what it is, whether it was so, and what proves it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cases.desk import opening
from cases.desk.act import Act, Refused
from cases.desk.effects import filing, teaching, terms
from cases.life import VERDICTS
from cases.tables import EVIDENCE

_CORRECTED: Mapping[str, type | tuple[type, ...]] = {
    "category": str,
    "text": str,
    "address": str,
    "lon": (int, float),
    "lat": (int, float),
    "severity": int,
    "place": str,
    "grid": str,
}
"""Field -> what it must be."""


def correct(act: Act) -> None:
    fields: Mapping[str, Any] = act.step.data["fields"]
    if not isinstance(fields, Mapping) or not set(fields) <= set(_CORRECTED):
        raise Refused(f"what can be corrected: {', '.join(_CORRECTED)}")
    wrong = [name for name, value in fields.items() if not isinstance(value, _CORRECTED[name])]
    if wrong:
        raise Refused(f"'{wrong[0]}' can't be {fields[wrong[0]]!r}")
    if not 1 <= fields.get("severity", 1) <= 4:
        raise Refused("severity is 1 (low) to 4 (urgent)")
    act.step.data["before"] = {name: act.case[name] for name in fields}
    act.case.update(fields)
    if "category" in fields:
        filing.recategorise(act, fields["category"])
    if {"lon", "lat"} & set(fields) and act.case["lon"] is not None and act.case["lat"] is not None:
        act.work.fusion.moved(act.case["id"], act.case["lon"], act.case["lat"])
        opening.located(act.work, act.case)
        act.case.update({name: fields[name] for name in ("address", "grid") if name in fields})
    if "category" in fields and act.case["filed"] is not None and act.case["state"] in terms.RUNNING:
        terms.anew(act)


def verdict(act: Act) -> None:
    if act.step.data["verdict"] not in VERDICTS:
        raise Refused(f"a verdict is one of {', '.join(VERDICTS)}")
    teaching.propose_suppression(act)
    act.case["verdict"] = act.step.data["verdict"]


def attach(act: Act) -> None:
    files = act.step.data["files"]
    if not isinstance(files, list) or not all(isinstance(f, Mapping) and f.get("location") for f in files):
        raise Refused("files are a list, each with at least its location")
    for n, file in enumerate(files):
        act.work.book.add(
            EVIDENCE,
            {
                "id": act.work.own_id(act.case, f"file-{n}"),
                "case_id": act.case["id"],
                "kind": str(file.get("kind", "file")),
                "location": str(file["location"]),
                "sha256": str(file.get("sha256", "")),
                "captured": file.get("captured"),
                "clock_offset": file.get("clock_offset"),
                "source": str(file.get("source", act.step.by)),
                "extra": dict(file.get("extra", {})),
            },
        )
