"""What people ask of the store, on both databases: the order of work, filters, pages, one case whole, the map."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from cases.database import open_database, reading, writing
from cases.reading import Filters, NoSuchCase, Page, WrongPage, find, history, near, triage, whole
from cases.reading_counts import counts
from cases.reading_rows import (
    ApprovalRow,
    Details,
    EpisodeRow,
    EvidenceRow,
    ReportRow,
    Row,
    StepRow,
    TaskRow,
    TimerRow,
)
from cases.tables import APPROVALS, CASES, EPISODES, EVIDENCE, REPORTS, STEPS, TASKS, TIMERS
from tests.cases.rows import case, put, row


def ids(page: Page) -> list[str]:
    return [each.id for each in page.cases]


def listed(database: sa.Engine, **filters: Any) -> list[str]:
    with reading(database) as connection:
        return ids(triage(connection, Filters(**filters)))


# -- the triage list ---------------------------------------------------------------------------------------------------


def test_what_is_to_be_done_first(database: sa.Engine) -> None:
    wanted = [
        case("overdue-grave", deadline="overdue", severity=4, due=9.0),
        case("overdue-first", deadline="overdue", severity=2, due=5.0),
        case("overdue-then", deadline="overdue", severity=2, due=6.0),
        case("grave", severity=4, due=99.0),
        case("to-be-filed", state="reported", filed=None, file_due=10.0, due=None),
        case("soon", deadline="warning", due=11.0, file_due=1.0),
        case("later", due=12.0),
        case("no-limit-newest", due=None, opened=3000.0),
        case("no-limit", due=None, opened=2000.0),
        case("light", severity=1, due=1.0),
        case("suspended", state="suspended", severity=4, deadline="overdue", due=1.0),
    ]
    over = [case(state, state=state, severity=4) for state in ("closed", "rejected", "merged")]
    shuffled = [*wanted, *over, case("taken-back", withdrawn=True, severity=4)]
    random.Random(1).shuffle(shuffled)
    put(database, *shuffled)
    assert listed(database) == [each["id"] for each in wanted]


@pytest.mark.parametrize(
    "filters, found",
    [
        pytest.param({}, "abcd", id="all"),
        pytest.param({"state": ("filed",)}, "b", id="state"),
        pytest.param({"state": ("filed", "handling")}, "abd", id="states"),
        pytest.param({"state": ("closed",)}, "", id="not-active"),
        pytest.param({"category": ("0102",)}, "b", id="category"),
        pytest.param({"category": ("01*",)}, "ab", id="categories-that-begin-so"),
        pytest.param({"category": ("0101", "02*")}, "ac", id="one-and-some-that-begin-so"),
        pytest.param({"category": ("*",)}, "abcd", id="any-category"),
        pytest.param({"responsible": ("unit-1",)}, "a", id="unit"),
        pytest.param({"grid": ("33010600001",)}, "c", id="grid-cell"),
        pytest.param({"level": ("city",)}, "d", id="level"),
        pytest.param({"channel": ("hotline",)}, "c", id="channel"),
        pytest.param({"rule": ("overspeed",)}, "a", id="rule"),
        pytest.param({"subject": ("川A·7F2Q1",)}, "a", id="subject"),
        pytest.param({"severity": 3}, "d", id="severity"),
        pytest.param({"deadline": ("overdue",)}, "b", id="overdue"),
        pytest.param({"storm": "hail"}, "d", id="storm"),
        pytest.param({"storm": "*"}, "d", id="any-storm"),
        pytest.param({"text": "文三路"}, "c", id="address"),
        pytest.param({"text": "7f2q1"}, "a", id="plate-in-small-letters"),
        pytest.param({"text": "100%"}, "b", id="percent-means-itself"),
        pytest.param({"text": "_"}, "", id="underline-means-itself"),
        pytest.param({"text": "'; --"}, "", id="quotes-mean-themselves"),
        pytest.param({"mine": ("unit-1",)}, "ab", id="mine-or-helped-with"),
        pytest.param({"mine": ("li",)}, "cd", id="asked-or-assigned"),
        pytest.param({"mine": ('wang"',)}, "", id="nobody"),
        pytest.param({"state": ("handling",), "severity": 3}, "d", id="two"),
    ],
)
def test_filters(database: sa.Engine, filters: dict[str, Any], found: str) -> None:
    put(
        database,
        case("a", category="0101", responsible="unit-1", rule="overspeed", subject="川A·7F2Q1"),
        case("b", category="0102", state="filed", deadline="overdue", helpers=["unit-1"], text="full to 100% again"),
        case("c", category="0203", state="verifying", channel="hotline", grid="33010600001", address="文三路90号"),
        case("d", category="0304", severity=3, level="city", officer="li", storm="hail"),
        case("e", state="closed", category="0101", responsible="unit-1", rule="overspeed", subject="川A·7F2Q1"),
    )
    with writing(database) as connection:
        tasks = [
            row(TASKS, id="t1", case_id="c", kind="verify", collector="li", answered=None),
            row(TASKS, id="t2", case_id="b", kind="check", collector="li", answered=5.0),
        ]
        connection.execute(TASKS.insert(), tasks)
    assert sorted(listed(database, **filters)) == list(found)
    with reading(database) as connection:
        assert counts(connection, Filters(**filters)).all == len(found)


def test_counts(database: sa.Engine) -> None:
    put(
        database,
        *(case(f"a{n}", state="filed", deadline="overdue") for n in range(3)),
        *(case(f"b{n}", state="reported", deadline="warning", severity=4) for n in range(2)),
        case("c", state="closed", deadline="overdue"),
    )
    with reading(database) as connection:
        found = counts(connection)
    assert (found.all, found.states, found.overdue, found.warning) == (5, {"reported": 2, "filed": 3}, 3, 2)
    assert list(found.states) == ["reported", "filed"], "in the order of a case's life"
    assert list(found.severities.items()) == [(4, 2), (2, 3)], "the gravest first"


def pages(connection: sa.Connection, limit: int) -> Iterator[Page]:
    after = ""
    while True:
        page = triage(connection, after=after, limit=limit)
        yield page
        after = page.after
        if not after:
            return


CASE = st.fixed_dictionaries(
    {
        "severity": st.integers(1, 4),
        "deadline": st.sampled_from(["", "warning", "overdue"]),
        "state": st.sampled_from(["reported", "handling", "suspended", "closed"]),
        "due": st.none() | st.sampled_from([1.0, 2.5, 1e17]),
        "file_due": st.none() | st.just(2.0),
        "filed": st.none() | st.just(1.0),
        "opened": st.floats(0, 10, width=16),
    }
)


@given(drawn=st.lists(CASE, max_size=30), limit=st.integers(1, 7))
def test_pages_together_are_the_list(drawn: list[dict[str, Any]], limit: int) -> None:
    engine = open_database(None)
    with writing(engine) as connection:
        CASES.create(connection)
        if drawn:
            connection.execute(CASES.insert(), [case(f"c{n:02}", **each) for n, each in enumerate(drawn)])
    with reading(engine) as connection:
        all_of_them = triage(connection, limit=100)
        found = list(pages(connection, limit))
    assert all_of_them.after == ""
    assert [each for page in found for each in page.cases] == all_of_them.cases
    assert [len(page.cases) for page in found[:-1]] == [limit] * (len(found) - 1)
    assert len(all_of_them.cases) == sum(each["state"] != "closed" for each in drawn)
    engine.dispose()


def test_pages_go_on_where_they_were(database: sa.Engine) -> None:
    put(database, *(case(f"c{n}", due=float(n)) for n in range(6)))
    with reading(database) as connection:
        first = triage(connection, limit=2)
    put(database, case("new-and-first", severity=4))
    with writing(database) as connection:
        connection.execute(CASES.update().where(CASES.c.id == "c1").values(state="closed"))
    with reading(database) as connection:
        assert ids(triage(connection, after=first.after, limit=2)) == ["c2", "c3"]


@pytest.mark.parametrize("after", ["x", "c2V2ZW4=", "wA==", "lAECA6Fh", "=", "\0"])
def test_what_no_page_has_given_is_refused(database: sa.Engine, after: str) -> None:
    with reading(database) as connection:
        for ask in (triage, history):
            with pytest.raises(WrongPage, match="leave it out"):
                ask(connection, after=after)


def test_what_was(database: sa.Engine) -> None:
    states = ["closed", "handling", "rejected", "merged", "filed"]
    put(database, *(case(f"c{n}", state=state, opened=float(n // 2)) for n, state in enumerate(states)))
    put(database, case("taken-back", withdrawn=True))
    with reading(database) as connection:
        first = history(connection, limit=3)
        assert ids(first) == ["c4", "c3", "c2"]
        assert ids(history(connection, after=first.after)) == ["c1", "c0"]
        assert ids(history(connection, since=1.0, until=2.0)) == ["c3", "c2"]
        assert ids(history(connection, Filters(state=("closed",)))) == ["c0"]


# -- one case ----------------------------------------------------------------------------------------------------------

ONE, OTHER = "0a000000-0000-5000-8000-000000000001", "0a000000-0000-5000-8000-000000000002"


def test_one_case_whole(database: sa.Engine) -> None:
    put(database, case(ONE, number="20260301-00001", proposal={"why": "空了"}, helpers=["u2"]))
    put(database, case(OTHER, state="merged", merged_into=ONE))
    belongs: dict[sa.Table, list[dict[str, Any]]] = {
        EPISODES: [{"id": "e2", "started": 20.0}, {"id": "e1", "started": 10.0, "measure": 71.5}],
        REPORTS: [{"id": "r1", "contact": {"phone": "1"}, "extra": {"name": "Li"}, "photos": ["p.jpg"], "at": 5.0}],
        STEPS: [{"id": f"s{n}", "number": n, "action": "file", "data": {"n": n}} for n in (2, 1, 10)],
        TASKS: [{"id": "t1", "kind": "check"}],
        APPROVALS: [{"id": "a1", "what": "extend", "data": {"until": 9.5}}],
        EVIDENCE: [{"id": "v1", "captured": 12.0, "extra": {}}],
        TIMERS: [{"kind": "overdue", "at": 2.0}, {"kind": "warning", "at": 1.0}],
    }
    with writing(database) as connection:
        for table, rows in belongs.items():
            of_another = rows[0] | {"case_id": OTHER} | ({} if table is TIMERS else {"id": "of-another"})
            values = [row(table, **{"case_id": ONE} | each) for each in [*rows, of_another]]
            connection.execute(table.insert(), values)
    with reading(database) as connection:
        found = whole(connection, "20260301-00001")
        told = whole(connection, ONE, contact=True).reports[0]
    assert (found.case.id, found.case.proposal, found.case.helpers) == (ONE, {"why": "空了"}, ["u2"])
    assert [(each.id, each.measure) for each in found.episodes] == [("e1", 71.5), ("e2", None)]
    assert [(each.number, each.data) for each in found.steps] == [(n, {"n": n}) for n in (1, 2, 10)]
    assert [(each.kind, each.at) for each in found.timers] == [("warning", 1.0), ("overdue", 2.0)]
    assert ([t.id for t in found.tasks], [a.data for a in found.approvals]) == (["t1"], [{"until": 9.5}])
    assert ([v.captured for v in found.evidence], [m.id for m in found.merged]) == ([12.0], [OTHER])
    assert (found.reports[0].contact, found.reports[0].extra, found.reports[0].photos) == (None, None, ["p.jpg"])
    assert (told.contact, told.extra) == ({"phone": "1"}, {"name": "Li"})


@pytest.mark.parametrize(
    "name, found",
    [
        pytest.param(ONE, ONE, id="whole"),
        pytest.param(f" {ONE.upper()} ", ONE, id="in-capitals"),
        pytest.param(ONE[:-1] + "1", ONE, id="whole-though-others-begin-so"),
        pytest.param("n-1", ONE, id="number"),
        pytest.param("0b", "0b000000-0000-5000-8000-000000000003", id="beginning"),
        pytest.param("0a", "several cases have an id that begins with '0a'", id="several"),
        pytest.param("ffff", "no case has the number 'ffff'", id="none"),
        pytest.param("", "no case", id="nothing"),
        pytest.param("%", "no case", id="percent"),
    ],
)
def test_finding_one(database: sa.Engine, name: str, found: str) -> None:
    put(database, case(ONE, number="n-1"), case(OTHER), case("0b000000-0000-5000-8000-000000000003"))
    with reading(database) as connection:
        if found.startswith("0"):
            assert find(connection, name) == found
        else:
            with pytest.raises(NoSuchCase, match=found):
                find(connection, name)


def test_the_map(database: sa.Engine) -> None:
    put(
        database,
        case("inside", lon=120.1, lat=30.1),
        case("graver", lon=120.2, lat=30.2, severity=4),
        case("at-the-edge", lon=120.0, lat=30.0, severity=1),
        case("east", lon=120.31, lat=30.1),
        case("over", lon=120.1, lat=30.1, state="closed"),
        case("nowhere"),
    )
    with reading(database) as connection:
        found = near(connection, 120.0, 30.0, 120.3, 30.3)
        assert [each.id for each in found] == ["graver", "inside", "at-the-edge"]
        assert near(connection, 120.0, 30.0, 120.3, 30.3, limit=1) == found[:1]
        assert near(connection, 120.0, 30.0, 120.3, 30.3, Filters(severity=3)) == found[:1]


@pytest.mark.parametrize(
    "kind, table",
    [
        pytest.param(Details, CASES, id="case"),
        pytest.param(EpisodeRow, EPISODES, id="episode"),
        pytest.param(ReportRow, REPORTS, id="report"),
        pytest.param(StepRow, STEPS, id="step"),
        pytest.param(TaskRow, TASKS, id="task"),
        pytest.param(ApprovalRow, APPROVALS, id="approval"),
        pytest.param(EvidenceRow, EVIDENCE, id="evidence"),
        pytest.param(TimerRow, TIMERS, id="timer"),
    ],
)
def test_nothing_that_people_ask_for_is_left_out(kind: type[Row], table: sa.Table) -> None:
    own = {"case_id", "fusion", "happening", "joined"}
    assert {*kind.__struct_fields__, *own} == {*table.columns.keys(), *own}
