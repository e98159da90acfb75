"""drawn_acts: a journal as it grows, and the acts that it is made of: see tests/drawn.py."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.entries import Kind
from pipeline.version import Stream, Version
from tests.drawn_versions import Choice
from tests.timelines import VALUES

# ---- a journal as it grows -------------------------------------------------------------------------------------------


def reads(topic: str) -> bool:
    """Does a stream of readings (mm, mn) decode it, maybe besides another?"""
    return "m" in topic


def sees(topic: str) -> bool:
    """Does a stream of sightings (s, sq) decode it, maybe besides another?"""
    return "s" in topic


def occupies(topic: str) -> bool:
    """Does a stream of presences (z, zq) decode it?"""
    return "z" in topic


LOOKS: Sequence[Mapping[str, str]] = ({}, {}, {"zone": "bay"}, {"label": "car"}, {"label": "bag", "zone": "aisle"})
"""What a sighting says besides."""
ZONES = ("bay", "bay", "bay", "aisle")
"""The zones that presences are about."""


@dataclass
class Draft:
    """`now` is the time of every source; each act moves it on. Rows have `own` columns, readings one of `metrics`,
    sightings a track, presences one of `ZONES`.
    """

    c: Choice
    versions: list[Version]
    members: dict[str, tuple[str, ...]]
    now: float = 100
    version: int = 1
    entries: list[tuple[int, str, str, float, bytes]] = field(default_factory=list)
    newest: dict[tuple[bool, str], float] = field(default_factory=dict)  # (reading?, subject) -> newest ts
    own: Sequence[Mapping[str, float]] = ({"lid": 1}, {"lid": 1}, {"lid": 1}, {})
    metrics: Sequence[str] = ("k", "k", "l")
    objects: Counter[str] = field(default_factory=Counter)  # camera -> its newest track

    @property
    def streams(self) -> dict[str, Stream]:
        """Those of the first version: what later ones drop still delivers, to nobody."""
        return {stream.name: stream for stream in self.versions[0].streams}

    def add(self, kind: Kind, source: str, topic: str, payload: bytes = b"", at: float | None = None) -> None:
        self.entries.append((kind, source, topic, float(self.now if at is None else at), payload))

    def tick(self, but: str = "") -> None:
        """Every source ticks, but one; a second member is often behind."""
        for source, members in self.members.items():
            for i, member in enumerate(members if source != but else ()):
                self.add(Kind.TICK, source, member, at=self.now - (self.c.pick([0, 5, 10]) if i else 0))

    def wait(self, seconds: float, but: str = "") -> None:
        """Time passes, by a tick every 5 to 25 s or by one tick at its end."""
        end, step = self.now + seconds, self.c.pick([10, 25, 1000, 1000])
        while self.now < end:
            self.now = min(end, self.now + step)
            self.tick(but)

    def deliver(self, topic: str, rows: Sequence[tuple[str, float, str]]) -> None:
        """One delivery of (subject, ts, letter) rows: w, r or n."""
        payload = []
        for subject, ts, letter in rows:
            found: dict[str, Any] = {"s": subject, "ts": ts, "v": VALUES[letter] + self.c.pick([0, 0, 0.25])}
            found |= self.c.pick(self.own)
            if reads(topic):
                found["m"] = self.c.pick(self.metrics)
                if self.c.pick([False] * 14 + [True]):
                    del found["v"]  # a reading without a value
            elif sees(topic):
                found |= self.c.pick(LOOKS)
                found["m"] = self.track(subject)
            elif occupies(topic):
                found |= {"m": self.c.pick(ZONES), "c": self.c.pick([0, 1, 2])}
            payload.append(found)
            if ts <= self.now + 20:
                for reading in {reads(name) for name in topic.split("+")}:
                    self.newest[reading, subject] = max(self.newest.get((reading, subject), ts), ts)
        source = self.streams[topic.partition("+")[0]].source
        self.add(Kind.DELIVERY, source, topic, json.dumps(payload).encode())

    def track(self, subject: str) -> str:
        """Of a camera: most often the newest one."""
        self.objects[subject] += self.c.pick([0] * 9 + [1])
        return str(max(0, self.objects[subject] - self.c.pick([0, 0, 0, 0, 0, 0, 1, 2])))

    def reload(self) -> None:
        """The next version, or another, or the same again."""
        ahead = self.version % len(self.versions) + 1
        self.version = self.c.pick([ahead, ahead, ahead, *range(1, len(self.versions) + 1)])
        self.add(Kind.VERSION, "", "", b"v%d" % self.version)

    def line(self) -> tuple[str, str]:
        names = list(self.streams)
        return self.c.pick([names[0], *names]), self.c.pick("aaabc")

    def begin(self, topic: str, subject: str, letters: str) -> float:
        """A row that is the key's newest; its ts."""
        ts = self.newest.get((reads(topic), subject), 0)
        self.now = max(self.now, ts + 5)
        self.deliver(topic, [(subject, self.now, self.c.pick(letters))])
        return self.now


