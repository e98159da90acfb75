"""Whatever happens: each change is told, and again only after a kill."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.database import open_database, reading, writing
from cases.notify.answering import acknowledge, notices
from cases.tables import METADATA, NOTICE_SENDS, NOTICES
from tests.cases.notify.kit import Office, section
from tests.cases.outbox.told import T0, happened

HOUR = 3600.0


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("case"), st.integers(0, 3)),
        st.tuples(st.just("pass"), st.integers(1, 200)),
        st.tuples(st.sampled_from(["follow", "turn", "kill", "send", "die", "fail"]), st.just(0)),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(STEPS, st.sampled_from(["0s", "1min"]))
def test_every_change_is_told_once_and_again_only_after_a_kill(steps: list[tuple[str, int]], group: str) -> None:
    """die: killed between sending and writing it down; fail: the channel does not take it."""
    engine = open_database(None)
    with writing(engine) as connection:
        METADATA.create_all(connection)
    office, now, made, died = Office(engine, section({"group": group, "text": "{number}"})), T0, 0, 0
    received: list[tuple[int, str]] = []
    for step, value in [*steps, ("end", 0)]:
        if step == "case":
            happened(engine, f"c{value}", "opened")
            made += 1
        elif step == "pass":
            now += value
        elif step == "kill":
            office.start()
        elif step == "follow":
            office.notifier.follow(now)
        elif step == "turn":
            office.notifier.turn(now)
        elif step in ("send", "die", "fail"):
            letter = office.notifier.next("duty", now)
            if letter is None:
                continue
            if step != "fail":
                received.append((letter.notice, letter.body))
            if step == "die":
                died += 1
                office.start()
            else:
                office.notifier.record(letter, "no" if step == "fail" else "", now)
    for _ in range(3):
        now += HOUR
        office.run(now)
    received += [(each.notice, each.body) for each in office.given]
    told = dict(received)
    assert sum(len(body.splitlines()) - 1 for body in told.values()) == made
    assert len(received) - len(told) <= died
    assert set(received) == set(told.items())
    with reading(engine) as connection:
        both = NOTICES.c.number == NOTICE_SENDS.c.notice
        states = connection.execute(
            sa.select(NOTICES.c.state, NOTICE_SENDS.c.state).join_from(NOTICES, NOTICE_SENDS, both)
        )
        found = {tuple(row) for row in states}
    assert found <= {("told", "sent")}
    engine.dispose()


def test_a_store_that_is_read_by_a_command_beside_it(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "cases.sqlite")
    with writing(engine) as connection:
        METADATA.create_all(connection)
    office = Office(engine, section({}))
    happened(engine, "a", "opened")
    office.run(T0)
    beside = open_database(tmp_path / "cases.sqlite")
    acknowledge(beside, 1, "wang", T0 + 1)
    assert [each.state for each in notices(engine, state="acknowledged", limit=5)] == ["acknowledged"]
    assert notices(engine, state="told") == []
    beside.dispose()
    engine.dispose()
