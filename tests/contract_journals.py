"""contract_journals: journals of the contract city, for the engine's promises on every registered detector.

The acts are those of tests/drawn.py, the rules of one detector with any hold; but world and decoding are the real
ones: payloads are JSON lists, read by a mapping, of terminals that the registers know. Letters (w wrong, r right, n
neither) are rows that the detector itself called so.
"""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args

import numpy as np
from hypothesis import strategies as st
from pydantic import WithJsonSchema

from connectors.codecs.decode import compile_streams
from connectors.codecs.json_mapping import JsonStream
from connectors.codecs.sightings import SightingStream
from pipeline.detector import Detector, Judgement
from pipeline.entries import Kind
from pipeline.registry import detector
from pipeline.rows import Position, Presence, Reading, Rows, Sighting
from pipeline.units import Seconds
from pipeline.version import Rule, Source, Stream, Version
from tests.contract_answers import looks
from tests.contract_city import FLAGS, PARTS, WORDS, further, kind_of, world
from tests.contract_stories import STORIES, Fact
from tests.drawn_acts import THEMES, Draft, occupies, sees
from tests.drawn_versions import HOLDS, ByChance, ByHypothesis, Choice, streams
from tests.timelines import Journal, numbered
from tests.tiny_city import rule

WORLDS = (world(), world(later=True))
TOPICS = {"p": "1/0/0", "q": "0/1/0", "p+q": "1/1/0", "q+p": "1/1/0", "mm": "0/0/1"}
TOPICS |= {"s": "1/0/0", "sq": "0/1/0", "s+sq": "1/1/0", "sq+s": "1/1/0"}
TOPICS |= {"z": "1/0/0", "zq": "0/1/0", "z+zq": "1/1/0", "zq+z": "1/1/0"}
PATTERNS = {"p": "1/+/+", "q": "+/1/+", "mm": "+/+/1", "s": "1/+/+", "sq": "+/1/+", "z": "1/+/+", "zq": "+/1/+"}
"""A topic that two streams match is decoded by both."""
SEEING: dict[type[Rows], list[tuple[str, ...]]] = {
    Sighting: [("s",), ("s",), ("s", "sq")],
    Presence: [("z",), ("z",), ("z", "zq")],
}
"""The streams of a journal of what cameras saw."""


def has_idle(judge: Detector) -> bool:
    """Whether it has something to say about silence."""
    return type(judge).idle is not Detector.idle


@functools.cache
def watched(name: str) -> type[Detector]:
    """The detector, made to notice when the engine breaks the contract's promises to it."""
    kind = detector(name)

    def expected(self: Any, rows: Any) -> None:
        for needed in self.needed():
            column = rows.column(needed)
            assert column is not None, f"{needed} is not there"
            assert not np.isnan(column).any(), f"{needed} is unknown in a row that is judged"
        assert len(rows) > 0

    def judge(self: Any, rows: Any, world: Any, memory: Any) -> Judgement:
        assert memory is None or len(memory) == len(rows)
        expected(self, rows)
        return kind.judge(self, rows, world, memory)

    def judge_runs(self: Any, rows: Any, starts: Any, world: Any, memory: Any) -> Judgement:
        assert len(memory) == len(starts)
        assert starts[0] == 0
        assert (np.diff(starts, append=len(rows)) > 0).all(), "a key without a row"
        expected(self, rows)
        return kind.judge_runs(self, rows, starts, world, memory)

    own = {"judge": judge} | ({"judge_runs": judge_runs} if kind.judge_runs is not Detector.judge_runs else {})
    return type(kind.__name__, (kind,), {**own, "__module__": __name__, "__doc__": kind.__doc__})


def parameters(c: Choice, name: str) -> dict[str, str]:
    """Durations short enough for a journal of minutes; all else as the detector has it."""
    duration = next(said for said in get_args(Seconds) if isinstance(said, WithJsonSchema)).json_schema
    long = [
        key
        for key, about in detector(name).model_fields.items()
        for said in about.metadata
        if isinstance(said, WithJsonSchema) and said.json_schema == duration
    ]
    return {key: c.pick(["20s", "30s", "50s"]) for key in long}


def any_rule(c: Choice, name: str, id: str, kind: type[Rows], version: str = "1") -> Rule:
    """A rule of the detector with any hold. kind: of the rows, for one that reads any."""
    ways, for_ = c.pick(HOLDS)
    silence = c.pick(ways)
    judge = watched(name).model_validate(parameters(c, name))
    return rule(
        judge,
        id,
        version,
        for_=c.pick(for_),
        clear=c.pick([0, 0, 10, 20]),
        gap=c.pick([20, 30, 50]) if silence == "gap" else None,
        assume=c.pick([30, 50, 100]) if silence == "assume" else None,
        rows=kind if len(kind_of(judge)) > 1 else None,
        metric=c.pick([None, "k"]) if kind is Reading else None,
        classes=c.pick([(), (), (), ("muck_truck", "litter")]),
    )


