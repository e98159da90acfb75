"""labels: what people's verdicts on cases say about what rules found: samples for replay (`gridwatch label`).

A verdict on a case is one on each of its episodes. Confirmed: it was so. False alarm and known fixture: it was not what
the rule is to find. A duplicate says nothing: whether it was so is told by the case that it repeats. Of several
verdicts on a case the last counts.
"""

from __future__ import annotations

import math
from typing import Literal

import msgspec
import sqlalchemy as sa

from cases.tables import EPISODES, STEPS

Verdict = Literal["confirmed", "false alarm"]
_MEANS: dict[str, Verdict] = {"confirmed": "confirmed", "false alarm": "false alarm", "known fixture": "false alarm"}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody said of one episode. Times are UTC seconds; `ended` is infinite while it goes on."""

    rule: str
    subject: str
    started: float
    ended: float
    late: bool
    verdict: Verdict
    note: str


def told(connection: sa.Connection) -> list[Told]:
    """All that is in a store, sorted by (started, rule, subject)."""
    steps = sa.select(STEPS.c.case_id, STEPS.c.data, STEPS.c.note).where(STEPS.c.action == "verdict")
    last = {case: (data["verdict"], note) for case, data, note in connection.execute(steps.order_by(STEPS.c.number))}
    said = sa.select(STEPS.c.case_id).where(STEPS.c.action == "verdict")
    episodes = sa.select(EPISODES).where(EPISODES.c.case_id.in_(said), ~EPISODES.c.withdrawn)
    found = []
    for row in connection.execute(episodes).mappings():
        verdict, note = last[row["case_id"]]
        if verdict in _MEANS:
            ended = math.inf if row["ended"] is None else row["ended"]
            values = {name: row[name] for name in ("rule", "subject", "started", "late")}
            found.append(Told(**values, ended=ended, verdict=_MEANS[verdict], note=note))
    return sorted(found, key=lambda each: (each.started, each.rule, each.subject))
