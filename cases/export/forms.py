"""forms: an exported case as .html, .zip or .pdf, and what such a file holds, read back.

    .html  the page with pictures and data in it, its manifest, and on the last line the SHA-256 of all before
    .zip   that page, the data, all files, the manifest; as its comment the SHA-256 of all before
    .pdf   the page, printed; data, files and manifest attached; on the last line the SHA-256 of all before

The same dossier gives the same bytes, but for what a browser prints.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from cases.export.dossier import Dossier
from cases.export.manifest import CASE, NAME, Lacking, Manifest, Part, as_json, decode, encode, part, sha256
from cases.export.page import SHOWN, Exported, clock, page

Form = Literal["html", "zip", "pdf"]
FORMS: tuple[Form, ...] = ("html", "zip", "pdf")
PAGE = {"html": "case.html", "zip": "case.html", "pdf": "case.pdf"}
_MEDIA = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".mp4": "video/mp4",
    ".json": "application/json",
    ".csv": "text/csv",
    ".pdf": "application/pdf",
}
_BEFORE = b'\n<script type="application/json" id="manifest">'
_AFTER = b"</script>\n</body>\n</html>\n"
_HTML_SEAL = b"<!-- sha256 %s -->\n"
_PDF_SEAL = b"%%sha256 %s\n"
_DIGITS = 64
_KIND = re.compile(r"^[a-z]{1,20}$")
_DATA = re.compile(rb'<script type="application/json" data-file="([^"]+)">(.*?)</script>', re.DOTALL)
_IMAGE = re.compile(rb'<img data-file="([^"]+)" src="data:[^;"]+;base64,([^"]*)"')


class Damaged(Exception):
    """It is not what gridwatch exports, or can't be read as that any more. The message says why, in plain words."""


class File(NamedTuple):
    """An export."""

    data: bytes
    manifest: str
    """The SHA-256 of its manifest."""


class Opened(NamedTuple):
    """What an export holds."""

    form: Form
    sealed: bool
    """Whether the file as a whole is what was written."""
    manifest: Manifest
    manifest_hash: str
    parts: Mapping[str, bytes]
    faults: tuple[str, ...] = ()
    """What is wrong with how they are put together."""


def export(dossier: Dossier, exported: Exported, form: Form, print_pdf: Callable[[bytes], bytes] | None = None) -> File:
    """A file. print_pdf: makes a PDF of a page; needed for that form.

    Raises what that raises, PdfMissing (cases/export/pdf.py).
    """
    if form == "html":
        return _html(dossier, exported)
    files, entries, data = _files(dossier)
    if form == "zip":
        whole = _html(dossier, exported, linked=True).data
        parts = [part("case.html", "page", whole, "text/html"), *entries]
        manifest = encode(_manifest(dossier, exported, form, parts, dossier.lacking))
        return File(_zip({"case.html": whole, CASE: data, **files, NAME: manifest}), sha256(manifest))
    if print_pdf is None:
        raise ValueError("expected what prints a page as PDF")
    shown = {each.name: files[each.name] for each in entries if each.media in SHOWN}
    printed = print_pdf(page(dossier, entries, data, exported, shown, linked=False) + b"</body>\n</html>\n")
    parts = [part("case.pdf", "page", printed, "application/pdf"), *entries]
    manifest = encode(_manifest(dossier, exported, form, parts, dossier.lacking))
    return File(_pdf(printed, {CASE: data, **files, NAME: manifest}), sha256(manifest))


def opened(data: bytes) -> Opened:
    """What an export holds. Raises Damaged, PdfMissing."""
    if data.startswith(b"PK"):
        return _open_zip(data)
    if data.startswith(b"%PDF"):
        return _open_pdf(data)
    if data.startswith(b"<!DOCTYPE html>"):
        return _open_html(data)
    raise Damaged("it is no export of a case (.html, .zip or .pdf), or its beginning is damaged")


def _files(dossier: Dossier) -> tuple[dict[str, bytes], list[Part], bytes]:
    """The files by their names, the entries of all parts but the page, and the data."""
    data = as_json(dossier.about.to_json())
    files: dict[str, bytes] = {}
    entries = [part(CASE, "data", data, _MEDIA[".json"])]
    for number, piece in enumerate(dossier.pieces, 1):
        kind = piece.kind if _KIND.match(piece.kind) else "file"  # whoever attached it gave it that name
        name = f"evidence/{number:02}-{kind}-{sha256(piece.data)[:8]}{piece.suffix}"
        files[name] = piece.data
        media = _MEDIA.get(PurePosixPath(name).suffix, "application/octet-stream")
        of = {"captured": piece.captured, "clock_offset": piece.clock_offset, "source": piece.source}
        entries.append(part(name, kind, piece.data, media, **of))
    return files, entries, data


def _manifest(
    dossier: Dossier, exported: Exported, form: Form, parts: Sequence[Part], lacking: Sequence[Lacking]
) -> Manifest:
    about = dossier.about
    return Manifest(
        form=form,
        gridwatch=exported.gridwatch,
        city=dossier.city,
        time_zone=dossier.time_zone,
        case=about.case["id"],
        number=about.case["number"],
        revision=about.case["revision"],
        state=about.case["state"],
        exported=clock(exported.at, ZoneInfo("UTC")),
        by=exported.by,
        contact=exported.contact,
        rule=dossier.why.rule,
        steps=len(about.steps),
        chain=about.steps[-1]["hash"] if about.steps else "",
        parts=tuple(parts),
        lacking=tuple(lacking),
    )


