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
    """The `registers:` section: file names relative to the configuration, their datum, the city's limits."""

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
    calendar: str | None = None
    speed_limits: dict[str, Kmh] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _every_place_has_a_datum(self) -> RegisterFiles:
        for name in ("bins", "zones", "routes", "roads"):
            places: PlacesFile | None = getattr(self, name)
            if places is not None and places.datum is None and self.datum is None:
                raise ValueError(f"expected a datum for {name}, such as 'datum: WGS-84' beside it")
        for name, limit in self.speed_limits.items():
            if not 0 < limit < inf:
                raise ValueError(f"expected a speed limit above 0 for {name}")
        return self

    def datum_of(self, places: PlacesFile) -> Datum:
        """The file's own datum, or the section's."""
        datum = places.datum or self.datum
        if datum is None:
            raise ValueError(f"expected a datum for {places.file}")
        return datum
