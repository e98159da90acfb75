"""config: the configuration file, composed of every room's section.

Reads one YAML file. Reports all of its faults at once, each with file, line, path, what was expected and a hint, and
never the value of a secret:

    configs/city.yaml:41  rules.2.for   expected a duration such as '90s' or '10min', got a bare number

To add a section: declare its model in the room that reads it and add one line to `Configuration`. A kind of source is
added in `connectors.SOURCES` (or by a package), a codec in `connectors.codecs.CODECS`: nothing is to be done here.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from cases.categories.settings import CategoriesSection
from cases.deadlines.settings import DeadlinesSection, WorkingHoursSection
from cases.desk.policies import Policies
from cases.evidence_keeping import CaseFilesSection
from cases.fusion.settings import FusionSettings
from cases.intake.settings import IntakeSection
from cases.notify.settings import NotifySection
from cases.reporting.settings import ReportsSection
from cases.store_section import StoreSection
from connectors import KNOWN as KNOWN_SOURCES
from connectors.codecs import KNOWN
from connectors.codecs.stream import StreamSettings
from connectors.history.settings import HistorySection
from connectors.http_settings import HttpSource
from connectors.imports import ImportSource
from connectors.jt808.settings import Jt808Source
from connectors.jt809.settings import Jt809Source
from connectors.kafka import KafkaSource
from connectors.mqtt_settings import MqttSource
from pipeline.faults import Fault, Faulty
from pipeline.local_times import TimeZone
from pipeline.register_section import RegisterFiles
from pipeline.runtime.cluster.settings import KafkaSection
from pipeline.runtime.dispatch_section import DispatchSection
from pipeline.runtime.document import Document, read_document
from pipeline.runtime.explain import faults_of
from pipeline.runtime.references import misplaced, references
from pipeline.runtime.sections import JournalSection, MetricsSection, RuleSection, Section, TimeSection
from replay.expect import Expectations


def _city(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
        raise ValueError("expected small letters, digits, '-' and '_', such as 'hangzhou'")
    return name


SOURCE_SETTINGS: tuple[type[BaseModel], ...] = (*(kind.settings for kind in KNOWN_SOURCES.values()), ImportSource)
"""What a source may be: whatever `connectors` can run, and recorded files."""

if TYPE_CHECKING:
    SourceSection = MqttSource | KafkaSource | HttpSource | Jt808Source | Jt809Source | ImportSource
else:
    SourceSection = Annotated[Union[SOURCE_SETTINGS], Field(discriminator="type")]  # noqa: UP007 its members are data

STREAM_SETTINGS: tuple[type[StreamSettings], ...] = tuple(kind.settings for kind in KNOWN.values())

if TYPE_CHECKING:
    StreamSection = StreamSettings
elif len(KNOWN) == 1:
    StreamSection = STREAM_SETTINGS[0]
else:
    StreamSection = Annotated[Union[STREAM_SETTINGS], Field(discriminator="codec")]  # noqa: UP007 as above


class Configuration(Section):
    """What a city's file says. Durations are seconds, whatever unit they were written in."""

    city: Annotated[str, AfterValidator(_city)] = Field(
        description="names the city's ids; changing it renames every case"
    )
    time_zone: TimeZone = Field(description="of register dates without an offset, and of schedules")
    runtime: Literal["embedded", "cluster"] = Field("embedded", description="one process, or several on Kafka")
    kafka: KafkaSection | None = Field(None, description="where the topics are, for `runtime: cluster`")
    data: Path = Field(Path("var"), description="journal, snapshots, cases, dead letters; relative to this file")
    registers: RegisterFiles = Field(default_factory=RegisterFiles)
    time: TimeSection = Field(default_factory=TimeSection)
    sources: dict[str, SourceSection] = Field(min_length=1)
    streams: dict[str, StreamSection] = Field(min_length=1)
    rules: list[RuleSection] = Field(default_factory=list)
    metrics: MetricsSection | None = Field(default_factory=MetricsSection)
    journal: JournalSection = Field(default_factory=JournalSection)
    store: StoreSection | None = Field(None, description="the database of the cases; none: a file in `data`")
    case_files: CaseFilesSection = Field(default_factory=CaseFilesSection, description="how long cases' files stay")
    policies: Policies | None = Field(None, description="what happens to cases by itself, and who approves")
    fusion: FusionSettings | None = Field(None, description="what is one case")
    categories: CategoriesSection | None = Field(None, description="what cases are about: codes, limits, severity")
    working_hours: WorkingHoursSection | None = Field(None, description="when the city works: the clock of 工作时")
    deadlines: DeadlinesSection | None = Field(None, description="warnings, filing in time, escalation")
    intake: IntakeSection | None = Field(None, description="how what people tell comes in: hotlines")
    dispatch: DispatchSection = Field(default_factory=dict, description="to which other systems cases go; see docs")
    history: HistorySection | None = Field(None, description="rows and measures over time into InfluxDB; see docs")
    reports: ReportsSection | None = Field(None, description="which reports are made by themselves; none: none are")
    web: dict[str, Any] = Field(default_factory=dict, description="the web API; see docs")
    notify: NotifySection | None = Field(None, description="who is told of cases by message, by which channel")
    cameras: dict[str, Any] = Field(default_factory=dict, description="read by whoever looks at pictures; see docs")
    platforms: dict[str, Any] = Field(
        default_factory=dict, description="whose gateways are asked for streams; see docs"
    )
    publish: dict[str, Any] = Field(default_factory=dict, description="where cameras' messages go; see docs")
    evidence: dict[str, Any] = Field(default_factory=dict, description="what is kept of what cameras see; see docs")
    frames: dict[str, Any] = Field(default_factory=dict, description="cameras' latest pictures; see docs")
    vehicle_photos: dict[str, Any] = Field(default_factory=dict, description="what terminals' cameras took; see docs")
    expect: Expectations = Field(default_factory=dict, description="what a replay is to come to; see docs")


