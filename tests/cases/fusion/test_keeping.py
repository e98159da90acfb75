"""What fusion remembers beside the cases is in the store and comes back as it was, on both databases."""

from __future__ import annotations

import sqlalchemy as sa

from cases.database import reading, writing
from cases.fusion import Fusion, FusionSettings, Memory, Scope, Shelving, Suppression
from cases.fusion.keeping import IN_FORCE, add, read, write
from cases.tables import HELD, SCOPES, STORMS
from tests.cases.fusion.test_taking import happening

SETTINGS = FusionSettings.model_validate(
    {
        "rules": [
            {
                "id": "dumping",
                "all": [{"rules": ["raised"]}, {"rules": ["object"], "alone": "wait"}],
                "near": "50 m",
                "within": "5min",
                "becomes": "06011",
            }
        ],
        "storms": [{"id": "many", "rules": ["down"], "area": "subject", "more_than": 1, "within": "10min"}],
    }
)
SHELVING = Shelving(
    id="works", subjects=("bin-*",), circle=(0.0, 0.0, 500.0), since=0.0, until=900.0, reason="roadworks", by="wang"
)
SUPPRESSION = Suppression(
    id="pole",
    rules=("object",),
    cameras=("cam-1",),
    box=(0.1, 0.1, 0.2, 0.2),
    polygon=((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)),
    since=0.0,
    until=9000.0,
    hours="00:00-24:00",
    reason="a pole",
    verdict="known fixture",
    case="a",
)


def _same(one: Memory, other: Memory) -> bool:
    return repr(one._replace(live=())) == repr(other._replace(live=()))


def test_it_comes_back(database: sa.Engine) -> None:
    fusion = Fusion(SETTINGS)
    scopes: tuple[Scope, ...] = (SHELVING, SUPPRESSION)
    with writing(database) as connection:
        for scope in scopes:
            add(connection, scope, 0.0, state=IN_FORCE, reviewed_by="li")
        fusion.shelve(SHELVING)
        fusion.suppress(SUPPRESSION)
        fusion.take(happening("a"))
        fusion.take(happening("b", 1.0, rule="object", subject="cam-2", box=(0.1, 0.2, 0.3, 0.4)))
        for n in range(3):
            fusion.take(happening(f"d{n}", 2.0 + n, rule="down", subject="gps"))
        fusion.ended("a", 5.0)
        write(connection, fusion, 5.0)
        fusion.kept()
    with reading(database) as connection:
        found = read(connection)
    assert _same(found, fusion.live())
    assert [each.happening.id for each in found.held] == ["a", "b"]
    assert [each.count for each in found.shelvings] == [1]
    with writing(database) as connection:
        fusion.pass_time(2000.0)
        write(connection, fusion, 2000.0)
    with reading(database) as connection:
        assert _same(read(connection), fusion.live())
        assert connection.execute(sa.select(SCOPES.c.state).order_by(SCOPES.c.id)).scalars().all() == [IN_FORCE, "over"]
        assert connection.execute(sa.select(sa.func.count()).select_from(HELD)).scalar_one() == 0
        assert connection.execute(sa.select(STORMS.c.area)).scalars().all() == []


def test_what_is_kept_is_not_written_again(database: sa.Engine) -> None:
    fusion = Fusion(SETTINGS)
    fusion.take(happening("b", 1.0, rule="object"))
    assert fusion.changed().held == {"b"}
    with writing(database) as connection:
        write(connection, fusion, 1.0)
        fusion.kept()
        assert not any(fusion.changed())
    again = Fusion(SETTINGS)
    with reading(database) as connection:
        again.load(*read(connection))
    assert not any(again.changed())


def test_other_rules_lose_nothing_that_is_to_be_kept() -> None:
    fusion = Fusion(SETTINGS)
    for n in range(3):
        fusion.take(happening(f"d{n}", float(n), rule="down", subject="gps"))
    before = fusion.changed()
    assert before.storms == {("many", "gps")}
    passed = fusion.configure(None, 3.0)
    assert [each.what for each in passed] == ["storm"]
    assert fusion.changed().storms == {("many", "gps")}
    assert fusion.storm("many", "gps") is None
