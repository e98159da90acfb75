"""watching_evidence: what a camera would keep of a clip, kept while the clip is watched at full speed.

By the section `evidence`, but into a folder of its own, and here and now instead of beside the cameras. The same clip
and configuration give the same ids.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from gridwatch.problems import Problem

if TYPE_CHECKING:
    from cameras.evidence.settings import EvidenceSettings
    from cameras.evidence.taking import Taken


class ClipEvidence:
    """Of one clip. Raises Problem where nothing can be kept: a model is missing, the folder can't be made."""

    def __init__(self, settings: EvidenceSettings, folder: Path, camera: str) -> None:
        from cameras.evidence.keeping import Keeping
        from cameras.evidence.store import StoreFailed
        from cameras.models import ModelError

        given = settings.model_copy(update={"store": str(folder.resolve()), "waiting": None})
        self._camera, self._said = camera, list[str]()
        self._keeping = Keeping(given, self._said.append, name=_id)
        try:
            self._keeping.check()
        except (ModelError, StoreFailed) as error:
            raise Problem(f"evidence: {error}") from None
        self.ring = self._keeping.ring()
        """For the clip's stream."""
        self.witness = self._keeping.camera(camera, self.ring, lambda: ("recording", None))
        """For what looks at its pictures."""

    def go_on(self) -> None:
        """A picture has been looked at: what was kept is named in the sightings from now on."""
        self._keeping.tell()

    def end(self) -> int:
        """The clip has ended; how many were kept. Raises Problem where some could not be."""
        self._keeping.finish()
        self._keeping.tell()
        counts = self._keeping.health(self._camera)
        if counts["dropped"]:
            reason = self._said[-1] if self._said else "more at once than there is room for"
            raise Problem(f"evidence: {counts['dropped']} of {counts['dropped'] + counts['kept']} not kept: {reason}")
        return int(counts["kept"])


def _id(taken: Taken) -> str:
    """Of what it is, so that the same clip gives the same."""
    said = f"{taken.camera}/{taken.trigger}/{taken.told['track']}/{taken.frame.ts!r}"
    return hashlib.sha256(said.encode()).hexdigest()[:32]
