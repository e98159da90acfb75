"""models: the files that a neural network is in: which one is meant, where it lies, and how it comes there.

Reads a model as a configuration names it: by one of the names below, by a file of one's own, or by URL and SHA-256.
Nothing is ever fetched while cameras are watched: `gridwatch models pull` does that beforehand, https only, of bounded
size, and a file that is not byte for byte the one that was meant never takes its name. Where a camera's computer has no
network, the file is carried there.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.faults import did_you_mean

LARGEST = 1 << 30
"""Bytes: what is larger is no model that a camera's computer would run."""
_WAIT = 30.0
"""Seconds for which nothing may come before fetching is given up."""
_PIECE = 1 << 20


class ModelError(Exception):
    """A model that can't be had or used; the message says what to do."""


class Model(BaseModel):
    """A model's file: one of your own, or one that is fetched from its URL and known by its SHA-256."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: Path | None = Field(None, description="of your own; relative to the configuration file")
    url: str | None = Field(None, description="https://…; fetched by `gridwatch models pull`, never otherwise")
    sha256: str | None = Field(
        None, pattern="^[0-9a-f]{64}$", description="of the file: 64 small hex digits; needed with a url"
    )

    @model_validator(mode="before")
    @classmethod
    def _named(cls, given: Any) -> Any:
        if not isinstance(given, str):
            return given
        if given in MODELS:
            return MODELS[given].model_dump(exclude_none=True)
        if given.endswith(".onnx"):
            return {"file": given}
        hint = did_you_mean(given, MODELS) or f"; there are: {', '.join(MODELS)}"
        raise ValueError(
            f"no model '{given}'{hint}. Your own: its file's path, ending in .onnx, or {{url: …, sha256: …}}"
        )

    @model_validator(mode="after")
    def _enough(self) -> Model:
        if (self.file is None) == (self.url is None):
            raise ValueError("expected either a file, or a url with its sha256")
        if self.url is not None and self.sha256 is None:
            raise ValueError("expected a sha256 beside the url: by it the file is known to be the right one")
        if self.url is not None and (
            urlsplit(self.url).scheme not in ("https", "http") or not urlsplit(self.url).hostname
        ):
            raise ValueError("expected a url such as https://example.org/model.onnx")
        return self

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return PurePosixPath(urlsplit(self.url).path).stem or "model" if self.url else Path(str(self.file)).stem

    def path(self, folder: Path | None = None) -> Path:
        """Where its file is, or is to be. folder: of the models that were fetched."""
        if self.file is not None:
            return self.file.expanduser()
        return (folder or models_folder()) / f"{self.name}-{str(self.sha256)[:12]}.onnx"


MODELS: dict[str, Model]
"""Those that are known by name; all may be used and passed on freely."""


def models_folder() -> Path:
    """Where fetched models lie: $XDG_CACHE_HOME/gridwatch/models, or ~/.cache/gridwatch/models."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(cache) if Path(cache).is_absolute() else Path.home() / ".cache") / "gridwatch" / "models"


def model_file(model: Model, folder: Path | None = None) -> Path:
    """The model's file, checked. Raises ModelError where it is missing or another."""
    path = model.path(folder)
    if not path.is_file():
        if model.file is not None:
            raise ModelError(f"{path}: there is no such model. Mend the path, or name a model by url and sha256.")
        raise ModelError(
            f"The model {model.name} is not here yet. Fetch it with `gridwatch models pull`; without a network, fetch"
            f" {model.url} elsewhere and put it there as {path}, or name a file of your own as the watcher's `model`."
        )
    if model.sha256 is not None and (found := digest(path)) != model.sha256:
        mend = "delete it and fetch it again: gridwatch models pull" if model.url else "mend the file or the sha256"
        raise ModelError(
            f"{path}: its SHA-256 is {found}, expected {model.sha256}. It is damaged, or not the one that was meant:"
            f" {mend}."
        )
    return path


def digest(path: Path) -> str:
    """A file's SHA-256, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def pull(
    model: Model,
    folder: Path | None = None,
    *,
    plain: bool = False,
    largest: int = LARGEST,
    told: Callable[[int], object] = lambda _: None,
) -> bool:
    """Fetch a model, if it is not here; False: it was. Raises ModelError, OSError.

    plain: also by http, where nobody knows who answers; the SHA-256 is checked all the same. largest: bytes. told:
    called with the number of bytes after each piece.
    """
    if model.url is None:
        model_file(model)
        return False
    path = model.path(folder)
    if path.is_file() and digest(path) == model.sha256:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.stem}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            found = _fetch(model.url, file.write, plain, largest, told)
            file.flush()
            os.fsync(file.fileno())
        if found != model.sha256:
            raise ModelError(
                f"{model.url}: what came has the SHA-256 {found}, expected {model.sha256}; it was thrown away. Mend the"
                " sha256 if the new file is the one that you mean."
            )
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return True


def _fetch(url: str, write: Callable[[bytes], object], plain: bool, largest: int, told: Callable[[int], object]) -> str:
    """Fetch; returns the SHA-256. Raises ModelError."""
    _allowed(url, plain)
    opener = urllib.request.build_opener(_Redirects(plain))
    sum_, size = hashlib.sha256(), 0
    try:
        with opener.open(url, timeout=_WAIT) as answer:
            if int(answer.headers.get("Content-Length") or 0) > largest:
                raise ModelError(_too_large(url, largest))
            while piece := answer.read(_PIECE):
                size += len(piece)
                if size > largest:
                    raise ModelError(_too_large(url, largest))
                sum_.update(piece)
                write(piece)
                told(size)
    except (OSError, http.client.HTTPException, ValueError) as error:
        why = error.reason if isinstance(error, urllib.error.URLError) else error
        said = f"{error.code} {why}" if isinstance(error, urllib.error.HTTPError) else str(why)
        raise ModelError(
            f"{url} can't be fetched: {said or type(error).__name__}. Try again later, or fetch it elsewhere and name"
            " the file as the watcher's `model`."
        ) from error
    return sum_.hexdigest()


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows where a server leads, but not out of https."""

    def __init__(self, plain: bool) -> None:
        self._plain = plain

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        _allowed(newurl, self._plain)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _allowed(url: str, plain: bool) -> None:
    scheme = urlsplit(url).scheme
    if scheme != "https" and not (plain and scheme == "http"):
        raise ModelError(f"{url}: models are fetched by https only. For a mirror in your own network: --allow-http.")


def _too_large(url: str, largest: int) -> str:
    return f"{url}: larger than {largest / 1e6:,.0f} MB; that is no model for a camera. Nothing was kept."


MODELS = {
    "yolox_nano": Model(  # Apache-2.0, Megvii; COCO's 80 classes, pictures of 416 x 416
        url="https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0/yolox_nano.onnx",
        sha256="695e750a5d5754bb5a8d5325643b59282191a7e7a564e435a415fd3c578eab14",
    ),
}