def versions(c: Choice, name: str) -> list[Version]:
    """One or two versions: two rules of the detector, then with other holds, without one of them, of another city."""
    judge = watched(name)()
    kind = c.pick(kind_of(judge))
    lines = streams(c, SEEING[kind]) if kind in SEEING else streams(c)
    if kind is Reading and lines[-1].name != "mm":
        lines.append(replace(lines[0], name="mm", rows=Reading))
    lines.sort(key=lambda one: one.rows is not kind)  # acts prefer the first
    first = [any_rule(c, name, f"r{i}", kind) for i in range(c.pick([1, 2]))]
    later = []
    for old in first:
        fate = c.pick(["stays", "changes", "goes"])
        if fate == "changes":
            old = replace(any_rule(c, name, old.id, kind, "2"), detector=old.detector)
        later += [old] if fate != "goes" else []
    down = {"src": c.pick([30.0, 1e9, 1e9]), "B": c.pick([30.0, 1e9])}
    ahead, forget = c.pick([20.0, 100.0]), c.pick([150.0, 1e5, 1e5])
    return [
        Version(
            str(number),
            "contract",
            {line.source: Source(line.source, down[line.source]) for line in lines},
            lines,
            rules,
            city,
            compile_streams({line.name: mapping(line, judge) for line in lines}, city),
            ahead,
            forget,
        )
        for number, (rules, city) in enumerate([(first, WORLDS[0]), (later, WORLDS[1])][: c.pick([1, 2])], 1)
    ]


def mapping(line: Stream, judge: Detector) -> JsonStream | SightingStream:
    """How a stream's payloads are read: lists of {"id", "t", columns or metrics}; of sightings, a picture."""
    if line.rows in SEEING:
        seen = {"source": line.source, "topic": PATTERNS[line.name], "codec": "sightings", "subject": "$.id"}
        zones = WORDS["zone"] if line.rows is Sighting else PARTS[Presence]
        return SightingStream.model_validate(seen | {"rows": line.rows.kind, "zones": list(zones)})
    fields: dict[str, dict[str, Any]] = {"ts": {"path": "t", "unit": "unix_s"}}
    fields |= {name: {"path": name, "unit": "1"} for name in further(judge)}
    common = {
        "source": line.source,
        "topic": PATTERNS[line.name],
        "codec": "json",
        "each": "$",
        "subject": "@.id",
        "fields": fields,
    }
    if line.rows is Reading:
        metrics = {name: {"path": name, "unit": "1"} for name in "kl"}
        return JsonStream.model_validate(common | {"rows": "reading", "metrics": metrics})
    units = {"lon": "deg", "lat": "deg", "speed": "km/h", "heading": "deg", "accuracy": "m"}
    fields |= {name: {"path": name, "unit": units.get(name, "1")} for name in ("lon", "lat", "speed", *FLAGS)}
    return JsonStream.model_validate(common | {"rows": "position", "datum": "WGS-84"})


@functools.cache
def letters(name: str) -> dict[tuple[bool, str], list[dict[str, float]]]:
    """(readings?, letter) -> what a row of it says; where there is none of a letter, or the kind is not the detector's:
    anything."""
    judge = detector(name)()
    found: dict[tuple[bool, str], list[dict[str, float]]] = {}
    plain: tuple[type[Rows], dict[str, float]] = Position, {"lon": 121.4025, "lat": 31.2025, "speed": 90.0}
    if Sighting in kind_of(judge):
        plain = Sighting, {"still": 95.0}
    if Presence in kind_of(judge):
        plain = Presence, {"count": 2.0, "kinds": 2.0}
    for kind, anything in (plain, (Reading, {"value": 95.0})):
        said = looks(judge, kind, WORLDS[0]) if kind in kind_of(judge) else {}
        known = {w: [one for one in ones if not np.isnan(one.get("value", 0.0))] for w, ones in said.items()}
        whole = [one for ones in known.values() for one in ones] or [anything]
        found |= {(kind is Reading, letter): known.get(letter) or whole for letter in "wrn"}
    return found


