"""store: where evidence lies: a folder, or an object store by its URL, through fsspec.

    {store}/{camera}/{day}/{id}/manifest.json, clean.jpg, marked.jpg, clip.mp4, …
    {store}/openings/00000001.json, …        who opened a sealed original (cameras/evidence/opening.py)

The manifest comes last: what has none is no evidence, and is cleared away with time. In a folder a file takes its name
when it is whole and on disk; an object store does that by itself. Only what has these names is ever deleted.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from cameras.evidence.manifest import NAME, Manifest, day, decode

OPENINGS = "openings"
FILES = (NAME, "clean.jpg", "marked.jpg", "clip.mp4", "original.jpg.age", "original.mkv.age")
"""All that a piece of evidence can have."""
_ID = re.compile(r"^[0-9a-f]{32}$")
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_OPENING = re.compile(r"^\d{8}\.json$")
_LONGEST = 80
"""Bytes of a camera's folder's name."""


class StoreFailed(OSError):
    """It can't be read or written; the message says which, why and what to do, and holds no secret."""


class Place(NamedTuple):
    """Where one piece of evidence is."""

    camera: str
    """The camera's folder, as `folder` names it."""
    day: str
    id: str

    @property
    def path(self) -> str:
        return "/".join(self)


def folder(camera: str) -> str:
    """A camera's folder: its name, with what a file's name may not have as %XX, and not too long."""
    safe = "".join(c if c.isalnum() or c in "-_." else quote(c.encode("utf-8", "replace"), safe="") for c in camera)
    if safe.startswith(".") or safe == OPENINGS:
        safe = f"%{ord(safe[0]):02X}{safe[1:]}"
    whole = safe.encode()
    if len(whole) <= _LONGEST:
        return safe
    return f"{whole[:60].decode('utf-8', 'ignore').rstrip('%')}-{hashlib.sha256(whole).hexdigest()[:12]}"


def place(camera: str, captured: float, id: str) -> Place:
    return Place(folder(camera), day(captured), id)


class Store:
    """One store. Raises StoreFailed where there is no way to it; nothing is asked of it yet."""

    def __init__(self, url: str) -> None:
        self.shown = url
        try:
            import fsspec  # type: ignore[import-untyped]

            made = fsspec.core.url_to_fs(url, use_listings_cache=False, skip_instance_cache="://" in url)
        except ImportError as error:
            extra = "cameras" if error.name == "fsspec" else "s3"
            raise StoreFailed(f"{url}: a package is missing: pip install 'gridwatch[{extra}]'") from None
        except ValueError as error:
            raise StoreFailed(f"{url}: no such kind of store ({error}); expected a folder, or s3://…") from None
        self._fs: Any = made[0]
        self._root = str(made[1]).rstrip("/")
        self.local = "file" in (self._fs.protocol if isinstance(self._fs.protocol, tuple) else (self._fs.protocol,))

    def url(self, where: Place) -> str:
        """Of its folder."""
        base = Path(self._root).absolute().as_uri() if self.local else self.shown.rstrip("/")
        return f"{base}/{quote(where.path)}"

    def put(self, where: Place, files: Mapping[str, bytes], manifest: bytes) -> None:
        """All of it, the manifest last, or nothing. Raises StoreFailed."""
        try:
            for name, data in (*files.items(), (NAME, manifest)):
                self._write(f"{where.path}/{name}", data)
        except StoreFailed:
            with contextlib.suppress(StoreFailed):  # it has no manifest, and is cleared away later
                self.remove(where)
            raise

    def add(self, path: str, data: bytes) -> bool:
        """A new file; False: there is one of that name, and it stays. Raises StoreFailed."""
        try:
            if self.local:
                self._folder(path)
            self._fs.pipe_file(f"{self._root}/{path}", data, mode="create")
        except FileExistsError:
            return False
        except Exception as error:
            if type(error).__name__ == "ClientError" and "PreconditionFailed" in str(error):
                return False
            raise self._failed(error, "written") from error
        return True

    def read(self, path: str) -> bytes | None:
        """None: it is not there. Raises StoreFailed."""
        try:
            return bytes(self._fs.cat_file(f"{self._root}/{path}"))
        except FileNotFoundError:
            return None
        except Exception as error:
            raise self._failed(error, "read") from error

    def manifest(self, where: Place) -> Manifest | None:
        """None: there is none, or not all of one. Raises StoreFailed."""
        data = self.read(f"{where.path}/{NAME}")
        return None if data is None else decode(data)

    def cameras(self) -> list[str]:
        """The folders of cameras that there are. Raises StoreFailed."""
        return [name for name in self._names("") if name != OPENINGS]

    def places(self, camera: str | None = None, first: str = "", last: str = "9999-12-31") -> Iterator[Place]:
        """What there is, with or without a manifest, by camera, day and id. camera: a folder's name. first, last: days.
        Raises StoreFailed."""
        for one in [camera] if camera is not None else self.cameras():
            for each in self._names(one):
                if _DAY.match(each) and first <= each <= last:
                    for id in self._names(f"{one}/{each}"):
                        if _ID.match(id):
                            yield Place(one, each, id)

    def openings(self) -> list[str]:
        """The paths of what was noted of openings, in its order. Raises StoreFailed."""
        return [f"{OPENINGS}/{name}" for name in self._names(OPENINGS) if _OPENING.match(name)]

    def remove(self, where: Place) -> None:
        """Delete it, the manifest first: nothing else than its files. Raises StoreFailed."""
        try:
            for name in FILES:
                try:
                    self._fs.rm_file(f"{self._root}/{where.path}/{name}")
                except FileNotFoundError:
                    continue
            if self.local:
                self._clear(Path(self._root) / where.path)
        except Exception as error:
            raise self._failed(error, "cleared") from error

    def _clear(self, at: Path) -> None:
        """Delete its folder, and those that it was the last in. What is not ours keeps them."""
        for part in at.glob(".*.part") if at.is_dir() else ():
            part.unlink()
        for each in (at, at.parent, at.parent.parent):
            try:
                each.rmdir()
            except OSError:
                return

    def _names(self, path: str) -> list[str]:
        """What is in a folder, sorted; nothing where there is none."""
        try:
            found = self._fs.ls(f"{self._root}/{path}".rstrip("/"), detail=False)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except Exception as error:
            raise self._failed(error, "read") from error
        return sorted({str(name).rstrip("/").rpartition("/")[2] for name in found})

    def _write(self, path: str, data: bytes) -> None:
        try:
            if not self.local:
                self._fs.pipe_file(f"{self._root}/{path}", data)
                return
            at = self._folder(path)
            part = at.with_name(f".{at.name}-{secrets.token_hex(4)}.part")
            try:
                with part.open("xb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                part.replace(at)
            finally:
                part.unlink(missing_ok=True)
        except Exception as error:
            raise self._failed(error, "written") from error

    def _folder(self, path: str) -> Path:
        """A file of a local store, its folders made. Others than owner and group have no business there."""
        at = Path(self._root) / path
        for each in reversed([at.parent, *at.parent.parents]):
            if not each.exists():
                each.mkdir(mode=0o750, exist_ok=True)
        return at

    def _failed(self, error: Exception, what: str) -> StoreFailed:
        said = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        advice = "make room, or check that this user may write there" if self.local else "check address, key and link"
        return StoreFailed(f"{self.shown}: it can't be {what} ({said}); {advice}")