KEPT_OUT = frozenset(
    {
        "data",
        "registers",
        "runtime",
        "kafka",
        "metrics",
        "journal",
        "store",
        "case_files",
        "dispatch",
        "notify",
        "cameras",
        "publish",
        "evidence",
        "expect",
        "frames",
        "platforms",
        "history",
        "intake",
        "reports",
        "vehicle_photos",
        "web",
    }
)
"""Sections that change nothing in what is judged: they stay out of a version. (Of the registers, their content is in
it.)"""


@dataclass(slots=True)
class Examined:
    """A file, read as far as it goes."""

    file: Path
    document: Document
    configuration: Configuration | None
    """None where it has faults."""
    registers: RegisterFiles | None = None
    """The section `registers`, also where only others have faults, so that the files' faults are found with the
    rest."""
    zone: tzinfo = UTC
    """The city's; UTC where its name has a fault."""
    faults: list[Fault] = field(default_factory=list)


def examine(file: Path, different: Mapping[str, Any] | None = None) -> Examined:
    """The file with all its faults, those in the registers apart. Raises Faulty only where there is nothing to read.

    different: what is to be otherwise than the file says, a mapping of the same shape (tests and the demo use it).
    """
    document = read_document(file)
    if not isinstance(document.data, dict):
        raise Faulty([Fault(str(file), 1, "", "expected a mapping (city: …), got something else")])
    document.data = _merged(document.data, different or {})
    document.data = {k: v for k, v in document.data.items() if v is not None or k == "metrics"}
    examined = Examined(file, document, None, faults=list(document.faults))
    try:
        configuration = Configuration.model_validate(document.data)
    except ValidationError as error:
        examined.registers = _only_registers(document)
        examined.faults += faults_of(error, document, Configuration, unknown=misplaced(document))
    else:
        examined.registers, examined.zone = configuration.registers, zoneinfo.ZoneInfo(configuration.time_zone)
        folder = file.resolve().parent
        examined.configuration = configuration.model_copy(update={"data": folder / configuration.data})
    examined.faults += references(document)
    return examined


def _merged(data: Mapping[str, Any], different: Mapping[str, Any]) -> dict[str, Any]:
    """`data` with the values of `different` in place of its own, key by key, to any depth."""
    merged = dict(data)
    for key, value in different.items():
        own = merged.get(key)
        merged[key] = _merged(own, value) if isinstance(own, Mapping) and isinstance(value, Mapping) else value
    return merged


def _only_registers(document: Document) -> RegisterFiles | None:
    """The section by itself; its own faults are among those of the whole."""
    try:
        return RegisterFiles.model_validate(document.data.get("registers", {}))
    except ValidationError:
        return None


def load(file: Path, different: Mapping[str, Any] | None = None) -> Configuration:
    """The configuration in `file`, its `data` made absolute. Raises Faulty with every fault (those in registers
    apart)."""
    examined = examine(file, different)
    if examined.faults or examined.configuration is None:
        raise Faulty(examined.faults)
    return examined.configuration


def snapshot(configuration: Configuration) -> dict[str, Any]:
    """What a version keeps of the configuration: every default written out, nothing of this machine in it.

    A section that is not there is left out, so that a version from before there was such a section stays what it was.
    """
    content = configuration.model_dump(mode="json", by_alias=True, exclude=set(KEPT_OUT))
    return {name: section for name, section in content.items() if section is not None}
