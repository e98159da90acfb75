"""bodies: what goes in and out of the API as JSON; with the routes, this is the contract (OpenAPI).

Text is tidied on the way in; what is free in form (a step's data) is bounded in depth and size, and has nothing in it
that a database can't keep.
"""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from cases.intake.text import LONGEST, tidy
from pipeline.geo import Datum

_DEEP = 12
MANY = 5_000
"""Values in a step's data, with all that is in them."""
_SHORT = 200

Text = Annotated[str, Field(max_length=LONGEST), AfterValidator(tidy)]
Short = Annotated[str, Field(max_length=_SHORT), AfterValidator(tidy)]
Place = Annotated[float, Field(allow_inf_nan=False)]


def clean(value: Any, *, many: int = MANY) -> Any:
    """What JSON says, with tidy text and numbers that any database keeps. Raises ValueError where it is too much."""
    left = many

    def cleaned(each: Any, depth: int) -> Any:
        nonlocal left
        left -= 1
        if left < 0 or depth > _DEEP:
            raise ValueError(f"expected at most {many} values, at most {_DEEP} deep")
        if isinstance(each, str):
            return tidy(each, max(len(each), 1))
        if isinstance(each, dict):
            return {tidy(key, _SHORT): cleaned(inner, depth + 1) for key, inner in each.items()}
        if isinstance(each, list):
            return [cleaned(inner, depth + 1) for inner in each]
        if isinstance(each, float) and not math.isfinite(each):
            raise ValueError("expected numbers that are finite")
        if isinstance(each, int) and abs(each) > 2**53:
            raise ValueError("expected whole numbers up to 2^53")
        return each

    return cleaned(value, 0)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StepIn(_Body):
    """A step: who, in which role and when come from the token and the clock."""

    action: Short = Field(description="one of the actions of docs/concepts/cases.md")
    revision: int | None = Field(
        None, ge=0, le=2**31 - 1, description="of the case as you saw it; refused if it changed"
    )
    note: Text = ""
    data: Annotated[dict[str, Any], AfterValidator(clean)] = Field({}, description="what the action needs")


class StepOut(BaseModel):
    """A step that was taken."""

    id: str
    case: str
    state: str
    revision: int


class CityStepOut(BaseModel):
    """A step about the city that was taken."""

    id: str


class Contact(_Body):
    """Who reports; kept from everybody but the desk."""

    name: Short = ""
    phone: Short = ""
    email: Short = ""


class ReportIn(_Body):
    """A report by hand. Somewhere: lon and lat, or an address."""

    category: Short = Field(min_length=1)
    text: Text = ""
    subject: Short = ""
    lon: Place | None = Field(None, ge=-180, le=180)
    lat: Place | None = Field(None, ge=-90, le=90)
    datum: Datum = Datum.WGS84
    address: Short = ""
    contact: Contact = Field(default_factory=Contact)
    photos: list[Short] = Field([], max_length=10, description="each a `location` that POST /api/photos gave")
    severity: int = Field(0, ge=0, le=4, description="1 (low) to 4 (urgent); 0: as the category says")
    joins: Short = Field("", description="id or number of the case that it is about, where somebody has looked")

    @model_validator(mode="after")
    def _somewhere(self) -> ReportIn:
        if (self.lon is None) != (self.lat is None):
            raise ValueError("expected both lon and lat, or neither")
        if self.lon is None and not self.address:
            raise ValueError("expected lon and lat, or an address")
        return self


class ReportOut(BaseModel):
    """A report that was taken."""

    number: str
    """The reporter's own, by which they follow it."""
    case: str | None
    """Its case's id; null for tokens that only report."""


class CategoryOut(BaseModel):
    """What a report may be about."""

    code: str
    kind: str
    """event (事件) or part (部件)."""
    name: str
    group: str | None


class Followed(BaseModel):
    """How a report stands, with nothing in it about anybody."""

    number: str
    channel: str
    category: str
    state: str
    ended: bool
    told: str
    """What the reporter is told now."""
    reported: str | None
    changed: str | None
    due: str | None


class LikelyOut(BaseModel):
    """A case that may be about the same, and why."""

    case: str
    """Its number."""
    score: float
    metres: float
    category: str
    state: str
    opened: str | None
    text: str | None
    """null for tokens that only report: it may be about a person."""
    category_score: float
    words_score: float | None
    time_score: float


class PhotoOut(BaseModel):
    """A picture that was kept."""

    location: str
    sha256: str
    width: int
    height: int
    lon: float | None
    lat: float | None


class OrderOut(BaseModel):
    """What became of an order."""

    order: str
    """The hotline's number."""
    taken: bool
    case: str | None
    why: str
    """Why not."""


class OrdersOut(BaseModel):
    """What became of orders, in the order in which they came."""

    orders: list[OrderOut]


class Told(BaseModel):
    """What the reporter of an order is to be told."""

    order: str
    state: str
    ended: bool
    text: str
    at: str | None


class ToldOut(BaseModel):
    """What is to be told since the last time."""

    answers: list[Told]
    next: int
    """Give it as `after` the next time."""
