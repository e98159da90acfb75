"""coverage: for each rule, how many subjects can it judge, how many not, and why?

Reads the configuration, the world and each detector's `needs` and `missing`. Reports one `Coverage` a rule. A rule
that can judge nobody is thereby never silent about it.

Which terminal reports by which stream is known only once it has reported, so a column counts as given when one stream
of the rule's kind maps it; a stream that lacks it is named in `notes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from connectors.codecs.stream import StreamSettings
from detectors.stationary import Stationary
from pipeline.names import Names
from pipeline.registers import Registers
from pipeline.runtime.compose import City, make_rule
from pipeline.runtime.sections import RuleSection
from pipeline.runtime.seen import SEEN
from pipeline.version import Rule
from pipeline.world import World

EXAMPLES = 5
REGISTERS = {"position": "vehicles", "reading": "bins"}
"""The register of those whom a kind of row is about, where the rule names no classes; cameras are in a section."""


@dataclass(slots=True)
class Coverage:
    """What one rule can judge."""

    rule: str
    judged: int
    """subjects in the registers that it can judge, now or at some time"""
    unjudged: int
    reasons: dict[str, int] = field(default_factory=dict)
    """why not -> how many subjects; a subject may have several reasons"""
    examples: dict[str, list[str]] = field(default_factory=dict)
    """why not -> the first of those subjects"""
    notes: list[str] = field(default_factory=list)


def coverage(city: City) -> list[Coverage]:
    """All rules, in the order of the configuration."""
    world = city.world.bind(Names())
    return [_of_rule(section, city, world) for section in city.configuration.rules]


def _of_rule(section: RuleSection, city: City, world: World) -> Coverage:
    rule = make_rule(section)
    kind = rule.kind.kind
    streams = {name: stream for name, stream in city.configuration.streams.items() if stream.feeds(kind, rule.metric)}
    about = city.configuration.cameras if kind in SEEN and not rule.classes else ()
    subjects = world.names.codes(sorted(about) or _subjects(city.registers, kind, rule.classes))
    result = Coverage(rule.id, 0, 0)
    why = {reason: np.ones(len(subjects), bool) for reason in _not_given(rule, kind, streams, result.notes)}
    if len(subjects):
        why |= rule.detector.missing(subjects, world)
    else:
        result.notes += [*why, "the registers have no subject that it is about"]
    blocked = np.zeros(len(subjects), bool)
    for reason, flags in why.items():
        if flags.any():
            result.reasons[reason] = int(flags.sum())
            first = subjects[np.flatnonzero(flags)[:EXAMPLES]]
            result.examples[reason] = [world.names[code] for code in first.tolist()]
        blocked |= flags
    result.judged, result.unjudged = int((~blocked).sum()), int(blocked.sum())
    if isinstance(rule.detector, Stationary) and world.fixtures.count:
        result.notes.append(f"what is a fixture ({world.fixtures.count} in the register) is nothing to it")
    accepting = [name for name, stream in streams.items() if stream.unknown == "accept"]
    if accepting and not rule.classes:
        result.notes.append(
            f"stream {', '.join(accepting)} accepts subjects that are in no register; they are judged too"
        )
    return result


def _subjects(registers: Registers, kind: str, classes: tuple[str, ...]) -> list[str]:
    """The ids of one of the classes at some time, in whatever register; without any, those that the kind is about."""
    wanted = REGISTERS.values() if classes else [REGISTERS[kind]] if kind in REGISTERS else []
    tables = [getattr(registers, name) for name in wanted]
    pairs = [pair for table in tables for pair in zip(table.text("id"), table.text("class"), strict=True)]
    return sorted({name for name, its_class in pairs if not classes or its_class in classes})


def _not_given(rule: Rule, kind: str, streams: Mapping[str, StreamSettings], notes: list[str]) -> list[str]:
    """The reasons for which it can judge nobody at all; what only some streams lack goes to the notes."""
    if not streams:
        return [f"no stream gives {kind} rows" + (f" of '{rule.metric}'" if rule.metric else "")]
    needed = rule.detector.needed()
    nowhere = [column for column in needed if not any(stream.gives(column) for stream in streams.values())]
    for name, stream in streams.items():
        lacking = [f"'{column}'" for column in needed if column not in nowhere and not stream.gives(column)]
        if lacking:
            notes.append(f"stream {name} does not give {', '.join(lacking)}; who reports there alone is not judged")
    return [f"no stream gives '{column}'" for column in nowhere]
