"""Who looks at which case: as long as a page says so, and told to whoever may see the case."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from console.presence_book import FOR, Presence
from tests.console.kit import Town, case_row


def look(client: Any, case: str, page: str = "page-0001") -> dict[str, list[str]]:
    return dict(client.post("/api/presence", json={"page": page, "case": case}).json()["cases"])


def test_two_on_one_case_see_each_other(town: Town) -> None:
    town.add(case_row("a"), case_row("b"))
    boss, acceptor = town.client("BOSS"), town.client("ACCEPTOR")
    assert look(boss, "N-a") == {"a": ["boss"]}
    assert look(acceptor, "a") == {"a": ["acceptor-1", "boss"]}
    assert look(boss, "b") == {"a": ["acceptor-1"], "b": ["boss"]}
    assert look(boss, "a", "page-0002") == {"a": ["acceptor-1", "boss"], "b": ["boss"]}, "two pages of one person"
    town.now += FOR - 1
    assert look(boss, "") == {"a": ["acceptor-1", "boss"]}
    town.now += 1
    assert acceptor.get("/api/presence").json() == {"cases": {}}, "who is silent is not there"


def test_a_unit_sees_who_is_on_its_own_cases(town: Town) -> None:
    town.add(case_row("a", responsible="unit-7"), case_row("b"))
    look(town.client("BOSS"), "a")
    look(town.client("ACCEPTOR"), "b")
    unit = town.client("UNIT")
    assert unit.get("/api/presence").json() == {"cases": {"a": ["boss"]}}
    assert unit.post("/api/presence", json={"page": "page-0009", "case": "b"}).status_code == 404


def test_what_is_no_page(town: Town) -> None:
    boss = town.client("BOSS")
    assert boss.post("/api/presence", json={"page": "x", "case": ""}).status_code == 422
    assert boss.post("/api/presence", json={"page": "page-0001", "case": "zz"}).status_code == 404
    assert town.client("APP").get("/api/presence").status_code == 403


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from("pq"), st.sampled_from(["", "1", "2"]), st.integers(0, 30)),
        max_size=30,
    )
)
def test_the_book_is_what_was_said_last(said: list[tuple[str, str, str, int]]) -> None:
    """And everything that changes for others is told."""
    book, now = Presence(), 0.0
    last: dict[tuple[str, str], tuple[str, float]] = {}
    told: dict[str, list[str]] = {}
    for who, page, case, wait in said:
        now += wait
        changed = book.look(who, page, case, now)
        last[who, page] = case, now
        seen = book.seen(now)
        told = {case: names for case, names in told.items() if case not in changed}
        told |= {case: seen[case] for case in changed if case in seen}
        assert told == seen
    wanted: dict[str, set[str]] = {}
    for (who, _), (case, at) in last.items():
        if case and at > now - FOR:
            wanted.setdefault(case, set()).add(who)
    assert book.seen(now) == {case: sorted(names) for case, names in wanted.items()}
