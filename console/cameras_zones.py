"""cameras_zones: zones of a camera drawn in the console: tried, saved, and taken back.

They are checked as `gridwatch check` checks a configuration, come into force at once, and each time that they are saved
is kept with who and when: anything earlier can hold again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query

from cases.database import reading, writing
from cases.tables import CAMERA_ZONES
from console.audit import note
from console.cameras import SEES, find, offered
from console.cameras_bodies import (
    HistoryOut,
    RestoreIn,
    TriedOut,
    TryIn,
    VersionOut,
    WrongOut,
    ZoneIn,
    ZonesIn,
    ZonesOut,
)
from console.cameras_known import Known, Tried, Zones
from console.cameras_told import when, zones_out
from console.city import City, OfCity
from console.errors import Refused
from console.permissions import Permission, may
from console.settings import Token

router = APIRouter(prefix="/api/cameras/{id}/zones", tags=["cameras"])
EDITS = Depends(may(Permission.EDIT_CAMERAS))
Edits = Annotated[Token, EDITS]
KEPT = 200
"""Versions of each camera's zones that are kept, the newest."""
_ANSWERS: Mapping[int | str, dict[str, Any]] = {
    404: {"description": "There is no such camera, or no such version."},
    409: {"description": "Somebody else has saved meanwhile, or it is not edited here."},
    503: {"description": "It can't be kept now."},
}


@router.post("/try", dependencies=[EDITS], responses={**_ANSWERS})
def try_them(city: OfCity, id: str, body: TryIn) -> TriedOut:
    """What would be wrong with these zones; nothing is saved."""
    _editable(city, id)
    tried = offered(city).try_zones(id, _plain(body.zones))
    return TriedOut(faults=_wrong(tried.faults), warnings=_wrong(tried.warnings))


@router.put("", responses={**_ANSWERS})
def save(city: OfCity, who: Edits, id: str, body: ZonesIn) -> ZonesOut:
    """Let these zones hold from now on, in place of all that the camera has."""
    known, zones = _editable(city, id), _plain(body.zones)
    tried = _good(city, id, zones)
    revision = _keep(city, who, known, zones, body.revision, body.note)
    return _told(zones, revision, tried)


@router.post("/restore", responses={**_ANSWERS})
def restore(city: OfCity, who: Edits, id: str, body: RestoreIn) -> ZonesOut:
    """Let earlier zones hold again."""
    known, zones = _editable(city, id), _of(city, id, body.back_to)
    meant = offered(city).own_zones(id) if zones is None else zones
    tried = _good(city, id, meant)
    revision = _keep(city, who, known, zones, body.revision, f"back to {body.back_to}")
    return _told(meant, revision, tried, drawn=zones is not None)


@router.get("/history", dependencies=[SEES], responses={404: _ANSWERS[404], 503: _ANSWERS[503]})
def history(city: OfCity, id: str, limit: Annotated[int, Query(ge=1, le=KEPT)] = 50) -> HistoryOut:
    """What was saved, by whom and when."""
    find(city, id)
    query = sa.select(CAMERA_ZONES).where(CAMERA_ZONES.c.camera == id).order_by(CAMERA_ZONES.c.revision.desc())
    with reading(city.engine) as connection:
        rows = list(connection.execute(query.limit(limit)).mappings())
    return HistoryOut(
        versions=[
            VersionOut(
                revision=row["revision"],
                at=when(row["at"]),
                by=row["by"],
                note=row["note"],
                zones=None if row["zones"]["zones"] is None else zones_out(row["zones"]["zones"]),
            )
            for row in rows
        ]
    )


def _editable(city: City, id: str) -> Known:
    known = find(city, id)
    if known.watchers is None:
        raise Refused(
            409,
            "This camera is looked at by an edge box: its zones are in that box's own file. Change them there and let"
            " it be read again (SIGHUP).",
        )
    return known


def _plain(zones: Mapping[str, ZoneIn]) -> dict[str, dict[str, Any]]:
    """As a configuration writes them."""
    return {
        name: {"corners": [[round(x, 5), round(y, 5)] for x, y in zone.corners]}
        | {key: said for key, said in (("about", zone.about), ("preset", zone.preset)) if said}
        for name, zone in zones.items()
    }


def _good(city: City, id: str, zones: Zones) -> Tried:
    """Raises Refused with every fault."""
    tried = offered(city).try_zones(id, zones)
    if tried.faults:
        detail = "; ".join(f"{where}: {what}" if where else what for where, what in tried.faults)
        faults = [{"where": where, "expected": what} for where, what in tried.faults]
        raise Refused(422, detail, {"faults": faults})
    return tried


def _of(city: City, id: str, revision: int) -> Zones | None:
    """Those of a version; None: the configuration's. Raises Refused."""
    if revision == 0:
        return None
    query = sa.select(CAMERA_ZONES.c.zones).where(CAMERA_ZONES.c.camera == id, CAMERA_ZONES.c.revision == revision)
    with reading(city.engine) as connection:
        found = connection.execute(query).scalar_one_or_none()
    if found is None:
        raise Refused(404, f"There is no version {revision} of this camera's zones any more.")
    zones: Zones | None = found["zones"]
    return zones


def _keep(city: City, who: Token, known: Known, zones: Zones | None, expected: int, words: str) -> int:
    """Write it down and let it hold, or neither. Answers its revision. Raises Refused."""
    table, cameras = CAMERA_ZONES.c, offered(city)
    kept = False
    try:
        with writing(city.engine) as connection:
            last = connection.execute(sa.select(sa.func.max(table.revision)).where(table.camera == known.id)).scalar()
            if expected != (last or 0):
                raise Refused(
                    409,
                    f"Somebody else has saved this camera's zones meanwhile (version {last or 0}). Load them again,"
                    " then make your change.",
                )
            revision = expected + 1
            row = {"camera": known.id, "revision": revision, "at": city.now(), "by": who.name, "note": words}
            connection.execute(CAMERA_ZONES.insert(), row | {"zones": {"zones": zones}})
            old = (table.camera == known.id) & (table.revision <= revision - KEPT)
            connection.execute(CAMERA_ZONES.delete().where(old))
            note(connection, city.now(), who.name, "camera.zones", known.id, revision=revision, note=words)
            try:
                cameras.keep_zones(known.id, zones, revision)
            except OSError:
                raise Refused(503, "The zones can't be kept now: no room, or a disk that fails. Try again.") from None
            kept = True
    except Exception:
        if kept:
            cameras.keep_zones(known.id, known.zones if known.drawn else None, known.revision)
        raise
    return revision


def _told(zones: Zones, revision: int, tried: Tried, *, drawn: bool = True) -> ZonesOut:
    return ZonesOut(
        zones=zones_out(zones),
        revision=revision,
        drawn=drawn,
        outdated=False,
        warnings=_wrong(tried.warnings),
    )


def _wrong(found: Any) -> list[WrongOut]:
    return [WrongOut(where=where, what=what) for where, what in found]
