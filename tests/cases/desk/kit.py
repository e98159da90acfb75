"""kit: a desk and its log, driven by hand: say what happens when, and look at what became of it."""

from __future__ import annotations

import itertools
import math
import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cases.case import Case
from cases.database import reading
from cases.deadlines import DeadlinesSection, Limit
from cases.desk import Conditions, Desk, Places, Plain, Policies
from cases.fold import Logged
from cases.fusion import FusionSettings
from cases.making import Known
from cases.tables import ANSWERS, CASES, CHANGES, METADATA, STEPS
from cases.words import Answer, Report, Step
from pipeline.episode import Change

DAY = 1_772_323_200.0
"""2026-03-01 00:00 UTC, a Sunday."""


class City(Plain):
    """Says of every category and place the same; a test gives it what matters."""

    def __init__(self, limit: str = "4 urgent hours", unit: str = "", helpers: tuple[str, ...] = ()) -> None:
        self._limit, self._unit, self._helpers = limit, unit, helpers

    def limit(self, code: str, condition: str, area_class: str) -> Limit | None:
        return Limit.parse(self._limit) if self._limit else None

    def duty(self, category: str, grid: str, place: str, level: str, at: float) -> tuple[str, tuple[str, ...]]:
        return self._unit, self._helpers


def conditions(
    city: City | None = None,
    *,
    policies: Mapping[str, Any] | None = None,
    fusion: Mapping[str, Any] | None = None,
    deadlines: Mapping[str, Any] | None = None,
) -> Conditions:
    """The sections as the configuration has them."""
    return Conditions(
        city="test",
        kinds=city or City(),
        policies=Policies.model_validate(policies or {}),
        fusion=FusionSettings.model_validate(fusion or {}),
        deadlines=DeadlinesSection.model_validate(deadlines or {}),
    )


class Log:
    """What enters the desk, at once, in the order in which it is said."""

    def __init__(self, database: sa.Engine, holds: Conditions | None = None, places: Places | None = None) -> None:
        self.database, self.holds, self.places = database, holds or conditions(), places or Plain()
        self.position = 0
        self.entries: list[Logged] = []
        self.steps = itertools.count()
        self.restart()

    def restart(self) -> None:
        """A new desk, which knows only what the store has."""
        self.desk = Desk(self.database, lambda _: self.holds, lambda _: self.places)

    # ---- in

    def enter(self, at: float, id: str, confirmed: float, **what: Any) -> None:
        self.position += 1
        entry = Logged(stamp=at, confirmed=confirmed, id=id, position=self.position, nth=0, version="v", **what)
        self.entries.append(entry)
        self.desk.apply([entry], at, self.position)

    def episode(self, at: float, id: str, change: Change = Change.OPENED, **known: Any) -> None:
        case = episode(id, self.position + 1, **{"started": at, **known})
        case = Case(**{name: getattr(case, name) for name in case.__struct_fields__})
        self.enter(at, id, case.confirmed, known=Known(at, change, case))

    def report(self, at: float, id: str, **told: Any) -> Answer:
        report = Report(**{"id": id, "channel": "hand", "category": "06010", "at": at, **told})
        self.enter(at, id, at, report=report)
        return self.answer(id)

    def step(self, at: float, case: str, action: str, role: str, by: str = "", note: str = "", **data: Any) -> Answer:
        """Takes what is left out as most would say it."""
        revision = data.pop("revision", None)
        id = str(uuid.UUID(int=next(self.steps)))
        step = Step(
            id=id, case=case, action=action, by=by or role, role=role, at=at, revision=revision, note=note, data=data
        )
        self.enter(at, id, at, step=step)
        return self.answer(id)

    def through(self, case: str, at: float, *steps: tuple[str, str] | tuple[str, str, Mapping[str, Any]]) -> None:
        """Several steps a minute apart, all of which must be taken."""
        for n, (action, role, *more) in enumerate(steps):
            answer = self.step(at + 60 * n, case, action, role, **dict(more[0] if more else {}))
            assert answer.taken, (action, answer.why)

    def passes(self, until: float) -> None:
        """Time, and nothing else."""
        self.desk.apply([], until, self.position)

    # ---- out

    def answer(self, id: str) -> Answer:
        with reading(self.database) as connection:
            row = connection.execute(sa.select(ANSWERS).where(ANSWERS.c.id == id)).mappings().one()
        return Answer(
            id=row["id"], case=row["case_id"], taken=row["taken"], why=row["why"], allowed=tuple(row["allowed"])
        )

    def case(self, id: str) -> dict[str, Any]:
        with reading(self.database) as connection:
            return dict(connection.execute(sa.select(CASES).where(CASES.c.id == id)).mappings().one())

    def cases(self) -> dict[str, str]:
        """State by id."""
        with reading(self.database) as connection:
            rows = connection.execute(sa.select(CASES.c.id, CASES.c.state).order_by(CASES.c.id))
            return {row.id: row.state for row in rows}

    def history(self, id: str) -> list[str]:
        """'action by, from>to' of each step."""
        with reading(self.database) as connection:
            rows = connection.execute(sa.select(STEPS).where(STEPS.c.case_id == id).order_by(STEPS.c.number))
            return [f"{row.action} {row.by} {row.from_state}>{row.to_state}" for row in rows]

    def changes(self, id: str | None = None) -> list[tuple[str, float]]:
        """(event, at)."""
        query = sa.select(CHANGES).order_by(CHANGES.c.number)
        with reading(self.database) as connection:
            rows = connection.execute(query if id is None else query.where(CHANGES.c.case_id == id))
            return [(row.event, row.at) for row in rows]

    def everything(self) -> dict[str, list[dict[str, Any]]]:
        """All that the desk has written, to compare."""
        with reading(self.database) as connection:
            return {
                table.name: [
                    dict(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key)).mappings()
                ]
                for table in METADATA.sorted_tables
            }


def episode(id: str, position: int, **known: Any) -> Case:
    """Of a bin that is too full, at a place."""
    base = {
        "id": id,
        "rule": "bin-full",
        "rule_version": "1",
        "category": "06042",
        "subject": "bin-1",
        "part": "",
        "place": "",
        "lon": 121.47,
        "lat": 31.23,
        "started": 0.0,
        "confirmed": known.get("started", 0.0),
        "ended": math.nan,
        "reason": "",
        "measure": 95.0,
        "unit": "%",
        "late": False,
        "withdrawn": False,
        "opened_position": position,
        "position": position,
    }
    return Case(**base | known)
