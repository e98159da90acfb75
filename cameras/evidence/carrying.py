"""carrying: evidence that waits in a folder goes over to an object store, the oldest first, when there is a link.

It has the same names here and there; what has arrived as a whole is deleted here. While the link is down no more than
`room` waits: then the oldest is dropped, and counted. Several processes may share the folder: what one of them carries
twice is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cameras.evidence.manifest import NAME, Manifest
from cameras.evidence.store import Place, Store


class Carrying:
    """From a folder to a store."""

    def __init__(self, waiting: Store, store: Store, room: int) -> None:
        """room: bytes."""
        self.waiting, self._store, self._room = waiting, store, room
        self.dropped = 0
        """How many had to go, since it was begun."""
        self.failed = False
        """The last attempt has failed."""

    def carry(self, enough: Callable[[], bool] = bool) -> int:
        """Until nothing waits, or it is `enough` after one. How many arrived. Raises StoreFailed."""
        waiting = sorted(self._waiting(), key=lambda one: one[1].captured)
        taken = sum(file.bytes for _, each in waiting for file in each.files)
        while taken > self._room:
            where, each = waiting.pop(0)
            self.waiting.remove(where)
            taken -= sum(file.bytes for file in each.files)
            self.dropped += 1
        arrived, self.failed = 0, True
        for where, each in waiting:
            arrived += self._over(where, each)
            if enough():
                break
        self.failed = False
        return arrived

    def _over(self, where: Place, each: Manifest) -> bool:
        """Carry one over; False: another process has."""
        files = {}
        for name in (NAME, *(file.name for file in each.files)):
            data = self.waiting.read(f"{where.path}/{name}")
            if data is None:
                return False
            files[name] = data
        self._store.put(where, files, files.pop(NAME))
        self.waiting.remove(where)
        return True

    def _waiting(self) -> Iterator[tuple[Place, Manifest]]:
        """What is finished."""
        for where in self.waiting.places():
            manifest = self.waiting.manifest(where)
            if manifest is not None:
                yield where, manifest