# ---- acts ------------------------------------------------------------------------------------------------------------


def run(d: Draft) -> None:
    """Rows of one answer, a few seconds apart."""
    topic, subject = d.line()
    letter, step = d.c.pick("wwwrrn"), d.c.pick([5, 10, 10, 20])
    for _ in range(d.c.pick([1, 2, 3, 4])):
        d.now += step
        d.deliver(topic, [(subject, d.now, letter)])
        if d.c.pick([True, False]):
            d.tick()


def silence(d: Draft) -> None:
    """Ticks alone, sometimes of all sources but one."""
    d.wait(d.c.pick([20, 35, 55, 55, 110, 160, 310]), d.c.pick(["", "", "", "src", "B"]))


def slow(d: Draft) -> None:
    """Silence by ticks, and then rows that were on their way: the first is often older than what the ticks said."""
    topic, subject = d.line()
    last = d.begin(topic, subject, "wwww")
    d.wait(d.c.pick([30, 45, 55, 60, 105, 205]))
    for _ in range(d.c.pick([1, 1, 2])):
        last += d.c.pick([5, 10, 10, 15, 20, 25, 30, 40, 50])
        d.deliver(topic, [(subject, last, d.c.pick("wrrrn"))])


def behind(d: Draft) -> None:
    """Silence by ticks, a row that was on its way, and then an older one: an assumed hold goes on through both."""
    topic, subject = d.line()
    last = d.begin(topic, subject, "wwww")
    d.wait(d.c.pick([45, 55, 55]))
    d.deliver(topic, [(subject, last + d.c.pick([25, 25, 30, 35]), d.c.pick("wwwn"))])
    d.deliver(topic, [(subject, last + d.c.pick([5, 10, 15, 20]), d.c.pick("rrrw"))])


