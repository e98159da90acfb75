"""case_evidence: what cameras kept, copied for the cases that it belongs to, and deleted when none needs it any more.

Looks into the store that the city's section `evidence` names, which edge boxes may share, or into that of vehicles'
photos (gridwatch/vehicle_photos.py), and attaches what belongs to a case (cases/evidence_files.py) by a step of its
own, so that it is in the case's history. Safe to repeat: a file is named by its content, and a step by its case and its
evidence.
"""

from __future__ import annotations

import hashlib
import math
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from cases.database import reading
from cases.evidence_files import EARLY, Files, Happening, Seen, belongs
from cases.evidence_keeping import expired
from cases.life import Role
from cases.office import NoAnswerYet, Office
from cases.tables import EPISODES, STEPS
from cases.words import PIPELINE, Step

if TYPE_CHECKING:
    from cameras.evidence.manifest import File, Manifest
    from cameras.evidence.store import Place, Store

LOOKBACK = 2 * 86_400.0
"""Seconds: so long after it was taken, and after a case's end, it is looked whether evidence belongs to a case."""
_KINDS = {"clean": "frame"}
"""What a camera's store calls otherwise than a case does."""
_MOST = 500
"""Ids that one question asks about."""


class Changed(Exception):
    """A file in a camera's store is not the one that was kept; the message says which."""


class CaseEvidence:
    """Of one city and one store. Used by one thread."""

    def __init__(
        self,
        cameras: Store | None,
        engine: sa.Engine,
        files: Files,
        office: Office,
        of: Callable[[Seen, Happening], bool] = belongs,
        early: float = EARLY,
        *,
        parts: bool = True,
    ) -> None:
        """cameras: where their evidence is; None: none is kept. of: what belongs to what. early: seconds that something
        may have been taken before what it belongs to began. parts: it only belongs to what is about a part."""
        self._cameras, self._engine, self._files, self._office = cameras, engine, files, office
        self._of, self._early, self._parts = of, early, parts
        self._known: dict[Place, Manifest] = {}
        self._done: set[tuple[str, str]] = set()
        self._looked = False

    def look(self, now: float) -> int:
        """Attach what belongs to cases and is not attached yet; how many pieces. now: UTC seconds.

        Raises StoreFailed, StoreTrouble, NotHeard, OSError, and Changed when all that is intact has been attached.
        """
        if self._cameras is None:
            return 0
        members = self._members(now)
        wanted = dict(self._wanted(self._cameras, members, now))
        with reading(self._engine) as connection:
            there = _there(connection, [str(_step_id(*pair)) for pair in wanted])
        attached, changed = 0, list[str]()
        for pair, where in wanted.items():
            if str(_step_id(*pair)) not in there:
                try:
                    self._attach(self._cameras, pair[0], where, now)
                except Changed as error:
                    changed.append(str(error))
                    continue
                attached += 1
            self._done.add(pair)
        self._looked = True
        if changed:
            raise Changed("; ".join(changed))
        return attached

    @property
    def attached(self) -> set[str]:
        """The ids of what was taken of late and is with a case."""
        return {id for _, id in self._done}

    def prune(self, now: float, keep: float) -> int:
        """Delete files whose cases ended longer than `keep` seconds ago; how many. Raises StoreTrouble, OSError."""
        with reading(self._engine) as connection:
            locations = expired(connection, now, keep)
        return sum(self._removed(location) for location in locations)

    def _removed(self, location: str) -> bool:
        try:
            return self._files.remove(location)
        except ValueError:  # whoever attached it named something that is not kept here
            return False

    def _members(self, now: float) -> dict[str, list[tuple[str, Happening]]]:
        """Camera or vehicle -> (case, episode) that evidence may belong to, of what goes on or has not long ended."""
        recent = EPISODES.c.ended.is_(None) | (EPISODES.c.ended > now - LOOKBACK)
        columns = (EPISODES.c[name] for name in ("case_id", "subject", "part", "started", "ended"))
        query = sa.select(*columns).where(recent, EPISODES.c.case_id.is_not(None))
        if self._parts:
            query = query.where(EPISODES.c.part != "")
        found: dict[str, list[tuple[str, Happening]]] = {}
        with reading(self._engine) as connection:
            for case, subject, part, started, ended in connection.execute(query):
                happening = Happening(subject, part, started, math.nan if ended is None else ended)
                found.setdefault(subject, []).append((case, happening))
        return found

    def _wanted(
        self, cameras: Store, members: Mapping[str, list[tuple[str, Happening]]], now: float
    ) -> Iterator[tuple[tuple[str, str], Place]]:
        """((case, evidence), where it is) of what belongs to a case and has not been seen to."""
        from cameras.evidence.manifest import day
        from cameras.evidence.store import folder

        there = set(cameras.cameras())
        for camera, happenings in members.items():
            if folder(camera) not in there:
                continue
            # What came before is known, but at the first look.
            oldest = min(each.started for _, each in happenings) - self._early
            first = now - LOOKBACK if self._looked else min(now - LOOKBACK, oldest)
            for where in cameras.places(folder(camera), day(first)):
                manifest = self._known.get(where) or cameras.manifest(where)
                if manifest is None:
                    continue  # it is being written
                self._known[where] = manifest
                seen = Seen(manifest.camera, manifest.track, manifest.zone, manifest.captured)
                for case, happening in happenings:
                    if (case, where.id) not in self._done and self._of(seen, happening):
                        yield (case, where.id), where
        late = day(now - LOOKBACK)
        self._known = {where: each for where, each in self._known.items() if where.day >= late}
        ids = {where.id for where in self._known}
        self._done = {pair for pair in self._done if pair[1] in ids}

    def _attach(self, cameras: Store, case: str, where: Place, now: float) -> None:
        manifest = self._known.get(where) or cameras.manifest(where)
        if manifest is None:
            return
        files = [self._copied(cameras, where, manifest, file) for file in manifest.files]
        step = Step(
            id=str(_step_id(case, where.id)),
            case=case,
            action="attach",
            by=PIPELINE,
            role=Role.PIPELINE,
            at=now,
            data={"files": files},
        )
        try:
            self._office.say(step)
        except NoAnswerYet:
            return  # it is written down, and will take effect

    def _copied(self, cameras: Store, where: Place, manifest: Manifest, file: File) -> dict[str, Any]:
        """Copy a file; as a case has it. Raises Changed."""
        path = f"{where.path}/{file.name}"
        data = cameras.read(path)
        if data is None or hashlib.sha256(data).hexdigest() != file.sha256:
            raise Changed(f"{path}: it is not what was kept, and is not attached to its case")
        kept = self._files.put(data, "".join(PurePosixPath(file.name).suffixes))
        extra = {"evidence": manifest.id, "track": manifest.track, "zone": manifest.zone, "label": manifest.label}
        extra |= manifest.sent
        if file.until is not None:
            extra["until"] = file.until
        return {
            "kind": _KINDS.get(file.kind, file.kind),
            "location": kept.location,
            "sha256": kept.sha256,
            "captured": file.captured,
            "clock_offset": file.offset,
            "source": manifest.camera,
            "extra": extra,
        }


def _step_id(case: str, evidence: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"gridwatch:evidence:{case}:{evidence}")


def _there(connection: sa.Connection, ids: list[str]) -> set[str]:
    """The steps that have been taken, of these."""
    found: set[str] = set()
    for at in range(0, len(ids), _MOST):
        found |= set(connection.execute(sa.select(STEPS.c.id).where(STEPS.c.id.in_(ids[at : at + _MOST]))).scalars())
    return found
