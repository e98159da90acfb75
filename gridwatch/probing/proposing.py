"""proposing: a stream for messages that no stream reads yet, tried on those very messages.

What the format is comes from `recognising`, what its values are from `fields` and `metrics`. Everything that is no more
than likely is said with the proposal; what came of trying it is said too, whatever that is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from connectors.codecs import KNOWN
from connectors.codecs.unpacked import UnpackedStream
from gridwatch.probing.configured import Made, made_of
from gridwatch.probing.fields import Found, Guess, find_motion, find_place, find_time
from gridwatch.probing.heard import Message, TopicKind
from gridwatch.probing.leaves import Leaf, leaves
from gridwatch.probing.metrics import find_metrics
from gridwatch.probing.recognising import Format, recognise
from gridwatch.probing.whose import named_levels, whose_of
from pipeline.dotted import value_at

if TYPE_CHECKING:
    from pipeline.world import World


@dataclass(slots=True)
class Proposal:
    """A stream that could read some messages."""

    name: str
    section: dict[str, Any] = field(default_factory=dict)
    """As a configuration has it; empty: there is none."""
    guesses: dict[str, str] = field(default_factory=dict)
    """Where in the section -> what of it is a guess."""
    trouble: list[str] = field(default_factory=list)
    """What keeps it from being read."""
    made: Made | None = None
    """What came of trying it; None: it could not be tried."""


def propose(kind: TopicKind, taken: Collection[str], world: World | None = None) -> Proposal:
    """For messages of one kind of topic. taken: names of streams that there are. world: the registers, if any."""
    found = recognise([message.payload for message in kind.kept])
    proposal = Proposal(_name(kind.topic, taken))
    if not found.codec:
        proposal.trouble = [_unread(kind.kept)]
        return proposal
    section: dict[str, Any] = {"source": kind.source, "topic": kind.topic, "codec": found.codec, **found.options}
    proposal.section = section
    proposal.guesses |= {"codec": "; ".join(found.guesses)} if found.guesses else {}
    if found.codec in ("frigate", "sightings"):
        _seen(proposal, kind, found.codec)
    else:
        _mapped(proposal, kind, found, world)
    if proposal.section:
        _try(proposal, kind.kept, world)
    return proposal


def _seen(proposal: Proposal, kind: TopicKind, codec: str) -> None:
    if codec == "sightings":
        proposal.section["topic"] = named_levels(kind.topic, ["camera"])
    else:
        proposal.section["size"] = [1280, 720]
        proposal.guesses["size"] = "no message says it: Frigate's detect.width and detect.height"
    proposal.section["unknown"] = "accept"


def _mapped(proposal: Proposal, kind: TopicKind, found: Format, world: World | None) -> None:
    settings = KNOWN[found.codec].settings
    codec = settings.kind if issubclass(settings, UnpackedStream) and found.codec != "csv" else None
    each, objects, at = _items(found, [message.received for message in kind.kept])
    values = leaves(objects)
    received = [kind.kept[i].received for i in at]
    said = Found()
    if codec is None:
        find_time(values, received, said)
        find_place(values, said)
    else:
        said.fields |= {n: Guess(str(f["path"]), {}) for n, f in codec.fields.items() if str(f["path"]) in values}
    usual = "" if codec is None else codec.subject
    by_message = dict(zip(found.at, found.objects, strict=True)) if each is not None else {}
    around = None if each is None else [by_message[i] for i in at]
    topics = [kind.kept[i].topic for i in at]
    whose = whose_of(kind.topic, topics, objects, world, usual=usual, codec=found.codec, around=around)
    subject, subjects = whose.subject, whose.subjects
    proposal.section["topic"] = whose.topic
    if codec is None:
        find_motion(values, subjects, said)
    taken = {said.fields[name].path for name in ("ts", "lon", "lat") if name in said.fields} | {subject[2:]}
    metrics, beyond = find_metrics(values, taken)
    is_place = {"lon", "lat"} <= set(said.fields)
    rows = (
        codec.rows
        if codec is not None
        else "position"
        if is_place and not _sensor(said, values, subjects)
        else "reading"
    )
    if codec is not None and rows == "reading" and not metrics and is_place:
        rows = "position"
    section = proposal.section
    section["rows"] = rows
    section["subject"] = subject
    proposal.guesses |= {"subject": whose.why} if whose.why else {}
    section["unknown"] = "accept"
    proposal.guesses["unknown"] = "as long as the registers do not list who reports; leave it out then"
    if rows == "position" and (codec is None or codec.datum is None):
        section["datum"] = "WGS-84"
        proposal.guesses["datum"] = "a guess: ask whoever sends; services and phones of China often give GCJ-02"
    section |= {"each": each} if each is not None else {}
    if codec is None:
        keep = said.fields if rows == "position" else {"ts": said.fields["ts"]} if "ts" in said.fields else {}
        section["fields"] = {name: guess.section() for name, guess in keep.items()}
        proposal.guesses |= {f"fields.{name}": guess.why for name, guess in keep.items() if guess.why}
    if rows == "reading":
        section["metrics"] = {name: guess.section() for name, guess in metrics.items()}
        proposal.guesses |= {f"metrics.{name}": guess.why for name, guess in metrics.items() if guess.why}
        if beyond:
            proposal.guesses["metrics"] = f"{len(beyond)} further numbers are left out: {', '.join(beyond[:6])}"
    _can_be(proposal, said, metrics, rows, codec is not None)


def _can_be(proposal: Proposal, said: Found, metrics: Mapping[str, Guess], rows: str, own: bool) -> None:
    """What is missing for any row at all ends the proposal."""
    if not own:
        proposal.trouble += said.trouble
    if rows == "reading" and not metrics:
        proposal.trouble.append("nothing in it is a number that could be a reading, and no place is in it")
    if proposal.trouble:
        proposal.section = {}
        proposal.guesses = {}


def _sensor(said: Found, values: Mapping[str, Leaf], subjects: Sequence[str]) -> bool:
    """Does it stay in its place and measure something, so that its readings are what counts?"""
    if {"speed", "heading", "ignition"} & set(said.fields):
        return False
    lon, lat = values[said.fields["lon"].path], values[said.fields["lat"].path]
    places: dict[str, set[tuple[Any, Any]]] = {}
    for i, x, y in zip(lon.at, lon.values, lat.values, strict=False):
        places.setdefault(subjects[i], set()).add((x, y))
    others, _ = find_metrics(values, {guess.path for guess in said.fields.values()})  # an accuracy is none
    return bool(others) and all(len(each) == 1 for each in places.values())


def _items(found: Format, received: Sequence[float]) -> tuple[str | None, list[Any], list[int]]:
    """Where the rows are inside a payload (`each`), the objects, and which message each is of."""
    if found.codec != "json":
        return None, found.objects, found.at
    if found.objects and all(isinstance(each, list) for each in found.objects):
        return _inside("$", found.objects, found.at)
    lists: dict[str, int] = {}
    for one in found.objects:
        for path, items in _lists(one, ""):
            lists[path] = lists.get(path, 0) + len(items)
    for path in sorted(lists, key=lambda each: -lists[each]):
        each, objects, at = _inside(path, [value_at(one, path) for one in found.objects], found.at)
        own = Found()
        find_time(leaves(objects), [received[i] for i in at], own)
        if "ts" in own.fields:
            return each, objects, at
    return None, found.objects, found.at


def _inside(path: str, lists: Sequence[Any], at: Sequence[int]) -> tuple[str, list[Any], list[int]]:
    pairs = [(item, i) for items, i in zip(lists, at, strict=True) if isinstance(items, list) for item in items]
    return path, [item for item, _ in pairs], [i for _, i in pairs]


def _lists(value: Any, path: str) -> list[tuple[str, list[Any]]]:
    found: list[tuple[str, list[Any]]] = []
    if isinstance(value, Mapping):
        for key, inner in value.items():
            here = f"{path}.{key}" if path else str(key)
            if isinstance(inner, list) and inner and all(isinstance(item, Mapping) for item in inner):
                found.append((here, inner))
            elif isinstance(inner, Mapping):
                found += _lists(inner, here)
    return found


def _name(topic: str, taken: Collection[str]) -> str:
    words = [level for level in topic.split("/") if re.fullmatch(r"[A-Za-z][A-Za-z_-]*", level)]
    name = "_".join(dict.fromkeys(word.lower().replace("-", "_") for word in words[-2:])) or "stream"
    number = 2
    while name in taken:
        name, number = f"{name.rstrip('0123456789').rstrip('_')}_{number}", number + 1
    return name


def _unread(messages: Sequence[Message]) -> str:
    payload = next((message.payload for message in messages if message.payload), b"")
    if not payload:
        return "the messages are empty"
    try:
        float(payload)
    except ValueError:
        advice = "if it has a format of its own, a codec reads it: gridwatch new codec NAME"
        return f"neither JSON, nor CSV, nor what a codec knows; {advice}"
    return "a bare number: it does not say when it was measured; have it sent as an object with a time"


def _try(proposal: Proposal, messages: Sequence[Message], world: World | None) -> None:
    try:
        stream = KNOWN[proposal.section["codec"]].settings.model_validate(proposal.section)
    except ValidationError as error:
        told = [str(each["msg"]).removeprefix("Value error, ") for each in error.errors(include_url=False)]
        proposal.trouble.append(f"this is no stream yet: {'; '.join(told)}")
        return
    made = made_of(messages, {proposal.name: stream}, world)
    proposal.made = made[0] if made else None