def upload(d: Draft) -> None:
    """A gap, the first row after it, and then rows from inside it: some or all, oldest first, whole or in parts."""
    topic, subject = d.line()
    start = d.begin(topic, subject, "wwwrn")
    end = start + d.c.pick([40, 55, 60, 60, 80, 80, 120, 200])
    if d.c.pick([True, True, False]):
        d.wait(end - start)
    d.now = end
    d.deliver(topic, [(subject, end, d.c.pick("wrrn"))])
    if d.streams[topic].lateness and d.c.pick([True, True, True, False]):  # until that row has had its turn
        d.now += d.streams[topic].lateness
        d.tick()
    step, ts = d.c.pick([5, 10, 10, 15, 20]), start + d.c.pick([0, 0, 0, 5, 10, 40])
    rows = []
    for letters in ["wwwrrn", "wwrn", "wwrn", "wrn"][: d.c.pick([1, 2, 3, 4])]:
        letter = d.c.pick(letters)
        for _ in range(d.c.pick([1, 2, 3])):
            ts += step
            rows.append((subject, ts, letter))
    rows = [row for row in rows if row[1] < end]
    parts = d.c.pick([1, 2, 3])
    for i in range(parts):
        part = rows[i * len(rows) // parts : (i + 1) * len(rows) // parts]
        if part:
            d.deliver(topic, d.c.shuffled(part))
        if d.c.pick([False, False, True]):
            again(d)
    d.now += 5
    if d.c.pick([True, True, False]):
        d.tick()


def gaps(d: Draft) -> None:
    """Several gaps of one line, and rows into one of them and then a later one."""
    topic, subject = d.line()
    starts = [d.begin(topic, subject, "wr")]
    for _ in range(d.c.pick([2, 4, 5, 5, 6])):
        d.now += 55
        starts.append(d.begin(topic, subject, "wr"))
    d.now += 20
    d.tick()
    for start in sorted(d.c.shuffled(starts)[:3]):
        d.deliver(topic, [(subject, start + d.c.pick([5, 20, 25, 35, 50]), d.c.pick("wwr"))])


def again(d: Draft) -> None:
    """An earlier delivery once more, as it was received then or now."""
    deliveries = [entry for entry in d.entries if entry[0] == Kind.DELIVERY][-8:]
    if deliveries:
        _, source, topic, received, payload = d.c.pick(deliveries)
        d.add(Kind.DELIVERY, source, topic, payload, at=d.c.pick([received, d.now]))


def reorder(d: Draft) -> None:
    """Rows of one line in several deliveries in any order, then a tick: `lateness` mends it, or not."""
    topic, subject = d.line()
    d.now += 5
    rows = [(subject, d.now + 5 * i, d.c.pick("wwrn")) for i in range(d.c.pick([2, 3, 4]))]
    for row in d.c.shuffled(rows):
        d.deliver(topic, [row])
    d.now = rows[-1][1]
    d.tick()


def together(d: Draft) -> None:
    """Several lines of one key with one ts: in one delivery, or in several."""
    _, subject = d.line()
    d.now += d.c.pick([5, 10, 40])
    topics = [t for t in d.streams if not reads(t)]
    one_source = len({d.streams[t].source for t in topics}) == 1
    if one_source and d.c.pick([True, False, False]):
        d.deliver("+".join(topics), [(subject, d.now, d.c.pick("wrn")), (subject, d.now + 5, d.c.pick("wrn"))])
    else:
        for topic in d.c.shuffled(topics):
            d.deliver(topic, [(subject, d.now, d.c.pick("wwrrn"))])
    d.now += 5
    d.tick()


def odd(d: Draft) -> None:
    """A row from the far future or past, by a clock that is ahead or behind, of nobody, or no row at all."""
    topic, subject = d.line()
    ts = d.now + d.c.pick([5, 20, 25, 100, 105, -20, -95, -105, -150, -305])
    what = d.c.pick(["row", "row", "row", "row", "nobody", "nowhere", "nothing"])
    if what in ("row", "nobody"):
        d.deliver(topic, [(subject if what == "row" else "x1", max(ts, 0), d.c.pick("wr"))])
    else:
        d.add(Kind.DELIVERY, "src", "nowhere" if what == "nowhere" else topic, b"{" if what == "nothing" else b"{}")


def reload(d: Draft) -> None:
    """The next version, or another, or the same again; most often just after rows."""
    if d.c.pick([True, True, False]):
        run(d)
    d.reload()


def meanwhile(d: Draft) -> None:
    """Rows that wait for a tick, maybe of several streams, and another version before it comes."""
    _, subject = d.line()
    for topic in d.c.shuffled(list(d.streams))[: d.c.pick([1, 2, 3])]:
        d.now += 5
        d.deliver(topic, [(subject, d.now, d.c.pick("wwrn"))])
    for _ in range(d.c.pick([1, 1, 2])):
        d.reload()
    d.now += d.c.pick([5, 10, 20, 25])
    d.tick()


def member(d: Draft) -> None:
    """The second member of a shared source goes or comes."""
    if len(d.members["src"]) > 1:
        d.add(d.c.pick([Kind.LEAVE, Kind.JOIN]), "src", d.members["src"][1])


Act = Callable[[Draft], None]
ALL: list[Act] = [run, silence, slow, behind, upload, gaps, again, reorder, together, odd, reload, meanwhile, member]
THEMES: list[list[Act]] = [
    ALL,
    [run, run, run, silence, again, reload, odd],
    [run, reload, reload, meanwhile, upload, slow],
    [slow, slow, slow, run, reload, member],
    [behind, behind, behind, slow, silence],
    [upload, upload, upload, upload, run, again, reload],
    [upload, upload, upload, together, gaps],
    [together, together, reorder, run, upload],
]
"""What a journal is about: the acts that it is made of."""
