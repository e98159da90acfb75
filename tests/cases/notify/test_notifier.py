"""Notices until somebody acknowledges them, whatever goes wrong on the way, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from cases.database import reading
from cases.notify.answering import NoSuchNotice, acknowledge, notices, snooze
from cases.tables import NOTICE_CASES, NOTICE_QUIET, NOTICE_SENDS
from tests.cases.notify.kit import Office, section
from tests.cases.outbox.told import T0, happened

MINUTE, HOUR = 60.0, 3600.0
ESCALATED = {"escalate": [{"after": "15min", "to": ["chief"]}, {"after": "1h", "to": ["chief", "duty"]}]}


# ---- acknowledged, snoozed, escalated --------------------------------------------------------------------------------


def test_somebody_else_is_told_until_somebody_acknowledges(database: sa.Engine) -> None:
    office = Office(database, section({**ESCALATED, "language": "en"}))
    happened(database, "a", "opened")
    assert office.run(T0) == ["duty: bin overflowing"]
    office.start()
    assert office.run(T0 + 14 * MINUTE) == []
    assert office.run(T0 + 15 * MINUTE) == ["chief: [nobody has acknowledged, 2] bin overflowing"]
    assert office.run(T0 + 74 * MINUTE) == []
    again = [f"{name}: [nobody has acknowledged, 3] bin overflowing" for name in ("duty", "chief")]
    assert office.run(T0 + 75 * MINUTE) == again
    assert office.run(T0 + 1000 * MINUTE) == []
    acknowledge(database, 1, "wang", T0 + 1001 * MINUTE)
    (notice,) = notices(database)
    assert (notice.state, notice.acknowledged_by, notice.acknowledged) == ("acknowledged", "wang", T0 + 1001 * MINUTE)


def test_acknowledged_is_acknowledged(database: sa.Engine) -> None:
    office = Office(database, section(ESCALATED))
    happened(database, "a", "opened")
    with pytest.raises(NoSuchNotice, match="no notice 1 that has been told"):
        acknowledge(database, 1, "wang", T0)
    office.run(T0)
    acknowledge(database, 1, "wang", T0 + 60)
    acknowledge(database, 1, "li", T0 + 70)
    assert office.run(T0 + HOUR) == []
    assert notices(database)[0].acknowledged_by == "wang"
    with pytest.raises(NoSuchNotice, match="is acknowledged"):
        snooze(database, 1, T0 + HOUR)


@pytest.mark.parametrize(
    "event, said, quiet",
    [
        pytest.param("accept", {"role": "unit", "by": "U-1"}, True, id="a-unit-takes-it"),
        pytest.param("accept", {"role": "outside", "by": "hotline"}, True, id="an-outside-system-takes-it"),
        pytest.param("dispatch", {"role": "policy", "by": "policy"}, False, id="by-itself"),
        pytest.param("joined", {"by": "fusion"}, False, id="no-step"),
        pytest.param("close", {"role": "policy", "by": "policy", "state": "closed"}, True, id="it-is-over"),
        pytest.param("withdrawn", {"by": "pipeline"}, True, id="it-was-nothing"),
    ],
)
def test_what_nobody_needs_to_see_any_more(database: sa.Engine, event: str, said: dict[str, Any], quiet: bool) -> None:
    office = Office(database, section({**ESCALATED, "group": "1min"}))
    happened(database, "a", "opened")
    happened(database, "b", "opened")
    office.run(T0)
    assert len(office.run(T0 + MINUTE)) == 1
    happened(database, "a", event, said=said)
    office.run(T0 + 2 * MINUTE)
    assert notices(database)[0].state == "told"  # nobody has seen b
    happened(database, "b", event, said=said)
    assert len(office.run(T0 + 30 * MINUTE)) == (not quiet)
    assert (notices(database)[0].acknowledged_by == said["by"]) is quiet


def test_who_is_quicker_than_the_message_is_not_chased(database: sa.Engine) -> None:
    office = Office(database, section({**ESCALATED, "group": "5min"}))
    happened(database, "a", "opened")
    office.run(T0)
    happened(database, "a", "accept", said={"role": "unit", "by": "U-1"})
    office.run(T0 + MINUTE)
    assert len(office.run(T0 + 5 * MINUTE)) == 1  # it is told all the same
    assert office.run(T0 + HOUR) == []


def test_a_snoozed_notice_comes_back(database: sa.Engine) -> None:
    office = Office(database, section(ESCALATED))
    happened(database, "a", "opened")
    office.run(T0)
    snooze(database, 1, T0 + HOUR)
    office.start()
    assert office.run(T0 + 59 * MINUTE) == []
    assert [each.split(":")[0] for each in office.run(T0 + HOUR)] == ["duty"]
    assert office.run(T0 + 74 * MINUTE) == []
    assert [each.split(":")[0] for each in office.run(T0 + 75 * MINUTE)] == ["chief"]


# ---- what goes wrong -------------------------------------------------------------------------------------------------


def test_a_channel_that_is_down_waits_longer_each_time_and_others_do_not(database: sa.Engine) -> None:
    office = Office(database, section({"to": ["duty", "chief"]}, first_wait="10s", longest_wait="40s", give_up="2min"))
    office.down.add("duty")
    happened(database, "a", "opened")
    tried = []
    for second in range(0, 130, 5):
        tried += [(second, each.split(":")[0]) for each in office.run(T0 + second)]
    assert [second for second, name in tried if name == "chief"] == [0]
    assert [second for second, name in tried if name == "duty"] == [0, 10, 30, 70, 110]
    assert office.run(T0 + 150) == ["duty: 垃圾满溢"]
    assert office.run(T0 + 1000) == []
    sends = {each.channel: each for each in notices(database)[0].sends}
    assert (sends["duty"].state, sends["duty"].attempts, sends["duty"].why) == ("dead", 6, "it is down")
    assert sends["chief"].state == "sent"


def test_it_drains_when_the_channel_is_back(database: sa.Engine) -> None:
    office = Office(database, section({"text": "{number}"}))
    office.down.add("duty")
    for case in "abc":
        happened(database, case, "opened")
        office.run(T0)
    assert len(office.given) == 1
    office.down.clear()
    assert len(office.run(T0 + 10)) == 3
    assert [each.body.splitlines()[0] for each in office.given[-3:]] == ["a", "b", "c"]
    assert [each.again for each in office.given[-3:]] == [True, False, False]


def test_a_kill_before_it_is_written_down_means_again_with_the_same_text(database: sa.Engine) -> None:
    office = Office(database, section({}))
    happened(database, "a", "opened")
    office.notifier.follow(T0)
    office.notifier.turn(T0)
    first = office.notifier.next("duty", T0)
    assert first is not None
    happened(database, "a", "updated", address="elsewhere")
    office.start()
    (again,) = [office.notifier.next("duty", T0 + 60)]
    assert again is not None
    assert (again.title, again.body, again.notice, again.again) == (first.title, first.body, first.notice, True)
    office.notifier.record(again, "", T0 + 61)
    office.notifier.record(first, "late", T0 + 62)
    assert office.run(T0 + HOUR) == []


def test_the_past_is_not_told(database: sa.Engine) -> None:
    happened(database, "old", "opened")
    office = Office(database, section({}))
    happened(database, "new", "opened")
    office.run(T0)
    assert [notice.cases for notice in notices(database)] == [("new",)]


def test_what_is_not_in_the_configuration_any_more_is_dropped(database: sa.Engine) -> None:
    office = Office(database, section({"group": "1min"}, {"to": ["chief"], **ESCALATED}))
    office.down.add("chief")
    happened(database, "a", "opened")
    office.run(T0)
    office.section = section({"id": "other"}).model_copy(update={"channels": {"duty": office.section.channels["duty"]}})
    office.start()
    assert office.run(T0 + HOUR) == []
    assert sorted(each.state for notice in notices(database) for each in notice.sends) == ["dropped"]
    assert {notice.state for notice in notices(database)} == {"acknowledged"}


def count(connection: sa.Connection, table: sa.Table) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def test_an_escalation_that_is_not_in_the_configuration_any_more_is_left_out(database: sa.Engine) -> None:
    office = Office(database, section(ESCALATED))
    happened(database, "a", "opened")
    office.run(T0)
    office.section = section({"group": "1min"})
    office.start()
    happened(database, "b", "opened")
    assert office.run(T0 + HOUR) == []
    assert len(office.run(T0 + HOUR + MINUTE)) == 1
    assert [notice.next for notice in notices(database)] == [None, None]


def test_old_notices_go_and_what_is_still_to_be_said_stays(database: sa.Engine) -> None:
    office = Office(database, section({"cool_down": "1min"}, {"to": ["chief"]}, keep="1d", give_up="7d"))
    office.down.add("chief")
    happened(database, "a", "opened")
    office.run(T0)
    office.notifier.tidy(T0 + 86000)
    assert len(notices(database)) == 2
    office.notifier.tidy(T0 + 90000)
    assert [notice.rule for notice in notices(database)] == ["r1"]
    with reading(database) as connection:
        counts = [count(connection, table) for table in (NOTICE_CASES, NOTICE_SENDS, NOTICE_QUIET)]
    assert counts == [1, 1, 0]
