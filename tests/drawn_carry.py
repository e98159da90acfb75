"""drawn_carry: acts in which readings are carried into positions: see tests/drawn.py."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from pipeline.entries import Kind
from tests.drawn_acts import (
    Act,
    Draft,
    again,
    meanwhile,
    odd,
    reads,
    reload,
    reorder,
    run,
    silence,
    slow,
    together,
    upload,
)
from tests.timelines import VALUES

OWN: Sequence[Mapping[str, float]] = [{}, {}, {}, {}, {}, {"lid": 2}, {"lid": -1}, {"brush": 0.5}]
METRICS = ["lid", "lid", "lid", "brush", "k"]
"""What positions say themselves, and what is measured: of which little is seen but by what it is carried into."""


def whose(d: Draft) -> tuple[str, str, str]:
    """A stream of positions, one of readings, and a subject."""
    positions, readings = ([name for name in d.streams if reads(name) == so] for so in (False, True))
    return d.c.pick(["p", *positions]), d.c.pick(readings), d.c.pick("aaab")


def beside(d: Draft) -> None:
    """Readings and positions by turns, in one delivery or two, in either order, of times that differ by as much as a
    reading may be old, or not quite.
    """
    for _ in range(d.c.pick([2, 3, 4, 6])):
        topic, sensor, subject = whose(d)
        one_source = d.streams[topic].source == d.streams[sensor].source
        d.now += d.c.pick([5, 5, 10, 20, 25, 50])
        if one_source and d.c.pick([True, False, False, False, False]):
            d.deliver(d.c.pick([f"{topic}+{sensor}", f"{sensor}+{topic}"]), [(subject, d.now, d.c.pick("wwrn"))])
        else:
            for name in d.c.shuffled([sensor, topic]):
                d.deliver(name, [(subject, d.now - d.c.pick([0, 0, 0, 5, 10, 15]), d.c.pick("wwrn"))])
        if d.c.pick([True, False]):
            d.tick()


def seldom(d: Draft) -> None:
    """One reading, and positions until after it is too old."""
    topic, sensor, subject = whose(d)
    d.begin(sensor, subject, "wwrn")
    for _ in range(d.c.pick([2, 3, 4, 5])):
        d.now += d.c.pick([0, 5, 10, 10, 20, 50])
        d.deliver(topic, [(subject, d.now, d.c.pick("wrn"))])
    if d.c.pick([True, False]):
        d.tick()


def kept(d: Draft) -> None:
    """A gap of both devices, and then what both had kept for later: all of one before the other, or in parts."""
    topic, sensor, subject = whose(d)
    start = max(d.begin(name, subject, "wrn") for name in d.c.shuffled([sensor, topic]))
    d.now = end = start + d.c.pick([40, 60, 80, 120])
    if d.c.pick([True, False]):
        d.tick()
    for name in d.c.shuffled([sensor, topic]):
        d.deliver(name, [(subject, end, d.c.pick("wrn"))])
    if d.streams[topic].lateness and d.c.pick([True, True, True, False]):  # until those rows have had their turn
        d.now += d.streams[topic].lateness
        d.tick()
    times = range(int(start) + 5, int(end), d.c.pick([5, 10, 15]))
    parts = d.c.pick([1, 1, 2, 3])
    for i in range(parts):
        for name in d.c.shuffled([sensor, topic]):
            part = times[i * len(times) // parts : (i + 1) * len(times) // parts]
            rows = [(subject, ts, d.c.pick("wwrn")) for ts in part if d.c.pick([True, True, True, False])]
            if rows:
                d.deliver(name, d.c.shuffled(rows))
    if d.c.pick([True, True, False]):
        d.tick()


def lids(d: Draft, topic: str, subject: str, times: Sequence[float], letter: str) -> None:
    """One delivery of lid readings, some of them without a value."""
    values = [VALUES[letter] + i % 3 / 4 for i in range(len(times))]
    without = d.c.pick([[], [], [0], [1, 2]])
    rows = [{"s": subject, "ts": ts, "m": "lid"} for ts in times]
    rows = [row | ({} if i in without else {"v": values[i]}) for i, row in enumerate(rows)]
    d.add(Kind.DELIVERY, d.streams[topic.partition("+")[0]].source, topic, json.dumps(rows).encode())
    for reading in {reads(name) for name in topic.split("+")}:
        d.newest[reading, subject] = max(d.newest.get((reading, subject), 0), *times, 0)


def burst(d: Draft) -> None:
    """More readings in one turn than are kept, and positions among them: in one delivery, or let go by one tick."""
    topic, sensor, subject = whose(d)
    start = max(d.begin(name, subject, "wrn") for name in d.c.shuffled([sensor, topic]))
    times = [start + 5 * i for i in range(1, d.c.pick([33, 34, 36, 40]))]
    d.now = times[-1]
    letter = d.c.pick("wr")
    if d.streams[topic].source == d.streams[sensor].source and d.c.pick([True, False]):
        lids(d, d.c.pick([f"{topic}+{sensor}", f"{sensor}+{topic}"]), subject, times, letter)
    else:
        lids(d, sensor, subject, times, letter)
        d.deliver(topic, [(subject, ts, d.c.pick("wrn")) for ts in d.c.shuffled(times)[:5]])
    d.now += d.c.pick([5, 20, 25])
    d.tick()
    for ts in sorted({start + d.c.pick([5, 10, 15, 20, 40]) for _ in range(2)}):
        d.deliver(topic, [(subject, ts, d.c.pick("wrn"))])


def many(d: Draft) -> None:
    """About as many readings as are kept, and positions among the first of them; sometimes late readings between."""
    topic, sensor, subject = whose(d)
    start = d.begin(topic, subject, "wrn")
    d.now = start + 200
    d.tick()
    times = [start + 5 * i for i in range(1, d.c.pick([31, 33, 34, 36]))]
    held = [ts for ts in times if d.c.pick([False, False, False, False, True])][: d.c.pick([0, 0, 3])]
    letter = d.c.pick("wr")
    for part in (times[:12], times[12:24], times[24:], held):
        among = [ts for ts in part if part is held or ts not in held]
        lids(d, sensor, subject, among, letter)
    d.tick()
    for ts in sorted({start + d.c.pick([0, 5, 10, 15, 20, 40, 150]) for _ in range(4)}):
        d.deliver(topic, [(subject, ts, d.c.pick("wrn"))])


def alike(d: Draft) -> None:
    """Readings of one time by every stream, in any order, and positions before, between and after."""
    topic, _, subject = whose(d)
    d.now += d.c.pick([5, 10, 40])
    for name in d.c.shuffled([name for name in d.streams if reads(name)] * 2):
        d.deliver(name, [(subject, d.now, d.c.pick("wwrn"))])
        if d.c.pick([True, False]):
            d.deliver(topic, [(subject, d.now + d.c.pick([0, 0, 5]), d.c.pick("wrn"))])
    d.now += 5
    d.tick()


CARRYING: list[list[Act]] = [
    [beside, beside, seldom, kept, many, burst, alike, run, silence, again, odd, reload, meanwhile],
    [beside, beside, beside, seldom, reorder, reload, meanwhile, meanwhile],
    [kept, kept, upload, beside, again, reload],
    [many, many, burst, beside, reload],
    [beside, alike, alike, together, reorder, slow, silence],
]
"""What a journal in which readings are carried is about."""
