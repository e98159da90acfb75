"""integrations_clocks: corrections of terminals' clocks, approved and revoked by those who keep registers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from cases.registers.clocks import REGISTER, Approval, approve, revoke
from cases.registers.editing import ChangedMeanwhile
from cases.registers.importing import Imported
from console.audit import audit
from console.bodies import Short
from console.city import City, OfCity
from console.errors import Refused
from console.permissions import Permission, may
from console.registers_shelf import OfShelf, Shelf
from console.settings import Token
from pipeline.faults import Faulty

router = APIRouter(prefix="/api/integrations/clocks", tags=["integrations"])
Editor = Annotated[Token, Depends(may(Permission.EDIT_REGISTERS))]
_RESPONSES: dict[int | str, dict[str, Any]] = {
    409: {"description": "There is no such estimate any more, or corrections are kept in a file."},
    503: {"description": "The city does not run beside this."},
}


class ClockIn(BaseModel):
    """Which terminal, in which stream, as it is listed."""

    terminal: Short
    stream: Short = ""
    why: Short = Field("", description="for the history, and for the case")


class ClockDoneOut(BaseModel):
    """What was done. offset: seconds that the clock is said to be ahead; null: it is no longer corrected."""

    number: int | None = Field(description="of the change in the register's history")
    offset: float | None
    in_force: bool = Field(description="false: the configuration has no such register, so nothing is judged by it")


@router.post("/approve", responses=_RESPONSES)
def approved(city: OfCity, shelf: OfShelf, who: Editor, body: ClockIn) -> ClockDoneOut:
    """Correct a terminal's times from now on, by what is estimated now."""
    now, health = city.now(), city.beside.health
    _editable(city, shelf)
    proposed = None if health is None else health.correction(body.terminal, body.stream, now)
    if proposed is None:
        raise Refused(409, "There is no estimate by which this clock could be corrected: look at the list again.")
    scope, offset, drift = proposed
    wanted = Approval(body.terminal, scope, offset, drift, who.name, body.why, now, now)
    done = _done(lambda: approve(city.engine, wanted, shelf.zone, _world(city)))
    return _told(city, who, "clocks.approved", done, body, round(offset, 3))


@router.post("/revoke", responses=_RESPONSES)
def revoked(city: OfCity, shelf: OfShelf, who: Editor, body: ClockIn) -> ClockDoneOut:
    """Correct a terminal's times no longer, from now on. stream: the correction's."""
    _editable(city, shelf)
    world = _world(city)
    try:
        done = _done(
            lambda: revoke(city.engine, body.terminal, body.stream, who.name, body.why, city.now(), shelf.zone, world)
        )
    except LookupError:
        raise Refused(409, "This clock is not corrected any more: look at the list again.") from None
    return _told(city, who, "clocks.revoked", done, body, None)


def _world(city: City) -> Any:
    return None if city.beside.registers is None else city.beside.registers.world()


def _editable(city: City, shelf: Shelf) -> None:
    said = shelf.source(REGISTER)
    if not said.editable:
        raise Refused(503 if city.beside.registers is None else 409, said.why)


def _done(work: Callable[[], Imported]) -> Imported:
    try:
        return work()
    except Faulty as faulty:
        raise Refused(422, f"Nothing was changed. {faulty.faults[0].message}.") from None
    except ChangedMeanwhile as error:
        raise Refused(409, f"{error}.") from None


def _told(city: City, who: Token, action: str, done: Imported, body: ClockIn, offset: float | None) -> ClockDoneOut:
    """Note it, and let the city take it."""
    running = city.beside.registers
    follows = running is not None and running.world().section.file_of(REGISTER.name) == "store"
    if done.number is not None:
        audit(city, who, action, body.terminal, number=done.number, offset=offset, why=body.why)
        if follows and running is not None:
            running.reload()
    return ClockDoneOut(number=done.number, offset=offset, in_force=follows)
