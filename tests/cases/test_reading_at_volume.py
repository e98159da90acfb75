"""What people ask is answered by an index, on a PostgreSQL with 60,000 cases in it."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from benchmarks import month
from cases.database import open_database, reading, writing
from cases.migrations import migrate
from cases.reading import Filters, find, history, near, triage, whole
from cases.reading_counts import counts
from tests.services.postgres import Postgres


@pytest.fixture(scope="module")
def busy(postgres: Postgres) -> Iterator[sa.Engine]:
    """A PostgreSQL with three days of 20,000 cases."""
    url = postgres.database()
    engine = open_database(url)
    migrate(engine)
    with writing(engine) as connection:
        month.fill(connection, days=3)
    month.settle(engine)
    yield engine
    engine.dispose()
    postgres.drop(url)


GRID = (month.grid(7),)
ONLY = '"Index Only Scan".*"ix_cases_triage"'


@pytest.mark.service
@pytest.mark.parametrize(
    "ask, index",
    [
        pytest.param(triage, "ix_cases_triage", id="triage"),
        pytest.param(lambda c: triage(c, after=triage(c, limit=500).after), "ix_cases_triage", id="a-later-page"),
        pytest.param(lambda c: triage(c, Filters(severity=3)), "ix_cases_triage", id="severity"),
        pytest.param(lambda c: triage(c, Filters(state=("handling",))), "ix_cases_triage", id="state"),
        pytest.param(lambda c: triage(c, Filters(text="文三路9")), "ix_cases_(triage|active_place)", id="text"),
        pytest.param(lambda c: triage(c, Filters(channel=("open311",))), ONLY, id="out-of-the-index-alone"),
        pytest.param(counts, ONLY, id="counts-out-of-the-index-alone"),
        pytest.param(lambda c: counts(c, Filters(severity=3)), ONLY, id="some-counts-out-of-the-index-alone"),
        pytest.param(history, "ix_cases_opened", id="history"),
        pytest.param(lambda c: history(c, Filters(subject=("川A·00007",))), "ix_cases_subject", id="of-a-subject"),
        pytest.param(lambda c: history(c, Filters(grid=GRID)), "ix_cases_grid", id="of-a-grid-cell"),
        pytest.param(lambda c: near(c, 120.1, 30.2, 120.11, 30.21), "ix_cases_active_place", id="map"),
        pytest.param(lambda c: find(c, "202603-0000007"), "uq_cases_number", id="number"),
        pytest.param(lambda c: whole(c, "202603-0000007"), "uq_steps_case_id_number", id="whole"),
    ],
)
def test_an_index_answers(busy: sa.Engine, ask: Any, index: str) -> None:
    """No question reads all cases, whatever the planner may know of its values: also as a prepared statement."""
    for mode in ("force_custom_plan", "force_generic_plan"):
        with reading(busy) as connection:
            connection.exec_driver_sql(f"SET LOCAL plan_cache_mode = {mode}")
            plans = explained(connection, ask)
        assert re.search(index, json.dumps(plans)), plans
        assert not [
            node
            for node in nodes(plans)
            if node["Node Type"] == "Seq Scan" and node["Relation Name"] in ("cases", "steps")
        ]


def explained(connection: sa.Connection, ask: Any) -> list[Any]:
    """The plans of all that `ask` asks."""
    asked: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        asked.append((statement, parameters))

    sa.event.listen(connection, "before_cursor_execute", note)
    ask(connection)
    sa.event.remove(connection, "before_cursor_execute", note)
    return [
        connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
        for statement, parameters in asked
    ]


def nodes(plan: Any) -> Iterator[dict[str, Any]]:
    if isinstance(plan, list):
        yield from itertools.chain.from_iterable(nodes(each) for each in plan)
    elif isinstance(plan, dict):
        if "Node Type" in plan:
            yield plan
        yield from itertools.chain.from_iterable(nodes(each) for each in plan.values())
