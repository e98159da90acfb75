"""shifts_bodies: what goes in and out about shifts. Times go out as ISO 8601 in the city's zone; they come in as what
the clocks there show: `2026-05-28T08:00`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from console.bodies import Short, Text

Clock = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d$", description="as the city's clocks show it")]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
Password = Annotated[
    str, Field(max_length=200, description="one's own, again; '' where one has none and just logged in")
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ShiftIn(_Body):
    """Somebody on duty."""

    person: Annotated[Short, Field(min_length=1)]
    role: Short = ""
    unit: Short = ""
    grids: list[Annotated[Short, Field(min_length=1)]] = Field([], max_length=50, description="cells, or 330106*")
    start: Clock
    end: Clock
    note: Short = ""


class ShiftOut(BaseModel):
    """Somebody on duty."""

    id: str
    person: str
    role: str
    unit: str
    grids: list[str]
    start: str
    end: str
    note: str
    by: str = Field(description="who wrote it down")
    now: bool = Field(description="on duty now")


class RosterOut(BaseModel):
    """Who is on duty when."""

    zone: str
    today: str
    shifts: list[ShiftOut]
    left_out: int


class UnitName(BaseModel):
    """A unit."""

    id: str
    name: str


class KnownOut(BaseModel):
    """Who and what can be put into a roster."""

    people: list[str]
    users: list[str] = Field(description="who may take a shift over")
    roles: list[str]
    units: list[UnitName]


class CopyIn(_Body):
    """A week to be copied: any day of it, and any day of the other."""

    source: Day
    target: Day


class FileIn(_Body):
    """A roster as CSV: person, role, unit, grids (with spaces between), start, end, note."""

    text: str = Field(max_length=2_000_000)


class FaultOut(BaseModel):
    """What is wrong with a row of a file."""

    line: int
    message: str


class TakenOut(BaseModel):
    """What became of a week or a file. Where a file has faults, nothing of it was taken."""

    added: int
    there: int = Field(description="that were there already, or would have overlapped (a copied week)")
    faults: list[FaultOut]


class NoteIn(_Body):
    """What the next shift must know."""

    text: Annotated[Text, Field(min_length=1)]
    case: Short = Field("", description="the case that it is about: id or number")


class NoteOut(BaseModel):
    """It can't be changed."""

    id: str
    at: str
    by: str
    text: str
    case: str


class CaseLine(BaseModel):
    """A case in a handover."""

    id: str
    number: str
    category: str
    state: str
    severity: int
    responsible: str
    address: str
    due: str | None


class AsideLine(BaseModel):
    """Something that is put aside (搁置)."""

    kind: str
    reason: str
    by: str
    until: str
    held: int


class StormLine(BaseModel):
    """A storm that goes on."""

    rule: str
    area: str
    case: str
    number: str
    members: int
    category: str = Field("", description="'' in what was signed before it was told")


class SilentLine(BaseModel):
    """A device that is silent."""

    id: str
    kind: str
    heard: str | None


class TroubleLine(BaseModel):
    """A source or sink that does not work."""

    name: str
    kind: str
    what: str


class DutyLine(BaseModel):
    """Who is on duty."""

    person: str
    role: str
    unit: str
    start: str
    end: str


class ContentOut(BaseModel):
    """All that is handed over."""

    city: str
    zone: str
    at: str
    since: str
    open: int
    states: dict[str, int]
    overdue: int
    warning: int
    overdue_cases: list[CaseLine] = Field(description="the gravest first, at most 50")
    due_soon: list[CaseLine]
    aside: list[AsideLine]
    storms: list[StormLine]
    silent: dict[str, int] | None = Field(description="by kind; null: no city runs beside this, so nobody knows")
    silent_devices: list[SilentLine]
    troubles: list[TroubleLine]
    unsent: int = Field(description="messages to other systems that wait")
    dead: int = Field(description="messages to other systems that were given up")
    dead_letters: int | None = Field(description="of devices, that could not be used")
    notices: int = Field(description="that nobody has acknowledged")
    notes: list[NoteOut]
    on_duty: list[DutyLine]
    next: list[DutyLine]


class SignOutIn(_Body):
    """The outgoing signs."""

    incoming: Annotated[Short, Field(min_length=1, description="the user who takes over")]
    password: Password


class SignInIn(_Body):
    """The incoming signs what they have read."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="of the content that was shown")
    password: Password


class WithdrawIn(_Body):
    """Taken back before the other has signed."""

    why: Annotated[Short, Field(min_length=1)]


class HandoverOut(BaseModel):
    """A shift handed over (交接班)."""

    id: str
    state: str = Field(description="waiting, signed, withdrawn")
    outgoing: str
    incoming: str
    since: str
    signed_out: str
    signed_in: str | None
    sha256: str
    why: str
    yours: bool = Field(description="it is you who is to sign now")


class HandoversOut(BaseModel):
    """The newest first."""

    handovers: list[HandoverOut]
    left_out: int


class WholeHandoverOut(HandoverOut):
    """With what was handed over; `text` is the very JSON that `sha256` is of."""

    content: ContentOut
    text: str
    intact: bool = Field(description="the content still has that SHA-256")
