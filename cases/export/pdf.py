"""pdf: files attached to a PDF, and read back, with the pages left as they were printed.

They come behind the pages as an incremental update (ISO 32000-1, 7.5.6) with embedded files (7.11.4): every reader
shows them as attachments, and the printed file is still there, byte for byte, as the beginning.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any


class PdfMissing(Exception):
    """The package for PDFs is not installed; the message says what to do."""


def attached(printed: bytes, files: Mapping[str, bytes]) -> bytes:
    """A PDF with files. Raises PdfMissing."""
    writer = _pypdf().PdfWriter(io.BytesIO(printed), incremental=True)
    for name, content in files.items():
        writer.add_attachment(name, content)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def attachments(data: bytes) -> dict[str, bytes]:
    """The files of a PDF. Raises ValueError where it can't be read, PdfMissing."""
    pypdf = _pypdf()
    try:
        found = pypdf.PdfReader(io.BytesIO(data)).attachments
        return {str(name): bytes(contents[0]) for name, contents in found.items()}
    except Exception as error:  # noqa: BLE001 a damaged PDF can raise whatever it likes
        raise ValueError(type(error).__name__) from None


def exchanged(data: bytes, printed: int) -> bool:
    """Whether what comes after the first `printed` bytes changes what is seen: anything of theirs but which files are
    attached. Raises PdfMissing."""
    pypdf = _pypdf()
    try:
        before, after = (pypdf.PdfReader(io.BytesIO(part)) for part in (data[:printed], data))
        root = before.trailer.raw_get("/Root").idnum
        same = {key: value for key, value in _root(before).items() if key not in _FILES}
        changed = _objects(after, printed) & _objects(before, 0) - {root}
        return bool(changed) or same != {key: value for key, value in _root(after).items() if key not in _FILES}
    except Exception:  # noqa: BLE001 as above
        return True


_FILES = ("/Names", "/AF")
"""Where a catalog names attached files."""
_REFERENCE = re.compile(r"IndirectObject\((\d+, \d+), \d+\)")
"""As pypdf writes one, with a number of its own behind."""


def _root(reader: Any) -> dict[str, str]:
    catalog = reader.trailer["/Root"].get_object()
    return {key: _REFERENCE.sub(r"\1 R", repr(catalog.raw_get(key))) for key in catalog}


def _objects(reader: Any, least: int) -> set[int]:
    """The numbers of the objects that are defined at that place of the file or behind it."""
    plain = {(number, at) for of in reader.xref.values() for number, at in of.items()}
    found = {number for number, at in plain if at >= least}
    return found | {number for number, (stream, _) in reader.xref_objStm.items() if stream in found}


def _pypdf() -> Any:
    try:
        import pypdf
    except ImportError:
        raise PdfMissing("for a PDF a package is missing: pip install 'gridwatch[pdf]'") from None
    return pypdf
