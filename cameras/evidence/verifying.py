"""verifying: is each file still what was kept? Every SHA-256 is computed again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from cameras.evidence.manifest import NAME, decode
from cameras.evidence.store import Place, Store


def verify(store: Store, where: Place) -> Iterator[str]:
    """What is wrong with one piece of evidence, in plain words. Raises StoreFailed."""
    said = store.read(f"{where.path}/{NAME}")
    if said is None:  # being written, or never finished: no evidence
        return
    manifest = decode(said)
    if manifest is None:
        yield f"{where.path}/{NAME}: it is damaged"
        return
    if manifest.id != where.id:
        yield f"{where.path}: its manifest is that of {manifest.id}"
    for file in manifest.files:
        data = store.read(f"{where.path}/{file.name}")
        if data is None:
            yield f"{where.path}/{file.name}: it is missing"
        elif hashlib.sha256(data).hexdigest() != file.sha256:
            yield f"{where.path}/{file.name}: it has been changed: its SHA-256 is not that of the manifest"