# ---- HTML ------------------------------------------------------------------------------------------------------------


def _html(dossier: Dossier, exported: Exported, *, linked: bool = False) -> File:
    files, entries, data = _files(dossier)
    shown = {each.name: files[each.name] for each in entries if each.media in SHOWN}
    inside = [each for each in entries if each.name in shown or each.name == CASE]
    rest = (each for each in entries if each not in inside)
    elsewhere = (Lacking(name=each.name, why="it is in exports as .zip or .pdf", sha256=each.sha256) for each in rest)
    lacking = (*dossier.lacking, *elsewhere)
    text = page(dossier, entries, data, exported, shown, linked)
    parts = [part("case.html", "page", text, "text/html"), *inside]
    manifest = encode(_manifest(dossier, exported, "html", parts, lacking))
    return File(_sealed(text + _BEFORE + manifest + _AFTER, _HTML_SEAL), sha256(manifest))


def _open_html(data: bytes) -> Opened:
    body, sealed = _unsealed(data, _HTML_SEAL)
    text, found, rest = body.rpartition(_BEFORE)
    manifest, ended, behind = rest.rpartition(_AFTER)
    if not found or not ended or behind:
        raise Damaged("its manifest can't be found: it is no export of a case, or its end is damaged")
    parts = {"case.html": text}
    parts |= {name.decode("utf-8", "replace"): content for name, content in _DATA.findall(text)}
    for name, content in _IMAGE.findall(text):
        try:
            parts[name.decode("utf-8", "replace")] = base64.b64decode(content, validate=True)
        except binascii.Error:
            parts[name.decode("utf-8", "replace")] = b""
    return _opened("html", sealed, manifest, parts)


# ---- ZIP -------------------------------------------------------------------------------------------------------------


def _zip(files: Mapping[str, bytes]) -> bytes:
    """Neither compressed nor dated, so that the same files are the same bytes with any version of zlib."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, content)
        archive.comment = b"0" * _DIGITS
    return _sealed(out.getvalue()[:-_DIGITS], b"%s")


def _open_zip(data: bytes) -> Opened:
    _, sealed = _unsealed(data, b"%s")
    parts: dict[str, bytes] = {}
    twice = []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist():
                if entry.file_size > len(data):
                    raise ValueError("a file in it would be larger than all of it")
                twice += [f"{entry.filename}: it is there twice"] if entry.filename in parts else []
                parts[entry.filename] = _content(archive, entry)
    except (
        zipfile.BadZipFile,
        ValueError,
        NotImplementedError,
        EOFError,
        RuntimeError,
        OSError,
        struct.error,
    ) as error:
        raise Damaged(f"it can't be read as a .zip ({error})") from None
    manifest = parts.pop(NAME, None)
    if manifest is None:
        raise Damaged(f"there is no {NAME} in it: it is no export of a case")
    return _opened("zip", sealed, manifest, parts, twice)


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Nothing where its check sum says that it is damaged: then the manifest's is not its own either."""
    try:
        return archive.read(entry)
    except zipfile.BadZipFile:
        return b""


# ---- PDF -------------------------------------------------------------------------------------------------------------


def _pdf(printed: bytes, files: Mapping[str, bytes]) -> bytes:
    from cases.export.pdf import attached

    return _sealed(attached(printed, files), _PDF_SEAL)


def _open_pdf(data: bytes) -> Opened:
    from cases.export.pdf import attachments, exchanged

    _, sealed = _unsealed(data, _PDF_SEAL)
    try:
        parts = attachments(data)
    except ValueError as error:
        raise Damaged(f"it can't be read as a PDF ({error})") from None
    manifest = parts.pop(NAME, None)
    if manifest is None:
        raise Damaged(f"no {NAME} is attached to it: it is no export of a case")
    said = decode(manifest)
    pages = next((each.bytes for each in said.parts if each.name == PAGE["pdf"]), 0) if said else 0
    parts[PAGE["pdf"]] = data[:pages]
    other = ["case.pdf: other pages have been put over its own"] if exchanged(data, pages) else []
    return _opened("pdf", sealed, manifest, parts, other)


# ---- all -------------------------------------------------------------------------------------------------------------


def _opened(
    form: Form, sealed: bool, manifest: bytes, parts: Mapping[str, bytes], faults: Sequence[str] = ()
) -> Opened:
    found = decode(manifest)
    if found is None:
        raise Damaged("its manifest is damaged, or a newer gridwatch wrote it")
    return Opened(form, sealed, found, sha256(manifest), parts, tuple(faults))


def _sealed(data: bytes, seal: bytes) -> bytes:
    return data + seal % sha256(data).encode()


def _unsealed(data: bytes, seal: bytes) -> tuple[bytes, bool]:
    """What was sealed, and whether it is still what it was."""
    length = len(seal % (b"0" * _DIGITS))
    body = data[:-length]
    return body, data[-length:] == seal % sha256(body).encode()
