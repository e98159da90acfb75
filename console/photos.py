"""photos: pictures that people upload: kept as cases' files are, by their SHA-256, and nothing else of them."""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query, Request
from starlette.responses import Response

from cases.evidence_files import Files, Kept, intact
from cases.intake.photos import NotAPicture, Photo, photo
from console.access import Who, count
from console.bodies import PhotoOut
from console.city import City, OfCity
from console.errors import Refused
from console.permissions import Permission, may

router = APIRouter(prefix="/api/photos", tags=["photos"])
_TYPES = {".jpg": "image/jpeg", ".png": "image/png"}


@router.post("", status_code=201)
def upload(
    city: OfCity,
    request: Request,
    who: Who,
    content: Annotated[bytes, Body(media_type="application/octet-stream")],
    place: Annotated[bool, Query(description="Say where it was taken, if the picture says.")] = False,
) -> PhotoOut:
    """Keep a picture: JPEG, PNG or WebP. Name its `location` in a report or a step."""
    count(city, request, f"photos of {who.name}", 0.1)
    taken = _photo(content, place)
    kept = _kept(city, taken)
    lon, lat = (None, None) if math.isnan(taken.lon) else (taken.lon, taken.lat)
    return PhotoOut(
        location=kept.location, sha256=kept.sha256, width=taken.width, height=taken.height, lon=lon, lat=lat
    )


@router.get("/{folder}/{name}", response_class=Response, dependencies=[Depends(may(Permission.SEE_EVIDENCE))])
def download(city: OfCity, folder: str, name: str) -> Response:
    """A picture of a case or a report. Its name is the SHA-256 of what is in it: who has seen the case knows it."""
    location = f"{folder}/{name}"
    kind = _TYPES.get(location[-4:])
    try:
        data = Files(city.settings.folder).read(location) if kind else None
    except ValueError:
        data = None
    if data is None or not intact(location, data):
        raise Refused(404, "There is no such picture.")
    return Response(data, media_type=kind)


def keep(city: City, data: bytes) -> Kept:
    """Keep what is a picture. Raises Refused where it is none or there is no room."""
    return _kept(city, _photo(data, False))


def are_kept(city: City, locations: list[str]) -> bool:
    """Whether all of them were uploaded."""
    files = Files(city.settings.folder)
    try:
        return all(files.read(each) is not None for each in locations)
    except ValueError:
        return False


def _photo(data: bytes, place: bool) -> Photo:
    try:
        return photo(data, place=place)
    except NotAPicture as error:
        raise Refused(422, f"{error}.") from None


def _kept(city: City, taken: Photo) -> Kept:
    try:
        return Files(city.settings.folder).put(taken.data, taken.suffix)
    except OSError:
        raise Refused(503, "The picture can't be kept now: no room, or a disk that fails. Try again later.") from None
