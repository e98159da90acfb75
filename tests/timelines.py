"""timelines: small journals for tests of time, written as one line of text or drawn by hypothesis.

A timeline is entries in their order, parted by blanks:

    w10 r20 n30         rows of subject a in stream p that are wrong, right, neither; received at their ts
    W10                 the same with a lid, 1 (for detectors that need one)
    u10                 a row without a value
    w10@50              received at 50
    w10+w20+r30@90      one delivery of three rows
    w10.b  w10=5        of subject b; with this v
    q:w10  p+q:w10      by the topic q; by a topic that two streams decode
    mm:w10%k            a reading of metric k
    s:w10%7#bay         a sighting of track 7 in the zone bay
    z:w10%bay           a presence in the zone bay
    t40  B/m1:t40       a tick of the source 'src'; of the member m1 of the source B
    B/m1:j40  B/m1:l40  joins; leaves
    v2                  the second version is current from here on (the first is from the start)

A row's delivery comes by the source of its topic's (first) stream.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from pipeline.entries import EntryBuffer, Kind
from pipeline.episode import Change, EpisodeEvent
from pipeline.version import Version
from tests.oracle import Entry, oracle
from tests.oracle_book import Outcome

VALUES = {"w": 2.0, "r": -1.0, "n": 0.5}
_ITEM = re.compile(r"([a-zA-Z])([\d.]+?)(?:\.([a-z]\w*))?(?:%(\w+))?(?:#(\w+))?(?:=(-?[\d.]+))?$")


@dataclass
class Journal:
    """Entries with positions from 0, and the versions that they name by payload."""

    entries: list[Entry]
    versions: dict[bytes, Version]

    def version(self, payload: bytes) -> Version:
        return self.versions[payload]

    def outcome(self, until: int | None = None) -> Outcome:
        return oracle(self.entries, self.version, until)

    def batches(self, cuts: Iterable[int] = ()) -> list[tuple[int, pa.RecordBatch]]:
        return journal_batches(self.entries, cuts)


def journal_batches(entries: Sequence[Entry], cuts: Iterable[int] = ()) -> list[tuple[int, pa.RecordBatch]]:
    """The entries as record batches that begin at 0 and at each cut, with the position of each one's first entry."""
    starts = sorted({0, *(cut for cut in cuts if 0 < cut < len(entries))})
    found = []
    for start, end in zip(starts, [*starts[1:], len(entries)], strict=True):
        buffer = EntryBuffer()
        for _, kind, source, topic, received, payload in entries[start:end]:
            buffer.add(Kind(kind), source, topic, received, payload)
        found.append((start, buffer.batch()))
    return found


def numbered(entries: Iterable[tuple[int, str, str, float, bytes]]) -> list[Entry]:
    """Entries with their positions."""
    return [(position, *entry) for position, entry in enumerate(entries)]


def journal(script: str, *versions: Version) -> Journal:
    """A timeline as a journal."""
    by_payload = {f"v{i}".encode(): version for i, version in enumerate(versions, 1)}
    sources = {stream.name: stream.source for version in versions for stream in version.streams}
    entries: list[tuple[int, str, str, float, bytes]] = [(Kind.VERSION, "", "", 0.0, b"v1")]
    for token in script.split():
        where, _, what = token.rpartition(":")
        what, _, at = what.partition("@")
        letter, number = what[0], what[1:]
        source, _, member = where.partition("/")
        if letter in "tjl":
            kind = {"t": Kind.TICK, "j": Kind.JOIN, "l": Kind.LEAVE}[letter]
            entries.append((kind, source or "src", member, float(number), b""))
        elif letter == "v":
            entries.append((Kind.VERSION, "", "", 0.0, what.encode()))
        else:
            rows = [row(item) for item in what.split("+")]
            received = float(at) if at else max(float(str(r["ts"])) for r in rows)
            topic = where or "p"
            source = sources.get(topic.split("+")[0], "src")
            entries.append((Kind.DELIVERY, source, topic, received, json.dumps(rows).encode()))
    return Journal(numbered(entries), by_payload)


def row(item: str) -> dict[str, object]:
    """One row of a timeline's delivery as its payload."""
    match = _ITEM.match(item)
    assert match, f"expected a row such as w10, w10.b or W10=5, got {item!r}"
    letter, ts, subject, part, zone, value = match.groups()
    found: dict[str, object] = {"s": subject or "a", "ts": float(ts)}
    found |= {} if letter == "u" else {"v": float(value) if value else VALUES[letter.lower()]}
    found |= {"lid": 1} if letter.isupper() else {}
    return found | ({"m": part} if part else {}) | ({"zone": zone} if zone else {})


def told(events: Iterable[EpisodeEvent]) -> list[str]:
    """Events as text: `opened 10@40` (started@confirmed), `ended 10-50 clear`, `reopened 10`, `withdrawn 10`.

    With the subject where it is not a, the rule where it is not x, and `late` where it opened late.
    """
    lines = []
    for event in events:
        e = event.episode
        text = f"{event.change} {e.started:g}"
        if event.change is Change.OPENED:
            text += f"@{e.confirmed:g}"
        if event.change is Change.ENDED:
            text += f"-{e.ended:g} {e.reason}"
        names = [n for n, usual in ((e.subject, "a"), (e.part, ""), (e.rule, "x")) if n != usual]
        lines.append(" ".join([text, *names, *(["late"] if e.late and event.change is Change.OPENED else [])]))
    return lines


def finals(outcome: Outcome) -> list[str]:
    """The episodes that stand, as text: `10@40-50 clear`, `10@40 open`."""
    order = sorted(outcome.episodes.values(), key=lambda e: (e.started, e.rule, e.subject, e.part))
    return [
        f"{e.started:g}@{e.confirmed:g}" + (" open" if math.isnan(e.ended) else f"-{e.ended:g} {e.reason}")
        for e in order
    ]


def check(script: str, versions: Version | list[Version], expected: list[str]) -> None:
    """The oracle says of a timeline what is expected."""
    versions = versions if isinstance(versions, list) else [versions]
    assert told(journal(script, *versions).outcome().events) == expected
