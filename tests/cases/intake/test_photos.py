"""Photos: only pictures, upright, and nothing that a phone wrote into them."""

from __future__ import annotations

import io
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, PngImagePlugin

from cases.intake import photos
from cases.intake.photos import NotAPicture, photo


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 20), **more: Any) -> bytes:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, (0, 0, 220))
    image.paste((220, 0, 0), (0, 0, size[0] // 2, size[1]))
    written = io.BytesIO()
    image.save(written, kind, **more)
    return written.getvalue()


def exif(lat: Any = (30.0, 15.0, 0.0), lon: Any = (120.0, 9.0, 36.0), ref: tuple[str, str] = ("N", "E")) -> Image.Exif:
    found = Image.Exif()
    found[ExifTags.Base.Orientation] = 6
    found[ExifTags.Base.Make] = "SecretPhone"
    gps = found.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLatitude] = ref[0], lat
    gps[ExifTags.GPS.GPSLongitudeRef], gps[ExifTags.GPS.GPSLongitude] = ref[1], lon
    return found


@pytest.mark.parametrize("kind, suffix", [("JPEG", ".jpg"), ("PNG", ".png"), ("WEBP", ".jpg")])
def test_a_picture_is_kept_without_what_it_carries(kind: str, suffix: str) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "SecretComment")
    more = {"pnginfo": text} if kind == "PNG" else {"comment": b"SecretComment"} if kind == "JPEG" else {}
    sent = picture(kind, exif=exif(), xmp=b"<x>SecretXmp</x>" if kind != "PNG" else None, **more) + b"<script>Secret"
    kept = photo(sent)
    assert kept.suffix == suffix
    assert math.isnan(kept.lon)
    assert b"Secret" in sent
    assert b"Secret" not in kept.data
    with Image.open(io.BytesIO(kept.data)) as image:
        assert not image.getexif()
        assert image.size == (kept.width, kept.height) == (20, 40)  # orientation 6: turned upright
        top, bottom = image.getpixel((10, 5)), image.getpixel((10, 35))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] > 140 > top[2]
    assert bottom[2] > 140 > bottom[0]


@pytest.mark.parametrize(
    "said, place",
    [
        pytest.param(exif(), (120.16, 30.25), id="north-east"),
        pytest.param(exif(ref=("S", "W")), (-120.16, -30.25), id="south-west"),
        pytest.param(exif(lat=(91.0, 0.0, 0.0)), None, id="no-latitude"),
        pytest.param(exif(lat=(30.0,)), None, id="half"),
        pytest.param(Image.Exif(), None, id="none"),
    ],
)
def test_where_it_was_taken_is_read_where_it_is_asked_for(said: Image.Exif, place: tuple[float, float] | None) -> None:
    kept = photo(picture(exif=said), place=True)
    if place is None:
        assert math.isnan(kept.lon)
        assert math.isnan(kept.lat)
    else:
        assert kept.lon == pytest.approx(place[0])
        assert kept.lat == pytest.approx(place[1])


@pytest.mark.parametrize(
    "sent, said",
    [
        pytest.param(b"", "JPEG, PNG or WebP", id="nothing"),
        pytest.param(b"<svg onload=alert(1)>", "JPEG, PNG or WebP", id="svg"),
        pytest.param(b"GIF89a" + bytes(50), "JPEG, PNG or WebP", id="gif"),
        pytest.param(b"RIFF0000WAVEfmt ", "damaged", id="sound"),
        pytest.param(picture()[:300], "damaged", id="cut"),
        pytest.param(picture("PNG")[:60], "damaged", id="cut-png"),
    ],
)
def test_what_is_no_picture(sent: bytes, said: str) -> None:
    with pytest.raises(NotAPicture, match=said):
        photo(sent)


def test_what_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "MAX_PIXELS", 100)
    with pytest.raises(NotAPicture, match="million points"):
        photo(picture())
    monkeypatch.setattr(photos, "MAX_BYTES", 100)
    with pytest.raises(NotAPicture, match="at most"):
        photo(picture())


@settings(max_examples=150, deadline=None)
@given(kind=st.sampled_from(["JPEG", "PNG", "WEBP"]), data=st.data())
def test_damage_is_never_a_fault_of_ours(kind: str, data: st.DataObject) -> None:
    sent = bytearray(picture(kind, exif=exif()))
    for _ in range(data.draw(st.integers(1, 6))):
        sent[data.draw(st.integers(0, len(sent) - 1))] = data.draw(st.integers(0, 255))
    try:
        kept = photo(bytes(sent), place=True)
    except NotAPicture:
        return
    assert kept.width > 0
