"""integrations_told: what is told of how a running city's sources, devices, dead letters and journal are doing, and
`Health`, which tells it.

Times go out as ISO 8601 (UTC), null where there is none; durations are seconds. What can't be known is null, never 0.
"""

from __future__ import annotations

from typing import Literal, Protocol

from pydantic import BaseModel, Field

from console.errors import Refused

State = Literal["works", "quiet", "trouble", "off"]
"""works; quiet: connected, and nothing comes; trouble: something is to be done; off: not in use."""


class DelayOut(BaseModel):
    """From event time to receipt, of those heard in the last ten minutes; seconds."""

    median: float
    p95: float
    subjects: int


class SourceOut(BaseModel):
    """Where deliveries come from."""

    name: str
    kind: str = Field(description="mqtt …; hotline; inbox; camera")
    state: State
    about: str = Field(description="where it is, without secrets")
    connected: str | None
    last: str | None = Field(description="when the newest delivery was received")
    rate: float | None = Field(description="deliveries a second, over the last minute or since last asked")
    count: int | None = Field(description="deliveries since the start; of a hotline in the last 24 h")
    delay: DelayOut | None
    in_flight: int | None = Field(description="read and not acknowledged")
    refused: dict[str, int] = Field(
        {}, description="how often what was refused, bounded or set right since the start, by reason"
    )
    error: str
    hint: Literal["", "connect", "journal", "restart", "nothing_yet", "quiet"] = Field(
        description="what to do: mend the connection; make room for the journal; start gridwatch again; see whether"
        " anything is sent at all; see why nothing is sent any more"
    )


class SinkOut(BaseModel):
    """What is told to others."""

    name: str
    kind: str = Field(description="dispatch, notify, metrics")
    state: State
    waiting: int | None
    held: int | None = Field(description="of those waiting: behind a dead one of their case")
    dead: int | None
    oldest: str | None = Field(description="when what waits longest happened")
    last: str | None = Field(description="when it last took something")
    error: str
    hint: Literal["", "away", "dead", "held", "gone"] = Field(
        description="what to do: mend what it fails by; retry or drop what was given up; it is not in the configuration"
    )


class ExampleOut(BaseModel):
    """One of a group of dead letters; nothing of what was sent is in it but what the words say."""

    where: str
    message: str = Field(description="expected …; got …")
    received: str


class LetterGroupOut(BaseModel):
    """Dead letters that were set aside for the same reason."""

    reason: str
    source: str
    stream: str
    expected: str
    count: int
    last: str
    examples: list[ExampleOut]


class LettersOut(BaseModel):
    """What could not be used."""

    groups: list[LetterGroupOut]
    held: int = Field(description="dead letters that are kept and were counted here")
    lost: int = Field(description="for which there was no room")
    fates: dict[str, int] = Field(description="what became of all rows, by fate")


class DeviceOut(BaseModel):
    """One that was not heard for too long."""

    id: str
    kind: str = Field(description="vehicle, bin, camera")
    about: str = Field(description="plate, address")
    devices: list[str] = Field(description="mounted on it, of the register of devices")
    heard: str | None = Field(description="null: not for a week or more, or never")
    silent: float | None = Field(description="seconds")


class SilentOut(BaseModel):
    """Who is in the registers and silent, the longest first."""

    after: float = Field(description="silent for at least so many seconds")
    registered: dict[str, int] = Field(description="by kind: how many there are now")
    silent: dict[str, int]
    devices: list[DeviceOut]
    left_out: int


class ClockOut(BaseModel):
    """A device whose times are not near those of their receipt."""

    subject: str = Field(description="or the topic, where its rows were set aside")
    stream: str
    offset: float = Field(description="seconds; above 0: ahead")
    heard: str
    aside: int = Field(description="rows that were set aside for it")


class TerminalOut(BaseModel):
    """A terminal in a stream whose clock is wrong, as estimated from its rows, or is corrected."""

    terminal: str
    subject: str = Field(description="on what it is mounted")
    stream: str = Field(description="'': of a correction in all of them")
    state: Literal["proposed", "unsteady", "corrected", "unfit", "right", "unheard"] = Field(
        description="what there is to do: approve; mend the terminal; nothing; approve anew; revoke; nothing is known"
    )
    watched: bool = Field(description="false: its rows are set aside for their times, so that nobody watches it")
    kind: Literal["zone", "rollover", "steady", "drift", "unsteady"] | None
    offset: float | None = Field(description="seconds that its clock is ahead; null: it was not estimated")
    bound: float | None = Field(description="seconds by which that may be off")
    drift: float | None = Field(description="seconds a day by which it grows")
    corrected: float | None = Field(description="seconds that are taken off its times; null: it is not corrected")
    by: str
    approved: str
    note: str
    correction: str | None = Field(description="the stream that the correction is for; '': all")
    last: str | None


