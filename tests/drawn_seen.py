"""drawn_seen: acts before a camera, whose tracks come and go and are forgotten: see tests/drawn.py."""

from __future__ import annotations

import json

from pipeline.entries import Kind
from tests.drawn_acts import (
    Act,
    Draft,
    again,
    behind,
    gaps,
    meanwhile,
    member,
    odd,
    reload,
    reorder,
    run,
    sees,
    silence,
    slow,
    together,
    upload,
)
from tests.timelines import VALUES


def camera(d: Draft) -> tuple[str, str]:
    """A stream of sightings, and a camera."""
    return d.c.pick(["s", *(name for name in d.streams if sees(name))]), d.c.pick("aaab")


def picture(d: Draft, topic: str, subject: str, letters: dict[int, str]) -> None:
    """One delivery: each track's row."""
    rows = [
        {"s": subject, "ts": d.now, "v": VALUES[letter], "m": str(track), "lid": 1}
        | d.c.pick([{"zone": "bay"}, {"zone": "aisle"}, {}])
        for track, letter in letters.items()
    ]
    d.newest[False, subject] = max(d.newest.get((False, subject), d.now), d.now)
    d.add(Kind.DELIVERY, "src", topic, json.dumps(d.c.shuffled(rows)).encode())


def crowd(d: Draft) -> None:
    """A few pictures with several tracks in each, some of which go and others come."""
    topic, subject = camera(d)
    there = {d.objects[subject] + i: d.c.pick("wwrn") for i in range(d.c.pick([2, 3, 4]))}
    for _ in range(d.c.pick([2, 3, 4, 5])):
        d.now += d.c.pick([5, 5, 10, 20])
        picture(d, topic, subject, there)
        d.objects[subject] = max(there)
        if d.c.pick([True, False]):
            there[max(there) + 1] = d.c.pick("wwrn")
        if d.c.pick([True, False, False]):
            del there[d.c.pick(sorted(there)[:-1] or sorted(there))]
        if not there:
            break
        if d.c.pick([True, False]):
            d.tick()


def gone(d: Draft) -> None:
    """All go, are forgotten or nearly, and others come: of any answer."""
    topic, subject = camera(d)
    d.wait(d.c.pick([35, 45, 65, 65, 105, 160]))
    for _ in range(d.c.pick([1, 1, 2, 3])):
        d.now += 5
        d.objects[subject] += d.c.pick([0, 1, 1, 2])
        first = d.objects[subject]
        picture(d, topic, subject, {first + i: d.c.pick("wwrrn") for i in range(d.c.pick([1, 2, 3]))})
        if d.c.pick([True, False]):
            d.tick()


SEEING: list[list[Act]] = [
    [crowd, gone, run, silence, slow, behind, upload, gaps, again, reorder, together, odd, reload, meanwhile, member],
    [crowd, crowd, gone, gone, again, odd],
    [gone, gone, run, run, silence, reload],
    [gone, crowd, upload, upload, again, reload],
    [gone, slow, slow, behind, again],
    [gone, gaps, gaps, upload],
    [together, reorder, crowd, gone, meanwhile],
]
"""What a journal about cameras is made of."""
