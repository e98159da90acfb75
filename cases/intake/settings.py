"""settings: the section `intake:` of the configuration: which hotlines there are and what their orders mean."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from pipeline.dotted import dotted_path
from pipeline.faults import did_you_mean
from pipeline.geo import Datum

FIELDS = ("number", "category", "text", "subject", "address", "lon", "lat", "severity", "at")
"""What an order may say of a report."""
CONTACT = ("name", "phone", "email")
OWN = ("machine", "hand", "collector", "open311")
"""Ways that are no hotline's."""

Path = Annotated[
    str, AfterValidator(dotted_path), Field(description="dotted, as in streams; of a file, the name of a column")
]
Language = Literal["zh", "en"]


class OrderField(BaseModel):
    """Where a value is in an order, and what the hotline's words for it mean here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path | None = None
    words: dict[str, str] = Field({}, description="the hotline's word -> ours: {暴露垃圾: '06010'}")
    otherwise: str = Field("", description="where nothing stands there, or a word that is not in 'words'")
    unit: Literal["unix_s", "unix_ms", "iso8601", "local"] | None = Field(
        None, description="of 'at': local is text without an offset, in the city's time zone"
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.path is None and not self.otherwise:
            raise ValueError("expected 'path', where it stands in an order, or 'otherwise', what is always meant")
        return self


class Hotline(BaseModel):
    """One of `intake.hotlines`: 12345, 12319, 110 …, as its orders are written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    each: str | None = Field(
        None, description="path of the list of orders; '$': what comes is the list; none: one order"
    )
    datum: Datum | None = Field(None, description="of 'lon' and 'lat'; required with them")
    fields: dict[str, OrderField]
    contact: dict[str, Path] = Field({}, description="name, phone, email; kept from everybody but the desk")
    language: Language = Field("zh", description="in which its reporters are told")

    @field_validator("each")
    @classmethod
    def _each(cls, value: str | None) -> str | None:
        return value if value is None or value == "$" else dotted_path(value)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problems = [
            f"fields.{n}: no such field{did_you_mean(n, FIELDS) or '; there are: ' + ', '.join(FIELDS)}"
            for n in self.fields
            if n not in FIELDS
        ]
        problems += [f"contact.{n}: expected one of {', '.join(CONTACT)}" for n in self.contact if n not in CONTACT]
        problems += [f"fields: expected '{n}', it is missing" for n in ("number", "category") if n not in self.fields]
        number = self.fields.get("number")
        if number is not None and (number.path is None or number.words or number.otherwise):
            problems.append("fields.number: expected only 'path': each order has a number of its own")
        if ("lon" in self.fields) != ("lat" in self.fields):
            problems.append("fields: expected both 'lon' and 'lat', or neither")
        if "lon" in self.fields and self.datum is None:
            problems.append("datum: expected WGS-84, GCJ-02, BD-09 or CGCS2000; every place states its datum")
        at = self.fields.get("at")
        if at is not None and (at.unit is None or at.path is None or at.words):
            problems.append("fields.at: expected 'path' and 'unit': unix_s, unix_ms, iso8601 or local")
        problems += [f"fields.{n}: only 'at' has a unit" for n, f in self.fields.items() if f.unit and n != "at"]
        if problems:
            raise ValueError("; ".join(problems))
        return self


class IntakeSection(BaseModel):
    """`intake:` how what people tell comes in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hotlines: dict[str, Hotline] = Field({}, description="by name, which is the channel of their reports: '12345'")
    alike: tuple[tuple[str, ...], ...] = Field(
        (), description="categories that mean the same to people, for likely duplicates: [['06042', bin.full]]"
    )
    language: Language = Field("zh", description="in which other reporters are told")

    @field_validator("hotlines")
    @classmethod
    def _names(cls, value: dict[str, Hotline]) -> dict[str, Hotline]:
        for name in value:
            if name in OWN or not name or len(name) > 40 or not name.replace("-", "").replace("_", "").isalnum():
                raise ValueError(f"expected a name of letters, digits, '-' and '_' that is none of {', '.join(OWN)}")
        return value

    def language_of(self, channel: str) -> Language:
        """In which the reporters of a channel are told."""
        return self.hotlines[channel].language if channel in self.hotlines else self.language
