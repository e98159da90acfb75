"""compose: a configuration and its registers as the version that the engine runs, and as bytes that outlive both.

Reads a configuration file, or what a journal's VERSION entry names. A version is two contents, each stored under its
SHA-256: the configuration as canonical JSON with every default written out, and the world's registers. The entry's
payload is `{"config": sha256, "world": sha256}`. Recovery and replay make the same version from them, whatever has
become of the files since.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from pydantic import ValidationError

from cases.categories import read_categories, with_tables
from cases.registers.declared import check_declared
from connectors.codecs.decode import compile_streams
from pipeline.detector import Detector
from pipeline.faults import Fault, Faulty
from pipeline.journal import Contents
from pipeline.names import Names
from pipeline.register_files import load_registers
from pipeline.registers import Registers
from pipeline.registry import detector
from pipeline.rows import KINDS
from pipeline.runtime.allocator import give_back
from pipeline.runtime.calendar_warnings import calendar_warnings
from pipeline.runtime.category_warnings import category_warnings
from pipeline.runtime.clock_warnings import clock_warnings
from pipeline.runtime.config import Configuration, examine, snapshot
from pipeline.runtime.document import Document
from pipeline.runtime.explain import faults_of
from pipeline.runtime.references import class_warnings
from pipeline.runtime.sections import RuleSection
from pipeline.runtime.seen import fixture_warnings
from pipeline.runtime.stored_registers import stored_registers
from pipeline.version import Hold, Rule, Source, Stream, Version
from pipeline.world import World

FORMAT = 1
"""Of the stored configuration; a change that old ones can't be read by is a new number."""


@dataclass(slots=True)
class City:
    """A configuration file and its registers, read and without fault."""

    file: Path
    configuration: Configuration
    registers: Registers
    world: World
    warnings: list[Fault] = field(default_factory=list)
    """What may be meant, but is likely not: a class that no vehicle has."""

    def version(self, names: Names) -> Version:
        """What the engine runs. names: the engine's."""
        return compose(self.configuration, self.world, names)


class VersionPayload(msgspec.Struct, frozen=True):
    """What a VERSION entry says."""

    config: str
    world: str


def load_city(
    file: Path,
    different: Mapping[str, Any] | None = None,
    recorded: Callable[[], Registers | None] | None = None,
) -> City:
    """Read a configuration and its registers. Raises Faulty with every fault of both.

    different: see `examine`. recorded: the registers of a recording, where the configuration has no section for them.
    """
    examined = examine(file, different)
    faults, registers = list(examined.faults), None
    configuration = examined.configuration
    if recorded is not None and "registers" not in examined.document.data:
        registers = recorded()
    known = configuration is not None or (examined.registers is not None and not examined.registers.stored)
    if registers is None and examined.registers is not None and known:  # else nobody knows which store
        try:
            stored = stored_registers(file, configuration) if configuration is not None else None
            registers = load_registers(examined.registers, file.resolve().parent, examined.zone, stored)
        except Faulty as faulty:
            faults += faulty.faults
    if configuration is not None:
        try:
            check_declared(configuration.registers, file.resolve().parent, ZoneInfo(configuration.time_zone))
        except Faulty as faulty:
            faults += faulty.faults
    if configuration is not None and configuration.categories is not None:
        try:
            categories = read_categories(configuration.categories, file.resolve().parent)
        except Faulty as faulty:
            faults += faulty.faults
        else:
            kept = with_tables(configuration.categories, categories)
            configuration = configuration.model_copy(update={"categories": kept})
    if faults or configuration is None or registers is None:
        raise Faulty(faults)
    warnings = class_warnings(examined.document, registers)
    warnings += fixture_warnings(examined.document, registers)
    warnings += clock_warnings(examined.document, registers)
    warnings += category_warnings(examined.document, configuration.categories)
    warnings += calendar_warnings(examined.document, registers, datetime.now(examined.zone).date())
    return City(file, configuration, registers, World(registers), warnings)


