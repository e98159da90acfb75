"""photos: is it a picture, and how is it kept: without what a phone wrote into it.

Reads what somebody uploaded. Gives JPEG or PNG with the picture's points and nothing else: it is decoded and written
anew, so that no place, no name of a phone, no thumbnail and nothing that hides behind a picture's end is kept. The
place is read first, where it is asked for.
"""

from __future__ import annotations

import io
import math
import threading
from typing import Any, NamedTuple

from PIL import ExifTags, Image, ImageOps

MAX_BYTES = 15 << 20
MAX_PIXELS = 50_000_000
"""More than phones take; what is larger is made to fill memory."""
_FORMATS = ("JPEG", "PNG", "WEBP")
_MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF")
_QUALITY = 92
_AT_ONCE = threading.BoundedSemaphore(2)
"""How many are decoded at a time: each may need 200 MB."""


class NotAPicture(ValueError):
    """It is none, or none that is taken. Plain text."""


class Photo(NamedTuple):
    """A picture as it is kept."""

    data: bytes
    suffix: str
    width: int
    height: int
    lon: float
    lat: float
    """WGS-84 degrees, as the camera says; NaN where it was not asked for or does not say."""


def photo(data: bytes, *, place: bool = False) -> Photo:
    """The picture alone. place: read where it was taken. Raises NotAPicture."""
    if len(data) > MAX_BYTES:
        raise NotAPicture(f"expected a picture of at most {MAX_BYTES >> 20} MB")
    if not data.startswith(_MAGIC):
        raise NotAPicture("expected a picture: JPEG, PNG or WebP")
    with _AT_ONCE:
        try:
            return _decoded(data, place)
        except NotAPicture:
            raise
        except Exception as error:  # whatever a decoder says of rubbish
            raise NotAPicture("expected a picture that can be decoded; it is damaged") from error


def _decoded(data: bytes, place: bool) -> Photo:
    Image.init()
    with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
        suffix = ".png" if opened.format == "PNG" else ".jpg"
        if opened.width * opened.height > MAX_PIXELS:
            raise NotAPicture(f"expected a picture of at most {MAX_PIXELS // 1_000_000} million points")
        lon, lat = _place(opened) if place else (math.nan, math.nan)
        opened.load()
        upright = ImageOps.exif_transpose(opened)
    written = io.BytesIO()
    if suffix == ".jpg":
        bare = upright.convert("RGB")
        bare.info.clear()
        bare.save(written, "JPEG", quality=_QUALITY)
    else:
        bare = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
        bare.info.clear()
        bare.save(written, "PNG")
    return Photo(written.getvalue(), suffix, bare.width, bare.height, lon, lat)


def _place(picture: Image.Image) -> tuple[float, float]:
    """lon, lat of EXIF's GPS part (CIPA DC-008, 4.6.6); NaN where there is none."""
    gps = picture.getexif().get_ifd(ExifTags.IFD.GPSInfo)
    lon = _degrees(gps.get(ExifTags.GPS.GPSLongitude), gps.get(ExifTags.GPS.GPSLongitudeRef), "W", 180.0)
    lat = _degrees(gps.get(ExifTags.GPS.GPSLatitude), gps.get(ExifTags.GPS.GPSLatitudeRef), "S", 90.0)
    return (math.nan, math.nan) if math.isnan(lon + lat) else (lon, lat)


def _degrees(parts: Any, side: Any, negative: str, most: float) -> float:
    try:
        degrees, minutes, seconds = (float(part) for part in parts)
        value = degrees + minutes / 60 + seconds / 3600
    except (TypeError, ValueError, ZeroDivisionError):
        return math.nan
    if not 0 <= value <= most:
        return math.nan
    return -value if str(side).strip("\0 ").upper() == negative else value
