"""verifying: is an exported case what was exported? And is it what the city's store says?

Every hash is computed again: the file's own, each part's by its manifest, the chain of steps. That nobody has made the
whole anew, hashes and all, only something outside the file can tell: the manifest's SHA-256, or the store.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from cases.export.dossier import read_case
from cases.export.forms import PAGE, Damaged, Opened, opened
from cases.export.manifest import CASE, as_json, chained, sha256
from cases.store import NoSuchCase


def verify(data: bytes, manifest: str | None = None) -> Iterator[str]:
    """What is wrong with an export, in plain words, each with the part that it is in; nothing where all is well.

    manifest: the SHA-256 that its manifest is known to have. Raises PdfMissing.
    """
    try:
        found = opened(data)
    except Damaged as damaged:
        yield str(damaged)
        return
    if not found.sealed:
        yield "the file is not the one that was exported: its last line is not the SHA-256 of what is before it"
    if manifest is not None and manifest.strip().lower() != found.manifest_hash:
        yield f"manifest.json: it is another one: its SHA-256 is {found.manifest_hash}"
    yield from found.faults
    yield from _parts(found)
    yield from _case(found)


def _parts(found: Opened) -> Iterator[str]:
    named = {each.name for each in found.manifest.parts}
    if not {PAGE[found.form], CASE} <= named or found.manifest.form != found.form:
        yield "manifest.json: it names no page, or no case.json"
    for each in found.manifest.parts:
        data = found.parts.get(each.name)
        if data is None:
            yield f"{each.name}: it is missing"
        elif sha256(data) != each.sha256:
            yield f"{each.name}: it has been changed: its SHA-256 is not that of the manifest"
    for name in sorted(set(found.parts) - named):
        yield f"{name}: the manifest knows nothing of it"


def content(found: Opened) -> dict[str, Any] | None:
    """What an export says of its case; None where that can't be read."""
    try:
        said = json.loads(found.parts.get(CASE, b""))
        if isinstance(said["case"], dict) and isinstance(said["steps"], list) and isinstance(said["evidence"], list):
            return dict(said)
    except (ValueError, KeyError, TypeError):
        pass
    return None


def _case(found: Opened) -> Iterator[str]:
    """Steps and evidence against the manifest."""
    said, manifest = content(found), found.manifest
    if said is None:
        yield f"{CASE}: it can't be read"
        return
    for key, value in (("id", manifest.case), ("number", manifest.number), ("revision", manifest.revision)):
        if said["case"].get(key) != value:
            yield f"{CASE}: its {key} is not that of the manifest"
    for step, again in zip(said["steps"], chained(said["steps"]), strict=True):
        if step.get("hash") != again["hash"]:
            yield f"{CASE}: step {step.get('number')} is not the one whose hash stands there"
            break
    chain = said["steps"][-1].get("hash") if said["steps"] else ""
    if len(said["steps"]) != manifest.steps or chain != manifest.chain:
        yield f"{CASE}: it has {len(said['steps'])} steps, not the {manifest.steps} of the manifest"
    hashes = {"", *(part.sha256 for part in manifest.parts), *(lacking.sha256 for lacking in manifest.lacking)}
    for row in said["evidence"]:
        if row.get("sha256") not in hashes:
            yield f"{CASE}: evidence {row.get('id')} is neither in the file nor named as lacking"


def against_store(found: Opened, connection: sa.Connection) -> Iterator[str]:
    """What of an export the store says otherwise. That more has happened since is nothing wrong."""
    said = content(found)
    try:
        kept = read_case(connection, found.manifest.case)
    except NoSuchCase:
        yield f"the store has no case {found.manifest.case}"
        return
    if said is None:
        return
    if any(kept.case[name] != said["case"].get(name) for name in ("id", "number", "opened")):
        yield f"{CASE}: id, number or time of opening are not those of the store"
    if kept.case["revision"] < found.manifest.revision:
        yield f"{CASE}: the store's revision is {kept.case['revision']}, older than the export's"
    for number, step in enumerate(said["steps"]):
        if number >= len(kept.steps) or _plain(kept.steps[number]) != step:
            yield f"{CASE}: step {number + 1} is not the one of the store"
            break
    hashes = {row["id"]: row["sha256"] for row in kept.evidence}
    for row in said["evidence"]:
        if hashes.get(row.get("id")) != row.get("sha256"):
            yield f"{CASE}: evidence {row.get('id')} is not that of the store"


def _plain(step: Mapping[str, Any]) -> Any:
    """As it comes back from JSON."""
    return json.loads(as_json(step))
