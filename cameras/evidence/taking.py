"""taking: of what one camera sees, what evidence is kept of, and when.

A track gives evidence once for each trigger, at the first picture in which it fulfils it. The picture is taken at once;
the clip when its end has come, or the stream has stood still for so long that it never will. From the message on that
says what was kept, each sighting of the track names it.

No clock: time is that of the pictures. Memory is bounded: the last `_TRACKS` tracks, and few pictures that wait.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple

from cameras.evidence.ring import Cut, Ring
from cameras.evidence.settings import EvidenceSettings
from cameras.watcher import Frame

Clock = tuple[Literal["camera", "arrival", "recording"], float | None]
"""Whose time the pictures have, and by how many seconds that clock is ahead of ours; None: not known."""

_TRACKS = 4096
_ORDER = 1.0
"""Seconds: packets come in the order of decoding, so that some of the end come after later ones."""
_WAIT = 10.0
"""Seconds of pictures after a clip's end in which its last packets may still come."""


class Taken(NamedTuple):
    """What evidence is to be made of."""

    camera: str
    trigger: str
    watcher: str
    told: Mapping[str, Any]
    """The object, as the message of sightings had it."""
    frame: Frame
    clock: Clock
    begin: float
    """What the clip is to show, UTC seconds."""
    end: float
    cut: Cut | None = None


class Taking:
    """One camera's. ring: None where no clip can be made of it. Used by one thread."""

    def __init__(
        self,
        camera: str,
        settings: EvidenceSettings,
        ring: Ring | None,
        clock: Callable[[], Clock],
        take: Callable[[Taken], bool],
        most: int = 8,
    ) -> None:
        """take: what evidence is made of goes there; False: there is no room. most: that may wait for their end."""
        self.camera, self.ring = camera, ring
        self.dropped = 0
        """How many could not be taken for want of room."""
        self._triggers = dict(sorted(settings.when.items()))
        self._given, self._clock, self._take, self._most = settings, clock, take, most
        self._waiting: deque[Taken] = deque()
        self._done: OrderedDict[int, set[str]] = OrderedDict()
        self._kept: OrderedDict[int, str] = OrderedDict()

    def see(self, frame: Frame, seen: Iterable[tuple[str, dict[str, Any]]]) -> None:
        """The objects in the next picture: by which watcher, and as they go out; `evidence` is added to them."""
        for watcher, told in seen:
            for name, trigger in self._triggers.items():
                if trigger.wants(self.camera, watcher, told) and self._first(told["track"], name):
                    self._begin(frame, watcher, name, told)
            kept = self._kept.get(told["track"])
            if kept is not None:
                told["evidence"] = kept
        self.due(frame.ts)

    @property
    def waits(self) -> bool:
        """Something waits for the end of its clip."""
        return bool(self._waiting)

    def kept(self, track: int, id: str) -> None:
        """Evidence of a track has been kept."""
        self._kept[track] = id
        if len(self._kept) > _TRACKS:
            self._kept.popitem(last=False)

    def due(self, ts: float) -> None:
        """Hand on what has its end. ts: the newest picture's."""
        while self._waiting and self._ended(self._waiting[0], ts):
            self._hand_on(self._waiting.popleft())

    def finish(self) -> None:
        """There will be no more pictures: hand on what waits."""
        while self._waiting:
            self._hand_on(self._waiting.popleft())

    def _first(self, track: int, trigger: str) -> bool:
        """Whether this is the first time, which it is never again."""
        done = self._done.setdefault(track, set())
        self._done.move_to_end(track)
        if len(self._done) > _TRACKS:
            self._done.popitem(last=False)
        if trigger in done:
            return False
        done.add(trigger)
        return True

    def _begin(self, frame: Frame, watcher: str, name: str, told: Mapping[str, Any]) -> None:
        if len(self._waiting) >= self._most:
            self.dropped += 1
            return
        still = told["still"] if told["still"] == told["still"] else 0.0
        begin, end = frame.ts - still - self._given.before, frame.ts + self._given.after
        self._waiting.append(Taken(self.camera, name, watcher, dict(told), frame, self._clock(), begin, end))

    def _ended(self, taken: Taken, ts: float) -> bool:
        if self.ring is None:
            return True
        return self.ring.newest >= taken.end + _ORDER or ts >= taken.end + _WAIT

    def _hand_on(self, taken: Taken) -> None:
        cut = None if self.ring is None else self.ring.cut(taken.begin, taken.end)
        if not self._take(taken._replace(cut=cut)):
            self.dropped += 1
