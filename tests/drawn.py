"""drawn: small journals in which every rule of docs/concepts/time.md comes to pass often.

A journal is a few acts, one after another: rows of one answer, silence by ticks, a link that is slow, a gap with an
upload into it, an outage, a reload. All times are whole multiples of 5 s, so that what falls exactly on a boundary
falls on it often. At most about 150 entries, three subjects, three streams.

`journals()` is drawn by hypothesis, which makes what fails small; `rolled(seed)` is the same by a pseudo-random
generator, ten times as fast, to look far and wide.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

from pipeline.detector import Detector
from pipeline.entries import Kind
from pipeline.rows import Position, Reading
from pipeline.version import Rule, Stream, Version
from tests.timelines import VALUES, Journal, numbered
from tests.tiny_city import Fast, Lidded, Low, Restless, Shift, Silent, Twice, city, rule, stream

T = TypeVar("T")


class Choice(Protocol):
    """Who chooses."""

    def pick(self, choices: Sequence[T]) -> T: ...

    def shuffled(self, items: Sequence[T]) -> list[T]: ...


class ByHypothesis:
    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.draw = draw

    def pick(self, choices: Sequence[T]) -> T:
        found: T = self.draw(st.sampled_from(choices))
        return found

    def shuffled(self, items: Sequence[T]) -> list[T]:
        return list(self.draw(st.permutations(items)))


class ByChance:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # no secret: the same seed, the same journal

    def pick(self, choices: Sequence[T]) -> T:
        return self.random.choice(choices)

    def shuffled(self, items: Sequence[T]) -> list[T]:
        return self.random.sample(items, len(items))


# ---- versions --------------------------------------------------------------------------------------------------------


def streams(c: Choice) -> list[Stream]:
    """One to three streams, of one or two sources; p and q feed the same keys, mm has readings."""
    names = c.pick([("p",), ("p", "q"), ("p", "mm"), ("p", "q"), ("p", "q", "mm")])
    gap = c.pick([20, 20, 30, 50])
    lateness = c.pick([(0, 0), (0, 0), (0, 0), (0, 0), (10, 10), (20, 20), (20, 0)])
    other = c.pick(["src", "src", "B"])
    where = {"p": ("src", lateness[0]), "q": (other, lateness[1]), "mm": (other, lateness[0])}
    return [stream(name, where[name][0], gap=gap, lateness=where[name][1]) for name in names]


HOLDS: list[tuple[list[str], list[int]]] = [
    (["gap", "assume", "none"], [0, 0, 10, 20, 30, 40]),
    (["gap"], [0, 0, 10, 20]),
    (["assume"], [20, 30, 40, 50]),
]
"""What a journal's holds are drawn from: how they take silence, and `for`."""


def any_rule(c: Choice, id: str, *, readings: bool, holds: tuple[list[str], list[int]], version: str = "1") -> Rule:
    """A rule of any detector here with any kind of hold."""
    detectors: list[Detector] = [Fast()] * 7 + [
        Twice(),
        Lidded(),
        Lidded(),
        Silent(after=20),
        Silent(),
        Shift(),
        Restless(),
    ]
    detector = c.pick(detectors + [Low(), Low(), Silent(after=30)] * readings)
    silence = c.pick(holds[0])
    on_readings = readings and type(detector) is Silent and c.pick([False, True])
    return rule(
        detector,
        id,
        version,
        for_=c.pick(holds[1]),
        clear=c.pick([0, 0, 0, 10, 20]),
        gap=c.pick([20, 30, 50]) if silence == "gap" else None,
        assume=c.pick([30, 50, 100, 200]) if silence == "assume" else None,
        rows=None if detector.rows in (Position, Reading) else (Reading if on_readings else Position),
        metric=c.pick([None, "k"]) if detector.rows is Reading or on_readings else None,
        classes=c.pick([(), (), (), (), ("odd",)]),
    )


def versions(c: Choice) -> list[Version]:
    """One to three versions of one city: rules that stay, change, go, come and come back."""
    lines = streams(c)
    readings, holds = lines[-1].name == "mm", c.pick(HOLDS)
    first = [any_rule(c, f"r{i}", readings=readings, holds=holds) for i in range(c.pick([1, 2, 3, 4]))]
    settings: dict[str, Any] = {
        "streams": lines,
        "down": {"src": c.pick([20.0, 30.0, 1e9, 1e9, 1e9]), "B": c.pick([30.0, 1e9, 1e9])},
        "ahead": c.pick([20, 100]),
        "forget": c.pick([100, 150, 300, 1e5, 1e5, 1e5]),
    }
    found = [city(*first, **settings)]
    for number in range(2, 2 + c.pick([0, 1, 2])):
        after = []
        for old in found[-1].rules:
            fate = c.pick(["stays", "changes", "goes", "goes"])
            if fate == "changes":
                old = replace(old, hold=any_rule(c, old.id, readings=readings, holds=holds).hold, version=str(number))
            after += [old] if fate != "goes" else []
        gone = [r for r in first if r.id not in {a.id for a in after}]
        after += [any_rule(c, f"r{number}0", readings=readings, holds=holds)] if c.pick([False, True]) else []
        found.append(city(*after, *(gone if c.pick([False, False, True]) else []), **settings, id=str(number)))
    return found


