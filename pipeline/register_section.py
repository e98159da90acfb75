"""register_section: the `registers:` section of a configuration: which files, in which datum, and the city's limits."""

from __future__ import annotations

from math import inf
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from pipeline.faults import did_you_mean
from pipeline.geo import Datum
from pipeline.units import Kmh


def _datum(value: object) -> object:
    known = [d.value for d in Datum]
    if isinstance(value, str) and value not in known:
        raise ValueError(f"no datum '{value}'; known: {', '.join(known)}{did_you_mean(value, known)}")
    return value


STORE = "store"
"""In place of a file: the register is kept in the city's store, and changed there."""

StatedDatum = Annotated[Datum, BeforeValidator(_datum)]


class PlacesFile(BaseModel):
    """A file with coordinates; a plain file name means that it is in the section's datum."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    datum: StatedDatum | None = None


def _places_file(value: object) -> object:
    return {"file": value} if isinstance(value, str) else value


Places = Annotated[PlacesFile, BeforeValidator(_places_file)]


class RegisterFiles(BaseModel):
    """The `registers:` section: file names relative to the configuration, their datum, the city's limits.

    `store` in place of a file: the rows that the city's store has (`gridwatch registers`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    datum: StatedDatum | None = None
    vehicles: str | None = None
    devices: str | None = None
    bins: Places | None = None
    zones: Places | None = None
    routes: Places | None = None
    roads: Places | None = None
    permits: str | None = None
    manifests: str | None = None
    plans: str | None = None
    fixtures: str | None = None
    clocks: str | None = None
    calendar: str | tuple[str, ...] | None = Field(
        None, description="'china', a CSV, 'store', or several; later ones win"
    )
    speed_limits: dict[str, Kmh] = Field(default_factory=dict)
    units: Places | None = None
    duty: str | None = None
    grid: Places | None = None
    areas: Places | None = None
    officers: str | None = None
    parts: Places | None = None
    addresses: Places | None = None

    @model_validator(mode="after")
    def _every_place_has_a_datum(self) -> RegisterFiles:
        for name in ("bins", "zones", "routes", "roads", "units", "grid", "areas", "parts", "addresses"):
            places: PlacesFile | None = getattr(self, name)
            if places is not None and places.file != STORE and places.datum is None and self.datum is None:
                raise ValueError(f"expected a datum for {name}, such as 'datum: WGS-84' beside it")
        for name, limit in self.speed_limits.items():
            if not 0 < limit < inf:
                raise ValueError(f"expected a speed limit above 0 for {name}")
        return self

    def file_of(self, register: str) -> str | None:
        """Where a register comes from: a file's name, a calendar's, STORE; None: from nowhere."""
        named: PlacesFile | str | tuple[str, ...] | None = getattr(self, register)
        if isinstance(named, tuple):
            return STORE if STORE in named else ", ".join(named)
        return named.file if isinstance(named, PlacesFile) else named

    @property
    def stored(self) -> tuple[str, ...]:
        """The registers that come from the store."""
        return tuple(name for name in REGISTERS if self.file_of(name) == STORE)

    def datum_of(self, places: PlacesFile) -> Datum:
        """The file's own datum, or the section's."""
        datum = places.datum or self.datum
        if datum is None:
            raise ValueError(f"expected a datum for {places.file}")
        return datum


DESK = ("units", "duty", "grid", "areas", "officers", "parts", "addresses")
"""Those that only the desk reads: from the store, where they are also put from files that are named."""
REGISTERS = tuple(name for name in RegisterFiles.model_fields if name not in ("datum", "speed_limits", *DESK))
"""Those that the world is compiled from."""
