"""case_files: a case's evidence, to those who may see it: the list, each file, small pictures, sealed originals.

What a file is, its own first bytes say; that it is still what was kept, its hash. Whoever opens one is written down in
the audit trail, once in ten minutes; a sealed original needs a reason each time.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from starlette.responses import FileResponse, Response

from cases.database import reading
from cases.evidence_files import Files
from console.audit import audit, audit_once
from console.bodies import Text
from console.case_media import JPEG, PICTURES, SEALED, SHOWN, SUFFIX, kind_of, kind_of_head, same, small
from console.case_pieces import Piece, PieceOut, out, pieces, where
from console.case_told import CantBe, Sealed
from console.city import City, OfCity
from console.errors import Refused
from console.permissions import Permission, may
from console.reading import Row
from console.settings import Token
from console.steps import visible

router = APIRouter(tags=["case"])
_Sees = Annotated[Token, Depends(may(Permission.SEE_EVIDENCE))]
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}
_RANGES: dict[int | str, dict[str, Any]] = {
    206: {"description": "The part that `Range` asks for."},
    400: {"description": "`Range` can't be understood."},
    416: {"description": "There is no such part."},
}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_KEPT = {"Cache-Control": "private, max-age=600"}
"""As long as an opening is not written down again."""


class Why(BaseModel):
    """Why a sealed original is wanted, and what opens it."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[Text, Field(min_length=5, description="it is noted, and stays noted")]
    identity: SecretStr = Field(
        SecretStr(""), max_length=10_000, description="the secret key, AGE-SECRET-KEY-1…; '': the sealed file as it is"
    )


@router.get("/api/cases/{case}/evidence")
def listed(city: OfCity, who: _Sees, case: str) -> list[PieceOut]:
    """The files of a case, by time."""
    row = visible(city, who, case)
    files = Files(city.settings.folder)
    with reading(city.engine) as connection:
        found = pieces(connection, row["id"])
    return [out(each, files) for each in found]


@router.get(
    "/api/cases/{case}/evidence/{piece}", response_class=FileResponse, responses=_BYTES | _RANGES, name="piece_of_case"
)
def opened(city: OfCity, who: _Sees, case: str, piece: str, download: bool = False) -> Response:
    """A file, whole or the part that `Range` asks for. piece: its `id` of the list. download: for the disk."""
    row, found, file, media = _piece(city, who, case, piece)
    if media == SEALED:
        raise Refused(403, "This original is sealed: say why it is wanted, by POST to …/original.")
    audit_once(city, who, "evidence.opened", f"{row['number']} {piece}")
    return FileResponse(
        file,
        media_type=media,
        filename=_named(row["number"], found, media),
        content_disposition_type="inline" if media in SHOWN and not download else "attachment",
        headers=_HEADERS | _KEPT,
    )


@router.get("/api/cases/{case}/evidence/{piece}/small", response_class=Response, responses=_BYTES)
def shown_small(city: OfCity, who: _Sees, case: str, piece: str) -> Response:
    """A picture, small."""
    _, _, file, media = _piece(city, who, case, piece)
    data = small(file) if media in PICTURES else None
    if data is None:
        raise Refused(404, "There is no small picture of this.")
    return Response(data, media_type=JPEG, headers=_HEADERS | _KEPT)


@router.post("/api/cases/{case}/evidence/{piece}/original", response_class=Response, responses=_BYTES)
def unsealed(city: OfCity, who: _Sees, case: str, piece: str, body: Why) -> Response:
    """A sealed original: opened with the secret key, or as it is. Faces are not hidden in it."""
    row, found, file, media = _piece(city, who, case, piece)
    if media != SEALED:
        raise Refused(409, "This is no sealed original: open it as it is.")
    key = body.identity.get_secret_value().strip()
    audit(city, who, "evidence.unsealed" if key else "evidence.fetched", f"{row['number']} {piece}", reason=body.reason)
    data = file.read_bytes()
    if key:
        if city.beside.case is None:
            raise Refused(503, "Nothing runs here that could open it: fetch it without the key, and open it with age.")
        taken = math.nan if found.captured is None else found.captured
        sealed = Sealed(data, found.sha256 or found.id, found.of, found.source, taken)
        try:
            data = city.beside.case.unseal(sealed, who.name, body.reason, key)
        except CantBe as error:
            raise Refused(409, str(error)) from None
    media = kind_of_head(data)
    name = _named(row["number"], found, media)
    headers = _HEADERS | {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=media, headers=headers)


def _piece(city: City, who: Token, case: str, piece: str) -> tuple[Row, Piece, Path, str]:
    """The case, the file as the store has it, where it is and what; intact. Raises Refused."""
    row = visible(city, who, case)
    with reading(city.engine) as connection:
        found = next((each for each in pieces(connection, row["id"]) if each.id == piece), None)
    if found is None:
        raise Refused(404, "This case has no such file.")
    file = where(found, Files(city.settings.folder))
    try:
        if file is not None and not same(file, found.sha256 or found.id):
            raise Refused(410, "This file has been changed since it was kept: it proves nothing, and is not shown.")
        media = "" if file is None else kind_of(file)
    except OSError:  # it has just been deleted, or the disk fails
        file, media = None, ""
    if file is None:
        raise Refused(410, "This file is not kept any more.")
    return row, found, file, media


def _named(number: str, piece: Piece, media: str) -> str:
    """For the disk: of letters, digits and - alone."""
    safe = "".join(c if c.isascii() and (c.isalnum() or c == "-") else "-" for c in f"{number}-{piece.kind}")
    return f"{safe[:80]}-{piece.id[:8]}{SUFFIX[media]}"