# ---- a journal as it grows -------------------------------------------------------------------------------------------


@dataclass
class Draft:
    """`now` is the time of every source; each act moves it on."""

    c: Choice
    versions: list[Version]
    members: dict[str, tuple[str, ...]]
    now: float = 100
    version: int = 1
    entries: list[tuple[int, str, str, float, bytes]] = field(default_factory=list)
    newest: dict[tuple[bool, str], float] = field(default_factory=dict)  # (reading?, subject) -> newest ts

    @property
    def streams(self) -> dict[str, Stream]:
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
        """One delivery of (subject, ts, letter) rows: w, r or n, most often with a lid."""
        payload = []
        for subject, ts, letter in rows:
            found: dict[str, Any] = {"s": subject, "ts": ts, "v": VALUES[letter] + self.c.pick([0, 0, 0.25])}
            found |= {"lid": 1} if self.c.pick([True, True, True, False]) else {}
            payload.append(found | ({"m": self.c.pick(["k", "k", "l"])} if topic == "mm" else {}))
            if ts <= self.now + 20:
                self.newest[topic == "mm", subject] = max(self.newest.get((topic == "mm", subject), ts), ts)
        source = self.streams[topic.partition("+")[0]].source
        self.add(Kind.DELIVERY, source, topic, json.dumps(payload).encode())

    def line(self) -> tuple[str, str]:
        names = list(self.streams)
        return self.c.pick([names[0], *names]), self.c.pick("aaabc")

    def begin(self, topic: str, subject: str, letters: str) -> float:
        """A row that is the key's newest; its ts."""
        ts = self.newest.get((topic == "mm", subject), 0)
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
    topics = [t for t in d.streams if t != "mm"]
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
    ahead = d.version % len(d.versions) + 1
    d.version = d.c.pick([ahead, ahead, ahead, *range(1, len(d.versions) + 1)])
    d.add(Kind.VERSION, "", "", b"v%d" % d.version)


def member(d: Draft) -> None:
    """The second member of a shared source goes or comes."""
    if len(d.members["src"]) > 1:
        d.add(d.c.pick([Kind.LEAVE, Kind.JOIN]), "src", d.members["src"][1])


Act = Callable[[Draft], None]
ALL: list[Act] = [run, silence, slow, behind, upload, gaps, again, reorder, together, odd, reload, member]
THEMES: list[list[Act]] = [
    ALL,
    [run, run, run, silence, again, reload, odd],
    [run, reload, reload, upload, slow],
    [slow, slow, slow, run, reload, member],
    [behind, behind, behind, slow, silence],
    [upload, upload, upload, upload, run, again, reload],
    [upload, upload, upload, together, gaps],
    [together, together, reorder, run, upload],
]
"""What a journal is about: the acts that it is made of."""


def make(c: Choice) -> Journal:
    """A journal; it begins with a version and most often ends with a tick."""
    found = versions(c)
    members: dict[str, tuple[str, ...]] = {s.source: ("",) for s in found[0].streams}
    shared = c.pick([False, False, False, True])
    members |= {"src": ("m1", "m2")} if shared else {}
    d = Draft(c, found, members)
    d.add(Kind.VERSION, "", "", b"v1")
    for name in members["src"] if shared else ():
        d.add(Kind.JOIN, "src", name)
    if c.pick([True, True, False]):
        d.tick()
    theme = c.pick(THEMES)
    for _ in range(c.pick([2, 3, 4, 5, 6, 7])):
        c.pick(theme)(d)
    if c.pick([True, True, True, False]):
        d.now += c.pick([5, 25, 60, 160])
        d.tick()
    return Journal(numbered(d.entries), {f"v{i}".encode(): version for i, version in enumerate(found, 1)})


@st.composite
def journals(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Journal:
    """A journal that hypothesis draws and, where it fails, makes small."""
    return make(ByHypothesis(draw))


def rolled(seed: int) -> Journal:
    """The journal of a seed."""
    return make(ByChance(seed))
