"""members: which members of sources a process that takes in has joined, so that none is waited for when it is gone.

A member that has joined and not left holds time back in every partition. A process that was killed has said no LEAVE;
so its members are noted in what all processes share before they join, and the next life under the same name says it for
them.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from pipeline.entries import EntryBuffer, Kind
from pipeline.runtime.cluster.contents import SharedContents
from pipeline.runtime.cluster.producing import Producer
from pipeline.runtime.cluster.routing import Part

Member = tuple[str, str]
"""A source, and the name of its member."""


class Members:
    """Of one process that takes in. Not for several threads."""

    def __init__(self, shared: SharedContents, instance: str) -> None:
        """instance: the process' name, which no other has."""
        self._shared, self._key = shared, f"members/{instance}"
        self._noted: set[Member] | None = None

    def noted(self) -> set[Member]:
        """Those that may have joined and not left. Raises NotTaken."""
        if self._noted is None:
            said = self._shared.noted(self._key)
            self._noted = set(msgspec.json.decode(said, type=list[Member])) if said else set()
        return self._noted

    def note(self, members: Iterable[Member]) -> None:
        """From here on these may be joined. Raises NotTaken."""
        wanted = set(members)
        if wanted != self.noted():
            self._shared.note(self._key, msgspec.json.encode(sorted(wanted)))
            self._noted = wanted

    def leave(self, producer: Producer, partitions: int, at: float) -> int:
        """Say LEAVE of all that are noted, in every partition; how many those are. at: UTC seconds. Raises NotTaken."""
        buffer = EntryBuffer()
        for source, member in sorted(self.noted()):
            buffer.add(Kind.LEAVE, source, member, at)
        if len(buffer):
            producer.put([Part(partition, buffer.batch()) for partition in range(partitions)])
        return len(buffer)
