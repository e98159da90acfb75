"""case_media: what a file is, by its first bytes and never by its name; whether it is still what was kept; small
pictures.

All by the file itself, so what was found out once is remembered with its time and size.
"""

from __future__ import annotations

import hashlib
import io
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

JPEG, PNG, WEBP, MP4, MATROSKA = "image/jpeg", "image/png", "image/webp", "video/mp4", "video/x-matroska"
SEALED = "application/x-age"
OTHER = "application/octet-stream"
SHOWN = frozenset({JPEG, PNG, WEBP, MP4})
"""What a browser shows; all else is for the disk."""
PICTURES = frozenset({JPEG, PNG, WEBP})
SUFFIX = {JPEG: ".jpg", PNG: ".png", WEBP: ".webp", MP4: ".mp4", MATROSKA: ".mkv", SEALED: ".age", OTHER: ""}
SMALL = 360
"""Pixels: the longer side of a small picture."""
_LARGEST = 80_000_000
"""Pixels of a picture that is made small; larger ones are meant to fill the memory."""
_HEAD = 32


def kind_of(file: Path) -> str:
    """Its media type. Raises OSError."""
    with file.open("rb") as opened:
        return kind_of_head(opened.read(_HEAD))


def kind_of_head(head: bytes) -> str:
    """The media type of what begins so."""
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head[4:8] == b"ftyp":
        return MP4
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return MATROSKA
    return SEALED if head.startswith(b"age-encryption.org/") else OTHER


def same(file: Path, sha256: str) -> bool:
    """Whether it still has that hash. Raises OSError."""
    state = file.stat()
    return _hash(file, state.st_mtime_ns, state.st_size) == sha256


@lru_cache(maxsize=4096)
def _hash(file: Path, _changed: int, _size: int) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def small(file: Path) -> bytes | None:
    """A JPEG of at most `SMALL` pixels a side; None: it is no picture that can be read. Raises OSError."""
    state = file.stat()
    return _small(file, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=256)
def _small(file: Path, _changed: int, _size: int) -> bytes | None:
    try:
        with Image.open(file, formats=("JPEG", "PNG", "WEBP")) as picture:
            if picture.width * picture.height > _LARGEST:
                return None
            picture.draft("RGB", (SMALL, SMALL))
            turned = ImageOps.exif_transpose(picture).convert("RGB")
            turned.thumbnail((SMALL, SMALL))
            out = io.BytesIO()
            turned.save(out, "JPEG", quality=80, optimize=True)
    except (UnidentifiedImageError, ValueError, SyntaxError, OSError, Image.DecompressionBombError):
        return None
    return out.getvalue()
