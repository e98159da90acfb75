"""drawn: small journals in which every rule of docs/concepts/time.md comes to pass often.

A journal is a few acts, one after another: rows of one answer, silence by ticks, a link that is slow, a gap with an
upload into it, an outage, a reload. All times are whole multiples of 5 s, so that what falls exactly on a boundary
falls on it often. At most about 150 entries, three subjects, three streams. In a quarter of journals readings are
carried into positions, a quarter is about cameras.

`journals()` is drawn by hypothesis, which makes what fails small; `rolled(seed)` is the same by a pseudo-random
generator, ten times as fast, to look far and wide.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from pipeline.entries import Kind
from pipeline.rows import Sighting
from tests.drawn_acts import THEMES, Draft
from tests.drawn_carry import CARRYING, METRICS, OWN
from tests.drawn_seen import SEEING
from tests.drawn_versions import ByChance, ByHypothesis, Choice, versions
from tests.timelines import Journal, numbered


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
    if any(stream.carry for version in found for stream in version.streams):
        d.own, d.metrics, theme = OWN, METRICS, c.pick(CARRYING)
    else:
        theme = c.pick(SEEING if any(stream.rows is Sighting for stream in found[0].streams) else THEMES)
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