def compose(configuration: Configuration, world: World, names: Names) -> Version:
    """The version of a configuration and a world. Both are without fault.

    What runs is what is stored, to the last bit: the configuration goes through its bytes here too.
    """
    stored = config_bytes(configuration)
    configuration = read_config(stored)
    bound = world.bind(names)
    payload = VersionPayload(_hash(stored), world.hash)
    return Version(
        id=_hash(msgspec.json.encode(payload))[:16],
        city=configuration.city,
        sources={name: Source(name, source.down) for name, source in configuration.sources.items()},
        streams=[
            Stream(
                name, stream.source, KINDS[stream.rows], stream.gap, stream.lateness, stream.carries(), stream.forget
            )
            for name, stream in configuration.streams.items()
        ],
        rules=[make_rule(rule) for rule in configuration.rules],
        world=bound,
        decode=compile_streams(configuration.streams, bound),
        ahead=configuration.time.ahead,
        forget=configuration.time.forget,
        fusion=configuration.fusion,
    )


def make_rule(section: RuleSection) -> Rule:
    """A rule as the engine has it, with its version."""
    kind = detector(section.detector)
    judge = kind.model_validate(section.parameters)
    return Rule(
        id=section.id,
        detector=judge,
        hold=Hold.model_validate(_hold(section)),
        category=section.category,
        version=rule_version(section, judge),
        rows=KINDS[section.rows] if section.rows else None,
        metric=section.metric,
        classes=section.classes,
    )


def _hold(section: RuleSection) -> dict[str, Any]:
    return section.model_dump(mode="json", by_alias=True, include=set(Hold.model_fields))


def rule_version(section: RuleSection, judge: Detector) -> str:
    """The first 8 hex digits of SHA-256 over all that could change a rule's judgement.

    A detector's parameters count with their defaults, so that a default that changes in the code is a changed rule; a
    detector whose code changes its answers says so by a class attribute `version`.
    """
    said = {
        "detector": section.detector,
        "version": judge.version,
        "parameters": judge.model_dump(mode="json"),
        "hold": _hold(section),
        "rows": section.rows or judge.reads().kind,
        "metric": section.metric,
        "classes": sorted(section.classes),
    }
    return _hash(_canonical(said))[:8]


def config_bytes(configuration: Configuration) -> bytes:
    """The configuration as it is stored: the same content, the same bytes."""
    content = snapshot(configuration)
    for section, written in zip(configuration.rules, content["rules"], strict=True):
        judge = detector(section.detector).model_validate(section.parameters)
        written["parameters"] = judge.model_dump(mode="json")
    return _canonical({"format": FORMAT, **content})


def version_payload(configuration: Configuration, world: World, contents: Contents) -> bytes:
    """Store a version's contents; the payload of the VERSION entry that makes it current."""
    payload = VersionPayload(contents.put(config_bytes(configuration)), contents.put(world.registers.to_bytes()))
    return msgspec.json.encode(payload)


def load_version(payload: bytes, contents: Contents, names: Names) -> Version:
    """The version that a VERSION entry made current. Raises as `read_version`."""
    configuration, registers = read_version(payload, contents)
    version = compose(configuration, World(registers), names)
    give_back()
    return version


def read_version(payload: bytes, contents: Contents) -> tuple[Configuration, Registers]:
    """What a VERSION entry names.

    Raises JournalError where a content is gone or damaged, Faulty where this gridwatch can't read it.
    """
    try:
        entry = msgspec.json.decode(payload, type=VersionPayload)
        return read_config(contents.get(entry.config)), Registers.from_bytes(contents.get(entry.world))
    except msgspec.MsgspecError as error:
        raise Faulty(
            [Fault("journal", 0, "VERSION", f"expected the hashes of a configuration and a world: {error}")]
        ) from error
    except ValueError as error:
        raise Faulty([Fault("journal", 0, "VERSION", str(error))]) from error


def registers_of(payload: bytes, contents: Contents) -> Registers:
    """The world of the version that a VERSION entry made current. Raises as `load_version`."""
    try:
        return Registers.from_bytes(contents.get(msgspec.json.decode(payload, type=VersionPayload).world))
    except (msgspec.MsgspecError, ValueError) as error:
        raise Faulty([Fault("journal", 0, "VERSION", str(error))]) from error


def read_config(stored: bytes) -> Configuration:
    """What `config_bytes` wrote. Raises Faulty for what this gridwatch can't read."""
    content: dict[str, Any] = json.loads(stored)
    written = content.pop("format", None)
    if written != FORMAT:
        message = f"expected a stored configuration of format {FORMAT}, got {written}; a newer gridwatch wrote it"
        raise Faulty([Fault("journal", 0, "VERSION", message)])
    try:
        return Configuration.model_validate(content)
    except ValidationError as error:
        raise Faulty(faults_of(error, Document("journal", content), Configuration)) from error


def _canonical(content: Any) -> bytes:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
