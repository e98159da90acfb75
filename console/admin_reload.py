"""admin_reload: let the city read its configuration again, as SIGHUP does; with faults it stays as it was."""

from __future__ import annotations

from typing import Protocol

from fastapi import APIRouter
from pydantic import BaseModel

from console.admin import Administrator
from console.audit import audit
from console.city import OfCity
from console.errors import Refused
from console.login import REFUSALS

router = APIRouter(prefix="/api/admin", tags=["administration"], responses=REFUSALS)


class FaultOut(BaseModel):
    """What is to be mended. line: 0: of the whole file. key: where in it."""

    file: str
    line: int
    key: str
    problem: str


class ReloadOut(BaseModel):
    """taken: it has no faults and is being made current; the log says what changed. Otherwise all stays as it was.
    warnings: what doesn't keep it from working. restart: keys that are different and count only from the next start
    on."""

    taken: bool
    faults: list[FaultOut]
    warnings: list[FaultOut]
    restart: list[str] = []


class Reloading(Protocol):
    """Of a running city (`City.beside`)."""

    def check(self) -> ReloadOut:
        """Its faults; `taken` where there are none. Nothing changes. Any thread."""
        ...

    def reload(self) -> ReloadOut:
        """The same, and where it has none it is made current soon. Any thread."""
        ...


@router.get("/configuration")
def check(city: OfCity, _: Administrator) -> ReloadOut:
    """Whether the configuration, as it is in the files now, could be taken."""
    return _reloading(city).check()


@router.post("/reload")
def reload(city: OfCity, who: Administrator) -> ReloadOut:
    """Read it again: rules, sources, cameras, and what this console goes by; `restart` says what has to wait."""
    found = _reloading(city).reload()
    audit(city, who, "configuration.reload", taken=found.taken, faults=len(found.faults))
    return found


def _reloading(city: OfCity) -> Reloading:
    if city.beside.reloading is None:
        raise Refused(503, "This city isn't running beside the console; start it, or start it again.")
    return city.beside.reloading
