"""cameras_known: what a running city offers of its cameras (gridwatch/camera_beside.py), as the routes know it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Zones = Mapping[str, Mapping[str, Any]]
"""By name: `corners`, shares of the picture; `about`, the thing that stands there; `preset`, '' for all."""


@dataclass(frozen=True, slots=True)
class Picture:
    """The latest picture of one scene of a camera."""

    tag: str
    """What tells it from others: an entity tag, without quotes."""
    ts: float
    """When it was taken, UTC seconds; so are all times here."""
    width: int
    height: int
    preset: str
    infrared: bool
    away: bool
    heads: int
    """How many heads were hidden in it."""


@dataclass(frozen=True, slots=True)
class Change:
    """How a camera was, from `ts` until it last said so, or until another state followed at once."""

    ts: float
    state: str
    reason: str
    until: float


@dataclass(frozen=True, slots=True)
class Watching:
    """One of a camera's watchers."""

    name: str
    zones: tuple[str, ...]
    """At which it looks; none: at the whole picture."""
    everywhere: bool
    """It looks at whatever zones there are."""
    presets: tuple[str, ...]
    parameters: Mapping[str, Any]
    """As they are written."""


@dataclass(frozen=True, slots=True)
class Known:
    """A camera. watchers: None where it is an edge box's, of which only what it says is known."""

    id: str
    name: str = ""
    area: str = ""
    lon: float | None = None
    lat: float | None = None
    watchers: tuple[Watching, ...] | None = None
    presets: tuple[str, ...] = ()
    zones: Zones = field(default_factory=dict)
    drawn: bool = False
    """Its zones were drawn in the console."""
    revision: int = 0
    """Of what was drawn; 0: as the configuration has it."""
    outdated: bool = False
    """The configuration's own zones have changed since others were drawn."""
    health: Mapping[str, Any] = field(default_factory=dict)
    """The newest message; see docs/connectors/cameras.md. Empty: none came yet."""
    pictures: tuple[Picture, ...] = ()
    """The newest first."""
    unseen: str = ""
    """Why there is no new picture; '' where nobody says."""
    sightings: Mapping[str, Any] = field(default_factory=dict)
    """The newest message; empty: none."""
    readings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The newest of each thing that they are about: `ts`, and a number by metric."""

    @property
    def subjects(self) -> set[str]:
        """Whom its cases are about: itself, and what stands in its zones."""
        return {self.id, *(str(zone.get("about", "")) for zone in self.zones.values())} - {""}


@dataclass(frozen=True, slots=True)
class Tried:
    """Whether zones could be in force: every fault, by where and what is wrong; and what might not be meant."""

    faults: Sequence[tuple[str, str]] = ()
    warnings: Sequence[tuple[str, str]] = ()


class Cameras(Protocol):
    """Any thread may ask."""

    def known(self) -> Sequence[Known]:
        """All of them, by id; a few thousand at most."""
        ...

    def camera(self, id: str) -> Known | None: ...

    def changes(self, id: str) -> Sequence[Change]:
        """How it was of late, the oldest first: since this process runs, a day and some hundred at most."""
        ...

    def picture(self, id: str, preset: str | None, infrared: bool | None) -> tuple[Picture, bytes] | None:
        """The newest, or that of a scene, with its JPEG; None: there is none."""
        ...

    def own_zones(self, id: str) -> Zones:
        """As the configuration has them."""
        ...

    def try_zones(self, id: str, zones: Zones) -> Tried:
        """By the checks of `gridwatch check`, and a beginning of its watchers."""
        ...

    def keep_zones(self, id: str, zones: Zones | None, revision: int) -> None:
        """From soon on these; None: the configuration's. Raises OSError: nothing is changed then."""
        ...
