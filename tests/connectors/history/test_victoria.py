"""VictoriaMetrics, the second choice: what of the history it takes, and what it can't."""

from __future__ import annotations

import pytest

from connectors.history.influx import Influx, Unwritten
from connectors.history.reading import Reader
from connectors.history.writer import Writer
from pipeline.names import Names
from pipeline.rows import Position
from tests.connectors.history.rows import START, positions, readings, settings, sightings
from tests.services.victoria import Victoria, victoria

__all__ = ["victoria"]
pytestmark = pytest.mark.service


def test_the_same_writes_and_what_is_lost_of_them(victoria: Victoria) -> None:
    names, section = Names(), settings(victoria.url, "any", sightings_every="0s", console=False)
    odd = 'T "1", a=b'
    blocks = [
        positions(names, [(odd, 0.25, 0, 43.2, 90), (odd, 1.25, 100, 50, 90)]),
        readings(names, [("B-1", "fullness", 0, 0.5)]),
        sightings(names, [("C", 5, "car", 0), ("C", 1006, "bus", 0)]),
    ]
    server = Influx(section, "")
    lines = Writer(section).take(names, blocks, ["gps"], 300)
    for _ in range(2):
        assert server.write(lines).taken == 5
    (speed,) = victoria.series("positions_speed", START - 10, START + 10)
    assert speed["metric"] == {"__name__": "positions_speed", "stream": "gps", "subject": odd}
    assert speed["timestamps"] == [START * 1000 + 250, START * 1000 + 1250]
    assert speed["values"] == [43.2, 50.0], "what is written twice is there once"
    (fullness,) = victoria.series("readings_value", START - 10, START + 10)
    assert (fullness["metric"]["metric"], fullness["values"]) == ("fullness", [0.5])

    (label,) = victoria.series("sightings_label", START - 10, START + 10)
    assert label["values"] == [0], "no text; and of the tracks of one picture, one: times are in milliseconds"
    assert server.write(["no fields", lines[0]]).refused == [], "what it can't read it leaves out, and tells nobody"
    with pytest.raises(Unwritten, match="unsupported path"):
        Reader(server).rows(Position, odd, START, START + 1, names)
    server.close()
