"""A city whose cases are in PostgreSQL: they are those that its journal gives; its server may go and come."""

from __future__ import annotations

import pytest

from cases.database import AnotherDesk
from pipeline.runtime import judge_loop
from tests.runtime.kit import Lines, Run, Town, drive, judged, public, replayed
from tests.services.postgres import OwnPostgres, own_postgres
from tests.services.wait import until

__all__ = ["own_postgres"]

pytestmark = pytest.mark.service


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge_loop, "AGAIN", 0.05)


def test_cases_are_those_of_the_journal(town: Town, run: Run, own_postgres: OwnPostgres) -> None:
    running = run(store={"url": own_postgres.url})
    town.send(drive(range(10)))
    judged(running, 30)
    assert public(running.cases.list()) == replayed(town.data)
    running.stop()
    again = run(store={"url": own_postgres.url})
    assert public(again.cases.list()) == replayed(town.data), "the same after a restart"


def test_while_the_server_is_away_nothing_is_lost(town: Town, run: Run, own_postgres: OwnPostgres) -> None:
    log = Lines()
    running = run(log, store={"url": own_postgres.url})
    town.send([("T1", 0, 90)])
    judged(running, 1)
    own_postgres.stop()
    town.send([("T1", 1, 40), ("T2", 1, 90)])
    until(lambda: running.rows == 3, "judging to go on")
    until(lambda: any("can't be stored" in line for line in log.said("error")), "the error")
    own_postgres.start()
    until(lambda: any("works again" in line for line in log.said("info")), "the cases to be stored")
    judged(running, 3)
    found = running.cases.list()
    assert {(case.subject, case.ended) for case in found} >= {("T1", town.began + 1)}
    assert public(found) == replayed(town.data)
    assert sum("can't be stored" in line for line in log.said("error")) == 1, "said once"


def test_a_second_city_is_refused(
    town: Town, run: Run, own_postgres: OwnPostgres, tmp_path_factory: pytest.TempPathFactory
) -> None:
    run(store={"url": own_postgres.url})
    other = town.embedded(data=str(tmp_path_factory.mktemp("other")), store={"url": own_postgres.url})
    with pytest.raises(AnotherDesk, match="another gridwatch files cases there"):
        other.start()
