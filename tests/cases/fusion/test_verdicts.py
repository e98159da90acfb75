"""What a verdict teaches: a suppression to be reviewed, and labels for replay."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from cases.database import writing
from cases.fusion import Fusion, Suppression
from cases.fusion.settings import Proposals
from cases.fusion.verdicts import propose
from cases.labels import told
from cases.tables import EPISODES, STEPS
from tests.cases.fusion.test_taking import happening

DAY = 86400.0


def _proposed(verdict: str, found: dict[str, Any], of: dict[str, Any] | None = None) -> Suppression | None:
    return propose(
        verdict,
        happening("a", **found),
        id="one",
        case="a",
        at=100.0,
        by="wang",
        note="",
        proposals=Proposals(),
        of=None if of is None else happening("b", **of),
    )


@pytest.mark.parametrize(
    ("verdict", "found", "of", "again", "other"),
    [
        pytest.param("false alarm", {}, None, {}, {"subject": "bin-2"}, id="rule-and-subject"),
        pytest.param("false alarm", {"place": "z"}, None, {"place": "z"}, {"place": "y"}, id="in-its-zone"),
        pytest.param("known fixture", {}, None, {"subject": "x", "north": 9.0}, {"north": 11.0}, id="around-its-place"),
        pytest.param(
            "known fixture",
            {"camera": "c", "box": (0.1, 0.1, 0.2, 0.2)},
            None,
            {"camera": "c", "box": (0.1, 0.1, 0.2, 0.2), "north": 99.0},
            {"camera": "c", "box": (0.5, 0.1, 0.2, 0.2)},
            id="in-the-picture",
        ),
        pytest.param(
            "known fixture", {"lon": float("nan")}, None, {"north": 9e3}, {"rule": "x"}, id="nobody-knows-where"
        ),
        pytest.param("duplicate", {}, {"rule": "camera", "subject": "cam"}, {}, {"subject": "bin-2"}, id="duplicate"),
    ],
)
def test_a_verdict_proposes(
    verdict: str, found: dict[str, Any], of: dict[str, Any] | None, again: dict[str, Any], other: dict[str, Any]
) -> None:
    suppression = _proposed(verdict, found, of)
    assert suppression is not None
    assert (suppression.verdict, suppression.case, suppression.by, suppression.since) == (verdict, "a", "wang", 100.0)
    assert suppression.until in {100.0 + days * DAY for days in (7, 30, 90)}
    fusion = Fusion()
    fusion.suppress(suppression)
    if of is not None:
        fusion.take(happening("of", 150.0, **of))
    wanted = "joined" if of is not None else "held"
    assert fusion.take(happening("again", 200.0, **again)).how == wanted
    assert fusion.take(happening("other", 200.0, **other)).how == "opened"


@pytest.mark.parametrize(
    ("verdict", "found"),
    [
        pytest.param("confirmed", {}, id="it-was-so"),
        pytest.param("false alarm", {"rule": ""}, id="a-report"),
        pytest.param("duplicate", {}, id="of-what"),
    ],
)
def test_a_verdict_that_teaches_nothing(verdict: str, found: dict[str, Any]) -> None:
    assert _proposed(verdict, found) is None


def test_none_lasts_for_ever() -> None:
    with pytest.raises(ValueError, match="within 366 days"):
        Fusion().suppress(Suppression(id="a", rules=("full",), since=0.0, until=400 * DAY, reason="why"))


def _episode(id: str, case: str, started: float, **values: Any) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column in EPISODES.columns:
        kind = column.type.python_type
        row[column.name] = None if column.nullable else kind()
    return row | {"id": id, "case_id": case, "rule": "full", "subject": id, "started": started} | values


def _step(case: str, number: int, verdict: str) -> dict[str, Any]:
    row = {"id": f"{case}-{number}", "case_id": case, "number": number, "action": "verdict", "from_state": "filed"}
    row |= {"to_state": "filed", "by": "wang", "role": "acceptor", "at": 9.0, "note": f"{verdict}!"}
    return row | {"data": {"verdict": verdict}}


def test_verdicts_are_labels_of_all_members(database: sa.Engine) -> None:
    with writing(database) as connection:
        episodes = [
            _episode("a1", "a", 5.0, ended=9.0),
            _episode("a2", "a", 1.0, late=True),
            _episode("a3", "a", 1.0, withdrawn=True),
            _episode("b1", "b", 2.0),
            _episode("c1", "c", 3.0),
            _episode("d1", "d", 4.0),
        ]
        connection.execute(EPISODES.insert(), episodes)
        said = [_step("a", 1, "false alarm"), _step("a", 2, "confirmed"), _step("b", 1, "known fixture")]
        connection.execute(STEPS.insert(), [*said, _step("c", 1, "duplicate")])
        found = [(each.subject, each.verdict, each.ended, each.late, each.note) for each in told(connection)]
    assert found == [
        ("a2", "confirmed", float("inf"), True, "confirmed!"),
        ("b1", "false alarm", float("inf"), False, "known fixture!"),
        ("a1", "confirmed", 9.0, False, "confirmed!"),
    ]