@dataclass
class CityDraft(Draft):
    """A draft whose rows are the city's: what the detector called w, r or n, or the next of its story."""

    says: Mapping[tuple[bool, str], list[dict[str, float]]] = field(default_factory=dict)
    stories: Mapping[type[Rows], list[Fact]] = field(default_factory=dict)
    told: Counter[tuple[bool, str]] = field(default_factory=Counter)
    """(reading?, subject) -> rows of the story so far"""

    def line(self) -> tuple[str, str]:
        names = list(self.streams)
        topic = self.c.pick([names[0], names[0], *names])
        story = self.stories.get(Reading if topic == "mm" else Position, [])
        return topic, self.c.pick([*("ddea" if topic == "mm" else "aaabc"), *(fact.subject for fact in story[:2])])

    def add(self, kind: Kind, source: str, topic: str, payload: bytes = b"", at: float | None = None) -> None:
        super().add(kind, source, TOPICS.get(topic, topic) if kind is Kind.DELIVERY else topic, payload, at)

    def look(self, reading: bool, subject: str, letter: str) -> dict[str, float]:
        story = self.stories.get(Reading if reading else Position)
        if story and self.c.pick([True, True, True, False]):
            self.told[reading, subject] += 1
            return story[(self.told[reading, subject] - 1) % len(story)].columns
        return self.c.pick(self.says[reading, letter])

    def deliver(self, topic: str, rows: Sequence[tuple[str, float, str]]) -> None:
        reading, payload = topic == "mm", []
        source = self.streams[topic.partition("+")[0]].source
        for subject, ts, letter in rows:
            look = self.look(reading, subject, letter)
            says = {name: value for name, value in look.items() if not np.isnan(value)}
            if reading:
                says[self.c.pick("kkl")] = says.pop("value")
            if sees(topic):
                self.add(Kind.DELIVERY, source, topic, self.picture(subject, ts, says))
            if occupies(topic):
                self.add(Kind.DELIVERY, source, topic, self.zone(subject, ts, says))
            terminal = "box-1" if subject == ("c" if ts < 300 else "a") and self.c.pick([True, False]) else subject
            payload.append({"id": terminal, "t": ts, **says})
            if ts <= self.now + 20:
                self.newest[reading, subject] = max(self.newest.get((reading, subject), ts), ts)
        if not sees(topic) and not occupies(topic):
            self.add(Kind.DELIVERY, source, topic, json.dumps(payload).encode())

    def picture(self, subject: str, ts: float, says: Mapping[str, float]) -> bytes:
        """A picture with one object in it."""
        words = {name: WORDS[name][int(value)] for name, value in says.items() if name in WORDS}
        one = {"track": int(self.c.pick(PARTS[Sighting])), "label": "car", "box": [0.1, 0.1, 0.2, 0.2]}
        return json.dumps({"id": subject, "ts": ts, "objects": [{**one, **says, **words}]}).encode()

    def zone(self, subject: str, ts: float, says: Mapping[str, float]) -> bytes:
        """A picture with so many objects in a zone, of so many labels."""
        known = {name: says[column] for name, column in (("still", "stood"), ("score", "surest")) if column in says}
        one = {"zone": self.c.pick(PARTS[Presence]), "box": [0.1, 0.1, 0.2, 0.2], **known}
        labels = WORDS["label"][: max(int(says.get("kinds", 1)), 1)]
        objects = [{**one, "track": i, "label": labels[i % len(labels)]} for i in range(int(says.get("count", 1)))]
        return json.dumps({"id": subject, "ts": ts, "objects": objects}).encode()


def make(c: Choice, name: str) -> Journal:
    """A journal of a few acts; it begins with a version and most often ends with a tick."""
    found = versions(c, name)
    sources: dict[str, tuple[str, ...]] = {line.source: ("",) for line in found[0].streams}
    d = CityDraft(c, found, sources, says=letters(name), stories=STORIES.get(name, {}))
    d.add(Kind.VERSION, "", "", b"v1")
    d.tick()
    theme = c.pick(THEMES)
    for _ in range(c.pick([2, 3, 4, 5])):
        c.pick(theme)(d)
    d.now += c.pick([5, 25, 60, 160])
    d.tick()
    return Journal(numbered(d.entries), {f"v{i}".encode(): version for i, version in enumerate(found, 1)})


def journals(name: str) -> st.SearchStrategy[Journal]:
    """Journals for rules of the detector of that name; hypothesis makes what fails small."""

    @st.composite
    def drawn(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Journal:
        return make(ByHypothesis(draw), name)

    return drawn()


def rolled(seed: int, name: str) -> Journal:
    """The journal of a seed."""
    return make(ByChance(seed), name)
