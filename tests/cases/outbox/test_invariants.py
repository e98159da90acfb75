"""Whatever fails, whatever is killed and when: at least once, in order within a case, and nothing for ever."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.database import open_database, writing
from cases.outbox.lists import dead
from cases.outbox.outbox import Outbox, Outcome
from cases.outbox.settings import Delivery
from cases.tables import CHANGES, METADATA, OUTBOX
from tests.cases.outbox.told import T0, happened

DELIVERY = Delivery(attempts=3, open_after=2)
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("happens"), st.sampled_from("abc")),
        st.tuples(st.just("follow"), st.none()),
        st.tuples(st.just("send"), st.sampled_from(["taken", "lost answer", "fails", "refused", "away", "killed"])),
        st.tuples(st.just("reopen"), st.none()),
        st.tuples(st.just("wait"), st.sampled_from([0.5, 3.0, 90.0])),
    ),
    max_size=40,
)


class Other:
    """The other side: all that ever came to it, by case, as numbers of changes."""

    def __init__(self) -> None:
        self.came: dict[str, list[int]] = {}

    def take(self, case: str, change: int) -> None:
        self.came.setdefault(case, []).append(change)


@settings(max_examples=50, deadline=None)
@given(ACTS)
def test_nothing_is_lost_and_no_case_is_told_out_of_order(acts: list[tuple[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cases.sqlite"
        engine = _open(file)
        with writing(engine) as connection:
            METADATA.create_all(connection)
        other, now = Other(), T0
        box = _box(engine)
        refused: set[int] = set()
        for act, how in acts:
            if act == "happens":
                happened(engine, how, "updated", now)
            elif act == "follow":
                box.follow()
            elif act == "wait":
                now += how
            elif act == "reopen":
                engine.dispose()
                engine = _open(file)
                box = _box(engine)
            else:
                letter = box.next("crm", now)
                if letter is None:
                    continue
                change = letter.content["change"]
                if how in ("taken", "lost answer", "killed"):
                    other.take(letter.case, change)
                if how == "killed":
                    engine.dispose()
                    engine = _open(file)
                    box = _box(engine)
                    continue
                if how == "refused":
                    refused.add(change)
                outcome = {
                    "taken": Outcome(taken=True),
                    "lost answer": Outcome(why="timed out"),
                    "fails": Outcome(why="503"),
                    "refused": Outcome(refused=True),
                    "away": Outcome(why="429", away=30.0),
                }[how]
                box.record("crm", letter.id, outcome, now)
        given_up = {each.number for each in dead(engine)}
        while box.follow():
            pass
        now += 100  # longer than any wait; from here on everything works
        while (letter := box.next("crm", now)) is not None:
            other.take(letter.case, letter.content["change"])
            box.record("crm", letter.id, Outcome(taken=True), now)
        _whole_and_in_order(engine, other, given_up, refused)
        engine.dispose()


def _open(file: Path) -> sa.Engine:
    engine = open_database(file)
    # What a kill leaves does not depend on the disk, only what a power failure leaves.
    sa.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
    return engine


def _box(engine: sa.Engine) -> Outbox:
    return Outbox(engine, "test", {"crm": DELIVERY})


def _whole_and_in_order(engine: sa.Engine, other: Other, given_up: set[int], refused: set[int]) -> None:
    with engine.begin() as connection:
        changes = connection.execute(sa.select(CHANGES.c.case_id, CHANGES.c.number)).all()
        messages = connection.execute(sa.select(OUTBOX)).mappings().all()
    assert sorted(m["change"] for m in messages) == sorted(number for _, number in changes), "each once"
    first_dead = {
        m["case_id"]: m["change"] for m in sorted(messages, key=lambda m: -m["number"]) if m["state"] == "dead"
    }
    assert {m["number"] for m in messages if m["state"] == "dead"} == given_up, "no more than before it worked again"
    for case in "abc":
        came = other.came.get(case, [])
        assert came == sorted(came), "repeated, never overtaken"
        until = first_dead.get(case)
        due = [number for each, number in changes if each == case and (until is None or number < until)]
        assert [number for number in dict.fromkeys(came) if number != until] == due
    assert refused >= {m["change"] for m in messages if m["state"] == "dead" and m["failures"] < DELIVERY.attempts}
