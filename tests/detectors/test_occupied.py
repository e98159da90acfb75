"""occupied: wrong once something has stood in a zone for long, right as soon as the picture says that it is empty."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from detectors.occupied import Occupied
from pipeline.names import Names
from pipeline.registers import Registers
from pipeline.rows import Presence
from pipeline.units import Quantity
from pipeline.world import World
from tests.detectors.said import said

NAN = float("nan")
HOUR = 3600.0
MARKET = {"least": 2, "kinds": 2, "still": Quantity(300.0)}


def there(names: Names, *rows: tuple[float, float, float, float], zone: str = "kerb", ts: float = 0.0) -> Presence:
    """A picture an hour of one zone: (count, kinds, stood, surest)."""
    n = len(rows)
    when = ts + HOUR * np.arange(n, dtype=np.float64)
    count, kinds, stood, surest = (np.array(column, np.float64) for column in zip(*rows, strict=True))
    return Presence(
        subject=np.full(n, names.code("cam"), np.int32),
        ts=when,
        received=when,
        position=np.arange(n),
        stream=np.zeros(n, np.int32),
        zone=np.full(n, names.code(zone), np.int32),
        count=count,
        kinds=kinds,
        stood=stood,
        surest=surest,
    )


EMPTY, TABLE, PEOPLE = (0.0, 0.0, 0.0, NAN), (2.0, 2.0, 400.0, 0.9), (3.0, 1.0, 400.0, 0.9)
PASSING, UNSAID, FAINT = (4.0, 2.0, 3.0, 0.9), (2.0, 2.0, NAN, 0.9), (2.0, 2.0, 400.0, 0.2)


#  w wrong, r right, . neither
@pytest.mark.parametrize(
    "asked, rows, answers",
    [
        pytest.param({}, [EMPTY, TABLE, PEOPLE, PASSING, UNSAID, FAINT, EMPTY], "rwwww.r", id="anything-at-all"),
        pytest.param(MARKET, [TABLE, EMPTY], "wr", id="empty-clears-at-once"),
        pytest.param(MARKET, [PEOPLE], "r", id="people-alone-are-no-stall"),
        pytest.param(MARKET, [PASSING], "r", id="who-walks-through-is-none"),
        pytest.param(MARKET, [UNSAID], ".", id="nobody-knows-how-long"),
        pytest.param(MARKET, [FAINT], ".", id="faint-proves-nothing"),
        pytest.param(MARKET, [(2.0, 2.0, 400.0, NAN)], "w", id="how-sure-is-not-said"),
        pytest.param(MARKET, [(2.0, 2.0, 299.9, 0.9), (2.0, 2.0, 300.0, 0.9)], "rw", id="long-enough"),
        pytest.param({"least": 3}, [TABLE, PEOPLE], "rw", id="so-many"),
        pytest.param({"zones": ("kerb", "gate")}, [TABLE, EMPTY], "wr", id="in-the-zone"),
        pytest.param({"zones": ("gate",)}, [TABLE, EMPTY], "rr", id="in-another"),
        pytest.param({"hours": "01:00-03:00"}, [TABLE] * 4, "rwwr", id="in-its-hours"),
        pytest.param({"hours": "Tu 00:00-24:00"}, [TABLE] * 2, "rr", id="on-another-day"),
    ],
)
def test_what_takes_a_zone_up(asked: dict[str, Any], rows: list[tuple[float, ...]], answers: str) -> None:
    world = World(Registers()).bind(Names())
    judgement = Occupied(**asked).judge(there(world.names, *rows), world, None)  # type: ignore[arg-type]
    assert said(judgement) == answers
    assert judgement.measure is not None
    assert judgement.measure.tolist() == [row[0] for row in rows]


def test_the_case_shows_the_zone_of_the_picture() -> None:
    world = World(Registers()).bind(Names())
    judgement = Occupied().judge(there(world.names, TABLE, zone="gate"), world, None)
    assert judgement.place is not None
    assert world.names[int(judgement.place[0])] == "gate"
