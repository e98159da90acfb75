"""case_export: one case as one file to be kept or given away: a page, a page with all files, a PDF; as
`gridwatch cases export` writes it.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from cases.export.words import Language
from cases.life import Role
from console.audit import audit
from console.case_told import CantBe, Form
from console.city import OfCity
from console.errors import Refused
from console.permissions import Permission, may
from console.roles import ConsoleRole
from console.settings import Token
from console.steps import visible

router = APIRouter(tags=["case"])
_MEDIA = {"html": "text/html; charset=utf-8", "zip": "application/zip", "pdf": "application/pdf"}
_DESK = frozenset({Role.ACCEPTOR, Role.SUPERVISOR, ConsoleRole.OPERATOR})
"""Who may see who reported."""
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {media.partition(";")[0]: {"schema": {"type": "string"}} for media in _MEDIA.values()}},
    503: {"description": "It can't be made now, or not in this form; `detail` says why."},
}


@router.get("/api/cases/{case}/export", response_class=Response, responses=_ANSWERS)
def export(
    city: OfCity,
    who: Annotated[Token, Depends(may(Permission.SEE_EVIDENCE))],
    case: str,
    form: Form = "html",
    language: Language = "en",
    contact: bool = False,
) -> Response:
    """A file that stands alone: map, pictures, curves, history, why it was found, and a manifest with the SHA-256 of
    each part. contact: with who reported, for the desk alone. `gridwatch verify` checks it."""
    row = visible(city, who, case)
    if contact and not _DESK.intersection(who.roles):
        raise Refused(403, "Who reported is for acceptors, operators and supervisors: export it without.")
    if city.beside.case is None:
        raise Refused(503, "Exports are made by a running city: use `gridwatch cases export` on its machine.")
    audit(city, who, "case.exported", row["number"], form=form, contact=contact)
    try:
        data = city.beside.case.export(row["id"], form, language, who.name, contact)
    except CantBe as error:
        raise Refused(503, str(error)) from None
    safe = "".join(c if c.isascii() and (c.isalnum() or c == "-") else "-" for c in row["number"])[:80]
    headers = {
        "Content-Disposition": f'attachment; filename="{safe or "case"}.{form}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(data, media_type=_MEDIA[form], headers=headers)
