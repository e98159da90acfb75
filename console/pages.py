"""pages: the console's pages, as they were built: files of one folder, and its index for every address of the page.

Files of `assets/` have a digest in their names and may be kept for ever; the rest is asked for again each time, and is
sent only where it has changed. What compresses well is compressed once. Where no pages are built, `/` says so.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import threading
from pathlib import Path
from typing import NamedTuple

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from console.security import PAGES

BUILT = Path(__file__).parent / "web" / "dist"
"""Where the build puts them, in a checkout and in the wheel."""
_OTHERS = ("api", "open311")
"""First parts of addresses that are no pages."""
_PACKED = ("text/", "application/json", "application/javascript", "application/manifest+json", "image/svg+xml")
_LEAST = 1000
"""Bytes below which compressing gains nothing."""
_NONE = (
    "The console's API runs here, but its pages have not been built.\n"
    "Build them with 'npm ci && npm run build' in console/web, or name a folder that has them in GRIDWATCH_PAGES.\n"
)
_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".webmanifest": "application/manifest+json"}


class _File(NamedTuple):
    content: bytes
    packed: bytes | None
    """By gzip; None: it gains nothing."""
    kind: str
    tag: str


class Pages:
    """The built files, each read once. Any thread."""

    def __init__(self, folder: Path) -> None:
        """folder: may be missing."""
        self._folder = folder.resolve()
        self._names = {str(each.relative_to(self._folder)) for each in self._folder.rglob("*") if each.is_file()}
        self._files: dict[str, _File] = {}
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Response:
        """The file of that address; for an address within the page its index. Raises HTTPException."""
        path = request.url.path.lstrip("/")
        if path.split("/", 1)[0] in _OTHERS:
            raise HTTPException(404)
        if "index.html" not in self._names:
            if path:
                raise HTTPException(404)
            return PlainTextResponse(_NONE, headers=PAGES)
        if path not in self._names:
            if path.startswith("assets/") or mimetypes.guess_type(path)[0] is not None:
                raise HTTPException(404)
            path = "index.html"
        return self._sent(path, request)

    def _sent(self, name: str, request: Request) -> Response:
        with self._lock:
            file = self._files.get(name)
            if file is None:
                file = self._files[name] = _read(self._folder / name)
        kept = "public, max-age=31536000, immutable" if name.startswith("assets/") else "no-cache"
        headers = {**PAGES, "Cache-Control": kept, "ETag": file.tag, "Vary": "Accept-Encoding"}
        if request.headers.get("if-none-match") == file.tag:
            return Response(status_code=304, headers=headers)
        content = file.content
        if file.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            content = file.packed
            headers["Content-Encoding"] = "gzip"
        return Response(content, media_type=file.kind, headers=headers)


def _read(file: Path) -> _File:
    content = file.read_bytes()
    kind = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    packed = gzip.compress(content, 6, mtime=0) if kind.startswith(_PACKED) and len(content) >= _LEAST else None
    return _File(content, packed, kind, f'W/"{hashlib.sha256(content).hexdigest()[:24]}"')


def install(app: FastAPI, folder: Path) -> None:
    """Let the app answer with the pages what no route answers."""
    pages = Pages(folder)

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(404)
        response = await run_in_threadpool(pages.answer, Request(scope))
        await response(scope, receive, send)

    app.router.default = page
