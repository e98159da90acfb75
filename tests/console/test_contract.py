"""The OpenAPI document is the contract: schemathesis sends what it allows, and what it doesn't, to every route.

No answer is a 500, each is of a kind and status that the document names, and what is not allowed is refused.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cases.database import writing
from console.people_tokens import make_token
from tests.console.kit import Town, case_row

EXAMPLES = int(os.environ.get("GRIDWATCH_TEST_EXAMPLES", "4"))
ALL = ("operator", "supervisor", "collector", "integrator", "administrator")
ENDLESS = r"^/api/live$"


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The schema of a city with a case in each state, asked by somebody who may do everything."""
    town = Town(tmp_path_factory.mktemp("town"), requests_per_minute=1_000_000)
    town.add(*(case_row(f"case-{state}", state=state) for state in ("reported", "filed", "handling", "closed")))
    with writing(town.engine) as connection:
        who = {"unit": "", "areas": (), "channel": "", "by": ""}
        _, secret = make_token(connection, name="tester", roles=ALL, now=town.now, until=town.now + 3600, **who)  # type: ignore[arg-type]
    known = {"Authorization": f"Bearer {secret}"}
    found = schemathesis.openapi.from_asgi("/api/openapi.json", town.app, headers=known)
    found.config.update(headers=known)
    yield found.exclude(path_regex=ENDLESS)
    town.engine.dispose()


CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
"""No route documents a 500; 503 is what a city says that has no cameras, or does not run."""


def test_what_is_allowed_is_answered_and_nothing_breaks(contract: Any) -> None:
    wrong = []
    for each in contract.get_all_operations():
        operation = each.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize="CI" in os.environ,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=st.one_of(operation.as_strategy(), operation.as_strategy(GenerationMode.NEGATIVE)))
        def answered(case: Any) -> None:
            case.validate_response(case.call(), checks=CHECKS)

        try:
            answered()
        except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 all that is wrong is told at once
            wrong.append(f"{operation.label}: {error}")
    assert wrong == [], "\n\n".join(wrong)