class UnknownOut(BaseModel):
    """A device that is in no register."""

    topic: str
    source: str
    count: int
    last: str
    message: str


class ClocksOut(BaseModel):
    """Devices with wrong clocks, and unknown ones."""

    terminals: list[TerminalOut] = Field(description="those that nobody watches first")
    unwatched: int = Field(description="how many of all of them nobody watches")
    kept: Literal["store", "file", "none"] = Field(
        description="where corrections are kept; none: nowhere, nothing is judged by them"
    )
    clocks: list[ClockOut]
    unknown: list[UnknownOut]
    left_out: int


class JournalOut(BaseModel):
    """The log of what was received."""

    bytes: int
    entries: int
    oldest: str | None = Field(description="when the oldest entry was received")
    keep: float = Field(description="older ones go, seconds")
    max_bytes: int
    lag_entries: int = Field(description="committed and not yet judged")
    lag: float | None = Field(description="since the newest judged entry was received, seconds")
    snapshot_age: float | None
    snapshot_bytes: int
    dead_letter_bytes: int


class PartitionOut(BaseModel):
    """Of a journal on Kafka."""

    partition: int
    messages: int | None = Field(description="that are kept; null where Kafka has not said")
    unsaved: int | None = Field(
        description="from the last snapshot of its judge on, which a restart judges again; null: nobody judges it"
    )
    passed: str | None = Field(description="up to when it is judged; null: nothing has been heard of it")
    behind: float | None = Field(description="seconds since then")


class HeldOut(BaseModel):
    """What keeps cases from being filed that are known already."""

    why: Literal["unjudged", "partition", "member", "gone", "all"] = Field(
        description="nobody judges a partition; a partition is behind the others; a member of a source has stopped"
        " ticking without having left, or had before the console began; judging is behind as a whole"
    )
    partition: int | None
    source: str = Field(description="'' with a member: the city's own clock, which whoever files says")
    member: str
    since: str | None


class KafkaOut(BaseModel):
    """A city's topics."""

    away: str = Field(description="why they can't be read now; '': they can")
    asked: str | None = Field(description="when Kafka last said how far everybody is")
    partitions: list[PartitionOut] = Field(description="the furthest behind first")
    left_out: int
    held: HeldOut | None
    skipped: int = Field(description="messages that the console left out of positions and counts")
    unreadable: int = Field(description="messages that were none of ours")


class MachineOut(BaseModel):
    """The process and its machine."""

    software: str
    python: str
    started: str
    memory: int | None = Field(description="of the process, bytes")
    disk_free: int
    disk_total: int
    store: str = Field(description="sqlite or postgresql")
    store_bytes: int | None
    inbox: int = Field(description="steps and reports of commands that wait to be taken in")
    metrics: str = Field(description="where Prometheus finds the numbers; '': nowhere")


class VersionOut(BaseModel):
    """A configuration with its registers."""

    id: str
    config: str
    world: str
    rules: int
    streams: int


class ContentOut(BaseModel):
    """A configuration or a world that has been in force."""

    sha256: str
    kind: Literal["configuration", "world"]
    stored: str = Field(description="when it was first in force, or is again after a copy was restored")
    in_force: bool
    bytes: int


class HealthOut(BaseModel):
    """The city at a glance; asked for every few seconds."""

    at: str
    sources: list[SourceOut]
    sinks: list[SinkOut]
    journal: JournalOut | None = Field(description="of a city in one process")
    kafka: KafkaOut | None = Field(None, description="of a city on Kafka")
    machine: MachineOut | None
    version: VersionOut | None


class NotKnown(Refused):
    """What runs here can't tell it."""

    def __init__(self, why: str) -> None:
        """why: in plain words, and who can."""
        super().__init__(503, why)


class Health(Protocol):
    """Of a running city. From any thread; each may raise NotKnown. correction: what is proposed for a terminal from a
    time on: for which stream ('': all), the seconds that its clock is ahead, and how many more a day."""

    def sources(self) -> list[SourceOut]: ...
    def journal(self) -> JournalOut | None: ...
    def kafka(self) -> KafkaOut | None: ...
    def machine(self) -> MachineOut: ...
    def version(self) -> VersionOut | None: ...
    def history(self, limit: int) -> list[ContentOut]: ...
    def letters(self) -> LettersOut: ...
    def silent(self, after: float, kind: str, limit: int) -> SilentOut: ...
    def clocks(self, off: float, limit: int) -> ClocksOut: ...
    def correction(self, terminal: str, stream: str, at: float) -> tuple[str, float, float] | None: ...
