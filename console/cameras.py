"""cameras: the cameras of a city: how each is, its latest picture, what its watchers see, and what is open about it.

Pictures are for who may see evidence; heads are hidden in them before they leave the camera's process.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import Response

from cases.database import reading
from cases.intake.text import tidy
from cases.reading import Filters, triage
from cases.reading_rows import Listed
from console.access import limited
from console.cameras_bodies import CamerasOut, HealthOut, State, WatcherOut, WholeOut
from console.cameras_health import of_one
from console.cameras_known import Cameras, Known
from console.cameras_told import (
    camera_out,
    changes_out,
    in_force,
    number,
    objects_out,
    picture_out,
    state_of,
    when,
    word,
)
from console.city import City, OfCity
from console.errors import Refused
from console.permissions import Permission, may
from console.settings import Token

router = APIRouter(prefix="/api/cameras", tags=["cameras"])
SEES = Depends(may(Permission.SEE_EVIDENCE))
Sees = Annotated[Token, SEES]
_OPEN = 500
"""Cases that are looked at, at most."""
_SAID = ("codec", "clock", "offset", "width", "height", "keyframe_interval", "dropped", "undecodable")
"""What a camera's page tells of its health, beside state, reason and rates."""


@router.get("", responses={503: {"description": "Nothing is known of cameras here."}})
def listed(
    city: OfCity,
    who: Sees,
    text: Annotated[str, Query(max_length=100, description="In its id, name or area.")] = "",
    state: Annotated[list[State], Query(max_length=6)] = [],  # noqa: B006 FastAPI copies it
    area: Annotated[list[str], Query(max_length=50)] = [],  # noqa: B006
    limit: Annotated[int, Query(ge=1, le=2000)] = 500,
) -> CamerasOut:
    """The wall: cameras by id, each with how it is and what is open about it."""
    now, all_known = city.now(), offered(city).known()
    wanted = tidy(text).casefold()
    found = [
        each
        for each in all_known
        if wanted in f"{each.id}\n{each.name}\n{each.area}".casefold()
        and (not area or each.area in area)
        and (not state or state_of(each, now)[0] in state)
    ][:limit]
    cases = open_cases(city, who, found)
    return CamerasOut(
        now=when(now),
        cameras=[camera_out(each, now, cases[each.id]) for each in found],
        of=len(all_known),
        areas=sorted({each.area for each in all_known} - {""}),
    )


@router.get(
    "/{id}",
    responses={
        404: {"description": "There is no such camera."},
        503: {"description": "Nothing is known of cameras here."},
    },
)
def one(city: OfCity, who: Sees, id: str) -> WholeOut:
    """One camera: its pictures, zones, watchers with what they see now, and how it was of late."""
    known, now = find(city, id), city.now()
    cameras = offered(city)
    said = {key: known.health.get(key) for key in _SAID}
    return WholeOut(
        **camera_out(known, now, open_cases(city, who, [known])[id]).model_dump(),
        now=when(now),
        edited_here=known.watchers is not None,
        presets=list(known.presets),
        frames=[picture_out(each, now) for each in known.pictures],
        zones=in_force(known),
        watching=[
            WatcherOut(
                name=each.name,
                zones=list(each.zones),
                everywhere=each.everywhere,
                presets=list(each.presets),
                parameters=dict(each.parameters),
            )
            for each in known.watchers or ()
        ],
        objects=objects_out(known.sightings),
        health={key: word(value) if isinstance(value, str) else number(value) for key, value in said.items()},
        changes=changes_out(cameras.changes(id), now),
    )


@router.get("/{id}/health", responses={404: {"description": "There is no such camera."}})
def health(
    city: OfCity,
    _: Sees,
    id: str,
    days: Annotated[int, Query(ge=1, le=30, description="So far back.")] = 30,
) -> HealthOut:
    """How a camera was, as far as it is known: also before the city was started last."""
    now = city.now()
    since = now - days * 86_400.0
    find(city, id)
    with reading(city.engine) as connection:
        kept = of_one(connection, id, since)
    of_late = offered(city).changes(id)
    first = of_late[0].ts if of_late else math.inf
    changes = [each for each in kept if each.ts < first] + [each for each in of_late if each.until >= since]
    lasted = [(each.state, max(min(each.until, now) - max(each.ts, since), 0.0)) for each in changes]
    return HealthOut(
        since=when(since),
        now=when(now),
        changes=changes_out(changes, now),
        known=round(sum(seconds for _, seconds in lasted), 1),
        up=round(sum(seconds for state, seconds in lasted if state == "up"), 1),
    )


@router.get(
    "/{id}/frame",
    response_class=Response,
    dependencies=[SEES],
    responses={
        200: {"content": {"image/jpeg": {}}, "description": "The picture; `Age`: how old it is, in seconds."},
        304: {"description": "It is still the one that you have."},
        404: {"description": "There is no such camera, or no picture of it; the answer says why."},
        503: {"description": "Nothing is known of cameras here."},
    },
)
def frame(
    city: OfCity,
    id: str,
    preset: Annotated[str | None, Query(max_length=200, description="At this preset; none: the newest of all.")] = None,
    light: Annotated[Literal["day", "infrared"] | None, Query(description="By which light.")] = None,
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    """A camera's latest picture, or that of a preset."""
    known = find(city, id)
    found = offered(city).picture(id, preset, None if light is None else light == "infrared")
    if found is None:
        raise Refused(404, _no_picture(known, preset is not None or light is not None))
    picture, data = found
    age = max(0, int(city.now() - picture.ts))
    headers = {"ETag": f'"{picture.tag}"', "Cache-Control": "private, no-cache", "Age": str(age)}
    if any(each.strip().removeprefix("W/") in ("*", headers["ETag"]) for each in if_none_match.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type="image/jpeg", headers=headers)


def offered(city: City) -> Cameras:
    """What is known of cameras. Raises Refused."""
    if city.beside.cameras is None:
        raise Refused(503, "Cameras are known only where the city runs: start it with 'gridwatch run'.")
    return city.beside.cameras


def find(city: City, id: str) -> Known:
    """The camera. Raises Refused."""
    known = offered(city).camera(id)
    if known is None:
        raise Refused(404, "There is no camera of that name: neither in the configuration, nor has one been heard of.")
    return known


def open_cases(city: City, who: Token, cameras: Sequence[Known]) -> dict[str, list[Listed]]:
    """The open cases about each of them, or about what stands in its zones, the gravest first."""
    found: dict[str, list[Listed]] = {each.id: [] for each in cameras}
    watching: dict[str, set[str]] = {}
    for each in cameras:
        for subject in each.subjects:
            watching.setdefault(subject, set()).add(each.id)
    if not watching:
        return found
    with reading(city.engine) as connection:
        cases = triage(connection, limited(who, Filters(subject=tuple(watching))), limit=_OPEN).cases
    for case in sorted(cases, key=lambda case: (-case.severity, case.started, case.id)):
        for id in watching.get(case.subject, ()):
            found[id].append(case)
    return found


def _no_picture(known: Known, scene: bool) -> str:
    if known.pictures and scene:
        return "There is no picture of that preset by that light yet: it comes when the camera looks there."
    if known.unseen:
        return f"There is no picture of this camera: {known.unseen}."
    return (
        "There is no picture of this camera yet. Pictures come where the configuration of who runs the camera has a"
        " section 'frames'."
    )
