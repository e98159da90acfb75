"""What goes in comes out; what a server can do to a batch, with a real one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from connectors.history.influx import Influx, Unwritten
from connectors.history.reading import Reader, flux, literal
from connectors.history.writer import Writer
from pipeline.names import Names
from pipeline.rows import Position, Reading, Sighting
from tests.connectors.history.rows import START, positions, readings, settings, sightings
from tests.services import influx as servers

pytestmark = pytest.mark.service
STREAMS = ["gps"]


def test_rows_come_back(influx: servers.Running) -> None:
    names, section = Names(), settings(influx.url, influx.database(), sightings_every="0s")
    odd = 'T "1", a=b ${x}'
    blocks = [
        positions(names, [(odd, 0.25, 0, 43.2, 90), (odd, 1, 100, float("nan"), 90)], brush=[1.5, 2.0]),
        readings(names, [("B-1", "fullness", 0, 0.1 + 0.2), ("B-1", "smoke", 1, 2.0)]),
        sightings(names, [("C", 5, "car", 0), ("C", 1006, "bus", 0)]),
    ]
    server = Influx(section, "")
    lines = Writer(section).take(names, blocks, STREAMS, 300)
    assert server.write(lines).taken == 6
    assert server.write(lines).taken == 6, "again changes nothing"
    reader, there = Reader(server), Names()

    way = reader.rows(Position, odd, START, START + 1, there)
    assert way.ts.tolist() == [START + 0.25, START + 1]
    assert np.allclose(way.lat, blocks[0].column("lat"), atol=1e-7)
    assert way.speed[0] == 43.2
    assert np.isnan(way.speed[1])
    assert np.isnan(way.load).all()
    assert way.extra["brush"].tolist() == [1.5, 2.0]

    some = reader.rows(Reading, "B-1", START - 1, START + 10, there)
    assert [
        (there[metric], value) for metric, value in zip(some.metric.tolist(), some.value.tolist(), strict=True)
    ] == [
        ("fullness", 0.1 + 0.2),
        ("smoke", 2.0),
    ]
    seen = reader.rows(Sighting, "C", START, START, there)
    assert [(int(track), there[code]) for track, code in zip(seen.track, seen.label, strict=True)] == [
        (5, "car"),
        (1006, "bus"),
    ]
    assert [there[zone] for zone in seen.zone.tolist()] == ["gate 1", ""]
    assert len(reader.rows(Position, "nobody", START, START + 1, there)) == 0
    server.close()


@pytest.mark.parametrize(
    "name, said",
    [
        pytest.param('a"b', '"a\\"b"', id="quote"),
        pytest.param("a\\", '"a\\\\"', id="backslash"),
        pytest.param("${x}", '"\\${x}"', id="interpolation"),
        pytest.param("a\nb", '"a\\nb"', id="end-of-line"),
    ],
)
def test_names_stay_names_in_queries(name: str, said: str) -> None:
    assert literal(name) == said
    assert said in flux("b/p", Position, name, 0.0, 1.0)


def test_one_bad_point_is_set_aside_and_the_others_are_in(influx: servers.Running) -> None:
    database = influx.database()
    server = Influx(settings(influx.url, database), "")
    server.write(["readings,subject=first value=1 1790000000000000000"])
    lines = [f"readings,subject=B-{k} value={k} {1_790_000_000 + k}000000000" for k in range(100)]
    lines[37] = 'readings,subject=B-37 value="text" 1790000037000000000'
    lines[61] = "no line at all"
    done = server.write(lines)
    assert (done.taken, done.beyond) == (98, 0)
    assert sorted(line for line, _ in done.refused) == sorted([lines[37], lines[61]])
    assert influx.count(database, "readings", "value") == 99
    server.close()


def test_what_the_bucket_does_not_keep_any_more_is_only_counted(influx: servers.Running) -> None:
    database = influx.database()
    influx.ask(f"ALTER RETENTION POLICY autogen ON {database} DURATION 1d SHARD DURATION 1h DEFAULT")
    server = Influx(settings(influx.url, database), "")
    done = server.write([f"readings,subject=B-{k} value=1 1600000000000000000" for k in range(3)])
    assert (done.taken, done.beyond, done.refused) == (0, 3, [])
    server.close()


def test_a_wrong_token_a_missing_bucket_and_nobody_there(own_influx: Callable[..., servers.Influx]) -> None:
    own = own_influx(auth=True)
    database = own.database()
    line = ["readings,subject=a value=1 1790000000000000000"]
    with pytest.raises(Unwritten, match="does not take the token in 'TOKEN'") as wrong:
        Influx(settings(own.url, database, token_env="TOKEN"), "admin:wrong").write(line)
    assert "admin:wrong" not in str(wrong.value)
    with pytest.raises(Unwritten, match="token_env"):
        Influx(settings(own.url, database), "").write(line)
    assert Influx(settings(own.url, database), "admin:secret").write(line).taken == 1
    with pytest.raises(Unwritten, match="make the bucket"):
        Influx(settings(own.url, "nothing"), "admin:secret").write(line)
    own.kill()
    with pytest.raises(Unwritten, match="see that InfluxDB runs"):
        Influx(settings(own.url, database), "admin:secret").write(line)
